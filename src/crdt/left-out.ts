// Changes of two-faced devices for which there was no room (authority/branches.ts), by id. That is no verdict: what somebody
// else's change builds on is taken in all the same, however much it is, and what is left out is not refused to those who build
// on it. So it is remembered what each builds on, and once something of others waits for one of them, all below it are
// wanted: whoever sent them sends them again, and they enter.
//
//     x1 ── x2 ── x3          left out, one after the other
//                   \── b    b is Bob's: x3, x2 and x1 are wanted
//
// What is forgotten here costs a round more: the oldest of x1 … xn that is still known waits, and makes the one below wanted.

import type { ChangeId } from "./graph/change.ts";
import { LEFT_OUT_IDS_MAX } from "./limits.ts";

export class LeftOut {
  /** What each builds on that was left out too. */
  readonly #below = new Map<ChangeId, readonly ChangeId[]>();
  readonly #wanted = new Set<ChangeId>();

  has(id: ChangeId): boolean {
    return this.#below.has(id);
  }

  isWanted(id: ChangeId): boolean {
    return this.#wanted.has(id);
  }

  add(id: ChangeId, below: readonly ChangeId[]): void {
    this.#below.set(id, below);
    if (this.#below.size > LEFT_OUT_IDS_MAX) this.#below.delete(this.#below.keys().next().value!);
  }

  /** Something that is taken in waits for these. Whether any of them was left out. */
  want(ids: readonly ChangeId[]): boolean {
    const found = new Set(ids.filter(id => this.#below.has(id)));
    // What is found on the way is visited too.
    for (const id of found) {
      this.#wanted.add(id);
      if (this.#wanted.size > LEFT_OUT_IDS_MAX) this.#wanted.delete(this.#wanted.values().next().value!);
      for (const other of this.#below.get(id) ?? []) found.add(other);
    }
    return found.size > 0;
  }

  /** So nearly always: then nobody need know the id of what enters. */
  get isEmpty(): boolean {
    return this.#below.size === 0 && this.#wanted.size === 0;
  }

  /** It is here after all. */
  entered(id: ChangeId): void {
    this.#below.delete(id);
    this.#wanted.delete(id);
  }
}
