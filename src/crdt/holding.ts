// What a replica holds: the changes it admitted or made, who may write by them, and what they add up to. Takes in what
// was judged elsewhere and finds it again; decides nothing.

import { localize } from "./authority/admission.ts";
import { Effects } from "./authority/effects.ts";
import { Equivocation, type ProvenFork } from "./authority/equivocation.ts";
import { Members } from "./authority/members.ts";
import { Archive } from "./graph/archive.ts";
import type { Bytes, Writer } from "./graph/bytes.ts";
import type { ChangeId } from "./graph/change.ts";
import { equalBytes } from "./graph/crypto.ts";
import { Graph } from "./graph/graph.ts";
import { Retracts } from "./graph/retracts.ts";
import { Since } from "./graph/since.ts";
import { type Shelf, type SignedRun, type Stored, shelved, type VerifiedChange } from "./graph/verify.ts";
import type { Ancestors, WrittenChange } from "./graph/written.ts";
import { Masking } from "./masking.ts";
import { DocumentTree, type Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";
import type { ImageIn, ImageOut } from "./types/image.ts";

/** Where a covered change stands in its run. */
interface Tail {
  readonly slot: Slot;
  readonly run: SignedRun;
  readonly position: number;
}

/** Changes in a row and all that it takes to show that the author of the first of them signed for it. */
export interface Covering {
  /** Itself, and those after it that are here, up to the signed one or the last before it. */
  readonly slots: readonly Slot[];
  /** Where the signed one is not here, being refused or waiting: the changes up to it. */
  readonly witnesses: readonly Bytes[];
  readonly signature: Bytes;
}

export class Holding implements Shelf {
  readonly graph = new Graph();
  readonly members = new Members(this.graph);
  readonly equivocation = new Equivocation();
  readonly effects = new Effects(this.graph, this.members, this.equivocation, slot => this.#changeAt(slot));
  readonly tree = new DocumentTree(this.graph);
  readonly retracts = new Retracts(this.graph);
  readonly masking = new Masking(this.graph, this.tree, this.retracts, slot =>
    this.#archive.has(slot) ? this.#archive.writtenAt(slot) : null,
  );
  readonly #archive = new Archive();
  readonly #since = new Since(this.graph);
  /** Entered since it was last worked out what counts, and whether ops about people were among it. */
  #unsettled: Slot[] = [];
  #hasActs = false;
  /** What proves a covered change whose run does not go on here: the rest of it was refused, or waits. */
  readonly #tails = new Map<Slot, Tail>();
  /** The one of the change that came last, which stands nowhere yet: most runs go on at once. */
  #tail: Tail | null = null;

  /** Takes in everything of a change but what shows. `isOnSheet`: the buffer that it stands in is kept (`Archive.adopt`). */
  enter(verified: VerifiedChange, slot: Slot, ancestors: Ancestors, isOnSheet = false): void {
    const { change, signature } = verified;
    this.graph.add(change, ancestors, slot);
    if (this.members.enter(change, slot, ancestors.parents, change.isAboutPeople)) this.#hasActs = true;
    this.#unsettled.push(slot);
    if (change.isRetracting) this.retracts.enter(change, ancestors.prev, slot);
    if (isOnSheet) this.#archive.adopt(slot, change);
    else this.#archive.add(slot, change);
    if (signature !== null) this.#archive.sign(slot, signature);
    if (verified.run !== null) this.#keepTail(slot, ancestors.prev, verified.run, verified);
  }

  /** A tail is needed until the next change of its run stands where `proofOf` finds it. */
  #keepTail(slot: Slot, before: Slot, run: SignedRun, { position, signature }: VerifiedChange): void {
    if (this.#tailOf(before)?.run === run && this.graph.nextInLane(before) === slot) this.#dropTail(before);
    if (this.#tail !== null) this.#tails.set(this.#tail.slot, this.#tail);
    this.#tail = signature === null ? { slot, run, position } : null;
  }

  #tailOf(slot: Slot): Tail | undefined {
    return this.#tail?.slot === slot ? this.#tail : this.#tails.get(slot);
  }

  #dropTail(slot: Slot): void {
    if (this.#tail?.slot === slot) this.#tail = null;
    else this.#tails.delete(slot);
  }

  /** Null where its bytes are not here yet. */
  #changeAt(slot: Slot): WrittenChange | null {
    return this.#archive.has(slot) ? this.at(slot).change : null;
  }

  /** Works out what counts by all that was entered, and shows that; each of them must have been applied. */
  settle(patches: Patch[]): void {
    if (this.isWhole) this.masking.setAside(this.effects.complete(), patches);
    if (this.#unsettled.length === 0) return;
    const turned = this.effects.settle(this.#unsettled, this.#hasActs);
    this.#unsettled = [];
    this.#hasActs = false;
    this.masking.setAside(turned, patches);
  }

  /** Keeps a proof that was judged, and shows what counts by it. */
  prove(fork: ProvenFork, patches: Patch[]): void {
    if (this.equivocation.learn(fork)) this.masking.setAside(this.effects.meet(fork.device), patches);
  }

  /** Shows what a change that was entered does, from the bytes that were kept. */
  applyKept(slot: Slot, patches: Patch[]): void {
    const { change } = this.at(slot);
    const ancestors = this.graph.ancestorsOf(change);
    const local = localize(change, slot, ancestors, this.graph);
    this.masking.apply(change, ancestors.prev, local, slot, patches);
  }

  sign(slot: Slot, signature: Bytes): void {
    this.#archive.sign(slot, signature);
  }

  /** A signature for what came covered, or is the author's own. */
  signIfBare(slot: Slot, signature: Bytes): void {
    if (!this.#archive.isSigned(slot)) this.#archive.sign(slot, signature);
  }

  /** An admitted change with all that it takes to show that its author signed for it; null if that was not signed yet, or
   * its bytes are not here. */
  proofOf(id: ChangeId): SignedRun | null {
    const from = this.graph.slotOf(id);
    const cover = from === undefined ? null : this.coverOf(from);
    if (cover === null) return null;
    const { slots, witnesses, signature } = cover;
    return { changes: [...slots.map(slot => this.#archive.bytesAt(slot)), ...witnesses], signature };
  }

  /** The same by slots, so far as it is here. */
  coverOf(from: Slot): Covering | null {
    const slots: Slot[] = [];
    for (let slot: Slot | undefined = from; slot !== undefined; slot = this.graph.nextInLane(slot)) {
      if (!this.#archive.has(slot)) return null;
      slots.push(slot);
      const signature = this.#archive.signatureAt(slot);
      if (signature !== null) return { slots, witnesses: [], signature };
      const rest = this.#restOf(slot);
      if (rest === null) continue;
      const here = this.#witnessesHere(slot, rest.changes);
      const witnesses = here === null ? rest.changes : [];
      return { slots: here === null ? slots : [...slots, ...here], witnesses, signature: rest.signature };
    }
    return null;
  }

  /** The witnesses as changes, if they were admitted after all, by another way. Each names the one before, so the last of
   * them tells of all. */
  #witnessesHere(from: Slot, witnesses: readonly Bytes[]): Slot[] | null {
    const slots: Slot[] = [];
    let slot: Slot | undefined = from;
    for (let left = witnesses.length; left > 0; left--) {
      slot = this.graph.nextInLane(slot);
      if (slot === undefined) return null;
      slots.push(slot);
    }
    return equalBytes(this.#archive.bytesAt(slot), witnesses.at(-1)!) ? slots : null;
  }

  isCovered(id: ChangeId): boolean {
    let slot = this.graph.slotOf(id);
    while (slot !== undefined && !this.#archive.isSigned(slot) && this.#tailOf(slot) === undefined)
      slot = this.graph.nextInLane(slot);
    return slot !== undefined;
  }

  /** What stands behind a change on its run, if its run does not go on here. */
  tailAt(id: ChangeId): SignedRun | null {
    const slot = this.graph.slotOf(id);
    return slot === undefined || this.#archive.isSigned(slot) ? null : this.#restOf(slot);
  }

  #restOf(slot: Slot): SignedRun | null {
    const tail = this.#tailOf(slot);
    if (tail === undefined) return null;
    return { changes: tail.run.changes.slice(tail.position + 1), signature: tail.run.signature };
  }

  /** Whether the bytes of all changes are here. After an image was loaded they are not until `fill` has brought them. */
  get isWhole(): boolean {
    return this.#archive.count === this.graph.size;
  }

  /** The bytes of a change that came by an image, whose hash was checked; and what stands behind it on its run. */
  fill(slot: Slot, { bytes, signature, tail }: Stored): void {
    if (!this.#archive.has(slot)) this.#archive.add(slot, { buffer: bytes, start: 0, end: bytes.length });
    if (signature !== null) this.signIfBare(slot, signature);
    else if (tail !== undefined) {
      const changes = [bytes, ...tail.changes];
      this.#tails.set(slot, { slot, run: { changes, signature: tail.signature }, position: 0 });
    }
  }

  dump(out: ImageOut): void {
    this.graph.dump(out);
    this.members.dump(out);
    this.equivocation.dump(out);
    this.effects.dump(out);
    this.retracts.dump(out);
    this.tree.dump(out);
    this.masking.dump(out);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    this.graph.load(from);
    this.members.load(from);
    this.equivocation.load(from);
    this.effects.load(from);
    this.retracts.load(from);
    this.tree.load(from);
    this.masking.load(from);
  }

  /** Its bytes are read when they are looked at, and each time anew. */
  at(slot: Slot): VerifiedChange {
    return shelved(slot, this);
  }

  get(id: ChangeId): VerifiedChange | undefined {
    const slot = this.graph.slotOf(id);
    return slot === undefined ? undefined : this.at(slot);
  }

  idAt(slot: Slot): ChangeId {
    return this.graph.idAt(slot);
  }

  bytesAt(slot: Slot): Bytes {
    return this.#archive.bytesAt(slot);
  }

  writeBytes(slot: Slot, out: Writer): void {
    this.#archive.write(slot, out);
  }

  /** With room for its id, unlike `writtenAt`, which stands where it is kept. */
  copyAt(slot: Slot): WrittenChange {
    return this.#archive.copyAt(slot);
  }

  writtenAt(slot: Slot): WrittenChange {
    return this.#archive.writtenAt(slot);
  }

  isSigned(slot: Slot): boolean {
    return this.#archive.isSigned(slot);
  }

  signatureAt(slot: Slot): Bytes | null {
    return this.#archive.signatureAt(slot);
  }

  /** All changes, parents first. */
  *changes(): Generator<VerifiedChange> {
    for (const slot of this.graph.order) yield this.at(slot);
  }

  /** The changes that are neither among `known` nor in their past, parents first. Unknown ids are passed over. */
  *changesSince(known: Iterable<ChangeId>): Generator<VerifiedChange> {
    for (const slot of this.slotsSince(known)) yield this.at(slot);
  }

  /** The same by their slots. */
  slotsSince(known: Iterable<ChangeId>): Iterable<Slot> {
    return this.#since.slots(this.graph.past([...known].flatMap(id => this.graph.slotOf(id) ?? [])));
  }
}
