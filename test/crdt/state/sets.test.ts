// Goal: each set forgets and keeps what its definition says. Method: the laws (laws.ts), the cases that tell the sets
// apart, then what a liar can and cannot do with them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Bias,
  causalContext,
  gSet,
  type LwwElementSet,
  lwwElementSet,
  orSet,
  type ReplicaId,
  type Scalar,
  twoPhaseSet,
} from "../../../src/crdt/state/index.ts";
import { compareScalars } from "../../../src/crdt/state/inputs.ts";
import { alice, bob, carol, element, testLaws, unseenByAny } from "./laws.ts";

interface SetOp {
  readonly does: "add" | "remove";
  readonly element: Scalar;
}

const setOp: fc.Arbitrary<SetOp> = fc.record({
  does: fc.constantFrom<SetOp["does"][]>("add", "add", "remove"),
  element,
});
const inOrder = (elements: Iterable<Scalar>) => [...new Set(elements)].sort(compareScalars);

testLaws({
  name: "the G-set",
  lattice: gSet,
  op: element,
  delta: (state, _, added) => gSet.add(state, added),
  full: (state, _, added) => new Set([...state, added]),
  value: gSet.elements,
  meaning: known => inOrder(known.map(({ op }) => op)),
});

testLaws({
  name: "the 2P-set",
  lattice: twoPhaseSet,
  op: setOp,
  delta: (state, _, op) => twoPhaseSet[op.does](state, op.element),
  full: (state, _, op) => {
    if (op.does === "add") return { ...state, added: new Set([...state.added, op.element]) };
    const isIn = state.added.has(op.element) && !state.removed.has(op.element);
    return isIn ? { ...state, removed: new Set([...state.removed, op.element]) } : state;
  },
  value: twoPhaseSet.elements,
  // A removal counts if its author had seen an add.
  meaning: known => {
    const adds = known.filter(({ op }) => op.does === "add");
    const isGone = (wanted: Scalar) =>
      known.some(
        ({ op, saw }) =>
          op.does === "remove" &&
          op.element === wanted &&
          adds.some(add => add.op.element === wanted && saw.has(add)),
      );
    return inOrder(adds.map(({ op }) => op.element).filter(added => !isGone(added)));
  },
});

describe.each<Bias>(["add", "remove"])("with the bias %s", bias => {
  const set = lwwElementSet(bias);
  const latest = (state: LwwElementSet["added"], name: Scalar, time: number) =>
    new Map([...state, [name, Math.max(time, state.get(name) ?? 0)] as const]);

  testLaws({
    name: "the LWW-element-set",
    lattice: set,
    op: fc.record({ does: setOp.map(op => op.does), element, time: fc.integer({ min: 1, max: 4 }) }),
    delta: (state, _, op) => set[op.does](state, op.element, op.time),
    full: ({ added, removed }, _, op) =>
      op.does === "add"
        ? { added: latest(added, op.element, op.time), removed }
        : { added, removed: latest(removed, op.element, op.time) },
    value: set.elements,
    meaning: known =>
      inOrder(known.map(({ op }) => op.element)).filter(name => {
        const about = known.map(({ op }) => op).filter(op => op.element === name);
        const last = Math.max(...about.map(({ time }) => time));
        const does = new Set(about.filter(({ time }) => time === last).map(op => op.does));
        return does.size === 2 ? bias === "add" : does.has("add");
      }),
  });

  it("an add and a removal that knew nothing of each other leave what the bias says", () => {
    const start = set.add(set.bottom, "milk");
    const both = set.merge(
      set.merge(start, set.add(start, "milk")),
      set.merge(start, set.remove(start, "milk")),
    );
    expect(set.has(both, "milk")).toBe(bias === "add");
  });

  it("what saw an edit is later than it", () => {
    let state = set.add(set.bottom, "milk");
    state = set.merge(state, set.remove(state, "milk"));
    expect(set.elements(state)).toEqual([]);
    state = set.merge(state, set.add(state, "milk"));
    expect(set.elements(state)).toEqual(["milk"]);
  });

  it("an early add that comes after a later removal stays out", () => {
    const late = set.remove(set.bottom, "milk", 5);
    expect(set.has(set.merge(late, set.add(set.bottom, "milk", 4)), "milk")).toBe(false);
  });
});

testLaws({
  name: "the OR-set",
  lattice: orSet,
  op: setOp,
  delta: (state, replica, { does, element }) =>
    does === "add" ? orSet.add(state, replica, element) : orSet.remove(state, element),
  // A replica has all its own dots, so its context has no gap there.
  full: ({ dots, context }, replica, { does, element }) => {
    const others = [...dots].filter(([name]) => name !== element);
    if (does === "remove") return { dots: new Map(others), context };
    const counter = (context.get(replica)?.through ?? 0) + 1;
    return {
      dots: new Map([...others, [element, new Set([`${counter}@${replica}` as const])] as const]),
      context: new Map([...context, [replica, { through: counter, beyond: [] }] as const]),
    };
  },
  value: orSet.elements,
  // Observed-remove: an add is in until somebody who saw it removes its element or adds it anew.
  meaning: known =>
    inOrder(
      known
        .filter(({ op }) => op.does === "add")
        .filter(add => unseenByAny(known, ({ op }) => op.element === add.op.element).includes(add))
        .map(({ op }) => op.element),
    ),
});

describe("a set", () => {
  it("has nothing at first", () => {
    for (const set of [gSet, twoPhaseSet, lwwElementSet("add"), lwwElementSet("remove"), orSet]) {
      const { has, bottom } = set as { has(state: unknown, element: Scalar): boolean; bottom: unknown };
      expect(has(bottom, "milk")).toBe(false);
      expect(has(bottom, null)).toBe(false);
    }
  });

  it("that only grows says in a delta what is new, and nothing if nothing is", () => {
    const milk = gSet.add(gSet.bottom, "milk");
    expect(gSet.add(milk, "eggs")).toEqual(new Set(["eggs"]));
    expect(gSet.add(milk, "milk")).toEqual(gSet.bottom);
  });
});

describe("an OR-set", () => {
  const milk = orSet.add(orSet.bottom, alice, "milk");

  it("keeps the add that a concurrent removal had not seen", () => {
    const added = orSet.merge(milk, orSet.add(milk, alice, "milk"));
    const removed = orSet.merge(milk, orSet.remove(milk, "milk"));
    expect(orSet.elements(orSet.merge(added, removed))).toEqual(["milk"]);
  });

  it("does not take a removed element back from an old replica", () => {
    const removed = orSet.merge(milk, orSet.remove(milk, "milk"));
    expect(orSet.elements(orSet.merge(removed, milk))).toEqual([]);
  });

  it("takes an element in again after it was removed, other than a 2P-set", () => {
    let state = orSet.merge(milk, orSet.remove(milk, "milk"));
    state = orSet.merge(state, orSet.add(state, bob, "milk"));
    expect(orSet.elements(state)).toEqual(["milk"]);
  });

  it("removes an element before its add arrives, if the removal had seen it", () => {
    const removal = orSet.remove(milk, "milk");
    expect(orSet.elements(orSet.merge(removal, milk))).toEqual([]);
  });

  it("leaves nothing of a thousand removed elements but one number", () => {
    let state = orSet.bottom;
    for (let i = 0; i < 1_000; i++) {
      state = orSet.merge(state, orSet.add(state, alice, i));
      state = orSet.merge(state, orSet.remove(state, i));
    }
    expect(state).toEqual({ dots: new Map(), context: new Map([[alice, { through: 1_000, beyond: [] }]]) });
  });

  it("says in a delta nothing of the elements it does not touch", () => {
    let state = milk;
    for (const name of ["eggs", "bread"]) state = orSet.merge(state, orSet.add(state, bob, name));
    expect(orSet.remove(state, "milk")).toEqual({
      dots: new Map(),
      context: new Map([[alice, { through: 1, beyond: [] }]]),
    });
    expect(orSet.add(state, carol, "tea").dots.size).toBe(1);
  });
});

describe("Mallory at a set", () => {
  it("cannot remove what nobody has added, neither now nor before it is added", () => {
    expect(twoPhaseSet.remove(twoPhaseSet.bottom, "milk")).toEqual(twoPhaseSet.bottom);
    expect(orSet.remove(orSet.bottom, "milk")).toEqual(orSet.bottom);
  });

  it("cannot bring back what a 2P-set has removed", () => {
    const added = twoPhaseSet.add(twoPhaseSet.bottom, "milk");
    const removed = twoPhaseSet.merge(added, twoPhaseSet.remove(added, "milk"));
    expect(twoPhaseSet.elements(twoPhaseSet.merge(removed, twoPhaseSet.add(removed, "milk")))).toEqual([]);
    expect(twoPhaseSet.elements(twoPhaseSet.merge(removed, added))).toEqual([]);
  });

  it.each([[-1], [0], [1.5], [Number.NaN], [2 ** 53]])("cannot write at the time %s", time => {
    const set = lwwElementSet("add");
    expect(() => set.add(set.bottom, "milk", time)).toThrow(RangeError);
    expect(() => set.remove(set.bottom, "milk", time)).toThrow(RangeError);
  });

  it("is believed with the last of all times, after which nobody can write: no state comes from a peer", () => {
    const set = lwwElementSet("add");
    const last = set.remove(set.bottom, "milk", Number.MAX_SAFE_INTEGER);
    expect(() => set.add(last, "milk")).toThrow(RangeError);
  });

  it.each([[""], ["\udfff"], [7], [null], [{}]])("cannot add as %j, which names nobody", forged => {
    expect(() => orSet.add(orSet.bottom, forged as unknown as ReplicaId, "milk")).toThrow(TypeError);
  });

  it.each([[undefined], [{}], [[]], [1n], [Number.NaN], [Number.POSITIVE_INFINITY], ["\ud800"]])(
    "cannot add %o, which is no plain value",
    value => {
      const wrong = value as Scalar;
      const set = lwwElementSet("add");
      expect(() => gSet.add(gSet.bottom, wrong)).toThrow(TypeError);
      expect(() => twoPhaseSet.add(twoPhaseSet.bottom, wrong)).toThrow(TypeError);
      expect(() => set.add(set.bottom, wrong)).toThrow(TypeError);
      expect(() => set.remove(set.bottom, wrong)).toThrow(TypeError);
      expect(() => orSet.add(orSet.bottom, alice, wrong)).toThrow(TypeError);
      expect(() => orSet.remove(orSet.bottom, wrong)).toThrow(TypeError);
    },
  );

  it("cannot hide an element in -0", () => {
    expect(Object.is(gSet.elements(gSet.add(gSet.bottom, -0))[0], 0)).toBe(true);
  });

  it("makes two elements of one dot vanish, as in every set with such dots: no state comes from a peer", () => {
    const milk = orSet.add(orSet.bottom, alice, "milk");
    const eggs = orSet.add(orSet.bottom, alice, "eggs");
    expect(orSet.elements(orSet.merge(milk, eggs))).toEqual([]);
  });

  it("stops the merge with a dot that lives outside its context", () => {
    const broken = { ...orSet.add(orSet.bottom, alice, "milk"), context: causalContext.bottom };
    expect(() => orSet.merge(broken, orSet.bottom)).toThrow("Invariant broken");
    expect(() => orSet.merge(orSet.bottom, broken)).toThrow("Invariant broken");
  });

  it("cannot choose a third bias", () => {
    expect(() => lwwElementSet("both" as Bias)).toThrow(TypeError);
  });
});
