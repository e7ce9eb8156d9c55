// Moves of list items. The law is at the head of types/moves.ts; random histories with moves in them are compared with the
// naive document in orders.test.ts and masking.test.ts. Here: what a move is to who makes it, what two moves come to that
// know nothing of each other, that nothing is ever lost or there twice, and what Mallory can do with moves.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import {
  type ChangeId,
  canonicalJson,
  type Input,
  type Json,
  type ListEdit,
  type MapEdit,
  OPEN_POLICY,
  type Path,
  type RefusalCode,
  type Replica,
} from "../../src/crdt/index.ts";
import { DEPTH_MAX } from "../../src/crdt/limits.ts";
import { DocumentTree, type Patch } from "../../src/crdt/types/document.ts";
import type { Dot } from "../../src/crdt/types/dot.ts";
import { type ListNode, shownAt } from "../../src/crdt/types/node.ts";
import type { ContentOp, MoveOp, Place } from "../../src/crdt/types/op.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Crowd } from "./crowd.ts";
import { begin, deliver, forge, LINK, newcomer, type Person, type Ref, SEED, sync } from "./people.ts";

const RUNS = Number(process.env.RUNS ?? 50);
vi.setConfig({ testTimeout: Math.max(60_000, RUNS * 500) });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.set("list", ["a", "b", "c"]));
const counts = { moves: 0, refusedMoves: 0 };

afterAll(() => console.log(`moves: SEED=${SEED}`, JSON.stringify(counts)));

const shown = (person: Person): Record<string, Json> => JSON.parse(person.json);

describe("a move", () => {
  it("within a list is to who makes it what splice is to an array", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 20 }), moves => {
        const [alice] = crowd.gather(1) as [Person];
        const array = [0, 1, 2, 3, 4, 5];
        alice.write(root => root.set("list", array));
        for (const [i, [from, to]] of moves.entries()) {
          alice.replica.edit(root => root.list("list").move(from % array.length, to % array.length));
          array.splice(to % array.length, 0, ...array.splice(from % array.length, 1));
          // Some within one change, some in changes of their own.
          if (i % 3 === 0) alice.close();
          expect(shown(alice).list).toEqual(array);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it("takes an item with all that is in it to another list, where its handle leads to it as before", () => {
    const [alice, bob] = crowd.gather(2) as [Person, Person];
    alice.write(root => {
      root.set("todo", [{ title: "milk", tags: ["shop"] }, "plain"]);
      root.set("done", ["bread"]);
    });
    alice.write(root => {
      root.list("todo").moveTo(0, root.list("done"), 1);
      root.list("todo").moveTo(0, root.list("done"), 0);
    });
    deliver(alice, bob);
    for (const person of [alice, bob])
      expect(shown(person)).toMatchObject({
        todo: [],
        done: ["plain", "bread", { title: "milk", tags: ["shop"] }],
      });
    bob.write(root => {
      const milk = root.list("done").map(2);
      expect(milk.get("title")).toBe("milk");
      milk.list("tags").push("dairy");
      milk.set("bought", true);
      expect(root.list("done").get(0)).toBe("plain");
      expect(root.list("done").shown(2)).toEqual({ make: "map" });
      root.list("done").insert(2, "between");
    });
    deliver(bob, alice);
    expect(shown(alice).done).toEqual([
      "plain",
      "bread",
      "between",
      { title: "milk", tags: ["shop", "dairy"], bought: true },
    ]);
    bob.write(root => root.list("done").delete(0));
    bob.write(root => root.list("done").delete(0, 3));
    deliver(bob, alice);
    expect(shown(alice)).toMatchObject({ todo: [], done: [] });
  });

  it("of an item into itself, too deep, beyond the ends or out of another edit throws, and nothing has happened", () => {
    const [alice] = crowd.gather(1) as [Person];
    alice.write(root => root.set("outline", [{ under: [{ under: [] }] }, 1]));
    const before = alice.json;
    const list = (root: MapEdit) => root.list("outline");
    const refuse = (move: (root: MapEdit) => void, error: string) => {
      expect(() => alice.replica.edit(move)).toThrow(error);
      expect(alice.json).toBe(before);
    };
    refuse(root => list(root).moveTo(0, list(root).map(0).list("under"), 0), "not inside the item");
    refuse(
      root => list(root).moveTo(0, list(root).map(0).list("under").map(0).list("under"), 0),
      "not inside the item",
    );
    refuse(root => list(root).move(2, 0), "Expected a count");
    refuse(root => list(root).move(0, 2), "Expected an index");
    refuse(root => list(root).moveTo(0, root.list("list"), 4), "Expected an index");
    let other: ListEdit | null = null;
    crowd.gather(1)[0]!.replica.edit(root => {
      other = root.list("list");
    });
    refuse(root => list(root).moveTo(0, other!, 0), "the same edit");
  });

  it("may be as deep as 64 steps, with every item of many that was ever moved below it; deeper it throws", () => {
    const nest = (levels: number): Input => (levels === 0 ? [] : [{ under: nest(levels - 1) }]);
    const level = (list: ListEdit, levels: number): ListEdit =>
      levels === 0 ? list : level(list.map(0).list("under"), levels - 1);
    const [alice] = crowd.gather(1) as [Person];
    alice.replica.edit(root => {
      root.set("one", nest(20));
      root.set("two", nest(20));
      root.set("more", [{ under: [] }]);
      root.list("list").moveTo(0, root.list("more").map(0).list("under"), 0);
      // From the item on top of "two", 20 lists and 19 items are steps down to here, and one more to what is put here.
      root.list("more").moveTo(0, level(root.list("two"), 20), 0);
    });
    const put = (under: number) =>
      alice.replica.edit(root => root.list("two").moveTo(0, level(root.list("one"), under), 0));
    expect(() => put(12)).toThrow("too deep");
    put(11);
    expect(JSON.stringify(shown(alice).one)).toContain('["a"]');
  });

  it("is not made where an item already is", () => {
    const [alice] = crowd.gather(1) as [Person];
    alice.replica.edit(root => root.list("list").move(1, 1));
    expect(alice.replica.hasDraft).toBe(false);
  });
});

// ------------------------------------------------------------------------------------------------- concurrent

/** Alice begins; then she and the others write without hearing of each other; then all hold everything. */
function apart(begin: (root: MapEdit) => void, ...edits: readonly ((root: MapEdit) => void)[]) {
  const people = crowd.gather() as [Person, Person, Person];
  people[0].write(begin);
  sync(people);
  const letters = edits.map((edit, i) => people[i]!.write(edit));
  sync(people);
  for (const person of people) expect(person.json).toBe(people[0].json);
  return { people, letters, shown: () => shown(people[0]) };
}

describe("moves that know nothing of each other", () => {
  it("of one item into two lists leave it in one of them, the same for all; masking that move, in the other", () => {
    const { people, letters, shown } = apart(
      root => {
        root.set("one", []);
        root.set("two", []);
      },
      root => root.list("list").moveTo(0, root.list("one"), 0),
      root => root.list("list").moveTo(0, root.list("two"), 0),
    );
    const { one, two, list } = shown() as { [key: string]: Json[] };
    expect(list).toEqual(["b", "c"]);
    expect([...one!, ...two!]).toEqual(["a"]);
    const winner = letters[one!.length > 0 ? 0 : 1]!.map(({ id }) => id);
    people[0].replica.mask(winner, true);
    expect(shown()).toMatchObject(one!.length > 0 ? { one: [], two: ["a"] } : { one: ["a"], two: [] });
    people[0].replica.mask(
      letters.flat().map(({ id }) => id),
      true,
    );
    expect(shown()).toMatchObject({ one: [], two: [], list: ["a", "b", "c"] });
  });

  it("and a delete: the delete wins, unless something inside the item was written, which shows where it was moved", () => {
    const begin = (root: MapEdit) => {
      root.set("todo", [{ title: "milk" }]);
      root.set("done", []);
    };
    const move = (root: MapEdit) => root.list("todo").moveTo(0, root.list("done"), 0);
    const remove = (root: MapEdit) => root.list("todo").delete(0);
    expect(apart(begin, move, remove).shown()).toMatchObject({ todo: [], done: [] });
    const write = (root: MapEdit) => root.list("todo").map(0).set("bought", true);
    expect(apart(begin, move, remove, write).shown()).toMatchObject({ todo: [], done: [{ bought: true }] });
  });

  it("of two items into each other leave one of them where it was, and both in the document", () => {
    const { people, letters, shown } = apart(
      root =>
        root.set("outline", [
          { name: "a", under: [] },
          { name: "b", under: [] },
        ]),
      root => root.list("outline").moveTo(0, root.list("outline").map(1).list("under"), 0),
      root => root.list("outline").moveTo(1, root.list("outline").map(0).list("under"), 0),
    );
    const inside = (name: string, other: string) => ({ name, under: [{ name: other, under: [] }] });
    const possible = [[inside("a", "b")], [inside("b", "a")]];
    expect(possible).toContainEqual(shown().outline);
    const isAInB = (shown().outline as { name: string }[])[0]!.name === "b";
    people[0].replica.mask(
      letters[isAInB ? 0 : 1]!.map(({ id }) => id),
      true,
    );
    expect(shown().outline).toEqual(possible[isAInB ? 0 : 1]);
  });

  it("into a list whose item is deleted meanwhile keep that item, with what was moved in", () => {
    const { shown } = apart(
      root => root.set("outline", [{ name: "a", under: ["old"] }, "b"]),
      root => root.list("outline").delete(0),
      root => root.list("outline").moveTo(1, root.list("outline").map(0).list("under"), 1),
    );
    expect(shown().outline).toEqual([{ under: ["b"] }]);
  });
});

describe("deleting a list", () => {
  it("deletes what was moved into it, and not what was moved out of it before", () => {
    const [alice, bob] = crowd.gather(2) as [Person, Person];
    alice.write(root => {
      root.set("old", [{ name: "stays" }, "goes"]);
      root.list("old").moveTo(0, root.list("list"), 0);
      root.list("list").moveTo(1, root.list("old"), 0);
    });
    expect(shown(alice)).toMatchObject({ list: [{ name: "stays" }, "b", "c"], old: ["a", "goes"] });
    alice.write(root => root.delete("old"));
    deliver(alice, bob);
    for (const person of [alice, bob]) {
      expect(shown(person)).toEqual({ list: [{ name: "stays" }, "b", "c"] });
      person.replica.edit(root => root.list("list").map(0).set("name", "still written"));
      expect(shown(person).list).toEqual([{ name: "still written" }, "b", "c"]);
    }
  });

  it("deletes an item with a list inside that others were moved into, and those too", () => {
    const [alice] = crowd.gather(1) as [Person];
    alice.write(root => {
      root.set("outline", [{ under: [] }]);
      root.list("list").moveTo(0, root.list("outline").map(0).list("under"), 0);
    });
    expect(shown(alice)).toEqual({ list: ["b", "c"], outline: [{ under: ["a"] }] });
    alice.write(root => root.list("outline").delete(0));
    expect(shown(alice)).toEqual({ list: ["b", "c"], outline: [] });
  });
});

// ------------------------------------------------------------------------------------------------------- laws

type Draw = { readonly who: number; readonly act: number; readonly from: number; readonly to: number };

const draws = fc.array(fc.record({ who: fc.nat(2), act: fc.nat(9), from: fc.nat(999), to: fc.nat(999) }), {
  minLength: 10,
  maxLength: 50,
});

/** Every list that shows, reached from the root. */
function listsIn(list: ListEdit): ListEdit[] {
  return [list, ...Array.from({ length: list.length }, (_, i) => listsIn(list.map(i).list("under"))).flat()];
}

/** Items with numbers, in lists in items: put in, or moved anywhere. Answers whether there was a move. */
function rearrange(root: MapEdit, { act, from, to }: Draw, number: number): void {
  const lists = listsIn(root.list("tree"));
  const list = lists[from % lists.length]!;
  const other = lists[to % lists.length]!;
  if (act < 3 || list.length === 0) {
    list.insert(to % (list.length + 1), { number, under: [] });
    return;
  }
  counts.moves++;
  try {
    list.moveTo(to % list.length, other, from % (other === list ? list.length : other.length + 1));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    counts.refusedMoves++;
  }
}

function live(history: readonly Draw[]): Person[] {
  const people = crowd.gather();
  people[0]!.write(root => root.set("tree", []));
  sync(people);
  for (const [number, draw] of history.entries()) {
    const person = people[draw.who]!;
    if (draw.act === 9) deliver(people[(draw.who + 1) % 3]!, person);
    else person.write(root => rearrange(root, draw, number));
  }
  return people;
}

function numbersIn(json: Json): number[] {
  return (json as readonly { number: number; under: Json }[]).flatMap(({ number, under }) => [
    number,
    ...numbersIn(under),
  ]);
}

describe("whatever is moved where by three people", () => {
  it("every item shows once, never twice and never nowhere, in one tree for all", () => {
    fc.assert(
      fc.property(draws, history => {
        const people = live(history);
        const own = people.map(person => numbersIn(shown(person).tree!));
        sync(people);
        const numbers = numbersIn(shown(people[0]!).tree!);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(new Set(numbers)).toEqual(new Set(own.flat()));
        for (const person of people) expect(person.json).toBe(people[0]!.json);
        const { replica } = people[0]!;
        const changes = [...replica.changes()].map(({ change }) => change);
        expect(people[0]!.json).toBe(new NaiveDocument(changes).json());
        for (const parity of [0, 1]) {
          const masked = changes.filter((_, i) => i % 3 === parity && i > 2).map(({ id }) => id);
          replica.mask(masked, true);
          expect(people[0]!.json).toBe(new NaiveDocument(changes, new Set(masked)).json());
          replica.mask(masked, false);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.moves).toBeGreaterThan(2 * RUNS);
    expect(counts.refusedMoves).toBeGreaterThan(0);
  });

  it("patches rebuild every list, while changes arrive in any order and are masked and unmasked", () => {
    fc.assert(
      fc.property(draws, fc.array(fc.nat(9_999), { minLength: 5, maxLength: 20 }), (history, picks) => {
        const people = live(history);
        sync(people);
        const letters = crowd.letters(people[0]!);
        const reader = crowd.copy(people[0]!);
        const mirrors = new Map<string, { readonly path: Path; readonly items: unknown[] }>();
        const name = JSON.stringify([{ at: "list", kind: "list" }]);
        mirrors.set(name, { path: [{ at: "list", kind: "list" }], items: ["a", "b", "c"] });
        reader.replica.subscribe(patches => {
          for (const patch of patches) {
            if (patch.type !== "list") continue;
            const { path, index, removed, inserted } = patch;
            const mirror = mirrors.get(JSON.stringify(path)) ?? { path, items: [] };
            mirrors.set(JSON.stringify(path), mirror);
            expect(mirror.items.length).toBeGreaterThanOrEqual(index + removed);
            mirror.items.splice(index, removed, ...inserted);
          }
        });
        const left = [...letters];
        for (let i = 0; left.length > 0; i++) {
          const pick = picks[i % picks.length]!;
          crowd.hand(left.splice(pick % left.length, 1)[0]!, reader);
          if (pick % 2 === 0) reader.replica.mask([letters[(pick * i) % letters.length]!.id], pick % 3 > 0);
        }
        for (const { path, items } of mirrors.values()) expect(items).toEqual(itemsAt(reader.replica, path));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

function itemsAt(replica: Replica, path: Path): unknown[] {
  const node = replica.node(path);
  if (node?.kind !== "list") return [];
  return Array.from({ length: node.items.length }, (_, i) => shownAt(node, node.items.dotAt(i)).value);
}

// ---------------------------------------------------------------------------------------------------- Mallory

const END: Place = { parent: null, side: "right", rightOrigin: null };
const LIST: Path = [{ at: "list", kind: "list" }];
const OUTLINE: Path = [{ at: "outline", kind: "list" }];
const BODY: Path = [{ at: "body", kind: "text" }];

/** Alice has written a text, and items with a list inside; `id` names that change. */
function victims() {
  const [alice, bob, mallory] = crowd.gather() as [Person, Person, Person];
  const [letter] = alice.write(root => {
    root.text("body").insert(0, "text");
    root.set("outline", [{ under: [] }, 7]);
  });
  sync([alice, bob, mallory]);
  return { alice, bob, mallory, id: letter!.id };
}

/** In that change: the making of the text is 0, its letters 1-4, the making of the list 5, its items 6 and, after the making
 * of the list inside the first, 8. */
const ITEM = 6;
const under = (change: number): Path => [
  ...OUTLINE,
  { at: { change, index: ITEM }, kind: "map" },
  { at: "under", kind: "list" },
];

function move(
  item: number | { change: number; index: number },
  change: number,
  more: Partial<MoveOp> = {},
): Op {
  const dot = typeof item === "number" ? { change, index: item } : item;
  return { type: "move", path: LIST, from: OUTLINE, item: dot, ...END, ...more };
}

function refused(ops: (ref: Ref, id: ChangeId) => readonly Op[], code: RefusalCode): void {
  const { alice, mallory, id } = victims();
  const { json } = alice;
  expect(alice.receive(forge(mallory, { ops: ref => ops(ref, id) })).refused).toEqual([code]);
  expect(alice.json).toBe(json);
}

describe("Mallory's move", () => {
  it("is taken when it is as an honest one is: the cases below differ from it in one thing each", () => {
    const { alice, mallory, id } = victims();
    expect(alice.receive(forge(mallory, { ops: ref => [move(ITEM, ref(id))] })).refused).toEqual([]);
    expect(shown(alice).outline).toEqual([7]);
    expect(shown(alice).list).toContainEqual({ under: [] });
  });

  it("of a letter of a text is refused, and of a key's value", () => {
    refused((ref, id) => [move(1, ref(id), { from: BODY })], "ReferenceWrong");
    refused((ref, id) => [move(1, ref(id))], "ReferenceWrong");
    refused((ref, id) => [move(5, ref(id))], "ReferenceWrong");
    refused((ref, id) => [move(ITEM, ref(id), { path: BODY })], "ReferenceWrong");
  });

  it("of an item that is not where she says is refused", () => {
    refused((ref, id) => [move(ITEM, ref(id), { from: LIST })], "ReferenceWrong");
    refused((ref, id) => [move(99, ref(id))], "ReferenceWrong");
  });

  it("of an element of her own that is not made yet is refused; of one that is made it is taken", () => {
    const insert: Op = { type: "insertList", path: OUTLINE, ...END, values: ["own"] };
    refused(() => [move({ change: 0, index: 1 }, 0), insert], "ReferenceUnseen");
    refused(() => [move({ change: 0, index: 0 }, 0)], "ReferenceUnseen");
    const { alice, mallory } = victims();
    const ops = () => [insert, move({ change: 0, index: 0 }, 0)];
    expect(alice.receive(forge(mallory, { ops })).refused).toEqual([]);
    expect(shown(alice).list).toContain("own");
  });

  it("of an item that is not in its past is refused", () => {
    const { alice, bob, mallory } = victims();
    const [letter] = bob.write(root => root.list("outline").push("Bob's"));
    alice.receive(letter!);
    const forged = forge(mallory, { ops: ref => [move(0, ref(letter!.id))] });
    expect(alice.receive(forged).refused).toEqual(["ReferenceUnseen"]);
  });

  it("of an item into a list inside itself is taken, does not count, and harms no move after it", () => {
    const { alice, mallory, id } = victims();
    const { json } = alice;
    const forged = forge(mallory, { ops: ref => [move(ITEM, ref(id), { path: under(ref(id)) })] });
    expect(alice.receive(forged).refused).toEqual([]);
    expect(alice.json).toBe(json);
    alice.write(root => root.list("outline").moveTo(0, root.list("list"), 0));
    expect(shown(alice)).toMatchObject({ outline: [7], list: [{ under: [] }, "a", "b", "c"] });
  });

  it("out of an item and of that item into it is what anybody may do: a list is inside what it is in now", () => {
    const [alice, bob] = crowd.gather(2) as [Person, Person];
    alice.write(root => root.set("outline", [{ name: "a", under: [{ name: "b", under: [] }] }]));
    alice.write(root => {
      const outline = root.list("outline");
      outline.map(0).list("under").moveTo(0, outline, 0);
      outline.moveTo(1, outline.map(0).list("under"), 0);
    });
    expect(deliver(alice, bob).flatMap(({ refused }) => refused)).toEqual([]);
    for (const person of [alice, bob])
      expect(shown(person).outline).toEqual([{ name: "b", under: [{ name: "a", under: [] }] }]);
  });

  it("of a position, a delete of one and a path through one are refused; a place beside one is not", () => {
    const { alice, bob, mallory, id } = victims();
    const moved = bob.write(root => root.list("outline").moveTo(0, root.list("list"), 0));
    for (const person of [alice, mallory]) person.receiveAll(moved);
    const dot = (ref: Ref) => ({ change: ref(moved[0]!.id), index: 0 });
    const { json } = alice;
    const lies: ((ref: Ref) => Op)[] = [
      ref => move(dot(ref), 0, { from: LIST, path: OUTLINE }),
      ref => ({ type: "delete", path: LIST, spans: [{ change: dot(ref).change, start: 0, length: 1 }] }),
      ref => ({
        type: "set",
        path: [...LIST, { at: dot(ref), kind: "map" }],
        key: "k",
        value: 1,
        replaces: [],
      }),
    ];
    for (const lie of lies)
      expect(alice.receive(forge(mallory, { ops: ref => [lie(ref)] })).refused).toEqual(["ReferenceWrong"]);
    expect(alice.json).toBe(json);
    const own = { change: 0, index: 0 };
    for (const second of [
      (): Op => move(own, 0, { from: LIST, path: OUTLINE }),
      (): Op => ({ type: "delete", path: LIST, spans: [{ change: 0, start: 0, length: 1 }] }),
    ]) {
      const { refused } = alice.receive(forge(mallory, { ops: ref => [move(ITEM, ref(id)), second()] }));
      expect(refused).not.toEqual([]);
    }
    const beside: Op = { type: "insertList", path: LIST, ...END, values: ["beside"] };
    const forged = forge(mallory, { ops: ref => [{ ...beside, parent: dot(ref), side: "left" }] });
    expect(alice.receive(forged).refused).toEqual([]);
    expect((shown(alice).list as Json[]).slice(0, 2)).toEqual(["beside", { under: [] }]);
  });

  it("with two faces, one number and two places, shows the item at one of them, the same for all", () => {
    const { alice, bob, mallory, id } = victims();
    const faces = [LIST, OUTLINE].map(path =>
      forge(mallory, { ops: ref => [move(ITEM, ref(id), { path })] }),
    );
    expect(alice.receiveAll(faces).flatMap(({ refused }) => refused)).toEqual([]);
    expect(bob.receiveAll(faces.toReversed()).flatMap(({ refused }) => refused)).toEqual([]);
    expect(alice.json).toBe(bob.json);
    expect(JSON.stringify(shown(alice)).match(/"under"/g)).toHaveLength(1);
  });

  it("out of a key that she may not write under is refused, and into one", () => {
    const policy = { ...OPEN_POLICY, editor: { ...OPEN_POLICY.editor!, keys: ["hers"] } };
    const alice = begin("Alice", policy);
    alice.invite(LINK);
    const [letter] = alice.write(root => {
      root.set("hers", [1]);
      root.set("Alice's", [2]);
    });
    const mallory = newcomer("Mallory", alice, LINK);
    deliver(alice, mallory);
    mallory.replica.rename("Mallory");
    alice.receiveAll(mallory.close());
    const at = (key: string): Path => [{ at: key, kind: "list" }];
    const tell = (from: string, path: string, index: number): readonly RefusalCode[] => {
      const ops = (ref: Ref) => [move(index, ref(letter!.id), { from: at(from), path: at(path) })];
      return alice.receive(forge(mallory, { ops })).refused;
    };
    expect(tell("Alice's", "hers", 3)).toEqual(["RightMissing"]);
    expect(tell("hers", "Alice's", 1)).toEqual(["RightMissing"]);
    expect(tell("hers", "hers", 1)).toEqual([]);
  });
});

/** A tree without people: changes are numbers, a change is as deep as its number. */
class Grove {
  readonly tree: DocumentTree;
  readonly #patches: Patch[] = [];

  constructor() {
    const order = (a: number, b: number) => a - b;
    this.tree = new DocumentTree({ compareIds: order, compareDepths: order, compareStamps: order });
  }

  /** Maps as items at the end of the list, by their dots. */
  plant(change: number, path: Path, count: number): Dot[] {
    const values = Array.from({ length: count }, () => ({ make: "map" as const }));
    this.#apply({ type: "insertList", path, ...this.#end(path), values }, change);
    return values.map((_, index) => ({ change, index }));
  }

  move(change: number, item: Dot, from: Path, path: Path): void {
    this.#apply({ type: "move", path, from, item, ...END }, change);
  }

  #apply(op: ContentOp, change: number): void {
    this.tree.apply(op, change, 0, this.#patches);
    this.#patches.length = 0;
  }

  #end(path: Path): Place {
    const { items } = this.tree.node(path) as ListNode;
    return items.place(items.length);
  }

  /** How many maps show, and how deep the JSON is. */
  measure(): { readonly items: number; readonly depth: number } {
    let [items, depth] = [0, 0];
    const walk = (json: Json, level: number): void => {
      depth = Math.max(depth, level);
      if (Array.isArray(json)) items += json.length;
      if (json !== null && typeof json === "object")
        for (const inner of Object.values(json)) walk(inner, level + 1);
    };
    walk(this.tree.toJson(), 0);
    return { items, depth };
  }
}

const ROOT: Path = [{ at: "tree", kind: "list" }];
const insideOf = (item: Dot, path = ROOT): Path => [
  ...path,
  { at: item, kind: "map" },
  { at: "under", kind: "list" },
];

function cpuMsOf(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return Math.round((user + system) / 1_000);
}

describe("very many moves", () => {
  const MANY = 10_000;
  const others: Path = [{ at: "others", kind: "list" }];
  const figures: Record<string, number> = {};
  afterAll(() => console.log("moves, ms of processor time:", JSON.stringify(figures)));

  /** Ten times what it took on a busy machine; a scan over all moves a move would be far beyond. */
  const within = (name: string, ms: number, work: () => void) => {
    figures[name] = cpuMsOf(work);
    expect(figures[name]).toBeLessThan(ms);
  };

  it.each([
    ["in their order", (i: number) => i],
    ["the latest first", (i: number) => MANY - i],
  ])("of one item, %s, leave it at the place of the latest", (name, nth) => {
    const grove = new Grove();
    const [item] = grove.plant(0, ROOT, 1);
    within(`10,000 of one item, ${name}`, 5_000, () => {
      for (let i = 0; i < MANY; i++) grove.move(1 + nth(i), item!, ROOT, nth(i) % 2 === 0 ? ROOT : others);
    });
    const latest = Math.max(...[0, MANY - 1].map(nth));
    const { length } = (grove.tree.node(latest % 2 === 0 ? ROOT : others) as ListNode).items;
    expect([length, grove.measure().items]).toEqual([1, 1]);
  });

  it("of one item that others were moved into, the latest first, go through the later ones each time", () => {
    const grove = new Grove();
    const [item, inner] = grove.plant(0, ROOT, 2);
    grove.move(1, inner!, ROOT, insideOf(item!));
    within("10,000 of one item with others inside, the latest first", 30_000, () => {
      for (let i = MANY; i > 0; i--) grove.move(1 + i, item!, ROOT, i % 2 === 0 ? ROOT : others);
    });
    expect(grove.measure().items).toBe(2);
  });

  it("of 1,000 items in circles lose none of them, and make nothing deeper than what may be", () => {
    for (const isReversed of [false, true]) {
      const grove = new Grove();
      const items = grove.plant(0, ROOT, 1_000);
      const name = isReversed
        ? "2,000 in circles among 1,000, the latest first"
        : "10,000 in circles among 1,000";
      within(name, 30_000, () => {
        const count = isReversed ? MANY / 5 : MANY;
        for (let n = 0; n < count; n++) {
          const i = isReversed ? count - 1 - n : n;
          // Each into the next, round and round, and with every round a step further.
          const into = items[(i + 1 + Math.floor(i / 1_000)) % 1_000]!;
          grove.move(1 + i, items[i % 1_000]!, ROOT, insideOf(into));
        }
      });
      const { items: shown, depth } = grove.measure();
      expect(shown).toBe(1_000);
      expect(depth).toBeLessThanOrEqual(3 * DEPTH_MAX);
    }
  });

  it("of chains below chains never make anything deeper than what views can bear, and one tree in any order", () => {
    const items = Array.from({ length: 500 }, (_, index) => ({ change: 0, index }));
    const moves: (readonly [Dot, Dot])[] = [];
    // Chains of 30, then the top of each below the end of the one before, then again from the other end.
    for (let i = 0; i + 1 < items.length; i++) if (i % 30 !== 29) moves.push([items[i + 1]!, items[i]!]);
    for (let i = 30; i < items.length; i += 30) moves.push([items[i]!, items[i - 1]!]);
    for (let i = items.length - 30; i > 0; i -= 30) moves.push([items[i]!, items[i + 29] ?? items[i - 1]!]);
    const trees = [
      (n: number) => n,
      (n: number) => moves.length - 1 - n,
      (n: number) => (n * 7) % moves.length,
    ].map(nth => {
      const grove = new Grove();
      grove.plant(0, ROOT, items.length);
      for (const n of moves.keys()) {
        const [item, into] = moves[nth(n)]!;
        grove.move(1 + nth(n), item, ROOT, insideOf(into));
      }
      const { items: shown, depth } = grove.measure();
      expect(shown).toBe(500);
      expect(depth).toBeGreaterThan(DEPTH_MAX / 2);
      expect(depth).toBeLessThanOrEqual(3 * DEPTH_MAX);
      return canonicalJson(grove.tree.toJson());
    });
    expect(moves.length % 7).not.toBe(0);
    expect(trees[1]).toBe(trees[0]);
    expect(trees[2]).toBe(trees[0]);
  });
});
