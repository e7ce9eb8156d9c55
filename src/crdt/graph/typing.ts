// Most changes of most documents put one letter behind the letter that the change before put there, or delete the letter
// beside the one that it deleted. Such a change is known when the one before it is: its bytes are those, but for the numbers
// that go up by one, the id, and the letter, or the name of the letter. So many of them are written in one go, into a buffer
// that is there, and nothing is made of each but its bytes and its id:
//
//     buffer   … │ bytes of one │ its id │ bytes of the next, which names that id │ its id │ …
//
// What they say is what anybody would read in their bytes; graph/codec.ts stays the judge of that.

import { assert } from "../assert.ts";
import { CHANGE_BYTES_MAX } from "../limits.ts";
import type { Span } from "../types/dot.ts";
import { type DeleteOp, isOfKeys } from "../types/op.ts";
import { type Bytes, copyBytes } from "./bytes.ts";
import { BEGINNING_END, beginningOf, stateOf, WIRE_VERSION } from "./codec.ts";
import { sha256Behind } from "./crypto.ts";
import { copyName, isSameName, NAME_BYTES } from "./names.ts";
import { WrittenChange } from "./written.ts";

/** By how many bytes a change is longer than the one that it types on from, at most: four numbers, and a letter of three or one
 * number more. */
const LONGER_MAX = 16;

/** Room that a change takes, its id included, which types on from `before`. */
export function roomFor(before: WrittenChange): number {
  return before.end - before.start + LONGER_MAX + NAME_BYTES;
}

/** Whether the next change may type on from this one, which was just written: it does so itself. */
export function typesOn({ ops, isNext, parentCount, time, listedCount, start, end }: WrittenChange): boolean {
  if (ops.length !== 1 || parentCount !== 1 || !isNext || time !== null) return false;
  if (end - start + LONGER_MAX > CHANGE_BYTES_MAX) return false;
  const op = ops[0]!;
  if (op.type === "delete") {
    const [{ change, length }] = op.spans as [Span];
    return op.spans.length === 1 && length === 1 && change === 2 && listedCount === 1;
  }
  if (op.type !== "insertText" || op.side !== "right" || op.text.length !== 1) return false;
  const { parent, rightOrigin } = op;
  // wire §4: 1 is the previous change, 2 the first that the body lists.
  if (parent === null || parent.change !== 1 || parent.index !== 0) return false;
  return rightOrigin === null || (rightOrigin.change === 2 && listedCount === 1);
}

/** Whether the next change of a run types on from a change that puts one letter somewhere itself, or deletes in a text as it
 * does; its numbers exact (wire §3.5). */
export function typesOnFrom(before: WrittenChange, change: WrittenChange): boolean {
  const isNext =
    change.isNext &&
    change.parentCount === 1 &&
    change.ops.length === 1 &&
    before.ops.length === 1 &&
    change.depth === before.depth + 1 &&
    change.opTotal === before.opTotal + 1 &&
    change.byteTotal === before.byteTotal + change.bodyBytes;
  if (!isNext) return false;
  const [was, is] = [before.ops[0]!, change.ops[0]!];
  if (was.type === "delete")
    return is.type === "delete" && is.path === was.path && cutsListed(before) && cutsListed(change);
  if (was.type !== "insertText" || is.type !== "insertText" || is.path !== was.path) return false;
  if (is.side !== "right" || is.text.length !== 1 || was.text.length !== 1) return false;
  const { parent, rightOrigin } = is;
  // wire §4: 1 is the previous change, 2 the first that the body lists.
  if (parent === null || parent.change !== 1 || parent.index !== 0 || was.side !== "right") return false;
  if (rightOrigin === null || was.rightOrigin === null) return rightOrigin === was.rightOrigin;
  return (
    rightOrigin.change === 2 &&
    was.rightOrigin.change === 2 &&
    before.listedFrom === 2 &&
    rightOrigin.index === was.rightOrigin.index &&
    change.listedCount === 1 &&
    before.listedCount === 1 &&
    isSameName(change.view, change.listedAt, before.view, before.listedAt)
  );
}

/** Whether a change of one delete deletes in a row in a text, and names the change that made it in its table, where nothing
 * else is. */
function cutsListed({ ops, listedCount }: WrittenChange): boolean {
  const { path, spans } = ops[0] as DeleteOp;
  return spans.length === 1 && listedCount === 1 && isOfKeys(path) && path[path.length - 1]!.kind === "text";
}

/** What changes in a row say, in bodies that are that of the change before them but for a few bytes. */
interface Bodies {
  readonly count: number;
  sizeAt(i: number): number;
  /** Answers where it ends. `view`: of the buffer. */
  write(i: number, buffer: Bytes, view: DataView, at: number): number;
}

/** Each makes one element, a letter of the base plane. */
export class Letters implements Bodies {
  readonly text: string;
  readonly #from: DataView;
  readonly #start: number;
  /** Of what all have in common: the letter and its length stand behind it. */
  readonly #end: number;

  constructor({ buffer, view, end, bodyBytes }: WrittenChange, text: string) {
    this.text = text;
    this.#from = view;
    this.#start = end - bodyBytes;
    let letterAt = end - 1;
    while ((buffer[letterAt]! & 0xc0) === 0x80) letterAt--;
    this.#end = letterAt - 1;
  }

  get count(): number {
    return this.text.length;
  }

  sizeAt(i: number): number {
    const code = this.text.charCodeAt(i);
    return this.#end - this.#start + 1 + (code < 0x80 ? 1 : code < 0x800 ? 2 : 3);
  }

  write(i: number, buffer: Bytes, view: DataView, at: number): number {
    copyStretch(this.#from, this.#start, this.#end, view, at);
    return writeLetter(this.text.charCodeAt(i), buffer, at + this.#end - this.#start);
  }
}

/** Each deletes one element of the only change that it lists. */
export class Cuts implements Bodies {
  readonly #names: { copyId(change: number, view: DataView, at: number): void };
  readonly #makers: Int32Array;
  readonly #indexes: Int32Array;
  readonly #from: Bytes;
  readonly #start: number;
  /** Where the number of the element stands; behind it that it is one. */
  readonly #indexAt: number;

  /** `makers`: who made the elements, as `names` has them; `indexes`: their numbers there. */
  constructor(
    { buffer, end, bodyBytes }: WrittenChange,
    names: { copyId(change: number, view: DataView, at: number): void },
    makers: Int32Array,
    indexes: Int32Array,
  ) {
    this.#names = names;
    this.#makers = makers;
    this.#indexes = indexes;
    this.#from = buffer;
    this.#start = end - bodyBytes;
    let indexAt = end - 2;
    while (buffer[indexAt - 1]! >= 0x80) indexAt--;
    this.#indexAt = indexAt;
  }

  get count(): number {
    return this.#indexes.length;
  }

  indexAt(i: number): number {
    return this.#indexes[i]!;
  }

  sizeAt(i: number): number {
    return this.#indexAt - this.#start + lengthOf(this.#indexes[i]!) + 1;
  }

  write(i: number, buffer: Bytes, view: DataView, at: number): number {
    const named = this.#start + 1;
    buffer[at++] = 1;
    this.#names.copyId(this.#makers[i]!, view, at);
    copyBytes(this.#from, named + NAME_BYTES, this.#indexAt, buffer, at + NAME_BYTES);
    at = writeVarint(this.#indexes[i]!, buffer, at + this.#indexAt - named);
    buffer[at++] = 1;
    return at;
  }
}

export class Typing {
  readonly bodies: Letters | Cuts;
  /** The last of them, to type on from. */
  readonly last: WrittenChange;
  readonly #before: WrittenChange;
  readonly #start: number;
  // One place for each.
  readonly #ends: Int32Array;
  readonly #byteTotals: Float64Array;
  /** Each in its turn: an object for each would cost more than all else that is done with it. */
  readonly #one: Moving;
  #runBytes = 0;

  /** Writes them into `buffer`, from `at` on, where there is `roomFor` each. */
  constructor(before: WrittenChange, bodies: Letters | Cuts, buffer: Bytes, view: DataView, at: number) {
    const { count } = bodies;
    this.bodies = bodies;
    this.#before = before;
    this.#start = at;
    this.#ends = new Int32Array(count);
    this.#byteTotals = new Float64Array(count);
    this.#write(before, buffer, view);
    this.#one = alike(before, new WrittenChange(buffer, view, at, at));
    this.last = this.#told(count - 1, alike(before, new WrittenChange(buffer, view, at, at)));
  }

  get count(): number {
    return this.bodies.count;
  }

  /** Bytes of all of them, without their ids. */
  get bytes(): number {
    return this.last.end - this.#start - (this.count - 1) * NAME_BYTES;
  }

  /** Bytes that count towards the length of a signed run. */
  get runBytes(): number {
    return this.#runBytes;
  }

  #startOf(i: number): number {
    return i === 0 ? this.#start : this.#ends[i - 1]! + NAME_BYTES;
  }

  #write(before: WrittenChange, buffer: Bytes, view: DataView): void {
    const { bodies } = this;
    const { start, end } = before;
    const state = stateOf(beginningOf(before));
    let { seq, depth, opTotal, byteTotal } = before;
    let at = this.#start;
    let [named, namedAt] = [before.view, end];
    for (let i = 0; i < this.#ends.length; i++) {
      const begin = at;
      buffer[at] = WIRE_VERSION;
      for (let of = 1; of < BEGINNING_END; of += NAME_BYTES) copyName(before.view, start + of, view, at + of);
      at = writeVarint(++seq, buffer, at + BEGINNING_END);
      copyName(named, namedAt, view, at);
      at += NAME_BYTES;
      buffer[at++] = 0;
      at = writeVarint(++depth, buffer, at);
      at = writeVarint(++opTotal, buffer, at);
      const body = bodies.sizeAt(i);
      this.#runBytes += body;
      this.#byteTotals[i] = byteTotal += body;
      at = writeVarint(byteTotal, buffer, at);
      buffer[at++] = 0;
      buffer[at++] = 0;
      at = bodies.write(i, buffer, view, at);
      sha256Behind(state, view, begin + BEGINNING_END, at);
      [named, namedAt] = [view, at];
      this.#ends[i] = at;
      at += NAME_BYTES;
    }
  }

  /** One of them, until the next is asked for: what is asked of a change that is taken in, not its ops. */
  at(i: number): WrittenChange {
    return this.#told(i, this.#one);
  }

  #told(i: number, change: Moving): WrittenChange {
    const before = this.#before;
    change.start = this.#startOf(i);
    change.end = this.#ends[i]!;
    change.seq = before.seq + 1 + i;
    change.depth = before.depth + 1 + i;
    change.opTotal = before.opTotal + 1 + i;
    change.byteTotal = this.#byteTotals[i]!;
    change.bodyBytes = this.#byteTotals[i]! - (i === 0 ? before.byteTotal : this.#byteTotals[i - 1]!);
    change.prevAt = change.parentsAt = prevAtOf(change.start, change.seq);
    change.listedAt = change.end - change.bodyBytes + 1;
    return change as WrittenChange;
  }
}

type Moving = { -readonly [K in keyof WrittenChange]: WrittenChange[K] };

function alike({ said, author, elements }: WrittenChange, change: WrittenChange): Moving {
  change.said = said;
  change.author = author;
  change.parentCount = 1;
  change.elements = elements;
  return change;
}

/** The number stands between the beginning and the name of the previous change. */
function prevAtOf(start: number, seq: number): number {
  return start + BEGINNING_END + lengthOf(seq);
}

/** Of a varint. */
function lengthOf(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** As `Writer.varint`; answers where it ends. */
function writeVarint(value: number, buffer: Bytes, at: number): number {
  assert(value <= Number.MAX_SAFE_INTEGER, "what is counted is a safe integer");
  while (value > 0x7fffffff) {
    buffer[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  for (; value >= 0x80; value >>= 7) buffer[at++] = value | 0x80;
  buffer[at++] = value;
  return at;
}

/** Some dozens of bytes, by words. */
function copyStretch(from: DataView, start: number, end: number, to: DataView, at: number): void {
  let i = start;
  for (; i + 4 <= end; i += 4, at += 4) to.setInt32(at, from.getInt32(i));
  for (; i < end; i++, at++) to.setUint8(at, from.getUint8(i));
}

/** Its length, then UTF-8. */
function writeLetter(code: number, buffer: Bytes, at: number): number {
  if (code < 0x80) {
    buffer[at++] = 1;
    buffer[at++] = code;
    return at;
  }
  if (code < 0x800) {
    buffer[at++] = 2;
    buffer[at++] = 0xc0 | (code >> 6);
  } else {
    buffer[at++] = 3;
    buffer[at++] = 0xe0 | (code >> 12);
    buffer[at++] = 0x80 | ((code >> 6) & 63);
  }
  buffer[at++] = 0x80 | (code & 63);
  return at;
}
