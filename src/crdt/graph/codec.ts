// Changes ↔ canonical bytes (docs/wire-format.md §3, wire version 0). One byte string for each change: the reader
// refuses whatever the writer would not have written, rule by rule, so that nothing has to be encoded again to be
// compared. Nothing here looks at the graph; a decoded change is well-formed, not yet true.

import { CHANGE_BYTES_MAX, PARENTS_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { readBody, writeBody } from "./body.ts";
import { type Bytes, Malformed, Reader, toHex, Writer } from "./bytes.ts";
import type { Change, ChangeId, DeviceId, Header, Op } from "./change.ts";
import { type Midstate, midstate, sha256From, tag } from "./crypto.ts";
import { nameAt } from "./hex.ts";

export const WIRE_VERSION = 0;

const NO_DOCUMENT = "00".repeat(32);

// ------------------------------------------------------------------------------------------------- writing

// Where the parts are put together. Nothing is kept here between two calls.
const whole = new Writer(1024);
const part = new Writer(1024);

/** The canonical bytes of a change. The header must fit the body (`byteTotal` counts it). */
export function encodeChange(header: Header, refs: readonly ChangeId[], ops: readonly Op[]): Bytes {
  whole.clear();
  writeHeader(whole, header);
  writeBody(whole, refs, header, ops);
  return whole.finish();
}

/** The same where the bytes of this body are still to be counted: `byteTotal` is that of the previous change. */
export function encodeCounted(
  header: Header,
  refs: readonly ChangeId[],
  ops: readonly Op[],
): { readonly bytes: Bytes; readonly bodyBytes: number } {
  part.clear();
  writeBody(part, refs, header, ops);
  whole.clear();
  writeHeader(whole, { ...header, byteTotal: header.byteTotal + part.length });
  whole.bytes(part.written);
  return { bytes: whole.finish(), bodyBytes: part.length };
}

function writeHeader(out: Writer, header: Header): void {
  const { parents, prev } = header;
  writeBeginning(out, parents.length === 0 ? NO_DOCUMENT : header.doc, header.author);
  out.varint(header.seq);
  if (prev !== null) out.hex(prev);
  // wire §3.4: parents that are just the previous change, or a genesis's none, are not written.
  if (parents.length === 0 || (parents.length === 1 && parents[0] === prev)) out.varint(0);
  else {
    out.varint(parents.length);
    for (const parent of parents) out.hex(parent);
  }
  out.varint(header.depth);
  out.varint(header.opTotal);
  out.varint(header.byteTotal);
  out.varint(0); // wire §3.6: no epoch yet
  out.varint(header.time === null ? 0 : header.time + 1);
}

/** What was written last: an author's changes all begin alike. */
let begun = { doc: "", author: "", bytes: new Writer(0).finish() };

function writeBeginning(out: Writer, doc: string, author: string): void {
  if (begun.doc !== doc || begun.author !== author) {
    const beginning = new Writer();
    beginning.byte(WIRE_VERSION);
    beginning.hex(doc);
    beginning.hex(author);
    begun = { doc, author, bytes: beginning.finish() };
  }
  out.bytes(begun.bytes);
}

// ------------------------------------------------------------------------------------------------------ id

const TAGGED = midstate(tag("chirograph change 0"));
/** After the version: document and author, one block that is the same in all changes of a device. */
const BEGINNING_END = 65;

interface Beginning {
  readonly bytes: Uint8Array;
  readonly state: Midstate;
}

/** Beginnings seen lately, each at the place that its author's first byte names. */
const beginnings: (Beginning | undefined)[] = new Array<undefined>(64).fill(undefined);

/** wire §3.1: SHA-256 over a tag of one block, document and author (the next block), and the rest. */
export function idOf(bytes: Uint8Array): ChangeId {
  if (bytes.length < BEGINNING_END) return toHex(sha256From(TAGGED, bytes, 1, bytes.length)) as ChangeId;
  const place = bytes[33]! % beginnings.length;
  let beginning = beginnings[place];
  if (beginning === undefined || !begins(bytes, beginning.bytes)) {
    const kept = bytes.slice(1, BEGINNING_END);
    beginning = { bytes: kept, state: midstate(kept, TAGGED) };
    beginnings[place] = beginning;
  }
  return nameAt(sha256From(beginning.state, bytes, BEGINNING_END, bytes.length), 0) as ChangeId;
}

function begins(bytes: Uint8Array, beginning: Uint8Array): boolean {
  for (let i = 0; i < beginning.length; i++) if (bytes[i + 1] !== beginning[i]) return false;
  return true;
}

// ------------------------------------------------------------------------------------------------- reading

/** A well-formed change, or why it is none. Never throws, whatever the bytes. */
export function decodeChange(bytes: Uint8Array): Change | Refusal {
  if (bytes.length > CHANGE_BYTES_MAX) return refuse("BytesTooLarge", `${bytes.length} bytes`);
  if (bytes.length > 0 && bytes[0] !== WIRE_VERSION) return refuse("VersionUnknown", `version ${bytes[0]}`);
  try {
    return readChange(bytes);
  } catch (error) {
    if (error instanceof Malformed) return refuse("BytesMalformed", error.message);
    throw error;
  }
}

/** Throws `Malformed`. `id` where it is known already. */
export function readChange(bytes: Uint8Array, id?: ChangeId): Change {
  const input = new Reader(bytes);
  input.byte();
  const doc = input.name() as ChangeId;
  const author = input.name() as DeviceId;
  const seq = input.varint();
  if (seq === 0) throw new Malformed("sequence starts at 1");
  const prev = seq === 1 ? null : (input.name() as ChangeId);
  const parents = readParents(input, prev);
  // wire §3: a genesis cannot know its own id.
  const isGenesis = parents.length === 0;
  if (isGenesis && doc !== NO_DOCUMENT) throw new Malformed("document of a genesis");
  const depth = input.varint();
  const opTotal = input.varint();
  const byteTotal = input.varint();
  if (input.varint() !== 0) throw new Malformed("epochs do not exist yet");
  const clock = input.varint();
  const time = clock === 0 ? null : clock - 1;
  const bodyStart = input.position;
  const { refs, ops, starts } = readBody(input, { prev, parents });
  input.end();
  const bodyBytes = input.position - bodyStart;
  id ??= idOf(bytes);
  return {
    doc: isGenesis ? id : doc,
    author,
    seq,
    prev,
    parents,
    depth,
    opTotal,
    byteTotal,
    time,
    id,
    refs,
    ops,
    starts,
    bodyBytes,
  };
}

/** wire §3.4 */
function readParents(input: Reader, prev: ChangeId | null): ChangeId[] {
  const count = input.count(PARENTS_MAX);
  if (count === 0) return prev === null ? [] : [prev];
  const parents: ChangeId[] = [];
  for (let i = 0; i < count; i++) {
    const parent = input.name() as ChangeId;
    if (i > 0 && parents[i - 1]! >= parent) throw new Malformed("parents not sorted");
    parents.push(parent);
  }
  if (count === 1 && parents[0] === prev) throw new Malformed("parents that go without saying");
  return parents;
}
