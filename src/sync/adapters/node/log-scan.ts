// Reads a log from its beginning, whatever happened to it: frames that are intact, in order, and what of the file they
// leave over. A look forward for the next frame costs no more than reading the file once.

import type { Bytes } from "../../ports.ts";
import { type File, readInto } from "./file-system.ts";
import { FRAME_HEAD_BYTES, HEADER_BYTES, isIntact, MAGIC, MARKER_BYTES, payloadSize } from "./log-format.ts";

/** Bytes read at once: enough that a long log is not read in small steps, few enough to be held beside it. */
const BLOCK_BYTES = 1024 * 1024;

/** Looks at a file through one block of it. */
export class Blocks {
  readonly #file: File;
  readonly size: number;
  #block: Bytes = new Uint8Array(0);
  #start = 0;

  constructor(file: File, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** [offset, offset + length) of the file; null beyond its end. */
  async at(offset: number, length: number): Promise<Bytes | null> {
    return (await this.from(offset, length))?.subarray(0, length) ?? null;
  }

  /** What is at hand of the file from `offset` on, `length` bytes at least; null where it has not so many. */
  async from(offset: number, length: number): Promise<Bytes | null> {
    if (offset + length > this.size) return null;
    if (offset < this.#start || offset + length > this.#start + this.#block.length) {
      const block = new Uint8Array(Math.min(Math.max(length, BLOCK_BYTES), this.size - offset));
      this.#block = block.subarray(0, await readInto(this.#file, block, offset));
      this.#start = offset;
    }
    const found = this.#block.subarray(offset - this.#start);
    return found.length >= length ? found : null;
  }
}

/** [offset, offset + bytes.length) of the log is an intact frame. */
export interface FoundFrame {
  readonly offset: number;
  readonly bytes: Bytes;
}

/** The marker of a log, which its beginning tells and its first frame repeats; null where both are spoiled. */
export async function markerOf(blocks: Blocks): Promise<Bytes | null> {
  const header = await blocks.at(0, HEADER_BYTES);
  const isWhole = header !== null && MAGIC.every((byte, i) => byte === header[i]);
  const told = isWhole ? header.slice(MAGIC.length) : null;
  const repeated = (await blocks.at(HEADER_BYTES, MARKER_BYTES))?.slice() ?? null;
  for (const marker of [told, repeated])
    if (marker !== null && (await frameAt(blocks, marker, HEADER_BYTES)) !== null) return marker;
  return told;
}

/** An intact frame that begins at `offset`, or null. */
export async function frameAt(blocks: Blocks, marker: Bytes, offset: number): Promise<Bytes | null> {
  const head = await blocks.at(offset, FRAME_HEAD_BYTES);
  const size = head === null ? null : payloadSize(marker, head);
  const frame = size === null ? null : await blocks.at(offset, FRAME_HEAD_BYTES + size);
  return frame !== null && isIntact(frame) ? frame : null;
}

/** All intact frames of a log in order; bytes between two of them are damage. */
export async function* framesOf(blocks: Blocks, marker: Bytes): AsyncGenerator<FoundFrame> {
  for (let offset: number | null = HEADER_BYTES; offset !== null; ) {
    const bytes: Bytes | null = await frameAt(blocks, marker, offset);
    if (bytes !== null) yield { offset, bytes };
    offset = bytes !== null ? offset + bytes.length : await nextMarker(blocks, marker, offset + 1);
  }
}

/** Where the marker stands next, from `from` on; null if nowhere. */
async function nextMarker(blocks: Blocks, marker: Bytes, from: number): Promise<number | null> {
  for (let at = from; ; ) {
    const block = await blocks.from(at, MARKER_BYTES);
    if (block === null) return null;
    const found = Buffer.from(block.buffer, block.byteOffset, block.length).indexOf(marker);
    if (found >= 0) return at + found;
    // It may lie across the end of what is at hand.
    at += block.length - MARKER_BYTES + 1;
  }
}
