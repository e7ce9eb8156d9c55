// A set where removing takes away what was seen, so that an add nobody saw survives (Shapiro et al. 2011, OR-Set).
// Removed elements leave nothing behind but the context they were known in: no tombstones (Bieniusa et al., "An
// optimized conflict-free replicated set", 2012, ORSWOT; with deltas: Almeida, Shoker, Baquero 2018).
//
//     (s, c) ⊔ (s', c') = for each element, the dots that live in both, or in one and unknown to the other; c ∪ c'
//                                                commutative, associative, idempotent: each dot of each element only
//                                                goes from unknown to living to removed, and a merge takes the later
//     addδ(s, c) = ({ e ↦ { d } }, { d } ∪ s(e))        where d is the writer's next dot
//     removeδ(s, c) = (∅, s(e))
//     e ∈ elements(s, c)  ⇔  s(e) ≠ ∅

import { causalContext, type Dot, type Living, leqLiving, mergeLiving } from "./causal-context.ts";
import { type ReplicaId, replicaId, type Scalar, scalar, sorted } from "./inputs.ts";
import { withEqual } from "./lattice.ts";

/** The adds of each element that nobody removed; an element without any is not in it. */
type Adds = ReadonlyMap<Scalar, ReadonlySet<Dot>>;

export type OrSet = Living<Adds>;

const NO_DOTS: ReadonlySet<Dot> = new Set();

export const orSet = {
  ...withEqual<OrSet>({
    bottom: { dots: new Map(), context: causalContext.bottom },

    merge(a, b) {
      const merged = new Map<Scalar, ReadonlySet<Dot>>();
      for (const element of new Set([...a.dots.keys(), ...b.dots.keys()])) {
        const living = mergeLiving(addsOf(a, element), addsOf(b, element));
        if (living.size > 0) merged.set(element, living);
      }
      return { dots: merged, context: causalContext.merge(a.context, b.context) };
    },

    leq: (a, b) =>
      causalContext.leq(a.context, b.context) &&
      [...b.dots.keys()].every(element => leqLiving(addsOf(a, element), addsOf(b, element))),
  }),

  /** The delta. An element that is there already is added anew, so that it survives a concurrent removal. */
  add(state: OrSet, replica: ReplicaId, element: Scalar): OrSet {
    const dot = causalContext.next(state.context, replicaId(replica));
    return {
      dots: new Map([[scalar(element), new Set([dot])]]),
      context: causalContext.of([dot, ...addsOf(state, element).dots]),
    };
  },

  /** The delta. Of what is not in the set it removes nothing, neither now nor later. */
  remove(state: OrSet, element: Scalar): OrSet {
    return { dots: new Map(), context: causalContext.of(addsOf(state, scalar(element)).dots) };
  },

  has(state: OrSet, element: Scalar): boolean {
    return state.dots.has(element);
  },

  elements(state: OrSet): readonly Scalar[] {
    return sorted(state.dots.keys());
  },
};

function addsOf({ dots, context }: OrSet, element: Scalar): Living {
  return { dots: dots.get(element) ?? NO_DOTS, context };
}
