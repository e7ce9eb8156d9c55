// A document as its laws say it, from nothing but the set of its changes, retracts among them, and which of them are
// masked: every question is asked of all ops at once.
// No indexes, no incremental anything: slow and obviously right. The laws are those at the head of the files in
// src/crdt/types; texts and lists stand in the order of naive-sequence.ts.

import { type Change, type ChangeId, isContent } from "../../src/crdt/graph/change.ts";
import { DEPTH_MAX } from "../../src/crdt/limits.ts";
import type { Dot, Span } from "../../src/crdt/types/dot.ts";
import { canonicalJson, type Json } from "../../src/crdt/types/node.ts";
import {
  type ContentOp,
  type InsertListOp,
  isSetKind,
  KINDS,
  type Kind,
  mapDots,
  type Path,
  type Scalar,
  type SetKind,
  type Step,
  type Value,
} from "../../src/crdt/types/op.ts";
import { MASKED } from "../../src/crdt/types/runs.ts";
import { asideOf } from "./naive-effects.ts";
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

type SaidMove = Said<Extract<ContentOp, { type: "move" }>>;

/** An item where it was made. */
interface Item {
  readonly dot: Dot;
  readonly value: Value;
  readonly children: Map<Kind, Place> | undefined;
  readonly isAlive: () => boolean;
}

const isDot = (at: Step["at"]): at is Dot => typeof at !== "string";
const holds = ({ change, start, length }: Span, dot: Dot) =>
  change === dot.change && dot.index >= start && dot.index < start + length;
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
  /** By item: the move that says where it is. */
  readonly #at = new Map<string, SaidMove>();

  /** Parents before children; otherwise their order means nothing. `aside`: what does not count by what is said of people. */
  constructor(
    changes: Iterable<Change>,
    masked: ReadonlySet<ChangeId> = new Set(),
    aside: ReadonlySet<ChangeId> = asideOf([...changes]),
  ) {
    this.#changes = [...changes];
    const moves: SaidMove[] = [];
    const numbers = new Map(this.#changes.map(({ id }, i) => [id, i]));
    const ineffective = this.#ineffective(new Set([...masked, ...aside]));
    for (const [change, { id, refs, ops, starts }] of this.#changes.entries()) {
      const isMasked = ineffective.has(id);
      for (const [i, op] of ops.entries()) {
        if (!isContent(op)) continue;
        const here = mapDots(op, { of: ref => (ref === 0 ? change : numbers.get(refs[ref]!)!) });
        const place = this.#placeOf(here.path);
        const said = { op: here, change, index: starts[i]!, isMasked };
        place.all.push(said);
        if (!isMasked) place.said.push(said);
        if (!isMasked && isOf("move")(said)) moves.push(said);
      }
    }
    this.#follow(moves.sort((a, b) => this.#compareDepths(a, b)));
  }

  // effective(c) ⇔ c is not masked, and no effective d whose chain leads down to c retracts it
  #ineffective(masked: ReadonlySet<ChangeId>): ReadonlySet<ChangeId> {
    const byId = new Map(this.#changes.map(change => [change.id, change]));
    const out = new Set(masked);
    // Whatever stands above a change on its chain comes later in any order in which parents come first.
    for (const change of this.#changes.toReversed()) {
      if (out.has(change.id)) continue;
      const numbers = change.ops.flatMap(op => (op.type === "retract" ? [op] : []));
      for (let below = byId.get(change.prev!); below !== undefined; below = byId.get(below.prev!)) {
        const { seq } = below;
        if (numbers.some(({ first, count }) => seq >= first && seq < first + count)) out.add(below.id);
      }
    }
    return out;
  }

  /** Each move counts that puts nothing below itself or too deep; items that nothing is moved into are just moved. */
  #follow(moves: readonly SaidMove[]): void {
    const isAbove = new Set(
      moves.flatMap(({ op }) => op.path.flatMap(({ at }) => (isDot(at) ? [nameOf(at)] : []))),
    );
    const reach = new Map<string, number>();
    for (const move of moves) {
      const name = nameOf(move.op.item);
      if (isAbove.has(name)) {
        const { above, steps } = this.#wayTo(move.op.path);
        const deepest = (reach.get(name) ?? 0) + 1;
        if (above.some(item => item.name === name) || steps + deepest > DEPTH_MAX) continue;
        for (const item of above)
          reach.set(item.name, Math.max(reach.get(item.name) ?? 0, item.steps + deepest));
      }
      this.#at.set(name, move);
    }
  }

  /** The items around a list, with the steps from each to the list; and the steps from the root. */
  #wayTo(path: Path): { above: { readonly name: string; readonly steps: number }[]; steps: number } {
    const i = path.findLastIndex(({ at }) => isDot(at));
    if (i < 0) return { above: [], steps: path.length };
    const name = nameOf(path[i]!.at as Dot);
    const inside = path.length - i - 1;
    const around = this.#wayTo(this.#at.get(name)?.op.path ?? path.slice(0, i));
    const above = around.above.map(item => ({ name: item.name, steps: item.steps + 1 + inside }));
    return { above: [{ name, steps: inside }, ...above], steps: around.steps + 1 + inside };
  }

  json(): string {
    return canonicalJson(this.#shown("map", this.#root));
  }

  /** What stands in a text, whether or not its key shows it. */
  text(path: Path): string {
    return this.#text(this.#placeOf(path));
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
        return this.#items(place).map(({ value, children }) => this.#filled(value, children));
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

  /** What was made here and not moved away, or moved here; and of that what nobody deleted, or has something in it. */
  #items(place: Place): Item[] {
    const sequence = new NaiveSequence<Item | SaidMove>(this.#causality);
    for (const each of place.all) {
      if (isOf("insertList")(each)) sequence.insert(dotOf(each), each.op, this.#made(place, each));
      if (isOf("move")(each)) sequence.insert(dotOf(each), each.op, [each]);
    }
    return sequence.every().flatMap(unit => {
      if (!("op" in unit)) return this.#at.has(nameOf(unit.dot)) || !unit.isAlive() ? [] : [unit];
      const { from, item } = unit.op;
      if (this.#at.get(nameOf(item)) !== unit) return [];
      const home = this.#placeOf(from);
      const moved = home.all.filter(isOf("insertList")).flatMap(each => this.#made(home, each));
      return moved.filter(({ dot, isAlive }) => nameOf(dot) === nameOf(item) && isAlive());
    });
  }

  #made(place: Place, { op, change, index, ...said }: Said<InsertListOp>): Item[] {
    const { isMasked } = said as unknown as { readonly isMasked: boolean };
    return op.values.map((value, i) => {
      const dot = { change, index: index + i };
      const children = place.children.get(nameOf(dot));
      const isDeleted = () =>
        place.said.filter(isOf("delete")).some(({ op }) => op.spans.some(span => holds(span, dot)));
      const isFilled = () => [...(children ?? [])].some(([kind, child]) => !this.#isEmpty(kind, child));
      return { dot, value, children, isAlive: () => !isMasked && (!isDeleted() || isFilled()) };
    });
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
