// The laws at the head of types/sets.ts, counter.ts and register.ts, in their words: each law is written down once more
// as a plain question to the list of all ops, and asked after histories that came in any order in which what is named
// comes first.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Counter } from "../../../src/crdt/types/counter.ts";
import type { Dot, Stamps } from "../../../src/crdt/types/dot.ts";
import type { Scalar, SetKind } from "../../../src/crdt/types/op.ts";
import { Register } from "../../../src/crdt/types/register.ts";
import { ValueSet } from "../../../src/crdt/types/sets.ts";
import { SEED } from "../people.ts";

// One file for the three, since one kind of history and one way of asking serve them all.

/** One op of a change: `names` are dots of ops in changes below it, or before it in the same one. */
interface Said {
  readonly type: "add" | "remove" | "unset";
  readonly dot: Dot;
  readonly value: Scalar;
  readonly by: number;
  readonly names: readonly Dot[];
}

interface History {
  /** By change; each is applied as a whole. */
  readonly changes: readonly (readonly Said[])[];
  readonly depths: readonly number[];
  readonly order: Stamps;
}

const VALUES: readonly Scalar[] = [1, "1", true, null];

const histories = fc
  .record({
    changes: fc.array(
      fc.record({
        depth: fc.integer({ min: 1, max: 4 }),
        rank: fc.nat(),
        ops: fc.array(
          fc.record({
            type: fc.constantFrom("add", "add", "remove", "unset" as const),
            value: fc.nat(3),
            by: fc.maxSafeInteger(),
            names: fc.array(fc.nat(50), { maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
      }),
      { minLength: 2, maxLength: 10 },
    ),
    picks: fc.array(fc.nat(1_000), { minLength: 30, maxLength: 30 }),
  })
  .map(({ changes, picks }) => ({ history: history(changes), picks }));

type Drawn = {
  readonly depth: number;
  readonly rank: number;
  readonly ops: readonly {
    readonly type: string;
    readonly value: number;
    readonly by: number;
    readonly names: readonly number[];
  }[];
};

function history(drawn: readonly Drawn[]): History {
  const depths = drawn.map(({ depth }) => depth);
  const compareIds = (a: number, b: number) => drawn[a]!.rank - drawn[b]!.rank || a - b;
  const compareStamps = (a: number, b: number) => depths[a]! - depths[b]!;
  const order = {
    compareIds,
    compareStamps,
    compareDepths: (a: number, b: number) => compareStamps(a, b) || compareIds(a, b),
  };
  const changes: Said[][] = drawn.map(() => []);
  const adds: Said[] = [];
  for (const slot of [...drawn.keys()].sort((a, b) => depths[a]! - depths[b]!)) {
    let next = 0;
    for (const { type, value, by, names } of drawn[slot]!.ops) {
      const mayName = adds.filter(
        ({ dot, value: v }) =>
          (dot.change === slot || depths[dot.change]! < depths[slot]!) &&
          (type === "unset" || v === VALUES[value]),
      );
      const said = {
        type: type as Said["type"],
        dot: { change: slot, index: next },
        value: VALUES[value]!,
        by: by === 0 ? 1 : by,
        names: type === "add" || mayName.length === 0 ? [] : names.map(n => mayName[n % mayName.length]!.dot),
      };
      if (type === "add") {
        adds.push(said);
        next++;
      } else if (said.names.length === 0) continue;
      changes[slot]!.push(said);
    }
  }
  return { changes, depths, order };
}

/** The changes in an order drawn by `picks`, in which what is named comes first. */
function delivered({ changes }: History, picks: readonly number[]): Said[] {
  const left = new Set(changes.keys());
  const out: Said[] = [];
  for (let i = 0; left.size > 0; i++) {
    const ready = [...left].filter(slot =>
      changes[slot]!.every(({ names }) => names.every(n => n.change === slot || !left.has(n.change))),
    );
    const slot = ready[picks[i % picks.length]! % ready.length]!;
    left.delete(slot);
    out.push(...changes[slot]!);
  }
  return out;
}

const sameDot = (a: Dot, b: Dot) => a.change === b.change && a.index === b.index;

// --------------------------------------------------------------------------------------------------------- sets

function tell(set: ValueSet, said: readonly Said[]): void {
  for (const { type, dot, value, names } of said) {
    if (type === "add") set.add(dot, value);
    else if (type === "remove") set.remove(value, names, dot.change, dot.index);
    else set.unset(names, dot.change);
  }
}

/** The law of a kind, asked of all ops at once. */
function shows(kind: SetKind, value: Scalar, { changes, depths }: History): boolean {
  const all = changes.flat();
  const undoes = (op: Said) => op.type === "unset" || (op.type === "remove" && kind === "set");
  const isNamed = (add: Said) => all.some(op => undoes(op) && op.names.some(name => sameDot(name, add.dot)));
  const adds = all.filter(op => op.type === "add" && op.value === value && !isNamed(op));
  const removes = all.filter(op => op.type === "remove" && op.value === value);
  if (kind === "gset" || kind === "set") return adds.length > 0;
  if (kind === "twophase") return adds.length > 0 && removes.length === 0;
  const words = changes.map(ops => ops.filter(op => adds.includes(op) || removes.includes(op)).at(-1)?.type);
  const latest = Math.max(...depths.filter((_, slot) => words[slot] !== undefined));
  const last = words.filter((word, slot) => word !== undefined && depths[slot] === latest);
  return kind === "lwwsetAdd" ? last.includes("add") : last.length > 0 && last.every(word => word === "add");
}

describe.each<SetKind>(["gset", "twophase", "lwwsetAdd", "lwwsetRemove", "set"])("a %s", kind => {
  const known = (h: History): History =>
    kind === "gset" ? { ...h, changes: h.changes.map(ops => ops.filter(o => o.type !== "remove")) } : h;

  it("shows a value exactly if its law says so, in any order of arrival", () => {
    let shown = 0;
    fc.assert(
      fc.property(histories, ({ history: drawn, picks }) => {
        const h = known(drawn);
        const expected = VALUES.filter(value => shows(kind, value, h));
        shown += expected.length;
        for (const order of [picks, picks.toReversed(), [0]]) {
          const set = new ValueSet(kind, h.order);
          tell(set, delivered(h, order));
          expect(set.values()).toEqual(sorted(expected));
          expect(set.isEmpty).toBe(expected.length === 0);
          for (const value of VALUES) expect(set.has(value)).toBe(expected.includes(value));
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(shown).toBeGreaterThan(100);
  });

  it("is as before when the ops of a draft are taken back, the last first", () => {
    fc.assert(
      fc.property(histories, fc.nat(10), ({ history: drawn, picks }, keep) => {
        const h = known(drawn);
        const change = h.changes.length;
        const isDraft = (slot: number) => (slot === change ? 1 : 0);
        const compareStamps = (a: number, b: number) =>
          isDraft(a) || isDraft(b) ? isDraft(a) - isDraft(b) : h.order.compareStamps(a, b);
        const set = new ValueSet(kind, { ...h.order, compareStamps });
        tell(set, delivered(h, picks).slice(0, keep));
        const before = set.values();
        const draft: Said[] = [];
        for (const [index, value] of VALUES.entries()) {
          const names = set.dots(value).slice(0, 2);
          const said = { dot: { change, index }, value, by: 1 };
          if (kind !== "gset" && names.length > 0) draft.push({ ...said, type: "remove", names });
          draft.push({ ...said, type: "add", names: [] });
        }
        tell(set, draft);
        if (kind !== "twophase") expect(set.values()).toEqual(sorted(VALUES));
        for (const { type, dot, value, names } of draft.toReversed()) {
          if (type === "add") set.forget(dot);
          else set.unremove(value, names, dot.change, dot.index);
        }
        expect(set.values()).toEqual(before);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

function sorted(values: readonly Scalar[]): Scalar[] {
  return [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("values of a set", () => {
  const none = { compareIds: () => 0, compareDepths: () => 0, compareStamps: () => 0 };

  it("are one where their canonical JSON is one", () => {
    const set = new ValueSet("set", none);
    for (const [index, value] of [
      1,
      1.0,
      10 / 10,
      "1",
      true,
      "true",
      null,
      "null",
      0,
      1e21,
      10 ** 21,
    ].entries())
      set.add({ change: 0, index }, value);
    expect(set.values()).toEqual(["1", "null", "true", 0, 1, 1e21, null, true]);
  });

  it("may be called as a property that every object has", () => {
    const set = new ValueSet("twophase", none);
    set.add({ change: 0, index: 0 }, "__proto__");
    expect(set.has("__proto__")).toBe(true);
    expect(set.has("constructor")).toBe(false);
  });
});

// ----------------------------------------------------------------------------------------------------- counters

describe("a counter", () => {
  it("shows the sum of the increments that stand, exactly, in any order of arrival", () => {
    fc.assert(
      fc.property(histories, ({ history: h, picks }) => {
        const all = h.changes.flat();
        const isNamed = (op: Said) => all.some(({ names }) => names.some(name => sameDot(name, op.dot)));
        const standing = all.filter(op => op.type === "add" && !isNamed(op));
        const sum = standing.reduce((total, { by }) => total + BigInt(by), 0n);
        for (const order of [picks, picks.toReversed()]) {
          const counter = new Counter();
          for (const { type, dot, by, names } of delivered(h, order)) {
            if (type === "add") counter.add(dot, by);
            else counter.remove(names, dot.change);
          }
          expect(counter.value).toBe(Number(sum));
          expect(counter.isEmpty).toBe(standing.length === 0);
          expect(counter.dots()).toHaveLength(standing.length);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("is as before when an increment and a removal are taken back", () => {
    const counter = new Counter();
    const [first, second] = [0, 1].map(change => ({ change, index: 0 })) as [Dot, Dot];
    counter.add(first, 5);
    counter.remove([first], 2);
    counter.remove([first], 3);
    counter.add(second, -7);
    expect(counter.value).toBe(-7);
    counter.forget(second);
    expect(counter.value).toBe(0);
    expect(counter.isEmpty).toBe(true);
    counter.restore([first], 3);
    expect(counter.value).toBe(0);
    counter.restore([first], 2);
    expect(counter.value).toBe(5);
  });
});

// ---------------------------------------------------------------------------------------------------- registers

describe("an lww register", () => {
  it("shows the latest of the writes that stand by (depth, change id, index), in any order of arrival", () => {
    fc.assert(
      fc.property(histories, ({ history: h, picks }) => {
        const all = h.changes.flat();
        const isNamed = (op: Said) => all.some(({ names }) => names.some(name => sameDot(name, op.dot)));
        const standing = all
          .filter(op => op.type === "add" && !isNamed(op))
          .sort((a, b) => h.order.compareDepths(b.dot.change, a.dot.change) || b.dot.index - a.dot.index);
        for (const order of [picks, picks.toReversed()]) {
          const register = new Register(h.order);
          for (const { type, dot, value, names } of delivered(h, order)) {
            if (type === "add") register.add(dot, value);
            else register.replace(names, dot.change);
          }
          expect(register.latest?.dot).toEqual(standing[0]?.dot);
          expect(register.dots()).toEqual(standing.map(({ dot }) => dot));
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
