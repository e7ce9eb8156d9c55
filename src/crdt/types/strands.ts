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

/** A span that is still being made. */
export interface GrowingSpan {
  readonly change: Slot;
  start: number;
  length: number;
}

export class Strand {
  /** The changes on it, in a row, and the position of the first element of each. */
  readonly #slots: Slot[] = [];
  readonly #starts: number[] = [];
  #length = 0;
  /** Where the last search ended: typing asks for the newest change again and again. */
  #found = 0;

  /** Names the strand to who loads it; undefined where nothing is left on it. */
  get first(): Slot | undefined {
    return this.#slots[0];
  }

  get last(): Slot | undefined {
    const { length } = this.#slots;
    return length === 0 ? undefined : this.#slots[length - 1];
  }

  /** Answers the position of the first element of the change. */
  add(slot: Slot): number {
    this.#slots.push(slot);
    this.#starts.push(this.#length);
    return this.#length;
  }

  /** A draft that was never closed. */
  removeLast(): void {
    this.#slots.pop();
    this.#length = this.#starts.pop()!;
    this.#found = 0;
  }

  /** The last change has that many elements. */
  claim(count: number): void {
    this.#length = this.#starts[this.#starts.length - 1]! + count;
  }

  dump(out: ImageOut): void {
    out.number(this.#length);
    out.numbers(this.#slots);
    out.numbers(this.#starts);
  }

  /** Into one that is empty; `tell` hears of every change on it and where its elements start. */
  load(from: ImageIn, tell: (slot: Slot, start: number) => void): void {
    this.#length = from.number();
    const slots = from.ints();
    const starts = from.ints();
    if (slots.length !== starts.length) throw new Unsound("a change without a start");
    for (let i = 0; i < slots.length; i++) {
      this.#slots.push(slots[i]!);
      this.#starts.push(starts[i]!);
      tell(slots[i]!, starts[i]!);
    }
  }

  slotAt(position: number): Slot {
    return this.#slots[this.#indexAt(position)]!;
  }

  dotAt(position: number): Dot {
    const i = this.#indexAt(position);
    return { change: this.#slots[i]!, index: position - this.#starts[i]! };
  }

  /** Positions [from, to) as spans of dots, appended to `out`. */
  spans(from: number, to: number, out: Span[]): void {
    for (let i = this.#indexAt(from); from < to; i++) {
      const end = this.#endOf(i, to);
      // A change without elements starts where the next one does.
      if (end > from)
        out.push({ change: this.#slots[i]!, start: from - this.#starts[i]!, length: end - from });
      from = end;
    }
  }

  /** The same, in no order: what touches the last span, on either side, makes it longer. */
  join(from: number, to: number, out: GrowingSpan[]): void {
    for (let i = this.#indexAt(from); from < to; i++) {
      const end = this.#endOf(i, to);
      const change = this.#slots[i]!;
      const start = from - this.#starts[i]!;
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
    return i + 1 < this.#starts.length && this.#starts[i + 1]! < to ? this.#starts[i + 1]! : to;
  }

  /** The last change that starts at or before a position. */
  #indexAt(position: number): number {
    const starts = this.#starts;
    let low = this.#found;
    let high = starts.length;
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

export class Strands {
  /** By slot. */
  readonly #strands: (Strand | undefined)[] = [];
  readonly #starts: number[] = [];

  /** Puts a change behind `after`, its device's change before it, or on a strand of its own where another came
   * first. Said once; a change of which nothing was said begins a strand with its first element. */
  begin(slot: Slot, after: Slot | null): void {
    if (this.#strands[slot] !== undefined) return;
    const before = after === null ? undefined : this.#strands[after];
    const strand = before !== undefined && before.last === after ? before : new Strand();
    this.#strands[slot] = strand;
    this.#starts[slot] = strand.add(slot);
  }

  /** A draft that is given up; its elements are gone already. */
  drop(slot: Slot): void {
    const strand = this.#strands[slot];
    if (strand === undefined || strand.last !== slot) return;
    strand.removeLast();
    this.#strands[slot] = undefined;
  }

  /** How many elements a change has: from then on the next one may go on behind it. An open draft says so as it grows. */
  claim(slot: Slot, count: number): void {
    const strand = this.of(slot);
    if (strand.last === slot) strand.claim(count);
  }

  of(slot: Slot): Strand {
    const strand = this.#strands[slot];
    if (strand !== undefined) return strand;
    this.begin(slot, null);
    return this.#strands[slot]!;
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

  dump(out: ImageOut): void {
    const all = new Set<Strand>();
    for (const strand of this.#strands) if (strand !== undefined) all.add(strand);
    out.number(this.#strands.length);
    out.number(all.size);
    for (const strand of all) strand.dump(out);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const length = from.number();
    for (let slot = 0; slot < length; slot++) {
      this.#strands.push(undefined);
      this.#starts.push(0);
    }
    for (let left = from.number(); left > 0; left--) {
      const strand = new Strand();
      strand.load(from, (slot, start) => {
        if (slot < 0 || slot >= length) throw new Unsound("a change beyond the last");
        this.#strands[slot] = strand;
        this.#starts[slot] = start;
      });
    }
  }
}
