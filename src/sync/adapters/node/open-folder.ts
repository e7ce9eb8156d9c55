// A folder as one device keeps it: its lock, its key, its documents. Within a process it is opened once, however often it is
// asked for: what is given out then are stores of one profile, and the last one that closes gives the folder free.

import * as nodeFiles from "node:fs/promises";
import type { Bytes, Store } from "../../ports.ts";
import { openSeed } from "./device-key-file.ts";
import { type FileSystem, FOLDER_MODE, failureOf } from "./file-system.ts";
import { lockFolder } from "./folder-lock.ts";
import { Folder, FolderStore } from "./folder-store.ts";

export interface OpenedFolder {
  readonly store: Store;
  /** 32 bytes: the seed of the device's key. */
  readonly seed: Bytes;
}

interface Opened {
  readonly folder: Folder;
  readonly seed: Bytes;
  close(): Promise<void>;
}

/** By the real path. Also while it is being closed: whoever comes then waits for that. */
const opening = new Map<string, Promise<Opened>>();
const closing = new Map<string, Promise<void>>();

/** Makes the folder if it is not there. Rejects with a `StoreFailure`: "blocked" where another process has it. */
export async function openFolder(path: string, files: FileSystem = nodeFiles): Promise<OpenedFolder> {
  const real = await realPath(path);
  while (closing.has(real)) await closing.get(real);
  const opened = opening.get(real) ?? open(real, files);
  opening.set(real, opened);
  try {
    const { folder, seed, close } = await opened;
    // The one that was waited for may have been closed by then.
    if (opening.get(real) !== opened) return await openFolder(path, files);
    return { seed, store: new FolderStore(folder, () => leave(real, folder, close)) };
  } catch (error) {
    if (opening.get(real) === opened) opening.delete(real);
    throw error;
  }
}

function leave(real: string, folder: Folder, close: () => Promise<void>): void {
  if (folder.stores.size > 0) return;
  opening.delete(real);
  closing.set(
    real,
    close().finally(() => closing.delete(real)),
  );
}

async function realPath(path: string): Promise<string> {
  try {
    await nodeFiles.mkdir(path, { mode: FOLDER_MODE, recursive: true });
    return await nodeFiles.realpath(path);
  } catch (error) {
    throw failureOf(error);
  }
}

async function open(path: string, files: FileSystem): Promise<Opened> {
  const release = await lockFolder(path);
  try {
    const seed = await openSeed(files, path);
    const folder = await Folder.open(files, path);
    const close = () => folder.close().finally(release);
    return { folder, seed, close };
  } catch (error) {
    await release();
    throw failureOf(error);
  }
}
