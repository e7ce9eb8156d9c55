// Which writes a state knows of, the gone ones included. It is what lets a set or register forget what was removed:
// "not there, and in my context" means removed, "not there, and not in my context" means not heard of yet (Almeida,
// Shoker, Baquero 2018; Bieniusa et al., "An optimized conflict-free replicated set", 2012).
//
//     c ⊔ c' = c ∪ c'        as sets of dots
//     (s, c) ⊔ (s', c') = ((s ∩ s') ∪ (s \ c') ∪ (s' \ c), c ∪ c')        where s ⊆ c are the dots that live
//
// A dot here is (replica, counter), as in most of the field. A two-faced author can give one such dot to two writes,
// which is why changes between peers use dots made from hashes instead (docs/glossary.md).

import { assert } from "../assert.ts";
import { count, type ReplicaId } from "./inputs.ts";
import { type Lattice, pointwise, withEqual } from "./lattice.ts";

/** `counter@replica`. The counter of a replica's first write is 1. A string, because sets compare strings by value. */
export type Dot = `${number}@${string}`;

/** The counters of one replica:
 *
 *     1 2 3 4 . 6 . . 9      { through: 4, beyond: [6, 9] }
 *
 * A whole history is a number, as in a version vector; only what came before its turn is listed. */
export interface Counters {
  /** Every counter from 1 to this one, itself included. */
  readonly through: number;
  /** Ascending, each greater than `through` + 1. Looked up one by one: gaps close as soon as all deltas are here. */
  readonly beyond: readonly number[];
}

export type CausalContext = ReadonlyMap<ReplicaId, Counters>;

const counters: Lattice<Counters> = withEqual<Counters>({
  bottom: { through: 0, beyond: [] },
  merge: (a, b) => closeUp(Math.max(a.through, b.through), [...a.beyond, ...b.beyond]),
  leq: (a, b) => a.through <= b.through && a.beyond.every(counter => includes(b, counter)),
});

export const causalContext = {
  ...pointwise<ReplicaId, Counters>(counters),

  /** The context that knows of these dots and no others. */
  of(dots: Iterable<Dot>): CausalContext {
    const byReplica = new Map<ReplicaId, number[]>();
    for (const dot of dots) {
      const { counter, replica } = partsOf(dot);
      const listed = byReplica.get(replica);
      if (listed === undefined) byReplica.set(replica, [counter]);
      else listed.push(counter);
    }
    return new Map([...byReplica].map(([replica, listed]) => [replica, closeUp(0, listed)]));
  },

  has(context: CausalContext, dot: Dot): boolean {
    const { counter, replica } = partsOf(dot);
    return includes(context.get(replica) ?? counters.bottom, counter);
  },

  /** The name of the replica's next write. Behind the last known one, not into a gap: the gap is a write that was made
   * and has not come back yet. */
  next(context: CausalContext, replica: ReplicaId): Dot {
    const { through, beyond } = context.get(replica) ?? counters.bottom;
    return `${count((beyond.at(-1) ?? through) + 1, "the counter of a dot")}@${replica}`;
  },
};

/** Dots that live, and the context of the state they live in. */
export interface Living<Dots = ReadonlySet<Dot>> {
  readonly dots: Dots;
  readonly context: CausalContext;
}

/** The dots that live after a merge: in both, or in one while the other has not heard of them. */
export function mergeLiving(a: Living, b: Living): ReadonlySet<Dot> {
  return new Set([...survivors(a, b), ...survivors(b, a)]);
}

/** Whether b's dots are what a merge would leave of a's: nothing lives in b that a saw go. */
export function leqLiving(a: Living, b: Living): boolean {
  return [...b.dots].every(dot => a.dots.has(dot) || !causalContext.has(a.context, dot));
}

function survivors(of: Living, other: Living): Dot[] {
  return [...of.dots].filter(dot => {
    assert(causalContext.has(of.context, dot), "a dot that lives is in the context of its state");
    return other.dots.has(dot) || !causalContext.has(other.context, dot);
  });
}

function includes({ through, beyond }: Counters, counter: number): boolean {
  return counter <= through || beyond.includes(counter);
}

// The normal form: what follows `through` without a gap is taken into it.
function closeUp(through: number, listed: readonly number[]): Counters {
  const beyond = [...new Set(listed)].filter(counter => counter > through).sort((a, b) => a - b);
  let joined = 0;
  while (beyond[joined] === through + joined + 1) joined += 1;
  return { through: through + joined, beyond: beyond.slice(joined) };
}

// A replica may have "@" in its name, a counter not.
function partsOf(dot: Dot): { counter: number; replica: ReplicaId } {
  const at = dot.indexOf("@");
  return { counter: Number(dot.slice(0, at)), replica: dot.slice(at + 1) as ReplicaId };
}
