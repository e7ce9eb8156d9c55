// The oracle of what two who meet have to send each other: sets of ids, and nothing clever.

import type { ChangeId, Replica } from "../../src/crdt/index.ts";

/** What `from` holds and `to` does not, parents first. */
export function lackedBy(to: Replica, from: Replica): ChangeId[] {
  return [...from.changes()].map(({ id }) => id).filter(id => !to.has(id));
}

/** Bytes of changes, as they are written (wire §3), with a signature each: more than any run of them takes. */
export function bytesOf(replica: Replica, ids: readonly ChangeId[]): number {
  return ids.reduce((sum, id) => sum + replica.get(id)!.bytes.length + 64, 0);
}
