// What a replica holds: the changes it admitted or made, who may write by them, and what they add up to. Takes in what
// was judged elsewhere and finds it again; decides nothing.

import { localize } from "./authority/admission.ts";
import { Members } from "./authority/members.ts";
import { Archive } from "./graph/archive.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { ChangeId } from "./graph/change.ts";
import { Graph, type Past } from "./graph/graph.ts";
import type { VerifiedChange } from "./graph/verify.ts";
import { Masking } from "./masking.ts";
import { DocumentTree, type Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

export class Holding {
  readonly graph = new Graph();
  readonly members = new Members();
  readonly tree = new DocumentTree(this.graph);
  readonly masking = new Masking(this.graph, this.tree, slot => this.at(slot).change);
  readonly #archive = new Archive();

  /** Takes in everything of a change but what shows. `past` is that of its parents. */
  enter(verified: VerifiedChange, slot: Slot, past: Past): void {
    this.graph.add(verified.change, slot);
    this.members.add(verified.change, slot, past);
    this.#archive.add(slot, verified);
  }

  /** Shows what a change that was entered does, from the bytes that were kept. */
  applyKept(slot: Slot, patches: Patch[]): void {
    const { change } = this.at(slot);
    this.masking.apply(change, localize(change, slot, this.graph), slot, patches);
  }

  sign(slot: Slot, signature: Bytes): void {
    this.#archive.sign(slot, signature);
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
