// When a link ends by itself: what is offered, and what is said of it.
import type { LinkEntry } from "../../sync/view.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** Seconds from now, or null for until it is revoked; in the order in which they are offered. */
export const TERMS: readonly (readonly [seconds: number | null, words: string])[] = [
  [null, "until revoked"],
  [HOUR_S, "for 1 hour"],
  [DAY_S, "for 1 day"],
  [7 * DAY_S, "for 7 days"],
  [30 * DAY_S, "for 30 days"],
];

/** How many may come by it; null for any number. */
export const USES: readonly (readonly [uses: number | null, words: string])[] = [
  [null, "for anybody"],
  [1, "for 1 person"],
  [5, "for 5 people"],
  [20, "for 20 people"],
];

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Empty for a link that has no end. `now`: milliseconds since 1970. */
export function endWords({ expires, uses, joined }: LinkEntry, now: number): string {
  const until = expires === null ? "" : `${now < expires ? "until" : "ended"} ${moment.format(expires)}`;
  if (uses === null) return until;
  const left = uses - joined;
  const places = left > 0 ? `${left} of ${uses} ${uses === 1 ? "place" : "places"} left` : "no place left";
  return until === "" ? places : `${until}, ${places}`;
}
