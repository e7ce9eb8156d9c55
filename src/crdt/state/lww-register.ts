// A register where the last write counts (Shapiro et al. 2011, LWW-Register; with deltas: Almeida, Shoker, Baquero
// 2018). Of two concurrent writes one is lost without a word; mv-register.ts keeps both.
//
//     a ⊔ b = the greater by (time, replica, value); ⊥ is the empty register
//                                                commutative, associative, idempotent, because the order is total
//     writeδ(x) = (time, replica, value)
//
// A time is a count of what came before, not a clock (Lamport 1978). The value takes part in the order because a replica
// that was copied, or lies, may write two values at one time, and a merge has to be commutative even then.

import { compareScalars, count, type ReplicaId, replicaId, type Scalar, scalar } from "./inputs.ts";
import { chain } from "./lattice.ts";

interface Write {
  /** From 1. */
  readonly time: number;
  readonly replica: ReplicaId;
  readonly value: Scalar;
}

/** `undefined` is the register that nobody has written yet. */
export type LwwRegister = Write | undefined;

export const lwwRegister = {
  ...chain<LwwRegister>(undefined, compareWrites),

  /** The delta. By default later than all that this replica has seen. */
  write(
    state: LwwRegister,
    replica: ReplicaId,
    value: Scalar,
    time = (state?.time ?? 0) + 1,
  ): NonNullable<LwwRegister> {
    return { time: count(time, "a time"), replica: replicaId(replica), value: scalar(value) };
  },

  value(state: LwwRegister): Scalar | undefined {
    return state?.value;
  },
};

function compareWrites(a: LwwRegister, b: LwwRegister): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return a.time - b.time || compareScalars(a.replica, b.replica) || compareScalars(a.value, b.value);
}
