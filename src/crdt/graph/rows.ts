// Changes of one chain on their way, as rows: each is told by what differs from the change before it (docs/wire-format.md
// §3.9). Document, author, number, previous change, depth and totals go without saying, and so does most of the body of
// who types on. What comes out of a row is decoded and hashed like anything that the network brings, and a signature then
// answers for it, so a wrong row can only be refused. A run has one spelling: the reader refuses every other one.
//
//     before   o──o──o          whole, or held at both ends
//     rows           └─ r ─ r ─ r ─ signature

import { assert } from "../assert.ts";
import {
  CHANGE_BYTES_MAX,
  CHANGE_OPS_MAX,
  PARENTS_MAX,
  RUN_BODY_BYTES_MAX,
  RUN_UNITS_MAX,
} from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Slot } from "../types/dot.ts";
import { isOfKeys } from "../types/op.ts";
import { type Bytes, Malformed, Reader, Writer } from "./bytes.ts";
import { decode, decodeChange, WIRE_VERSION } from "./codec.ts";
import type { Graph } from "./graph.ts";
import { compareNames, isSameName, NAME_BYTES, Names } from "./names.ts";
import { writeOp, writePath } from "./op-bytes.ts";
import { WrittenChange } from "./written.ts";

/** Changes of one device, each the previous one of the next, with a signature for the last of them. */
export interface PackedRun {
  /** The first change as it is written (wire §3); null where it is a row too, behind a change that the reader holds. */
  readonly first: Bytes | null;
  /** How many rows there are. */
  readonly count: number;
  readonly rows: Bytes;
  readonly signature: Bytes;
}

/** A change that is held at both ends: where it stands here, and what it says. */
export interface Base {
  readonly slot: Slot;
  readonly change: WrittenChange;
}

// wire §3.9: the first byte of a row.
const ROW_TYPED_ON = 1;
const ROW_PARENTS = 2;
const ROW_TIME = 4;
const ROW_SAME_PATHS = 8;
const ROW_WHOLE = 16;

const NOTHING: Bytes = new Uint8Array(0);

/** What of an author's chain has a number that both ends know: what is below the base, and the run so far. */
class Chain {
  readonly #graph: Graph;
  readonly #base: Slot;
  readonly #names = new Names();
  #first = 0;
  #count = 0;

  constructor(graph: Graph, base: Base | null) {
    this.#graph = graph;
    this.#base = base === null ? -1 : base.slot;
  }

  add({ seq, view, end }: WrittenChange): void {
    if (this.#count === 0) this.#first = seq;
    this.#names.set(this.#count++, view, end);
  }

  /** The number of the change whose id the 32 bytes from `at` are; 0 if it has none here. */
  numberOf(view: DataView, at: number): number {
    const place = this.#names.find(view, at);
    if (place >= 0) return this.#first + place;
    if (this.#base < 0) return 0;
    const slot = this.#graph.find(view, at);
    if (slot < 0 || this.#graph.authorAt(slot) !== this.#graph.authorAt(this.#base)) return 0;
    const seq = this.#graph.seqAt(slot);
    return this.#graph.onChain(this.#base, seq) === slot ? seq : 0;
  }

  writeId(seq: number, out: Writer): void {
    if (this.#count > 0 && seq >= this.#first) {
      this.#names.write(seq - this.#first, out);
      return;
    }
    const slot = this.#base < 0 || seq < 1 ? -1 : this.#graph.onChain(this.#base, seq);
    if (slot < 0) throw new Malformed("no such change of the chain");
    this.#graph.writeId(slot, out);
  }
}

// ------------------------------------------------------------------------------------------------- writing

/** Consecutive changes that were read of bytes. Without a base the first of them is written whole. */
export function packRun(
  changes: readonly WrittenChange[],
  signature: Bytes,
  graph: Graph,
  base: Base | null,
): PackedRun {
  const chain = new Chain(graph, base);
  const out = new Writer();
  let before = base?.change ?? null;
  for (const change of changes) {
    if (before !== null) writeRow(chain, before, change, out);
    chain.add(change);
    before = change;
  }
  const first = base === null ? changes[0]!.bytes.slice() : null;
  return { first, count: changes.length - (first === null ? 0 : 1), rows: out.finish(), signature };
}

function writeRow(chain: Chain, before: WrittenChange, change: WrittenChange, out: Writer): void {
  if (!goesWithoutSaying(before, change)) {
    out.byte(ROW_WHOLE);
    out.varint(change.end - change.start);
    out.copy(change.buffer, change.start, change.end);
    return;
  }
  const others = otherParents(change);
  const text = typedOn(before, change, others);
  const hasPaths = text === null && !haveSamePaths(before, change);
  out.byte(
    (text === null ? 0 : ROW_TYPED_ON) |
      (change.isNext ? 0 : ROW_PARENTS) |
      (change.time === null ? 0 : ROW_TIME) |
      (text !== null || hasPaths ? 0 : ROW_SAME_PATHS),
  );
  if (!change.isNext) {
    const count = others.length / NAME_BYTES;
    out.varint(count * 2 + (change.parentCount - count));
    out.bytes(others);
    out.varint(change.depth - before.depth - 1);
  }
  if (change.time !== null) out.varint(change.time);
  if (text === null) writeBodyOf(chain, before, change, hasPaths, out);
  else out.string(text);
}

/** The table of references by numbers where they have some, then what follows it as it is. */
function writeBodyOf(
  chain: Chain,
  before: WrittenChange,
  change: WrittenChange,
  hasPaths: boolean,
  out: Writer,
): void {
  const { buffer, view, listedAt, listedCount, end } = change;
  if (hasPaths) out.varint(change.ops.length);
  out.varint(listedCount);
  for (let at = listedAt; at < listedAt + listedCount * NAME_BYTES; at += NAME_BYTES) {
    const seq = chain.numberOf(view, at);
    out.varint(seq === 0 ? 0 : before.seq - seq);
    if (seq === 0) out.copy(buffer, at, at + NAME_BYTES);
  }
  const start = hasPaths ? listedAt + listedCount * NAME_BYTES : change.opsAt;
  out.varint(end - start);
  out.copy(buffer, start, end);
}

// ------------------------------------------------------------------------------------- what both ends work out

/** Whether all of a change's header is what an honest author's would be behind `before`. */
function goesWithoutSaying(before: WrittenChange, change: WrittenChange): boolean {
  return (
    before.isFollowedBy(change) &&
    change.said === before.doc &&
    (change.isNext ? change.depth === before.depth + 1 : change.depth > before.depth) &&
    change.opTotal === before.opTotal + change.ops.length &&
    change.byteTotal === before.byteTotal + change.bodyBytes
  );
}

/** The ids of the parents but the previous change, in their order. */
function otherParents({ buffer, view, prevAt, parentsAt, parentCount, isNext }: WrittenChange): Bytes {
  if (isNext) return NOTHING;
  const out = new Writer(parentCount * NAME_BYTES);
  for (let at = parentsAt; at < parentsAt + parentCount * NAME_BYTES; at += NAME_BYTES)
    if (!isSameName(view, at, view, prevAt)) out.copy(buffer, at, at + NAME_BYTES);
  return out.finish();
}

/** Of two changes that were read: whether their tables of paths are the same bytes. */
function haveSamePaths(before: WrittenChange, change: WrittenChange): boolean {
  assert(before.opsAt > 0 && change.opsAt > 0, "changes in a row were read");
  const [a, b] = [pathsAt(before), pathsAt(change)];
  const length = before.opsAt - a;
  if (length !== change.opsAt - b) return false;
  for (let i = 0; i < length; i++) if (before.buffer[a + i] !== change.buffer[b + i]) return false;
  return true;
}

function pathsAt({ listedAt, listedCount }: WrittenChange): number {
  return listedAt + listedCount * NAME_BYTES;
}

/** The text of a change that does nothing but type on where `before` stopped; null if it does anything else. */
function typedOn(before: WrittenChange, change: WrittenChange, others: Bytes): string | null {
  const only = change.ops.length === 1 ? change.ops[0]! : null;
  if (only?.type !== "insertText") return null;
  const out = new Writer(change.bodyBytes);
  if (!writeTypedOn(before, others, only.text, out) || out.length !== change.bodyBytes) return null;
  const start = change.end - change.bodyBytes;
  for (let i = 0; i < change.bodyBytes; i++) if (out.buffer[i] !== change.buffer[start + i]) return null;
  return only.text;
}

/**
 * The body (wire §5) of a change that types `text` on: behind the last unit that `before` inserted with its last op, in the
 * same text, and left of what that op had right of itself. False if `before` ends otherwise, or if what stands right is
 * of a change that is a parent.
 */
function writeTypedOn(before: WrittenChange, others: Bytes, text: string, out: Writer): boolean {
  const last = before.ops[before.ops.length - 1];
  if (last?.type !== "insertText" || !isOfKeys(last.path)) return false;
  const right = last.side === "left" ? last.parent! : last.rightOrigin;
  const at = right === null || right.change === 0 ? -1 : nameOf(before, right.change);
  for (let i = 0; at >= 0 && i < others.length; i += NAME_BYTES)
    if (compareNames(others, i, before.buffer, at) === 0) return false;
  const isListed = at >= 0;
  out.varint(isListed ? 1 : 0);
  if (isListed) out.copy(before.buffer, at, at + NAME_BYTES);
  out.varint(1);
  writePath(out, last.path);
  out.varint(1);
  // wire §4: 1 is the previous change; what is listed comes after it and the other parents.
  const number = isListed ? 2 + others.length / NAME_BYTES : 1;
  writeOp(
    out,
    {
      type: "insertText",
      path: last.path,
      parent: { change: 1, index: before.elements - 1 },
      side: "right",
      rightOrigin: right === null ? null : { change: number, index: right.index },
      text,
    },
    0,
  );
  return true;
}

/** wire §4: where the id stands that a number from 1 on means. */
function nameOf(change: WrittenChange, number: number): number {
  const { prevAt, parentsAt, listedAt, listedFrom } = change;
  if (number >= listedFrom) return listedAt + (number - listedFrom) * NAME_BYTES;
  if (number === 1) return prevAt;
  let left = number - 2;
  for (let i = 0; ; i++) {
    if (prevAt >= 0 && change.isParent(i, prevAt)) continue;
    if (left-- === 0) return parentsAt + i * NAME_BYTES;
  }
}

// ------------------------------------------------------------------------------------------------- reading

/** Room for changes one after the other; it grows for a large one. */
const SHEET_BYTES = 64 * 1024;

/** The changes of a run, byte for byte as they were packed, or why there are none. Never throws, whatever the bytes; a
 * run that is too long (wire §3.8) costs no more than one that is not. */
export function unpackRun(
  { first, count, rows }: PackedRun,
  graph: Graph,
  base: Base | null,
): WrittenChange[] | Refusal {
  const changes: WrittenChange[] = [];
  const reading = new Rows(new Chain(graph, base), rows);
  let before = base?.change ?? null;
  let runBytes = 0;
  try {
    for (let i = first === null ? 0 : -1; i < count; i++) {
      if (runBytes > RUN_BODY_BYTES_MAX) return refuse("RunTooLong", `${runBytes} bytes`);
      const change = i < 0 ? decodeChange(first!) : reading.next(before!);
      if ("ok" in change) return change;
      reading.chain.add(change);
      runBytes += change.runBytes;
      changes.push(change);
      before = change;
    }
    reading.input.end();
    return changes;
  } catch (error) {
    if (error instanceof Malformed) return refuse("BytesMalformed", error.message);
    throw error;
  }
}

/** Throws `Malformed`. */
class Rows {
  readonly chain: Chain;
  readonly input: Reader;
  #sheet = new Writer(SHEET_BYTES);

  constructor(chain: Chain, rows: Bytes) {
    this.chain = chain;
    this.input = new Reader(rows);
  }

  next(before: WrittenChange): WrittenChange | Refusal {
    const flags = this.input.byte();
    if (flags === ROW_WHOLE) return this.#whole(before);
    const isTyped = (flags & ROW_TYPED_ON) !== 0;
    if (flags >= ROW_WHOLE || (isTyped && (flags & ROW_SAME_PATHS) !== 0)) throw new Malformed("no such row");
    const parents = (flags & ROW_PARENTS) === 0 ? null : this.#parents(before);
    const time = (flags & ROW_TIME) === 0 ? null : this.input.varint(Number.MAX_SAFE_INTEGER - 1);
    if (this.#sheet.length > SHEET_BYTES / 2) this.#sheet = new Writer(SHEET_BYTES);
    const others = parents?.others ?? NOTHING;
    const bodyAt = this.#sheet.length;
    const ops = isTyped ? this.#typedOn(before, others) : this.#body(before, (flags & ROW_SAME_PATHS) !== 0);
    const change = decode(this.#write(before, parents, time, ops, bodyAt));
    if ("ok" in change) return change;
    if (change.ops.length !== ops) throw new Malformed("number of ops");
    if (isTyped) return change;
    if (typedOn(before, change, others) !== null) throw new Malformed("typed on, and told otherwise");
    if ((flags & ROW_SAME_PATHS) === 0 && haveSamePaths(before, change))
      throw new Malformed("paths repeated");
    return change;
  }

  #whole(before: WrittenChange): WrittenChange | Refusal {
    const change = decodeChange(this.input.bytes(this.input.count(CHANGE_BYTES_MAX)));
    if ("ok" in change) return change;
    if (!before.isFollowedBy(change)) return refuse("RunBroken", change.id.slice(0, 8));
    if (goesWithoutSaying(before, change)) throw new Malformed("whole where a row would do");
    return change;
  }

  /** Sorted, the previous change among them if it is one. */
  #parents({ buffer, end, depth }: WrittenChange): Parents {
    const code = this.input.varint(PARENTS_MAX * 2 + 1);
    const count = code >> 1;
    if (count === 0) throw new Malformed("parents that go without saying");
    const others = this.input.bytes(count * NAME_BYTES);
    // Where the previous change stands among them.
    let place = 0;
    for (let at = 0; at < others.length; at += NAME_BYTES) {
      if (at > 0 && compareNames(others, at - NAME_BYTES, others, at) >= 0)
        throw new Malformed("parents not sorted");
      const order = compareNames(others, at, buffer, end);
      if (order === 0) throw new Malformed("previous change written out");
      if (order < 0) place = at + NAME_BYTES;
    }
    const all = new Writer(others.length + NAME_BYTES);
    all.copy(others, 0, place);
    if (code % 2 === 1) all.copy(buffer, end, end + NAME_BYTES);
    all.copy(others, place, others.length);
    return {
      others,
      all: all.finish(),
      depth: sum(depth, 1 + this.input.varint(Number.MAX_SAFE_INTEGER - 1)),
    };
  }

  /** Answers the number of ops. */
  #typedOn(before: WrittenChange, others: Bytes): number {
    const text = this.input.string(RUN_UNITS_MAX * 3);
    if (!writeTypedOn(before, others, text, this.#sheet)) throw new Malformed("nothing to type on");
    return 1;
  }

  #body(before: WrittenChange, hasSamePaths: boolean): number {
    const { input } = this;
    let ops = hasSamePaths ? 0 : input.varint(CHANGE_OPS_MAX);
    const count = input.count(CHANGE_OPS_MAX);
    this.#sheet.varint(count);
    for (let left = count; left > 0; left--) this.#reference(before.seq);
    const rest = input.bytes(input.count(CHANGE_BYTES_MAX));
    if (hasSamePaths) {
      this.#sheet.copy(before.buffer, pathsAt(before), before.opsAt);
      ops = new Reader(rest).varint(CHANGE_OPS_MAX);
    }
    this.#sheet.bytes(rest);
    return ops;
  }

  #reference(seq: number): void {
    const back = this.input.varint();
    if (back > 0) {
      this.chain.writeId(seq - back, this.#sheet);
      return;
    }
    const at = this.#sheet.length;
    this.#sheet.bytes(this.input.bytes(NAME_BYTES));
    if (this.chain.numberOf(this.#sheet.view, at) > 0) throw new Malformed("a reference that has a number");
  }

  /** wire §3: what is not in a row is worked out. The body stands on the sheet already. */
  #write(
    before: WrittenChange,
    parents: Parents | null,
    time: number | null,
    ops: number,
    bodyAt: number,
  ): WrittenChange {
    const out = this.#sheet;
    const bodyEnd = out.length;
    const { buffer, start, end } = before;
    out.byte(WIRE_VERSION);
    // A genesis does not name its document: it is the document's name.
    if (before.parentCount === 0) out.copy(buffer, end, end + NAME_BYTES);
    else out.copy(buffer, start + 1, start + 1 + NAME_BYTES);
    out.copy(buffer, start + 1 + NAME_BYTES, start + 1 + 2 * NAME_BYTES);
    out.varint(sum(before.seq, 1));
    out.copy(buffer, end, end + NAME_BYTES);
    out.varint(parents === null ? 0 : parents.all.length / NAME_BYTES);
    if (parents !== null) out.bytes(parents.all);
    out.varint(parents === null ? sum(before.depth, 1) : parents.depth);
    out.varint(sum(before.opTotal, ops));
    out.varint(sum(before.byteTotal, bodyEnd - bodyAt));
    out.varint(0); // wire §3.6: no epoch yet
    out.varint(time === null ? 0 : time + 1);
    out.again(bodyAt, bodyEnd);
    const from = bodyEnd;
    const to = out.length;
    out.skip(NAME_BYTES);
    return new WrittenChange(out.buffer, out.view, from, to);
  }
}

interface Parents {
  /** Ids one after the other; all but the previous change, and with it. */
  readonly others: Bytes;
  readonly all: Bytes;
  readonly depth: number;
}

/** The first change of a run may claim any number. */
function sum(a: number, b: number): number {
  const total = a + b;
  if (!Number.isSafeInteger(total)) throw new Malformed("number too large");
  return total;
}
