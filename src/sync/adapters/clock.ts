// Time for the adapters of this ring; tests bring their own.

export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls `run` once, `delayMs` from now, unless the answered function is called before. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
