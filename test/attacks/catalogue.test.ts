// Seven lies that every data type of the catalogue is told, each to three honest replicas in three orders: a forged site
// id, a count downwards, an op said again, a register with two faces, what a 2P-set removed, a remove of what was never
// seen, the clock of the last day. Afterwards all show one and the same, and it is exact. More of each: values.test.ts.

import { describe, expect, it } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import type { ChangeId, Json, Kind, MapEdit, Path, RefusalCode } from "../../src/crdt/index.ts";
import type { RegisterNode } from "../../src/crdt/types/node.ts";
import { forge, gather, type Letter, type Person, sync } from "../crdt/people.ts";

const X = (kind: Kind): Path => [{ at: "x", kind }];
const END = { parent: null, side: "right", rightOrigin: null } as const;

// Each line: the kind, what Alice makes and everybody holds, what Mallory then says, and what it shows.
const KINDS: readonly (readonly [Kind, (root: MapEdit) => unknown, Op, Json])[] = [
  ["text", r => r.text("x").insert(0, "a"), { type: "insertText", path: X("text"), ...END, text: "a" }, "aa"],
  ["list", r => r.list("x").push(1), { type: "insertList", path: X("list"), ...END, values: [1] }, [1, 1]],
  [
    "map",
    r => r.map("x").set("k", 1),
    { type: "set", path: X("map"), key: "l", value: 2, replaces: [] },
    { k: 1, l: 2 },
  ],
  [
    "register",
    r => r.register("x"),
    { type: "set", path: X("register"), key: null, value: 2, replaces: [] },
    2,
  ],
  ["lww", r => r.lww("x").set(1), { type: "set", path: X("lww"), key: null, value: 2, replaces: [] }, 2],
  ["counter", r => r.counter("x").increment(5), { type: "increment", path: X("counter"), by: -2 }, 3],
  [
    "gcounter",
    r => r.counter("x", "gcounter").increment(5),
    { type: "increment", path: X("gcounter"), by: 2 },
    7,
  ],
  ...((["gset", "twophase", "lwwsetAdd", "lwwsetRemove", "set"] as const).map(
    kind => [kind, r => r.setOf("x", kind).add(1), { type: "add", path: X(kind), value: 2 }, [1, 2]] as const,
  ) as readonly (readonly [Kind, (root: MapEdit) => unknown, Op, Json])[]),
];

/** Alice, Bob and Carol hold what Alice made; Mallory too. */
function told(make: (root: MapEdit) => unknown) {
  const people = gather("Alice", "Bob", "Carol", "Mallory");
  const [letter] = people[0].write(root => make(root));
  sync(people);
  const [alice, bob, carol, mallory] = people;
  return { honest: [alice, bob, carol] as const, alice, bob, carol, mallory, id: letter!.id };
}

/** What each refuses when it hears the letters as they are, reversed, and with repetitions. */
function hear(honest: readonly Person[], letters: readonly Letter[]): RefusalCode[][] {
  const orders = [letters, letters.toReversed(), [...letters.toReversed(), ...letters]];
  return honest.map((person, i) => person.receiveAll(orders[i]!).flatMap(({ refused }) => refused));
}

const shown = (people: readonly Person[]): Json[] =>
  people.map(({ json }) => (JSON.parse(json) as { x: Json }).x);
const thrice = <T>(value: T): T[] => [value, value, value];

describe("a forged site id", () => {
  it.each(KINDS)(
    "counts for nothing in a %s: who does not hold Alice's key writes nothing under her name",
    (_, make, op) => {
      const { honest, alice, mallory } = told(make);
      const before = shown(honest);
      const letter = forge(alice, { ops: () => [op], signer: mallory.key });
      expect(hear(honest, [letter]).map(codes => [...new Set(codes)])).toEqual(thrice(["SignatureWrong"]));
      expect(shown(honest)).toEqual(before);
    },
  );
});

describe("a negative increment of a counter that only grows", () => {
  it.each([-1, -(2 ** 53 - 1)])("of %d is refused, alone and beside a positive one", by => {
    const { honest, mallory } = told(root => root.counter("x", "gcounter").increment(5));
    const down: Op = { type: "increment", path: X("gcounter"), by };
    for (const ops of [[down], [{ ...down, by: 9 } as Op, down]]) {
      const letter = forge(mallory, { ops: () => ops });
      for (const codes of hear(honest, [letter])) expect(new Set(codes)).toEqual(new Set(["ValueWrong"]));
    }
    expect(shown(honest)).toEqual([5, 5, 5]);
  });
});

describe("an op that is said again", () => {
  it.each(KINDS)("is done once in a %s, whoever says it and however often", (_, make, op, once) => {
    const { honest, mallory } = told(make);
    const letter = forge(mallory, { ops: () => [op] });
    for (let i = 0; i < 5; i++) expect(hear(honest, [letter, letter])).toEqual(thrice([]));
    expect(shown(honest)).toEqual(thrice(once));
  });
});

describe("a register with two faces", () => {
  it("keeps both values of one number on every replica once somebody named them, and a write that saw both settles it", () => {
    const { honest, alice, mallory } = told(root => root.register("x").set("v0"));
    const letters = ["yes", "no"].map(value =>
      forge(mallory, { ops: () => [{ type: "set", path: X("register"), key: null, value, replaces: [] }] }),
    );
    expect(hear(honest, letters)).toEqual(thrice([]));
    const values = ({ replica }: Person) =>
      (replica.node(X("register")) as RegisterNode).register.entries().map(({ value }) => value);
    const byId = letters[0]!.id > letters[1]!.id ? ["yes", "no"] : ["no", "yes"];
    for (const person of honest) expect(values(person)).toEqual(["v0"]);
    hear(honest, alice.takeIn());
    for (const person of honest) expect(values(person)).toEqual([...byId, "v0"]);
    const settled = alice.write(root => root.register("x").set("ours"));
    for (const person of honest) {
      person.receiveAll(settled);
      expect(values(person)).toEqual(["ours"]);
    }
  });
});

describe("what a 2P-set removed", () => {
  it("does not return, whoever adds it again, before or after hearing of it", () => {
    const { honest, alice, bob, mallory } = told(root => root.setOf("x", "twophase").add("v").add("w"));
    const removed = alice.write(root => root.setOf("x", "twophase").delete("v"));
    const again: Op = { type: "add", path: X("twophase"), value: "v" };
    const unaware = forge(mallory, { ops: () => [again, again] });
    mallory.receiveAll([...removed, unaware]);
    const aware = forge(mallory, { ops: () => [again] });
    const honestly = bob.write(root => root.setOf("x", "twophase").add("u").add("v"));
    expect(hear(honest, [...removed, unaware, aware, ...honestly])).toEqual(thrice([]));
    expect(shown(honest)).toEqual(thrice(["u", "w"]));
  });
});

describe("a remove of what was never seen", () => {
  it.each(["twophase", "lwwsetAdd", "lwwsetRemove", "set"] as const)(
    "is refused by everybody in a %s",
    kind => {
      const { honest, bob, mallory, id } = told(root => root.setOf("x", kind).add("v"));
      const [unseen] = bob.write(root => root.setOf("x", kind).add("new"));
      const remove = (value: string, change: ChangeId, index: number) =>
        forge(mallory, {
          ops: ref => [{ type: "remove", path: X(kind), value, replaces: [{ change: ref(change), index }] }],
        });
      expect(hear(honest, [unseen!])).toEqual(thrice([]));
      // The tag of an add that is not in its past, one that is of another value, and one that is none.
      for (const [letter, code] of [
        [remove("new", unseen!.id, 0), "ReferenceUnseen"],
        [remove("new", id, 1), "ReferenceWrong"],
        [remove("v", id, 7), "ReferenceWrong"],
      ] as const)
        for (const codes of hear(honest, [letter])) expect(new Set(codes)).toEqual(new Set([code]));
      expect(shown(honest)).toEqual(thrice(["new", "v"]));
    },
  );
});

describe("the clock of the last day", () => {
  const LAST = 2 ** 53 - 2;
  it("wins neither an lww nor an LWW-element-set: time orders nothing, and depth is counted by everybody", () => {
    const { honest, alice, mallory } = told(root => {
      root.lww("x").set("first");
      root.setOf("s", "lwwsetRemove").add("v");
    });
    const ops: Op[] = [
      { type: "set", path: X("lww"), key: null, value: "for ever", replaces: [] },
      { type: "add", path: [{ at: "s", kind: "lwwsetRemove" }], value: "w" },
    ];
    const late = forge(mallory, { header: { time: LAST }, ops: () => ops });
    const deep = forge(mallory, { header: { depth: LAST }, ops: () => ops });
    const codes = hear(honest, [late, deep]);
    for (const each of codes) expect(new Set(each)).toEqual(new Set(["DepthWrong"]));
    expect(shown(honest)).toEqual(thrice("for ever"));
    const next = alice.write(root => {
      root.lww("x").set("next");
      root.setOf("s", "lwwsetRemove").delete("w");
    });
    for (const person of honest) person.receiveAll(next);
    expect(shown(honest)).toEqual(thrice("next"));
    for (const { json } of honest) expect(json).toContain('"s":["v"]');
  });
});
