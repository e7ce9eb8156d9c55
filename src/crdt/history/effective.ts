// Which changes count in a version. The one place where this is decided for the past, as masking.ts decides it for the
// present; a rule that comes later is added here and nowhere else.
//
//     effective(version)  =  past(version) without what is masked
//
// Masked is what is masked now, not what was at the time: who was found to be a liar has not written in any version.

import type { Slot } from "../types/dot.ts";

/** One place for each slot: 1 if the change is in a set, 0 if not. */
export type Marks = Uint8Array<ArrayBuffer>;

/** `past`: the changes of a version with all below them; it is written over. `masked`: also of changes outside of it. */
export function effectiveIn(past: Marks, masked: Iterable<Slot>): Marks {
  for (const slot of masked) past[slot] = 0;
  return past;
}
