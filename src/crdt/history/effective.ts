// Which changes count in a version. The one place where this is decided for the past, as masking.ts decides it for the
// present; a rule that comes later is added here and nowhere else.
//
//     effective(version)  =  past(version) without what is masked, and without what an effective one of them retracts
//
// Masked is what is masked now, not what was at the time: who was found to be a liar has not written in any version.

import type { Slot } from "../types/dot.ts";

/** One place for each slot: 1 if the change is in a set, 0 if not. */
export type Marks = Uint8Array<ArrayBuffer>;

/** A change and those that it retracts, all of which stand below it (graph/retracts.ts). */
export interface Retracting {
  readonly slot: Slot;
  readonly named: readonly Slot[];
}

/**
 * `past`: the changes of a version with all below them; it is written over. `masked`: also of changes outside of it.
 * `retracting`: the later first, so that each is settled before it takes effect.
 */
export function effectiveIn(past: Marks, masked: Iterable<Slot>, retracting: Iterable<Retracting>): Marks {
  for (const slot of masked) past[slot] = 0;
  for (const { slot, named } of retracting) if (past[slot] === 1) for (const other of named) past[other] = 0;
  return past;
}
