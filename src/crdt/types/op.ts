// The smallest edits, one shape per kind. An op names a node by its path from the root and elements by dots; it
// says what its author saw (`replaces`, origins), never where something is now. How ops become bytes is known to
// graph/op-bytes.ts alone, what they do to document.ts alone.

import type { Dot, Span } from "./dot.ts";

/** A set of plain values; which of them show is decided by the laws in `sets.ts`. */
export type SetKind = "gset" | "twophase" | "lwwsetAdd" | "lwwsetRemove" | "set";
/** A sum of increments (`counter.ts`); of a "gcounter" none is negative. */
export type CounterKind = "counter" | "gcounter";
/** Values side by side ("register"), or the latest one alone ("lww"): `register.ts`. */
export type RegisterKind = "register" | "lww";

/** Also the order in which a key that nobody makes anything of shows what survived under it. */
export const KINDS = [
  "map",
  "list",
  "text",
  "register",
  "counter",
  "gcounter",
  "lww",
  "gset",
  "twophase",
  "lwwsetAdd",
  "lwwsetRemove",
  "set",
] as const satisfies readonly Kind[];

export type Kind = "map" | "list" | "text" | RegisterKind | CounterKind | SetKind;
export type Scalar = null | boolean | number | string;

/** What a map key, a list item or a register can be given: a plain value, or an empty node to be filled. */
export type Value = Scalar | { readonly make: Kind };

/** One step down: the key in a map, or the element in a list; and the kind of node found there. */
export interface Step {
  readonly at: string | Dot;
  readonly kind: Kind;
}

/** From the root, which is a map. Containers are not made by an op but named: two people who both make a list
 * under one key make one list (Kleppmann and Beresford, figure 4), and a text and a list there coexist (figure 5). */
export type Path = readonly Step[];

export interface SetOp {
  readonly type: "set";
  readonly path: Path;
  /** Null writes the register at `path` itself, which is of either kind. */
  readonly key: string | null;
  readonly value: Value;
  /** The entries of this key that the author saw and does away with. None in an "lww" register: there the latest wins. */
  readonly replaces: readonly Dot[];
}

/** Empties a key, or the register, counter or set at `path`, of what its author saw there. */
export interface UnsetOp {
  readonly type: "unset";
  readonly path: Path;
  /** Null means the node at `path` itself. */
  readonly key: string | null;
  /** Entries, increments or adds. */
  readonly replaces: readonly Dot[];
}

export interface IncrementOp {
  readonly type: "increment";
  readonly path: Path;
  /** A safe integer, not 0. */
  readonly by: number;
}

export interface AddOp {
  readonly type: "add";
  readonly path: Path;
  readonly value: Scalar;
}

export interface RemoveOp {
  readonly type: "remove";
  readonly path: Path;
  readonly value: Scalar;
  /** Adds of this very value that the author saw, one at least: all there were in a "set", where only they are undone; in
   * the other kinds they merely show that there was something to be removed. */
  readonly replaces: readonly Dot[];
}

export type Side = "left" | "right";

/** Where a run hangs in the Fugue tree (`sequence.ts`). */
export interface Place {
  /** Null is the root of the sequence. */
  readonly parent: Dot | null;
  readonly side: Side;
  /** The element that stood right of a right child when it was inserted; null is the end. Always null for a
   * left child, whose right origin is its parent. */
  readonly rightOrigin: Dot | null;
}

export interface InsertTextOp extends Place {
  readonly type: "insertText";
  readonly path: Path;
  /** Not empty, no lone surrogates. Each UTF-16 unit is one element. */
  readonly text: string;
}

export interface InsertListOp extends Place {
  readonly type: "insertList";
  readonly path: Path;
  readonly values: readonly Value[];
}

export interface DeleteOp {
  readonly type: "delete";
  readonly path: Path;
  /** Disjoint; of one change ascending and not touching. */
  readonly spans: readonly Span[];
}

/** Puts an item of a list elsewhere: makes one element, a position in the list at `path`. The item keeps its name and all
 * that is in it, wherever it shows; which of several moves counts is decided in `moves.ts`. */
export interface MoveOp extends Place {
  readonly type: "move";
  readonly path: Path;
  /** The list where the item was made; together with the item a name that no move changes. */
  readonly from: Path;
  readonly item: Dot;
}

export type ContentOp =
  | SetOp
  | UnsetOp
  | InsertTextOp
  | InsertListOp
  | DeleteOp
  | IncrementOp
  | AddOp
  | RemoveOp
  | MoveOp;

export function isSetKind(kind: Kind): kind is SetKind {
  return (
    kind === "gset" ||
    kind === "twophase" ||
    kind === "lwwsetAdd" ||
    kind === "lwwsetRemove" ||
    kind === "set"
  );
}

/** How many dots of its change an op uses up. */
export function elementCount(op: ContentOp): number {
  switch (op.type) {
    case "set":
    case "increment":
    case "add":
    case "move":
      return 1;
    case "insertText":
      return op.text.length;
    case "insertList":
      return op.values.length;
    case "unset":
    case "delete":
    case "remove":
      return 0;
  }
}

/** The paths in an op, that of the node it is about first. */
export function pathsOf(op: ContentOp): readonly Path[] {
  return op.type === "move" ? [op.path, op.from] : [op.path];
}

/** By what number a change is called elsewhere. An object and no function, as there are two kinds of them only: V8 then takes
 * what they do into its callers. */
export interface Numbers {
  of(change: number): number;
}

/** The same op with every dot's change replaced: from a change's table of references to local slots and back. Each change
 * comes through here once when it is made and once when it is taken: what most of them hold is written out field by
 * field, which takes a fifth of the time of spreading (0.6 µs an op before, automerge-paper). */
export function mapDots(op: ContentOp, numbers: Numbers): ContentOp {
  const path = mapPath(op.path, numbers);
  switch (op.type) {
    case "insertText": {
      const parent = mapDot(op.parent, numbers);
      const rightOrigin = mapDot(op.rightOrigin, numbers);
      return { type: "insertText", path, parent, side: op.side, rightOrigin, text: op.text };
    }
    case "delete": {
      const spans = op.spans.map(({ change, start, length }) => ({
        change: numbers.of(change),
        start,
        length,
      }));
      return { type: "delete", path, spans };
    }
    case "set":
    case "unset":
    case "remove":
      return { ...op, path, replaces: op.replaces.map(dot => mapDot(dot, numbers)) };
    case "insertList":
      return {
        ...op,
        path,
        parent: mapDot(op.parent, numbers),
        rightOrigin: mapDot(op.rightOrigin, numbers),
      };
    case "move": {
      const [parent, rightOrigin] = [mapDot(op.parent, numbers), mapDot(op.rightOrigin, numbers)];
      return {
        ...op,
        path,
        parent,
        rightOrigin,
        from: mapPath(op.from, numbers),
        item: mapDot(op.item, numbers),
      };
    }
    case "increment":
    case "add":
      return { ...op, path };
  }
}

function mapDot<D extends Dot | null>(dot: D, numbers: Numbers): D {
  return (dot === null ? null : { change: numbers.of(dot.change), index: dot.index }) as D;
}

/** The same object where there is no dot in it. */
export function mapPath(path: Path, numbers: Numbers): Path {
  return isOfKeys(path)
    ? path
    : path.map(({ at, kind }) => ({ at: typeof at === "string" ? at : mapDot(at, numbers), kind }));
}

/** Whether nothing on the way is an element: what a path of keys names never goes away. */
export function isOfKeys(path: Path): boolean {
  for (let i = 0; i < path.length; i++) if (typeof path[i]!.at !== "string") return false;
  return true;
}

/** Whether two paths name one node. */
export function samePath(a: Path, b: Path): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i]!, b[i]!];
    if (left.kind !== right.kind) return false;
    if (typeof left.at === "string" || typeof right.at === "string") {
      if (left.at !== right.at) return false;
    } else if (left.at.change !== right.at.change || left.at.index !== right.at.index) return false;
  }
  return true;
}
