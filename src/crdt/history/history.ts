// Looking back: what the document was at a version, what differs between two, who wrote what, when. A version is a set of
// changes with everything below them, named by its heads, and what shows of it follows from it alone:
//
//     at(version)  =  f(effective(version))                              effective.ts
//
// Three ways lead there: texts by their film, everything else by rewinding a tree, and what is said about changes by the
// annals. Nothing here is changed by looking, and nothing that comes meanwhile is in the way.

import { localize } from "../authority/admission.ts";
import type { Members } from "../authority/members.ts";
import type { ChangeId, DeviceId, DocId } from "../graph/change.ts";
import { readChange } from "../graph/codec.ts";
import type { Graph } from "../graph/graph.ts";
import { Inspector, type SignatureQuestion, type SignedRun } from "../graph/verify.ts";
import type { WrittenChange } from "../graph/written.ts";
import type { DocumentTree } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import { canonicalJson, type Json, type Node, type TextNode, toJson } from "../types/node.ts";
import { type Path, type Scalar, samePath } from "../types/op.ts";
import { Register } from "../types/register.ts";
import { Annals } from "./annals.ts";
import { type Difference, differencesOf, type Place, placesOf } from "./diff.ts";
import { effectiveIn, type Marks, type Retracting } from "./effective.ts";
import { type Entry, entriesOf, Frontier } from "./entries.ts";
import { type Deleted, Film, type TextStep } from "./film.ts";
import { orderOf } from "./order.ts";
import { finish, Progress } from "./progress.ts";
import { Rewinding } from "./rewinding.ts";

/** Named by its heads: the changes among them and below. */
export type Version = readonly ChangeId[];

/** What a replica lets its past be read from. */
export interface Ground {
  readonly graph: Graph;
  readonly tree: DocumentTree;
  readonly members: Members;
  readonly masking: {
    readonly masked: Iterable<ChangeId>;
    readonly aside: Iterable<Slot>;
    readonly hidden: Iterable<Slot>;
  };
  readonly retracts: { laterFirst(): Iterable<Retracting> };
  /** To be read; its id is not behind it. */
  writtenAt(slot: Slot): WrittenChange;
  proofOf(id: ChangeId): SignedRun | null;
}

/** What ends a stretch: that another change made what follows, or only that another author did. */
export type Grain = "change" | "author";

/** Who wrote a stretch of a text: a claim like any other until its signature was judged (`proof`). */
export interface Blame {
  /** [from, to) in the text. */
  readonly from: number;
  readonly to: number;
  readonly author: DeviceId;
  /** The one that made it, or its first letter. */
  readonly change: ChangeId;
  /** Seconds since 1970 as the author stated them last; null if never. */
  readonly time: number | null;
}

/** Changes read between two reports. */
const SLICE = 1024;

export class History {
  readonly #ground: Ground;
  readonly #graph: Graph;
  readonly #inspector: Inspector;
  readonly #annals: Annals;
  /** How many changes the annals know, in the order of the graph. */
  #read = 0;
  #order: readonly Slot[] = [];
  #entries: readonly Entry[] = [];
  /** By the text, with the number of changes there were when it was taken. */
  readonly #films = new Map<TextNode, { readonly film: Film; readonly size: number }>();
  #rewinding: Rewinding | null = null;

  /** `keys`: of the root. Entries are about what is under them; without them about everything. */
  constructor(doc: DocId, ground: Ground, keys: readonly string[] | null = null) {
    this.#annals = new Annals(keys);
    this.#ground = ground;
    this.#graph = ground.graph;
    this.#inspector = new Inspector(doc);
  }

  /** Everything that is here by now. */
  get newest(): Version {
    return this.#graph.heads;
  }

  has(version: Version): boolean {
    return version.every(id => this.#graph.has(id));
  }

  /** What counts in a version, whose heads must be here. */
  #effective(version: Version): Marks {
    const heads = version.map(id => {
      const slot = this.#graph.slotOf(id);
      if (slot === undefined) throw new RangeError(`Expected a version whose changes are here, got ${id}`);
      return slot;
    });
    const { order } = this.#graph;
    const past = this.#graph.past(heads);
    const marks: Marks = new Uint8Array(this.#graph.reserved);
    for (let i = 0; i < order.length; i++) if (past.has(order.at(i)!)) marks[order.at(i)!] = 1;
    return effectiveIn(marks, this.#masked(), this.#ground.retracts.laterFirst());
  }

  /** By hand, and by what is known of people. */
  *#masked(): Generator<Slot> {
    yield* this.#ground.masking.aside;
    for (const id of this.#ground.masking.masked) {
      const slot = this.#graph.slotOf(id);
      if (slot !== undefined) yield slot;
    }
  }

  // -------------------------------------------------------------------------------------------------- texts

  text(version: Version, path: Path): string {
    const effective = this.#effective(version);
    return this.#film(path, effective)?.text(effective) ?? "";
  }

  /** What became of a text between two versions, in document order, in stretches by one change or by one author. */
  diff(a: Version, b: Version, path: Path, by: Grain = "change"): Difference[] {
    const [before, after] = [this.#effective(a), this.#effective(b)];
    const film = this.#film(path, before, after);
    return film === null ? [] : differencesOf(film, before, after, this.#isOne(by), this.#graph);
  }

  #isOne(by: Grain): (a: Slot, b: Slot) => boolean {
    const graph = this.#graph;
    return by === "change"
      ? () => false
      : (a, b) => a >= 0 && b >= 0 && graph.authorAt(a) === graph.authorAt(b);
  }

  /** Who wrote what shows in [from, to) of a text. Times are known once `read` is done. */
  blame(version: Version, path: Path, from: number, to: number, by: Grain = "change"): Blame[] {
    const effective = this.#effective(version);
    const stretches = this.#film(path, effective)?.makers(effective, from, to, this.#isOne(by)) ?? [];
    return stretches.map(stretch => ({
      from: stretch.from,
      to: stretch.to,
      author: this.#graph.authorAt(stretch.change),
      change: this.#graph.idAt(stretch.change),
      time: this.#annals.timeOf(stretch.change) || null,
    }));
  }

  /** What makes of the text as it shows now, draft and all, the one of a version. */
  stepsTo(version: Version, path: Path): TextStep[] {
    const node = this.#ground.tree.find(path);
    if (node?.kind !== "text") return [];
    return Film.take(node, this.#deletedAside(path)).stepsTo(this.#effective(version));
  }

  /** One on which all is that counts in some versions. While others write on, whoever looks at what was needs no new one. */
  #film(path: Path, ...versions: readonly Marks[]): Film | null {
    const node = this.#ground.tree.find(path);
    if (node?.kind !== "text") return null;
    const known = this.#films.get(node);
    const { order, size } = this.#graph;
    if (known !== undefined) {
      let isLacking = false;
      for (let i = known.size; i < size; i++)
        isLacking ||= versions.some(effective => effective[order.at(i)!] === 1);
      if (!isLacking) return known.film;
    }
    const film = Film.take(node, this.#deletedAside(path));
    this.#films.set(node, { film, size });
    return film;
  }

  /** What is deleted by changes that do not count now. */
  #deletedAside(path: Path): ReadonlyMap<Slot, readonly Deleted[]> {
    const aside = new Map<Slot, Deleted[]>();
    for (const by of this.#ground.masking.hidden) {
      // A draft has no deletes of others' yet that could be asked for by name.
      if (!this.#graph.isHere(by)) continue;
      const change = this.#ground.writtenAt(by);
      readChange(change);
      const { ops } = localize(change, by, this.#graph.ancestorsOf(change), this.#graph);
      for (const op of ops) {
        if (op.type !== "delete" || !samePath(op.path, path)) continue;
        for (const { change: maker, start, length } of op.spans) {
          const known = aside.get(maker);
          if (known === undefined) aside.set(maker, [{ start, length, by }]);
          else known.push({ start, length, by });
        }
      }
    }
    return aside;
  }

  // ----------------------------------------------------------------------------------------- whole documents

  /** Shows a version to `view`, as long as that takes and no longer. */
  *at<T>(version: Version, view: (root: Node, tree: DocumentTree) => T): Generator<Progress, T> {
    this.#rewinding ??= new Rewinding(this.#graph, slot => this.#ground.writtenAt(slot));
    yield* this.#rewinding.go(this.#effective(version));
    return view(this.#rewinding.tree.root, this.#rewinding.tree);
  }

  toJson(version: Version): Json {
    return finish(this.at(version, toJson));
  }

  canonicalJson(version: Version): string {
    return canonicalJson(this.toJson(version));
  }

  /** The places at which the JSON of two versions differs. */
  *places(a: Version, b: Version): Generator<Progress, Place[]> {
    const before = yield* this.at(a, toJson);
    const after = yield* this.at(b, toJson);
    return placesOf(before, after);
  }

  /** The plain value at a key of the root; undefined where there is none. Told without going through everything that is
   * not about that key. */
  valueAt(version: Version, key: string): Scalar | undefined {
    finish(this.read());
    const effective = this.#effective(version);
    const register = new Register(this.#graph);
    for (const slot of this.#annals.writersOf(key)) {
      if (effective[slot] !== 1) continue;
      const change = this.#ground.writtenAt(slot);
      readChange(change);
      const { ops, starts } = localize(change, slot, this.#graph.ancestorsOf(change), this.#graph);
      for (const [i, op] of ops.entries()) {
        if ((op.type !== "set" && op.type !== "unset") || op.path.length > 0 || op.key !== key) continue;
        register.replace(op.replaces, slot);
        if (op.type === "set") register.add({ change: slot, index: starts[i]! }, op.value);
      }
    }
    const value = register.latest?.value;
    return value !== null && typeof value === "object" ? undefined : value;
  }

  // ----------------------------------------------------------------------------------------------- changes

  /** Reads when each change was made and what stands beside it, so far as it was not read yet. */
  *read(): Generator<Progress, void> {
    const { order } = this.#graph;
    while (this.#read < order.length) {
      const slot = order.at(this.#read)!;
      const change = this.#ground.writtenAt(slot);
      readChange(change);
      const { prev, parents } = this.#graph.ancestorsOf(change);
      this.#annals.add(slot, change, prev, parents);
      this.#read++;
      if (this.#read % SLICE === 0) yield new Progress(this.#read, order.length);
    }
  }

  /** Puts everything that is here into the order in which people are shown it, and into entries. */
  *arrange(): Generator<Progress, readonly Entry[]> {
    yield* this.read();
    if (this.#order.length === this.#graph.size) return this.#entries;
    const order = yield* orderOf(this.#graph, this.#annals);
    this.#order = order;
    this.#entries = entriesOf(order, this.#graph, this.#annals);
    return this.#entries;
  }

  /** How many changes were put in order. */
  get length(): number {
    return this.#order.length;
  }

  /** The heads of the first `count` changes in that order. */
  versionAt(count: number): Version {
    if (count < 0 || count > this.#order.length)
      throw new RangeError(`Expected 0 … ${this.#order.length} changes, got ${count}`);
    const before = this.#entries.findLast(({ end }) => end <= count);
    const heads = before?.version.map(id => this.#graph.slotOf(id)!) ?? [];
    const frontier = new Frontier(this.#annals, heads, before?.end ?? 0);
    frontier.add(this.#order, count);
    return frontier.ids(this.#graph);
  }

  /** How many changes there are in that order up to the last of a version's heads. */
  placeOf(version: Version): number {
    const heads = new Set(version.map(id => this.#graph.slotOf(id)));
    return this.#order.findLastIndex(slot => heads.has(slot)) + 1;
  }

  /** What of a version is among the first `count` changes in that order. */
  partOf(version: Version, count: number): Version {
    // Almost every version that people look at is a beginning of the order, whose heads are quickly told.
    const place = this.placeOf(version);
    const beginning = this.versionAt(place);
    if (beginning.length === version.length && beginning.every((id, i) => id === version[i]))
      return this.versionAt(Math.min(count, place));
    const past = this.#graph.past(version.map(id => this.#graph.slotOf(id)!));
    const part = this.#order.slice(0, count).filter(slot => past.has(slot));
    const frontier = new Frontier(this.#annals);
    frontier.add(part, part.length);
    return frontier.ids(this.#graph);
  }

  authorOf(id: ChangeId): DeviceId | null {
    const slot = this.#graph.slotOf(id);
    return slot === undefined ? null : this.#graph.authorAt(slot);
  }

  /** Seconds since 1970 as its author stated them last, at the change or before; null if never, or not read yet. */
  timeOf(id: ChangeId): number | null {
    const slot = this.#graph.slotOf(id);
    return slot === undefined ? null : this.#annals.timeOf(slot) || null;
  }

  /** What must be asked of the signature rule before anybody is said to have made a change; every answer must be yes. Null
   * if its author's signature is not here yet. */
  proof(id: ChangeId): readonly SignatureQuestion[] | null {
    const run = this.#ground.proofOf(id);
    if (run === null) return null;
    const inspected = this.#inspector.inspectRun(run.changes, run.signature);
    return inspected.ok && inspected.changes[0]!.id === id ? inspected.questions : null;
  }
}
