// Goal: the states that merge (src/crdt/state) and the nodes of a document (src/crdt/types) are two forms of one data
// type. Method: people write through real replicas, and beside each replica stands the textbook's state; a state is
// given the delta of a change exactly when the replica admits the change. Whatever the deliveries, both show the same.
//
// Where the textbook leaves something open, the state is fed what the document has agreed on: a "time" is the depth of
// the change, and two writes of one time are decided by change id. What the textbook does not have stays out of these
// histories: deleting a whole node with its key, several words of one change, two-faced authors (the state trusts them).

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Change, ChangeId, MapEdit, Scalar } from "../../../src/crdt/index.ts";
import {
  gCounter,
  gSet,
  type Lattice,
  lwwElementSet,
  lwwRegister,
  mvRegister,
  orSet,
  pnCounter,
  replicaId,
  twoPhaseSet,
} from "../../../src/crdt/state/index.ts";
import type { Node } from "../../../src/crdt/types/node.ts";
import type { Kind, SetKind } from "../../../src/crdt/types/op.ts";
import { Crowd } from "../crowd.ts";
import { type Letter, type Person, SEED } from "../people.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: 20_000 + 500 * RUNS });

const counts = { histories: 0, changes: 0, concurrent: 0, deliveries: 0, waited: 0, silent: 0 };

afterAll(() => console.log(`states as oracle: SEED=${SEED}`, JSON.stringify(counts)));

interface Draw {
  readonly isRemove: boolean;
  readonly value: Scalar;
  readonly by: number;
}

/** One data type from both sides. */
interface Sides<S> {
  readonly kind: Kind;
  readonly lattice: Lattice<S>;
  edit(root: MapEdit, draw: Draw): void;
  /** What the same edit does to a state, given the change that it became. */
  delta(state: S, by: Person, draw: Draw, change: Change): S;
  /** What it would do where the handle writes nothing; left out where the textbook would write something. */
  silent?(state: S, by: Person, draw: Draw): S;
  value(state: S): unknown;
}

const nameOf = (person: Person) => replicaId(person.device);
const inOrder = (values: readonly Scalar[]) => values.map(value => JSON.stringify(value)).sort();
const positive = (by: number) => Math.abs(by) || 1;

const counter: Sides<typeof pnCounter.bottom> = {
  kind: "counter",
  lattice: pnCounter,
  edit: (root, { by, isRemove }) =>
    isRemove ? root.counter("x").decrement(positive(by)) : root.counter("x").increment(positive(by)),
  delta: (state, person, { by, isRemove }) =>
    pnCounter[isRemove ? "decrement" : "increment"](state, nameOf(person), positive(by)),
  value: pnCounter.value,
};

const gcounter: Sides<typeof gCounter.bottom> = {
  kind: "gcounter",
  lattice: gCounter,
  edit: (root, { by }) => root.counter("x", "gcounter").increment(positive(by)),
  delta: (state, person, { by }) => gCounter.increment(state, nameOf(person), positive(by)),
  value: gCounter.value,
};

const register: Sides<typeof mvRegister.bottom> = {
  kind: "register",
  lattice: mvRegister,
  edit: (root, { value }) => root.register("x").set(value),
  delta: (state, person, { value }) => mvRegister.write(state, nameOf(person), value),
  value: state => inOrder(mvRegister.values(state)),
};

const lww: Sides<typeof lwwRegister.bottom> = {
  kind: "lww",
  lattice: lwwRegister,
  edit: (root, { value }) => root.lww("x").set(value),
  delta: (state, _, { value }, { id, depth }) => lwwRegister.write(state, replicaId(id), value, depth),
  value: state => lwwRegister.value(state) ?? null,
};

const edit =
  (kind: SetKind) =>
  (root: MapEdit, { isRemove, value }: Draw) => {
    const set = root.setOf("x", kind);
    if (isRemove && kind !== "gset") set.delete(value);
    else set.add(value);
  };

const growing: Sides<typeof gSet.bottom> = {
  kind: "gset",
  lattice: gSet,
  edit: edit("gset"),
  delta: (state, _, { value }) => gSet.add(state, value),
  silent: (state, _, { value }) => gSet.add(state, value),
  value: state => inOrder(gSet.elements(state)),
};

const changePhase = (state: typeof twoPhaseSet.bottom, _: Person, { isRemove, value }: Draw) =>
  twoPhaseSet[isRemove ? "remove" : "add"](state, value);

const twophase: Sides<typeof twoPhaseSet.bottom> = {
  kind: "twophase",
  lattice: twoPhaseSet,
  edit: edit("twophase"),
  delta: changePhase,
  silent: changePhase,
  value: state => inOrder(twoPhaseSet.elements(state)),
};

/** The handle does not remove what does not show; the textbook would, and so silence an add that is on its way. */
const lwwset = (kind: "lwwsetAdd" | "lwwsetRemove"): Sides<ReturnType<typeof lwwElementSet>["bottom"]> => {
  const set = lwwElementSet(kind === "lwwsetAdd" ? "add" : "remove");
  return {
    kind,
    lattice: set,
    edit: edit(kind),
    delta: (state, _, { isRemove, value }, { depth }) =>
      set[isRemove ? "remove" : "add"](state, value, depth),
    value: state => inOrder(set.elements(state)),
  };
};

const changeSet = (state: typeof orSet.bottom, person: Person, { isRemove, value }: Draw) =>
  isRemove ? orSet.remove(state, value) : orSet.add(state, nameOf(person), value);

const addWins: Sides<typeof orSet.bottom> = {
  kind: "set",
  lattice: orSet,
  edit: edit("set"),
  delta: changeSet,
  silent: changeSet,
  value: state => inOrder(orSet.elements(state)),
};

/** The node under "x", so that a history says nothing but what it is about. */
function make(root: MapEdit, kind: Kind): void {
  if (kind === "counter" || kind === "gcounter") root.counter("x", kind).increment(0);
  else if (kind === "register" || kind === "lww") root[kind]("x");
  else root.setOf("x", kind as SetKind);
}

/** What a node shows, in the form of `value`; nothing for one that is named and not filled yet. */
function shown(node: Node | null): unknown {
  if (node === null) return undefined;
  if ("counter" in node) return node.counter.value;
  if ("set" in node) return inOrder(node.set.values());
  if (!("register" in node)) throw new Error(`Expected a node of plain values, got ${node.kind}`);
  const values = node.register.entries().map(({ value }) => value as Scalar);
  // Of one value written twice at the same time the document keeps both entries, the state shows it once.
  return node.kind === "lww" ? (values[0] ?? null) : inOrder([...new Set(values)]);
}

type Step = Draw & {
  readonly does: "edit" | "hear all" | "hear some" | "hear late" | "hear again";
  readonly who: number;
  readonly from: number;
  readonly share: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom("edit", "edit", "edit", "hear all", "hear some", "hear late", "hear again" as const),
  who: fc.nat(3),
  from: fc.nat(2),
  share: fc.nat(100),
  isRemove: fc.nat(2).map(n => n === 0),
  value: fc.constantFrom<Scalar[]>("milk", "eggs", "__proto__", 0, 1, "1", true, null),
  by: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(2 ** 45, -(2 ** 45))),
});

/** One person with a replica and two states: one told by deltas, one by whole states where somebody tells all. */
interface Stand<S> {
  readonly person: Person;
  told: S;
  whole: S;
}

function live<S>(crowd: Crowd, sides: Sides<S>, size: number, steps: readonly Step[]): void {
  const { lattice } = sides;
  const stands = crowd.gather(size).map(
    (person): Stand<S> => ({
      person,
      told: lattice.bottom,
      whole: lattice.bottom,
    }),
  );
  const deltas = new Map<ChangeId, S>();
  const agree = ({ person, told, whole }: Stand<S>) => {
    const node = person.replica.node([{ at: "x", kind: sides.kind }]);
    expect(shown(node) ?? sides.value(lattice.bottom)).toEqual(sides.value(told));
    expect(lattice.equal(told, whole)).toBe(true);
    expect(whole).toEqual(told);
  };
  const write = (stand: Stand<S>, draw: Draw) => {
    const { person } = stand;
    const [letter, ...more] = person.write(root => sides.edit(root, draw));
    expect(more).toEqual([]);
    if (letter === undefined) {
      counts.silent++;
      const delta = sides.silent?.(stand.told, person, draw);
      if (delta !== undefined) expect(lattice.merge(stand.told, delta)).toEqual(stand.told);
      return;
    }
    counts.changes++;
    const { change } = person.replica.get(letter.id)!;
    const isKnownToAll = [...deltas.keys()].every(id => person.replica.has(id));
    if (!isKnownToAll) counts.concurrent++;
    const delta = sides.delta(stand.told, person, draw, change);
    deltas.set(letter.id, delta);
    stand.told = lattice.merge(stand.told, delta);
    stand.whole = lattice.merge(stand.whole, delta);
  };
  const hear = (stand: Stand<S>, from: Stand<S>, letters: readonly Letter[]): ChangeId[] => {
    const news: ChangeId[] = [];
    for (const letter of letters) {
      const { admitted, refused, missing } = crowd.hand(letter, stand.person, from.person.name);
      expect(refused).toEqual([]);
      if (missing !== null) counts.waited++;
      counts.deliveries++;
      news.push(...admitted.map(({ change }) => change.id));
    }
    // As one batch: a join of deltas is a delta.
    const batch = news.map(id => deltas.get(id)!).reduce(lattice.merge, lattice.bottom);
    stand.told = lattice.merge(stand.told, batch);
    return news;
  };
  const lackedBy = (stand: Stand<S>, from: Stand<S>) =>
    crowd.letters(from.person).filter(({ id }) => !stand.person.replica.has(id));
  const hearSome = (stand: Stand<S>, from: Stand<S>, letters: readonly Letter[]) => {
    for (const id of hear(stand, from, letters)) stand.whole = lattice.merge(stand.whole, deltas.get(id)!);
  };
  const hearAll = (stand: Stand<S>, from: Stand<S>) => {
    const news = hear(stand, from, lackedBy(stand, from));
    stand.whole = lattice.merge(from.whole, stand.whole);
    // What others had sent and what waited for this is not in the state of who tells now.
    for (const id of news.filter(id => !from.person.replica.has(id)))
      stand.whole = lattice.merge(stand.whole, deltas.get(id)!);
  };

  for (const { does, who, from, share, ...draw } of steps) {
    const stand = stands[who % size]!;
    const other = stands[(who + 1 + (from % (size - 1))) % size]!;
    const lacking = lackedBy(stand, other);
    const some = 1 + Math.floor((share / 101) * lacking.length);
    if (does === "edit") write(stand, draw);
    else if (does === "hear all") hearAll(stand, other);
    else if (does === "hear some") hearSome(stand, other, lacking.slice(0, some));
    else if (does === "hear late") hearSome(stand, other, lacking.toReversed().slice(0, some));
    else hearSome(stand, stand, crowd.letters(stand.person));
    agree(stand);
  }
  for (let round = 0; round < 2; round++)
    for (const stand of stands) for (const other of stands) if (stand !== other) hearAll(stand, other);
  for (const stand of stands) {
    agree(stand);
    expect(stand.told).toEqual(stands[0]!.told);
    expect(stand.person.json).toBe(stands[0]!.person.json);
  }
  counts.histories++;
}

function testAgreement<S>(sides: Sides<S>): void {
  it(`a ${sides.kind} shows what the textbook's state shows after every delivery`, () => {
    const crowd = new Crowd(["Alice", "Bob", "Carol", "Dave"], root => make(root, sides.kind));
    const before = { ...counts };
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.array(step, { minLength: 8, maxLength: 32, size: "max" }),
        (size, steps) => live(crowd, sides, size, steps),
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.changes - before.changes).toBeGreaterThan(2 * RUNS);
    expect(counts.concurrent - before.concurrent).toBeGreaterThan(RUNS / 2);
    expect(counts.waited - before.waited).toBeGreaterThan(RUNS / 4);
  });
}

describe("a node and a state that hear of the same changes", () => {
  testAgreement(counter);
  testAgreement(gcounter);
  testAgreement(register);
  testAgreement(lww);
  testAgreement(growing);
  testAgreement(twophase);
  testAgreement(lwwset("lwwsetAdd"));
  testAgreement(lwwset("lwwsetRemove"));
  testAgreement(addWins);
});
