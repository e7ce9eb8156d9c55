// The open drafts of the local author: edits that show already and wait to be closed. Usually one; more where an
// edit is too large for one change. An edit that throws is taken back whole. What happens to a closed draft is the
// replica's affair.

import { sizeBound } from "./graph/body.ts";
import { type AuthorityOp, type ChangeId, isAuthority, isContent, type Op } from "./graph/change.ts";
import type { Graph } from "./graph/graph.ts";
import { CHANGE_BYTES_MAX, CHANGE_OPS_MAX } from "./limits.ts";
import type { DocumentTree, Patch } from "./types/document.ts";
import type { Dot, Slot } from "./types/dot.ts";
import { Draft } from "./types/draft.ts";
import { MapEdit } from "./types/edit.ts";
import type { ContentOp } from "./types/op.ts";

// Room for the header, whatever it holds, and for ops that grow by being joined.
const DRAFT_BYTES_MAX = CHANGE_BYTES_MAX - 4 * 1024;
const DRAFT_OPS_MAX = CHANGE_OPS_MAX - 16;

/** The ops of one change to be. */
export interface Part {
  readonly ops: readonly Op[];
  /** The number under which its elements stand in the tree. */
  readonly slot: Slot;
}

export class Drafting {
  readonly #graph: Graph;
  readonly #tree: DocumentTree;
  /** The last one grows. */
  #drafts: Draft[] = [];
  /** The heads at the first op. */
  #parents: readonly ChangeId[] = [];
  #authority: AuthorityOp[] = [];

  constructor(graph: Graph, tree: DocumentTree) {
    this.#graph = graph;
    this.#tree = tree;
  }

  get isOpen(): boolean {
    return this.#drafts.length > 0 || this.#authority.length > 0;
  }

  /** Whether the elements of this number have no name yet. */
  has(slot: Slot): boolean {
    return this.#drafts.some(draft => draft.slot === slot);
  }

  /** What shows differently. If `edit` throws, so does this, and nothing has happened. */
  edit(edit: (root: MapEdit) => void): readonly Patch[] {
    const marks = this.#drafts.map(draft => draft.mark());
    const steps: { readonly op: ContentOp; readonly slot: Slot; readonly start: number }[] = [];
    const patches: Patch[] = [];
    const add = (op: ContentOp): Dot => {
      const size = sizeBound(op);
      const dot = this.#growing(size).add(op, size, patches);
      steps.push({ op, slot: dot.change, start: dot.index });
      return dot;
    };
    try {
      edit(new MapEdit({ tree: this.#tree, add }, []));
    } catch (error) {
      const undone: Patch[] = [];
      for (const { op, slot, start } of steps.reverse()) this.#tree.revert(op, slot, start, undone);
      this.#drafts.length = marks.length;
      for (const [i, mark] of marks.entries()) this.#drafts[i]!.reset(mark, undone);
      throw error;
    }
    return patches;
  }

  /** The draft that takes `size` more bytes. */
  #growing(size: number): Draft {
    const last = this.#drafts.at(-1);
    if (last !== undefined && last.size + size <= DRAFT_BYTES_MAX && last.ops.length < DRAFT_OPS_MAX)
      return last;
    this.#begin();
    const draft = new Draft(this.#tree, this.#graph.reserve());
    this.#drafts.push(draft);
    return draft;
  }

  /** An op about people; of names the last one counts. */
  add(op: AuthorityOp): void {
    this.#begin();
    if (op.type === "name") this.#authority = this.#authority.filter(({ type }) => type !== "name");
    this.#authority.push(op);
  }

  #begin(): void {
    if (!this.isOpen) this.#parents = this.#graph.heads;
  }

  /** What the drafts hold, as changes to be. Empty if none is open. */
  get parts(): readonly Part[] {
    if (!this.isOpen) return [];
    const drafts = this.#drafts.length > 0 ? this.#drafts : [new Draft(this.#tree, this.#graph.reserve())];
    return drafts.map(({ ops, slot }, i) => ({ ops: i === 0 ? [...this.#authority, ...ops] : ops, slot }));
  }

  /** Hands over everything and starts empty. */
  take(): { readonly parents: readonly ChangeId[]; readonly parts: readonly Part[] } {
    const { parts } = this;
    this.#drafts = [];
    this.#authority = [];
    return { parents: this.#parents, parts };
  }

  /** Takes up one part of a draft that was open when its page went away. The ops must have been judged. */
  resume(ops: readonly Op[], slot: Slot, patches: Patch[]): void {
    this.#begin();
    const draft = new Draft(this.#tree, slot);
    this.#drafts.push(draft);
    for (const op of ops) {
      if (isContent(op)) draft.add(op, sizeBound(op), patches);
      else if (isAuthority(op)) this.add(op);
    }
  }
}
