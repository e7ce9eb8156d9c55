// The worked examples of the talk on collaborative CRDTs whose catalogue our node kinds follow, played by three replicas
// that hear of each other when the talk says so; then what each kind makes of a write that its deleter had not seen, and
// how the kinds behave in list items, in drafts and towards listeners.

import { describe, expect, it } from "vitest";
import type { CounterKind, Json, MapEdit, SetKind } from "../../src/crdt/index.ts";
import type { RegisterNode } from "../../src/crdt/types/node.ts";
import { deliver, gather, type Person, sync } from "./people.ts";

const three = () => gather("Alice", "Bob", "Carol");
const shown = (person: Person) => (JSON.parse(person.json) as { x?: Json }).x;
const all = (people: readonly Person[]) => people.map(shown);

/** Makes the node everywhere before anything is said about it. */
function made(make: (root: MapEdit) => unknown): [Person, Person, Person] {
  const people = three();
  people[0].write(root => make(root));
  sync(people);
  return people;
}

const count = (person: Person, by: number, kind: CounterKind = "counter") =>
  person.write(root => root.counter("x", kind).increment(by));

describe("a G-counter, as in the talk,", () => {
  const start = () => made(root => root.counter("x", "gcounter"));

  it("counts 1 0 0, then 1 1 1 when both others hear of it", () => {
    const [c1, c2, c3] = start();
    count(c1, 1, "gcounter");
    expect(all([c1, c2, c3])).toEqual([1, 0, 0]);
    deliver(c1, c2);
    deliver(c1, c3);
    expect(all([c1, c2, c3])).toEqual([1, 1, 1]);
  });

  it("counts 1 0 1, then 1 1 1, then 2 1 2", () => {
    const [c1, c2, c3] = start();
    count(c1, 1, "gcounter");
    count(c3, 1, "gcounter");
    expect(all([c1, c2, c3])).toEqual([1, 0, 1]);
    deliver(c1, c2);
    expect(all([c1, c2, c3])).toEqual([1, 1, 1]);
    deliver(c3, c1);
    deliver(c1, c3);
    expect(all([c1, c2, c3])).toEqual([2, 1, 2]);
  });

  it("is not counted down by its own handle", () => {
    const [c1] = start();
    expect(() => count(c1, -1, "gcounter")).toThrow(RangeError);
    expect(() => c1.write(root => root.counter("x", "gcounter").decrement())).toThrow(RangeError);
    expect(shown(c1)).toBe(0);
  });
});

describe("a PN-counter, as in the talk,", () => {
  it("counts up twice and down once to 1, and everybody hears of it", () => {
    const [c1, c2, c3] = made(root => root.counter("x"));
    c1.write(root => {
      root.counter("x").increment();
      root.counter("x").increment();
    });
    expect(shown(c1)).toBe(2);
    c1.write(root => root.counter("x").decrement());
    expect(all([c1, c2, c3])).toEqual([1, 0, 0]);
    deliver(c1, c2);
    deliver(c1, c3);
    expect(all([c1, c2, c3])).toEqual([1, 1, 1]);
  });

  it("counts 1 0 -1, then 1 1 -1, then 0 1 0", () => {
    const [c1, c2, c3] = made(root => root.counter("x"));
    count(c1, 1);
    count(c3, -1);
    expect(all([c1, c2, c3])).toEqual([1, 0, -1]);
    deliver(c1, c2);
    expect(all([c1, c2, c3])).toEqual([1, 1, -1]);
    deliver(c3, c1);
    deliver(c1, c3);
    expect(all([c1, c2, c3])).toEqual([0, 1, 0]);
  });
});

describe("a register, as in the talk,", () => {
  const values = (person: Person) =>
    (person.replica.node([{ at: "x", kind: "register" }]) as RegisterNode).register
      .entries()
      .map(({ value }) => value)
      .sort();

  it("shows v1 and v3 to who hears of both, and what was replaced does not come back by hearing it again", () => {
    const [c1, c2, c3] = made(root => root.register("x").set("v0"));
    c1.write(root => root.register("x").set("v1"));
    c3.write(root => root.register("x").set("v3"));
    deliver(c1, c2);
    deliver(c1, c3);
    expect(values(c2)).toEqual(["v1"]);
    expect(values(c3)).toEqual(["v1", "v3"]);
    c3.write(root => root.register("x").set("v4"));
    deliver(c2, c3);
    c3.receiveAll(c1.letters());
    expect(values(c3)).toEqual(["v4"]);
  });

  it("of the kind lww shows everybody one and the same of two concurrent values, and the later of two others", () => {
    const people = made(root => root.lww("x").set("v0"));
    const [c1, , c3] = people;
    const [a] = c1.write(root => root.lww("x").set("v1"));
    const [b] = c3.write(root => root.lww("x").set("v3"));
    sync(people);
    const winner = a!.id > b!.id ? "v1" : "v3";
    expect(all(people)).toEqual([winner, winner, winner]);
    c3.write(root => root.lww("x").set("v4"));
    sync(people);
    expect(all(people)).toEqual(["v4", "v4", "v4"]);
  });
});

// Each line: the kind; what is shown after Alice removed "v" while Bob, who had it too, added it again; and after
// Carol, who heard of both, then adds it.
const REMOVED_AND_ADDED: readonly (readonly [SetKind, readonly Json[], readonly Json[]])[] = [
  ["twophase", [], []],
  ["lwwsetAdd", ["v"], ["v"]],
  ["lwwsetRemove", [], ["v"]],
  ["set", ["v"], ["v"]],
];

/** Past the handle, which writes nothing where nothing can come of it. */
const addPlainly = (person: Person, kind: SetKind) =>
  person.write(root => {
    const set = root.setOf("x", kind);
    set.add("other");
    set.add("v");
  });

describe("a set", () => {
  it("of the kind gset holds the union, and nothing is removed from it", () => {
    const people = made(root => root.setOf("x", "gset"));
    for (const [i, person] of people.entries()) person.write(root => root.setOf("x", "gset").add(i).add("v"));
    sync(people);
    expect(all(people)).toEqual(Array.from({ length: 3 }, () => ["v", 0, 1, 2]));
    expect(() => people[0].write(root => root.setOf("x", "gset").delete("v"))).toThrow(TypeError);
  });

  it.each(REMOVED_AND_ADDED)(
    "of the kind %s shows %j after a concurrent add and remove, then %j",
    (kind, both, then) => {
      const people = made(root => root.setOf("x", kind).add("v"));
      const [alice, bob, carol] = people;
      alice.write(root => expect(root.setOf("x", kind).delete("v")).toBe(true));
      addPlainly(bob, kind);
      expect(shown(alice)).toEqual([]);
      sync(people);
      expect(all(people)).toEqual(people.map(() => ["other", ...both].sort()));
      addPlainly(carol, kind);
      sync(people);
      expect(all(people)).toEqual(people.map(() => ["other", ...then].sort()));
    },
  );

  it("of the kind set loses what two removed, and keeps what one of them had not seen", () => {
    const people = made(root => root.setOf("x").add("both").add("late"));
    const [alice, bob, carol] = people;
    alice.write(root => root.setOf("x").delete("both"));
    bob.write(root => root.setOf("x").delete("both"));
    carol.write(root => root.setOf("x").add("late"));
    bob.write(root => root.setOf("x").delete("late"));
    sync(people);
    expect(all(people)).toEqual([["late"], ["late"], ["late"]]);
  });

  it("of the kinds with stamps takes the last word of one author within one change", () => {
    for (const kind of ["lwwsetAdd", "lwwsetRemove"] as const) {
      const people = made(root => root.setOf("x", kind).add("a"));
      people[0].write(root => {
        root.setOf("x", kind).add("b").delete("a");
        root.setOf("x", kind).delete("b");
        root.setOf("x", kind).add("a").add("c");
      });
      sync(people);
      expect(all(people)).toEqual([
        ["a", "c"],
        ["a", "c"],
        ["a", "c"],
      ]);
    }
  });

  it("reads like a Set", () => {
    const [alice] = made(root => root.setOf("x"));
    alice.write(root => {
      const set = root.setOf("x");
      expect(set.add(1).add(1).add("1").add(-0).size).toBe(3);
      expect(set.values()).toEqual(["1", 0, 1]);
      expect([set.has(1), set.has("1"), set.has(2), set.has(0)]).toEqual([true, true, false, true]);
      expect([set.delete(1), set.delete(1), set.delete(2)]).toEqual([true, false, false]);
      expect(() => set.add(Number.NaN)).toThrow(TypeError);
      expect(() => set.add({} as never)).toThrow(TypeError);
    });
    expect(shown(alice)).toEqual(["1", 0]);
  });
});

// ------------------------------------------------------------------------------------------- deleting and nesting

type Write = (root: MapEdit) => unknown;

// Each line: what the node holds when Alice deletes it, what Bob does to it meanwhile, and what is left of it.
const SURVIVES: readonly (readonly [string, Write, Write, Json])[] = [
  ["counter", r => r.counter("x").increment(5), r => r.counter("x").increment(2), 2],
  ["gcounter", r => r.counter("x", "gcounter").increment(5), r => r.counter("x", "gcounter").increment(2), 2],
  ["lww", r => r.lww("x").set("seen"), r => r.lww("x").set("unseen"), "unseen"],
  ["register", r => r.register("x").set("seen"), r => r.register("x").set("unseen"), "unseen"],
  ...((["gset", "twophase", "lwwsetAdd", "lwwsetRemove", "set"] as const).map(
    kind =>
      [kind, r => r.setOf("x", kind).add("seen"), r => r.setOf("x", kind).add("unseen"), ["unseen"]] as const,
  ) as readonly (readonly [string, Write, Write, Json])[]),
];

describe("under a deleted key", () => {
  it.each(SURVIVES)(
    "nothing of a %s is left of what was seen, and all of what was not",
    (_, before, meanwhile, left) => {
      for (const place of [(root: MapEdit) => root, (root: MapEdit) => root.map("up")]) {
        const people = made(root => before(place(root)));
        people[0].write(root => place(root).delete("x"));
        expect(people[0].json).not.toContain("seen");
        people[1].write(root => meanwhile(place(root)));
        sync(people);
        for (const { json } of people) expect(json).toContain(`"x":${JSON.stringify(left)}`);
        people[2].write(root => place(root).delete("x"));
        sync(people);
        for (const { json } of people) expect(json).not.toContain('"x"');
      }
    },
  );

  it("a lesser write to an lww survives too, if its deleter had not seen it", () => {
    const people = made(root => root.lww("x").set("first"));
    const [alice, bob] = people;
    for (const value of ["second", "third"]) alice.write(root => root.lww("x").set(value));
    bob.write(root => root.lww("x").set("Bob's"));
    alice.write(root => root.delete("x"));
    sync(people);
    expect(all(people)).toEqual(["Bob's", "Bob's", "Bob's"]);
  });

  it("what was removed from a twophase is remembered", () => {
    const [alice] = made(root => root.setOf("x", "twophase").add("v").add("w"));
    alice.write(root => root.setOf("x", "twophase").delete("v"));
    alice.write(root => root.delete("x"));
    expect(alice.json).toBe("{}");
    alice.write(root => root.setOf("x", "twophase").add("v").add("w"));
    expect(shown(alice)).toEqual(["w"]);
  });
});

describe("a list item", () => {
  it("can be a node of any kind, and comes back while something unseen is in it", () => {
    const people = made(root => {
      const list = root.list("x");
      list.push("plain");
      for (const kind of ["counter", "gcounter", "lww", "register", "set", "text"] as const)
        list.insertNew(1, kind);
    });
    const [alice, bob] = people;
    expect(shown(bob)).toEqual(["plain", "", [], null, null, 0, 0]);
    bob.write(root => {
      const list = root.list("x");
      list.text(1).insert(0, "text");
      list.setOf(2).add("v");
      list.register(3).set(1);
      list.lww(4).set(2);
      list.counter(5, "gcounter").increment(3);
      list.counter(6).decrement();
      expect(() => list.counter(5)).toThrow(TypeError);
    });
    alice.write(root => root.list("x").delete(0, 7));
    sync(people);
    expect(all(people)).toEqual(people.map(() => ["text", ["v"], 1, 2, 3, -1]));
  });
});

describe("an edit too large for one change", () => {
  it("shows its last word before it is closed as everybody does afterwards", () => {
    const people = made(root => root.setOf("a", "lwwsetAdd").add("v"));
    const [alice] = people;
    alice.replica.edit(root => {
      root.lww("l").set("first");
      root.setOf("r", "lwwsetRemove").add("v").delete("v");
      for (let i = 0; i < 6; i++) root.text("body").insert(0, "x".repeat(60_000));
      root.lww("l").set("last");
      root.setOf("a", "lwwsetAdd").delete("v");
      root.delete("r");
      root.setOf("r", "lwwsetRemove").add("v");
    });
    const values = ({ json }: Person) => (({ a, l, r }) => ({ a, l, r }))(JSON.parse(json));
    const expected = { a: [], l: "last", r: ["v"] };
    expect(values(alice)).toEqual(expected);
    expect(alice.close().length).toBeGreaterThan(1);
    sync(people);
    for (const person of people) expect(values(person)).toEqual(expected);
  });
});

describe("a listener", () => {
  it("is told which counter, register or set shows something else, and nothing of an edit that throws", () => {
    const people = made(root => {
      root.counter("c");
      root.lww("l");
      root.setOf("s").add("v");
    });
    const [alice, bob] = people;
    const told: unknown[] = [];
    for (const { replica } of [alice, bob])
      replica.subscribe((patches, origin) => told.push(...patches.map(patch => [origin, patch])));
    const patch = (at: string, kind: string) => ({ type: "field", path: [{ at, kind }], key: null });
    const edit = (root: MapEdit) => {
      root.counter("c").increment();
      root.lww("l").set(1);
      root.setOf("s").add("w").delete("v");
    };
    const patches = [patch("c", "counter"), patch("l", "lww"), patch("s", "set"), patch("s", "set")];
    alice.write(edit);
    expect(told.splice(0)).toEqual(patches.map(one => ["local", one]));
    deliver(alice, bob);
    expect(told.splice(0)).toEqual(patches.map(one => ["remote", one]));
    const { json } = alice;
    expect(() =>
      alice.write(root => {
        edit(root);
        root.delete("s");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect([told, alice.json]).toEqual([[], json]);
  });
});
