// Who is told what shows differently. All are told, whatever one of them throws; and while they are, nothing may change:
// the next listener would see a document that is ahead of what it hears. What one of them throws about a local edit goes to
// whoever made that; of what others did to `report`, where somebody feeds the document from a network or a store, who is not to
// stumble over it.

import type { DeviceId } from "./graph/change.ts";
import type { Patch } from "./types/document.ts";

export type Origin = "local" | "remote";

/** `authors`: of the changes that did it, without repeats, sorted; none where changes were masked. */
export type Listener = (patches: readonly Patch[], origin: Origin, authors: readonly DeviceId[]) => void;

export class Listeners {
  /** Takes what listeners throw about changes of others; null throws it. */
  report: ((error: unknown) => void) | null = null;
  readonly #listeners = new Set<Listener>();
  #isTelling = false;
  /** Whether there is nobody to be told, and so nobody being told. Read by every keystroke, and written here alone. */
  isEmpty = true;

  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#count();
    return () => {
      this.#listeners.delete(listener);
      this.#count();
    };
  }

  #count(): void {
    this.isEmpty = this.#listeners.size === 0 && !this.#isTelling;
  }

  /** Throws in a listener. */
  checkQuiet(): void {
    if (this.#isTelling) throw new Error("Expected no change of a document from within one of its listeners");
  }

  tell(patches: readonly Patch[], origin: Origin, authorsOf: () => readonly DeviceId[]): void {
    if (patches.length === 0 || this.isEmpty) return;
    const authors = [...new Set(authorsOf())].sort();
    const errors = new Errors();
    this.#isTelling = true;
    for (const listener of [...this.#listeners]) errors.catch(() => listener(patches, origin, authors));
    this.#isTelling = false;
    this.#count();
    if (origin === "local" || this.report === null) errors.throw();
    else errors.hand(this.report);
  }
}

/** What several calls throw, so that all are made. */
export class Errors {
  readonly #caught: unknown[] = [];

  catch(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#caught.push(error);
    }
  }

  /** One error as it is, several as one. */
  throw(): void {
    if (this.#caught.length === 1) throw this.#caught[0];
    if (this.#caught.length > 1)
      throw new AggregateError(this.#caught, `${this.#caught.length} listeners threw`);
  }

  hand(to: (error: unknown) => void): void {
    for (const error of this.#caught) to(error);
  }
}
