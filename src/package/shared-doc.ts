// What a `Document` and the document of a session have in common: the façade of the core (crdt/api/doc.ts), typed by a
// schema where there is one, and what programs ask of every document. How an edit becomes a signed change differs.

import {
  type ChangeId,
  Doc,
  type DocId,
  type Fields,
  type Input,
  KeyForbidden,
  type MapEdit,
  type MapHandle,
  type MapShape,
  type Member,
  type People,
  type PlainMap,
  type PlainPath,
  type Reading,
  type Replica,
  TypedDoc,
  type Version,
} from "../crdt/index.ts";
import type { SharedText } from "../sync/view.ts";
import { failure } from "./error.ts";
import { PlaceText } from "./place-text.ts";

/** What people hold of the root as a handle. */
export type RootHandle<F> = F extends Fields ? MapHandle<F> : MapEdit;
/** What people hold of the root as a plain object; without a schema anything may be written. */
// biome-ignore lint/suspicious/noExplicitAny: what is not described by a schema is described by nothing
export type RootObject<F> = F extends Fields ? PlainMap<F> : any;

/** `F`: the fields of the schema, or null without one. */
export abstract class SharedDoc<F extends Fields | null = null> extends Doc<RootHandle<F>, RootObject<F>> {
  readonly #schema: MapShape<Fields> | null;

  constructor(replica: Replica, schema: MapShape<Fields> | null) {
    super(replica, schema);
    this.#schema = schema;
  }

  /** Runs what drafts, and sees to it that the draft becomes a change. */
  protected abstract drafting(draft: () => void): void;

  /** The document's name: the hash of its beginning, lower-case hex. */
  get id(): DocId {
    return this.replica.doc;
  }

  /** Whether the beginning of the document is here; before, there is nothing to edit. */
  get hasArrived(): boolean {
    return this.replica.hasGenesis;
  }

  /** The changes without children among those held: what to tell others so that they send what is missing. */
  get heads(): readonly ChangeId[] {
    return this.replica.heads;
  }

  /** Everybody who has a role, or had one: role null is who was removed. */
  get members(): readonly Member[] {
    return this.replica.members;
  }

  override edit(edit: (root: RootHandle<F>) => void): void {
    this.#drafting(() => super.edit(edit));
  }

  override change(draw: (root: RootObject<F>) => void): void {
    this.#drafting(() => super.change(draw));
  }

  override resolve(path: PlainPath, to: Parameters<Doc["resolve"]>[1] | Input): void {
    this.#drafting(() => super.resolve(path, to));
  }

  override restore(version: Version, keys: readonly string[] | null = null): void {
    this.#drafting(() => super.restore(version, keys));
  }

  /** Who is here, in which role and by which link, and what was set aside, why. */
  get people(): Pick<People, "members" | "links" | "aside" | "forks" | "mayRule" | "mayReach" | "personOf"> {
    return this.replica.people;
  }

  /**
   * Says something about people, as a signed change: `doc.administer(people => people.dismiss(bob))`. Throws `RangeError`
   * where others would refuse it.
   */
  administer(say: (people: People) => void): void {
    this.#drafting(() => say(this.replica.people));
  }

  /** What this identity calls itself in this document, for everybody to see. */
  rename(name: string): void {
    this.#drafting(() => this.replica.rename(name));
  }

  #drafting(draft: () => void): void {
    if (!this.hasArrived) throw failure("NotArrived");
    // What is held may be beyond the quota: nobody should go on with it.
    if (!this.replica.mayWrite || this.replica.isHeld) throw failure("RightMissing");
    try {
      this.drafting(draft);
    } catch (error) {
      throw error instanceof KeyForbidden ? failure("RightMissing", "", error) : error;
    }
  }

  /** A value of the schema's type, or what does not fit. Throws `TypeError` without a schema. */
  read(): F extends Fields ? Reading<MapShape<F>> : never {
    if (this.#schema === null) throw new TypeError("Expected a document with a schema");
    return new TypedDoc(this.replica, this.#schema).read() as F extends Fields ? Reading<MapShape<F>> : never;
  }

  /**
   * The text at a place, for an editor. Under keys alone it need not be there yet. `RangeError` where something else shows,
   * or where an item of a list is named that is not there.
   */
  text(path: PlainPath): SharedText {
    return new PlaceText(this.replica, path, {
      // An editor types into what is there; a schema has nothing to add.
      edit: edit => this.edit(root => edit(root as MapEdit)),
      undo: () => this.undo(),
      redo: () => this.redo(),
    });
  }

  /**
   * Takes back what this identity wrote last and has not taken back yet, whatever others wrote meanwhile, as a signed change
   * of its own; false where there is nothing. Edits are undone together that go on with each other (`breakUndo`).
   */
  undo(): boolean {
    return this.#retracting(() => this.replica.undo());
  }

  /** Brings back what was undone last, unless this identity has written since. */
  redo(): boolean {
    return this.#retracting(() => this.replica.redo());
  }

  get canUndo(): boolean {
    return this.replica.canUndo;
  }

  get canRedo(): boolean {
    return this.replica.canRedo;
  }

  /** What is edited from now on is undone apart from what was edited before. */
  breakUndo(): void {
    this.replica.breakUndo();
  }

  #retracting(retract: () => boolean): boolean {
    let isDone = false;
    this.#drafting(() => {
      isDone = retract();
    });
    return isDone;
  }

  /** Calls `listener` when something shows differently, whoever did it. Answers a function that stops it. */
  subscribe(listener: () => void): () => void {
    return this.replica.subscribe(() => listener());
  }
}
