// The line a minute that says who was refused or cut off and why, in numbers. A line for each would hand whoever floods
// the server a way to flood its log.
import type { Log } from "./log.ts";
import type { Counters } from "./metrics.ts";

/** Ends that say nothing is wrong. */
const ORDINARY: ReadonlySet<string> = new Set(["Left", "GoingAway"]);

export class Summary {
  readonly #counters: Counters;
  readonly #log: Log;
  #before: Readonly<Record<string, number>> = {};

  constructor(counters: Counters, log: Log) {
    this.#counters = counters;
    this.#log = log;
  }

  /** Tells what came to pass since the last time; nothing if that was nothing. */
  tell(connections: number, rooms: number): void {
    const now = this.#counts();
    const since = Object.entries(now)
      .map(([what, count]) => [what, count - (this.#before[what] ?? 0)] as const)
      .filter(([, count]) => count > 0);
    this.#before = now;
    if (since.length > 0)
      this.#log("info", "turned away", { connections, rooms, reasons: Object.fromEntries(since) });
  }

  #counts(): Readonly<Record<string, number>> {
    const { closed, refused, dropped } = this.#counters;
    return {
      ...Object.fromEntries([...closed].filter(([ending]) => !ORDINARY.has(ending))),
      ...Object.fromEntries([...refused].map(([status, count]) => [`HTTP ${status}`, count])),
      "too many sockets": dropped,
    };
  }
}
