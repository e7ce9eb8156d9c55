// Changes that only type and delete in a text at a path of keys, as columns (docs/wire-format.md §13.5): nearly all of
// them, in nearly all documents. Each op is one code, and numbers only where the ledger's guess fails: somebody who types
// on, or deletes on, adds nothing but to the length of a run. Whatever is no such change is kept as it is written.
//
//     types on     right child of what was typed last, and right of it still stands what stood there
//     jumps        the same somewhere else: how far away in elements

import { type Bytes, decodeUtf8, encodeUtf8, Malformed, Reader, Writer } from "../graph/bytes.ts";
import { isContent, type Op } from "../graph/change.ts";
import { nameOf, writePath } from "../graph/op-bytes.ts";
import { Cuts, Letters } from "../graph/typing.ts";
import type { WrittenChange } from "../graph/written.ts";
import { CHANGE_BYTES_MAX, CHANGE_OPS_MAX, DEPTH_MAX, KEY_BYTES_MAX, RUN_UNITS_MAX } from "../limits.ts";
import type { Dot, Span } from "../types/dot.ts";
import { type DeleteOp, type InsertTextOp, isOfKeys, type Path, samePath } from "../types/op.ts";
import { CodesIn, CodesOut, RunsIn, RunsOut } from "./columns.ts";
import { type Ledger, NONE } from "./ledger.ts";

// wire §13.5: "hand" is where the author typed or deleted last; "guess" is the right origin that the ledger guesses.
const CODE = {
  typeOn: 0,
  rightOfGuess: 1,
  rightOf: 2,
  rightOfEnd: 3,
  rootEnd: 4,
  root: 5,
  leftOn: 6,
  leftOf: 7,
  cutHere: 8,
  cutBack: 9,
  cutAhead: 10,
  cutOne: 11,
  cutRange: 12,
  cutRanges: 13,
} as const;
const CODES = 16;

/** Numbers of the columns of this file in a segment: so many there are. */
export const TEXT_COLUMNS = 9;

/** Each span takes three bytes in a change, so more of them than this make a change too large. */
const SPANS_MAX = Math.floor(CHANGE_BYTES_MAX / 3);

/** Elements in a row: [start, end). */
interface Range {
  readonly start: number;
  end: number;
}

// ------------------------------------------------------------------------------------------------- writing

export class TextOpsOut {
  readonly #ledger: Ledger;
  readonly #paths = new Writer();
  readonly #pathNumbers = new Map<string, number>();
  readonly #columns = Array.from({ length: TEXT_COLUMNS - 1 }, () => new Writer());
  readonly #pathOf = new RunsOut(this.#columns[0]!);
  readonly #counts = new RunsOut(this.#columns[1]!);
  readonly #codes = new CodesOut(this.#columns[2]!, CODES);
  readonly #jumps = this.#columns[3]!;
  readonly #rights = this.#columns[4]!;
  readonly #cuts = this.#columns[5]!;
  readonly #lengths = new RunsOut(this.#columns[6]!);
  readonly #text = this.#columns[7]!;
  #lastPath: Path | null = null;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get size(): number {
    return this.#columns.reduce((sum, { length }) => sum + length, this.#paths.length);
  }

  /** Whether a change is of the kind that is told here. `refs`: the changes that its references are, itself first. */
  takes({ ops, elements }: WrittenChange, refs: readonly number[]): boolean {
    if (ops.length === 0) return false;
    const isThere = ({ change, index }: Dot) =>
      index < (change === 0 ? elements : this.#elementsOf(refs[change]!));
    const path = isContent(ops[0]!) ? ops[0]!.path : null;
    if (path === null || !this.#isOfText(path)) return false;
    return ops.every(op => {
      if (op.type === "insertText")
        return (
          samePath(op.path, path) &&
          (op.parent === null || isThere(op.parent)) &&
          (op.rightOrigin === null || isThere(op.rightOrigin))
        );
      return (
        op.type === "delete" &&
        samePath(op.path, path) &&
        op.spans.every(({ change, start, length }) => isThere({ change, index: start + length - 1 }))
      );
    });
  }

  /** Changes in a row mostly have one path, and it is the same object. */
  #isOfText(path: Path): boolean {
    if (path === this.#lastPath) return true;
    if (!isOfKeys(path) || path.some(({ kind }, i) => kind !== (i === path.length - 1 ? "text" : "map")))
      return false;
    if (path.length > 0) this.#lastPath = path;
    return path.length > 0;
  }

  #elementsOf(change: number): number {
    return this.#ledger.endOf(change) - this.#ledger.firstOf(change);
  }

  /** A change that `takes` took; the ledger does not have it yet. */
  write({ ops }: WrittenChange, refs: readonly number[], author: number): void {
    const first = this.#ledger.elements;
    const elementOf = ({ change, index }: Dot) =>
      index + (change === 0 ? first : this.#ledger.firstOf(refs[change]!));
    this.#pathOf.push(this.#pathNumber((ops[0] as InsertTextOp).path));
    this.#counts.push(ops.length);
    let next = first;
    for (const op of ops) {
      if (op.type === "insertText") {
        this.#writeInsert(op, next, elementOf, author);
        next += op.text.length;
      } else this.#writeDelete(op as DeleteOp, elementOf, author);
    }
  }

  #pathNumber(path: Path): number {
    const name = nameOf(path);
    const known = this.#pathNumbers.get(name);
    if (known !== undefined) return known;
    writePath(this.#paths, path);
    const number = this.#pathNumbers.size;
    this.#pathNumbers.set(name, number);
    return number;
  }

  #writeInsert(op: InsertTextOp, start: number, elementOf: (dot: Dot) => number, author: number): void {
    const ledger = this.#ledger;
    const { length } = op.text;
    const hand = ledger.handOf(author);
    const parent = op.parent === null ? NONE : elementOf(op.parent);
    let right = op.rightOrigin === null ? NONE : elementOf(op.rightOrigin);
    const jump = (code: number) => {
      this.#codes.push(code);
      this.#jumps.signed(parent - hand);
    };
    if (op.side === "left") {
      if (parent === hand) this.#codes.push(CODE.leftOn);
      else jump(CODE.leftOf);
      right = parent;
    } else if (parent === NONE) {
      this.#codes.push(right === NONE ? CODE.rootEnd : CODE.root);
      if (right !== NONE) this.#rights.signed(right - hand);
    } else if (right === ledger.rightOf(parent)) {
      if (parent === hand) this.#codes.push(CODE.typeOn);
      else jump(CODE.rightOfGuess);
    } else if (right === NONE) jump(CODE.rightOfEnd);
    else {
      jump(CODE.rightOf);
      this.#rights.signed(right - parent);
    }
    this.#lengths.push(length);
    this.#text.bytes(encodeUtf8(op.text));
    ledger.insert(start, length, right);
    ledger.touch(author, start + length - 1);
  }

  #writeDelete({ spans }: DeleteOp, elementOf: (dot: Dot) => number, author: number): void {
    const ranges = rangesOf(spans, elementOf);
    const hand = this.#ledger.handOf(author);
    const [{ start, end }] = ranges as [Range];
    if (ranges.length > 1) this.#writeRanges(ranges, hand);
    else if (end - start > 1) {
      this.#codes.push(CODE.cutRange);
      this.#cuts.signed(start - hand);
      this.#cuts.varint(end - start - 2);
    } else if (start === hand) this.#codes.push(CODE.cutHere);
    else if (start === hand - 1) this.#codes.push(CODE.cutBack);
    else if (start === hand + 1) this.#codes.push(CODE.cutAhead);
    else {
      this.#codes.push(CODE.cutOne);
      this.#cuts.signed(start - hand);
    }
    this.#ledger.touch(author, start);
  }

  #writeRanges(ranges: readonly Range[], hand: number): void {
    this.#codes.push(CODE.cutRanges);
    this.#cuts.varint(ranges.length - 2);
    let from = hand;
    for (const [i, { start, end }] of ranges.entries()) {
      if (i === 0) this.#cuts.signed(start - from);
      else this.#cuts.varint(start - from - 1);
      this.#cuts.varint(end - start - 1);
      from = end;
    }
  }

  /** The columns; the first holds the paths. */
  finish(): Bytes[] {
    for (const runs of [this.#pathOf, this.#counts, this.#codes, this.#lengths]) runs.finish();
    return [this.#paths, ...this.#columns].map(column => column.finish());
  }
}

/** Sorted, and none touches the next. */
function rangesOf(spans: readonly Span[], elementOf: (dot: Dot) => number): Range[] {
  const ranges: Range[] = [];
  const found = spans.map(({ change, start, length }) => {
    const first = elementOf({ change, index: start });
    return { start: first, end: first + length };
  });
  for (const range of found.sort((a, b) => a.start - b.start)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.end === range.start) last.end = range.end;
    else ranges.push(range);
  }
  return ranges;
}

// ------------------------------------------------------------------------------------------------- reading

/** All throw `Malformed`. */
export class TextOpsIn {
  readonly #ledger: Ledger;
  readonly #paths: Path[] = [];
  readonly #pathOf: RunsIn;
  readonly #counts: RunsIn;
  readonly #codes: CodesIn;
  readonly #jumps: Reader;
  readonly #rights: Reader;
  readonly #cuts: Reader;
  readonly #lengths: RunsIn;
  readonly #text: string;
  #textAt = 0;
  /** Of the change that is being read. */
  #spans = 0;

  constructor(
    ledger: Ledger,
    [paths, pathOf, counts, codes, jumps, rights, cuts, lengths, text]: Uint8Array[],
  ) {
    this.#ledger = ledger;
    this.#pathOf = new RunsIn(pathOf!);
    this.#counts = new RunsIn(counts!);
    this.#codes = new CodesIn(codes!, CODES);
    this.#jumps = new Reader(jumps!);
    this.#rights = new Reader(rights!);
    this.#cuts = new Reader(cuts!);
    this.#lengths = new RunsIn(lengths!);
    this.#text = decodeUtf8(text!, 0, text!.length);
    const table = new Reader(paths!);
    while (table.left > 0) this.#paths.push(readPath(table));
  }

  /** The ops of the next change, in which changes are named by their numbers in the file; `self` is its own. */
  read(self: number, author: number): Op[] {
    const path = this.#paths[this.#pathOf.next()];
    const count = this.#counts.next();
    if (path === undefined || count === 0 || count > CHANGE_OPS_MAX) throw new Malformed("ops of a change");
    const ops: Op[] = [];
    this.#spans = 0;
    let next = this.#ledger.elements;
    for (let i = 0; i < count; i++) {
      const code = this.#codes.next();
      if (code >= CODE.cutHere) ops.push(this.#delete(code, path, self, author));
      else {
        const op = this.#insert(code, path, self, author, next);
        next += op.text.length;
        ops.push(op);
      }
    }
    return ops;
  }

  /** How many of the next changes do the same as the last one, which typed or deleted one unit on; at most `limit`. */
  typedOn(limit: number, author: number): number {
    const hand = this.#ledger.handOf(author);
    const count = Math.min(limit, this.#codes.left, this.#pathOf.left, this.#counts.left);
    if (this.#codes.value === CODE.cutBack) return Math.min(count, hand);
    if (this.#codes.value === CODE.cutAhead) return Math.min(count, this.#ledger.elements - 1 - hand);
    const end = Math.min(this.#textAt + Math.min(count, this.#lengths.left), this.#text.length);
    for (let at = this.#textAt; at < end; at++) if (isSurrogate(this.#text[at]!)) return at - this.#textAt;
    return end - this.#textAt;
  }

  /** What they do, each after the other and all after `before`. */
  typeOn(count: number, author: number, before: WrittenChange): Letters | Cuts {
    const code = this.#codes.value;
    for (const column of [this.#pathOf, this.#counts, this.#codes]) column.skip(count);
    if (code !== CODE.typeOn) return this.#cutOn(count, author, before, code === CODE.cutBack ? -1 : 1);
    this.#lengths.skip(count);
    const start = this.#ledger.elements;
    this.#ledger.insert(start, count, this.#ledger.rightOf(this.#ledger.handOf(author)));
    this.#ledger.touch(author, start + count - 1);
    this.#textAt += count;
    return new Letters(before, this.#text.slice(this.#textAt - count, this.#textAt));
  }

  #cutOn(count: number, author: number, before: WrittenChange, step: -1 | 1): Cuts {
    const ledger = this.#ledger;
    const makers = new Int32Array(count);
    const indexes = new Int32Array(count);
    let element = ledger.handOf(author);
    let maker = ledger.makerOf(element);
    for (let i = 0; i < count; i++) {
      element += step;
      // Mostly it was typed right before or after the last one.
      if (!ledger.makes(maker, element)) maker += step;
      if (!ledger.makes(maker, element)) maker = ledger.makerOf(element);
      makers[i] = maker;
      indexes[i] = element - ledger.firstOf(maker);
    }
    ledger.touch(author, element);
    return new Cuts(before, ledger, makers, indexes);
  }

  /** Whether the op read last may be the first of several such, as its code says. */
  get hasTypedOn(): boolean {
    const { value } = this.#codes;
    return value === CODE.typeOn || value === CODE.cutBack || value === CODE.cutAhead;
  }

  #insert(code: number, path: Path, self: number, author: number, start: number): InsertTextOp {
    const ledger = this.#ledger;
    const hand = ledger.handOf(author);
    let parent = hand;
    let right = NONE;
    if (code === CODE.root) right = hand + this.#rights.signed();
    if (code === CODE.root || code === CODE.rootEnd) parent = NONE;
    else if (code !== CODE.typeOn && code !== CODE.leftOn) parent += this.#jumps.signed();
    if (code === CODE.typeOn || code === CODE.rightOfGuess) right = ledger.rightOf(parent);
    else if (code === CODE.rightOf) right = parent + this.#rights.signed();
    const isLeft = code === CODE.leftOn || code === CODE.leftOf;
    const text = this.#textOf(this.#lengths.next());
    const op: InsertTextOp = {
      type: "insertText",
      path,
      parent: code === CODE.root || code === CODE.rootEnd ? null : this.#dot(parent, self),
      side: isLeft ? "left" : "right",
      rightOrigin: isLeft || (right === NONE && code !== CODE.root) ? null : this.#dot(right, self),
      text,
    };
    ledger.insert(start, text.length, isLeft ? parent : right);
    ledger.touch(author, start + text.length - 1);
    return op;
  }

  #textOf(length: number): string {
    if (length === 0 || length > RUN_UNITS_MAX) throw new Malformed("length of a run");
    const text = this.#text.slice(this.#textAt, this.#textAt + length);
    this.#textAt += length;
    if (text.length < length) throw new Malformed("cut short");
    // Whole strings stand behind each other: one that is cut elsewhere cuts a pair of surrogates in two.
    if (length === 1 ? isSurrogate(text) : !text.isWellFormed()) throw new Malformed("bad UTF-8");
    return text;
  }

  /** An element that the change makes itself is checked with the change. */
  #dot(element: number, self: number): Dot {
    const { elements } = this.#ledger;
    if (element < 0 || !Number.isSafeInteger(element)) throw new Malformed("no such element");
    if (element >= elements) return { change: self, index: element - elements };
    const change = this.#ledger.makerOf(element);
    return { change, index: element - this.#ledger.firstOf(change) };
  }

  #delete(code: number, path: Path, self: number, author: number): DeleteOp {
    const hand = this.#ledger.handOf(author);
    const spans: Span[] = [];
    if (code === CODE.cutRanges) {
      const count = this.#cuts.varint(CHANGE_OPS_MAX) + 2;
      let from = hand;
      for (let i = 0; i < count; i++) {
        const start = from + (i === 0 ? this.#cuts.signed() : 1 + this.#cuts.varint());
        if (i === 0) this.#ledger.touch(author, start);
        from = start + this.#cuts.varint() + 1;
        this.#addSpans(spans, start, from, self);
      }
      return { type: "delete", path, spans };
    }
    let start = hand;
    let length = 1;
    if (code === CODE.cutBack) start--;
    else if (code === CODE.cutAhead) start++;
    else if (code === CODE.cutOne || code === CODE.cutRange) start += this.#cuts.signed();
    if (code === CODE.cutRange) length = this.#cuts.varint() + 2;
    if (code > CODE.cutRanges) throw new Malformed("unknown code");
    this.#addSpans(spans, start, start + length, self);
    this.#ledger.touch(author, start);
    return { type: "delete", path, spans };
  }

  /** The elements in [from, to), which may be those of several changes. */
  #addSpans(spans: Span[], from: number, to: number, self: number): void {
    if (!Number.isSafeInteger(to)) throw new Malformed("no such element");
    for (let at = from; at < to; ) {
      if (++this.#spans > SPANS_MAX) throw new Malformed("too many spans");
      const { change, index } = this.#dot(at, self);
      const end = change === self ? to : Math.min(to, this.#ledger.endOf(change));
      spans.push({ change, start: index, length: end - at });
      at = end;
    }
  }

  /** Everything was used. */
  end(): void {
    for (const column of [this.#pathOf, this.#counts, this.#codes, this.#lengths]) column.end();
    for (const column of [this.#jumps, this.#rights, this.#cuts]) column.end();
    if (this.#textAt !== this.#text.length) throw new Malformed("trailing text");
  }
}

function isSurrogate(unit: string): boolean {
  const code = unit.charCodeAt(0);
  return code >= 0xd800 && code < 0xe000;
}

/** A path of keys to a text. What else is wrong with it is found in the change. */
function readPath(input: Reader): Path {
  const steps = input.count(DEPTH_MAX);
  const path: { at: string; kind: "map" | "text" }[] = [];
  for (let i = 0; i < steps; i++) {
    const code = input.byte();
    if (code !== 0 && code !== 4) throw new Malformed("path of a text");
    path.push({ at: input.string(KEY_BYTES_MAX), kind: code === 0 ? "map" : "text" });
  }
  return path;
}
