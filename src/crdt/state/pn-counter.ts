// A counter that goes both ways: two that only grow, because a number that falls could not be told from an older one
// (Shapiro et al. 2011, PN-Counter; with deltas: Almeida, Shoker, Baquero 2018).
//
//     a ⊔ b = (a.up ⊔ b.up, a.down ⊔ b.down)        commutative, associative, idempotent, because both parts are
//     incrementδ(x) = (incrementδ(x.up), ⊥)         decrementδ(x) = (⊥, incrementδ(x.down))
//     value(x) = value(x.up) - value(x.down)

import { exactSum, type GCounter, gCounter } from "./g-counter.ts";
import type { ReplicaId } from "./inputs.ts";
import { product } from "./lattice.ts";

export interface PnCounter {
  readonly up: GCounter;
  readonly down: GCounter;
}

export const pnCounter = {
  ...product<PnCounter>({ up: gCounter, down: gCounter }),

  /** The delta. */
  increment(state: PnCounter, replica: ReplicaId, by = 1): PnCounter {
    return { up: gCounter.increment(state.up, replica, by), down: gCounter.bottom };
  },

  /** The delta. `by` is how much less, so it is positive. */
  decrement(state: PnCounter, replica: ReplicaId, by = 1): PnCounter {
    return { up: gCounter.bottom, down: gCounter.increment(state.down, replica, by) };
  },

  value(state: PnCounter): number {
    return Number(exactSum(state.up) - exactSum(state.down));
  },
};
