// What all handles have in common (edit.ts for containers, edit-values.ts for single values, counters and sets): a
// node by its path, what of it can be named, and which values may be written.

import { DEPTH_MAX, OWN_NAMES_MAX, STRING_BYTES_MAX } from "../limits.ts";
import type { Dot, Span } from "./dot.ts";
import type { Author } from "./draft.ts";
import { type Json, type Node, toJson } from "./node.ts";
import type { Path, Scalar } from "./op.ts";

export abstract class Handle<N extends Node> {
  protected readonly author: Author;
  readonly path: Path;
  /** The node, where it stays for ever and was asked for. */
  protected known: N | null = null;

  constructor(author: Author, path: Path) {
    checkDepth(path.length);
    this.author = author;
    this.path = path;
  }

  protected get node(): N {
    if (this.known !== null) return this.known;
    const node = this.author.tree.node(this.path) as N;
    // What stands under keys alone stays there for ever; an item may go with the draft that made it.
    if (this.path.every(({ at }) => typeof at === "string")) this.known = node;
    return node;
  }

  toJSON(): Json {
    return toJson(this.node);
  }
}

/**
 * What an op does away with, given what shows. Where that is too much to be named by one op (somebody wrote thousands
 * of values that know nothing of each other), all but the last are removed here.
 */
export function seen(author: Author, path: Path, key: string | null, shown: readonly Dot[]): readonly Dot[] {
  const dots = [...shown];
  while (dots.length > OWN_NAMES_MAX)
    author.add({ type: "unset", path, key, replaces: dots.splice(-OWN_NAMES_MAX) });
  return dots;
}

/** A plain value as it is written; -0 becomes 0. */
export function plain(value: unknown): Scalar {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("Expected a string without lone surrogates");
    if (value.length > STRING_BYTES_MAX / 3)
      throw new RangeError("Expected a shorter string; long ones are texts");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`Expected a finite number, got ${value}`);
    return value === 0 ? 0 : value;
  } else if (value !== null && typeof value !== "boolean") {
    throw new TypeError(`Expected a plain value, got ${typeof value}`);
  }
  return value;
}

/** What one op cannot name, several do; the draft joins those that fit into one change. */
export function deleteAll(author: Author, path: Path, spans: readonly Span[]): void {
  for (let i = 0; i < spans.length; i += OWN_NAMES_MAX)
    author.add({ type: "delete", path, spans: spans.slice(i, i + OWN_NAMES_MAX) });
}

/** Of the steps of a path. */
export function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new RangeError(`Expected at most ${DEPTH_MAX} levels, got ${depth}`);
}

export function checkIndex(index: number, length: number): void {
  // The first says of any number whether it is one of 0 … 2³² - 1, without a call: every keystroke comes by.
  if (index >>> 0 !== index || index > length) {
    throw new RangeError(`Expected an index in 0 … ${length}, got ${index}`);
  }
}

export function checkRange(index: number, count: number, length: number): void {
  checkIndex(index, length);
  if (count >>> 0 !== count || index + count > length) {
    throw new RangeError(`Expected a count in 0 … ${length - index}, got ${count}`);
  }
}
