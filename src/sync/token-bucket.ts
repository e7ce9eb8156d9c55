// A token bucket: `capacity` at once, `perSecond` sustained. It knows no clock; every call says what time it is.
// Law: over any t seconds it grants at most capacity + t · perSecond.

export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(capacity: number, perSecond: number, now: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Whether `count` tokens are there now. A clock that went back counts as one that stood still. */
  has(count: number, now: number): boolean {
    const elapsedMs = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
    this.#at = now;
    return this.#tokens >= count;
  }

  /** Takes `count` tokens if they are there. */
  take(count: number, now: number): boolean {
    if (!this.has(count, now)) return false;
    this.#tokens -= count;
    return true;
  }
}
