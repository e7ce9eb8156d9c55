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

interface Share {
  readonly waiting: Map<ChangeId, VerifiedChange>;
  bytes: number;
}

export class Pending {
  readonly #shares = new Map<string, Share>();
  readonly #sourcesOf = new Map<ChangeId, Set<string>>();
  /** Who waits for a change that is not here. */
  readonly #waiters = new Map<ChangeId, Set<ChangeId>>();

  get size(): number {
    return this.#sourcesOf.size;
  }

  has(id: ChangeId): boolean {
    return this.#sourcesOf.has(id);
  }

  add(verified: VerifiedChange, missing: readonly ChangeId[], source: string): void {
    const { id } = verified.change;
    const sources = this.#sourcesOf.get(id) ?? new Set();
    if (sources.has(source)) return;
    let share = this.#shares.get(source);
    if (share === undefined) {
      share = { waiting: new Map(), bytes: 0 };
      this.#shares.set(source, share);
    }
    share.waiting.set(id, verified);
    share.bytes += verified.bytes.length;
    this.#sourcesOf.set(id, sources.add(source));
    for (const parent of missing) {
      const waiters = this.#waiters.get(parent) ?? new Set();
      this.#waiters.set(parent, waiters.add(id));
    }
    while (share.waiting.size > PENDING_CHANGES_MAX || share.bytes > PENDING_BYTES_MAX) {
      this.#drop(share.waiting.keys().next().value!, source);
    }
  }

  /** Takes out what waited for `id`, once per source. Some of it may have to wait on for another parent. */
  release(id: ChangeId): Waiting[] {
    const released = [];
    for (const waiter of this.#waiters.get(id) ?? []) {
      const sources = [...this.#sourcesOf.get(waiter)!];
      const verified = this.#shares.get(sources[0]!)!.waiting.get(waiter)!;
      for (const source of sources) this.#drop(waiter, source);
      for (const source of sources) released.push({ verified, source });
    }
    return released;
  }

  /** A peer left: what it sent without its past goes. */
  forget(source: string): void {
    for (const id of [...(this.#shares.get(source)?.waiting.keys() ?? [])]) this.#drop(id, source);
    this.#shares.delete(source);
  }

  #drop(id: ChangeId, source: string): void {
    const share = this.#shares.get(source)!;
    const verified = share.waiting.get(id)!;
    share.waiting.delete(id);
    share.bytes -= verified.bytes.length;
    const sources = this.#sourcesOf.get(id)!;
    sources.delete(source);
    if (sources.size > 0) return;
    this.#sourcesOf.delete(id);
    for (const parent of [
      ...verified.change.parents,
      ...(verified.change.prev === null ? [] : [verified.change.prev]),
    ]) {
      const waiters = this.#waiters.get(parent);
      waiters?.delete(id);
      if (waiters?.size === 0) this.#waiters.delete(parent);
    }
  }
}
