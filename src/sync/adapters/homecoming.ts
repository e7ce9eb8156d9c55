// A document that was removed from this device comes back by its link, and with it what this device wrote. Whoever wrote on
// before that has come would give numbers away twice, as liars do, so it is waited for as long as changes come. What nobody
// brings is not waited for: then this device may look two-faced, and goes on under a fresh key (renewing.ts).

import type { Replica } from "../../crdt/index.ts";
import { HOMECOMING_MS } from "../limits.ts";

/** For who gave numbers up to `spent` away. */
export const awaiting = (spent: number) => (replica: Replica, ended: () => void) =>
  new Homecoming(replica, spent, ended);

export class Homecoming {
  readonly #replica: Replica;
  /** The newest number that was given away, once. */
  readonly #spent: number;
  readonly #ended: () => void;
  #isOver = false;
  /** How many changes were here when the timer was set. */
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `ended`: nothing has come for a while. */
  constructor(replica: Replica, spent: number, ended: () => void) {
    this.#replica = replica;
    this.#spent = spent;
    this.#ended = ended;
  }

  /** Whether something of this device's own is still to come. */
  get isAwaited(): boolean {
    if (this.#isOver) return false;
    const { ownHead, size } = this.#replica;
    if ((ownHead?.seq ?? 0) >= this.#spent) this.end();
    else if (size !== this.#size) {
      this.#size = size;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.end();
        this.#ended();
      }, HOMECOMING_MS);
    }
    return !this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
