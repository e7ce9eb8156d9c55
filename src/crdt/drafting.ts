// The open drafts of the local author: edits that show already and wait to be closed. Usually one; more where an
// edit is too large for one change, where earlier changes are taken back, or where an edit is to be taken back apart from
// those before. An edit that throws is taken back whole. What happens to a closed draft is the replica's affair.

import type { LocalOps } from "./authority/admission.ts";
import type { Effects } from "./authority/effects.ts";
import { KeyForbidden, topKey } from "./authority/rights.ts";
import { sizeBound } from "./graph/body.ts";
import { type AuthorityOp, type DeviceId, isAuthority, type Op, startsOf } from "./graph/change.ts";
import { antichainOf } from "./graph/forks.ts";
import type { Graph } from "./graph/graph.ts";
import { peopleOpSize } from "./graph/people-bytes.ts";
import {
  AUTHORITY_OPS_MAX,
  CHANGE_BYTES_MAX,
  CHANGE_OPS_MAX,
  OWN_NAMES_MAX,
  RUN_UNITS_MAX,
} from "./limits.ts";
import type { Composition } from "./types/composition.ts";
import type { DocumentTree, Patch } from "./types/document.ts";
import type { Dot, Slot } from "./types/dot.ts";
import { type Author, Draft, pathBytes } from "./types/draft.ts";
import { MapEdit } from "./types/edit.ts";
import type { IsUnseen } from "./types/fugue.ts";
import type { TextNode } from "./types/node.ts";
import { type ContentOp, mapDots, type Path, type Place } from "./types/op.ts";

// Room for the header, whatever it holds, for ops about people, and for ops that grow by being joined.
const DRAFT_BYTES_MAX = CHANGE_BYTES_MAX - 4 * 1024;
const DRAFT_OPS_MAX = CHANGE_OPS_MAX - AUTHORITY_OPS_MAX;
// Room for a join.
const PEOPLE_OPS_MAX = AUTHORITY_OPS_MAX - 1;
const PEOPLE_BYTES_MAX = 2 * 1024;
/** Bytes of an insert besides its text and path, and of one deleted span. */
const INSERT_SIZE = 128;
const SPAN_SIZE = 48;

/** The ops of one change to be. */
export interface Part {
  readonly ops: readonly Op[];
  /** The changes it takes back, by their slots: they may be parts themselves, which have no numbers yet. */
  readonly retracted: readonly Slot[];
  /** The number under which its elements stand in the tree. */
  readonly slot: Slot;
}

/** What may stand in the tree that the parts of a draft do not know: nothing; what is set aside; what shows. */
export type Unseen = "nothing" | "aside" | "shown";

/** What is composed, and where. */
interface Composing {
  readonly node: TextNode;
  readonly path: Path;
  readonly composition: Composition;
}

/** Takes changes back; grows by nothing. */
class Retraction {
  readonly slot: Slot;
  readonly retracted: readonly Slot[];

  constructor(slot: Slot, retracted: readonly Slot[]) {
    this.slot = slot;
    this.retracted = retracted;
  }
}

const NOTHING: readonly Slot[] = [];

export class Drafting implements Author {
  readonly tree: DocumentTree;
  readonly #graph: Graph;
  readonly #effects: Effects;
  readonly #device: DeviceId;
  #drafts: (Draft | Retraction)[] = [];
  /** Of these the last one, if it grows. */
  #last: Draft | null = null;
  /** Begun because the one before was full. */
  readonly #overflown = new Set<Slot>();
  /** The heads at the first op. */
  #parents: readonly Slot[] = [];
  #isUnseen: IsUnseen = null;
  #unseen: Unseen = "nothing";
  #authority: AuthorityOp[] = [];
  /** What the edit under way shows differently; null while there is none. */
  #patches: Patch[] | null = null;
  /** The keys of the root under which an edit may be made; null for any. Set by who knows the role. */
  keys: () => readonly string[] | null = () => null;
  /** The same for the edit under way. */
  #keys: readonly string[] | null = null;
  #isWatched = true;
  readonly #unwatched: Patch[] = [];
  /** What was typed or deleted last, if it is not in the tree yet. */
  #composing: Composing | null = null;
  /** Where the drafts stood before the edit under way; null while that has not changed the tree. */
  #marked: { readonly count: number; readonly last: Draft | null } | null = null;
  readonly #root: MapEdit;

  constructor(graph: Graph, tree: DocumentTree, effects: Effects, device: DeviceId) {
    this.#graph = graph;
    this.#effects = effects;
    this.#device = device;
    this.tree = tree;
    this.#root = new MapEdit(this, []);
  }

  get isOpen(): boolean {
    return this.#drafts.length > 0 || this.#authority.length > 0 || this.#composing !== null;
  }

  /** Whether anything is drafted but what is said about people. */
  get hasContent(): boolean {
    return this.#drafts.length > 0 || this.#composing !== null;
  }

  /** Whether the elements of this number have no name yet. */
  has(slot: Slot): boolean {
    return this.#drafts.some(draft => draft.slot === slot);
  }

  // ------------------------------------------------------------------------------------------------ editing

  /**
   * What shows differently; where nobody is told (`isWatched` false) it need not be complete. If `edit` throws, so does
   * this, and nothing has happened.
   */
  edit(edit: (root: MapEdit) => void, isWatched: boolean): readonly Patch[] {
    if (this.#patches !== null) this.checkNoEdit();
    const patches: Patch[] = isWatched ? [] : this.#unwatched;
    if (patches.length > 0) patches.length = 0;
    this.#patches = patches;
    this.#isWatched = isWatched;
    this.#keys = this.keys();
    this.#marked = null;
    let isDone = false;
    try {
      edit(this.#root);
      isDone = true;
    } finally {
      this.#patches = null;
      const composing = this.#composing;
      if (!isDone) this.#rollBack();
      else if (composing !== null && !composing.composition.keep()) this.#finish(composing);
    }
    return patches;
  }

  #mark(): void {
    const last = this.#last;
    this.#marked = { count: this.#drafts.length, last };
    if (last !== null) last.mark();
  }

  #rollBack(): void {
    const undone: Patch[] = [];
    const composing = this.#composing;
    if (composing !== null) {
      composing.composition.drop();
      this.tree.touch(composing.path);
      if (composing.composition.isEmpty) this.#forget(composing);
    }
    if (this.#marked !== null) {
      const { count, last } = this.#marked;
      for (const draft of this.#drafts.splice(count).reverse()) {
        // Nothing is taken back inside an edit.
        if (draft instanceof Draft) draft.rollBack(undone);
        this.tree.strands.drop(draft.slot);
      }
      this.#last = last;
      if (last !== null) last.rollBack(undone);
    }
    this.tree.settle(undone);
  }

  add(op: ContentOp): Dot {
    const patches = this.#underWay();
    if (this.#keys !== null) this.#checkKeys(op);
    this.#enter();
    const size = sizeBound(op);
    return this.#growing(size).add(op, size, patches);
  }

  compose(node: TextNode, path: Path, index: number, removed: number, inserted: string): boolean {
    if (this.#patches === null) this.#underWay();
    if (this.#keys !== null) this.#checkKey(path[0]!.at);
    // What one edit does at many places comes to nothing less.
    if (this.#marked !== null) return false;
    const composing = this.#composing ?? this.#composeIn(node, path);
    if (composing.node !== node || !composing.composition.hold(index, removed, inserted)) return false;
    if (this.#isWatched || path.length > 1) this.#changed(path, index, removed, inserted);
    return true;
  }

  #composeIn(node: TextNode, path: Path): Composing {
    this.#begin();
    this.#composing = { node, path, composition: node.compose(() => this.settle()) };
    return this.#composing;
  }

  /** What should grow no more. */
  #finish(composing: Composing): void {
    if (composing.composition.isEmpty) this.#forget(composing);
    else this.settle();
  }

  #forget({ node }: Composing): void {
    node.endComposition();
    this.#composing = null;
  }

  /** Puts what was composed into the tree. */
  settle(): void {
    const composing = this.#composing;
    if (composing === null) return;
    const { node, path } = composing;
    const { pieces, held } = composing.composition;
    node.endComposition();
    let moved = 0;
    for (const { at, removed, inserted } of pieces) {
      this.#splice(node, path, at + moved, removed, inserted);
      moved += inserted.length - removed;
    }
    // Not before: a draft that is made of it builds on what was there when it was begun, as one that is open does.
    this.#composing = null;
    if (this.#patches === null) return;
    // What the edit under way does can be taken back.
    this.#enter();
    if (held !== null) this.#splice(node, path, held.at, held.removed, held.inserted);
  }

  /** The edit under way is about to change the tree. */
  #enter(): void {
    if (this.#composing !== null) this.settle();
    else if (this.#marked === null) this.#mark();
  }

  #splice(node: TextNode, path: Path, at: number, removed: number, inserted: string): void {
    if (removed === 0) this.#type(node, path, at, inserted);
    else if (inserted === "") this.#cut(node, path, at, at + removed);
    else {
      const place = node.text.placeInstead(at, this.isUnseen);
      this.#cut(node, path, at, at + removed);
      this.#type(node, path, at, inserted, place);
    }
  }

  /** `place`: where it hangs, if that is known. */
  #type(node: TextNode, path: Path, index: number, text: string, place: Place | null = null): void {
    for (let i = 0; i < text.length; ) {
      let end = Math.min(i + RUN_UNITS_MAX, text.length);
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
      const run = i === 0 && end === text.length ? text : text.slice(i, end);
      this.#typeRun(node, path, index + i, run, i === 0 ? place : null);
      i = end;
    }
  }

  /** At most `RUN_UNITS_MAX` units. */
  #typeRun(node: TextNode, path: Path, index: number, text: string, place: Place | null): void {
    const draft = this.#growing(INSERT_SIZE + pathBytes(path) + text.length * 3);
    if (place === null) draft.typeText(node, path, index, text, this.#isUnseen);
    else draft.typeAt(node, path, place, text);
  }

  replaceText(node: TextNode, path: Path, index: number, removed: number, inserted: string): void {
    this.#underWay();
    if (this.#keys !== null) this.#checkKey(path[0]!.at);
    this.#enter();
    this.#splice(node, path, index, removed, inserted);
    this.#changed(path, index, removed, inserted);
  }

  /** As many elements are as many spans at most. */
  #cut(node: TextNode, path: Path, from: number, to: number): void {
    for (let left = to - from; left > 0; ) {
      const count = Math.min(left, OWN_NAMES_MAX);
      left -= count;
      this.#growing(count * SPAN_SIZE + pathBytes(path)).cutText(node, path, from, from + count);
    }
  }

  #changed(path: Path, index: number, removed: number, inserted: string): void {
    const patches = this.#underWay();
    if (this.#isWatched) patches.push({ type: "text", path, index, removed, inserted });
    if (path.length > 1) this.#touch(path, patches);
  }

  /** A text in an item: the item may show because of it, or no longer. */
  #touch(path: Path, patches: Patch[]): void {
    this.tree.touch(path);
    this.tree.settle(patches);
  }

  #underWay(): Patch[] {
    if (this.#patches === null)
      throw new Error("Expected to be inside an edit: handles are of use only there");
    return this.#patches;
  }

  #checkKeys(op: ContentOp): void {
    this.#checkKey(topKey(op, op.path));
    // A move takes from one place and puts at another.
    if (op.type === "move") this.#checkKey(topKey(op, op.from));
  }

  #checkKey(key: unknown): void {
    if (!this.#keys!.includes(key as string))
      throw new KeyForbidden(`Expected one of the keys ${this.#keys!.join(", ")}, got ${key}`);
  }

  /** The draft that takes `size` more bytes. */
  #growing(size: number): Draft {
    const last = this.#last;
    if (last !== null && last.size + size <= DRAFT_BYTES_MAX && last.count < DRAFT_OPS_MAX) return last;
    this.#begin();
    const before = this.#drafts.findLast(draft => draft instanceof Draft);
    before?.claim();
    const slot = this.#graph.reserve();
    if (last !== null) this.#overflown.add(slot);
    return this.#beginDraft(before?.slot ?? this.#graph.newestSlotOf(this.#device), slot);
  }

  /** What is edited from now on becomes a change of its own. */
  seal(): void {
    this.checkNoEdit();
    this.settle();
    this.#last = null;
  }

  /** Takes changes back, closed ones or parts. Answers the number of the part; what shows is to be seen to elsewhere. */
  retract(retracted: readonly Slot[], slot = this.#graph.reserve()): Slot {
    this.seal();
    this.#begin();
    this.#drafts.push(new Retraction(slot, retracted));
    return slot;
  }

  /** Throws inside an edit: half of one is nothing that may be closed, or moved. */
  checkNoEdit(): void {
    if (this.#patches !== null) throw new Error("Expected no edit to be under way");
  }

  /** Whether a change was begun in the middle of an edit that was too large for the one before. */
  isOverflown(slot: Slot): boolean {
    return this.#overflown.has(slot);
  }

  #beginDraft(after: Slot | null, slot: Slot): Draft {
    const draft = new Draft(this.tree, slot);
    this.tree.strands.begin(slot, after);
    if (this.#drafts.length === 0) this.#drafts = [draft];
    else this.#drafts.push(draft);
    this.#last = draft;
    return draft;
  }

  /** An op about people; of names the last one counts. `above`: changes that it has to know of, loose ones too. */
  addAuthority(op: AuthorityOp, above: readonly Slot[] = NOTHING): void {
    this.checkNoEdit();
    peopleOpSize(op);
    this.#begin();
    if (above.length > 0) this.#parents = antichainOf(this.#graph, [...this.#parents, ...above]);
    if (op.type === "name") this.#authority = this.#authority.filter(({ type }) => type !== "name");
    this.#authority.push(op);
  }

  #begin(): void {
    if (!this.isOpen) this.#look([]);
  }

  /** What it is made on top of: all that is not loose, and what it names. */
  #look(named: readonly Slot[]): void {
    const tips = this.#effects.tips(this.#device);
    this.#parents = named.length === 0 ? tips : antichainOf(this.#graph, [...tips, ...named]);
    this.#isUnseen = null;
    this.#unseen = this.#effects.aside.size > 0 ? "aside" : "nothing";
    if (this.#unseen === "nothing") return;
    // What is loose shows nothing and is not below what is written now: no place can be named after it.
    const own = this.#graph.newestSlotOf(this.#device);
    const past = this.#graph.past(own === null ? this.#parents : [...this.#parents, own]);
    this.#isUnseen = slot => !past.has(slot) && !this.has(slot);
  }

  get isUnseen(): IsUnseen {
    this.#begin();
    return this.#isUnseen;
  }

  /** The numbers of the parts, in a row. */
  get slots(): readonly Slot[] {
    this.settle();
    return this.#drafts.map(({ slot }) => slot);
  }

  /** What the drafts hold, as changes to be. Empty if none is open. */
  get parts(): readonly Part[] {
    this.settle();
    const parts = this.#drafts.map(draft => {
      const isDraft = draft instanceof Draft;
      return {
        ops: isDraft ? draft.ops : [],
        retracted: isDraft ? NOTHING : draft.retracted,
        slot: draft.slot,
      };
    });
    return this.#authority.length === 0 ? parts : this.#withPeople(parts);
  }

  /** What is said about people comes first, in the first part if there is room. */
  #withPeople(parts: readonly Part[]): readonly Part[] {
    const said = inChanges(this.#authority).map(ops => {
      return { ops, retracted: NOTHING, slot: this.#graph.reserve() };
    });
    const [first, ...others] = parts;
    if (first === undefined) return said;
    const last = said.pop()!;
    return [...said, { ...first, ops: [...last.ops, ...first.ops] }, ...others];
  }

  /** The ops on data of a part, as the tree knows them; null if there is no such part. */
  opsOf(slot: Slot): LocalOps | null {
    this.settle();
    const draft = this.#drafts.find(other => other.slot === slot);
    if (draft === undefined) return null;
    const ops = draft instanceof Draft ? draft.ops : [];
    return { ops, starts: startsOf(ops) };
  }

  /** What the drafts hold, when it is about to be taken out of the tree: typing begins anew after that. */
  pause(): readonly Part[] {
    this.settle();
    for (const draft of this.#drafts) if (draft instanceof Draft) draft.close();
    return this.parts;
  }

  /** Puts it there again, on top of whatever came meanwhile, and of what it names, which may be loose by now. */
  put(patches: Patch[]): void {
    const named = new Set<Slot>();
    const of = (slot: Slot): Slot => {
      named.add(slot);
      return slot;
    };
    for (const draft of this.#drafts)
      if (draft instanceof Draft) for (const op of draft.ops) mapDots(op, { of });
    this.#look([...named].filter(slot => this.#graph.isHere(slot)));
    for (const draft of this.#drafts) if (draft instanceof Draft) draft.put(patches, this.#isUnseen);
  }

  /** What the changes to be are made on top of. */
  get ground(): { readonly parents: readonly Slot[]; readonly unseen: Unseen } {
    return { parents: this.#parents, unseen: this.#unseen };
  }

  /** The first of the parts is a change now. */
  closed({ ops, slot }: Part): void {
    if (this.#drafts[0]?.slot === slot) this.#drafts.shift();
    if (this.#drafts.length === 0) this.#last = null;
    if (this.#authority.length > 0) this.#authority = this.#authority.slice(ops.filter(isAuthority).length);
  }

  /** Takes up one part of a draft that was open when its page went away. The ops must have been judged. */
  resume(ops: readonly ContentOp[], retracted: readonly Slot[], slot: Slot, patches: Patch[]): void {
    this.settle();
    this.#begin();
    // More may have been stored since its page went away.
    this.#unseen = "shown";
    if (retracted.length > 0) {
      this.retract(retracted, slot);
      return;
    }
    const draft = this.#beginDraft(null, slot);
    for (const op of ops) draft.add(op, sizeBound(op), patches);
  }
}

/** Ops about people, in their order, as many in a row as one change may hold. */
function inChanges(ops: readonly AuthorityOp[]): AuthorityOp[][] {
  const changes: AuthorityOp[][] = [];
  let size = 0;
  for (const op of ops) {
    const own = peopleOpSize(op);
    const last = changes.at(-1);
    const hasRoom = last !== undefined && last.length < PEOPLE_OPS_MAX && size + own <= PEOPLE_BYTES_MAX;
    if (hasRoom) last.push(op);
    else changes.push([op]);
    size = hasRoom ? size + own : own;
  }
  return changes;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
