// How the structures of a replica become columns of numbers and come back: each writes its own with `dump` and takes them
// back with `load`, in the same order, and knows nobody else's. What is in them is checked as a whole (imaging.ts), and a
// column is a stretch of the image that its structure writes on in: memory that is touched for the first time costs more
// than all else, so nothing is copied, and there is room behind what grows.
//
//     column    form │ count │ room │ 0 │ payload, filled up to 8 bytes
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
const HEAD_BYTES = 16;
/** Doubles of one step. */
const STEP = 3;
/** Of a column with fewer steps than one for so many numbers: it is short then, and quickly written out. */
const STEPS_ARE_SHORT = 64;
/** Units made a string at once: arguments travel on the stack. */
const UNITS_AT_ONCE = 4_096;

type Payload = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** How a column is given back: its payload may have room behind it, in numbers of its own kind. */
type Width = "int" | "double";

export class ImageOut {
  readonly #columns: {
    readonly form: number;
    readonly count: number;
    readonly room: number;
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

  #push(form: number, count: number, payload: Payload, room = 0): void {
    const inPayload = form === STEPS ? 0 : room;
    const length = HEAD_BYTES + padded((payload.length + inPayload) * payload.BYTES_PER_ELEMENT);
    if (count + room > IMAGE_COLUMN_MAX) this.#isTooLong = true;
    this.#columns.push({ form, count, room, payload, length });
    this.#bytes += length;
  }

  // What is handed over is copied by `write` alone: nothing may change until then. `room`: for so many more behind them.

  bytes(column: Uint8Array, room = 0): void {
    this.#push(BYTES, column.length, column, room);
  }

  units(column: Uint16Array): void {
    this.#push(UNITS, column.length, column);
  }

  /** As they are: rows in which nothing goes on evenly. */
  ints(column: Int32Array, room = 0): void {
    this.#push(INTS, column.length, column, room);
  }

  /** The first `count` of them, in the shortest form that who loads them need not copy. */
  numbers(column: ArrayLike<number>, count = column.length, width: Width = "double", room = 0): void {
    const { steps, isInt } = survey(column, count);
    if (steps * STEPS_ARE_SHORT < count) this.#push(STEPS, count, stepsOf(column, count, steps), room);
    else if (isInt && (width === "int" || room === 0))
      this.#push(INTS, count, fill(new Int32Array(count), column), room);
    else this.#push(DOUBLES, count, fill(new Float64Array(count), column), room);
  }

  number(value: number): void {
    this.numbers([value]);
  }

  row(row: Ints): void {
    this.numbers(row.numbers, row.length, "int", roomFor(row.length));
  }

  /** Lists of numbers, one behind the other. */
  lists(lists: readonly ArrayLike<number>[]): void {
    this.numbers(lists.map(({ length }) => length));
    const all: number[] = [];
    for (const list of lists) for (let i = 0; i < list.length; i++) all.push(list[i]!);
    this.numbers(all);
  }

  /** What there is little of. */
  json(value: unknown): void {
    const text = JSON.stringify(value);
    const units = new Uint16Array(text.length);
    for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
    this.units(units);
  }

  /** All columns, from byte `at` on, which divides by 8. */
  write(buffer: Uint8Array<ArrayBuffer>, start: number): void {
    let at = start;
    for (const { form, count, room, payload, length } of this.#columns) {
      new Int32Array(buffer.buffer, at, 3).set([form, count, room]);
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
  #numbers = new Int32Array(0);

  /** `bytes` begin at a place that divides by 8, and so does `start`. */
  constructor(bytes: Uint8Array<ArrayBuffer>, start: number) {
    this.#buffer = bytes.buffer;
    this.#at = bytes.byteOffset + start;
    this.#end = bytes.byteOffset + bytes.length;
  }

  /** The next column: its form, how much is in it, how much is free behind that, and where it begins. */
  #next(): { readonly form: number; readonly count: number; readonly room: number; readonly at: number } {
    if (this.#at + HEAD_BYTES > this.#end) throw new Unsound("a column behind the last");
    const head = new Int32Array(this.#buffer, this.#at, 3);
    const [form, count, room] = head as unknown as [number, number, number];
    if (count < 0 || room < 0 || count + room > IMAGE_COLUMN_MAX) throw new Unsound(`a column of ${count}`);
    return { form, count, room, at: this.#at + HEAD_BYTES };
  }

  /** Where a payload begins; the next column begins behind it. */
  #take(at: number, bytes: number): number {
    if (bytes > this.#end - at) throw new Unsound("a column beyond the end");
    this.#at = at + padded(bytes);
    return at;
  }

  // Stretches of the image, the room behind them included, which the caller may write into.

  bytes(): Uint8Array<ArrayBuffer> {
    const { form, count, room, at } = this.#next();
    if (form !== BYTES) throw new Unsound("no bytes");
    return new Uint8Array(this.#buffer, this.#take(at, count + room), count + room);
  }

  units(): Uint16Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form !== UNITS) throw new Unsound("no units");
    return new Uint16Array(this.#buffer, this.#take(at, count * 2), count);
  }

  ints(): Int32Array<ArrayBuffer> {
    const { form, count, room, at } = this.#next();
    if (form === INTS) return new Int32Array(this.#buffer, this.#take(at, (count + room) * 4), count + room);
    return this.#expanded(new Int32Array(count + room), form, count, at);
  }

  doubles(): Float64Array<ArrayBuffer> {
    const { form, count, room, at } = this.#next();
    if (form === DOUBLES)
      return new Float64Array(this.#buffer, this.#take(at, (count + room) * 8), count + room);
    if (form === INTS) {
      const ints = new Int32Array(this.#buffer, this.#take(at, (count + room) * 4), count + room);
      return fill(new Float64Array(count + room), ints);
    }
    return this.#expanded(new Float64Array(count + room), form, count, at);
  }

  #expanded<A extends Int32Array | Float64Array>(column: A, form: number, count: number, at: number): A {
    if (form !== STEPS) throw new Unsound("no numbers");
    const steps = new Float64Array(this.#buffer, at, (this.#end - at) >> 3);
    let step = 0;
    for (let filled = 0; filled < count; step += STEP) {
      if (step + STEP > steps.length) throw new Unsound("a column beyond the end");
      const first = steps[step]!;
      const by = steps[step + 1]!;
      const times = steps[step + 2]!;
      if (!(times > 0 && times <= count - filled)) throw new Unsound("steps beyond the count");
      const end = filled + times;
      if (by === 1 && first >>> 0 === first && first + times <= IMAGE_COLUMN_MAX)
        column.set(this.#counted(first + times).subarray(first, first + times), filled);
      else if (by !== 0) for (let i = filled, value = first; i < end; i++, value += by) column[i] = value;
      // Zeros are there already, in memory that was never touched.
      else if (first !== 0) column.fill(first, filled, end);
      filled = end;
    }
    this.#take(at, step * 8);
    return column;
  }

  /** 0, 1, 2, … up to `end` at least. Most columns of one person's chain go on so, and a copy takes a tenth of counting. */
  #counted(end: number): Int32Array {
    // Some more, since the next column begins at 1 where this one began at 0.
    if (this.#numbers.length < end) this.#numbers = countedOn(end + roomFor(end));
    return this.#numbers;
  }

  row(): Ints {
    const { count } = this.#next();
    return new Ints(this.ints(), count);
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
    const lengths = this.ints();
    const all = this.doubles();
    const lists: number[][] = [];
    let at = 0;
    for (const length of lengths) {
      lists.push(listOf(all.subarray(at, at + length)));
      at += length;
    }
    if (at !== all.length) throw new Unsound("lists of another length");
    return lists;
  }

  json(): unknown {
    return JSON.parse(stringOf(this.units()));
  }

  /** Everything was read. */
  end(): void {
    if (this.#at !== this.#end) throw new Unsound("more behind the last column");
  }
}

/** Room for as much again as an eighth, so that the next few changes move nothing. */
export function roomFor(count: number): number {
  return (count >> 3) + 64;
}

export function stringOf(units: Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += UNITS_AT_ONCE)
    text += String.fromCharCode.apply(null, units.subarray(at, at + UNITS_AT_ONCE) as never);
  return text;
}

/** The numbers of a column as an array that may grow. */
export function listOf(column: ArrayLike<number>): number[] {
  const list: number[] = [];
  for (let i = 0; i < column.length; i++) list.push(column[i]!);
  return list;
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
