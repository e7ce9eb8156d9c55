// A document as its laws say it, from nothing but the set of its changes, and which of them are masked: every question is
// asked of all ops at once.
// No indexes, no incremental anything: slow and obviously right. The laws are those at the head of the files in
// src/crdt/types; texts and lists stand in the order of naive-sequence.ts.

import { type Change, type ChangeId, isContent } from "../../src/crdt/graph/change.ts";
import type { Dot, Span } from "../../src/crdt/types/dot.ts";
import { canonicalJson, type Json } from "../../src/crdt/types/node.ts";
import {
  type ContentOp,
  isSetKind,
  KINDS,
  type Kind,
  mapDots,
  type Scalar,
  type SetKind,
  type Step,
  type Value,
} from "../../src/crdt/types/op.ts";
import { MASKED } from "../../src/crdt/types/run.ts";
import { NaiveSequence } from "./naive-sequence.ts";

/** An op and where it was said: dots in it name changes by their place in the set. */
interface Said<O extends ContentOp = ContentOp> {
  readonly op: O;
  readonly change: number;
  /** Number of the first element it makes, or that the next op of its change would make. */
  readonly index: number;
}

/** What is under one path: the ops on it, and what is below. */
interface Place {
  /** The effective ones. */
  readonly said: Said[];
  /** With those of masked changes: what these inserted is hidden and holds its place. */
  readonly all: (Said & { readonly isMasked: boolean })[];
  readonly children: Map<string, Map<Kind, Place>>;
}

const nameOf = (dot: Dot) => `${dot.change}:${dot.index}`;
const stepName = ({ at }: Step) => (typeof at === "string" ? `key ${at}` : nameOf(at));
const isOf =
  <T extends ContentOp["type"]>(...types: readonly T[]) =>
  <S extends Said>(said: S): said is S & Said<Extract<ContentOp, { type: T }>> =>
    (types as readonly string[]).includes(said.op.type);
const dotOf = ({ change, index }: Said): Dot => ({ change, index });
const spanOf = ({ change, index }: Said, length: number): Span => ({ change, start: index, length });
const emptyPlace = (): Place => ({ said: [], all: [], children: new Map() });

export class NaiveDocument {
  readonly #changes: readonly Change[];
  readonly #root = emptyPlace();

  /** Parents before children; otherwise their order means nothing. */
  constructor(changes: Iterable<Change>, masked: ReadonlySet<ChangeId> = new Set()) {
    this.#changes = [...changes];
    const numbers = new Map(this.#changes.map(({ id }, i) => [id, i]));
    for (const [change, { id, refs, ops, starts }] of this.#changes.entries()) {
      const isMasked = masked.has(id);
      for (const [i, op] of ops.entries()) {
        if (!isContent(op)) continue;
        const here = mapDots(op, ref => (ref === 0 ? change : numbers.get(refs[ref]!)!));
        const place = this.#placeOf(here.path);
        const said = { op: here, change, index: starts[i]!, isMasked };
        place.all.push(said);
        if (!isMasked) place.said.push(said);
      }
    }
  }

  json(): string {
    return canonicalJson(this.#shown("map", this.#root));
  }

  #placeOf(path: readonly Step[]): Place {
    let place = this.#root;
    for (const step of path) {
      const kinds = place.children.get(stepName(step)) ?? new Map<Kind, Place>();
      place.children.set(stepName(step), kinds);
      const child = kinds.get(step.kind) ?? emptyPlace();
      kinds.set(step.kind, child);
      place = child;
    }
    return place;
  }

  #shown(kind: Kind, place: Place): Json {
    if (isSetKind(kind)) return this.#members(kind, place);
    switch (kind) {
      case "map": {
        const out: Record<string, Json> = Object.create(null);
        for (const key of keysOf(place)) {
          const value = this.#atKey(place, key);
          if (value !== undefined) out[key] = this.#filled(value, place.children.get(`key ${key}`));
        }
        return out;
      }
      case "list":
        return this.#items(place).map(({ dot, value }) =>
          this.#filled(value, place.children.get(nameOf(dot))),
        );
      case "text":
        return this.#text(place);
      case "register":
      case "lww":
        return this.#filled(this.#entries(place, null)[0] ?? null, undefined);
      case "counter":
      case "gcounter":
        return Number(increments(place).reduce((sum, { op }) => sum + BigInt(op.by), 0n));
      default:
        throw new Error(`Expected a kind of node that the oracle knows, got ${kind}`);
    }
  }

  #filled(value: Value, children: Map<Kind, Place> | undefined): Json {
    if (value === null || typeof value !== "object") return value;
    return this.#shown(value.make, children?.get(value.make) ?? emptyPlace());
  }

  #isEmpty(kind: Kind, place: Place): boolean {
    if (isSetKind(kind)) return this.#members(kind, place).length === 0;
    if (kind === "map") return keysOf(place).every(key => this.#atKey(place, key) === undefined);
    if (kind === "list") return this.#items(place).length === 0;
    if (kind === "text") return this.#text(place) === "";
    if (kind === "counter" || kind === "gcounter") return increments(place).length === 0;
    return this.#entries(place, null).length === 0;
  }

  // shown = { e : no write replaces e }, the latest by (depth, change id, index) first
  #entries(place: Place, key: string | null): Value[] {
    const writes = place.said.filter(isOf("set", "unset")).filter(({ op }) => op.key === key);
    const gone = named(writes.map(({ op }) => op));
    return writes
      .filter(isOf("set"))
      .filter(said => !gone.has(nameOf(dotOf(said))))
      .sort((a, b) => this.#compareDepths(b, a))
      .map(({ op }) => op.value);
  }

  #atKey(place: Place, key: string): Value | undefined {
    const [entry] = this.#entries(place, key);
    if (entry !== undefined) return entry;
    const children = place.children.get(`key ${key}`);
    const kind = KINDS.find(kind => children?.has(kind) && !this.#isEmpty(kind, children.get(kind)!));
    return kind === undefined ? undefined : { make: kind };
  }

  #text({ all, said }: Place): string {
    const sequence = new NaiveSequence<string>(this.#causality);
    for (const each of all.filter(isOf("insertText"))) {
      const { isMasked } = each as Place["all"][number];
      sequence.insert(dotOf(each), each.op, each.op.text.split(""));
      sequence.hide(spanOf(each, each.op.text.length), MASKED, isMasked);
    }
    for (const each of said) {
      if (isOf("delete")(each)) for (const span of each.op.spans) sequence.delete(span, each.change);
    }
    return sequence.units().join("");
  }

  /** Those that nobody deleted, and those that still have something in them. */
  #items(place: Place): { dot: Dot; value: Value }[] {
    const sequence = new NaiveSequence<Value>(this.#causality);
    const values = new Map<string, Value>();
    const masked = new Set<string>();
    for (const each of place.all.filter(isOf("insertList"))) {
      const { isMasked } = each as Place["all"][number];
      sequence.insert(dotOf(each), each.op, each.op.values);
      sequence.hide(spanOf(each, each.op.values.length), MASKED, isMasked);
      for (const [i, value] of each.op.values.entries()) {
        const name = nameOf({ change: each.change, index: each.index + i });
        values.set(name, value);
        if (isMasked) masked.add(name);
      }
    }
    for (const each of place.said) {
      if (isOf("delete")(each)) for (const span of each.op.spans) sequence.delete(span, each.change);
    }
    const standing = new Set(sequence.visibleDots().map(nameOf));
    const isFilled = (dot: Dot) =>
      !masked.has(nameOf(dot)) &&
      [...(place.children.get(nameOf(dot)) ?? [])].some(([kind, child]) => !this.#isEmpty(kind, child));
    return sequence
      .order()
      .filter(dot => standing.has(nameOf(dot)) || isFilled(dot))
      .map(dot => ({ dot, value: values.get(nameOf(dot))! }));
  }

  #members(kind: SetKind, { said }: Place): Scalar[] {
    const undoing = said
      .filter(isOf("unset", "remove"))
      .filter(({ op }) => op.type === "unset" || kind === "set");
    const gone = named(undoing.map(({ op }) => op));
    const adds = said.filter(isOf("add")).filter(add => !gone.has(nameOf(dotOf(add))));
    const removes = said.filter(isOf("remove"));
    const shows = (value: Scalar): boolean => {
      const mine = adds.filter(({ op }) => op.value === value);
      const words = removes.filter(({ op }) => op.value === value);
      if (kind === "gset" || kind === "set") return true;
      if (kind === "twophase") return words.length === 0;
      // The last word of each change; of the deepest changes that said one, the kind decides.
      const all = said.filter(each => [...mine, ...words].includes(each as Said<never>));
      const depth = Math.max(...all.map(({ change }) => this.#changes[change]!.depth));
      const latest = all.filter(({ change }) => this.#changes[change]!.depth === depth);
      const last = latest.filter(each => latest.findLast(({ change }) => change === each.change) === each);
      return kind === "lwwsetAdd" ? last.some(isOf("add")) : last.every(isOf("add"));
    };
    return [...new Set(adds.map(({ op }) => op.value))]
      .filter(shows)
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  get #causality() {
    const compareIds = (a: number, b: number) =>
      a === b ? 0 : this.#changes[a]!.id < this.#changes[b]!.id ? -1 : 1;
    const compareDepths = (a: number, b: number) =>
      this.#changes[a]!.depth - this.#changes[b]!.depth || compareIds(a, b);
    return { compareIds, compareDepths };
  }

  #compareDepths(a: Said, b: Said): number {
    return this.#causality.compareDepths(a.change, b.change) || a.index - b.index;
  }
}

function keysOf({ said, children }: Place): string[] {
  const written = said.filter(isOf("set", "unset")).flatMap(({ op }) => (op.key === null ? [] : [op.key]));
  return [...new Set([...written, ...[...children.keys()].map(name => name.slice("key ".length))])];
}

// value = Σ { i : no unset names i }
function increments({ said }: Place): Said<Extract<ContentOp, { type: "increment" }>>[] {
  const gone = named(said.filter(isOf("unset")).map(({ op }) => op));
  return said.filter(isOf("increment")).filter(each => !gone.has(nameOf(dotOf(each))));
}

function named(ops: readonly { readonly replaces: readonly Dot[] }[]): Set<string> {
  return new Set(ops.flatMap(({ replaces }) => replaces.map(nameOf)));
}
