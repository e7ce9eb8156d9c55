// What people are told about where their text is. Derived from what others said they hold, never from counters of
// what was sent; the order of the cases is the order in which they apply (`Status` in view.ts).

import type { DeviceId, Replica } from "../crdt/index.ts";
import type { KeepingFailure } from "./keeper.ts";
import { SAVING_SHOWN_MS } from "./limits.ts";
import type { Status } from "./view.ts";

/** Milliseconds for which a change may be on its way without people being told that it waits: every keystroke is
 * for a moment, and a status that flickers is not read. */
const ON_ITS_WAY_MS = 1_000;

/** What people are told about a store that does not take the text. */
export const STORE_REASONS: Readonly<Record<KeepingFailure, string>> = {
  quota: "the browser's storage is full. Free some space; this page keeps trying",
  closed: "the browser closed its storage. This page keeps trying",
  blocked: "another tab holds the storage. Close other tabs of this page",
  unavailable: "this browser keeps nothing for this page",
  failed: "the browser could not write. This page keeps trying",
  conflict: "another tab went on while this one could not save. Copy what you wrote here, then reload",
};

export interface Standing {
  readonly now: number;
  /** Why the store refuses, or null. */
  readonly failure: string | null;
  /** Since when something waits for the store, or null. */
  readonly unsavedSince: number | null;
  readonly hasGenesis: boolean;
  /** Whether the store ever held anything of the document. */
  readonly isKept: boolean;
  /** Links to other people, past the handshake. */
  readonly links: number;
  /** My changes that no other device is known to hold, and since when the oldest of them waits. */
  readonly waiting: number;
  readonly waitingSince: number | null;
  /** Other people who are known to hold all of mine; all who are known to hold something. */
  readonly holders: number;
  readonly known: number;
}

export function statusOf(standing: Standing): Status {
  const { now, failure, unsavedSince, links, waiting, waitingSince, holders } = standing;
  if (failure !== null) return { kind: "not-saved", reason: failure };
  if (unsavedSince !== null && now - unsavedSince >= SAVING_SHOWN_MS) return { kind: "saving" };
  if (!standing.hasGenesis) return { kind: "waiting-for-holder" };
  if (!standing.isKept) return { kind: "blank" };
  if (standing.known === 0) return { kind: "saved" };
  if (links === 0) return { kind: "offline", waiting };
  if (holders > 0) return { kind: "shared", people: holders };
  if (waitingSince !== null && now - waitingSince < ON_ITS_WAY_MS && standing.known > 0)
    return { kind: "shared", people: standing.known };
  return { kind: "sharing", waiting };
}

/** How many of this device's changes nobody is known to hold, and who holds them all. */
export function deliveryOf(replica: Replica, delivered: ReadonlyMap<DeviceId, number>) {
  const own = replica.ownHead?.seq ?? 0;
  const best = Math.max(0, ...delivered.values());
  let holders = 0;
  for (const seq of delivered.values()) if (seq >= own) holders++;
  return { waiting: own - Math.min(best, own), holders, known: delivered.size };
}
