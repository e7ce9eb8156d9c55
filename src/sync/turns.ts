// Work that takes long enough to keep a page from drawing, done for one link after the other, with a rest in between: else as many
// links as a session has could ask for it at once. Who waits stands in a row, so that liars who ask without end are served no
// sooner than others.

export class Turns {
  readonly #waiting = new Set<object>();
  #restsUntil = 0;

  /** Whether `who` may begin now. Who may not stands in the row from then on and asks again, or leaves it. */
  take(who: object, now: number): boolean {
    this.#waiting.add(who);
    const [first] = this.#waiting;
    if (now < this.#restsUntil || first !== who) return false;
    this.#waiting.delete(who);
    return true;
  }

  /** Nobody begins before `until`. */
  rest(until: number): void {
    this.#restsUntil = until;
  }

  leave(who: object): void {
    this.#waiting.delete(who);
  }
}
