// Verified changes that wait for what they build on. A run waits as a whole: where its next change has to wait, so does
// all behind it, and it goes on from there once that is here. Each source (a peer) has its own bounded share, so that one
// that floods loses only its own; the oldest of a full share is dropped, and a later comparison of heads brings it back.
// What several sources sent waits in the share of each: nobody can take another's down with its own.
//
//     Alice's run   o──o──o          the fourth builds on a change of Bob's that has not come:
//                         └─ x ─ x   it waits for that, and the fifth with it

import { PENDING_BYTES_MAX, PENDING_CHANGES_MAX } from "../limits.ts";
import { isSameName } from "./names.ts";
import type { VerifiedChange, VerifiedTyping } from "./verify.ts";

/** Verified changes of one source in a row, each the next of its chain, of which the first are done with. */
export class Rest {
  readonly source: string;
  readonly #parts: readonly (VerifiedChange | VerifiedTyping)[];
  /** The part that comes next, and how many changes of it are done with. */
  #part = 0;
  #within = 0;
  /** Where the name stands of what the next change waits for. */
  view: DataView | null = null;
  at = 0;
  /** How much waits, weighed when it first has to: its bytes stay in memory until all of it is done with. */
  changes = 0;
  bytes = 0;

  constructor(parts: readonly (VerifiedChange | VerifiedTyping)[], source: string) {
    this.#parts = parts;
    this.source = source;
  }

  /** Changes that type on come together, unless some of them are done with; null behind the last. */
  get next(): VerifiedChange | VerifiedTyping | null {
    const part = this.#parts[this.#part];
    if (part === undefined) return null;
    return this.#within > 0 ? (part as VerifiedTyping).read(this.#within) : part;
  }

  /** One change is done with. */
  pass(): void {
    const part = this.#parts[this.#part]!;
    if ("count" in part && ++this.#within < part.count) return;
    this.passAll();
  }

  /** All that came together is. */
  passAll(): void {
    this.#part++;
    this.#within = 0;
  }

  weigh(): void {
    if (this.changes > 0) return;
    for (let i = this.#part; i < this.#parts.length; i++) {
      const part = this.#parts[i]!;
      const count = "count" in part ? part.count : 1;
      for (let within = 0; within < count; within++) {
        const { start, end } = ("count" in part ? part.at(within) : part).change;
        this.bytes += end - start;
      }
      this.changes += count;
    }
  }
}

interface Share {
  /** Oldest first. */
  readonly waiting: Set<Rest>;
  changes: number;
  bytes: number;
}

const NOTHING: readonly Rest[] = [];

export class Pending {
  readonly #shares = new Map<string, Share>();
  /** By the first bytes of what it waits for. */
  readonly #waiters = new Map<number, Set<Rest>>();
  /** Changes, once for each source. */
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The next change waits for the one whose id the 32 bytes from `at` are. */
  add(rest: Rest, view: DataView, at: number): void {
    rest.weigh();
    rest.view = view;
    rest.at = at;
    const { source } = rest;
    let share = this.#shares.get(source);
    if (share === undefined) {
      share = { waiting: new Set(), changes: 0, bytes: 0 };
      this.#shares.set(source, share);
    }
    share.waiting.add(rest);
    share.changes += rest.changes;
    share.bytes += rest.bytes;
    this.#size += rest.changes;
    const key = keyAt(view, at);
    const waiters = this.#waiters.get(key);
    if (waiters === undefined) this.#waiters.set(key, new Set([rest]));
    else waiters.add(rest);
    // One run may always wait, however long.
    while (
      share.waiting.size > 1 &&
      (share.changes > PENDING_CHANGES_MAX || share.bytes > PENDING_BYTES_MAX)
    ) {
      const [oldest] = share.waiting;
      this.#drop(oldest!);
    }
  }

  /** Takes out what waited for the change whose id the 32 bytes from `at` are. It may have to wait on for something else. */
  release(view: DataView, at: number): readonly Rest[] {
    const waiters = this.#size === 0 ? undefined : this.#waiters.get(keyAt(view, at));
    if (waiters === undefined) return NOTHING;
    const released = [...waiters].filter(rest => isSameName(rest.view!, rest.at, view, at));
    for (const rest of released) this.#drop(rest);
    return released;
  }

  /** A peer left: what it sent without its past goes. */
  forget(source: string): void {
    for (const rest of this.#shares.get(source)?.waiting ?? []) this.#drop(rest);
    this.#shares.delete(source);
  }

  #drop(rest: Rest): void {
    const share = this.#shares.get(rest.source)!;
    share.waiting.delete(rest);
    share.changes -= rest.changes;
    share.bytes -= rest.bytes;
    this.#size -= rest.changes;
    const key = keyAt(rest.view!, rest.at);
    const waiters = this.#waiters.get(key)!;
    waiters.delete(rest);
    if (waiters.size === 0) this.#waiters.delete(key);
  }
}

function keyAt(view: DataView, at: number): number {
  return view.getInt32(at, true);
}
