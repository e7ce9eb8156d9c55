// A disk as bad as POSIX allows: what was not synced may be there after a power cut or not, writes half of the time only in
// part, names apart from contents. It may also be full, or refuse to sync. In memory, and the same for the same luck.

import { dirname } from "node:path";
import type { File, FileSystem } from "../../../src/sync/adapters/node/file-system.ts";
import type { Bytes } from "../../../src/sync/ports.ts";
import type { Prng } from "../../sim/prng.ts";

/** A file or a folder. */
interface Inode {
  readonly mode: number;
  bytes: Bytes;
  /** What a power cut leaves for certain. */
  synced: Bytes;
  /** Since then, oldest first. */
  pending: Alteration[];
}

type Alteration =
  | { readonly type: "write"; readonly at: number; readonly bytes: Bytes }
  | { readonly type: "truncate"; readonly size: number };

/** A name that was given or taken. */
interface Naming {
  readonly path: string;
  readonly inode: Inode | null;
  /** The name that it had before, in the same folder: journals keep both or neither. */
  readonly from?: string;
  isSynced: boolean;
}

export class PowerCut extends Error {}

export class FragileDisk implements FileSystem {
  #names = new Map<string, Inode>();
  #namings: Naming[] = [];
  /** Operations until the power is cut. */
  stepsLeft = Number.POSITIVE_INFINITY;
  /** Bytes that can still be written. */
  room = Number.POSITIVE_INFINITY;
  failsToSync = false;
  /** How often contents were synced. */
  syncs = 0;

  constructor(root: string) {
    this.#name(root, { mode: 0o700, bytes: new Uint8Array(0), synced: new Uint8Array(0), pending: [] });
    for (const naming of this.#namings) naming.isSynced = true;
  }

  /** The power is back: of what was not synced some is there. */
  powerCut(luck: Prng): void {
    const unsynced = this.#namings.filter(({ isSynced }) => !isSynced);
    const lost = new Set(unsynced.slice(luck.below(unsynced.length + 1)));
    const namings = this.#namings.filter(naming => !lost.has(naming));
    this.#names = new Map();
    this.#namings = [];
    for (const { path, inode, from } of namings) this.#name(path, inode, from);
    for (const naming of this.#namings) naming.isSynced = true;
    for (const inode of new Set(this.#names.values())) recover(inode, luck);
    this.stepsLeft = Number.POSITIVE_INFINITY;
  }

  async open(path: string, flags: "r" | "r+" | "w", mode = 0o666): Promise<File> {
    this.#step();
    let inode = this.#names.get(path);
    if (inode === undefined) {
      if (flags !== "w" || !this.#names.has(dirname(path))) throw failed("ENOENT", "open");
      inode = { mode, bytes: new Uint8Array(0), synced: new Uint8Array(0), pending: [] };
      this.#name(path, inode);
    } else if (flags === "w") alter(inode, { type: "truncate", size: 0 });
    return this.#handle(path, inode);
  }

  #handle(path: string, inode: Inode): File {
    return {
      read: async (buffer, offset, length, position) => {
        this.#step();
        const found = inode.bytes.subarray(position, position + length);
        buffer.set(found, offset);
        return { bytesRead: found.length };
      },
      write: async (buffer, offset, length, position) => {
        this.#step();
        const bytes = new Uint8Array(buffer.subarray(offset, offset + Math.min(length, this.room)));
        this.room -= bytes.length;
        if (bytes.length > 0) alter(inode, { type: "write", at: position, bytes });
        if (bytes.length === 0 && length > 0) throw failed("ENOSPC", "write");
        return { bytesWritten: bytes.length };
      },
      truncate: async size => {
        this.#step();
        alter(inode, { type: "truncate", size });
      },
      datasync: async () => {
        this.#step();
        if (this.failsToSync) throw failed("EIO", "fdatasync");
        this.syncs++;
        inode.synced = inode.bytes.slice();
        inode.pending = [];
      },
      sync: async () => {
        this.#step();
        if (this.failsToSync) throw failed("EIO", "fsync");
        for (const naming of this.#namings) if (dirname(naming.path) === path) naming.isSynced = true;
      },
      stat: async () => ({ size: inode.bytes.length, mode: inode.mode }),
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step();
    const inode = this.#names.get(from);
    if (inode === undefined) throw failed("ENOENT", "rename");
    this.#name(to, inode, from);
  }

  async mkdir(path: string, { mode }: { readonly mode: number }): Promise<void> {
    this.#step();
    if (this.#names.has(path)) return;
    if (!this.#names.has(dirname(path))) await this.mkdir(dirname(path), { mode });
    this.#name(path, { mode, bytes: new Uint8Array(0), synced: new Uint8Array(0), pending: [] });
  }

  async readdir(path: string): Promise<string[]> {
    this.#step();
    const inside = [...this.#names.keys()].filter(name => name !== path && dirname(name) === path);
    return inside.map(name => name.slice(path.length + 1));
  }

  async rm(path: string): Promise<void> {
    this.#step();
    if (this.#names.has(path)) this.#name(path, null);
  }

  #name(path: string, inode: Inode | null, from?: string): void {
    // A name in a folder that is gone is gone.
    if (inode !== null && path.split("/").length > 2 && !this.#names.has(dirname(path))) return;
    this.#namings.push({ path, inode, isSynced: false, ...(from === undefined ? {} : { from }) });
    if (from !== undefined) this.#names.delete(from);
    if (inode === null) this.#names.delete(path);
    else this.#names.set(path, inode);
  }

  #step(): void {
    if (this.stepsLeft-- <= 0) throw new PowerCut();
  }
}

function alter(inode: Inode, alteration: Alteration): void {
  inode.pending.push(alteration);
  inode.bytes = altered(inode.bytes, alteration);
}

function altered(bytes: Bytes, alteration: Alteration): Bytes {
  const size =
    alteration.type === "truncate"
      ? alteration.size
      : Math.max(bytes.length, alteration.at + alteration.bytes.length);
  const after = new Uint8Array(size);
  after.set(bytes.subarray(0, size));
  if (alteration.type === "write") after.set(alteration.bytes, alteration.at);
  return after;
}

/** Some first alterations, and of the next one a part: cut off, or with a hole where a sector was not written. */
function recover(inode: Inode, luck: Prng): void {
  const whole = luck.below(inode.pending.length + 1);
  inode.bytes = inode.pending.slice(0, whole).reduce(altered, inode.synced);
  const half = inode.pending[whole];
  if (half?.type === "write") {
    const bytes = half.bytes.slice(0, luck.below(half.bytes.length + 1));
    if (luck.below(2) === 0) bytes.fill(0, luck.below(bytes.length + 1), luck.below(bytes.length + 1));
    inode.bytes = altered(inode.bytes, { ...half, bytes });
  }
  inode.synced = inode.bytes;
  inode.pending = [];
}

function failed(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}
