// The kinds of node a document is made of, and how each is shown as JSON. Nodes hold what ops did to them
// and know their children; they know neither paths nor who wrote what.

import { Composition } from "./composition.ts";
import { Counter } from "./counter.ts";
import { type Dot, dotKey, type Slot, type Stamps } from "./dot.ts";
import {
  type CounterKind,
  isSetKind,
  KINDS,
  type Kind,
  type Path,
  type RegisterKind,
  type Scalar,
  type SetKind,
  type Step,
  type Value,
} from "./op.ts";
import { Register } from "./register.ts";
import { listSequence, type Sequence, textSequence } from "./sequence.ts";
import { ValueSet } from "./sets.ts";
import type { Strands } from "./strands.ts";

export interface MapNode {
  readonly kind: "map";
  readonly keys: Map<string, Field>;
}

/** What lives under one key: plain values and makings in the register, and a node for each kind ever used. */
export interface Field {
  readonly register: Register;
  readonly children: Map<Kind, Node>;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: Sequence<readonly Listed[]>;
  /** By `change:index` of the item, whether it still shows here or was moved elsewhere. */
  readonly children: Map<string, Node>;
  /** The numbers of all positions here, by the change that made them, ascending. */
  readonly positions: Map<Slot, number[]>;
}

/** An item of a list, where it was made. */
export interface Item {
  readonly dot: Dot;
  readonly value: Value;
  readonly list: ListNode;
  /** Of the list. */
  readonly path: Path;
}

/** An element that a move made: where an item shows while that move is its latest that counts. */
export class Position {
  readonly item: Item;

  constructor(item: Item) {
    this.item = item;
  }
}

/** What the elements of a list are. */
export type Listed = Value | Position;

export class TextNode {
  readonly kind = "text";
  readonly #text: Sequence<string>;
  #composition: Composition | null = null;

  constructor(text: Sequence<string>) {
    this.#text = text;
  }

  /** With all that was done to it. */
  get text(): Sequence<string> {
    if (this.#composition !== null) this.#composition.settle();
    return this.#text;
  }

  /** Visible units. */
  get length(): number {
    return this.#composition === null ? this.#text.length : this.#composition.length;
  }

  /** What the local author does to it is not put into the tree from now on, until `settle` ends that and does so. */
  compose(settle: () => void): Composition {
    this.#composition = new Composition(this.#text, settle);
    return this.#composition;
  }

  endComposition(): void {
    this.#composition = null;
  }
}

export interface RegisterNode {
  readonly kind: RegisterKind;
  readonly register: Register;
}

export interface CounterNode {
  readonly kind: CounterKind;
  readonly counter: Counter;
}

export interface SetNode {
  readonly kind: SetKind;
  readonly set: ValueSet;
}

export type Node = MapNode | ListNode | TextNode | RegisterNode | CounterNode | SetNode;

/** JSON without prototypes: objects have none, so that `__proto__` is a key like any other. */
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

export function makeNode(kind: Kind, causality: Stamps, strands: Strands): Node {
  if (isSetKind(kind)) return { kind, set: new ValueSet(kind, causality) };
  switch (kind) {
    case "map":
      return { kind, keys: new Map() };
    case "list":
      return { kind, items: listSequence(causality, strands), children: new Map(), positions: new Map() };
    case "text":
      return new TextNode(textSequence(causality, strands));
    case "register":
    case "lww":
      return { kind, register: new Register(causality) };
    case "counter":
    case "gcounter":
      return { kind, counter: new Counter() };
  }
}

/** The node that a step leads to; undefined where nothing was ever put there. */
export function childAt(node: Node, { at, kind }: Step): Node | undefined {
  let child: Node | undefined;
  if (typeof at === "string") child = node.kind === "map" ? node.keys.get(at)?.children.get(kind) : undefined;
  else child = node.kind === "list" ? node.children.get(dotKey(at)) : undefined;
  return child?.kind === kind ? child : undefined;
}

/** Nothing in it that anybody still wants shown. */
export function isEmpty(node: Node): boolean {
  switch (node.kind) {
    case "map":
      for (const field of node.keys.values()) if (fieldValue(field) !== undefined) return false;
      return true;
    case "list":
      return node.items.length === 0;
    case "text":
      return node.length === 0;
    case "register":
    case "lww":
      return node.register.isEmpty;
    case "counter":
    case "gcounter":
      return node.counter.isEmpty;
    default:
      return node.set.isEmpty;
  }
}

/**
 * What a key shows: the pick among its entries, a making as the node it makes; where there are none, a node with
 * content that whoever deleted the key had not seen (it survives). Undefined for an absent key.
 */
export function fieldValue(field: Field): Value | undefined {
  const entry = field.register.latest;
  if (entry !== undefined) return entry.value;
  for (const kind of KINDS) {
    const child = field.children.get(kind);
    if (child !== undefined && !isEmpty(child)) return { make: kind };
  }
  return undefined;
}

/** The same as JSON. */
export function fieldJson(field: Field): Json | undefined {
  const value = fieldValue(field);
  if (value === undefined) return undefined;
  const isMaking = value !== null && typeof value === "object";
  return valueJson(value, isMaking ? field.children.get(value.make) : undefined);
}

/** What shows at an element of a list: the item, and the node it made if that was ever filled. `item` is null for one
 * that shows where it was made. */
export function shownAt(
  list: ListNode,
  dot: Dot,
  listed: Listed = list.items.at(dot)!,
): { readonly value: Value; readonly child: Node | undefined; readonly item: Item | null } {
  if (!(listed instanceof Position))
    return { value: listed, child: list.children.get(dotKey(dot)), item: null };
  const { item } = listed;
  return { value: item.value, child: item.list.children.get(dotKey(item.dot)), item };
}

export function textOf({ text }: TextNode): string {
  return text.toText();
}

/** A value as JSON; of a making the node it made, if that was ever filled. */
export function valueJson(value: Value, child: Node | undefined): Json {
  if (value === null || typeof value !== "object") return value;
  return child === undefined ? emptyJson(value.make) : toJson(child);
}

/** What a node shows that was made and never filled. */
function emptyJson(kind: Kind): Json {
  switch (kind) {
    case "map":
      return Object.create(null);
    case "text":
      return "";
    case "register":
    case "lww":
      return null;
    case "counter":
    case "gcounter":
      return 0;
    default:
      return [];
  }
}

/** Depth is bounded by the limit on paths, and on where things may be moved (`moves.ts`): three times DEPTH_MAX at most. */
export function toJson(node: Node): Json {
  switch (node.kind) {
    case "map": {
      const out: Record<string, Json> = Object.create(null);
      for (const key of [...node.keys.keys()].sort()) {
        const json = fieldJson(node.keys.get(key)!);
        if (json !== undefined) out[key] = json;
      }
      return out;
    }
    case "list": {
      const out: Json[] = [];
      for (const run of node.items.visible()) {
        run.content.forEach((listed, i) => {
          const { value, child } = shownAt(node, { change: run.change, index: run.start + i }, listed);
          out.push(valueJson(value, child));
        });
      }
      return out;
    }
    case "text":
      return textOf(node);
    case "register":
    case "lww": {
      const entry = node.register.latest;
      return entry === undefined ? null : valueJson(entry.value, undefined);
    }
    case "counter":
    case "gcounter":
      return node.counter.value;
    default:
      return node.set.values();
  }
}

/** RFC 8785: keys by UTF-16 code units, numbers and strings as ECMAScript writes them. */
export function canonicalJson(json: Json): string {
  if (json === null || typeof json !== "object") return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(canonicalJson).join(",")}]`;
  const map = json as { readonly [key: string]: Json };
  const members = Object.keys(map)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(map[key]!)}`);
  return `{${members.join(",")}}`;
}
