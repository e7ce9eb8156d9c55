// Changes ↔ canonical bytes (docs/wire-format.md §3, wire version 0). One byte string for each change: after
// decoding, the change is encoded again and must come out the same. Nothing here looks at the graph; a decoded
// change is well-formed, not yet true.

import { CHANGE_BYTES_MAX, PARENTS_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { encodeBody, readBody } from "./body.ts";
import { type Bytes, Malformed, mustFromHex, Reader, toHex, Writer } from "./bytes.ts";
import { type Change, type ChangeId, type DeviceId, type Header, type Op, startsOf } from "./change.ts";
import { concat, equalBytes, sha256, tag } from "./crypto.ts";

export const WIRE_VERSION = 0;

const CHANGE_TAG = tag("chirograph change 0");
const NO_DOCUMENT: Bytes = new Uint8Array(32);

/** The canonical bytes of a change. The header must fit the body (`byteTotal` counts it). */
export function encodeChange(header: Header, refs: readonly ChangeId[], ops: readonly Op[]): Bytes {
  const isGenesis = header.parents.length === 0;
  const out = new Writer();
  out.byte(WIRE_VERSION);
  out.bytes(isGenesis ? NO_DOCUMENT : mustFromHex(header.doc));
  out.bytes(mustFromHex(header.author));
  out.varint(header.seq);
  if (header.prev !== null) out.bytes(mustFromHex(header.prev));
  if (isImplied(header)) out.varint(0);
  else {
    out.varint(header.parents.length);
    for (const parent of header.parents) out.bytes(mustFromHex(parent));
  }
  out.varint(header.depth);
  out.varint(header.opTotal);
  out.varint(header.byteTotal);
  out.varint(0); // wire §3.6: no epoch yet
  out.varint(header.time === null ? 0 : header.time + 1);
  out.bytes(encodeBody(refs, header, ops));
  return out.finish();
}

/** wire §3.1: SHA-256 over a tag of one block, document and author (the next block), and the rest. */
export function idOf(bytes: Uint8Array): ChangeId {
  return toHex(sha256(concat(CHANGE_TAG, bytes.subarray(1)))) as ChangeId;
}

/** wire §3.4: parents that are just the previous change, or a genesis's none, are not written. */
function isImplied({ parents, prev }: Header): boolean {
  return parents.length === 0 || (parents.length === 1 && parents[0] === prev);
}

/** A well-formed change, or why it is none. Never throws, whatever the bytes. */
export function decodeChange(bytes: Uint8Array): Change | Refusal {
  if (bytes.length > CHANGE_BYTES_MAX) return refuse("BytesTooLarge", `${bytes.length} bytes`);
  if (bytes.length > 0 && bytes[0] !== WIRE_VERSION) return refuse("VersionUnknown", `version ${bytes[0]}`);
  try {
    const change = read(new Reader(bytes), idOf(bytes));
    if (!equalBytes(encodeChange(change, change.refs, change.ops), bytes))
      return refuse("BytesMalformed", "not canonical");
    return change;
  } catch (error) {
    if (error instanceof Malformed) return refuse("BytesMalformed", error.message);
    throw error;
  }
}

function read(input: Reader, id: ChangeId): Change {
  input.byte();
  const doc = toHex(input.bytes(32)) as ChangeId;
  const author = toHex(input.bytes(32)) as DeviceId;
  const seq = input.varint();
  if (seq === 0) throw new Malformed("sequence starts at 1");
  const prev = seq === 1 ? null : (toHex(input.bytes(32)) as ChangeId);
  const count = input.count(PARENTS_MAX);
  let parents: ChangeId[] = prev === null ? [] : [prev];
  if (count > 0) {
    parents = Array.from({ length: count }, () => toHex(input.bytes(32)) as ChangeId);
    if (parents.some((parent, i) => i > 0 && parents[i - 1]! >= parent))
      throw new Malformed("parents not sorted");
  }
  const depth = input.varint();
  const opTotal = input.varint();
  const byteTotal = input.varint();
  if (input.varint() !== 0) throw new Malformed("epochs do not exist yet");
  const clock = input.varint();
  const time = clock === 0 ? null : clock - 1;
  const bodyStart = input.position;
  const { refs, ops } = readBody(input, { prev, parents });
  const bodyBytes = input.position - bodyStart;
  input.end();
  const isGenesis = parents.length === 0;
  const header = { doc: isGenesis ? id : doc, author, seq, prev, parents, depth, opTotal, byteTotal, time };
  return { ...header, id, refs, ops, starts: startsOf(ops), bodyBytes };
}
