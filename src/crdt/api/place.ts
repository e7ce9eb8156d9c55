// Places in a document as people write them, one notation for the whole façade:
//
//     ["todo", 0, "done"]      the key "done" of the first item of the list under "todo"
//
// Keys are strings, indices numbers, and the way leads through what shows: where a map and a list stand under one
// key, through the one that is picked. A place is not a thing: when an item is inserted before it, another stands there.

import { DEPTH_MAX } from "../limits.ts";
import type { Replica } from "../replica.ts";
import { fieldValue, type Json, type Node, shownAt, valueJson } from "../types/node.ts";
import type { Path, Step, Value } from "../types/op.ts";

export type PlainPath = readonly (string | number)[];

/** A node that shows, and the path that names it for ever. */
export interface Shown {
  readonly path: Path;
  readonly node: Node;
}

/** One step down from a node: what shows there, and the node itself if it is one that was ever filled. */
export interface Below {
  readonly value: Value;
  readonly step: Step | null;
  /** The path of the node that the step leads out of, where that is another one: an item that was moved here. */
  readonly home: Path | null;
  readonly child: Node | undefined;
}

/** Throws on what is no path at all; where it leads is another question. */
export function checkPath(path: PlainPath): void {
  if (!Array.isArray(path)) throw new TypeError("Expected a path: an array of keys and indices");
  for (const step of path) {
    if (typeof step !== "string" && !(Number.isInteger(step) && step >= 0))
      throw new TypeError(`Expected keys and indices in a path, got ${String(step)}`);
  }
  if (path.length > DEPTH_MAX)
    throw new RangeError(`Expected at most ${DEPTH_MAX} levels, got ${path.length}`);
}

export function below(node: Node, at: string | number): Below | undefined {
  if (node.kind === "map" && typeof at === "string") {
    const field = node.keys.get(at);
    const value = field === undefined ? undefined : fieldValue(field);
    if (field === undefined || value === undefined) return undefined;
    const kind = madeKind(value);
    if (kind === null) return { value, step: null, home: null, child: undefined };
    return { value, step: { at, kind }, home: null, child: field.children.get(kind) };
  }
  if (node.kind === "list" && typeof at === "number" && at < node.items.length) {
    const dot = node.items.dotAt(at);
    const { value, child, item } = shownAt(node, dot);
    const kind = madeKind(value);
    if (kind === null) return { value, step: null, home: null, child: undefined };
    return { value, step: { at: item?.dot ?? dot, kind }, home: item?.path ?? null, child };
  }
  return undefined;
}

/** The node that shows at a place, or null: nothing, a plain value, or a node that nobody has filled yet. */
export function nodeAt(replica: Replica, path: PlainPath): Shown | null {
  checkPath(path);
  let node = replica.node([]);
  let steps: Step[] = [];
  for (const at of path) {
    const found = node === null ? undefined : below(node, at);
    if (found?.child === undefined || found.step === null) return null;
    node = found.child;
    if (found.home !== null) steps = [...found.home];
    steps.push(found.step);
  }
  return node === null ? null : { path: steps, node };
}

/**
 * Where among the steps of a path the way to its node begins: at the last item that shows elsewhere than it was made. What is
 * above that on the path is where things were made, and may be gone by now.
 */
export function beginOfWay(replica: Replica, path: Path): number {
  return Math.max(
    0,
    path.findLastIndex(({ at }) => typeof at !== "string" && replica.moved(at) !== undefined),
  );
}

/** What shows at a place, as JSON; undefined where nothing does. */
export function valueAt(replica: Replica, path: PlainPath): Json | undefined {
  if (path.length === 0) return replica.toJson();
  const above = nodeAt(replica, path.slice(0, -1));
  // By itself, since a plain value may stand one step below the deepest node.
  checkPath(path.slice(-1));
  const found = above === null ? undefined : below(above.node, path.at(-1)!);
  return found === undefined ? undefined : valueJson(found.value, found.child);
}

/** The kind of node that a value makes, or null for a plain value. */
export function madeKind(value: Value) {
  return value !== null && typeof value === "object" ? value.make : null;
}
