// Whether the other end of a link is still there: when it was heard last, and when to ask.

import { LINK_PING_MS, LINK_SILENCE_MS, PONGS_A_TICK } from "./limits.ts";

export class Pulse {
  /** Milliseconds without a frame. What passes between two ticks counts as little: the page may have slept meanwhile, be woken less
   * often than frames arrive, or somebody has set the clock. */
  #silenceMs = 0;
  #tickedAt: number;
  #pingedAt: number;
  #hasHeard = false;
  /** Pings that came since the last tick. */
  #answered = 0;

  /** `now`: milliseconds, as in `tick`. */
  constructor(now: number) {
    this.#tickedAt = this.#pingedAt = now;
  }

  /** A frame came. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** Whether to answer a ping of theirs: some between two ticks, which say of all the others too that somebody is here. */
  answers(): boolean {
    return this.#answered++ < PONGS_A_TICK;
  }

  /** What time it is: that to ask, or that they have been silent for too long; null is neither. */
  tick(now: number): "ping" | "silent" | null {
    const passed = Math.min(now - this.#tickedAt, LINK_PING_MS);
    this.#tickedAt = now;
    this.#silenceMs = this.#hasHeard ? 0 : this.#silenceMs + passed;
    this.#hasHeard = false;
    this.#answered = 0;
    if (this.#silenceMs > LINK_SILENCE_MS) return "silent";
    if (now - this.#pingedAt < LINK_PING_MS) return null;
    this.#pingedAt = now;
    return "ping";
  }
}
