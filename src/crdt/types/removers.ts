// Who did away with an entry, an increment or an add: mostly nobody, or one change; of a hostile author's, thousands, of whom
// every op that removes or restores would look through a list. Every one is kept, so that one of them taken back does not bring
// back what another removed too.

import type { Slot } from "./dot.ts";

export class Removers {
  /** Null as long as there was none: most are never removed, and an empty set takes 200 bytes. */
  #slots: Set<Slot> | null;

  constructor(slots: readonly Slot[] = []) {
    this.#slots = slots.length > 0 ? new Set(slots) : null;
  }

  get isNone(): boolean {
    return this.#slots === null || this.#slots.size === 0;
  }

  add(slot: Slot): void {
    this.#slots ??= new Set();
    this.#slots.add(slot);
  }

  delete(slot: Slot): void {
    this.#slots?.delete(slot);
  }

  /** As an image has them. */
  toJSON(): Slot[] {
    return this.#slots === null ? [] : [...this.#slots];
  }
}
