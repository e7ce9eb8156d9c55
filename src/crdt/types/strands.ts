// How one replica numbers the elements of one device through, change after change. A dot is (change, index), so a
// device that makes a change of every letter would have a run of every letter. On a strand the elements of
// consecutive changes stand in a row:
//
//     changes   c1: h e   c2: l   c3: l o          strand   h e l l o
//     dots      (c1,0) (c1,1) (c2,0) (c3,0) …      positions 0 1 2 3 4
//
// and what was typed in a row is one run, whatever it was cut into. Strands depend on the order of arrival, never
// leave the replica and decide nothing: whoever breaks a tie asks for the change behind a position.

import type { Dot, Slot, Span } from "./dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "./image.ts";
import { Ints, widened } from "./ints.ts";

/** A span that is still being made. */
export interface GrowingSpan {
  readonly change: Slot;
  start: number;
  length: number;
}

export class Strand {
  /** The changes on it, in a row, and the position of the first element of each. */
  readonly #slots: Ints;
  readonly #starts: Ints;
  #length: number;
  /** Where the last search ended: typing asks for the newest change again and again. */
  #found = 0;

  constructor(slots = new Ints(), starts = new Ints(), length = 0) {
    this.#slots = slots;
    this.#starts = starts;
    this.#length = length;
  }

  /** Names the strand to who loads it; undefined where nothing is left on it. */
  get first(): Slot | undefined {
    return this.#slots.at(0);
  }

  get last(): Slot | undefined {
    return this.#slots.last;
  }

  /** Answers the position of the first element of the change. */
  add(slot: Slot): number {
    this.#slots.push(slot);
    this.#starts.push(this.#length);
    return this.#length;
  }

  /** A draft that was never closed. */
  removeLast(): void {
    this.#length = this.#starts.last!;
    this.#slots.pop();
    this.#starts.pop();
    this.#found = 0;
  }

  /** The last change has that many elements. */
  claim(count: number): void {
    this.#length = this.#starts.last! + count;
  }

  dump(out: ImageOut): void {
    out.number(this.#length);
    out.row(this.#slots);
  }

  /** `startOf`: by slot. */
  static of(from: ImageIn, startOf: Int32Array): Strand {
    const length = from.number();
    const slots = from.row();
    const { numbers } = slots;
    const count = slots.length;
    const first = numbers[0]!;
    // Slots ascend on a strand: of one person's document they go on without a gap.
    const isWithoutGap = count > 0 && numbers[count - 1] === first + count - 1;
    const starts = isWithoutGap ? startOf.slice(first, first + count) : new Int32Array(count);
    if (!isWithoutGap) for (let i = 0; i < count; i++) starts[i] = startOf[numbers[i]!]!;
    return new Strand(slots, new Ints(starts, count), length);
  }

  slotAt(position: number): Slot {
    return this.#slots.numbers[this.#indexAt(position)]!;
  }

  dotAt(position: number): Dot {
    const i = this.#indexAt(position);
    return { change: this.#slots.numbers[i]!, index: position - this.#starts.numbers[i]! };
  }

  /** Positions [from, to) as spans of dots, appended to `out`. */
  spans(from: number, to: number, out: Span[]): void {
    for (let i = this.#indexAt(from); from < to; i++) {
      const end = this.#endOf(i, to);
      // A change without elements starts where the next one does.
      if (end > from)
        out.push({
          change: this.#slots.numbers[i]!,
          start: from - this.#starts.numbers[i]!,
          length: end - from,
        });
      from = end;
    }
  }

  /** The same, in no order: what touches the last span, on either side, makes it longer. */
  join(from: number, to: number, out: GrowingSpan[]): void {
    for (let i = this.#indexAt(from); from < to; i++) {
      const end = this.#endOf(i, to);
      const change = this.#slots.numbers[i]!;
      const start = from - this.#starts.numbers[i]!;
      const length = end - from;
      from = end;
      const last = out.length === 0 ? undefined : out[out.length - 1];
      if (last === undefined || last.change !== change || length === 0) {
        if (length > 0) out.push({ change, start, length });
      } else if (last.start + last.length === start) last.length += length;
      else if (start + length === last.start) {
        last.start = start;
        last.length += length;
      } else out.push({ change, start, length });
    }
  }

  /** Where the next change starts, `to` at the latest. */
  #endOf(i: number, to: number): number {
    const starts = this.#starts.numbers;
    return i + 1 < this.#starts.length && starts[i + 1]! < to ? starts[i + 1]! : to;
  }

  /** The last change that starts at or before a position. */
  #indexAt(position: number): number {
    const starts = this.#starts.numbers;
    let low = this.#found;
    let high = this.#starts.length;
    if (starts[low]! > position) [low, high] = [0, low];
    else if (low + 1 >= high || starts[low + 1]! > position) return low;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= position) low = middle;
      else high = middle;
    }
    this.#found = low;
    return low;
  }
}

const SLOTS_AT_FIRST = 64;

export class Strands {
  readonly #all: Strand[] = [];
  // One place for each slot. They grow together.
  /** The number of a change's strand among all, plus 1; 0 is none. */
  #strandOf = new Int32Array(SLOTS_AT_FIRST);
  #starts = new Int32Array(SLOTS_AT_FIRST);

  /** Puts a change behind `after`, its device's change before it, or on a strand of its own where another came
   * first. Said once; a change of which nothing was said begins a strand with its first element. */
  begin(slot: Slot, after: Slot | null): void {
    if (this.#at(slot) !== undefined) return;
    const before = after === null ? undefined : this.#at(after);
    const isBehind = before !== undefined && before.last === after;
    const strand = isBehind ? before : new Strand();
    if (slot >= this.#starts.length) this.#grow(slot);
    this.#strandOf[slot] = isBehind ? this.#strandOf[after!]! : this.#all.push(strand);
    this.#starts[slot] = strand.add(slot);
  }

  #at(slot: Slot): Strand | undefined {
    const number = slot < this.#strandOf.length ? this.#strandOf[slot]! : 0;
    return number === 0 ? undefined : this.#all[number - 1];
  }

  #grow(slot: Slot): void {
    const length = Math.max(slot + 1, this.#starts.length * 2);
    this.#strandOf = widened(this.#strandOf, length);
    this.#starts = widened(this.#starts, length);
  }

  /** A draft that is given up; its elements are gone already. */
  drop(slot: Slot): void {
    const strand = this.#at(slot);
    if (strand === undefined || strand.last !== slot) return;
    strand.removeLast();
    // Nobody finds it any more, and it is mostly the newest.
    if (strand.last === undefined && this.#strandOf[slot] === this.#all.length) this.#all.pop();
    this.#strandOf[slot] = this.#starts[slot] = 0;
  }

  /** How many elements a change has: from then on the next one may go on behind it. An open draft says so as it grows. */
  claim(slot: Slot, count: number): void {
    const strand = this.of(slot);
    if (strand.last === slot) strand.claim(count);
  }

  of(slot: Slot): Strand {
    const number = slot < this.#strandOf.length ? this.#strandOf[slot]! : 0;
    if (number !== 0) return this.#all[number - 1]!;
    this.begin(slot, null);
    return this.#at(slot)!;
  }

  /** The position of the first element of a change. */
  start(slot: Slot): number {
    return this.#starts[slot]!;
  }

  /** The position of an element, also the very first of a change of which nothing was said. */
  at(dot: Dot): number {
    this.of(dot.change);
    return this.position(dot);
  }

  position(dot: Dot): number {
    return this.#starts[dot.change]! + dot.index;
  }

  /** Whether a name is of that change at all: behind its last element stand those of the next change, where one is here. */
  isOwn(dot: Dot): boolean {
    return this.of(dot.change).slotAt(this.position(dot)) === dot.change;
  }

  dump(out: ImageOut): void {
    let count = this.#strandOf.length;
    while (count > 0 && this.#strandOf[count - 1] === 0) count--;
    out.numbers(this.#strandOf, count);
    out.ints(this.#starts.subarray(0, count));
    out.number(this.#all.length);
    for (const strand of this.#all) strand.dump(out);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    this.#strandOf = from.ints();
    this.#starts = from.ints();
    if (this.#starts.length !== this.#strandOf.length) throw new Unsound("a change without a start");
    for (let left = from.number(); left > 0; left--) this.#all.push(Strand.of(from, this.#starts));
  }
}
