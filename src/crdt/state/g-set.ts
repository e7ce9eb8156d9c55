// A set that only grows (Shapiro et al. 2011, G-Set; with deltas: Almeida, Shoker, Baquero 2018).
//
//     a ⊔ b = a ∪ b        commutative, associative, idempotent, because ∪ is
//     addδ(x) = { e }, or ⊥ if e ∈ x

import { type Scalar, scalar, sorted } from "./inputs.ts";
import { union } from "./lattice.ts";

export type GSet = ReadonlySet<Scalar>;

export const gSet = {
  ...union<Scalar>(),

  /** The delta. */
  add(state: GSet, element: Scalar): GSet {
    return state.has(scalar(element)) ? gSet.bottom : new Set([scalar(element)]);
  },

  has(state: GSet, element: Scalar): boolean {
    return state.has(element);
  },

  elements(state: GSet): readonly Scalar[] {
    return sorted(state);
  },
};
