// Brings admitted changes into the tree, and sets some of them aside: a change that is masked, or that its own author
// retracted, stays where it is in the graph, others build on it and are judged as ever (rules of admission never look
// here), but nothing shows of it. Who is masked, and why, is not known here.

import type { LocalOps } from "./authority/admission.ts";
import { Turning } from "./authority/turning.ts";
import type { ChangeId } from "./graph/change.ts";
import type { Graph } from "./graph/graph.ts";
import type { Retracts } from "./graph/retracts.ts";
import type { WrittenChange } from "./graph/written.ts";
import type { DocumentTree, Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";
import { HiddenTexts } from "./types/hidden-texts.ts";
import type { ImageIn, ImageOut } from "./types/image.ts";

export class Masking {
  readonly #graph: Graph;
  readonly #tree: DocumentTree;
  readonly #retracts: Retracts;
  readonly #writtenAt: (slot: Slot) => WrittenChange | null;
  /** Also of changes that are not here yet. */
  readonly #masked = new Set<ChangeId>();
  /** Those of them that were applied. */
  readonly #maskedHere = new Set<Slot>();
  /** Applied changes that do not count by what is known of people (authority/effects.ts). */
  readonly #aside = new Set<Slot>();
  /** Of whose ops nothing shows: masked or retracted. */
  readonly #hidden = new Set<Slot>();
  /** Of which that is not true yet, for want of their bytes (`pay`). */
  readonly #owed = new Set<Slot>();

  constructor(
    graph: Graph,
    tree: DocumentTree,
    retracts: Retracts,
    writtenAt: (slot: Slot) => WrittenChange | null,
  ) {
    this.#graph = graph;
    this.#tree = tree;
    this.#retracts = retracts;
    this.#writtenAt = writtenAt;
  }

  has(id: ChangeId): boolean {
    return this.#masked.has(id);
  }

  /** Also what is not here yet. */
  get masked(): ReadonlySet<ChangeId> {
    return this.#masked;
  }

  /** What was applied and does not count by what is known of people. */
  get aside(): Iterable<Slot> {
    return this.#aside;
  }

  /** What was applied and shows nothing now: masked or retracted. */
  get hidden(): Iterable<Slot> {
    return this.#hidden;
  }

  /** Its elements stand behind those of its device's change before; `prev` -1 is none. */
  begin({ elements }: WrittenChange, prev: Slot, slot: Slot): void {
    const { strands } = this.#tree;
    strands.begin(slot, prev < 0 ? null : prev);
    if (elements > 0) strands.claim(slot, elements);
  }

  apply(change: WrittenChange, prev: Slot, local: LocalOps, slot: Slot, patches: Patch[]): void {
    this.begin(change, prev, slot);
    const { ops, starts } = local;
    const isMasked = this.#masked.size > 0 && this.#masked.has(change.id);
    // What comes and goes at once shows nowhere, so nobody is told.
    this.#tree.applyAll(ops, starts, slot, isMasked ? [] : patches);
    if (isMasked) {
      this.#maskedHere.add(slot);
      this.#show([slot], [], () => local);
    }
    if (change.isRetracting) this.retract(slot, this.#retracts.nameAll(change, prev), patches);
  }

  /**
   * Of the parts of a draft, the oldest first, which have names now: those were missing where something stood that the draft
   * does not know, so its elements stood behind all of that. They are put where everybody puts them. `put`: or otherwise.
   */
  place(
    parts: readonly { readonly slot: Slot; readonly local: LocalOps }[],
    patches: Patch[],
    put = (): void => {
      for (const { slot, local } of parts) this.#tree.applyAll(local.ops, local.starts, slot, patches);
    },
  ): void {
    const hidden = parts.filter(({ slot }) => this.#hidden.has(slot));
    this.#turnAll(hidden, false, patches);
    for (const { slot, local } of parts.toReversed())
      for (let i = local.ops.length - 1; i >= 0; i--)
        this.#tree.lift(local.ops[i]!, slot, local.starts[i]!, patches);
    put();
    this.#turnAll(hidden, true, patches);
  }

  #turnAll(
    parts: readonly { readonly slot: Slot; readonly local: LocalOps }[],
    isHidden: boolean,
    patches: Patch[],
  ): void {
    const texts = new HiddenTexts();
    for (const { slot, local } of parts)
      this.#tree.maskAll(local.ops, local.starts, slot, isHidden, patches, texts);
    this.#tree.hideAll(texts, isHidden, patches);
    this.#tree.settle(patches);
  }

  /** What a change that was applied, or the part of a draft, takes back. `drafted`: the ops of changes that are none yet. */
  retract(
    slot: Slot,
    named: readonly Slot[],
    patches: Patch[],
    drafted: (slot: Slot) => LocalOps | null = () => null,
  ): void {
    this.#retracts.add(slot, named);
    this.#show(this.#turn([slot]), patches, drafted);
  }

  mask(ids: Iterable<ChangeId>, isMasked: boolean, patches: Patch[]): void {
    const turned: Slot[] = [];
    for (const id of ids) {
      if (this.#masked.has(id) === isMasked) continue;
      if (isMasked) this.#masked.add(id);
      else this.#masked.delete(id);
      const slot = this.#graph.slotOf(id);
      if (slot === undefined) continue;
      if (isMasked) this.#maskedHere.add(slot);
      else this.#maskedHere.delete(slot);
      turned.push(slot);
    }
    this.#show(this.#turn(turned), patches);
  }

  /** Some applied changes count no more, some count again. */
  setAside(
    { aside, back }: { readonly aside: readonly Slot[]; readonly back: readonly Slot[] },
    patches: Patch[],
  ): void {
    for (const slot of aside) this.#aside.add(slot);
    for (const slot of back) this.#aside.delete(slot);
    if (aside.length > 0 || back.length > 0) this.#show(this.#turn([...aside, ...back]), patches);
  }

  #turn(slots: readonly Slot[]): Iterable<Slot> {
    return this.#retracts.turn(slots, slot => this.#isMasked(slot));
  }

  #isMasked(slot: Slot): boolean {
    return this.#maskedHere.has(slot) || this.#aside.has(slot);
  }

  /** Takes the effect of changes out or back in, where that is not done yet. */
  #show(slots: Iterable<Slot>, patches: Patch[], known: (slot: Slot) => LocalOps | null = () => null): void {
    const hiding = new Turning(this.#graph, this.#tree, true, patches);
    const showing = new Turning(this.#graph, this.#tree, false, patches);
    for (const slot of slots) {
      const isHidden = this.#isMasked(slot) || this.#retracts.isRetracted(slot);
      if (isHidden === this.#hidden.has(slot)) continue;
      const local = known(slot);
      const written = local === null ? this.#writtenAt(slot) : null;
      if (local === null && written === null) {
        this.#owed.add(slot);
        continue;
      }
      if (isHidden) this.#hidden.add(slot);
      else this.#hidden.delete(slot);
      const turning = isHidden ? hiding : showing;
      if (written !== null) turning.turn(written, slot);
      else if (local !== null)
        this.#tree.maskAll(local.ops, local.starts, slot, isHidden, patches, turning.texts);
    }
    hiding.finish();
    showing.finish();
    this.#tree.settle(patches);
  }

  /** Whether something shows, or does not, that would be otherwise if its bytes were here. */
  get owes(): boolean {
    return this.#owed.size > 0;
  }

  /** More bytes are here. */
  pay(patches: Patch[]): void {
    if (this.#owed.size === 0) return;
    const owed = [...this.#owed];
    this.#owed.clear();
    this.#show(owed, patches);
  }

  dump(out: ImageOut): void {
    const sorted = (slots: Iterable<Slot>): Slot[] => [...slots].sort((a, b) => a - b);
    out.json([[...this.#masked], sorted(this.#maskedHere), sorted(this.#hidden), sorted(this.#aside)]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const [masked, maskedHere, hidden, aside] = from.json() as [ChangeId[], Slot[], Slot[], Slot[]];
    for (const id of masked) this.#masked.add(id);
    for (const slot of maskedHere) this.#maskedHere.add(slot);
    for (const slot of hidden) this.#hidden.add(slot);
    for (const slot of aside) this.#aside.add(slot);
  }
}
