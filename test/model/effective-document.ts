// What a set of effective ops shows, from scratch and by the laws alone: nothing is applied, taken back or masked here,
// each law is a question to the list of all ops. Slow and obviously right; src/crdt/types/document.ts is compared with it.

import { type Dot, dotKey, type Slot, type Stamps } from "../../src/crdt/types/dot.ts";
import type { Json } from "../../src/crdt/types/node.ts";
import { type ContentOp, KINDS, type Kind, type Path, type Value } from "../../src/crdt/types/op.ts";
import { NaiveSequence } from "./naive-sequence.ts";

/** An op that was applied: its change, and the number of its first element. */
export interface Fact {
  readonly op: ContentOp;
  readonly slot: Slot;
  readonly start: number;
  /** Its change is not masked. */
  readonly isEffective: boolean;
}

type FactOf<T extends ContentOp["type"]> = Fact & { readonly op: Extract<ContentOp, { type: T }> };

export class EffectiveDocument {
  readonly #stamps: Stamps;
  /** In an order in which what is named comes first. */
  readonly #facts: readonly Fact[];

  constructor(stamps: Stamps, facts: readonly Fact[]) {
    this.#stamps = stamps;
    this.#facts = facts;
  }

  json(path: Path = []): Json {
    const kind = kindOf(path);
    if (kind === "map") {
      const shown: Record<string, Json> = Object.create(null);
      for (const key of this.#keys(path)) {
        const value = this.#fieldValue(path, key);
        if (value !== undefined) shown[key] = this.#valueJson(value, kind => [...path, { at: key, kind }]);
      }
      return shown;
    }
    if (kind === "text")
      return this.#elements(path)
        .map(({ content }) => content)
        .join("");
    if (kind === "list")
      return this.#elements(path).map(({ dot, content }) =>
        this.#valueJson(content, kind => [...path, { at: dot, kind }]),
      );
    if (kind === "register" || kind === "lww") return this.#latest(path, null)?.op.value ?? (null as Json);
    if (kind === "counter" || kind === "gcounter")
      return Number(this.#standing(path, "increment").reduce((sum, { op }) => sum + BigInt(op.by), 0n));
    return [...new Set(this.#standing(path, "add").map(({ op }) => op.value))]
      .filter(value => this.#hasMember(path, value))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  #valueJson(value: Value, to: (kind: Kind) => Path): Json {
    return value !== null && typeof value === "object" ? this.json(to(value.make)) : value;
  }

  #isEmpty(path: Path): boolean {
    const kind = kindOf(path);
    if (kind === "map") return this.#keys(path).every(key => this.#fieldValue(path, key) === undefined);
    if (kind === "text" || kind === "list") return this.#elements(path).length === 0;
    if (kind === "register" || kind === "lww") return this.#standing(path, "set").length === 0;
    if (kind === "counter" || kind === "gcounter") return this.#standing(path, "increment").length === 0;
    return (this.json(path) as readonly Json[]).length === 0;
  }

  // ------------------------------------------------------------------------------------------- maps and values

  #keys(path: Path): string[] {
    const keys = new Set<string>();
    for (const { op } of this.#facts) {
      if ("key" in op && op.key !== null && same(op.path, path)) keys.add(op.key);
      const at = op.path[path.length]?.at;
      if (typeof at === "string" && same(op.path.slice(0, path.length), path)) keys.add(at);
    }
    return [...keys];
  }

  #fieldValue(path: Path, key: string): Value | undefined {
    const entry = this.#latest(path, key);
    if (entry !== undefined) return entry.op.value;
    const kind = KINDS.find(kind => !this.#isEmpty([...path, { at: key, kind }]));
    return kind === undefined ? undefined : { make: kind };
  }

  #latest(path: Path, key: string | null): FactOf<"set"> | undefined {
    return this.#standing(path, "set")
      .filter(({ op }) => op.key === key)
      .sort((a, b) => this.#stamps.compareDepths(a.slot, b.slot) || a.start - b.start)
      .at(-1);
  }

  #effective<T extends ContentOp["type"]>(path: Path, type: T): FactOf<T>[] {
    return this.#facts.filter(
      (fact): fact is FactOf<T> => fact.isEffective && fact.op.type === type && same(fact.op.path, path),
    );
  }

  /** Effective, and named by no effective op that does away with it. */
  #standing<T extends "set" | "increment" | "add">(path: Path, type: T): FactOf<T>[] {
    const isSet = kindOf(path) === "set";
    const gone = new Set<string>();
    for (const { op, isEffective } of this.#facts) {
      if (!isEffective || !("replaces" in op) || (op.type === "remove" && !isSet)) continue;
      for (const dot of op.replaces) gone.add(dotKey(dot));
    }
    return this.#effective(path, type).filter(
      ({ slot, start }) => !gone.has(dotKey({ change: slot, index: start })),
    );
  }

  #hasMember(path: Path, value: Value): boolean {
    const adds = this.#standing(path, "add").filter(({ op }) => op.value === value);
    const removes = this.#effective(path, "remove").filter(({ op }) => op.value === value);
    const kind = kindOf(path);
    if (kind === "gset" || kind === "set") return adds.length > 0;
    if (kind === "twophase") return adds.length > 0 && removes.length === 0;
    const words = this.#facts.filter(fact => [...adds, ...removes].some(other => other === fact));
    // The facts of one change stand in their order, so the last one found is its last word.
    const last = new Map(words.map(word => [word.slot, word]));
    const latest = [...last.values()].filter(({ slot }) =>
      [...last.keys()].every(other => this.#stamps.compareStamps(slot, other) >= 0),
    );
    const isAdd = ({ op }: Fact) => op.type === "add";
    return kind === "lwwsetAdd" ? latest.some(isAdd) : latest.length > 0 && latest.every(isAdd);
  }

  // ------------------------------------------------------------------------------------------- texts and lists

  /** What shows, in order. */
  #elements(path: Path): { readonly dot: Dot; readonly content: Value }[] {
    const order = new NaiveSequence<Value>(this.#stamps);
    const contents = new Map<string, { readonly content: Value; readonly isEffective: boolean }>();
    for (const { op, slot, start, isEffective } of this.#facts) {
      if (!("parent" in op) || !same(op.path, path)) continue;
      const units: readonly Value[] = op.type === "insertText" ? op.text.split("") : op.values;
      order.insert({ change: slot, index: start }, op, units);
      for (const [i, content] of units.entries())
        contents.set(dotKey({ change: slot, index: start + i }), { content, isEffective });
    }
    return order.order().flatMap(dot => {
      const { content, isEffective } = contents.get(dotKey(dot))!;
      return isEffective && this.#isAlive(path, dot, content) ? [{ dot, content }] : [];
    });
  }

  /** Nobody deleted it, or something in it shows. */
  #isAlive(path: Path, dot: Dot, content: Value): boolean {
    const isDeleted = this.#effective(path, "delete").some(({ op }) =>
      op.spans.some(
        ({ change, start, length }) =>
          change === dot.change && dot.index >= start && dot.index < start + length,
      ),
    );
    if (!isDeleted) return true;
    if (content === null || typeof content !== "object") return false;
    return !this.#isEmpty([...path, { at: dot, kind: content.make }]);
  }
}

function kindOf(path: Path): Kind {
  return path.at(-1)?.kind ?? "map";
}

function same(a: Path, b: Path): boolean {
  return nameOf(a) === nameOf(b);
}

function nameOf(path: Path): string {
  return JSON.stringify(
    path.map(({ at, kind }) => [kind, typeof at === "string" ? at : [at.change, at.index]]),
  );
}
