// What a replica holds: the changes it admitted or made, who may write by them, and what they add up to. Takes in what
// was judged elsewhere and finds it again; decides nothing.

import { localize } from "./authority/admission.ts";
import { Members } from "./authority/members.ts";
import { Archive } from "./graph/archive.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { ChangeId } from "./graph/change.ts";
import { Graph, type Past } from "./graph/graph.ts";
import type { Cover, SignedRun, VerifiedChange } from "./graph/verify.ts";
import { Masking } from "./masking.ts";
import { DocumentTree, type Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

export class Holding {
  readonly graph = new Graph();
  readonly members = new Members();
  readonly tree = new DocumentTree(this.graph);
  readonly masking = new Masking(this.graph, this.tree, slot => this.at(slot).change);
  readonly #archive = new Archive();
  /** What proves a covered change whose run does not go on here: the rest of it was refused, or waits. */
  readonly #tails = new Map<Slot, Cover>();

  /** Takes in everything of a change but what shows. `past` is that of its parents. */
  enter(verified: VerifiedChange, slot: Slot, past: Past): void {
    this.graph.add(verified.change, slot);
    this.members.add(verified.change, slot, past);
    this.#archive.add(slot, verified);
    if (verified.cover !== undefined) this.#keepTail(verified, slot, verified.cover);
  }

  /** A tail is needed until the next change of its run stands where `proofOf` finds it. */
  #keepTail({ change, signature }: VerifiedChange, slot: Slot, cover: Cover): void {
    const before = change.prev === null ? undefined : this.graph.slotOf(change.prev);
    if (before !== undefined && this.#tails.get(before)?.run === cover.run) {
      if (this.graph.nextInLane(before) === slot) this.#tails.delete(before);
    }
    if (signature === null) this.#tails.set(slot, cover);
  }

  /** Shows what a change that was entered does, from the bytes that were kept. */
  applyKept(slot: Slot, patches: Patch[]): void {
    const { change } = this.at(slot);
    this.masking.apply(change, localize(change, slot, this.graph), slot, patches);
  }

  sign(slot: Slot, signature: Bytes): void {
    this.#archive.sign(slot, signature);
  }

  /** A signature for what came covered, or is the author's own. */
  signIfBare(id: ChangeId, signature: Bytes): void {
    const slot = this.graph.slotOf(id)!;
    if (!this.#archive.isSigned(slot)) this.#archive.sign(slot, signature);
  }

  /** An admitted change with all that it takes to show that its author signed for it; null if that was not signed yet. */
  proofOf(id: ChangeId): SignedRun | null {
    const changes: Bytes[] = [];
    for (let slot = this.graph.slotOf(id); slot !== undefined; slot = this.graph.nextInLane(slot)) {
      changes.push(this.#archive.bytesAt(slot));
      const signature = this.#archive.signatureAt(slot);
      if (signature !== null) return { changes, signature };
      const tail = this.#tails.get(slot);
      if (tail !== undefined) {
        const { run, position } = tail;
        return { changes: [...changes, ...run.changes.slice(position + 1)], signature: run.signature };
      }
    }
    return null;
  }

  at(slot: Slot): VerifiedChange {
    return this.#archive.get(slot, this.graph.idAt(slot));
  }

  get(id: ChangeId): VerifiedChange | undefined {
    const slot = this.graph.slotOf(id);
    return slot === undefined ? undefined : this.#archive.get(slot, id);
  }

  /** All changes, parents first. */
  *changes(): Generator<VerifiedChange> {
    for (const slot of this.graph.order) yield this.at(slot);
  }

  /** The changes that are neither among `known` nor in their past, parents first. Unknown ids are passed over. */
  *changesSince(known: Iterable<ChangeId>): Generator<VerifiedChange> {
    const past = this.graph.past([...known].filter(id => this.graph.has(id)));
    for (const slot of this.graph.order) if (!past.has(slot)) yield this.at(slot);
  }
}
