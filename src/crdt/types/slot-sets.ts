// Sets of changes as numbers: who deleted a piece. A hostile author has a stretch deleted by thousands of changes and cut into
// thousands of pieces; with a list for every piece, 350 KB on the wire took 400 MB. So a set never changes, and pieces share
// it: cutting one copies a number, and what adds a change to a set, or takes one out, makes O(log n) new rows at most.
//
//     a set    NOBODY · one change, as its slot · a branch: below NOBODY, -2 - its row        rows │ left, right, least, bit │ …
//
//     { 2, 3, 6 }    bit 4   /  \          left of a branch are those without its bit, the highest in which its members
//                   bit 1  / \   6         differ, right of it those with it
//                         2   3
//
// The form follows from the members (Okasaki and Gill, "Fast Mergeable Integer Maps", 1998), so equal sets, and equal parts
// of sets, are found by what they are made of, and are one. What nobody has any more is forgotten all at once now and then
// (`taking`): counting who has what would burden every cut and every delete.

import type { Slot } from "./dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "./image.ts";

export type SlotSet = number;
export const NOBODY: SlotSet = -1;

// What stands where in a row.
const LEFT = 0;
const RIGHT = 1;
/** The least member, which all others are like above the bit. */
const LEAST = 2;
/** As a power of two. */
const BIT = 3;
const ROW = 4;

/** Places of the table that are looked at. Slots can be chosen so that many branches belong into one place; whoever does so
 * shares fewer sets, and takes no more time. */
const PROBES = 8;

export class SlotSets {
  #rows = new Int32Array(8 * ROW);
  #used = 0;
  /** Branches by what they are made of, at least twice as many places. */
  #table = new Int32Array(16).fill(NOBODY);
  // What was done last: the pieces that a change deletes have one set mostly.
  #lastFrom: SlotSet = NOBODY;
  #lastSlot: Slot = NOBODY;
  #lastTo: SlotSet = NOBODY;

  /** Branches, in use or not. */
  get count(): number {
    return this.#used / ROW;
  }

  with(set: SlotSet, slot: Slot): SlotSet {
    if (set !== this.#lastFrom || slot !== this.#lastSlot) this.#remember(set, slot, this.#with(set, slot));
    return this.#lastTo;
  }

  without(set: SlotSet, slot: Slot): SlotSet {
    if (set !== this.#lastFrom || ~slot !== this.#lastSlot)
      this.#remember(set, ~slot, this.#without(set, slot));
    return this.#lastTo;
  }

  /** `slot`: one that was taken out as its complement. */
  #remember(from: SlotSet, slot: Slot, to: SlotSet): void {
    this.#lastFrom = from;
    this.#lastSlot = slot;
    this.#lastTo = to;
  }

  /** Ascending. */
  members(set: SlotSet): readonly Slot[] {
    const members: Slot[] = [];
    const left = [set];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (next < NOBODY) left.push(this.#rows[rowOf(next) + RIGHT]!, this.#rows[rowOf(next) + LEFT]!);
      else if (next !== NOBODY) members.push(next);
    }
    return members;
  }

  // Recursion is as deep as a slot has bits.

  #with(set: SlotSet, slot: Slot): SlotSet {
    if (set === NOBODY || set === slot) return slot;
    const rows = this.#rows;
    const row = rowOf(set);
    const least = set >= 0 ? set : rows[row + LEAST]!;
    const bit = set >= 0 ? 0 : rows[row + BIT]!;
    const differing = slot ^ least;
    if (set >= 0 || differing >= 2 * bit) {
      const highest = 1 << (31 - Math.clz32(differing));
      return (slot & highest) === 0 ? this.#branch(slot, set, highest) : this.#branch(set, slot, highest);
    }
    const left = rows[row + LEFT]!;
    const right = rows[row + RIGHT]!;
    if ((slot & bit) === 0) {
      const more = this.#with(left, slot);
      return more === left ? set : this.#branch(more, right, bit);
    }
    const more = this.#with(right, slot);
    return more === right ? set : this.#branch(left, more, bit);
  }

  #without(set: SlotSet, slot: Slot): SlotSet {
    if (set === slot) return NOBODY;
    if (set >= NOBODY) return set;
    const rows = this.#rows;
    const row = rowOf(set);
    const bit = rows[row + BIT]!;
    if ((slot ^ rows[row + LEAST]!) >= 2 * bit) return set;
    const left = rows[row + LEFT]!;
    const right = rows[row + RIGHT]!;
    const isLeft = (slot & bit) === 0;
    const side = isLeft ? left : right;
    const less = this.#without(side, slot);
    if (less === side) return set;
    if (less === NOBODY) return isLeft ? right : left;
    return isLeft ? this.#branch(less, right, bit) : this.#branch(left, less, bit);
  }

  /** The branch of two sets, where possible one that is here. */
  #branch(left: SlotSet, right: SlotSet, bit: number): SlotSet {
    const rows = this.#rows;
    const table = this.#table;
    const home = placeOf(left, right);
    for (let i = home; i < home + PROBES; i++) {
      const found = table[i & (table.length - 1)]!;
      if (found === NOBODY) break;
      const row = rowOf(found);
      if (rows[row + LEFT] === left && rows[row + RIGHT] === right) return found;
    }
    return this.#make(left, right, bit);
  }

  #make(left: SlotSet, right: SlotSet, bit: number): SlotSet {
    const row = this.#used;
    this.#used += ROW;
    if (this.#used > this.#rows.length) this.#rows = doubled(this.#rows);
    const rows = this.#rows;
    rows[row + LEFT] = left;
    rows[row + RIGHT] = right;
    rows[row + LEAST] = this.#least(left);
    rows[row + BIT] = bit;
    if (2 * this.count <= this.#table.length) this.#list(row);
    else {
      this.#table = new Int32Array(2 * this.#table.length).fill(NOBODY);
      for (let one = 0; one < this.#used; one += ROW) this.#list(one);
    }
    return setOf(row);
  }

  /** In the first of its places that is free, or else instead of another. */
  #list(row: number): void {
    const table = this.#table;
    const home = placeOf(this.#rows[row + LEFT]!, this.#rows[row + RIGHT]!);
    let i = home;
    while (i < home + PROBES && table[i & (table.length - 1)] !== NOBODY) i++;
    table[(i < home + PROBES ? i : home) & (table.length - 1)] = setOf(row);
  }

  #least(set: SlotSet): Slot {
    return set >= 0 ? set : this.#rows[rowOf(set) + LEAST]!;
  }

  /** Takes over the sets of others that it is given, with what they are made of. Answers what they are called here. */
  taking(others: SlotSets): (set: SlotSet) => SlotSet {
    const names = new Int32Array(others.count);
    const take = (set: SlotSet): SlotSet => {
      if (set >= NOBODY) return set;
      const row = rowOf(set);
      const known = names[row / ROW]!;
      if (known !== 0) return known;
      const rows = others.#rows;
      const name = this.#branch(take(rows[row + LEFT]!), take(rows[row + RIGHT]!), rows[row + BIT]!);
      names[row / ROW] = name;
      return name;
    };
    return take;
  }

  // -------------------------------------------------------------------------------------------------- image

  dump(out: ImageOut): void {
    out.ints(this.#rows.subarray(0, this.#used));
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const rows = from.ints();
    if (rows.length % ROW !== 0) throw new Unsound("half a set");
    for (let row = 0; row < rows.length; row += ROW) {
      const [left, right] = [rows[row + LEFT]!, rows[row + RIGHT]!];
      if (Math.min(left, right) <= setOf(row)) throw new Unsound("a set of later ones");
      this.#make(left, right, rows[row + BIT]!);
    }
  }
}

function rowOf(set: SlotSet): number {
  return (-2 - set) * ROW;
}

function setOf(row: number): SlotSet {
  return -2 - row / ROW;
}

function placeOf(left: SlotSet, right: SlotSet): number {
  const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function doubled(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(2 * numbers.length);
  copy.set(numbers);
  return copy;
}
