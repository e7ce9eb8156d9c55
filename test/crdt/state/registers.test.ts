// Goal: one register keeps the last write, the other all that nobody replaced. Method: the laws (laws.ts), the cases that
// tell the registers apart, then what a liar can and cannot do with them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lwwRegister, mvRegister, type ReplicaId, type Scalar } from "../../../src/crdt/state/index.ts";
import { compareScalars } from "../../../src/crdt/state/inputs.ts";
import { alice, bob, carol, element, testLaws, unseenByAny } from "./laws.ts";

testLaws({
  name: "the LWW-register",
  lattice: lwwRegister,
  op: fc.record({ value: element, time: fc.integer({ min: 1, max: 4 }) }),
  delta: (state, replica, { value, time }) => lwwRegister.write(state, replica, value, time),
  full: (state, replica, { value, time }) => {
    const isLater =
      state === undefined ||
      time > state.time ||
      (time === state.time && replica > state.replica) ||
      (time === state.time && replica === state.replica && compareScalars(value, state.value) > 0);
    return isLater ? { time, replica, value } : state;
  },
  value: lwwRegister.value,
  meaning: known =>
    known
      .map(({ op, by }) => ({ ...op, by }))
      .sort((a, b) => b.time - a.time || compareScalars(b.by, a.by) || compareScalars(b.value, a.value))[0]
      ?.value,
});

testLaws({
  name: "the MV-register",
  lattice: mvRegister,
  op: element,
  delta: (state, replica, value) => mvRegister.write(state, replica, value),
  // A replica has all its own dots, so its context has no gap there.
  full: ({ context }, replica, value) => {
    const counter = (context.get(replica)?.through ?? 0) + 1;
    return {
      dots: new Map([[`${counter}@${replica}` as const, new Set([value])]]),
      context: new Map([...context, [replica, { through: counter, beyond: [] }] as const]),
    };
  },
  value: mvRegister.values,
  meaning: known => [...new Set(unseenByAny(known, () => true).map(({ op }) => op))].sort(compareScalars),
});

describe("an LWW-register", () => {
  it("takes what saw a write for later", () => {
    const first = lwwRegister.write(lwwRegister.bottom, carol, "first");
    const second = lwwRegister.write(first, alice, "second");
    expect(lwwRegister.value(lwwRegister.merge(second, first))).toBe("second");
  });

  it("loses one of two concurrent writes, the same one everywhere", () => {
    const alices = lwwRegister.write(lwwRegister.bottom, alice, "hers");
    const bobs = lwwRegister.write(lwwRegister.bottom, bob, "his");
    expect(lwwRegister.value(lwwRegister.merge(alices, bobs))).toBe("his");
    expect(lwwRegister.value(lwwRegister.merge(bobs, alices))).toBe("his");
  });

  it("holds 0 for -0, because JSON has one zero", () => {
    expect(Object.is(lwwRegister.value(lwwRegister.write(lwwRegister.bottom, alice, -0)), 0)).toBe(true);
  });

  it("tells an empty register from one that holds null", () => {
    expect(lwwRegister.value(lwwRegister.bottom)).toBe(undefined);
    expect(lwwRegister.value(lwwRegister.write(lwwRegister.bottom, alice, null))).toBe(null);
  });
});

describe("an MV-register", () => {
  const draft = mvRegister.write(mvRegister.bottom, alice, "draft");

  it("keeps concurrent values until a write that saw them all", () => {
    const alices = mvRegister.merge(draft, mvRegister.write(draft, alice, "hers"));
    const bobs = mvRegister.merge(draft, mvRegister.write(draft, bob, "his"));
    const both = mvRegister.merge(alices, bobs);
    expect(mvRegister.values(both)).toEqual(["hers", "his"]);
    const resolved = mvRegister.write(both, carol, "ours");
    expect(mvRegister.values(mvRegister.merge(both, resolved))).toEqual(["ours"]);
  });

  it("shows one value once if two wrote it, and needs both writes replaced", () => {
    const other = mvRegister.write(mvRegister.bottom, bob, "draft");
    const both = mvRegister.merge(draft, other);
    expect(mvRegister.values(both)).toEqual(["draft"]);
    const edited = mvRegister.merge(draft, mvRegister.write(draft, alice, "final"));
    expect(mvRegister.values(mvRegister.merge(edited, both))).toEqual(["draft", "final"]);
  });

  it("that missed a replacement, but not the one after it, is not above one that saw it", () => {
    const second = mvRegister.write(draft, bob, "second");
    const third = mvRegister.write(mvRegister.merge(draft, second), carol, "third");
    const saw = mvRegister.merge(draft, second);
    const missed = mvRegister.merge(draft, third);
    expect(mvRegister.values(missed)).toEqual(["draft", "third"]);
    expect(mvRegister.leq(saw, missed)).toBe(false);
    expect(mvRegister.values(mvRegister.merge(saw, missed))).toEqual(["third"]);
  });

  it("keeps nothing of a thousand replaced values but one number", () => {
    let state = mvRegister.bottom;
    for (let i = 1; i <= 1_000; i++) state = mvRegister.merge(state, mvRegister.write(state, alice, i));
    expect(state.dots).toEqual(new Map([["1000@Alice", new Set([1_000])]]));
    expect(state.context).toEqual(new Map([[alice, { through: 1_000, beyond: [] }]]));
  });
});

describe("Mallory at a register", () => {
  it.each([[""], ["\ud800x"], [7], [null], [{}]])("cannot write as %j, which names nobody", forged => {
    const replica = forged as unknown as ReplicaId;
    expect(() => lwwRegister.write(lwwRegister.bottom, replica, 1)).toThrow(TypeError);
    expect(() => mvRegister.write(mvRegister.bottom, replica, 1)).toThrow(TypeError);
  });

  it.each([[undefined], [{}], [Number.NaN], ["\ud800"]])(
    "cannot write %o, which is no plain value",
    value => {
      expect(() => lwwRegister.write(lwwRegister.bottom, alice, value as Scalar)).toThrow(TypeError);
      expect(() => mvRegister.write(mvRegister.bottom, alice, value as Scalar)).toThrow(TypeError);
    },
  );

  it.each([[-1], [0], [1.5], [Number.NaN], [2 ** 53]])("cannot write at the time %s", time => {
    expect(() => lwwRegister.write(lwwRegister.bottom, alice, 1, time)).toThrow(RangeError);
  });

  it("is believed with the last of all times, after which nobody can write: no state comes from a peer", () => {
    const last = lwwRegister.write(lwwRegister.bottom, carol, "mine", Number.MAX_SAFE_INTEGER);
    expect(() => lwwRegister.write(last, alice, "ours")).toThrow(RangeError);
  });

  it("writes two values at one time as one person, and all still show the same", () => {
    const one = lwwRegister.write(lwwRegister.bottom, alice, "yes", 1);
    const two = lwwRegister.write(lwwRegister.bottom, alice, "no", 1);
    expect(lwwRegister.merge(one, two)).toEqual(lwwRegister.merge(two, one));
  });

  it("writes two values under one dot, and everybody sees both", () => {
    const one = mvRegister.write(mvRegister.bottom, alice, "yes");
    const two = mvRegister.write(mvRegister.bottom, alice, "no");
    const both = mvRegister.merge(one, two);
    expect(both).toEqual(mvRegister.merge(two, one));
    expect(mvRegister.values(both)).toEqual(["no", "yes"]);
    expect(mvRegister.leq(one, both)).toBe(true);
    expect(mvRegister.leq(both, one)).toBe(false);
  });
});
