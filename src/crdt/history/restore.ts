// Restoring: a version shows again, by ordinary edits of whoever restores it. Nothing is taken back: what came since stays in
// the history, and what others write meanwhile stays in the text. Only what differs is written.
//
//     restore(version), then view  =  at(version)
//
// for maps, lists, texts, registers and counters, and for sets as far as they let anybody: from a "gset" nothing is removed,
// into a "twophase" nothing that was removed returns, and a "gcounter" is never less than it was. A list item that was moved
// and one that was deleted come back as copies. A register in which somebody's own client had put an empty node, which nobody
// else writes, is left as it is.

import { dotKey } from "../types/dot.ts";
import { type AnyEdit, ListEdit, MapEdit } from "../types/edit.ts";
import { TextEdit } from "../types/edit-text.ts";
import { CounterEdit, LwwEdit, RegisterEdit } from "../types/edit-values.ts";
import {
  canonicalJson,
  fieldJson,
  fieldValue,
  type Json,
  type ListNode,
  type MapNode,
  type Node,
  shownAt,
  type TextNode,
  textOf,
  toJson,
} from "../types/node.ts";
import type { Path, Scalar, Value } from "../types/op.ts";
import type { History, Version } from "./history.ts";
import { finish } from "./progress.ts";

/** Within an edit of the document: makes what is below its root what it was. `keys`: of the root; without them all. `now`:
 * finds the nodes of the document that is edited. */
export function restore(
  root: MapEdit,
  history: History,
  version: Version,
  now: (path: Path) => Node | null,
  keys: readonly string[] | null = null,
): void {
  finish(history.at(version, then => new Restoring(history, version, now).map(root, then as MapNode, keys)));
}

class Restoring {
  readonly #history: History;
  readonly #version: Version;
  readonly #now: (path: Path) => Node | null;

  constructor(history: History, version: Version, now: (path: Path) => Node | null) {
    this.#history = history;
    this.#version = version;
    this.#now = now;
  }

  map(edit: MapEdit, then: MapNode, chosen: readonly string[] | null = null): void {
    const keys = chosen ?? [...new Set([...then.keys.keys(), ...edit.keys()])].sort();
    for (const key of keys) {
      const field = then.keys.get(key);
      const value = field === undefined ? undefined : fieldValue(field);
      if (field === undefined || value === undefined) {
        if (edit.shown(key) !== undefined) edit.delete(key);
        continue;
      }
      const [was, is] = [fieldJson(field), edit.get(key)];
      if (is !== undefined && isAlike(edit.shown(key), value) && canonicalJson(is) === canonicalJson(was!))
        continue;
      if (value === null || typeof value !== "object") edit.set(key, value);
      else {
        // What shows there of another kind would go on showing.
        if (!isAlike(edit.shown(key), value)) edit.delete(key);
        this.#into(makeAt(edit, key, value), field.children.get(value.make));
      }
    }
  }

  /** `then`: what the node was; undefined where it was never filled. */
  #into(edit: AnyEdit, then: Node | undefined): void {
    if (edit instanceof MapEdit)
      this.map(edit, then?.kind === "map" ? then : { kind: "map", keys: new Map() });
    else if (edit instanceof ListEdit) this.#list(edit, then?.kind === "list" ? then : null);
    else if (edit instanceof TextEdit) this.#text(edit, then?.kind === "text" ? then : null);
    else if (edit instanceof RegisterEdit || edit instanceof LwwEdit) {
      const was = then === undefined ? null : toJson(then);
      if (isScalar(was) && edit.get() !== was) edit.set(was);
    } else if (edit instanceof CounterEdit) {
      this.#counter(edit, then);
    } else {
      const was = then !== undefined && "set" in then ? then.set.values() : [];
      for (const value of was) if (!edit.has(value)) edit.add(value);
      if (edit.path.at(-1)!.kind !== "gset")
        for (const value of edit.values()) if (!was.includes(value)) edit.delete(value);
    }
  }

  /** Several increments may have led further away than one leads back. */
  #counter(edit: CounterEdit, then: Node | undefined): void {
    const now = this.#now(edit.path);
    let by = totalOf(then) - totalOf(now);
    if (by < 0n && edit.path.at(-1)!.kind === "gcounter") return;
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    while (by !== 0n) {
      const some = by > most ? most : by < -most ? -most : by;
      edit.increment(Number(some));
      by -= some;
    }
  }

  #text(edit: TextEdit, then: TextNode | null): void {
    const steps = this.#history.stepsTo(this.#version, edit.path);
    // A text in an item that is a copy has no letter in common with the one it is copied from.
    const isCopy = steps.length === 0 && edit.length === 0;
    if (isCopy) edit.insert(0, then === null ? "" : textOf(then));
    // From the last to the first they do not move each other.
    for (const { from, to, insert } of steps.toReversed()) edit.splice(from, to - from, insert);
  }

  #list(edit: ListEdit, then: ListNode | null): void {
    const now = this.#now(edit.path);
    const was = then === null ? [] : itemsOf(then);
    const is = now?.kind === "list" ? itemsOf(now) : [];
    const kept = inOrder(is, was);
    // What goes, from the end, so that what is before stays where it is.
    for (let i = is.length - 1; i >= 0; i--) if (!kept.has(is[i]!.name)) edit.delete(i);
    for (const [i, item] of was.entries()) {
      const { value } = item;
      const isMaking = value !== null && typeof value === "object";
      if (!kept.has(item.name)) {
        if (isMaking) edit.insertNew(i, value.make);
        else edit.insert(i, value);
      }
      if (!isMaking) continue;
      const { length } = edit;
      const child = edit.below(i);
      if (child !== null) this.#into(child, item.child);
      // It was deleted, and showed for what somebody had written into it meanwhile; that is gone now, as it was not there then.
      if (edit.length < length) edit.insertNew(i, value.make);
    }
  }
}

interface Item {
  readonly name: string;
  readonly value: Value;
  readonly child: Node | undefined;
}

function itemsOf(list: ListNode): Item[] {
  return Array.from({ length: list.items.length }, (_, i) => {
    const dot = list.items.dotAt(i);
    const { value, child, item } = shownAt(list, dot);
    return { name: dotKey(item?.dot ?? dot), value, child };
  });
}

/** The most items that stand in both lists, in one order in both: a longest increasing subsequence. */
function inOrder(is: readonly Item[], was: readonly Item[]): ReadonlySet<string> {
  const places = new Map(was.map(({ name }, i) => [name, i]));
  const common = is.flatMap(({ name }) => {
    const place = places.get(name);
    return place === undefined ? [] : [{ name, place }];
  });
  /** Of the chains of each length the one that ends first: by the index of its last link. */
  const ends: number[] = [];
  const before: number[] = [];
  for (const [i, { place }] of common.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (common[ends[middle]!]!.place < place) low = middle + 1;
      else high = middle;
    }
    before[i] = low === 0 ? -1 : ends[low - 1]!;
    ends[low] = i;
  }
  const kept = new Set<string>();
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]!) kept.add(common[i]!.name);
  return kept;
}

function totalOf(node: Node | null | undefined): bigint {
  return node !== null && node !== undefined && "counter" in node ? node.counter.total : 0n;
}

function isScalar(json: Json): json is Scalar {
  return json === null || typeof json !== "object";
}

/** Whether two values are the same plain one, or makings of one kind. */
function isAlike(a: Value | undefined, b: Value): boolean {
  if (a === undefined || a === null || b === null || typeof a !== "object" || typeof b !== "object")
    return a === b;
  return a.make === b.make;
}

function makeAt(edit: MapEdit, key: string, { make }: { readonly make: NonNullable<AnyMaking> }): AnyEdit {
  switch (make) {
    case "map":
      return edit.map(key);
    case "list":
      return edit.list(key);
    case "text":
      return edit.text(key);
    case "register":
      return edit.register(key);
    case "lww":
      return edit.lww(key);
    case "counter":
    case "gcounter":
      return edit.counter(key, make);
    default:
      return edit.setOf(key, make);
  }
}

type AnyMaking = Extract<Value, { readonly make: unknown }>["make"];
