// Something that is done at once when it was not done lately, and else a little later, once for all that asked meanwhile.

export class Throttle {
  readonly #everyMs: number;
  #readyAt = 0;
  #isOwed = false;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Asked for: whether it is done now. Else it is owed. */
  take(now: number): boolean {
    this.#isOwed = now < this.#readyAt;
    if (!this.#isOwed) this.#readyAt = now + this.#everyMs;
    return !this.#isOwed;
  }

  /** When what is owed is to be asked for again; Infinity if nothing is. */
  get nextAt(): number {
    return this.#isOwed ? this.#readyAt : Number.POSITIVE_INFINITY;
  }
}
