// When a document was last changed, as one would say it.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const inWords = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Both in milliseconds since 1970. A time ahead of the clock, as other devices' clocks make it, is "just now". */
export function relativeDate(then: number, now: number): string {
  const age = now - then;
  if (age < MINUTE_MS) return "just now";
  if (age < HOUR_MS) return inWords.format(-Math.floor(age / MINUTE_MS), "minute");
  if (age < DAY_MS) return inWords.format(-Math.floor(age / HOUR_MS), "hour");
  if (age < 14 * DAY_MS) return inWords.format(-Math.floor(age / DAY_MS), "day");
  const isThisYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return new Date(then).toLocaleDateString("en", {
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}
