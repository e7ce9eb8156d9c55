// A dot names one element for ever: the change that made it and the element's number within that change. In most
// of the field a dot is (replica, counter), which trusts the author: a two-faced one mints two elements with one
// name. Here the change is named by its hash; this ring sees only small local numbers for it ("slots") and asks
// `Causality` wherever two replicas must decide alike.

/** Local number of a change. Never leaves the replica, never decides anything. */
export type Slot = number;

export interface Dot {
  readonly change: Slot;
  /** Counts elements within the change, from 0. */
  readonly index: number;
}

/** `length` consecutive dots of one change, the first at `start`. */
export interface Span {
  readonly change: Slot;
  readonly start: number;
  readonly length: number;
}

/** What the data types may know of the graph. */
export interface Causality {
  /** Total order of changes, the same on every replica: by id. Zero only for one and the same. */
  compareIds(a: Slot, b: Slot): number;
  /** Total order of changes that extends causality: by depth, then id. */
  compareDepths(a: Slot, b: Slot): number;
}

/** What sets that remember when a value came and went know besides. */
export interface Stamps extends Causality {
  /** By depth alone. Zero for changes that are equally deep: concurrent ones, or one and the same. */
  compareStamps(a: Slot, b: Slot): number;
}

/** A dot as a key of maps. */
export function dotKey(dot: Dot): string {
  return `${dot.change}:${dot.index}`;
}

/** Order by change id, then index: the tie-break between siblings. */
export function compareDots(a: Dot, b: Dot, causality: Causality): number {
  return a.change === b.change ? a.index - b.index : causality.compareIds(a.change, b.change);
}
