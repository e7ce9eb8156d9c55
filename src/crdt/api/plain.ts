// The second spelling of an edit: the document as plain objects and arrays, for people who know Automerge.
//
//     change(replica, d => { d.title = "x"; d.todo.push({ what: "milk", done: false }); delete d.old; })
//
// A Proxy over the same handles (types/edit.ts); there is no second way into the document. Keys are data and nothing
// else: the objects have no prototype, so `d.constructor` is undefined until somebody writes it. Assigning replaces, as
// `set` does; nothing is compared. What JavaScript would lose silently (holes, extra properties, writes after the
// edit, into what was deleted, of what is no JSON) throws, and what throws has not been.

import type { Replica } from "../replica.ts";
import type { AnyEdit, MapEdit } from "../types/edit.ts";
import { LwwEdit, RegisterEdit } from "../types/edit-values.ts";
import type { Value } from "../types/op.ts";
import { putKey } from "./content.ts";
import { Held, Scope, shapeUnder } from "./held.ts";
import { madeKind } from "./place.ts";
import { presentList } from "./plain-list.ts";
import { PlainCounter, PlainSet, PlainText } from "./plain-nodes.ts";
import type { Fields, MapShape, Shape } from "./schema.ts";

/** Atomic, as `Replica.edit` is. `draw` gets the root, and must be done when it returns. */
export function change(
  replica: Replica,
  draw: (root: object) => unknown,
  schema: MapShape<Fields> | null = null,
): void {
  replica.edit(root => {
    const scope = new Scope(present);
    try {
      const answer = draw(new Held(scope, "map", schema, null, "", root).face);
      // What is held of the document answers nothing when the edit has removed it.
      if (scope.heldOf(answer as object) === undefined) checkDone(answer);
    } finally {
      scope.isOpen = false;
    }
  });
}

/** Throws if the answer of an edit is a promise: what is still to come would be in no edit. */
export function checkDone(answer: unknown): void {
  if (answer === null || typeof answer !== "object") return;
  const { then } = answer as { readonly then?: unknown };
  if (typeof then !== "function") return;
  // It will fail when it goes on, for want of an edit, and whoever made it is told that here.
  then.call(answer, undefined, () => undefined);
  throw new TypeError("Expected an edit that is done when it returns, got a promise");
}

function present(held: Held): object {
  switch (held.kind) {
    case "map":
      return presentMap(held);
    case "list":
      return presentList(held, readItem);
    case "text":
      return new PlainText(held);
    case "counter":
    case "gcounter":
      return new PlainCounter(held);
    default:
      return new PlainSet(held);
  }
}

/** A plain value as it is, a register as its value, a node as the object that is held of it. */
function read(value: Value | undefined, node: () => AnyEdit | null, hold: () => Held): unknown {
  const kind = value === undefined ? null : madeKind(value);
  if (kind === null) return value;
  const handle = kind === "register" || kind === "lww" ? node() : null;
  return handle instanceof RegisterEdit || handle instanceof LwwEdit ? handle.get() : hold().face;
}

/** With a schema, what does not fit reads as absent. */
function readShaped(
  shape: Shape,
  value: Value | undefined,
  node: () => AnyEdit | null,
  hold: () => Held,
): unknown {
  if (shape.kind === "value" || shape.kind === "register" || shape.kind === "lww") {
    const kind = value === undefined ? null : (madeKind(value) ?? "value");
    const shown = kind === shape.kind ? read(value, node, hold) : undefined;
    const isFit = shown === null || typeof shown !== "object";
    return shown !== undefined && isFit && shape.is(shown as never) ? shown : undefined;
  }
  return hold().face;
}

function readItem(held: Held, index: number): unknown {
  const list = held.peek();
  if (list === null || !("insertNew" in list)) return undefined;
  const value = list.shown(index);
  const shape = held.shape?.kind === "list" ? held.shape.of : null;
  const hold = () => held.item(list, index, shape);
  if (shape === null) return read(value, () => list.below(index), hold);
  const isNode = shape.kind !== "value" && shape.kind !== "register" && shape.kind !== "lww";
  if (isNode && (value === undefined || madeKind(value) !== shape.kind)) return undefined;
  return readShaped(shape, value, () => list.below(index), hold);
}

function readKey(held: Held, key: string): unknown {
  const map = held.peek() as MapEdit | null;
  const value = map?.shown(key);
  const shape = shapeUnder(held, key) ?? null;
  const kind = shape?.kind ?? (value === undefined ? null : madeKind(value));
  const node = () => map!.below(key);
  const hold = () => held.under(key, kind as Held["kind"], shape);
  return shape === null ? read(value, node, hold) : readShaped(shape, value, node, hold);
}

function writeKey(held: Held, key: string, value: unknown): void {
  const shape = shapeUnder(held, key);
  const place = [...held.place, key];
  if (shape === undefined) throw new TypeError(`Expected a key of the schema, got ${JSON.stringify(place)}`);
  held.peek();
  if (value !== null && typeof value === "object") {
    const same = held.scope.heldOf(value);
    if (same !== undefined && same.above === held && same.at === key) return;
  }
  const content = held.scope.taking().takeKey(key, value, shape, place);
  const map = held.open() as MapEdit;
  held.dropKey(key);
  putKey(map, key, content, shape);
}

function presentMap(held: Held): object {
  const map = () => held.peek() as MapEdit | null;
  const face: object = new Proxy(Object.create(null), {
    get: (_, key) => (typeof key === "string" ? readKey(held, key) : undefined),
    set: (_, key, value, receiver) => {
      if (typeof key !== "string") throw new TypeError("Expected no symbol for a key");
      if (receiver !== face) throw new TypeError("Expected no object that inherits from a document's");
      writeKey(held, key, value);
      return true;
    },
    deleteProperty: (_, key) => {
      if (typeof key === "string" && map()?.shown(key) !== undefined) {
        held.dropKey(key);
        map()!.delete(key);
      }
      return true;
    },
    has: (_, key) => typeof key === "string" && map()?.shown(key) !== undefined,
    ownKeys: () => map()?.keys() ?? [],
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === "string" && map()?.shown(key) !== undefined
        ? { value: readKey(held, key), writable: true, enumerable: true, configurable: true }
        : undefined,
    defineProperty: () => {
      throw new TypeError("Expected an assignment: a document has no accessors and nothing hidden");
    },
    setPrototypeOf: (_, prototype) => prototype === null,
    preventExtensions: () => false,
  });
  return face;
}
