// Takes the effect of changes that were applied out of a tree, or back in, as their bytes tell it. Very many may be
// turned at once, and where their texts stand is known to the tree: so of those only the length is read.

import type { Skim } from "../graph/body.ts";
import { skimChange } from "../graph/codec.ts";
import type { Graph } from "../graph/graph.ts";
import type { WrittenChange } from "../graph/written.ts";
import type { DocumentTree, Patch } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import { HiddenTexts } from "../types/hidden-texts.ts";
import { type ContentOp, mapDots, mapPath, type Numbers, type Path } from "../types/op.ts";
import { located } from "./admission.ts";

/** Of one direction; `finish` is called at the end. */
export class Turning implements Skim {
  readonly #graph: Graph;
  readonly #tree: DocumentTree;
  readonly #isMasked: boolean;
  readonly #patches: Patch[];
  readonly texts = new HiddenTexts();
  // Of the change that is read.
  #change!: WrittenChange;
  #slot: Slot = -1;
  #numbers: Numbers | null = null;
  /** A path of its table, and the same with slots in the place of references. */
  #written: Path | null = null;
  #path: Path = [];
  /** Elements in a row that it put into the text there, ahead of being told. */
  #start = 0;
  #length = 0;

  constructor(graph: Graph, tree: DocumentTree, isMasked: boolean, patches: Patch[]) {
    this.#graph = graph;
    this.#tree = tree;
    this.#isMasked = isMasked;
    this.#patches = patches;
  }

  turn(change: WrittenChange, slot: Slot): void {
    this.#change = change;
    this.#slot = slot;
    this.#numbers = null;
    this.#written = null;
    skimChange(change, this);
    this.#tellInserted();
  }

  textInserted(written: Path, start: number, length: number): void {
    if (written === this.#written && start === this.#start + this.#length) {
      this.#length += length;
      return;
    }
    this.#tellInserted();
    if (written !== this.#written) this.#path = mapPath(written, this.#named);
    this.#written = written;
    this.#start = start;
    this.#length = length;
  }

  #tellInserted(): void {
    if (this.#length > 0) this.#tree.maskText(this.#path, this.#slot, this.#start, this.#length, this.texts);
    this.#length = 0;
  }

  done(op: ContentOp, start: number): void {
    const local = mapDots(op, this.#named);
    this.#tree.mask(local, this.#slot, start, this.#isMasked, this.#patches, this.texts);
  }

  /** Known once the head of the change is read. */
  get #named(): Numbers {
    const graph = this.#graph;
    this.#numbers ??= located(this.#change, this.#slot, graph.ancestorsOf(this.#change), graph);
    return this.#numbers;
  }

  /** What they did to texts; items around them settle after it. */
  finish(): void {
    this.#tree.hideAll(this.texts, this.#isMasked, this.#patches);
  }
}
