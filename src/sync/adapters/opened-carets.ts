// Where the others stand in the text, and where I do: names of places that hold whatever is typed, as positions now.

import type { Replica } from "../../crdt/index.ts";
import type { Presence } from "../protocol.ts";
import type { Session } from "../session.ts";
import { anchorAt, positionOf } from "../text.ts";
import type { Caret } from "../view.ts";
import { tellAll } from "./uncaught.ts";

type Selection = Pick<Caret, "anchor" | "head">;

export class OpenedCarets {
  readonly #replica: Replica;
  readonly #listeners = new Set<() => void>();
  #own: Selection | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  of(session: Session): readonly Caret[] {
    const carets: Caret[] = [];
    for (const { device, presence, movedAt } of session.presences()) {
      if (presence.caret === null) continue;
      const anchor = positionOf(this.#replica, presence.caret.anchor);
      const head = positionOf(this.#replica, presence.caret.head);
      if (anchor === null || head === null) continue;
      carets.push({ key: device, name: presence.name || null, anchor, head, movedAt });
    }
    return carets;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    tellAll(this.#listeners);
  }

  /** Nobody is told any more. */
  clear(): void {
    this.#listeners.clear();
  }

  /** My own, or null when the editor has lost the focus. */
  put(selection: Selection | null): void {
    this.#own = selection;
  }

  /** What the others are told; null while the place has no name that they know. */
  presence(name: string): Presence | null {
    if (this.#own === null) return { name, caret: null };
    const anchor = anchorAt(this.#replica, this.#own.anchor);
    const head = anchorAt(this.#replica, this.#own.head);
    return anchor === "draft" || head === "draft" ? null : { name, caret: { anchor, head } };
  }
}
