// What people assign, checked and copied before anything is written, and then written through the handles. Whatever is no
// JSON is refused with the place where it stands: a document holds what everybody can read, and nothing is left out
// silently. With a schema a string becomes a text and a boolean a register, where the schema says so.

import { DEPTH_MAX, RUN_VALUES_MAX } from "../limits.ts";
import type { AnyEdit, ListEdit, MapEdit } from "../types/edit.ts";
import { TextEdit } from "../types/edit-text.ts";
import { CounterEdit, LwwEdit, RegisterEdit, SetEdit } from "../types/edit-values.ts";
import { plain } from "../types/handle.ts";
import { checkKey, type Input, isPlainObject, wordForObject } from "../types/input.ts";
import {
  type CounterKind,
  isSetKind,
  type Kind,
  type Place,
  type Scalar,
  type SetKind,
} from "../types/op.ts";
import type { PlainPath } from "./place.ts";
import { isShape, ScalarShape, type Shape, TextShape } from "./schema.ts";

/** A node that JSON has no word for, and what it begins with; null for an empty one. */
export class Filled {
  readonly kind: Exclude<Kind, "map" | "list">;
  readonly content: Scalar | readonly Scalar[];

  constructor(kind: Exclude<Kind, "map" | "list">, content: Scalar | readonly Scalar[]) {
    this.kind = kind;
    this.content = content;
  }
}

export type Content = Scalar | Filled | readonly Content[] | { readonly [key: string]: Content };

/** A copy of `value` that may be written at a place. Throws `TypeError` or `RangeError`, naming the place. */
export class Taking {
  /** Where a value stands in the document already, if it does. */
  readonly #placeOf: (value: object) => PlainPath | null;
  readonly #around = new Set<object>();

  constructor(placeOf: (value: object) => PlainPath | null) {
    this.#placeOf = placeOf;
  }

  take(value: unknown, shape: Shape | null, path: PlainPath): Content {
    if (path.length > DEPTH_MAX)
      throw new RangeError(`Expected at most ${DEPTH_MAX} levels at ${JSON.stringify(path)}`);
    if (value !== null && typeof value === "object") {
      const place = this.#placeOf(value);
      if (place !== null) throw new TypeError(standsAlready(place, path));
    }
    if (isShape(value)) return madeOf(value, shape, path);
    if (shape === null) return this.#json(value, null, path);
    switch (shape.kind) {
      case "map":
      case "list":
        return this.#json(value, shape, path);
      case "value":
        return scalar(value, shape.is, path);
      case "register":
      case "lww":
        return new Filled(shape.kind, scalar(value, shape.is, path));
      case "text":
        if (typeof value !== "string" || !value.isWellFormed())
          throw unfit("a well-formed string", value, path);
        return new Filled("text", value);
      case "counter":
      case "gcounter":
        if (!Number.isSafeInteger(value) || (shape.kind === "gcounter" && (value as number) < 0))
          throw unfit(
            shape.kind === "counter" ? "a safe integer" : "a safe integer, not negative",
            value,
            path,
          );
        return new Filled(shape.kind, value as number);
      default: {
        if (!Array.isArray(value)) throw unfit("an array of plain values", value, path);
        const { is } = shape;
        // `map` would leave holes out.
        const members = Array.from(value, (member, i) => scalar(member, is, [...path, i]));
        return new Filled(shape.kind, members);
      }
    }
  }

  takeKey(key: string, value: unknown, shape: Shape | null, path: PlainPath): Content {
    checkKey(key);
    return this.take(value, shape, path);
  }

  /** A value for a set. */
  takeMember(value: unknown, shape: Shape | null, path: PlainPath): Scalar {
    return scalar(value, shape instanceof ScalarShape ? shape.is : null, path);
  }

  #json(value: unknown, shape: (Shape & { readonly kind: "map" | "list" }) | null, path: PlainPath): Content {
    if (value === null || typeof value !== "object") {
      if (shape !== null) throw unfit(shape.kind === "map" ? "an object" : "an array", value, path);
      return scalar(value, null, path);
    }
    if (this.#around.has(value)) throw new TypeError(`Expected no cycle at ${JSON.stringify(path)}`);
    this.#around.add(value);
    const content = Array.isArray(value) ? this.#array(value, shape, path) : this.#object(value, shape, path);
    this.#around.delete(value);
    return content;
  }

  #array(value: readonly unknown[], shape: Shape | null, path: PlainPath): readonly Content[] {
    if (shape !== null && shape.kind !== "list") throw unfit("an object", value, path);
    return Array.from(value, (item, i) => {
      if (!(i in value)) throw new RangeError(`Expected no hole at ${JSON.stringify([...path, i])}`);
      return this.take(item, shape === null ? null : shape.of, [...path, i]);
    });
  }

  #object(value: object, shape: Shape | null, path: PlainPath): Content {
    if (!isPlainObject(value) || (shape !== null && shape.kind !== "map"))
      throw unfit(shape?.kind === "list" ? "an array" : "plain JSON", value, path);
    if (Object.getOwnPropertySymbols(value).length > 0)
      throw new TypeError(`Expected no symbol for a key at ${JSON.stringify(path)}`);
    const content: Record<string, Content> = Object.create(null);
    for (const [key, member] of Object.entries(value)) {
      checkKey(key);
      const inner = shape === null ? null : shape.fields[key];
      if (inner === undefined)
        throw new TypeError(`Expected a key of the schema, got ${JSON.stringify([...path, key])}`);
      content[key] = this.take(member, inner, [...path, key]);
    }
    return content;
  }
}

function scalar(value: unknown, is: ((value: Scalar) => boolean) | null, path: PlainPath): Scalar {
  let written: Scalar;
  try {
    written = plain(value);
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`${error.message}, at ${JSON.stringify(path)}`);
    if (typeof value === "string" || typeof value === "number")
      throw new TypeError(`${(error as TypeError).message}, at ${JSON.stringify(path)}`);
    throw unfit("plain JSON", value, path);
  }
  if (is !== null && !is(written)) throw unfit("what the schema's guard lets pass", value, path);
  return written;
}

/** `text("…")`, `counter()` and the like, assigned as a value. */
function madeOf(value: Shape, shape: Shape | null, path: PlainPath): Content {
  if (shape !== null && shape.kind !== value.kind) throw unfit(`a ${shape.kind}`, value, path);
  if (value.kind === "map" || value.kind === "list" || value.kind === "value")
    throw new TypeError(`Expected {}, [] or a plain value at ${JSON.stringify(path)}, got ${value.kind}()`);
  return new Filled(value.kind, value instanceof TextShape ? value.initial : null);
}

function unfit(expected: string, value: unknown, path: PlainPath): TypeError {
  return new TypeError(`Expected ${expected} at ${JSON.stringify(path)}, got ${wordFor(value)}`);
}

function wordFor(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return isShape(value) ? `${value.kind}()` : wordForObject(value);
}

function standsAlready(place: PlainPath, path: PlainPath): string {
  return (
    `Expected a new value at ${JSON.stringify(path)}, got what stands at ${JSON.stringify(place)} already: a node has one ` +
    "place. Move a list item with move(from, to) or moveTo(index, list, to); copy with JSON.parse(JSON.stringify(…))"
  );
}

// ------------------------------------------------------------------------------------------------------ writing

/** Replaces what is seen under the key, if it does not go into what shows there. */
export function putKey(map: MapEdit, key: string, content: Content, shape: Shape | null = null): void {
  if (putInto(map.below(key), content, shape)) return;
  if (isJson(content)) {
    map.put(key, content);
  } else if (content instanceof Filled) {
    map.delete(key);
    fill(openKey(map, key, content.kind), content);
  } else if (Array.isArray(content)) {
    map.put(key, []);
    putItems(map.list(key), 0, content);
  } else {
    map.put(key, {});
    const inner = map.map(key);
    for (const [name, member] of Object.entries(content as object)) putKey(inner, name, member);
  }
}

/**
 * Whether it went into a register: one of its kind, or any that a plain value is assigned to, unless a schema says that the
 * value stands there by itself.
 */
export function putInto(shown: AnyEdit | null, content: Content, shape: Shape | null): boolean {
  if (!(shown instanceof RegisterEdit || shown instanceof LwwEdit)) return false;
  const isForIt = content instanceof Filled && content.kind === shown.path.at(-1)!.kind;
  if (!isForIt && !(isScalar(content) && shape === null)) return false;
  shown.set((isForIt ? content.content : content) as Scalar);
  return true;
}

/** `place`: where the first of them hangs, if it is to be in the place of others. */
export function putItems(
  list: ListEdit,
  index: number,
  contents: readonly Content[],
  place: Place | null = null,
): void {
  for (let i = 0; i < contents.length; ) {
    const json: Input[] = [];
    for (
      let content = contents[i];
      json.length < RUN_VALUES_MAX && i < contents.length && isJson(content!);
    ) {
      json.push(content as Input);
      content = contents[++i];
    }
    list.put(index, json, place);
    if (json.length === 0) putItem(list, index, contents[i++]!, place);
    index += Math.max(json.length, 1);
    place = null;
  }
}

function putItem(list: ListEdit, index: number, content: Content, place: Place | null): void {
  if (content instanceof Filled) {
    list.insertNew(index, content.kind, place);
    fill(list.below(index)!, content);
  } else if (Array.isArray(content)) {
    list.put(index, [[]], place);
    putItems(list.list(index), 0, content);
  } else {
    list.put(index, [{}], place);
    for (const [key, member] of Object.entries(content as object)) putKey(list.map(index), key, member);
  }
}

/** The node of a kind under a key, made if the key does not show one. */
export function openKey(map: MapEdit, key: string, kind: Kind): AnyEdit {
  switch (kind) {
    case "map":
      return map.map(key);
    case "list":
      return map.list(key);
    case "text":
      return map.text(key);
    case "register":
      return map.register(key);
    case "lww":
      return map.lww(key);
    default:
      return isSetKind(kind) ? map.setOf(key, kind as SetKind) : map.counter(key, kind as CounterKind);
  }
}

function fill(node: AnyEdit, { content }: Filled): void {
  if (content === null) return;
  if (node instanceof TextEdit) node.insert(0, content as string);
  else if (node instanceof CounterEdit) node.increment(content as number);
  else if (node instanceof RegisterEdit || node instanceof LwwEdit) node.set(content as Scalar);
  else if (node instanceof SetEdit) for (const member of content as readonly Scalar[]) node.add(member);
}

/** Whether JSON says it all. Depth is bounded by `take`. */
function isJson(content: Content): content is Input {
  if (isScalar(content)) return true;
  if (content instanceof Filled) return false;
  return Object.values(content).every(isJson);
}

function isScalar(content: Content): content is Scalar {
  return content === null || typeof content !== "object";
}
