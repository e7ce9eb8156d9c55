// The bytes of a log: what is appended for one document, and how it is found again in a file that a crash has cut off
// or a disk has spoiled. Knows no file and no meaning.
//
//     log     magic 8 · marker 8 · frame …
//     frame   marker 8 · length 4 · CRC-32 of the rest 4 · payload
//     payload kind 1 · fields; the highest bit of the kind is set in the last frame of a group
//
// Numbers are little-endian. A group is what one call appends: all of it counts or, cut off by a crash, none. The marker is
// drawn anew for each log, so that nothing somebody wrote into a document looks like the beginning of a frame; every frame
// repeats it, so that a spoiled beginning takes nothing else along.

import { crc32 } from "node:zlib";
import { LOG_FRAME_BYTES_MAX } from "../../limits.ts";
import type { Bytes, ChainHead, ChangeRecord } from "../../ports.ts";

export const MAGIC = Uint8Array.from("chlog\0\0\u0001", letter => letter.charCodeAt(0));
export const MARKER_BYTES = 8;
export const HEADER_BYTES = MAGIC.length + MARKER_BYTES;
/** Of a frame, before its payload. */
export const FRAME_HEAD_BYTES = MARKER_BYTES + 8;

const CHANGE = 1;
const HEAD = 2;
const CHAIN_HEAD = 3;
const ENDS_GROUP = 0x80;

/** A change with its place in the order of the log, or the head of a chain (null: forget it): of the profile's own where `chain`
 * is null, else of the device that it names. */
export type LogEntry =
  | { readonly type: "change"; readonly position: number; readonly record: ChangeRecord }
  | { readonly type: "head"; readonly chain: string | null; readonly head: ChainHead | null };

export function encodeHeader(marker: Bytes): Bytes {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(MAGIC);
  bytes.set(marker, MAGIC.length);
  return bytes;
}

/** One frame. Throws `RangeError` for one that would not be read again. */
export function encodeFrame(marker: Bytes, entry: LogEntry, endsGroup: boolean): Bytes {
  const payload = new Writer();
  const kind = entry.type === "change" ? CHANGE : entry.chain === null ? HEAD : CHAIN_HEAD;
  payload.u8(endsGroup ? kind | ENDS_GROUP : kind);
  if (entry.type === "head") {
    if (entry.chain !== null) payload.short(hexBytes(entry.chain));
    if (entry.head !== null) {
      payload.u64(entry.head.seq);
      payload.short(hexBytes(entry.head.id));
    }
  } else {
    const { id, bytes, signature, tail } = entry.record;
    payload.u64(entry.position);
    payload.short(hexBytes(id));
    payload.long(bytes);
    payload.short(signature ?? NOTHING);
    if (tail !== undefined) {
      payload.short(tail.signature);
      for (const change of tail.changes) payload.long(change);
    }
  }
  if (payload.size > LOG_FRAME_BYTES_MAX)
    throw new RangeError(`Expected a record of at most ${LOG_FRAME_BYTES_MAX} bytes, got ${payload.size}`);
  const frame = new Uint8Array(FRAME_HEAD_BYTES + payload.size);
  frame.set(marker);
  payload.copyTo(frame, FRAME_HEAD_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint32(MARKER_BYTES, payload.size, true);
  view.setUint32(MARKER_BYTES + 4, check(frame), true);
  return frame;
}

/** How long the payload of a frame is that begins here; null if none does. `head`: FRAME_HEAD_BYTES of the file. */
export function payloadSize(marker: Bytes, head: Bytes): number | null {
  if (!marker.every((byte, i) => byte === head[i])) return null;
  const size = viewOf(head).getUint32(MARKER_BYTES, true);
  return size > 0 && size <= LOG_FRAME_BYTES_MAX ? size : null;
}

/** Whether a whole frame is what was written. */
export function isIntact(frame: Bytes): boolean {
  return viewOf(frame).getUint32(MARKER_BYTES + 4, true) === check(frame);
}

/** What an intact frame says; `entry` is null where a later version wrote something that this one does not know. */
export function decodeFrame(frame: Bytes): { readonly entry: LogEntry | null; readonly endsGroup: boolean } {
  const reader = new Reader(frame, FRAME_HEAD_BYTES);
  const kind = reader.u8();
  const endsGroup = (kind & ENDS_GROUP) !== 0;
  try {
    return { entry: entryOf(kind & ~ENDS_GROUP, reader), endsGroup };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Too short for what it says: intact, and yet not ours.
    return { entry: null, endsGroup };
  }
}

function entryOf(kind: number, reader: Reader): LogEntry | null {
  if (kind === HEAD || kind === CHAIN_HEAD) {
    const chain = kind === HEAD ? null : hexOf(reader.short());
    const head = reader.isAtEnd ? null : { seq: reader.u64(), id: hexOf(reader.short()) };
    return { type: "head", chain, head };
  }
  if (kind !== CHANGE) return null;
  const position = reader.u64();
  const id = hexOf(reader.short());
  const bytes = reader.long();
  const signature = reader.short();
  const record = { id, bytes, signature: signature.length === 0 ? null : signature };
  if (reader.isAtEnd) return { type: "change", position, record };
  const tail = { signature: reader.short(), changes: [] as Bytes[] };
  while (!reader.isAtEnd) tail.changes.push(reader.long());
  return { type: "change", position, record: { ...record, tail } };
}

/** Over all but itself. The marker as well: whoever takes it from here must know that it is whole. */
function check(frame: Bytes): number {
  return crc32(frame.subarray(FRAME_HEAD_BYTES), crc32(frame.subarray(0, MARKER_BYTES + 4)));
}

const NOTHING: Bytes = new Uint8Array(0);

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hexBytes(id: string): Bytes {
  if (!/^([0-9a-f]{2}){1,255}$/.test(id))
    throw new RangeError(`Expected an id in lower-case hex, got "${id}"`);
  return Uint8Array.from(Buffer.from(id, "hex"));
}

function hexOf(bytes: Bytes): string {
  return Buffer.from(bytes).toString("hex");
}

class Writer {
  readonly #parts: Bytes[] = [];
  size = 0;

  u8(value: number): void {
    this.#add(Uint8Array.of(value));
  }

  /** Below 2⁵³. */
  u64(value: number): void {
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, BigInt(value), true);
    this.#add(bytes);
  }

  /** Up to 255 bytes. */
  short(bytes: Bytes): void {
    if (bytes.length > 255) throw new RangeError(`Expected at most 255 bytes, got ${bytes.length}`);
    this.u8(bytes.length);
    this.#add(bytes);
  }

  long(bytes: Bytes): void {
    const length = new Uint8Array(4);
    viewOf(length).setUint32(0, bytes.length, true);
    this.#add(length);
    this.#add(bytes);
  }

  copyTo(target: Bytes, at: number): void {
    for (const part of this.#parts) {
      target.set(part, at);
      at += part.length;
    }
  }

  #add(bytes: Bytes): void {
    this.#parts.push(bytes);
    this.size += bytes.length;
  }
}

/** Throws `RangeError` beyond the end. */
class Reader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Bytes, at: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#step(8), true));
    if (!Number.isSafeInteger(value)) throw new RangeError("Expected a number below 2⁵³");
    return value;
  }

  short(): Bytes {
    return this.#bytesOf(this.u8());
  }

  long(): Bytes {
    return this.#bytesOf(this.#view.getUint32(this.#step(4), true));
  }

  /** A copy: what is read in one piece must not keep all of it alive. */
  #bytesOf(length: number): Bytes {
    const from = this.#step(length);
    return this.#bytes.slice(from, from + length);
  }

  #step(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError("Expected more bytes");
    this.#at += length;
    return at;
  }
}
