// What is on its way to one peer: changes, by their slots, in the order in which they were offered, taken out as messages full
// of runs. It knows when each was last taken and which the reader can be told of by name, and never repeats itself without a reason.

import { type Bytes, type ChangeId, type Outgoing, RUN_CHANGES_MAX, type Slot } from "../crdt/index.ts";
import { LaneTags } from "./lane-tags.ts";
import { BATCH_BYTES, BATCH_RUNS_MAX } from "./limits.ts";
import type { SentRun } from "./protocol.ts";

/** Makes a run of what stands in `queue` from a place on (`Runs.next`); null if the change there may not go yet. */
export type Pack = (
  queue: readonly Slot[],
  from: number,
  isNamed: (id: ChangeId) => boolean,
  room: { readonly changes: number; readonly sizeBytes: number },
) => Outgoing | null;

const UNDER_WAY = Number.MAX_VALUE;

export class Outbox {
  readonly #pack: Pack;
  /** What the reader is known to hold by name. */
  readonly #named: LaneTags;
  #queue: Slot[] = [];
  /** Where in the queue it goes on; what stands before was taken out. */
  #at = 0;
  /** What is to be taken out of the queue yet. */
  readonly #queued = new Set<Slot>();
  /** When each change was last taken at the other end of this link, or that it is under way; of what is not queued. */
  #sentAt = new Map<Slot, number>();
  /** What messages hold that are not taken yet, and where they end in all that was sent; bounded by the window. */
  #underWay: { readonly slots: readonly Slot[]; readonly end: number }[] = [];
  #packed: Slot[] = [];
  /** What the reader need not keep and was offered. */
  readonly #once = new Set<Slot>();

  constructor(tagKey: Bytes, pack: Pack) {
    this.#named = new LaneTags(tagKey);
    this.#pack = pack;
  }

  get isEmpty(): boolean {
    return this.#at === this.#queue.length;
  }

  /** Queues changes, parents first, but for those queued, under way, or taken since `since`. What the reader need not keep goes
   * once, or it would go again and again. */
  offer(slots: readonly Slot[], since: number, isOnce: (slot: Slot) => boolean = () => false): void {
    for (const slot of slots) {
      const sentAt = this.#sentAt.get(slot);
      if (this.#queued.has(slot) || (sentAt !== undefined && sentAt >= since)) continue;
      if (isOnce(slot)) {
        if (this.#once.has(slot)) continue;
        this.#once.add(slot);
      }
      this.#queued.add(slot);
      this.#sentAt.delete(slot);
      this.#queue.push(slot);
    }
  }

  /** They said that they hold these: what follows one of them need not say what it follows. */
  name(ids: readonly ChangeId[]): void {
    for (const id of ids) this.#named.add(id);
  }

  /** What was sent did not arrive as it was meant: all of it may be offered again, and goes on from nothing. What waits is not
   * looked at: three bytes ask for it, as often as they come. */
  forgetSent(): void {
    this.#named.forget();
    this.#sentAt = new Map();
    this.#underWay = [];
  }

  /** What `next` answered went out, in a message that ends at `end` of all bytes sent. */
  sent(end: number): void {
    this.#underWay.push({ slots: this.#packed, end });
    this.#packed = [];
  }

  /** They have judged all messages up to there. */
  took(end: number, now: number): void {
    while (this.#underWay.length > 0 && this.#underWay[0]!.end <= end)
      for (const slot of this.#underWay.shift()!.slots)
        if (this.#sentAt.get(slot) === UNDER_WAY) this.#sentAt.set(slot, now);
  }

  /** The runs of the next message; none if nothing may go. */
  next(): SentRun[] {
    const runs: SentRun[] = [];
    const newest: ChangeId[] = [];
    let room = { changes: RUN_CHANGES_MAX, sizeBytes: BATCH_BYTES };
    while (!this.isEmpty && runs.length < BATCH_RUNS_MAX) {
      const slot = this.#queue[this.#at]!;
      // It went along with another.
      const isGone = !this.#queued.has(slot);
      const outgoing = isGone ? null : this.#pack(this.#queue, this.#at, id => this.#named.has(id), room);
      if (outgoing === null) {
        // What may not go yet is offered again when it may.
        if (!isGone) this.#queued.delete(slot);
        if (!isGone) this.#once.delete(slot);
        this.#at++;
        continue;
      }
      const length = outgoing.packed.count + (outgoing.packed.first === null ? 0 : 1);
      room = { changes: room.changes - length, sizeBytes: room.sizeBytes - outgoing.sizeBytes };
      if (runs.length > 0 && (room.changes < 0 || room.sizeBytes < 0)) break;
      for (const slot of outgoing.slots) {
        this.#queued.delete(slot);
        this.#sentAt.set(slot, UNDER_WAY);
        this.#packed.push(slot);
      }
      if (outgoing.newest !== null) newest.push(outgoing.newest);
      runs.push(this.#sent(outgoing));
    }
    // Not within one message, which is unpacked before anything of it is taken in.
    this.name(newest);
    this.#tidy();
    return runs;
  }

  #sent({ packed: { first, ...packed }, base }: Outgoing): SentRun {
    if (base === null) return { ...packed, start: { type: "whole", bytes: first! } };
    return { ...packed, start: { type: "after", tag: this.#named.tagOf(base) } };
  }

  #tidy(): void {
    if (!this.isEmpty && this.#at < RUN_CHANGES_MAX) return;
    this.#queue = this.#queue.slice(this.#at);
    this.#at = 0;
  }
}
