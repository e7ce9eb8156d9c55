// What shows differently, told as events in the places that people know: applied to a copy of the JSON, one after the
// other, they make of it the JSON that is. The replica tells what ops did (types/document.ts, Patch), in paths of kinds
// and dots, also of what does not show; here that is brought to what shows, when an edit or a batch is complete. What a
// key showed before cannot be read off a patch (a key is there because something deep in it is), so it is remembered.

import type { DeviceId } from "../graph/change.ts";
import { Errors, type Origin } from "../listeners.ts";
import type { Replica } from "../replica.ts";
import type { Patch } from "../types/document.ts";
import { dotKey } from "../types/dot.ts";
import {
  childAt,
  fieldJson,
  fieldValue,
  type Json,
  type MapNode,
  type Node,
  toJson,
  valueJson,
} from "../types/node.ts";
import type { Kind, Path, Step as PathStep, Value } from "../types/op.ts";
import { compose, isNew, type Step } from "./delta.ts";
import { below, checkPath, madeKind, type PlainPath, valueAt } from "./place.ts";

/** One thing that shows differently. In a batch each holds when those before it are done. */
export type DocEvent =
  | { readonly type: "set"; readonly path: PlainPath; readonly value: Json }
  | { readonly type: "delete"; readonly path: PlainPath }
  | {
      readonly type: "text";
      readonly path: PlainPath;
      /** UTF-16 code units. */
      readonly index: number;
      readonly removed: number;
      readonly inserted: string;
    }
  | {
      readonly type: "list";
      readonly path: PlainPath;
      readonly index: number;
      readonly removed: number;
      readonly inserted: readonly Json[];
    };

/** All that one edit did, or one batch that was admitted, restored or masked. */
export interface Batch {
  readonly events: readonly DocEvent[];
  readonly origin: Origin;
  /** Of the changes behind it, without repeats, sorted; none where changes were masked. */
  readonly authors: readonly DeviceId[];
}

interface Observed {
  readonly path: PlainPath;
  readonly listener: (batch: Batch) => void;
  readonly onError: ((error: unknown) => void) | null;
}

/** A node that a batch touched, or that is above one. */
class Touched {
  /** Null for the root. */
  readonly above: Touched | null;
  readonly at: PathStep["at"];
  readonly kind: Kind;
  readonly node: Node;
  readonly below = new Map<string, Touched>();
  readonly texts: Extract<Patch, { type: "text" }>[] = [];
  readonly steps: Step[] = [];
  /** Of a map: keys that may show something else. */
  readonly keys = new Set<string>();
  // What follows when all of the batch is known.
  /** Of a list: what happened to it in all. */
  delta: readonly Step[] = [];
  /** Of a map: keys that do show something else. */
  readonly changed = new Set<string>();

  constructor(above: Touched | null, at: PathStep["at"], kind: Kind, node: Node) {
    this.above = above;
    this.at = at;
    this.kind = kind;
    this.node = node;
  }

  get tells(): boolean {
    const { kind } = this.node;
    if (kind === "map") return this.changed.size > 0;
    return kind !== "list" || this.delta.length > 0;
  }
}

export class Observatory {
  readonly #replica: Replica;
  readonly #observed = new Set<Observed>();
  /** What each key of a map that shows did show when listeners were told last. */
  #shown = new WeakMap<MapNode, Map<string, Value>>();
  #stop: () => void = () => undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  observe(
    path: PlainPath,
    listener: (batch: Batch) => void,
    onError: ((error: unknown) => void) | null,
  ): () => void {
    checkPath(path);
    const observed = { path: [...path], listener, onError };
    if (this.#observed.size === 0) this.#start();
    this.#observed.add(observed);
    return () => {
      if (this.#observed.delete(observed) && this.#observed.size === 0) this.#stop();
    };
  }

  #start(): void {
    this.#shown = new WeakMap();
    const root = this.#replica.node([]);
    if (root !== null) this.#remember(root);
    this.#stop = this.#replica.subscribe((patches, origin, authors) =>
      this.#tell({ events: this.#eventsOf(patches), origin, authors }),
    );
  }

  #tell(batch: Batch): void {
    const errors = new Errors();
    for (const { path, listener, onError } of [...this.#observed]) {
      const events = this.#eventsAt(path, batch.events);
      if (events.length === 0) continue;
      const call = () => listener({ ...batch, events });
      if (onError === null) errors.catch(call);
      else
        errors.catch(() => {
          try {
            call();
          } catch (error) {
            onError(error);
          }
        });
    }
    errors.throw();
  }

  /** Those in a subtree. Where something above it was replaced or moved along, the subtree as a whole is what changed. */
  #eventsAt(path: PlainPath, events: readonly DocEvent[]): DocEvent[] {
    const inside: DocEvent[] = [];
    for (const event of events) {
      if (startsWith(event.path, path)) inside.push(event);
      else if (isAbove(event, path)) {
        const value = valueAt(this.#replica, path);
        return [value === undefined ? { type: "delete", path } : { type: "set", path, value }];
      }
    }
    return inside;
  }

  // ---------------------------------------------------------------------------------------- patches to events

  #eventsOf(patches: readonly Patch[]): DocEvent[] {
    const batch = new TouchedNodes(this.#replica.node([])!);
    for (const patch of patches) {
      const one = batch.touch(patch.path);
      if (patch.type === "text") one?.texts.push(patch);
      else if (patch.type === "list") one?.steps.push({ ...patch, inserted: patch.inserted.length });
      else if (patch.key !== null) one?.keys.add(patch.key);
    }
    for (const one of batch.all) this.#settle(one);
    return (
      batch.all
        .filter(({ tells }) => tells)
        .map(one => ({ one, place: this.#placeOf(one, batch) }))
        .filter((entry): entry is { one: Touched; place: (string | number)[] } => entry.place !== null)
        // What is above comes first, and has moved to where it is when what is below is told.
        .sort((a, b) => a.place.length - b.place.length)
        .flatMap(({ one, place }) => this.#eventsOfNode(one, place))
    );
  }

  #settle(one: Touched): void {
    const { node } = one;
    if (node.kind === "map") {
      const shown = this.#shown.get(node);
      for (const key of one.keys) if (!isSame(shown?.get(key), shownUnder(node, key))) one.changed.add(key);
    } else if (node.kind === "list") one.delta = compose(one.steps, node.items.length);
  }

  /** Where a node shows, if it did before too; null where it does not, or came or went with something above it. An item
   * that was moved is looked for where it is now, and no item is below itself. */
  #placeOf({ above: home, at, kind }: Touched, batch: TouchedNodes): (string | number)[] | null {
    if (home === null) return [];
    const moved = typeof at === "string" ? undefined : this.#replica.moved(at);
    const above = moved === undefined ? home : batch.at(moved.path);
    const place = above === null ? null : this.#placeOf(above, batch);
    if (above === null || place === null) return null;
    const { node, changed, delta } = above;
    if (typeof at === "string") {
      if (node.kind !== "map" || changed.has(at)) return null;
      const value = shownUnder(node, at);
      if (value === undefined || madeKind(value) !== kind) return null;
      place.push(at);
    } else {
      const dot = moved?.dot ?? at;
      const index = node.kind === "list" && node.items.isVisible(dot) ? node.items.indexOf(dot) : null;
      if (index === null || isNew(delta, index)) return null;
      place.push(index);
    }
    return place;
  }

  #eventsOfNode({ node, texts, delta, changed }: Touched, path: PlainPath): DocEvent[] {
    if (node.kind === "text")
      return texts.map(({ index, removed, inserted }) => ({ type: "text", path, index, removed, inserted }));
    if (node.kind === "list")
      return delta.map(({ index, removed, inserted }) => {
        const items = Array.from({ length: inserted }, (_, i) => below(node, index + i)!);
        for (const { child } of items) if (child !== undefined) this.#remember(child);
        return {
          type: "list",
          path,
          index,
          removed,
          inserted: items.map(({ value, child }) => valueJson(value, child)),
        };
      });
    if (node.kind !== "map") return [{ type: "set", path, value: toJson(node) }];
    return [...changed].sort().map(key => {
      this.#rememberKey(node, key);
      const value = fieldJson(node.keys.get(key)!);
      return value === undefined
        ? { type: "delete", path: [...path, key] }
        : { type: "set", path: [...path, key], value };
    });
  }

  // ---------------------------------------------------------------------------------------------- what showed

  /** Depth is bounded as that of `toJson`. */
  #remember(node: Node): void {
    if (node.kind === "map") {
      this.#shown.set(node, new Map());
      for (const key of node.keys.keys()) this.#rememberKey(node, key);
    } else if (node.kind === "list") {
      if (node.children.size + node.positions.size === 0) return;
      for (let i = 0; i < node.items.length; i++) {
        const { child } = below(node, i)!;
        if (child !== undefined) this.#remember(child);
      }
    }
  }

  #rememberKey(node: MapNode, key: string): void {
    let shown = this.#shown.get(node);
    if (shown === undefined) {
      shown = new Map();
      this.#shown.set(node, shown);
    }
    const value = shownUnder(node, key);
    if (value === undefined) shown.delete(key);
    else {
      shown.set(key, value);
      const kind = madeKind(value);
      const child = kind === null ? undefined : node.keys.get(key)!.children.get(kind);
      if (child !== undefined) this.#remember(child);
    }
  }
}

/** What a batch touched, and the way there, as a tree of its own: each step of a path is gone once. */
class TouchedNodes {
  /** What is above comes first. */
  readonly all: Touched[] = [];
  readonly #root: Touched;
  /** Most patches of a batch share few paths. */
  readonly #known = new Map<Path, Touched | null>();

  constructor(root: Node) {
    this.#root = new Touched(null, "", root.kind, root);
    this.all.push(this.#root);
  }

  /** Null where there is no node. A key shows what is alive below it, so every key on the way may show something else. */
  touch(path: Path): Touched | null {
    let one = this.#known.get(path);
    if (one === undefined) {
      one = this.#go(path, true);
      this.#known.set(path, one);
    }
    return one;
  }

  at(path: Path): Touched | null {
    return this.#go(path, false);
  }

  #go(path: Path, isTouched: boolean): Touched | null {
    let one = this.#root;
    for (const step of path) {
      const { at } = step;
      if (isTouched && typeof at === "string") one.keys.add(at);
      const name = typeof at === "string" ? `${step.kind} ${at}` : dotKey(at);
      let next = one.below.get(name);
      if (next === undefined) {
        const node = childAt(one.node, step);
        if (node === undefined) return null;
        next = new Touched(one, at, step.kind, node);
        one.below.set(name, next);
        this.all.push(next);
      }
      one = next;
    }
    return one;
  }
}

function shownUnder(node: MapNode, key: string): Value | undefined {
  const field = node.keys.get(key);
  return field === undefined ? undefined : fieldValue(field);
}

function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const kind = madeKind(a);
  return kind === madeKind(b) && (kind !== null || a === b);
}

function startsWith(path: PlainPath, start: PlainPath): boolean {
  return start.every((at, i) => path[i] === at);
}

/** Whether an event somewhere above a place concerns it. */
function isAbove(event: DocEvent, path: PlainPath): boolean {
  if (!startsWith(path, event.path)) return false;
  if (event.type === "set" || event.type === "delete") return true;
  const at = path[event.path.length];
  if (event.type !== "list" || typeof at !== "number" || event.index > at) return false;
  return event.removed !== event.inserted.length || at < event.index + event.removed;
}
