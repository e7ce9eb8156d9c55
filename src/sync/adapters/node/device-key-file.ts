// The seed of a folder's device key, in a file that its owner alone may read. It is made once and never written over: a key
// that is lost makes of its device a stranger, and one that others can read is no proof of anything.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Bytes } from "../../ports.ts";
import { StoreFailure } from "../database.ts";
import { type FileSystem, failureOf, openIfThere, readInto, replaceFile } from "./file-system.ts";

const NAME = "device.key";
const SEED_BYTES = 32;
/** Whatever anybody but the owner may do. */
const OTHERS = 0o077;

/**
 * 32 bytes, made if there are none. Rejects with a `StoreFailure`: "failed" where they are damaged, "unavailable" where others
 * may read them.
 */
export async function openSeed(files: FileSystem, folder: string): Promise<Bytes> {
  try {
    return (await readSeed(files, folder)) ?? (await makeSeed(files, folder));
  } catch (error) {
    throw failureOf(error);
  }
}

async function readSeed(files: FileSystem, folder: string): Promise<Bytes | null> {
  const path = join(folder, NAME);
  const file = await openIfThere(files, path, "r");
  if (file === null) return null;
  try {
    if (((await file.stat()).mode & OTHERS) !== 0)
      throw new StoreFailure("unavailable", undefined, `Others may read ${path}; take that right from them`);
    const bytes = new Uint8Array(lineOf(new Uint8Array(SEED_BYTES)).length + 1);
    const line = Buffer.from(bytes.subarray(0, await readInto(file, bytes, 0))).toString("latin1");
    const seed = new Uint8Array(Buffer.from(/^[0-9a-f]{64}/.exec(line)?.[0] ?? "", "hex"));
    if (seed.length === SEED_BYTES && lineOf(seed) === line) return seed;
    throw new StoreFailure("failed", undefined, `The key in ${path} is damaged`);
  } finally {
    await file.close();
  }
}

async function makeSeed(files: FileSystem, folder: string): Promise<Bytes> {
  const seed = new Uint8Array(randomBytes(SEED_BYTES));
  await replaceFile(files, join(folder, NAME), [new TextEncoder().encode(lineOf(seed))]);
  return seed;
}

/** In hex, with a CRC-32 by which a damage is known. */
function lineOf(seed: Bytes): string {
  const hex = Buffer.from(seed).toString("hex");
  return `${hex} ${crc32(hex).toString(16).padStart(8, "0")}\n`;
}
