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

/** A wall clock that never goes back: where somebody sets it back, time goes on from where it was. */
export function steady(read: () => number): () => number {
  let last = read();
  let aheadMs = 0;
  return () => {
    const now = read();
    aheadMs += Math.max(0, last - now);
    last = now;
    return now + aheadMs;
  };
}
