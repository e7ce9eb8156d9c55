// The pieces a sequence is made of: elements of one strand typed in a row. A run knows its elements, where the first
// of them hangs in the Fugue tree and who deleted it; not what stands beside it. A column is what one strand put into
// one sequence: the contents, and the runs by the positions of their elements.

import { assert } from "../assert.ts";
import type { Contents, Elements } from "./contents.ts";
import type { Dot, Slot } from "./dot.ts";
import type { Place, Side } from "./op.ts";
import type { Leaf, Piece } from "./order.ts";
import type { Strand } from "./strands.ts";

/** Where the first element of a run hangs. Kept once for all pieces that the run was cut into. */
export class Root implements Place {
  /** Position of that element. */
  readonly start: number;
  readonly parent: Dot | null;
  readonly side: Side;
  /** Of the first element as a right child; a left child's is its parent. */
  readonly rightOrigin: Dot | null;

  constructor(start: number, parent: Dot | null, side: Side, rightOrigin: Dot | null) {
    this.start = start;
    this.parent = parent;
    this.side = side;
    this.rightOrigin = rightOrigin;
  }

  /** Of every element of the run: a left child stands before its parent, so does what continues it. */
  get rightOriginOfAll(): Dot | null {
    return this.side === "right" ? this.rightOrigin : this.parent;
  }
}

// Why elements are hidden, apart from having been deleted: bits of `Run.hidden`. An element shows when no bit is set and
// nobody deleted it, or it was revived.
/** The change that made them does not count. */
export const MASKED = 1;
/** They show elsewhere. */
export const MOVED = 2;

// Lists of nobody and of one deleter are shared, and never written to: most runs have no other.
const NOBODY: Slot[] = [];
let lastAlone: Slot[] = NOBODY;

function onlyBy(slot: Slot): Slot[] {
  if (lastAlone[0] !== slot) lastAlone = [slot];
  return lastAlone;
}

/** Of a run: none, one, or several in their order. A list of one for every run that was typed behind another is dear. */
export type Children<C extends Elements> = Run<C> | Run<C>[] | null;

export class Run<C extends Elements> implements Piece {
  readonly column: Column<C>;
  readonly root: Root;
  /** Position of the first element on the strand. */
  start: number;
  /** Where the contents begin in the column. */
  at: number;
  length: number;
  /** Every change that deleted these elements; not only whether, so that taking one author's deletes out does not
   * bring back what another deleted as well. */
  deleters: Slot[] = NOBODY;
  /** A deleted list item comes back while a node inside it has content its deleter had not seen. */
  revived = false;
  /** `MASKED`, `MOVED` or both; 0 where neither holds. */
  hidden = 0;
  /** Left children of the first element, and right children of the last, in order; but for the run's own next piece. */
  lefts: Children<C> = null;
  rights: Children<C> = null;

  leaf: Leaf<this> | null = null;
  visible: number;
  opens = 0;
  closes = 0;

  constructor(column: Column<C>, root: Root, start: number, at: number, length: number) {
    this.column = column;
    this.root = root;
    this.start = start;
    this.at = at;
    this.length = length;
    this.visible = length;
  }

  get isVisible(): boolean {
    return this.hidden === 0 && (this.deleters.length === 0 || this.revived);
  }

  /** Whether this is where the run begins, not a piece cut off it. */
  get isHead(): boolean {
    return this.start === this.root.start;
  }

  /** Position behind the last element. */
  get end(): number {
    return this.start + this.length;
  }

  get head(): Dot {
    return this.column.strand.dotAt(this.start);
  }

  get tail(): Dot {
    return this.column.strand.dotAt(this.end - 1);
  }

  /** The contents of `length` elements from the `offset`-th on. */
  contents(offset = 0, length = this.length - offset): C {
    return this.column.contents.slice(this.at + offset, this.at + offset + length);
  }

  /** Nothing was ever done to it but typing it. */
  get isUntouched(): boolean {
    return this.deleters.length === 0 && this.hidden === 0 && !this.revived;
  }

  /** Whether `next` goes on where this piece ends, and nothing hangs or was bracketed in between. */
  isFollowedBy(next: Run<C>): boolean {
    return (
      next.root === this.root &&
      next.start === this.end &&
      this.rights === null &&
      next.lefts === null &&
      this.closes === 0 &&
      next.opens === 0
    );
  }

  /** By one change several times is as good as once; its ops come in a row, so the last one tells. */
  addDeleter(slot: Slot): void {
    const count = this.deleters.length;
    if (count === 0) this.deleters = onlyBy(slot);
    else if (this.deleters[count - 1] === slot) return;
    else if (count === 1) this.deleters = [this.deleters[0]!, slot];
    else this.deleters.push(slot);
  }

  /** Gone by that change and for no other reason. */
  isGoneBy(slot: Slot): boolean {
    return this.deleters.length === 1 && this.deleters[0] === slot && this.hidden === 0 && !this.revived;
  }
}

/** Runs in one stretch of the index: enough that a column has few stretches, few enough to shift by hand. */
const STRETCH = 64;

export class Column<C extends Elements> {
  readonly strand: Strand;
  readonly contents: Contents<C>;
  /** All runs by their start, in stretches, none of them empty. */
  readonly #stretches: Run<C>[][] = [];
  /** What was found last, and where: an element is asked for again mostly, or else the next one. */
  #last: Run<C> | null = null;
  #lastStretch = 0;
  #lastIndex = 0;

  constructor(strand: Strand, contents: Contents<C>) {
    this.strand = strand;
    this.contents = contents;
  }

  /** The run that holds the element at a position, or null. */
  find(position: number): Run<C> | null {
    const last = this.#last;
    if (last !== null && last.start <= position && position < last.end) return last;
    const next = this.#nextOf(this.#lastStretch, this.#lastIndex);
    if (next !== null && next.start <= position && position < next.end) {
      this.#last = next;
      this.#lastIndex++;
      return next;
    }
    const s = this.#stretchOf(position);
    if (s === this.#stretches.length) return null;
    const stretch = this.#stretches[s]!;
    const i = lastAtOrBefore(stretch, position);
    if (i < 0) return null;
    const run = stretch[i]!;
    if (run.end <= position) return null;
    this.#last = run;
    this.#lastStretch = s;
    this.#lastIndex = i;
    return run;
  }

  // Reading beyond the end of an array is slow, and makes fast code slow for good.
  #nextOf(stretch: number, index: number): Run<C> | null {
    if (stretch >= this.#stretches.length) return null;
    const runs = this.#stretches[stretch]!;
    return index + 1 < runs.length ? runs[index + 1]! : null;
  }

  add(run: Run<C>): void {
    const s = this.#stretchOf(run.start);
    if (s === this.#stretches.length) {
      this.#stretches.push([run]);
      return;
    }
    const stretch = this.#stretches[s]!;
    stretch.splice(lastAtOrBefore(stretch, run.start) + 1, 0, run);
    if (stretch.length > STRETCH) this.#stretches.splice(s + 1, 0, stretch.splice(STRETCH >> 1));
  }

  remove(run: Run<C>): void {
    const s = this.#stretchOf(run.start);
    const stretch = this.#stretches[s]!;
    stretch.splice(lastAtOrBefore(stretch, run.start), 1);
    if (stretch.length === 0) this.#stretches.splice(s, 1);
    if (this.#last === run) this.#last = null;
  }

  /** How many runs there are; throws where they overlap or are out of order. For tests. */
  check(): number {
    const runs = this.#stretches.flat();
    for (const [i, run] of runs.entries()) {
      const next = runs[i + 1];
      assert(next === undefined || run.end <= next.start, "runs of a column do not overlap");
      assert(run.at + run.length <= this.contents.length, "a run has its contents");
    }
    return runs.length;
  }

  /** The last stretch that begins at or before a position, or the first. */
  #stretchOf(position: number): number {
    const stretches = this.#stretches;
    let low = 0;
    let high = stretches.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (stretches[middle]![0]!.start <= position) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** -1 where all begin behind it. */
function lastAtOrBefore(runs: readonly { readonly start: number }[], position: number): number {
  let low = -1;
  let high = runs.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.start <= position) low = middle;
    else high = middle;
  }
  return low;
}
