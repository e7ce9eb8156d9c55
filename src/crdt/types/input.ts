// What people hand over to be written, as JSON: looked through before the first op is made of it, so that what is refused
// has changed nothing, also where the refusal is caught within the edit. What is no JSON is refused and not left out.

import { KEY_BYTES_MAX } from "../limits.ts";
import { checkDepth, plain } from "./handle.ts";
import type { Kind, Scalar, Value } from "./op.ts";

/** JSON as people write it; `undefined` is no value. */
export type Input = Scalar | readonly Input[] | { readonly [key: string]: Input };

/** Throws unless all of `value` can be written where the path of the node that it makes, if it makes one, has `depth` steps. */
export function checkInput(value: Input, depth: number): void {
  if (value === null || typeof value !== "object") {
    plain(value);
    return;
  }
  // This ends cycles, too.
  checkDepth(depth);
  if (Array.isArray(value)) {
    for (const item of value) checkInput(item, depth + 1);
    return;
  }
  if (!isPlainObject(value)) throw new TypeError(`Expected plain JSON, got ${wordForObject(value)}`);
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw new TypeError("Expected plain JSON, got a symbol for a key");
  for (const [key, member] of Object.entries(value)) {
    checkKey(key);
    checkInput(member, depth + 1);
  }
}

export function checkKey(key: string): void {
  if (typeof key !== "string" || !key.isWellFormed())
    throw new TypeError("Expected a key without lone surrogates");
  if (key.length > KEY_BYTES_MAX / 3)
    throw new RangeError(`Expected a key of at most ${Math.floor(KEY_BYTES_MAX / 3)} UTF-16 code units`);
}

/** Neither of a class nor of the platform; an object of another page is as good as one of this. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What stands in a message for an object that is no plain one. */
export function wordForObject(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" ? `an object of ${name}` : "an object";
}

/** The kind of node that a value makes, or null for a plain one. */
export function kindOf(value: Input): "map" | "list" | null {
  if (value === null || typeof value !== "object") return null;
  return Array.isArray(value) ? "list" : "map";
}

/** A value without what is in it. */
export function shallow(value: Input): Value {
  const kind: Kind | null = kindOf(value);
  return kind === null ? plain(value) : { make: kind };
}
