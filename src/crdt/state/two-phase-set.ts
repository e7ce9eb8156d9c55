// A set whose elements come once and go once: what was removed never returns (Shapiro et al. 2011, 2P-Set; with deltas:
// Almeida, Shoker, Baquero 2018).
//
//     a ⊔ b = (a.added ∪ b.added, a.removed ∪ b.removed)        commutative, associative, idempotent, because ∪ is
//     addδ(x) = ({ e }, ∅)        removeδ(x) = (∅, { e }), or ⊥ if e is not in the set
//     elements(x) = x.added \ x.removed

import { type GSet, gSet } from "./g-set.ts";
import { type Scalar, sorted } from "./inputs.ts";
import { product } from "./lattice.ts";

export interface TwoPhaseSet {
  readonly added: GSet;
  readonly removed: GSet;
}

export const twoPhaseSet = {
  ...product<TwoPhaseSet>({ added: gSet, removed: gSet }),

  /** The delta. Without effect for ever if the element was removed, here or elsewhere. */
  add(state: TwoPhaseSet, element: Scalar): TwoPhaseSet {
    return { added: gSet.add(state.added, element), removed: gSet.bottom };
  },

  /** The delta. Removing what is not in the set does nothing; otherwise one could forbid elements before they exist. */
  remove(state: TwoPhaseSet, element: Scalar): TwoPhaseSet {
    if (!twoPhaseSet.has(state, element)) return twoPhaseSet.bottom;
    return { added: gSet.bottom, removed: gSet.add(state.removed, element) };
  },

  has(state: TwoPhaseSet, element: Scalar): boolean {
    return state.added.has(element) && !state.removed.has(element);
  },

  elements(state: TwoPhaseSet): readonly Scalar[] {
    return sorted([...state.added].filter(element => !state.removed.has(element)));
  },
};
