// The secrets of the share links that were made or opened on this device, of one document: without one nobody can show
// its link again.

import { equalBytes } from "../../crdt/index.ts";
import { LINK_SEEDS_MAX } from "../limits.ts";
import type { Bytes, DocumentRecord } from "../ports.ts";

/** What of a record is of links. */
export type KeptLinks = Pick<DocumentRecord, "roomSecret" | "inviteSeed" | "linkSeeds">;

export function seedsOf({ linkSeeds, inviteSeed }: DocumentRecord): readonly Bytes[] {
  return linkSeeds ?? (inviteSeed === null ? [] : [inviteSeed]);
}

/** The newest last; the oldest are forgotten where they would be too many. */
export function withSeeds(known: readonly Bytes[], ...made: readonly Bytes[]): readonly Bytes[] {
  const others = known.filter(seed => !made.some(other => equalBytes(seed, other)));
  return [...others, ...made].slice(-LINK_SEEDS_MAX);
}
