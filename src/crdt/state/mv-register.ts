// A register that keeps all concurrent values (Shapiro et al. 2011, MV-Register). A write replaces exactly what its
// author had seen. The causal context remembers what was replaced, without the values: so merging an old replica brings
// nothing back (Almeida, Shoker, Baquero 2018).
//
//     (s, c) ⊔ (s', c') = what lives in both, or in one and unknown to the other; c ∪ c'
//                                                commutative, associative, idempotent: each value of each dot only
//                                                goes from unknown to living to replaced, and a merge takes the later
//     writeδ(s, c) = ({ d ↦ { v } }, { d } ∪ dom s)        where d is the writer's next dot
//     values(s, c) = ∪ s(d)

import { causalContext, type Dot, type Living, leqLiving, mergeLiving } from "./causal-context.ts";
import { type ReplicaId, replicaId, type Scalar, scalar, sorted } from "./inputs.ts";
import { union, withEqual } from "./lattice.ts";

/** The values of a dot: one, unless a replica was copied or lied and wrote twice under one dot. Then both are shown;
 * to choose one silently would hide that. */
type Written = ReadonlyMap<Dot, ReadonlySet<Scalar>>;

export type MvRegister = Living<Written>;

const scalars = union<Scalar>();

export const mvRegister = {
  ...withEqual<MvRegister>({
    bottom: { dots: new Map(), context: causalContext.bottom },

    merge(a, b) {
      const living = mergeLiving(dotsOf(a), dotsOf(b));
      return {
        dots: new Map([...living].map(dot => [dot, scalars.merge(valuesOf(a, dot), valuesOf(b, dot))])),
        context: causalContext.merge(a.context, b.context),
      };
    },

    leq: (a, b) =>
      causalContext.leq(a.context, b.context) &&
      leqLiving(dotsOf(a), dotsOf(b)) &&
      [...b.dots].every(([dot, values]) => scalars.leq(valuesOf(a, dot), values)),
  }),

  /** The delta. */
  write(state: MvRegister, replica: ReplicaId, value: Scalar): MvRegister {
    const dot = causalContext.next(state.context, replicaId(replica));
    return {
      dots: new Map([[dot, new Set([scalar(value)])]]),
      context: causalContext.of([dot, ...state.dots.keys()]),
    };
  },

  /** Each once, in one order everywhere. More than one: a conflict, which the next write resolves. */
  values(state: MvRegister): readonly Scalar[] {
    return sorted(new Set([...state.dots.values()].flatMap(values => [...values])));
  },
};

function dotsOf({ dots, context }: MvRegister): Living {
  return { dots: new Set(dots.keys()), context };
}

function valuesOf({ dots }: MvRegister, dot: Dot): ReadonlySet<Scalar> {
  return dots.get(dot) ?? scalars.bottom;
}
