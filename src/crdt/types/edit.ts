// What a local author holds in hand: a map or list of the document (texts: edit-text.ts, single values: edit-values.ts), with methods
// that read like plain JavaScript. Each call becomes ops that name what is seen now. Misuse throws `TypeError` or `RangeError`
// before anything is changed.

import { OWN_RUN_UNITS_MAX, RUN_VALUES_MAX } from "../limits.ts";
import type { Dot, Span } from "./dot.ts";
import { type Author, joinSpans } from "./draft.ts";
import { TextEdit } from "./edit-text.ts";
import { CounterEdit, clearValues, LwwEdit, RegisterEdit, SetEdit } from "./edit-values.ts";
import { checkDepth, checkIndex, checkRange, deleteAll, Handle, seen } from "./handle.ts";
import { checkInput, checkKey, type Input, kindOf, shallow } from "./input.ts";
import {
  fieldJson,
  fieldValue,
  type Json,
  type ListNode,
  type MapNode,
  type Node,
  shownAt,
  valueJson,
} from "./node.ts";
import type { CounterKind, Kind, Path, Place, SetKind, Value } from "./op.ts";
import type { Register } from "./register.ts";

export class MapEdit extends Handle<MapNode> {
  /** The text asked for last, since every keystroke asks for its own again; good while the key's entries are these. */
  #lastText: {
    readonly key: string;
    readonly text: TextEdit;
    readonly register: Register;
    readonly version: number;
  } | null = null;

  /** Sorted. */
  keys(): string[] {
    const { keys } = this.node;
    return [...keys.keys()].filter(key => fieldValue(keys.get(key)!) !== undefined).sort();
  }

  get(key: string): Json | undefined {
    const field = this.node.keys.get(key);
    return field === undefined ? undefined : fieldJson(field);
  }

  /** What shows under the key, a node by its kind alone. Undefined for an absent key. */
  shown(key: string): Value | undefined {
    const field = this.node.keys.get(key);
    return field === undefined ? undefined : fieldValue(field);
  }

  /** The node that shows under the key, as it is: nothing is made. Null for a plain value and for an absent key. */
  below(key: string): AnyEdit | null {
    const shown = this.shown(key);
    const isMaking = shown !== null && typeof shown === "object";
    return isMaking ? handleAt(this.author, [...this.path, { at: key, kind: shown.make }]) : null;
  }

  /** Replaces whatever is seen under the key. Objects and arrays become maps and lists that merge. */
  set(key: string, value: Input): void {
    checkKey(key);
    checkInput(value, this.path.length + 1);
    this.put(key, value);
  }

  /** The same of what was looked through already. */
  put(key: string, value: Input): void {
    this.#clear(key);
    this.author.add({
      type: "set",
      path: this.path,
      key,
      value: shallow(value),
      replaces: this.#replaced(key),
    });
    fill(this.author, [...this.path, { at: key, kind: kindOf(value) ?? "map" }], value);
  }

  delete(key: string): void {
    checkKey(key);
    this.#clear(key);
    const replaces = this.#replaced(key);
    if (replaces.length > 0) this.author.add({ type: "unset", path: this.path, key, replaces });
  }

  /** Of all that is seen under the key, keeps the node of one kind and does away with the rest. */
  keep(key: string, kind: Kind): void {
    checkKey(key);
    this.#clear(key, kind);
    const replaces = this.#replaced(key);
    this.author.add({ type: "set", path: this.path, key, value: { make: kind }, replaces });
  }

  map(key: string): MapEdit {
    return new MapEdit(this.author, this.#child(key, "map"));
  }

  list(key: string): ListEdit {
    return new ListEdit(this.author, this.#child(key, "list"));
  }

  text(key: string): TextEdit {
    const last = this.#lastText;
    if (last !== null && last.key === key && last.register.version === last.version) return last.text;
    const text = new TextEdit(this.author, this.#child(key, "text"));
    const { register } = this.author.tree.field(this.node, key);
    this.#lastText = { key, text, register, version: register.version };
    return text;
  }

  register(key: string): RegisterEdit {
    return new RegisterEdit(this.author, this.#child(key, "register"));
  }

  lww(key: string): LwwEdit {
    return new LwwEdit(this.author, this.#child(key, "lww"));
  }

  counter(key: string, kind: CounterKind = "counter"): CounterEdit {
    return new CounterEdit(this.author, this.#child(key, kind));
  }

  setOf(key: string, kind: SetKind = "set"): SetEdit {
    return new SetEdit(this.author, this.#child(key, kind));
  }

  /** The path of the node of that kind, made if the key does not show one. */
  #child(key: string, kind: Kind): Path {
    checkKey(key);
    checkDepth(this.path.length + 1);
    if (!this.author.tree.field(this.node, key).register.makes(kind)) {
      this.author.add({
        type: "set",
        path: this.path,
        key,
        value: { make: kind },
        replaces: this.#replaced(key),
      });
    }
    return [...this.path, { at: key, kind }];
  }

  #replaced(key: string): readonly Dot[] {
    return seen(this.author, this.path, key, this.author.tree.field(this.node, key).register.dots());
  }

  #clear(key: string, kept?: Kind): void {
    for (const [kind, child] of this.author.tree.field(this.node, key).children) {
      if (kind !== kept) clear(this.author, [...this.path, { at: key, kind }], child);
    }
  }
}

export class ListEdit extends Handle<ListNode> {
  get length(): number {
    return this.node.items.length;
  }

  get(index: number): Json | undefined {
    if (!this.#has(index)) return undefined;
    const { value, child } = this.#at(index);
    return valueJson(value, child);
  }

  /** What shows at `index`, a node by its kind alone. Undefined beyond the end. */
  shown(index: number): Value | undefined {
    return this.#has(index) ? this.#at(index).value : undefined;
  }

  /** The node at `index`, or null for a plain value and beyond the end. */
  below(index: number): AnyEdit | null {
    const shown = this.shown(index);
    const isMaking = shown !== null && typeof shown === "object";
    return isMaking ? handleAt(this.author, this.#child(index, shown.make)) : null;
  }

  /** At `index` (0 … length), in the order given. */
  insert(index: number, ...values: readonly Input[]): void {
    this.#check(values);
    this.put(index, values);
  }

  /**
   * The same of what was looked through already; `place`: where the first of them hangs, if it is to be in the place of others
   * (`vacate`).
   */
  put(index: number, values: readonly Input[], place: Place | null = null): void {
    checkIndex(index, this.length);
    for (let i = 0; i < values.length; ) {
      const part = values.slice(i, runEnd(values, i));
      const first = this.author.add({
        type: "insertList",
        path: this.path,
        ...((i === 0 ? place : null) ?? this.node.items.place(index + i, this.author.isUnseen)),
        values: part.map(shallow),
      });
      part.forEach((value, offset) => {
        const kind = kindOf(value);
        const at = { change: first.change, index: first.index + offset };
        if (kind !== null) fill(this.author, [...this.path, { at, kind }], value);
      });
      i += part.length;
    }
  }

  /** An empty node as an item, to be filled. `place` as for `put`. */
  insertNew(index: number, kind: Kind, place: Place | null = null): void {
    checkIndex(index, this.length);
    const { parent, side, rightOrigin } = place ?? this.node.items.place(index, this.author.isUnseen);
    const values = [{ make: kind }];
    this.author.add({ type: "insertList", path: this.path, parent, side, rightOrigin, values });
  }

  /** Values stand where the `count` items from `index` stood, whatever others insert beside those meanwhile. */
  splice(index: number, count: number, ...values: readonly Input[]): void {
    this.#check(values);
    this.put(index, values, this.vacate(index, count));
  }

  /** Deletes items and answers the place that they leave to what is put there next; null if there were none. */
  vacate(index: number, count: number): Place | null {
    checkRange(index, count, this.length);
    if (count === 0) return null;
    const place = this.node.items.placeInstead(index, this.author.isUnseen);
    this.delete(index, count);
    return place;
  }

  push(...values: readonly Input[]): void {
    this.insert(this.length, ...values);
  }

  delete(index: number, count = 1): void {
    checkRange(index, count, this.length);
    if (count === 0) return;
    const items = Array.from({ length: count }, (_, i) => this.#at(index + i));
    for (const { path, at, child } of items)
      if (child !== undefined) clear(this.author, [...path, { at, kind: child.kind }], child);
    // An item is deleted where it was made.
    const homes = new Map<ListNode, { readonly path: Path; readonly spans: Span[] }>();
    for (const { list, path, at } of items) {
      const home = homes.get(list) ?? { path, spans: [] };
      homes.set(list, home);
      home.spans.push({ change: at.change, start: at.index, length: 1 });
    }
    for (const { path, spans } of homes.values()) deleteAll(this.author, path, joinSpans(spans));
  }

  /**
   * Takes the item at `from` out and puts it in again at `to`, as `list.splice(to, 0, ...list.splice(from, 1))` does: `to`
   * counts among the others (0 … length - 1).
   */
  move(from: number, to: number): void {
    this.moveTo(from, this, to);
  }

  /** The same into another list (0 … its length). Not into a list inside the item itself, nor deeper than 64 steps. */
  moveTo(index: number, other: ListEdit, to: number): void {
    checkRange(index, 1, this.length);
    if (other.author !== this.author) throw new TypeError("Expected a list of the same edit");
    const isSame = other.node === this.node;
    checkIndex(to, isSame ? this.length - 1 : other.length);
    if (isSame && to === index) return;
    const { path: from, at: item } = this.#at(index);
    if (!this.author.tree.moves.mayMove(from, item, other.path))
      throw new RangeError("Expected a list that is not inside the item, nor too deep");
    const place = other.node.items.place(isSame && to > index ? to + 1 : to, this.author.isUnseen);
    this.author.add({ type: "move", path: other.path, ...place, from, item });
  }

  map(index: number): MapEdit {
    return new MapEdit(this.author, this.#child(index, "map"));
  }

  list(index: number): ListEdit {
    return new ListEdit(this.author, this.#child(index, "list"));
  }

  text(index: number): TextEdit {
    return new TextEdit(this.author, this.#child(index, "text"));
  }

  register(index: number): RegisterEdit {
    return new RegisterEdit(this.author, this.#child(index, "register"));
  }

  lww(index: number): LwwEdit {
    return new LwwEdit(this.author, this.#child(index, "lww"));
  }

  counter(index: number, kind: CounterKind = "counter"): CounterEdit {
    return new CounterEdit(this.author, this.#child(index, kind));
  }

  setOf(index: number, kind: SetKind = "set"): SetEdit {
    return new SetEdit(this.author, this.#child(index, kind));
  }

  #check(values: readonly Input[]): void {
    for (const value of values) checkInput(value, this.path.length + 1);
  }

  #has(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }

  #child(index: number, kind: Kind): Path {
    checkRange(index, 1, this.length);
    const { value, path, at } = this.#at(index);
    if (value === null || typeof value !== "object" || value.make !== kind) {
      throw new TypeError(`Expected a ${kind} at ${index}, got ${JSON.stringify(value)}`);
    }
    return [...path, { at, kind }];
  }

  /** The item that shows at an index, and its name: the list where it was made, and its dot there. */
  #at(index: number) {
    const dot = this.node.items.dotAt(index);
    const { value, child, item } = shownAt(this.node, dot);
    return {
      value,
      child,
      at: item?.dot ?? dot,
      list: item?.list ?? this.node,
      path: item?.path ?? this.path,
    };
  }
}

export type AnyEdit = MapEdit | ListEdit | TextEdit | RegisterEdit | LwwEdit | CounterEdit | SetEdit;

function handleAt(author: Author, path: Path): AnyEdit {
  const { kind } = path.at(-1)!;
  switch (kind) {
    case "map":
      return new MapEdit(author, path);
    case "list":
      return new ListEdit(author, path);
    case "text":
      return new TextEdit(author, path);
    case "register":
      return new RegisterEdit(author, path);
    case "lww":
      return new LwwEdit(author, path);
    case "counter":
    case "gcounter":
      return new CounterEdit(author, path);
    default:
      return new SetEdit(author, path);
  }
}

/** Of what was looked through. */
function fill(author: Author, path: Path, value: Input): void {
  const kind = kindOf(value);
  if (kind === "list") {
    const list = new ListEdit(author, path);
    list.put(list.length, value as readonly Input[]);
  }
  if (kind === "map") {
    const map = new MapEdit(author, path);
    for (const [key, member] of Object.entries(value as object)) map.put(key, member);
  }
}

/** Writes out the removal of everything seen in a subtree, the deepest first. */
function clear(author: Author, path: Path, node: Node): void {
  if (node.kind === "map") {
    const map = new MapEdit(author, path);
    for (const key of node.keys.keys()) map.delete(key);
  } else if (node.kind === "list") {
    new ListEdit(author, path).delete(0, node.items.length);
  } else if (node.kind === "text") {
    new TextEdit(author, path).delete(0, node.text.length);
  } else {
    clearValues(author, path, node);
  }
}

/** The end of the longest run from `start` that fits into a change, one value at least. */
function runEnd(values: readonly Input[], start: number): number {
  let end = start;
  for (let units = 0; end < values.length && end - start < RUN_VALUES_MAX; end++) {
    const value = values[end];
    units += typeof value === "string" ? value.length : 0;
    if (end > start && units > OWN_RUN_UNITS_MAX) break;
  }
  return end;
}
