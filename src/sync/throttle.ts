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
    if (now < this.#readyAt) this.#isOwed = true;
    else this.done(now);
    return !this.#isOwed;
  }

  /** It was done unasked, or somebody else sees to it. */
  done(now: number): void {
    this.#readyAt = now + this.#everyMs;
    this.#isOwed = false;
  }

  /** When what is owed is to be asked for again; Infinity if nothing is. */
  get nextAt(): number {
    return this.#isOwed ? this.#readyAt : Number.POSITIVE_INFINITY;
  }
}
