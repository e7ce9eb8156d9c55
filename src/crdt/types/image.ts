// How the structures of a replica become columns of numbers and come back: each writes its own with `dump` and takes them
// back with `load`, in the same order, and knows nobody else's. What is in them is checked as a whole (imaging.ts), and a
// column is a stretch of the image that its structure writes on in: memory that is touched for the first time costs more
// than all else, so nothing is copied before it grows.
//
//     column    form │ count │ payload, filled up to 8 bytes
//     form      bytes · units of 16 bits · integers of 32 · doubles · steps: (first, step, times) as doubles
//
// Numbers that go on evenly (0 1 2 3 …, 7 7 7 …) are steps where that is shorter: of one person's chain nearly all are.

import { IMAGE_COLUMN_MAX } from "../limits.ts";
import { Ints } from "./ints.ts";

/** What is read is no image of ours. Thrown while one is loaded, and caught by whoever loads it. */
export class Unsound extends Error {}

// The forms of a column.
const BYTES = 1;
const UNITS = 2;
const INTS = 3;
const DOUBLES = 4;
const STEPS = 5;
/** Of a column before its payload. */
const HEAD_BYTES = 8;
/** Doubles of one step. */
const STEP = 3;
/** Of a column with fewer steps than one for so many numbers: it is short then, and quickly written out. */
const STEPS_ARE_SHORT = 64;
const COUNTED_MORE = 64;
/** Units made a string at once: arguments travel on the stack. */
const UNITS_AT_ONCE = 4_096;

type Payload = Uint8Array | Uint16Array | Int32Array | Float64Array;

export class ImageOut {
  readonly #columns: {
    readonly form: number;
    readonly count: number;
    readonly payload: Payload;
    readonly length: number;
  }[] = [];
  #bytes = 0;
  #isTooLong = false;

  /** Bytes of all columns. */
  get length(): number {
    return this.#bytes;
  }

  /** Whether a column has more than a reader takes. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  #push(form: number, count: number, payload: Payload): void {
    const length = HEAD_BYTES + padded(payload.byteLength);
    if (count > IMAGE_COLUMN_MAX) this.#isTooLong = true;
    this.#columns.push({ form, count, payload, length });
    this.#bytes += length;
  }

  // What is handed over is copied by `write` alone: nothing may change until then.

  bytes(column: Uint8Array): void {
    this.#push(BYTES, column.length, column);
  }

  units(column: Uint16Array): void {
    this.#push(UNITS, column.length, column);
  }

  /** As they are: rows in which nothing goes on evenly. */
  ints(column: Int32Array): void {
    this.#push(INTS, column.length, column);
  }

  /** The first `count` of them, in the shortest form that who loads them need not copy. */
  numbers(column: ArrayLike<number>, count = column.length): void {
    const { steps, isInt } = survey(column, count);
    if (steps * STEPS_ARE_SHORT < count) this.#push(STEPS, count, stepsOf(column, count, steps));
    else if (isInt) this.#push(INTS, count, fill(new Int32Array(count), column));
    else this.#push(DOUBLES, count, fill(new Float64Array(count), column));
  }

  number(value: number): void {
    this.numbers([value]);
  }

  row(row: Ints): void {
    this.numbers(row.numbers, row.length);
  }

  /** Lists of numbers, one behind the other. */
  lists(lists: readonly ArrayLike<number>[]): void {
    this.numbers(lists.map(({ length }) => length));
    const all: number[] = [];
    for (const list of lists) for (let i = 0; i < list.length; i++) all.push(list[i]!);
    this.numbers(all);
  }

  /** In bytes where each unit fits into one. */
  text(text: string): void {
    const units = new Uint16Array(text.length);
    let all = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      units[i] = unit;
      all |= unit;
    }
    if (all <= 0xff) this.bytes(Uint8Array.from(units));
    else this.units(units);
  }

  /** What there is little of. */
  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  /** All columns, from byte `at` on, which divides by 8. */
  write(buffer: Uint8Array<ArrayBuffer>, start: number): void {
    let at = start;
    for (const { form, count, payload, length } of this.#columns) {
      new Int32Array(buffer.buffer, at, 2).set([form, count]);
      buffer.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), at + HEAD_BYTES);
      at += length;
    }
  }
}

export class ImageIn {
  readonly #buffer: ArrayBuffer;
  readonly #end: number;
  #at: number;
  /** What was counted so far. */
  #counted = new Int32Array(0);

  /** `bytes` begin at a place that divides by 8, and so does `start`. */
  constructor(bytes: Uint8Array<ArrayBuffer>, start: number) {
    this.#buffer = bytes.buffer;
    this.#at = bytes.byteOffset + start;
    this.#end = bytes.byteOffset + bytes.length;
  }

  /** The next column: its form, how much is in it, and where that begins. */
  #next(): { readonly form: number; readonly count: number; readonly at: number } {
    if (this.#at + HEAD_BYTES > this.#end) throw new Unsound("a column behind the last");
    const head = new Int32Array(this.#buffer, this.#at, 2);
    const [form, count] = head as unknown as [number, number];
    if (count < 0 || count > IMAGE_COLUMN_MAX) throw new Unsound(`a column of ${count}`);
    return { form, count, at: this.#at + HEAD_BYTES };
  }

  /** Where a payload begins; the next column begins behind it. */
  #take(at: number, bytes: number): number {
    if (bytes > this.#end - at) throw new Unsound("a column beyond the end");
    this.#at = at + padded(bytes);
    return at;
  }

  // Stretches of the image, which the caller may write into.

  bytes(): Uint8Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form !== BYTES) throw new Unsound("no bytes");
    return new Uint8Array(this.#buffer, this.#take(at, count), count);
  }

  units(): Uint16Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form !== UNITS) throw new Unsound("no units");
    return new Uint16Array(this.#buffer, this.#take(at, count * 2), count);
  }

  ints(): Int32Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form === INTS) return new Int32Array(this.#buffer, this.#take(at, count * 4), count);
    return this.#expanded(new Int32Array(count), form, at);
  }

  /** The same for who writes nothing into what it gets, and so may share it. */
  lent(): Int32Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form === STEPS && this.#at + HEAD_BYTES + STEP * 8 <= this.#end) {
      const [first, by, times] = new Float64Array(this.#buffer, at, STEP) as unknown as [
        number,
        number,
        number,
      ];
      if (times === count && isCounting(first, by, times)) {
        this.#take(at, STEP * 8);
        return this.#countedTo(first + count).subarray(first, first + count);
      }
    }
    return this.ints();
  }

  doubles(): Float64Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form === DOUBLES) return new Float64Array(this.#buffer, this.#take(at, count * 8), count);
    if (form === INTS)
      return fill(new Float64Array(count), new Int32Array(this.#buffer, this.#take(at, count * 4), count));
    return this.#expanded(new Float64Array(count), form, at);
  }

  #expanded<A extends Int32Array | Float64Array>(column: A, form: number, at: number): A {
    if (form !== STEPS) throw new Unsound("no numbers");
    const count = column.length;
    const steps = new Float64Array(this.#buffer, at, (this.#end - at) >> 3);
    let step = 0;
    for (let filled = 0; filled < count; step += STEP) {
      if (step + STEP > steps.length) throw new Unsound("a column beyond the end");
      const first = steps[step]!;
      const by = steps[step + 1]!;
      const times = steps[step + 2]!;
      if (!(times > 0 && times <= count - filled)) throw new Unsound("steps beyond the count");
      const end = filled + times;
      if (isCounting(first, by, times))
        column.set(this.#countedTo(first + times).subarray(first, first + times), filled);
      else if (by !== 0) for (let i = filled, value = first; i < end; i++, value += by) column[i] = value;
      // Zeros are there already, in memory that was never touched.
      else if (first !== 0) column.fill(first, filled, end);
      filled = end;
    }
    this.#take(at, step * 8);
    return column;
  }

  /** 0, 1, 2, … up to `end` at least. Most columns of one person's chain go on so, and a copy takes a tenth of counting. */
  #countedTo(end: number): Int32Array<ArrayBuffer> {
    // Some more, since the next column begins at 1 where this one began at 0.
    if (this.#counted.length < end) this.#counted = countedOn(end + COUNTED_MORE);
    return this.#counted;
  }

  row(): Ints {
    return Ints.lent(this.lent());
  }

  number(): number {
    const column = this.doubles();
    if (column.length !== 1) throw new Unsound("no single number");
    return column[0]!;
  }

  list(): number[] {
    return listOf(this.doubles());
  }

  lists(): number[][] {
    return this.listsLater()();
  }

  /** The same for who may never look at them: they are made by the call of what this answers, which throws nothing. */
  listsLater(): () => number[][] {
    const lengths = this.ints();
    const all = this.#next().form === INTS ? this.ints() : this.doubles();
    let left = all.length;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (length < 0 || length > left) throw new Unsound("a list beyond the end");
      left -= length;
    }
    if (left !== 0) throw new Unsound("lists of another length");
    return () => {
      let at = 0;
      return Array.from(lengths, length => {
        const from = at;
        at += length;
        return listOf(all, from, at);
      });
    };
  }

  text(): string {
    return stringOf(this.#next().form === BYTES ? this.bytes() : this.units());
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  /** Everything was read. */
  end(): void {
    if (this.#at !== this.#end) throw new Unsound("more behind the last column");
  }
}

export function stringOf(units: Uint8Array | Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += UNITS_AT_ONCE)
    text += String.fromCharCode.apply(null, units.subarray(at, at + UNITS_AT_ONCE) as never);
  return text;
}

/** Numbers of a column as an array that may grow. */
function listOf(column: ArrayLike<number>, from = 0, to = column.length): number[] {
  const list: number[] = [];
  for (let i = from; i < to; i++) list.push(column[i]!);
  return list;
}

function isCounting(first: number, by: number, times: number): boolean {
  return by === 1 && first >>> 0 === first && first + times <= IMAGE_COLUMN_MAX;
}

/** On its own, so that the engine sees one kind of array alone. */
function countedOn(end: number): Int32Array<ArrayBuffer> {
  const numbers = new Int32Array(end);
  for (let i = 0; i < end; i++) numbers[i] = i;
  return numbers;
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

function fill<A extends Payload>(into: A, column: ArrayLike<number>): A {
  if (column.length <= into.length) into.set(column);
  else for (let i = 0; i < into.length; i++) into[i] = column[i]!;
  return into;
}

/** How many steps it takes to say a column, and whether all of it are integers of 32 bits. */
function survey(
  column: ArrayLike<number>,
  count: number,
): { readonly steps: number; readonly isInt: boolean } {
  let steps = 0;
  let isInt = true;
  for (let i = 0; i < count; ) {
    steps++;
    const end = endOfStep(column, i, count);
    for (; i < end; i++) isInt &&= (column[i]! | 0) === column[i]!;
  }
  return { steps, isInt };
}

/** Where the numbers from `from` on cease to go on evenly. */
function endOfStep(column: ArrayLike<number>, from: number, count: number): number {
  if (from + 1 >= count) return count;
  const by = column[from + 1]! - column[from]!;
  let end = from + 2;
  while (end < count && column[end]! - column[end - 1]! === by) end++;
  // Two of them are no step yet: the second may begin a long one.
  return end === from + 2 && end < count ? from + 1 : end;
}

function stepsOf(column: ArrayLike<number>, count: number, steps: number): Float64Array {
  const out = new Float64Array(steps * STEP);
  for (let i = 0, at = 0; i < count; at += STEP) {
    const end = endOfStep(column, i, count);
    out[at] = column[i]!;
    out[at + 1] = end - i > 1 ? column[i + 1]! - column[i]! : 0;
    out[at + 2] = end - i;
    i = end;
  }
  return out;
}
