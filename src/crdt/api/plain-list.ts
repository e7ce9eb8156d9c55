// A list of the document as an array, in the plain spelling. Reading is JavaScript's own: the methods of Array.prototype run
// on the Proxy and give plain arrays back. Writing is ours: an index written to is a new item in place of the old one, for
// items are never overwritten; of two people who do that at the same time both find their item.

import { ListEdit } from "../types/edit.ts";
import type { Json } from "../types/node.ts";
import type { Place } from "../types/op.ts";
import { type Content, putInto, putItems } from "./content.ts";
import type { Held } from "./held.ts";

/** Methods that would write every item anew, so that what others do with an item meanwhile would miss it. */
const REFUSED = ["sort", "reverse", "fill", "copyWithin"] as const;

type Method = (...args: never[]) => unknown;

export function presentList(held: Held, read: (held: Held, index: number) => unknown): object {
  const methods = methodsOf(held);
  const length = () => lengthOf(held);
  const face: object = new Proxy([] as unknown[], {
    get: (target, key) => {
      if (key === "length") return length();
      const index = indexOf(key);
      if (index !== null) return index < length() ? read(held, index) : undefined;
      held.peek();
      if (typeof key === "string" && Object.hasOwn(methods, key)) return methods[key];
      return Reflect.get(target, key);
    },
    set: (_, key, value, receiver) => {
      if (receiver !== face) throw new TypeError("Expected no object that inherits from a document's");
      const index = indexOf(key);
      if (key === "length") truncate(held, value);
      else if (index !== null) assign(held, index, value);
      else throw new TypeError(`Expected an index or "length" of a list, got ${JSON.stringify(String(key))}`);
      return true;
    },
    has: (target, key) => {
      const index = indexOf(key);
      held.peek();
      return index === null ? Reflect.has(target, key) : index < length();
    },
    deleteProperty: (_, key) => {
      throw new RangeError(`Expected no hole in a list at ${String(key)}: splice(index, 1) deletes an item`);
    },
    ownKeys: () => [...Array(length()).keys(), "length"].map(String),
    getOwnPropertyDescriptor: (_, key) => {
      if (key === "length")
        return { value: length(), writable: true, enumerable: false, configurable: false };
      const index = indexOf(key);
      if (index === null || index >= length()) return undefined;
      return { value: read(held, index), writable: true, enumerable: true, configurable: true };
    },
    defineProperty: () => {
      throw new TypeError("Expected an assignment: a document has no accessors and nothing hidden");
    },
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
  return face;
}

function methodsOf(held: Held): Readonly<Record<string, Method>> {
  const push = (...items: readonly unknown[]): number => {
    const contents = taken(held, items, lengthOf(held));
    if (contents.length === 0) return lengthOf(held);
    // Where something else shows, opening brings back what others have in the list: the end is behind that.
    const list = held.open() as ListEdit;
    putItems(list, list.length, contents);
    return list.length;
  };
  const unshift = (...items: readonly unknown[]): number => {
    insert(held, 0, items);
    return lengthOf(held);
  };
  const splice = (...args: readonly unknown[]): Json[] => {
    const before = lengthOf(held);
    const start = clamp(Number(args[0] ?? 0), before);
    const most = before - start;
    const count =
      args.length === 0 ? 0 : args.length === 1 ? most : Math.min(Math.max(whole(Number(args[1])), 0), most);
    const contents = taken(held, args.slice(2), start);
    const { removed, place } = vacated(held, start, count);
    if (contents.length > 0) putItems(held.open() as ListEdit, start, contents, place);
    return removed;
  };
  return {
    push,
    unshift,
    splice,
    pop: () => remove(held, Math.max(lengthOf(held) - 1, 0), Math.min(lengthOf(held), 1))[0],
    shift: () => remove(held, 0, Math.min(lengthOf(held), 1))[0],
    insert: (index: number, ...items: readonly unknown[]) => insert(held, index, items),
    move: (from: number, to: number) => (held.open() as ListEdit).move(from, to),
    moveTo: (index: number, other: object, to: number) => {
      const target = held.scope.heldOf(other);
      if (target?.kind !== "list") throw new TypeError("Expected a list of the same edit to move an item to");
      const [list, into] = [held.open() as ListEdit, target.open() as ListEdit];
      list.moveTo(index, into, to);
      // Only now, since a move may be refused. There it has the name that it had here.
      if (target !== held) held.dropItems(into, to, to + 1);
    },
    toJSON: () => held.peek()?.toJSON() ?? [],
    ...Object.fromEntries(
      REFUSED.map(name => [
        name,
        () => {
          throw new TypeError(`Expected no ${name}() on a list: it would make every item anew`);
        },
      ]),
    ),
  };
}

function lengthOf(held: Held): number {
  const list = held.peek();
  return list instanceof ListEdit ? list.length : 0;
}

/** The items that may be inserted at `index`; nothing is written yet. */
function taken(held: Held, items: readonly unknown[], index: number): Content[] {
  const shape = held.shape?.kind === "list" ? held.shape.of : null;
  const taking = held.scope.taking();
  return items.map((item, i) => taking.take(item, shape, [...held.place, index + i]));
}

function insert(held: Held, index: number, items: readonly unknown[]): void {
  checkWithin(index, lengthOf(held));
  const contents = taken(held, items, index);
  if (contents.length > 0) putItems(held.open() as ListEdit, index, contents);
}

/** What was there, as JSON, and where what replaces it goes. */
function vacated(
  held: Held,
  start: number,
  count: number,
): { readonly removed: Json[]; readonly place: Place | null } {
  if (count === 0) return { removed: [], place: null };
  const list = held.open() as ListEdit;
  const removed = Array.from({ length: count }, (_, i) => list.get(start + i)!);
  held.dropItems(list, start, start + count);
  return { removed, place: list.vacate(start, count) };
}

function remove(held: Held, start: number, count: number): Json[] {
  return vacated(held, start, count).removed;
}

function assign(held: Held, index: number, value: unknown): void {
  const before = lengthOf(held);
  checkWithin(index, before);
  const list = held.peek() as ListEdit | null;
  const old = list?.below(index) ?? null;
  if (old !== null && value !== null && typeof value === "object") {
    const same = held.scope.heldOf(value);
    if (same !== undefined && list !== null && held.item(list, index, same.shape) === same) return;
  }
  const [content] = taken(held, [value], index);
  if (putInto(old, content!, held.shape)) return;
  const { place } = vacated(held, index, index < before ? 1 : 0);
  putItems(held.open() as ListEdit, index, [content!], place);
}

function truncate(held: Held, value: unknown): void {
  const before = lengthOf(held);
  const length = Number(value);
  if (!Number.isInteger(length) || length < 0 || length > before)
    throw new RangeError(`Expected a length in 0 … ${before}, got ${String(value)}`);
  remove(held, length, before - length);
}

function checkWithin(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index > length)
    throw new RangeError(`Expected an index in 0 … ${length}: a list has no holes, got ${index}`);
}

/** An index as JavaScript writes it; a negative or broken number is one too, out of range. Null for another name. */
function indexOf(key: string | symbol): number | null {
  if (typeof key !== "string" || key === "") return null;
  const number = Number(key);
  return String(number) === key && Number.isFinite(number) ? number : null;
}

/** `start` of `splice`: from the end if negative. */
function clamp(start: number, length: number): number {
  const from = whole(start);
  return from < 0 ? Math.max(length + from, 0) : Math.min(from, length);
}

function whole(number: number): number {
  return Number.isNaN(number) ? 0 : Math.trunc(number);
}
