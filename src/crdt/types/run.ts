// The pieces a sequence is made of, and where to find the one that holds an element. A run knows its elements, its
// place in the Fugue tree and who deleted it; not what stands beside it.

import type { Dot, Slot, Span } from "./dot.ts";
import type { Place, Side } from "./op.ts";
import type { Leaf, Piece } from "./order.ts";

/** What the elements hold: text, one UTF-16 unit each, or values. */
export type Elements = string | readonly unknown[];

type Sliceable = { readonly length: number; slice(start: number, end: number): Sliceable };

// Why elements are hidden, apart from having been deleted: bits of `Run.hidden`. An element shows when no bit is set and
// nobody deleted it, or it was revived.
/** The change that made them does not count. */
export const MASKED = 1;
/** They show elsewhere. */
export const MOVED = 2;

const NONE: readonly Slot[] = [];
// Shared until the first child: most runs have none.
export const NO_DOTS: Dot[] = [];

export class Run<C extends Elements> implements Piece {
  readonly change: Slot;
  /** Index of the first element within its change. */
  readonly start: number;
  content: C;
  readonly parent: Dot | null;
  readonly side: Side;
  /** Of the first element as a right child; a left child's is its parent. */
  readonly rightOrigin: Dot | null;
  /** Every change that deleted these elements; not only whether, so that taking one author's deletes out does not
   * bring back what another deleted as well. */
  deleters: readonly Slot[] = NONE;
  /** A deleted list item comes back while a node inside it has content its deleter had not seen. */
  revived = false;
  /** `MASKED`, `MOVED` or both; 0 where neither holds. */
  hidden = 0;
  /** Left children of the first element, and right children of the last, in order; but for the run's own next piece. */
  lefts: Dot[] = NO_DOTS;
  rights: Dot[] = NO_DOTS;

  leaf: Leaf<this> | null = null;
  visible: number;
  opens = 0;
  closes = 0;

  constructor(change: Slot, start: number, content: C, place: Place) {
    this.change = change;
    this.start = start;
    this.content = content;
    this.parent = place.parent;
    this.side = place.side;
    this.rightOrigin = place.rightOrigin;
    this.visible = content.length;
  }

  get isVisible(): boolean {
    return this.hidden === 0 && (this.deleters.length === 0 || this.revived);
  }

  get end(): number {
    return this.start + this.content.length;
  }

  get head(): Dot {
    return { change: this.change, index: this.start };
  }

  get tail(): Dot {
    return { change: this.change, index: this.end - 1 };
  }

  /** Of every element of the run: a left child stands before its parent, so does what continues it. */
  get rightOriginOfAll(): Dot | null {
    return this.side === "right" ? this.rightOrigin : this.parent;
  }
}

/** All runs, by the change that made their elements. */
export class Runs<C extends Elements> {
  /** Ascending by start. */
  readonly #bySlot = new Map<Slot, Run<C>[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The run that holds an element, or null. */
  find(dot: Dot): Run<C> | null {
    const runs = this.#bySlot.get(dot.change);
    const run = runs?.[positionOf(runs, dot.index)];
    return run !== undefined && run.start <= dot.index ? run : null;
  }

  /** The runs that hold elements of a span, in the order of the elements. */
  over({ change, start, length }: Span): Run<C>[] {
    const runs = this.#bySlot.get(change) ?? [];
    const from = positionOf(runs, start);
    let to = from;
    while (to < runs.length && runs[to]!.start < start + length) to++;
    return runs.slice(from, to);
  }

  add(run: Run<C>): void {
    const runs = this.#bySlot.get(run.change);
    if (runs === undefined) this.#bySlot.set(run.change, [run]);
    else runs.splice(positionOf(runs, run.start), 0, run);
    this.#size++;
  }

  remove(run: Run<C>): void {
    const left = this.#bySlot.get(run.change)!.filter(other => other !== run);
    if (left.length === 0) this.#bySlot.delete(run.change);
    else this.#bySlot.set(run.change, left);
    this.#size--;
  }
}

/** Of the first run that ends behind `index`: the one that holds it, if any does. */
function positionOf(runs: readonly { readonly end: number }[], index: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.end <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Strings and arrays cut and join alike; the type system cannot say "the same again".
export function cut<C extends Elements>(content: C, start: number, end: number): C {
  return (content as Sliceable).slice(start, end) as unknown as C;
}

export function join<C extends Elements>(a: C, b: C): C {
  return (typeof a === "string" ? a + (b as string) : [...a, ...(b as readonly unknown[])]) as C;
}
