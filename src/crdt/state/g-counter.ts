// A counter that only grows (Shapiro et al. 2011, G-Counter; with deltas: Almeida, Shoker, Baquero 2018). Each replica
// counts for itself; what it counted is a number that only it raises, so the greater of two is the newer one.
//
//     (a ⊔ b)(r) = max(a(r), b(r))        commutative, associative, idempotent, because max is
//     incrementδ(x) = { r ↦ x(r) + by }
//     value(x) = Σ x(r)

import { count, type ReplicaId, replicaId } from "./inputs.ts";
import { chain, pointwise } from "./lattice.ts";

/** What each replica has counted. Who has counted nothing is not in it. */
export type GCounter = ReadonlyMap<ReplicaId, number>;

export const gCounter = {
  ...pointwise<ReplicaId, number>(chain(0, (a, b) => a - b)),

  /** The delta. Never by less than 1: what a replica counted could then not be told from an older state of it. */
  increment(state: GCounter, replica: ReplicaId, by = 1): GCounter {
    const counted = state.get(replicaId(replica)) ?? 0;
    return new Map([[replica, count(counted + count(by, "an increment"), "a replica's total")]]);
  },

  value(state: GCounter): number {
    return Number(exactSum(state));
  },
};

/** In integers without limit: sums of doubles beyond 2^53 depend on the order, and replicas would disagree. */
export function exactSum(state: GCounter): bigint {
  let sum = 0n;
  for (const counted of state.values()) sum += BigInt(counted);
  return sum;
}
