// What people are told about where their text is. Derived from what others said they hold, never from counters of
// what was sent; the order of the cases is the order in which they apply (`Status` in view.ts).

import type { KeepingFailure } from "./keeper.ts";
import { SAVING_SHOWN_MS } from "./limits.ts";
import type { Search, Status } from "./view.ts";

/** What people are told about a store that does not take the text. */
export const STORE_REASONS: Readonly<Record<KeepingFailure, string>> = {
  quota: "the browser's storage is full. Free some space; this page keeps trying",
  closed: "the browser closed its storage. This page keeps trying",
  blocked: "another tab holds the storage. Close other tabs of this page",
  unavailable: "this browser keeps nothing for this page",
  failed: "the browser could not write. This page keeps trying",
  overtaken:
    "another tab went on while this one could not save. Reload this page: what you wrote here comes along",
  groundless: "part of what this device holds is damaged. Copy what you wrote here, then reload",
};

/** What people are told about a link that was closed, by the reason; of others nothing. */
export const CLOSED_REASONS: Readonly<Record<string, string>> = {
  intercepted: "A connection was intercepted and closed; nothing was sent over it.",
  newer: "The other side uses a newer version; reload.",
  older: "The other side uses an older version, and has to reload.",
};

/** What people are told where a record behind an image is altered or gone: the image is dropped by then. */
export const STORE_DAMAGED =
  "Part of what this device holds is damaged. Reload the page to read what is whole.";

/** What people are told where what an earlier page left cannot become part of the document; it is kept beside it. */
export const WORDS_LEFT =
  "What you wrote here last was not stored in time, and you may not write any more. It is kept, for when you may.";

export interface Standing {
  readonly now: number;
  /** Why the store refuses, or null. */
  readonly failure: KeepingFailure | null;
  /** Since when something waits for the store, or null. */
  readonly unsavedSince: number | null;
  readonly hasGenesis: boolean;
  /** Whether the store holds anything of the document, as far as it was heard. */
  readonly isKept: boolean;
  /** Whether there is a draft that nobody would take yet. */
  readonly isHeld: boolean;
  /** Nobody lets me in any more: what I write is not on its way to anybody. */
  readonly isOut: boolean;
  /** Links to other people, past the handshake. */
  readonly links: number;
  /** How the search for them stands. */
  readonly search: Search;
  /** My changes that no other device is known to hold. */
  readonly waiting: number;
  /** Other people who are known to hold all of mine, as `Delivery` counts them; all who are known to hold something. */
  readonly holders: number;
  readonly known: number;
}

/** Without a link it is the search that is told of: lost is only who reaches not even the server. */
const UNLINKED = { unreachable: "offline", connecting: "connecting", nobody: "alone" } as const;

export function statusOf(standing: Standing): Status {
  const { now, failure, unsavedSince, links, waiting, holders } = standing;
  if (failure !== null) return { kind: "not-saved", reason: STORE_REASONS[failure] };
  if (unsavedSince !== null && now - unsavedSince >= SAVING_SHOWN_MS) return { kind: "saving" };
  if (!standing.hasGenesis) return { kind: "waiting-for-holder" };
  if (standing.isHeld) return { kind: "held" };
  if (!standing.isKept) return { kind: "blank" };
  if (standing.known === 0 || standing.isOut) return { kind: "saved" };
  if (links === 0) return { kind: UNLINKED[standing.search], waiting };
  if (holders > 0) return { kind: "shared", people: holders };
  return { kind: "sharing", waiting };
}
