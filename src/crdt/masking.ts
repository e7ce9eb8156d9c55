// Brings admitted changes into the tree, and sets some of them aside: a masked change stays where it is in the graph,
// others build on it and are judged as ever (rules of admission never look here), but nothing shows of it. Who is
// masked, and why, is not known here.

import { type LocalOps, localize } from "./authority/admission.ts";
import type { ChangeId } from "./graph/change.ts";
import type { Graph } from "./graph/graph.ts";
import type { WrittenChange } from "./graph/written.ts";
import type { DocumentTree, HiddenTexts, Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

export class Masking {
  readonly #graph: Graph;
  readonly #tree: DocumentTree;
  readonly #changeAt: (slot: Slot) => WrittenChange;
  /** Also of changes that are not here yet. */
  readonly #masked = new Set<ChangeId>();

  constructor(graph: Graph, tree: DocumentTree, changeAt: (slot: Slot) => WrittenChange) {
    this.#graph = graph;
    this.#tree = tree;
    this.#changeAt = changeAt;
  }

  has(id: ChangeId): boolean {
    return this.#masked.has(id);
  }

  /** Its elements stand behind those of its device's change before; `prev` -1 is none. */
  begin({ elements }: WrittenChange, prev: Slot, slot: Slot): void {
    const { strands } = this.#tree;
    strands.begin(slot, prev < 0 ? null : prev);
    if (elements > 0) strands.claim(slot, elements);
  }

  apply(change: WrittenChange, prev: Slot, { ops, starts }: LocalOps, slot: Slot, patches: Patch[]): void {
    this.begin(change, prev, slot);
    if (this.#masked.size === 0 || !this.#masked.has(change.id)) {
      this.#tree.applyAll(ops, starts, slot, patches);
      return;
    }
    // What comes and goes at once shows nowhere, so nobody is told.
    this.#tree.applyAll(ops, starts, slot, []);
    const texts: HiddenTexts = new Map();
    this.#tree.maskAll(ops, starts, slot, true, [], texts);
    this.#tree.hideAll(texts, true, []);
    this.#tree.settle([]);
  }

  /** What shows differently. `unapplied`: changes in the graph that `apply` has not seen yet. */
  mask(ids: Iterable<ChangeId>, isMasked: boolean, unapplied: readonly Slot[]): readonly Patch[] {
    const patches: Patch[] = [];
    const texts: HiddenTexts = new Map();
    const later = new Set(unapplied);
    for (const id of ids) {
      if (this.#masked.has(id) === isMasked) continue;
      if (isMasked) this.#masked.add(id);
      else this.#masked.delete(id);
      const slot = this.#graph.slotOf(id);
      if (slot === undefined || later.has(slot)) continue;
      const change = this.#changeAt(slot);
      const { ops, starts } = localize(change, slot, this.#graph.ancestorsOf(change), this.#graph);
      this.#tree.maskAll(ops, starts, slot, isMasked, patches, texts);
    }
    this.#tree.hideAll(texts, isMasked, patches);
    this.#tree.settle(patches);
    return patches;
  }
}
