// Goal: the counters count what was counted, whoever hears of it when and how often. Method: the laws (laws.ts), then
// what a liar can and cannot do with them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gCounter, pnCounter, type ReplicaId } from "../../../src/crdt/state/index.ts";
import { alice, bob, carol, testLaws } from "./laws.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const raised = (counts: ReadonlyMap<ReplicaId, number>, replica: ReplicaId, by: number) =>
  new Map([...counts, [replica, (counts.get(replica) ?? 0) + by] as const]);

testLaws({
  name: "the G-counter",
  lattice: gCounter,
  op: fc.integer({ min: 1, max: 9 }),
  delta: (state, replica, by) => gCounter.increment(state, replica, by),
  full: raised,
  value: gCounter.value,
  meaning: known => sum(known.map(({ op }) => op)),
});

testLaws({
  name: "the PN-counter",
  lattice: pnCounter,
  op: fc.integer({ min: -9, max: 9 }).filter(by => by !== 0),
  delta: (state, replica, by) =>
    by > 0 ? pnCounter.increment(state, replica, by) : pnCounter.decrement(state, replica, -by),
  full: (state, replica, by) =>
    by > 0
      ? { ...state, up: raised(state.up, replica, by) }
      : { ...state, down: raised(state.down, replica, -by) },
  value: pnCounter.value,
  meaning: known => sum(known.map(({ op }) => op)),
});

describe("a delta of a counter", () => {
  it("holds one number, however many people have counted", () => {
    const all = [alice, bob, carol].reduce(
      (state, replica) => gCounter.merge(state, gCounter.increment(state, replica, 5)),
      gCounter.bottom,
    );
    expect(gCounter.increment(all, bob)).toEqual(new Map([[bob, 6]]));
  });

  it("is lost if its author makes the next one without merging it first", () => {
    const first = gCounter.increment(gCounter.bottom, alice);
    const second = gCounter.increment(gCounter.bottom, alice);
    expect(gCounter.value(gCounter.merge(first, second))).toBe(1);
  });
});

describe("Mallory at a counter", () => {
  it.each([[-1], [0], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53]])(
    "cannot increment by %s",
    by => {
      expect(() => gCounter.increment(gCounter.bottom, alice, by)).toThrow(RangeError);
      expect(() => pnCounter.increment(pnCounter.bottom, alice, by)).toThrow(RangeError);
      expect(() => pnCounter.decrement(pnCounter.bottom, alice, by)).toThrow(RangeError);
    },
  );

  it("cannot count beyond what a double counts exactly", () => {
    const full = gCounter.increment(gCounter.bottom, alice, Number.MAX_SAFE_INTEGER);
    expect(() => gCounter.increment(full, alice)).toThrow(RangeError);
    expect(gCounter.value(gCounter.merge(full, gCounter.increment(full, bob)))).toBe(2 ** 53);
  });

  it("cannot count two replicas apart by the order in which huge numbers are added", () => {
    const states = [alice, bob, carol].map((replica, i) =>
      gCounter.increment(gCounter.bottom, replica, [Number.MAX_SAFE_INTEGER, 1, 2][i]),
    );
    const there = states.reduce(gCounter.merge);
    const back = states.toReversed().reduce(gCounter.merge);
    expect(gCounter.value(there)).toBe(gCounter.value(back));
  });

  it.each([[""], ["\ud800"], [7], [null], [undefined], [{ toString: () => "Alice" }]])(
    "cannot count as %j, which names nobody",
    forged => {
      const replica = forged as unknown as ReplicaId;
      expect(() => gCounter.increment(gCounter.bottom, replica)).toThrow(TypeError);
      expect(() => pnCounter.increment(pnCounter.bottom, replica)).toThrow(TypeError);
      expect(() => pnCounter.decrement(pnCounter.bottom, replica)).toThrow(TypeError);
    },
  );

  it("gains nothing by sending an old state again", () => {
    const old = gCounter.increment(gCounter.bottom, alice, 3);
    const now = gCounter.merge(old, gCounter.increment(old, alice, 2));
    expect(gCounter.merge(now, old)).toEqual(now);
  });

  it("is believed when he counts as Alice, which is why no state comes from a peer", () => {
    const honest = gCounter.increment(gCounter.bottom, alice);
    const forged = gCounter.increment(honest, alice, 1_000);
    expect(gCounter.value(gCounter.merge(honest, forged))).toBe(1_001);
  });
});
