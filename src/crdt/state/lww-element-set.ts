// A set where the later of adding and removing an element counts (Shapiro et al. 2011, LWW-element-Set; with deltas:
// Almeida, Shoker, Baquero 2018). At one time both may happen; the bias, chosen once for all replicas, says who wins.
//
//     (a ⊔ b).added(e) = max(a.added(e), b.added(e)), and removed alike
//                                                commutative, associative, idempotent, because max is
//     addδ(x) = ({ e ↦ time }, ∅)                removeδ(x) = (∅, { e ↦ time })
//     e ∈ elements(x)  ⇔  added(e) > removed(e), or added(e) = removed(e) > 0 and the bias is "add"
//
// A time is a count of what came before, not a clock (Lamport 1978): what saw another write is later than it. Whoever
// claims a huge time wins for long, the last one for ever; one more reason to believe one's own disk only.

import { count, type Scalar, scalar, sorted } from "./inputs.ts";
import { chain, type Lattice, pointwise, product } from "./lattice.ts";

export type Bias = "add" | "remove";

/** The last time that each element was added or removed, from 1. */
type Times = ReadonlyMap<Scalar, number>;

export interface LwwElementSet {
  readonly added: Times;
  readonly removed: Times;
}

const times: Lattice<Times> = pointwise(chain(0, (a, b) => a - b));
const lattice = product<LwwElementSet>({ added: times, removed: times });

/** The bias is not in the state: replicas with different ones would hold equal states and show different sets. */
export function lwwElementSet(bias: Bias) {
  if (bias !== "add" && bias !== "remove")
    throw new TypeError(`Expected the bias "add" or "remove", got ${JSON.stringify(bias)}`);

  const has = ({ added, removed }: LwwElementSet, element: Scalar): boolean => {
    const since = added.get(element) ?? 0;
    const until = removed.get(element) ?? 0;
    return since > until || (since === until && since > 0 && bias === "add");
  };

  return {
    ...lattice,
    has,

    /** The delta. */
    add(state: LwwElementSet, element: Scalar, time = timeAfter(state)): LwwElementSet {
      return { added: timed(element, time), removed: times.bottom };
    },

    /** The delta. Also for what is not in the set: an earlier add may still be on its way. */
    remove(state: LwwElementSet, element: Scalar, time = timeAfter(state)): LwwElementSet {
      return { added: times.bottom, removed: timed(element, time) };
    },

    elements(state: LwwElementSet): readonly Scalar[] {
      return sorted([...state.added.keys()].filter(element => has(state, element)));
    },
  };
}

function timed(element: Scalar, time: number): Times {
  return new Map([[scalar(element), count(time, "a time")]]);
}

function timeAfter({ added, removed }: LwwElementSet): number {
  let latest = 0;
  for (const time of added.values()) latest = Math.max(latest, time);
  for (const time of removed.values()) latest = Math.max(latest, time);
  return latest + 1;
}
