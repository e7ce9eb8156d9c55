// How the structures of a replica become columns of numbers and come back: each writes its own with `dump` and takes them
// back with `load`, in the same order, and knows nobody else's. Columns are copied, not read: what is in them is checked as
// a whole (imaging.ts), so that a document of a quarter of a million changes is loaded in the time of copying its memory.
//
//     column    form │ count │ payload, filled up to 8 bytes
//     form      bytes · units of 16 bits · integers of 32 · doubles · steps: (first, step, times) as doubles
//
// Numbers that go on evenly (0 1 2 3 …, 7 7 7 …) are steps where that is shorter: of one person's chain nearly all are.

import { IMAGE_COLUMN_MAX } from "../limits.ts";

/** What is read is no image of ours. Thrown while one is loaded, and caught by whoever loads it. */
export class Unsound extends Error {}

const FORM = { bytes: 1, units: 2, ints: 3, doubles: 4, steps: 5 } as const;
/** Of a column before its payload. */
const HEAD_BYTES = 8;
/** Doubles of one step. */
const STEP = 3;
/** Units made a string at once: arguments travel on the stack. */
const UNITS_AT_ONCE = 4_096;

type Payload = Uint8Array | Uint16Array | Int32Array | Float64Array;

export class ImageOut {
  readonly #columns: { readonly form: number; readonly count: number; readonly payload: Payload }[] = [];
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
    if (count > IMAGE_COLUMN_MAX) this.#isTooLong = true;
    this.#columns.push({ form, count, payload });
    this.#bytes += HEAD_BYTES + padded(payload.byteLength);
  }

  // What is handed over is copied by `write` alone: nothing may change until then.

  bytes(column: Uint8Array): void {
    this.#push(FORM.bytes, column.length, column);
  }

  units(column: Uint16Array): void {
    this.#push(FORM.units, column.length, column);
  }

  /** As they are: rows in which nothing goes on evenly. */
  ints(column: Int32Array): void {
    this.#push(FORM.ints, column.length, column);
  }

  /** The first `count` of them, in the shortest form. */
  numbers(column: ArrayLike<number>, count = column.length): void {
    const { steps, isInt } = survey(column, count);
    if (steps * STEP * 2 < count * (isInt ? 1 : 2))
      this.#push(FORM.steps, count, stepsOf(column, count, steps));
    else if (isInt) this.#push(FORM.ints, count, fill(new Int32Array(count), column));
    else this.#push(FORM.doubles, count, fill(new Float64Array(count), column));
  }

  number(value: number): void {
    this.numbers([value]);
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
    if (units.every(unit => unit < 0x100)) this.bytes(Uint8Array.from(units));
    else this.units(units);
  }

  /** All columns, from byte `at` on, which divides by 8. */
  write(buffer: Uint8Array<ArrayBuffer>, start: number): void {
    let at = start;
    for (const { form, count, payload } of this.#columns) {
      new Int32Array(buffer.buffer, at, 2).set([form, count]);
      buffer.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), at + HEAD_BYTES);
      at += HEAD_BYTES + padded(payload.byteLength);
    }
  }
}

export class ImageIn {
  readonly #buffer: ArrayBuffer;
  readonly #end: number;
  #at: number;

  /** `bytes` begin at a place that divides by 8, and so does `start`. */
  constructor(bytes: Uint8Array<ArrayBuffer>, start: number) {
    this.#buffer = bytes.buffer;
    this.#at = bytes.byteOffset + start;
    this.#end = bytes.byteOffset + bytes.length;
  }

  /** The next column: its form, how much is in it and where that begins. */
  #next(): { readonly form: number; readonly count: number; readonly at: number } {
    if (this.#at + HEAD_BYTES > this.#end) throw new Unsound("a column behind the last");
    const [form, count] = new Int32Array(this.#buffer, this.#at, 2) as unknown as [number, number];
    if (count < 0 || count > IMAGE_COLUMN_MAX) throw new Unsound(`a column of ${count}`);
    return { form, count, at: this.#at + HEAD_BYTES };
  }

  /** Where a payload ends, and the next column begins behind it. */
  #take(at: number, bytes: number): number {
    if (bytes > this.#end - at) throw new Unsound("a column beyond the end");
    this.#at = at + padded(bytes);
    return at + bytes;
  }

  // Copies, which the caller may write into and let grow.

  bytes(room = 0): Uint8Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form !== FORM.bytes) throw new Unsound("no bytes");
    this.#take(at, count);
    return fill(new Uint8Array(count + room), new Uint8Array(this.#buffer, at, count));
  }

  units(): Uint16Array<ArrayBuffer> {
    const { form, count, at } = this.#next();
    if (form !== FORM.units) throw new Unsound("no units");
    this.#take(at, count * 2);
    return fill(new Uint16Array(count), new Uint16Array(this.#buffer, at, count));
  }

  /** With `room` for so many more behind them. */
  ints(room = 0): Int32Array<ArrayBuffer> {
    return this.#numbers(count => new Int32Array(count + room), false);
  }

  doubles(room = 0): Float64Array<ArrayBuffer> {
    return this.#numbers(count => new Float64Array(count + room), true);
  }

  #numbers<A extends Int32Array | Float64Array>(make: (count: number) => A, isDouble: boolean): A {
    const { form, count, at } = this.#next();
    const column = make(count);
    if (form === FORM.ints) {
      this.#take(at, count * 4);
      return fill(column, new Int32Array(this.#buffer, at, count));
    }
    if (form === FORM.doubles && isDouble) {
      this.#take(at, count * 8);
      return fill(column, new Float64Array(this.#buffer, at, count));
    }
    if (form !== FORM.steps) throw new Unsound("no numbers");
    for (let filled = 0, step = at; ; ) {
      if (filled === count) {
        this.#take(at, step - at);
        return column;
      }
      this.#take(step, STEP * 8);
      const [first, by, times] = new Float64Array(this.#buffer, step, STEP) as unknown as [
        number,
        number,
        number,
      ];
      if (!(times > 0 && times <= count - filled)) throw new Unsound("steps beyond the count");
      for (let i = 0; i < times; i++) column[filled + i] = first + by * i;
      filled += times;
      step += STEP * 8;
    }
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
    const { form } = this.#next();
    const units = form === FORM.bytes ? this.bytes() : this.units();
    let text = "";
    for (let at = 0; at < units.length; at += UNITS_AT_ONCE)
      text += String.fromCharCode.apply(null, units.subarray(at, at + UNITS_AT_ONCE) as never);
    return JSON.parse(text);
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

/** The numbers of a column as an array that may grow. */
export function listOf(column: ArrayLike<number>): number[] {
  const list: number[] = [];
  for (let i = 0; i < column.length; i++) list.push(column[i]!);
  return list;
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
