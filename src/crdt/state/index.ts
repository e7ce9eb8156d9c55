// The data types of the catalogue as states that merge: `const delta = orSet.add(state, alice, "milk")`, then
// `state = orSet.merge(state, delta)`. For one's own disk and certified snapshots; lattice.ts says why not for peers.

export { type CausalContext, type Counters, causalContext, type Dot } from "./causal-context.ts";
export { type GCounter, gCounter } from "./g-counter.ts";
export { type GSet, gSet } from "./g-set.ts";
export { type ReplicaId, replicaId, type Scalar } from "./inputs.ts";
export type { Lattice } from "./lattice.ts";
export { type Bias, type LwwElementSet, lwwElementSet } from "./lww-element-set.ts";
export { type LwwRegister, lwwRegister } from "./lww-register.ts";
export { type MvRegister, mvRegister } from "./mv-register.ts";
export { type OrSet, orSet } from "./or-set.ts";
export { type PnCounter, pnCounter } from "./pn-counter.ts";
export { type TwoPhaseSet, twoPhaseSet } from "./two-phase-set.ts";
