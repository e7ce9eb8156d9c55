// How admitted changes are handed on: with what proves them, which for most is the signature of a later change of their
// author, and as rows behind a change that the other end holds. And the way back, up to what is to be asked of the
// signature rule. Knows no links: who holds what is said by the caller.

import { assert } from "./assert.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { ChangeId } from "./graph/change.ts";
import { decodeChange } from "./graph/codec.ts";
import type { WholeRun } from "./graph/fork-bytes.ts";
import { type Base, type PackedRun, packRun, unpackRun } from "./graph/rows.ts";
import type { InspectedRun, Inspector, SignedRun, VerifiedChange } from "./graph/verify.ts";
import type { WrittenChange } from "./graph/written.ts";
import type { Holding } from "./holding.ts";
import { RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "./limits.ts";
import type { Refusal } from "./refusal.ts";

/** An admitted change and all that it takes to show that its author signed for it. */
export interface Cover {
  /** Itself, and those after it that are here, up to the signed one or the last before it. */
  readonly changes: readonly VerifiedChange[];
  /** Where the signed one is not here, being refused or waiting: the changes up to it. */
  readonly witnesses: readonly Bytes[];
  readonly signature: Bytes;
}

/** A run as it goes out. */
export interface Outgoing {
  readonly packed: PackedRun;
  /** Those in it that are here, oldest first; witnesses are not among them. */
  readonly changes: readonly VerifiedChange[];
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

  /** Null if it is an own change, or follows one, that was not signed yet. */
  coverOf(id: ChangeId): Cover | null {
    const cover = this.#holding.coverOf(id);
    if (cover === null) return null;
    return { ...cover, changes: cover.slots.map(slot => this.#holding.at(slot)) };
  }

  /** Whether `coverOf` answers, without the cost of it. */
  isCovered(id: ChangeId): boolean {
    return this.#holding.isCovered(id);
  }

  /** An admitted change and what proves it as a run for a reader that holds nothing; null as for `coverOf`. */
  whole(id: ChangeId): WholeRun | null {
    const cover = this.coverOf(id);
    if (cover === null) return null;
    const { packed } = this.#pack(cover.changes, cover.witnesses, cover.signature, () => false);
    return { ...packed, first: packed.first! };
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
    queue: readonly VerifiedChange[],
    from: number,
    maySend: (id: ChangeId) => boolean,
    isNamed: (id: ChangeId) => boolean,
    room: Room,
  ): Outgoing | null {
    const signed = this.#signedBeginning(queue, from, maySend, room);
    if (signed !== null) return this.#pack(signed, [], signed.at(-1)!.signature!, isNamed);
    const cover = this.coverOf(queue[from]!.id);
    if (cover === null || !cover.changes.every(({ id }) => maySend(id))) return null;
    return this.#pack(cover.changes, cover.witnesses, cover.signature, isNamed);
  }

  #signedBeginning(
    queue: readonly VerifiedChange[],
    from: number,
    maySend: (id: ChangeId) => boolean,
    room: Room,
  ): VerifiedChange[] | null {
    let last: WrittenChange | null = null;
    let sizeBytes = 0;
    let runBytes = 0;
    let signedAt = -1;
    const end = Math.min(queue.length, from + RUN_CHANGES_MAX);
    for (let i = from; i < end && runBytes <= RUN_BODY_BYTES_MAX; i++) {
      const { id, change, signature } = queue[i]!;
      sizeBytes += change.end - change.start;
      const isTooMuch = i - from >= room.changes || sizeBytes > room.sizeBytes;
      if (last !== null && (isTooMuch || !last.isFollowedBy(change))) break;
      if (!maySend(id)) break;
      if (signature !== null) signedAt = i;
      runBytes += change.runBytes;
      last = change;
    }
    return signedAt < 0 ? null : queue.slice(from, signedAt + 1);
  }

  #pack(
    changes: readonly VerifiedChange[],
    witnesses: readonly Bytes[],
    signature: Bytes,
    isNamed: (id: ChangeId) => boolean,
  ): Outgoing {
    const written = changes.map(({ change }) => change);
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
      changes,
      base: base === null ? null : prev,
      newest: witnesses.length > 0 ? null : changes.at(-1)!.id,
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
