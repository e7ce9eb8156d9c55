// How admitted changes are handed on: with what proves them, which for most is the signature of a later change of their
// author, and as rows behind a change that the other end holds. And the way back, up to what is to be asked of the
// signature rule. Knows no links: who holds what is said by the caller.

import { assert } from "./assert.ts";
import type { ChangeId } from "./graph/change.ts";
import { decodeChange } from "./graph/codec.ts";
import type { WholeRun } from "./graph/fork-bytes.ts";
import { type Base, type PackedRun, packRun, unpackRun } from "./graph/rows.ts";
import type { InspectedRun, Inspector, SignedRun } from "./graph/verify.ts";
import type { WrittenChange } from "./graph/written.ts";
import type { Covering, Holding } from "./holding.ts";
import { RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import type { Slot } from "./types/dot.ts";

/** A run as it goes out. */
export interface Outgoing {
  readonly packed: PackedRun;
  /** Those in it that are here, oldest first; witnesses are not among them. */
  readonly slots: readonly Slot[];
  /** The change that the reader must hold; null if the first is written whole. */
  readonly base: ChangeId | null;
  /** The newest change of the run, where it is here: the next one may go on from it. */
  readonly newest: ChangeId | null;
  /** Bytes of all changes as they are written. */
  readonly sizeBytes: number;
}

/** How much more may stand in a message. */
export interface Room {
  readonly changes: number;
  readonly sizeBytes: number;
}

export class Runs {
  readonly #holding: Holding;
  readonly #inspector: Inspector;

  constructor(holding: Holding, inspector: Inspector) {
    this.#holding = holding;
    this.#inspector = inspector;
  }

  /** Whether an admitted change can be proven: not if it is an own one, or follows one, that was not signed yet. */
  isCovered(id: ChangeId): boolean {
    return this.#holding.isCovered(id);
  }

  /** An admitted change and what proves it as a run for a reader that holds nothing; null if it is not covered. */
  whole(id: ChangeId): WholeRun | null {
    const slot = this.#holding.graph.slotOf(id);
    const cover = slot === undefined ? null : this.#holding.coverOf(slot);
    if (cover === null) return null;
    const { packed } = this.#pack(cover, this.#read(cover.slots), () => false);
    return { ...packed, first: packed.first! };
  }

  #read(slots: readonly Slot[]): WrittenChange[] {
    return slots.map(slot => this.#holding.at(slot).change);
  }

  /** Of an admitted change without a signature what stands behind it on its run and is not here; null for all others. */
  tailOf(id: ChangeId): SignedRun | null {
    return this.#holding.tailAt(id);
  }

  /**
   * Own changes of one chain, oldest first and none signed, in as few stretches as one signature may cover each (wire §3.8).
   */
  stretches(ids: readonly ChangeId[]): ChangeId[][] {
    const stretches: ChangeId[][] = [];
    let last: WrittenChange | null = null;
    let runBytes = 0;
    for (const id of ids) {
      const { change } = this.#holding.get(id)!;
      const stretch = stretches.at(-1);
      if (
        stretch === undefined ||
        !last!.isFollowedBy(change) ||
        stretch.length === RUN_CHANGES_MAX ||
        runBytes > RUN_BODY_BYTES_MAX
      ) {
        stretches.push([id]);
        runBytes = 0;
      } else stretch.push(id);
      runBytes += change.runBytes;
      last = change;
    }
    return stretches;
  }

  /**
   * The longest run that `queue` allows from place `from` on: consecutive changes up to a signed one, or the first alone with
   * what covers it, however much that is. Null if the first may not go yet. `maySend`: whether a change may leave this
   * device; `isNamed`: whether the reader holds a change by name, and it can be gone on from.
   */
  next(
    queue: readonly Slot[],
    from: number,
    maySend: (slot: Slot) => boolean,
    isNamed: (id: ChangeId) => boolean,
    room: Room,
  ): Outgoing | null {
    const holding = this.#holding;
    const written = this.#signedBeginning(queue, from, maySend, room);
    if (written.length > 0) {
      const slots = queue.slice(from, from + written.length);
      const signature = holding.signatureAt(slots.at(-1)!)!;
      return this.#pack({ slots, witnesses: [], signature }, written, isNamed);
    }
    const cover = holding.coverOf(queue[from]!);
    if (cover === null || !cover.slots.every(maySend)) return null;
    return this.#pack(cover, this.#read(cover.slots), isNamed);
  }

  /** Up to the last signed one; empty where there is none. */
  #signedBeginning(
    queue: readonly Slot[],
    from: number,
    maySend: (slot: Slot) => boolean,
    room: Room,
  ): WrittenChange[] {
    const written: WrittenChange[] = [];
    let sizeBytes = 0;
    let runBytes = 0;
    let signed = 0;
    const end = Math.min(queue.length, from + RUN_CHANGES_MAX);
    for (let i = from; i < end && runBytes <= RUN_BODY_BYTES_MAX; i++) {
      const slot = queue[i]!;
      const { change } = this.#holding.at(slot);
      sizeBytes += change.end - change.start;
      const isTooMuch = i - from >= room.changes || sizeBytes > room.sizeBytes;
      if (i > from && (isTooMuch || !written.at(-1)!.isFollowedBy(change))) break;
      if (!maySend(slot)) break;
      written.push(change);
      if (this.#holding.isSigned(slot)) signed = written.length;
      runBytes += change.runBytes;
    }
    return written.slice(0, signed);
  }

  /** `read`: what stands in the slots. */
  #pack(
    { slots, witnesses, signature }: Covering,
    read: readonly WrittenChange[],
    isNamed: (id: ChangeId) => boolean,
  ): Outgoing {
    const written = [...read];
    for (const bytes of witnesses) {
      const witness = decodeChange(bytes);
      assert(!("ok" in witness), "a witness was decoded before it was kept");
      written.push(witness);
    }
    const { author, prev } = written[0]!;
    // Of a two-faced device the reader may have left out what they were sent.
    const isSure = prev !== null && !this.#holding.effects.forks.has(author) && isNamed(prev);
    const base = isSure ? this.#base(prev) : null;
    return {
      packed: packRun(written, signature, this.#holding.graph, base),
      slots,
      base: base === null ? null : prev,
      newest: witnesses.length > 0 ? null : written.at(-1)!.id,
      sizeBytes: written.reduce((sum, { start, end }) => sum + end - start, 0),
    };
  }

  #base(id: ChangeId): Base | null {
    const slot = this.#holding.graph.slotOf(id);
    return slot === undefined ? null : { slot, change: this.#holding.at(slot).change };
  }

  /** First half for a run that came packed: `inspectRun` of the changes that its rows are. `base` must be here, and is
   * there exactly if the first is not written whole. */
  inspect(packed: PackedRun, base: ChangeId | null): InspectedRun | Refusal {
    const known = base === null ? null : this.#base(base);
    assert((known === null) === (packed.first !== null), "a run goes on from what is here, or stands alone");
    const changes = unpackRun(packed, this.#holding.graph, known);
    return "ok" in changes ? changes : this.#inspector.inspectDecoded(changes, packed.signature);
  }
}
