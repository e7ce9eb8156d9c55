// When to tell the others where my caret is: at once and at most every `PRESENCE_MS` while it moves, and now and
// then while it rests, so that a newcomer hears it and a caret that is not repeated can be taken for gone.

import { PRESENCE_MS, PRESENCE_REPEAT_MS } from "./limits.ts";
import type { Presence } from "./protocol.ts";

export class OwnPresence {
  #make: () => Presence | null = () => null;
  #last: Presence = { name: "", caret: null };
  #isDirty = false;
  #sentAt = 0;

  /** `make` names the caret by elements; null while it stands in a draft and has no name yet. */
  set(make: () => Presence | null): void {
    this.#make = make;
    this.#isDirty = true;
  }

  /** Somebody came who has heard nothing yet. */
  repeat(): void {
    this.#isDirty = true;
    this.#sentAt = 0;
  }

  get nextAt(): number {
    return this.#isDirty ? this.#sentAt + PRESENCE_MS : this.#sentAt + PRESENCE_REPEAT_MS;
  }

  /** What to send now, or null. */
  tick(now: number): Presence | null {
    if (now < this.nextAt) return null;
    const made = this.#make();
    // Not nameable yet: the flush that names it is at most `FLUSH_MS` away.
    if (made === null && now - this.#sentAt < PRESENCE_REPEAT_MS) return null;
    this.#last = made ?? this.#last;
    this.#isDirty = false;
    this.#sentAt = now;
    return this.#last;
  }
}
