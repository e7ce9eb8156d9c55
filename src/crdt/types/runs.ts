// The runs of one sequence as rows of numbers. A run is elements of one strand typed in a row; it is cut into pieces where
// something is inserted into it or deleted from it, and each piece is a row. A row knows its elements, where the first of
// them hangs in the Fugue tree and who deleted it; not what stands beside it. Rows of numbers, since a hostile author
// can make a run of every letter: a row takes 52 bytes, and its root 24, where objects took 280; and since code that reads
// numbers alone is never undone by the engine when an object of another shape comes along.
//
//     cells │ row 0: start, at, length, … │ row 1: start, at, … │ …        a run is the place of its row's first number

import type { Slot } from "./dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "./image.ts";
import { NOBODY, type SlotSet, SlotSets } from "./slot-sets.ts";

/** A row, by the place of its first number; `NONE` is no run. */
export type Run = number;
export const NONE = -1;

// What stands where in a row.
/** Position of the first element on its strand. */
export const START = 0;
/** Where the contents begin in the column. */
export const AT = 1;
export const LENGTH = 2;
/** How many of the elements show: all or none. */
export const VISIBLE = 3;
/** `MASKED`, `MOVED` and `REVIVED` added up. */
export const STATE = 4;
/** A set of changes (slot-sets.ts). */
export const DELETERS = 5;
/** Where the run begins in the table of roots; the pieces of a run have one root. */
export const ROOT = 6;
/** The number of its column. */
export const COLUMN = 7;
/** The leaf of the order that it stands in (order.ts). */
export const LEAF = 8;
/** Brackets that open right before the piece, and that close right behind it (fugue.ts). */
export const OPENS = 9;
export const CLOSES = 10;
/** Left children of the first element, and right children of the last, but for the run's own next piece: `NONE`, one run, or
 * a list of runs in their order. */
export const LEFTS = 11;
export const RIGHTS = 12;
const ROW = 13;

// Why elements are hidden, apart from having been deleted. An element shows when it is not hidden and nobody deleted it,
// or it was revived.
/** The change that made them does not count. */
export const MASKED = 1;
/** They show elsewhere. */
export const MOVED = 2;
/** A deleted list item comes back while a node inside it has content its deleter had not seen. */
export const REVIVED = 4;
const HIDDEN = MASKED | MOVED;

// What stands where in a root: the first element of a run and where it hangs. Elements are named by column and position.
export const ROOT_START = 0;
/** `NONE` for the beginning of the sequence. */
export const PARENT_COLUMN = 1;
export const PARENT = 2;
/** 1 for a right child. */
export const IS_RIGHT = 3;
/** What stood right of a right child; `NONE` for the end. Of a left child, its parent: every element of a run stands before it. */
export const ORIGIN_COLUMN = 4;
export const ORIGIN = 5;
const ROOT_ROW = 6;

/** Sets of deleters that are not looked through for those that are not in use. */
const SETS_KEPT = 64;

export class Runs {
  /** Grows by being replaced: whoever holds it across `make` holds the old one. */
  cells = new Int32Array(8 * ROW);
  roots = new Int32Array(8 * ROOT_ROW);
  #used = 0;
  #rootsUsed = 0;
  /** The first of the rows given back; each names the next in its first number. */
  #free: Run = NONE;
  readonly #lists: number[][] = [];
  #sets = new SlotSets();
  /** Sets of deleters, in use or not, before those that are not are looked for. */
  #setsMax = SETS_KEPT;

  /** A row that hangs nowhere, shows and has no elements yet. */
  make(column: number, root: number, start: number, at: number, length: number): Run {
    let run = this.#free;
    if (run !== NONE) this.#free = this.cells[run]!;
    else {
      run = this.#used;
      this.#used += ROW;
      if (this.#used > this.cells.length) this.cells = grown(this.cells, this.#used);
    }
    const { cells } = this;
    cells[run + START] = start;
    cells[run + AT] = at;
    cells[run + LENGTH] = length;
    cells[run + VISIBLE] = length;
    cells[run + STATE] = 0;
    cells[run + DELETERS] = NOBODY;
    cells[run + ROOT] = root;
    cells[run + COLUMN] = column;
    cells[run + LEAF] = NONE;
    cells[run + OPENS] = 0;
    cells[run + CLOSES] = 0;
    cells[run + LEFTS] = NONE;
    cells[run + RIGHTS] = NONE;
    return run;
  }

  release(run: Run): void {
    this.cells[run] = this.#free;
    this.cells[run + DELETERS] = NOBODY;
    this.#free = run;
  }

  /** Rows that are in use. For tests. */
  count(): number {
    let free = 0;
    for (let run = this.#free; run !== NONE; run = this.cells[run]!) free++;
    return this.#used / ROW - free;
  }

  makeRoot(
    start: number,
    parentColumn: number,
    parent: number,
    isRight: boolean,
    originColumn: number,
    origin: number,
  ): number {
    const root = this.#rootsUsed;
    this.#rootsUsed += ROOT_ROW;
    if (this.#rootsUsed > this.roots.length) this.roots = grown(this.roots, this.#rootsUsed);
    const { roots } = this;
    roots[root + ROOT_START] = start;
    roots[root + PARENT_COLUMN] = parentColumn;
    roots[root + PARENT] = parent;
    roots[root + IS_RIGHT] = isRight ? 1 : 0;
    roots[root + ORIGIN_COLUMN] = isRight ? originColumn : parentColumn;
    roots[root + ORIGIN] = isRight ? origin : parent;
    return root;
  }

  end(run: Run): number {
    return this.cells[run + START]! + this.cells[run + LENGTH]!;
  }

  /** Whether this is where the run begins, not a piece cut off it. */
  isHead(run: Run): boolean {
    return this.cells[run + START] === this.roots[this.cells[run + ROOT]! + ROOT_START];
  }

  shows(run: Run): boolean {
    const state = this.cells[run + STATE]!;
    return (state & HIDDEN) === 0 && (this.cells[run + DELETERS] === NOBODY || state !== 0);
  }

  /** Nothing was ever done to it but typing it. */
  isUntouched(run: Run): boolean {
    return this.cells[run + DELETERS] === NOBODY && this.cells[run + STATE] === 0;
  }

  /** Gone by that change and for no other reason. */
  isGoneBy(run: Run, slot: Slot): boolean {
    return this.cells[run + DELETERS] === slot && this.cells[run + STATE] === 0;
  }

  /** Whether `next` goes on where a piece ends, and nothing hangs or was bracketed in between. */
  isFollowedBy(run: Run, next: Run): boolean {
    const { cells } = this;
    return (
      cells[next + ROOT] === cells[run + ROOT] &&
      cells[next + START] === cells[run + START]! + cells[run + LENGTH]! &&
      cells[run + RIGHTS] === NONE &&
      cells[next + LEFTS] === NONE &&
      cells[run + CLOSES] === 0 &&
      cells[next + OPENS] === 0
    );
  }

  // ----------------------------------------------------------------------------------------------- deleters

  /** Every change that deleted the elements is kept, not only whether one did, so that taking one author's deletes out does
   * not bring back what another deleted as well. By one change several times is as good as once; its ops come in a row. */
  addDeleter(run: Run, slot: Slot): void {
    const known = this.cells[run + DELETERS]!;
    if (known === NOBODY) this.cells[run + DELETERS] = slot;
    else if (known !== slot) this.#setDeleters(run, this.#sets.with(known, slot));
  }

  removeDeleter(run: Run, slot: Slot): void {
    const known = this.cells[run + DELETERS]!;
    if (known !== NOBODY) this.#setDeleters(run, this.#sets.without(known, slot));
  }

  #setDeleters(run: Run, set: SlotSet): void {
    this.cells[run + DELETERS] = set;
    if (this.#sets.count > this.#setsMax) this.#forgetSets();
  }

  /** Keeps those alone that a run has. As many were made since the last time as are looked at, so it costs O(1) for each. */
  #forgetSets(): void {
    const kept = new SlotSets();
    const take = kept.taking(this.#sets);
    const { cells } = this;
    for (let at = DELETERS; at < this.#used; at += ROW) cells[at] = take(cells[at]!);
    this.#sets = kept;
    this.#setsMax = SETS_KEPT + 2 * kept.count + this.#used / ROW;
  }

  /** Ascending. */
  deletersIn(set: SlotSet): readonly Slot[] {
    return this.#sets.members(set);
  }

  /** Sets of several deleters that there are, in use or not, parts of others included. For tests. */
  get setCount(): number {
    return this.#sets.count;
  }

  // ------------------------------------------------------------------------------------------------- lists

  /** How many runs `LEFTS` or `RIGHTS` of a run name. */
  childCount(run: Run, side: typeof LEFTS | typeof RIGHTS): number {
    const children = this.cells[run + side]!;
    return children === NONE ? 0 : children >= 0 ? 1 : this.list(children).length;
  }

  child(run: Run, side: typeof LEFTS | typeof RIGHTS, i: number): Run {
    const children = this.cells[run + side]!;
    return children >= 0 ? children : this.list(children)[i]!;
  }

  hasChild(run: Run, side: typeof LEFTS | typeof RIGHTS, child: Run): boolean {
    const children = this.cells[run + side]!;
    return children === child || (children < NONE && this.list(children).includes(child));
  }

  insertChild(run: Run, side: typeof LEFTS | typeof RIGHTS, i: number, child: Run): void {
    const children = this.cells[run + side]!;
    if (children === NONE) this.cells[run + side] = child;
    else if (children >= 0)
      this.cells[run + side] = this.#keep(i === 0 ? [child, children] : [children, child]);
    else this.list(children).splice(i, 0, child);
  }

  removeChild(run: Run, side: typeof LEFTS | typeof RIGHTS, child: Run): void {
    const children = this.cells[run + side]!;
    if (children === child) this.cells[run + side] = NONE;
    else if (children < NONE) {
      const list = this.list(children);
      list.splice(list.indexOf(child), 1);
      if (list.length === 0) this.cells[run + side] = NONE;
    }
  }

  /** The numbers behind one that is less than `NONE`. */
  list(name: number): number[] {
    return this.#lists[-2 - name]!;
  }

  #keep(list: number[]): number {
    return -1 - this.#lists.push(list);
  }

  // ------------------------------------------------------------------------------------------------- image

  dump(out: ImageOut): void {
    this.#forgetSets();
    out.numbers([this.#free]);
    out.numbers([this.#used, this.#rootsUsed]);
    out.ints(this.cells.subarray(0, this.#used));
    out.ints(this.roots.subarray(0, this.#rootsUsed));
    out.lists(this.#lists);
    this.#sets.dump(out);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    this.#free = from.number();
    [this.#used, this.#rootsUsed] = from.list() as [number, number];
    this.cells = from.ints();
    this.roots = from.ints();
    if (this.#used > this.cells.length || this.#rootsUsed > this.roots.length)
      throw new Unsound("half a row");
    for (const list of from.lists()) this.#lists.push(list);
    this.#sets.load(from);
  }
}

/** A copy with room for `needed` numbers and some more, an eighth: what is not used is held all the same. */
export function grown(numbers: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(needed, numbers.length + (numbers.length >> 3) + 64));
  copy.set(numbers);
  return copy;
}
