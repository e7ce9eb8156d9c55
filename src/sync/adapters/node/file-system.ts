// As much of a file system as a folder store asks for, so that tests can bring one that is full, or loses power. The real
// one is Node's. Here also what has to hold whenever a file is made: whole or not at all, and still there after a power cut.

import { constants } from "node:os";
import { dirname } from "node:path";
import type { Bytes } from "../../ports.ts";
import { StoreFailure } from "../database.ts";

export interface File {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  truncate(size: number): Promise<void>;
  /** Contents and size are on the disk. */
  datasync(): Promise<void>;
  /** Of a folder: its entries are. */
  sync(): Promise<void>;
  stat(): Promise<{ readonly size: number; readonly mode: number }>;
  close(): Promise<void>;
}

/** Of `node:fs/promises`; failures are those of the operating system, with its `code`. */
export interface FileSystem {
  open(path: string, flags: "r" | "r+" | "w", mode?: number): Promise<File>;
  rename(from: string, to: string): Promise<void>;
  mkdir(path: string, options: { readonly mode: number; readonly recursive: true }): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  rm(path: string, options: { readonly recursive: true; readonly force: true }): Promise<void>;
}

/** What is in a folder of ours is for its owner alone: secrets of links, and texts. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** Null if there is no such file. */
export async function openIfThere(files: FileSystem, path: string, flags: "r" | "r+"): Promise<File | null> {
  try {
    return await files.open(path, flags);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** All of a file; null if there is none. */
export async function readWhole(files: FileSystem, path: string): Promise<Bytes | null> {
  const file = await openIfThere(files, path, "r");
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await readInto(file, bytes, 0));
  } finally {
    await file.close();
  }
}

/** Fills `bytes` from `position`; answers how many there were. */
export async function readInto(file: File, bytes: Bytes, position: number): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

export async function writeAll(file: File, bytes: Bytes, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/**
 * Puts a file in place of the one before, or where there was none: whoever opens it finds the old one or all of the new
 * one, also after a power cut. When this resolves it is on the disk.
 */
export async function replaceFile(
  files: FileSystem,
  path: string,
  pieces: Iterable<Bytes> | AsyncIterable<Bytes>,
): Promise<void> {
  await prepareFile(files, path, pieces);
  await putInPlace(files, path);
}

/** The first half: the new file is on the disk, beside the old one. If that fails nothing is left of it. */
export async function prepareFile(
  files: FileSystem,
  path: string,
  pieces: Iterable<Bytes> | AsyncIterable<Bytes>,
): Promise<void> {
  try {
    const file = await files.open(newOf(path), "w", FILE_MODE);
    try {
      let at = 0;
      for await (const block of blocksOf(pieces)) {
        await writeAll(file, block, at);
        at += block.length;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // It may be what the full disk has no room for. If it cannot be removed either, the next one takes its place.
    await files.rm(newOf(path), { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** The second half. */
export async function putInPlace(files: FileSystem, path: string): Promise<void> {
  await files.rename(newOf(path), path);
  await syncFolder(files, dirname(path));
}

function newOf(path: string): string {
  return `${path}.new`;
}

/** Bytes written at once. */
const BLOCK_BYTES = 1024 * 1024;

async function* blocksOf(pieces: Iterable<Bytes> | AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let waiting: Bytes[] = [];
  let size = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    size += piece.length;
    if (size < BLOCK_BYTES) continue;
    yield new Uint8Array(Buffer.concat(waiting));
    waiting = [];
    size = 0;
  }
  yield new Uint8Array(Buffer.concat(waiting));
}

/** That a file is there is written in its folder, which wants to be told apart. */
export async function syncFolder(files: FileSystem, path: string): Promise<void> {
  const folder = await files.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The operating system's word for what went wrong, such as "ENOENT"; null for anything that is not its error. */
export function codeOf(error: unknown): string | null {
  const { code, syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  return typeof code === "string" && typeof syscall === "string" ? code : null;
}

/** A failure of the operating system in the terms of the port; anything else as it is. */
export function failureOf(error: unknown): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  // Node has no name for a quota that is used up.
  const isFull =
    code === "ENOSPC" || (error as { readonly errno?: unknown }).errno === -constants.errno.EDQUOT;
  if (isFull) return new StoreFailure("quota", error, "The disk of the folder is full");
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new StoreFailure("unavailable", error, "The folder may not be written by this account");
  return new StoreFailure("failed", error, `The folder could not be read or written (${code})`);
}
