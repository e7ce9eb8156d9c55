// Verified changes that wait for their parents. Each source (a peer) has its own bounded share, so that one that
// floods loses only its own; the oldest of a full share is dropped, and a later comparison of heads brings it back.
// What several sources sent stands in the share of each: nobody can take another's down with its own.

import { PENDING_BYTES_MAX, PENDING_CHANGES_MAX } from "../limits.ts";
import type { ChangeId } from "./change.ts";
import type { VerifiedChange } from "./verify.ts";

/** A change that waits, and who pays for it. */
export interface Waiting {
  readonly verified: VerifiedChange;
  readonly source: string;
}

/** The same as it is kept: one thing for all who sent it. */
interface Held {
  readonly verified: VerifiedChange;
  readonly id: ChangeId;
  /** What it waits for. */
  readonly missing: readonly ChangeId[];
  readonly sources: string[];
}

interface Share {
  readonly waiting: Map<ChangeId, Held>;
  bytes: number;
}

export class Pending {
  readonly #shares = new Map<string, Share>();
  readonly #held = new Map<ChangeId, Held>();
  /** Who waits for a change that is not here: mostly one, the next of its chain. */
  readonly #waiters = new Map<ChangeId, Held | Set<Held>>();

  get size(): number {
    return this.#held.size;
  }

  has(id: ChangeId): boolean {
    return this.#held.has(id);
  }

  add(verified: VerifiedChange, missing: readonly ChangeId[], source: string): void {
    const { id } = verified.change;
    let held = this.#held.get(id);
    if (held?.sources.includes(source)) return;
    let share = this.#shares.get(source);
    if (share === undefined) {
      share = { waiting: new Map(), bytes: 0 };
      this.#shares.set(source, share);
    }
    if (held === undefined) {
      held = { verified, id, missing, sources: [source] };
      this.#held.set(id, held);
      for (const parent of missing) this.#await(parent, held);
    } else held.sources.push(source);
    share.waiting.set(id, held);
    share.bytes += verified.bytes.length;
    while (share.waiting.size > PENDING_CHANGES_MAX || share.bytes > PENDING_BYTES_MAX) {
      const [oldest] = share.waiting.values();
      this.#drop(oldest!, source);
    }
  }

  #await(parent: ChangeId, held: Held): void {
    const waiters = this.#waiters.get(parent);
    if (waiters === undefined) this.#waiters.set(parent, held);
    else if (waiters instanceof Set) waiters.add(held);
    else this.#waiters.set(parent, new Set([waiters, held]));
  }

  #forgetWaiter(parent: ChangeId, held: Held): void {
    const waiters = this.#waiters.get(parent);
    if (waiters === held) this.#waiters.delete(parent);
    else if (waiters instanceof Set && waiters.delete(held) && waiters.size === 0)
      this.#waiters.delete(parent);
  }

  /** Takes out what waited for `id`, once per source. Some of it may have to wait on for another parent. */
  release(id: ChangeId): Waiting[] {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return [];
    const released: Waiting[] = [];
    for (const held of waiters instanceof Set ? [...waiters] : [waiters]) {
      const sources = [...held.sources];
      for (const source of sources) this.#drop(held, source);
      for (const source of sources) released.push({ verified: held.verified, source });
    }
    return released;
  }

  /** A peer left: what it sent without its past goes. */
  forget(source: string): void {
    for (const held of [...(this.#shares.get(source)?.waiting.values() ?? [])]) this.#drop(held, source);
    this.#shares.delete(source);
  }

  #drop(held: Held, source: string): void {
    const share = this.#shares.get(source)!;
    share.waiting.delete(held.id);
    share.bytes -= held.verified.bytes.length;
    held.sources.splice(held.sources.indexOf(source), 1);
    if (held.sources.length > 0) return;
    this.#held.delete(held.id);
    for (const parent of held.missing) this.#forgetWaiter(parent, held);
  }
}
