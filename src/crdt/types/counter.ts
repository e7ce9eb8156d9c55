// A counter: increments add up, in any order, which is all there is to its convergence. A "counter" counts up and down
// (in the field a PN-counter), a "gcounter" (G-counter) only up: references.ts refuses a negative increment there. The
// state-based forms keep a number per site and take the greater one at a merge, so a forged site id is a forged number;
// here an increment is an element of a signed change, counted once because a change is admitted once.
//
//     value = Σ { i : i effective, and no effective unset names i }
//
// A counter is removed with its key by naming the increments that were seen; what others counted meanwhile is left.

import { assert } from "../assert.ts";
import { type Dot, dotKey, type Slot } from "./dot.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import { Removers } from "./removers.ts";

interface Increment {
  readonly dot: Dot;
  readonly by: number;
  /** False while the change that made it is masked. */
  isCounted: boolean;
  readonly removedBy: Removers;
}

export class Counter {
  /** By `change:index`. */
  readonly #increments = new Map<string, Increment>();
  // Sums of doubles depend on their order beyond 2^53, and replicas add in different orders; whole numbers do not.
  #total = 0n;
  #standing = 0;

  /** Beyond 2^53 the nearest double, the same everywhere. */
  get value(): number {
    return Number(this.#total);
  }

  /** The same as it is. */
  get total(): bigint {
    return this.#total;
  }

  /** No increment stands; one that stands and was counted down again is something. */
  get isEmpty(): boolean {
    return this.#standing === 0;
  }

  has(dot: Dot): boolean {
    return this.#increments.has(dotKey(dot));
  }

  /** Names of the increments that stand, in no order that means anything. */
  dots(): readonly Dot[] {
    return [...this.#increments.values()].filter(stands).map(i => i.dot);
  }

  add(dot: Dot, by: number): void {
    assert(!this.has(dot), "an increment is counted once");
    this.#increments.set(dotKey(dot), { dot, by, isCounted: true, removedBy: new Removers() });
    this.#count(by, 1);
  }

  /** Whether an increment counts. One that does not keeps its name, and who removes it. */
  count(dot: Dot, isCounted: boolean): void {
    const increment = this.#increments.get(dotKey(dot));
    assert(increment !== undefined, "what is counted was made");
    this.#alter(increment, () => {
      increment.isCounted = isCounted;
    });
  }

  /** Marks the named increments as removed by a change. Idempotent per change. */
  remove(dots: readonly Dot[], by: Slot): void {
    for (const increment of this.#named(dots)) {
      this.#alter(increment, () => {
        increment.removedBy.add(by);
      });
    }
  }

  /** Takes one change's removing back. */
  restore(dots: readonly Dot[], by: Slot): void {
    for (const increment of this.#named(dots)) {
      this.#alter(increment, () => {
        increment.removedBy.delete(by);
      });
    }
  }

  /** Forgets an increment that nothing refers to: a draft rolled back. */
  forget(dot: Dot): void {
    const increment = this.#increments.get(dotKey(dot));
    assert(increment !== undefined && stands(increment), "what is forgotten stands");
    this.#increments.delete(dotKey(dot));
    this.#count(-increment.by, -1);
  }

  dump(out: ImageOut): void {
    const rows = [...this.#increments.values()].map(({ dot, by, isCounted, removedBy }) => [
      dot,
      by,
      isCounted,
      removedBy,
    ]);
    out.json(rows);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    for (const [dot, by, isCounted, removedBy] of from.json() as [Dot, number, boolean, Slot[]][]) {
      const increment = { dot, by, isCounted, removedBy: new Removers(removedBy) };
      this.#increments.set(dotKey(dot), increment);
      if (stands(increment)) this.#count(by, 1);
    }
  }

  #alter(increment: Increment, alteration: () => void): void {
    const before = stands(increment);
    alteration();
    if (before && !stands(increment)) this.#count(-increment.by, -1);
    if (!before && stands(increment)) this.#count(increment.by, 1);
  }

  #count(by: number, standing: 1 | -1): void {
    this.#total += BigInt(by);
    this.#standing += standing;
  }

  *#named(dots: readonly Dot[]): Generator<Increment> {
    for (const dot of dots) {
      const increment = this.#increments.get(dotKey(dot));
      if (increment !== undefined) yield increment;
    }
  }
}

function stands({ isCounted, removedBy }: Increment): boolean {
  return isCounted && removedBy.isNone;
}
