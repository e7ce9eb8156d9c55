// The façade for people: one document, in two spellings (handles and plain objects) and, with a schema, in the types that
// follow from it. It holds nothing of the document itself; everything is in the replica, which may be used beside it.

import type { Difference } from "../history/diff.ts";
import { type Blame, History, type Version } from "../history/history.ts";
import { finish } from "../history/progress.ts";
import { restore } from "../history/restore.ts";
import type { Replica } from "../replica.ts";
import type { MapEdit } from "../types/edit.ts";
import type { Input } from "../types/input.ts";
import type { Json } from "../types/node.ts";
import type { Path, Side } from "../types/op.ts";
import { type Anchor, anchorAt, anchorName, anchorNamed, indexOfAnchor } from "./anchors.ts";
import { type Choice, type Conflict, conflicts, resolve } from "./conflicts.ts";
import { type Batch, Observatory } from "./observe.ts";
import { nodeAt, type PlainPath, valueAt } from "./place.ts";
import { change, checkDone } from "./plain.ts";
import { type Reading, read } from "./read.ts";
import type { Fields, MapShape } from "./schema.ts";
import type { MapHandle, PlainAny, PlainMap } from "./typed.ts";

/** `H`: what people hold of the root as a handle, `P`: as a plain object. */
export class Doc<H = MapEdit, P = PlainAny> {
  readonly replica: Replica;
  readonly #schema: MapShape<Fields> | null;
  readonly #observatory: Observatory;
  #history: History | null = null;

  constructor(replica: Replica, schema: MapShape<Fields> | null = null) {
    this.replica = replica;
    this.#schema = schema;
    this.#observatory = new Observatory(replica);
  }

  /** Edits by handles. Atomic: if `edit` throws, nothing has happened. It must be done when it returns. */
  edit(edit: (root: H) => void): void {
    // With a schema it is the same object; only what TypeScript lets through is less.
    this.replica.edit(root => checkDone(edit(root as H)));
  }

  /** Edits by plain objects. Atomic: if `draw` throws, nothing has happened. */
  change(draw: (root: P) => void): void {
    change(this.replica, root => draw(root as P), this.#schema);
  }

  /** What shows, untrusted, without prototypes; where values conflict, the deterministic pick. */
  toJson(): Json {
    return this.replica.toJson();
  }

  /** The same of one place; undefined where nothing shows. */
  get(path: PlainPath): Json | undefined {
    return valueAt(this.replica, path);
  }

  /** What several people wrote at one place without knowing of each other, there and below. */
  conflicts(path: PlainPath = []): Conflict[] {
    return conflicts(this.replica, path);
  }

  /** Settles one, in an edit of its own; within a larger edit call `resolve` with its root. */
  resolve(path: PlainPath, to: Choice | Input): void {
    this.replica.edit(root => resolve(root, path, to));
  }

  /**
   * Tells `listener` what shows differently at a place and below, once for each edit and each batch from outside, when it is
   * complete. The listener may look and not edit. What it throws goes to `onError`, or, without one, is thrown by who made
   * it show when all were told. Answers a function that stops it.
   */
  observe(
    path: PlainPath,
    listener: (batch: Batch) => void,
    onError: ((error: unknown) => void) | null = null,
  ): () => void {
    return this.#observatory.observe(path, listener, onError);
  }

  /** What is behind all methods on the past; for long documents it has others that work in slices. */
  get history(): History {
    this.#history ??= new History(this.replica.doc, this.replica.ground);
    return this.#history;
  }

  /** What showed when `version` was all there was. A version is named by the heads it had: keep `replica.heads`. */
  at(version: Version): Json {
    return this.history.toJson(version);
  }

  /** How the text at a place became what it is in another version, and through whom. */
  diff(a: Version, b: Version, path: PlainPath): Difference[] {
    return this.history.diff(a, b, this.#textPath(path));
  }

  /** Who wrote [from, to) of the text at a place, as of the last change; what is in the open draft is no change yet. */
  blame(path: PlainPath, from: number, to: number): Blame[] {
    finish(this.history.read());
    return this.history.blame(this.replica.heads, this.#textPath(path), from, to);
  }

  /** A new edit, of what differs, after which the version shows again: all of it, or some keys of the root. */
  restore(version: Version, keys: readonly string[] | null = null): void {
    const { replica } = this;
    replica.edit(root => restore(root, this.history, version, path => replica.node(path), keys));
  }

  #textPath(path: PlainPath): Path {
    const shown = nodeAt(this.replica, path);
    if (shown?.node.kind !== "text") throw new TypeError("Expected the place of a text");
    return shown.path;
  }

  /** A position in a text that stays where it is put. */
  anchorAt(path: PlainPath, index: number, side: Side = "left"): Anchor {
    return anchorAt(this.replica, path, index, side);
  }

  indexOf(anchor: Anchor): number | null {
    return indexOfAnchor(this.replica, anchor);
  }

  /** For storing and sending; null while it holds on to what is in the open draft. */
  anchorName(anchor: Anchor): string | null {
    return anchorName(this.replica, anchor);
  }

  /** Null for nonsense, and for what is not here yet. */
  anchorNamed(name: string): Anchor | null {
    return anchorNamed(this.replica, name);
  }
}

/** A document that is expected to follow a schema: typed when it is written, checked when it is read. */
export class TypedDoc<F extends Fields> extends Doc<MapHandle<F>, PlainMap<F>> {
  readonly schema: MapShape<F>;

  constructor(replica: Replica, schema: MapShape<F>) {
    super(replica, schema);
    this.schema = schema;
  }

  /** A value of the schema's type, or what does not fit. */
  read(): Reading<MapShape<F>> {
    return read(this.replica, this.schema);
  }
}

/** The document of a replica, with the types of a schema or without. */
export function docOf(replica: Replica): Doc;
export function docOf<F extends Fields>(replica: Replica, schema: MapShape<F>): TypedDoc<F>;
export function docOf(replica: Replica, schema?: MapShape<Fields>): Doc | TypedDoc<Fields> {
  return schema === undefined ? new Doc<MapEdit, PlainAny>(replica) : new TypedDoc(replica, schema);
}
