// Ops about people, as the folds read them: who did what, in which change. And the two questions that folds ask about
// changes, so that a fold can be tried on a graph of four letters as well as on the real one.

import type { AuthorityOp, DeviceId, Role } from "../graph/change.ts";
import type { Slot } from "../types/dot.ts";

/** One op about people. */
export interface Act<O extends AuthorityOp = AuthorityOp> {
  readonly op: O;
  readonly author: DeviceId;
  readonly slot: Slot;
  /** Among the ops of its change. */
  readonly place: number;
}

/** What came after what. */
export interface Causality {
  /** Whether `to` is `from` or below it. */
  reaches(from: Slot, to: Slot): boolean;
  /** By depth, then id. */
  compareDepths(a: Slot, b: Slot): number;
}

/** The higher, the more it may. */
export const RANK: Readonly<Record<Role, number>> = {
  reader: 0,
  commenter: 1,
  editor: 2,
  admin: 3,
  owner: 4,
};
/** Of who may nothing. */
export const NO_RANK = -1;
/** Who gives and ends roles holds at least this. */
export const RULING_RANK = RANK.admin;

/** The order in which a fold takes acts: an order of what follows from nothing but the acts themselves. */
export function compareActs(causality: Causality, a: Act, b: Act): number {
  return causality.compareDepths(a.slot, b.slot) || a.place - b.place;
}

/** Whether `earlier` is in the past of `later`, or before it in the same change. */
export function isAfter(causality: Causality, later: Act, earlier: Act): boolean {
  if (later.slot === earlier.slot) return earlier.place < later.place;
  return causality.reaches(later.slot, earlier.slot);
}

/** A list that is kept in order, and taken from the front: what a fold has still to look at. */
export class Agenda<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  add(item: T): void {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      // The last comes first: taking from the end costs nothing.
      if (this.#compare(item, this.#items[middle]!) < 0) low = middle + 1;
      else high = middle;
    }
    this.#items.splice(low, 0, item);
  }

  next(): T | undefined {
    return this.#items.pop();
  }
}
