// Changes ↔ canonical bytes (docs/wire-format.md §3, wire version 1). One byte string for each change: the reader
// refuses whatever the writer would not have written, rule by rule, so that nothing has to be encoded again to be
// compared. Nothing here looks at the graph; a decoded change is well-formed, not yet true.

import { CHANGE_BYTES_MAX, PARENTS_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { type Naming, readBody, type Skim, skimBody, takeOps, writeBody } from "./body.ts";
import { type Bytes, Malformed, Reader, toHex, Writer } from "./bytes.ts";
import type { ChangeId, DeviceId, DocId, Header, Op } from "./change.ts";
import { type Midstate, midstate, sha256Behind, sha256From, tag } from "./crypto.ts";
import { nameAt } from "./hex.ts";
import { compareNames, isSameName, NAME_BYTES, viewOf } from "./names.ts";
import { WrittenChange } from "./written.ts";

export const WIRE_VERSION = 1;

const NO_DOCUMENT = "00".repeat(32) as DocId;
const NOBODY = "" as ChangeId;

// ------------------------------------------------------------------------------------------------- writing

/** A header in which changes are numbered as a `Naming` knows them; `prev` -1 is none. */
export interface Heading extends Pick<Header, "doc" | "author" | "seq" | "depth" | "opTotal" | "time"> {
  readonly prev: number;
  readonly parents: readonly number[];
  /** Bytes of the bodies in the author's chain before this change. */
  readonly byteTotal: number;
}

/** Own changes are written one after the other: a buffer for each would cost more than the change. */
const SHEET_BYTES = 64 * 1024;
let sheet = new Writer(SHEET_BYTES);

/** A change of what its author says. `listed`: the references in the body's own table, sorted by id. */
export function writeChange(
  heading: Heading,
  naming: Naming,
  listed: readonly number[],
  ops: readonly Op[],
): WrittenChange {
  if (sheet.length > SHEET_BYTES / 2) sheet = new Writer(SHEET_BYTES);
  const out = sheet;
  // The body first, since the header counts its bytes; then it is copied behind the header.
  const draftAt = out.length;
  const draftListedAt = writeBody(out, listed, naming, ops);
  const bodyBytes = out.length - draftAt;
  const start = out.length;
  const isGenesis = heading.parents.length === 0;
  writeBeginning(out, isGenesis ? NO_DOCUMENT : heading.doc, heading.author);
  out.varint(heading.seq);
  const prevAt = heading.prev < 0 ? -1 : out.length;
  if (heading.prev >= 0) naming.writeId(heading.prev, out);
  const parentsAt = writeParents(out, heading, naming, prevAt);
  out.varint(heading.depth);
  out.varint(heading.opTotal);
  out.varint(heading.byteTotal + bodyBytes);
  out.varint(0); // wire §3.6: no epoch yet
  out.varint(heading.time === null ? 0 : heading.time + 1);
  const bodyAt = out.length;
  out.again(draftAt, draftAt + bodyBytes);
  const end = out.length;
  out.skip(NAME_BYTES);

  const change = new WrittenChange(out.buffer, out.view, start, end);
  nameChange(change, beginningOf(change));
  change.said = heading.doc;
  change.author = heading.author;
  change.seq = heading.seq;
  change.prevAt = prevAt;
  change.parentsAt = parentsAt;
  change.parentCount = heading.parents.length;
  change.depth = heading.depth;
  change.opTotal = heading.opTotal;
  change.byteTotal = heading.byteTotal + bodyBytes;
  change.time = heading.time;
  change.listedAt = bodyAt + draftListedAt - draftAt;
  change.listedCount = listed.length;
  change.listedFrom = change.impliedCount;
  takeOps(change, ops);
  change.bodyBytes = bodyBytes;
  return change;
}

/** wire §3.4: parents that are just the previous change, or a genesis's none, are not written. Answers where they stand. */
function writeParents(out: Writer, { parents, prev }: Heading, naming: Naming, prevAt: number): number {
  if (parents.length === 0 || (parents.length === 1 && parents[0] === prev)) {
    out.varint(0);
    return prevAt;
  }
  out.varint(parents.length);
  const at = out.length;
  for (let i = 0; i < parents.length; i++) naming.writeId(parents[i]!, out);
  return at;
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

/** The canonical bytes of a change whose names are spelt out. The header must fit the body (`byteTotal` counts it). */
export function encodeChange(header: Header, refs: readonly ChangeId[], ops: readonly Op[]): Bytes {
  const listed = refs.slice(impliedRefs(header).length);
  const { doc, author, seq, prev, parents, depth, opTotal, time } = header;
  const names = [...listed, ...parents];
  const heading: Heading = {
    doc,
    author,
    seq,
    prev: prev === null ? -1 : parents.includes(prev) ? names.lastIndexOf(prev) : names.push(prev) - 1,
    parents: parents.map((_, i) => listed.length + i),
    depth,
    opTotal,
    byteTotal: header.byteTotal - encodeBody(refs, header, ops).length,
    time,
  };
  return writeChange(heading, spelt(names), [...listed.keys()], ops).bytes.slice();
}

/** The same of a body alone (wire §5). */
export function encodeBody(
  refs: readonly ChangeId[],
  ancestors: Pick<Header, "prev" | "parents">,
  ops: readonly Op[],
): Bytes {
  const out = new Writer();
  const listed = refs.slice(impliedRefs(ancestors).length);
  writeBody(out, [...listed.keys()], spelt(listed), ops);
  return out.finish();
}

function spelt(names: readonly ChangeId[]): Naming {
  return {
    writeId: (change, out) => out.hex(names[change]!),
    compareIds: (a, b) => (names[a]! < names[b]! ? -1 : 1),
  };
}

/** wire §4: which change each number of a reference stands for, before the body's own table. A change has no name for
 * itself and, if it is its author's first, none for a previous one: they are empty. */
export function impliedRefs({ prev, parents }: Pick<Header, "prev" | "parents">): ChangeId[] {
  const refs = [NOBODY, prev ?? NOBODY];
  for (const parent of parents) if (parent !== prev) refs.push(parent);
  return refs;
}

// ------------------------------------------------------------------------------------------------------ id

const TAGGED = midstate(tag("chirograph change 1"));
/** After the version: document and author, one block that is the same in all changes of a device. */
export const BEGINNING_END = 65;

interface Beginning {
  readonly bytes: Bytes;
  readonly view: DataView;
  readonly doc: DocId;
  readonly author: DeviceId;
  /** Of the hash; null until the first change that begins so is hashed. */
  state: Midstate | null;
}

/** Beginnings seen lately, each at the place that its author's first byte names. */
const beginnings: (Beginning | undefined)[] = new Array<undefined>(64).fill(undefined);

/** Of a change that is long enough to have one. */
export function beginningOf({
  buffer,
  view,
  start,
}: Pick<WrittenChange, "buffer" | "view" | "start">): Beginning {
  const place = buffer[start + 33]! % beginnings.length;
  const known = beginnings[place];
  if (known !== undefined && begins(view, start + 1, known.view)) return known;
  const bytes = buffer.slice(start + 1, start + BEGINNING_END);
  const doc = nameAt(bytes, 0) as DocId;
  const author = nameAt(bytes, NAME_BYTES) as DeviceId;
  const beginning = { bytes, view: viewOf(bytes), doc, author, state: null };
  beginnings[place] = beginning;
  return beginning;
}

function begins(view: DataView, at: number, beginning: DataView): boolean {
  return isSameName(view, at + NAME_BYTES, beginning, NAME_BYTES) && isSameName(view, at, beginning, 0);
}

/** wire §3.1: SHA-256 over a tag of one block, document and author (the next block), and the rest. */
function nameChange({ view, start, end }: WrittenChange, beginning: Beginning): void {
  sha256Behind(stateOf(beginning), view, start + BEGINNING_END, end);
}

/** Of the hash, behind the beginning. */
export function stateOf(beginning: Beginning): Midstate {
  beginning.state ??= midstate(beginning.bytes, TAGGED);
  return beginning.state;
}

/** The id of a change as bytes. */
export function hashOf(bytes: Bytes): Bytes {
  const { length } = bytes;
  if (length < BEGINNING_END) return sha256From(TAGGED, bytes, Math.min(1, length), length);
  const state = stateOf(beginningOf({ buffer: bytes, view: viewOf(bytes), start: 0 }));
  return sha256From(state, bytes, BEGINNING_END, length);
}

export function idOf(bytes: Bytes): ChangeId {
  return toHex(hashOf(bytes)) as ChangeId;
}

// ------------------------------------------------------------------------------------------------- reading

/** Reads one change after the other. */
const input = new Reader(new Uint8Array(0));

/** A well-formed change, or why it is none. Never throws, whatever the bytes. The bytes are copied. */
export function decodeChange(bytes: Uint8Array): WrittenChange | Refusal {
  if (bytes.length > CHANGE_BYTES_MAX) return refuse("BytesTooLarge", `${bytes.length} bytes`);
  return decode(WrittenChange.of(bytes));
}

/** The same of a stretch of a buffer which is nobody else's and has room for the id behind each change. */
export function decode(change: WrittenChange): WrittenChange | Refusal {
  const { buffer, start, end } = change;
  if (end - start > CHANGE_BYTES_MAX) return refuse("BytesTooLarge", `${end - start} bytes`);
  if (end > start && buffer[start] !== WIRE_VERSION)
    return refuse("VersionUnknown", `version ${buffer[start]}`);
  try {
    nameChange(change, readChange(change));
    return change;
  } catch (error) {
    if (error instanceof Malformed) return refuse("BytesMalformed", error.message);
    throw error;
  }
}

/** The same of a change that was hashed before: its id stands behind it. */
export function readAgain(change: WrittenChange): WrittenChange | Refusal {
  try {
    readChange(change);
    return change;
  } catch (error) {
    if (error instanceof Malformed) return refuse("BytesMalformed", error.message);
    throw error;
  }
}

/** Fills in what the bytes of a change say, all but its id, and answers what they begin with. Throws `Malformed`. */
export function readChange(change: WrittenChange): Beginning {
  const beginning = readHead(change);
  readBody(input, change);
  input.end();
  return beginning;
}

/** Tells what a change did that was read and judged before; of its own ops it knows nothing after that. */
export function skimChange(change: WrittenChange, skim: Skim): void {
  readHead(change);
  skimBody(input, change, skim);
}

/** All that stands before the body. */
function readHead(change: WrittenChange): Beginning {
  const { buffer, start, end } = change;
  input.open(buffer, start, end);
  input.skip(BEGINNING_END);
  const beginning = beginningOf(change);
  const { doc, author } = beginning;
  change.said = doc;
  change.author = author;
  change.seq = input.varint();
  if (change.seq === 0) throw new Malformed("sequence starts at 1");
  if (change.seq > 1) change.prevAt = input.skip(NAME_BYTES);
  readParents(input, change);
  // wire §3: a genesis cannot know its own id.
  if (change.parentCount === 0 && doc !== NO_DOCUMENT) throw new Malformed("document of a genesis");
  change.depth = input.varint();
  change.opTotal = input.varint();
  change.byteTotal = input.varint();
  if (input.varint() !== 0) throw new Malformed("epochs do not exist yet");
  const clock = input.varint();
  change.time = clock === 0 ? null : clock - 1;
  return beginning;
}

/** wire §3.4 */
function readParents(input: Reader, change: WrittenChange): void {
  const { buffer, prevAt } = change;
  const count = input.count(PARENTS_MAX);
  change.parentsAt = prevAt;
  change.parentCount = prevAt < 0 ? 0 : 1;
  if (count === 0) return;
  change.parentsAt = input.position;
  change.parentCount = count;
  for (let i = 0; i < count; i++) {
    const at = input.skip(NAME_BYTES);
    if (i > 0 && compareNames(buffer, at - NAME_BYTES, buffer, at) >= 0)
      throw new Malformed("parents not sorted");
  }
  if (count === 1 && prevAt >= 0 && change.isParent(0, prevAt))
    throw new Malformed("parents that go without saying");
}
