// Group C of the catalogue: data. An op that names what is not there, or is not of its kind, is refused by everybody and
// wipes nothing; ops that know nothing of each other end the same everywhere. Counters, lww registers and sets have the
// same attacks in values.test.ts and catalogue.test.ts; the notation is in victims.ts.

import { describe, expect, it, vi } from "vitest";
import { read } from "../../src/crdt/api/read.ts";
import type { Op } from "../../src/crdt/graph/change.ts";
import { type ChangeId, defineSchema, isString, list, text, value } from "../../src/crdt/index.ts";
import type { Path } from "../../src/crdt/types/op.ts";
import { type Forgery, forge, gather, sync } from "../crdt/people.ts";
import {
  allShow,
  allTake,
  BODY,
  codesOf,
  END,
  ITEM,
  LIST,
  refused,
  refuses,
  setting,
  standOn,
  VALUE,
  victims,
} from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

describe("C: data", () => {
  it("C1 C2 a path or an op of the wrong kind is refused", () => {
    const wrong: ((n: number) => Op)[] = [
      n => ({ type: "set", path: [{ at: "body", kind: "text" }], key: null, value: n, replaces: [] }),
      () => ({ type: "insertText", path: LIST, ...END, text: "x" }),
      () => ({ type: "insertList", path: BODY, ...END, values: [1] }),
      () => ({ type: "delete", path: [], spans: [{ change: 0, start: 0, length: 1 }] }),
      () => ({ type: "set", path: [...BODY, { at: "k", kind: "map" }], key: "x", value: 1, replaces: [] }),
      n => ({
        type: "set",
        path: [...LIST, { at: { change: n, index: ITEM }, kind: "map" }],
        key: "x",
        value: 1,
        replaces: [],
      }),
      n => ({
        type: "set",
        path: [{ at: { change: n, index: 0 }, kind: "map" }],
        key: "x",
        value: 1,
        replaces: [],
      }),
    ];
    for (const op of wrong) refused(id => ({ ops: ref => [op(ref(id))] }), "ReferenceWrong");
  });

  it("C6 a write that replaces what it cannot have seen, or what is no entry there, is refused", () => {
    const { honest, alice, bob, mallory, id } = victims();
    const [unseen] = bob.write(root => root.set("key", "B"));
    alice.receive(unseen!);
    const replacing = (key: string, id: ChangeId, index: number) =>
      forge(mallory, {
        ops: ref => [{ type: "set", path: [], key, value: 1, replaces: [{ change: ref(id), index }] }],
      });
    refuses(alice, replacing("key", unseen!.id, 0), "ReferenceUnseen");
    refuses(alice, replacing("key", id, VALUE + 1), "ReferenceWrong");
    refuses(alice, replacing("other", id, VALUE), "ReferenceWrong");
    const winner = replacing("key", id, VALUE);
    expect(allShow(honest, [winner, unseen!], "key")).toBe(winner.id > unseen!.id ? 1 : "B");
    const own: Op = { type: "unset", path: [], key: "key", replaces: [{ change: 0, index: 5 }] };
    refuses(alice, forge(mallory, { ops: () => [own] }), "ReferenceUnseen");
  });

  it("C4 a write into an item that was deleted meanwhile revives it on every replica alike", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    alice.write(root => root.list("list").push({ a: 1 }, { a: 2 }));
    sync([alice, bob, carol]);
    const gone = alice.write(root => root.list("list").delete(0));
    const kept = bob.write(root => root.list("list").map(0).set("b", 2));
    carol.receiveAll([...kept, ...gone]);
    alice.receiveAll(kept);
    bob.receiveAll(gone);
    for (const person of [alice, bob, carol]) expect(person.json).toBe('{"list":[{"b":2},{"a":2}]}');
  });

  it("C3 a key made a list by one and a text by another keeps both, shows one, and the same one everywhere", () => {
    const { honest, alice, bob, mallory } = victims();
    const letters = [
      ...alice.write(root => root.list("clash").push("Alice's")),
      ...bob.write(root => root.text("clash").insert(0, "Bob's")),
      forge(mallory, { ops: () => [{ type: "increment", path: [{ at: "clash", kind: "counter" }], by: 7 }] }),
    ];
    const shown = allShow(honest, letters, "clash");
    expect([["Alice's"], "Bob's"]).toContainEqual(shown);
    for (const { replica } of honest) {
      const [list, text, counter] = (["list", "text", "counter"] as const).map(kind =>
        replica.node([{ at: "clash", kind }]),
      );
      expect(list?.kind === "list" && list.items.length).toBe(1);
      expect(text?.kind === "text" && text.text.length).toBe(5);
      expect(counter?.kind).toBe("counter");
    }
  });

  it("C7 300 values of one key, written at once, are all kept, and the next write settles them", () => {
    const { honest, alice, bob, carol, mallory, id } = victims();
    const letters = Array.from({ length: 300 }, (_, i) =>
      forge(mallory, {
        ops: ref => [
          { type: "set", path: [], key: "key", value: i, replaces: [{ change: ref(id), index: VALUE }] },
        ],
      }),
    );
    const latest = letters.reduce((a, b) => (a.id > b.id ? a : b));
    // Until somebody who is not two-faced writes on top of them they are set aside.
    expect(allShow(honest, letters, "key")).toBe("value");
    standOn(honest);
    expect(honest.map(({ json }) => JSON.parse(json).key)).toEqual(honest.map(() => letters.indexOf(latest)));
    const next = alice.write(root => root.set("key", "settled"));
    for (const person of [bob, carol]) expect(codesOf(person.receiveAll(next))).toEqual([]);
    expect(honest.map(({ json }) => JSON.parse(json).key)).toEqual(honest.map(() => "settled"));
  });

  it("C9 an increment counts for whoever signed it: nobody counts under another's key, and nothing is counted twice", () => {
    const { honest, alice, bob, mallory } = victims();
    const count: Op = { type: "increment", path: [{ at: "n", kind: "counter" }], by: 5 };
    refuses(bob, forge(alice, { ops: () => [count], signer: mallory.key }), "SignatureWrong");
    const letter = forge(mallory, { ops: () => [count] });
    expect(allShow(honest, [letter, letter], "n")).toBe(5);
  });

  /** Alice has made two items with a list in each; all hold them. */
  function items() {
    const people = victims();
    const [made] = people.alice.write(root => root.set("tree", [{ under: [] }, { under: [] }]));
    for (const person of [people.bob, people.carol, people.mallory]) person.receive(made!);
    const tree: Path = [{ at: "tree", kind: "list" }];
    const { ops, starts } = people.alice.replica.get(made!.id)!.change;
    const [first, second] = ops.flatMap((op, i) => (op.type === "insertList" ? [starts[i]!] : []));
    const inserted = ops.find(op => op.type === "insertList");
    // Both items in one run, or each in its own.
    const dots =
      inserted?.type === "insertList" && inserted.values.length === 2
        ? [first!, first! + 1]
        : [first!, second!];
    const under = (change: number, item: number): Path => [
      ...tree,
      { at: { change, index: dots[item]! }, kind: "map" },
      { at: "under", kind: "list" },
    ];
    const move = (item: number, into: number): Forgery => ({
      ops: ref => [
        {
          type: "move",
          path: under(ref(made!.id), into),
          from: tree,
          item: { change: ref(made!.id), index: dots[item]! },
          ...END,
        },
      ],
    });
    return { ...people, move };
  }

  it("C13 C14 two items each moved into the other: one move counts, the same everywhere, and nothing is lost", () => {
    const { honest, bob, mallory, move } = items();
    const letters = [forge(mallory, move(0, 1)), forge(bob, move(1, 0))];
    expect(allShow(honest, letters, "tree")).toEqual([{ under: [{ under: [] }] }]);
  });

  it("C15 an item moved into itself stays where it was, on every replica", () => {
    const { honest, mallory, move } = items();
    expect(allShow(honest, [forge(mallory, move(0, 0))], "tree")).toEqual([{ under: [] }, { under: [] }]);
  });

  it("C17 a document that lacks what a schema wants reads as empty where it is, and throws nowhere", () => {
    const { honest, mallory } = victims();
    allTake(honest, [forge(mallory, { ops: () => [setting("card", "no map")] })]);
    const schema = defineSchema({ title: text(), tags: list(value(isString)) });
    for (const { replica } of honest) {
      const answer = read(replica, schema);
      expect(answer).toEqual({ ok: true, value: { title: "", tags: [] } });
    }
  });
});
