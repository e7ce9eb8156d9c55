// A version of the whole document, of every kind of node: a tree that has taken in everything, in which all that does not
// count in the version is masked (types/document.ts). Going from one version to another masks and unmasks what differs
// between the two. The tree is this one's own; the replica's goes on meanwhile, and what comes there is taken in with the
// next look. The marks of what counts in it are true after each step, so work may be dropped between two.

import { localize } from "../authority/admission.ts";
import { Turning } from "../authority/turning.ts";
import { readChange } from "../graph/codec.ts";
import type { Graph } from "../graph/graph.ts";
import type { WrittenChange } from "../graph/written.ts";
import { DocumentTree, type Patch } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import type { Marks } from "./effective.ts";
import { Progress } from "./progress.ts";

/** Changes taken in, masked or unmasked between two reports: a millisecond or two. */
const SLICE = 256;

export class Rewinding {
  readonly #graph: Graph;
  readonly #writtenAt: (slot: Slot) => WrittenChange;
  readonly tree: DocumentTree;
  /** How many changes were taken in, in the order of the graph. */
  #taken = 0;
  /** What counts in the tree as it is now. */
  #shown: Marks = new Uint8Array(0);

  constructor(graph: Graph, writtenAt: (slot: Slot) => WrittenChange) {
    this.#graph = graph;
    this.#writtenAt = writtenAt;
    this.tree = new DocumentTree(graph);
  }

  /** Makes the tree show what counts. */
  *go(effective: Marks): Generator<Progress, void> {
    yield* this.#takeIn();
    const leaving: Slot[] = [];
    const coming: Slot[] = [];
    for (let i = 0; i < this.#taken; i++) {
      const slot = this.#graph.order.at(i)!;
      const shall = effective[slot] === 1;
      if (shall !== (this.#shown[slot] === 1)) (shall ? coming : leaving).push(slot);
    }
    const total = leaving.length + coming.length;
    yield* this.#turn(leaving, true, 0, total);
    yield* this.#turn(coming, false, leaving.length, total);
  }

  /** All of it counts until `go` has decided. */
  *#takeIn(): Generator<Progress, void> {
    const { order } = this.#graph;
    // Nobody looks at this tree before it is done, so nobody is told.
    let patches: Patch[] = [];
    while (this.#taken < order.length) {
      const slot = order.at(this.#taken)!;
      if (slot >= this.#shown.length) this.#grow(slot);
      const change = this.#writtenAt(slot);
      readChange(change);
      const ancestors = this.#graph.ancestorsOf(change);
      const { ops, starts } = localize(change, slot, ancestors, this.#graph);
      const { prev } = ancestors;
      const { strands } = this.tree;
      strands.begin(slot, prev < 0 ? null : prev);
      if (change.elements > 0) strands.claim(slot, change.elements);
      this.tree.applyAll(ops, starts, slot, patches);
      this.#shown[slot] = 1;
      this.#taken++;
      if (this.#taken % SLICE !== 0) continue;
      patches = [];
      yield new Progress(this.#taken, order.length);
    }
  }

  #grow(slot: Slot): void {
    const marks: Marks = new Uint8Array(2 * slot + 64);
    marks.set(this.#shown);
    this.#shown = marks;
  }

  *#turn(slots: readonly Slot[], isMasked: boolean, done: number, total: number): Generator<Progress, void> {
    for (let i = 0; i < slots.length; i += SLICE) {
      const patches: Patch[] = [];
      const turning = new Turning(this.#graph, this.tree, isMasked, patches);
      for (const slot of slots.slice(i, i + SLICE)) {
        turning.turn(this.#writtenAt(slot), slot);
        this.#shown[slot] = isMasked ? 0 : 1;
      }
      turning.finish();
      this.tree.settle(patches);
      if (i + SLICE < slots.length) yield new Progress(done + i + SLICE, total);
    }
  }
}
