// Bugs to be planted: each takes out one defence of the product, as somebody might in good faith, and names the story that
// must find it. The pieces are replaced in the source as it is loaded (patched.ts); one that is no longer there exactly once
// fails its test, so that the tables follow the sources.

import { AROUND } from "./bugs-around.ts";
import { CORE } from "./bugs-core.ts";
import type { Alteration } from "./patched.ts";
import type { SCENES } from "./quarrel.ts";
import type { STORIES } from "./siege.ts";

/** Where a bug is found: in a story of the core, of one lie if it names one; in a scene in a room; by so many seeds. */
export type Finder =
  | readonly ["siege", keyof typeof STORIES, lie?: string]
  | readonly ["room", keyof typeof SCENES]
  | readonly ["seeds", number];

export interface Bug extends Alteration {
  readonly about: string;
  readonly story: Finder;
  /** Planted in every run of the tests; the others on demand. */
  readonly isSample?: true;
}

export const BUGS: readonly Bug[] = [...CORE, ...AROUND];
