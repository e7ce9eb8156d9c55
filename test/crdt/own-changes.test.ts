// An author does not judge what it makes itself. So whatever is edited, whoever edits it and however it is cut into
// changes, a reader who knows nothing but those changes must admit every one of them and end with the same document.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { RolePolicy } from "../../src/crdt/graph/change.ts";
import { KeyForbidden, type MapEdit } from "../../src/crdt/index.ts";
import { ADMITTED_HEADS_MAX, AUTHORITY_OPS_MAX } from "../../src/crdt/limits.ts";
import { begin, deliver, gather, Key, LINK, newcomer, type Person, SEED, sync } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

const ROOM = { keys: null, opsMax: 1_000, bytesMax: 1_000_000 };

/** Alice lets Bob in as an editor, with one op written. */
function letIn(editor: RolePolicy): [Person, Person] {
  const alice = begin("Alice", { admin: ROOM, editor });
  alice.invite(LINK);
  const bob = newcomer("Bob", alice, LINK);
  deliver(alice, bob);
  bob.write(root => root.text("body").insert(0, "ok"));
  deliver(bob, alice);
  return [alice, bob];
}

function expectAllTaken(from: Person, by: Person): void {
  expect(deliver(from, by).flatMap(({ refused }) => refused)).toEqual([]);
  expect(by.json).toBe(from.json);
}

describe("an own change", () => {
  it("is admitted by a fresh reader, who then has the same document, whatever was edited", () => {
    let judged = 0;
    fc.assert(
      fc.property(
        draws({ minLength: 5, maxLength: 40 }),
        fc.infiniteStream(fc.nat(11)),
        (drawn: Draw[], luck) => {
          const people = gather("Alice", "Bob", "Carol");
          for (const draw of drawn) {
            const which = luck.next().value!;
            const person = people[which % 3]!;
            person.replica.edit(root => editBy(draw, root));
            if (which < 8) person.close();
            if (which > 9) {
              for (const one of people) one.close();
              sync(people);
            }
          }
          for (const one of people) one.close();
          sync(people);
          const fresh = newcomer("Dora", people[0], null);
          for (const person of people) {
            for (const letter of person.letters()) {
              expect(fresh.receive(letter).refused).toEqual([]);
              expect(fresh.replica.has(letter.id)).toBe(true);
              judged++;
            }
          }
          expect(fresh.json).toBe(people[0].json);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
    expect(judged).toBeGreaterThan(700);
  });

  it("is followed by others where more is said about people than one may hold", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const others = Array.from({ length: 2 * AUTHORITY_OPS_MAX + 1 }, (_, i) => new Key(`person ${i}`).id);
    alice.replica.edit(root => root.text("body").insert(0, "my words"));
    for (const person of others) alice.replica.people.setRole(person, "editor");
    alice.replica.people.dismiss(bob.device);
    alice.replica.people.setRole(bob.device, "editor");
    alice.replica.edit(root => root.text("body").insert(8, "!"));
    expect(bob.receiveAll(alice.close()).flatMap(({ refused }) => refused)).toEqual([]);
    expect([bob.text(), bob.json]).toEqual(["my words!", alice.json]);
    for (const each of [...others, bob.device]) expect(bob.replica.roleOf(each)).toBe("editor");
  });

  it("is followed by others where what is said about people is too long beside a full draft", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const ids = Array.from(
      { length: ADMITTED_HEADS_MAX },
      (_, i) => alice.write(root => root.set("i", i))[0]!.id,
    );
    deliver(alice, bob);
    for (let i = 0; i < 10; i++) alice.replica.people.admit(ids);
    alice.replica.edit(root => root.text("body").insert(0, "€".repeat(85_800)));
    expect(bob.receiveAll(alice.close()).flatMap(({ refused }) => refused)).toEqual([]);
    expect(bob.json).toBe(alice.json);
  });

  it("that cannot be made leaves its draft open", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.replica.edit(root => root.text("body").insert(0, "my words"));
    alice.replica.rename("Alicia");
    // No such time can be written.
    expect(() => alice.replica.closeDraft(Number.MAX_VALUE)).toThrow(RangeError);
    expect(() => alice.replica.people.raise(bob.device, 0.5, 0)).toThrow(RangeError);
    expect(alice.replica.hasDraft).toBe(true);
    expect(bob.receiveAll(alice.close()).flatMap(({ refused }) => refused)).toEqual([]);
    const { name } = bob.replica.members.find(({ device }) => device === alice.device)!;
    expect([bob.text(), name]).toEqual(["my words", "Alicia"]);
  });
});

describe("what others would refuse", () => {
  it("under a key that the role may not write is told by the edit, which has not happened", () => {
    const [alice, bob] = letIn({ ...ROOM, keys: ["body", "list"] });
    const { json } = bob;
    const forbidden: ((root: MapEdit) => void)[] = [
      root => root.set("other", 1),
      root => root.text("other").insert(0, "x"),
      root => root.text("other").splice(0, 0, "x"),
      root => {
        root.text("body").insert(0, "x");
        root.list("other").insert(0, 1);
      },
    ];
    for (const edit of forbidden) expect(() => bob.replica.edit(edit)).toThrow(KeyForbidden);
    expect([bob.json, bob.replica.hasDraft]).toEqual([json, false]);
    bob.write(root => root.list("list").insert(0, 1));
    expectAllTaken(bob, alice);
  });

  it("beyond the quota is no change, and shows, while others go on; it goes when there is more", () => {
    const [alice, bob] = letIn({ ...ROOM, opsMax: 8 });
    bob.replica.edit(root => root.text("body").insert(2, "!"));
    bob.replica.breakUndo();
    bob.replica.edit(root => {
      for (let i = 0; i < 8; i++) root.set(`k${i}`, i);
    });
    expect([bob.replica.hasDraft, bob.replica.isHeld]).toEqual([true, false]);
    // What was drafted before goes.
    expect(bob.close()).toHaveLength(1);
    expect([bob.replica.hasDraft, bob.replica.isHeld]).toEqual([false, true]);
    expect(bob.replica.toJson()).toMatchObject({ body: "ok!", k7: 7 });
    expectAllTaken(bob, alice);
    alice.write(root => root.text("body").insert(3, "?"));
    deliver(alice, bob);
    bob.replica.edit(root => root.text("body").insert(4, "!"));
    expect([bob.replica.isHeld, bob.close()]).toEqual([true, []]);

    alice.replica.people.raise(bob.device, 100, 1_000_000);
    alice.close();
    deliver(alice, bob);
    expect([bob.replica.hasDraft, bob.replica.isHeld]).toEqual([true, false]);
    bob.close();
    expectAllTaken(bob, alice);
    expect(alice.text()).toBe("ok!?!");
  });

  it("by an undo beyond the quota is held too", () => {
    const [alice, bob] = letIn({ ...ROOM, opsMax: 5 });
    bob.write(root => root.text("body").insert(2, "!"));
    expect([bob.replica.undo(), bob.close(), bob.replica.isHeld]).toEqual([true, [], true]);
    expect(deliver(bob, alice).flatMap(({ refused }) => refused)).toEqual([]);
    expect([alice.text(), bob.replica.showsHeads]).toEqual(["ok!", false]);
  });

  it("was held for want of a role, and stays so under one that may not write there", () => {
    const [alice, bob] = letIn({ ...ROOM, keys: ["body"] });
    const give = (role: "reader" | "editor" | "admin"): void => {
      alice.replica.people.setRole(bob.device, role);
      alice.close();
      deliver(alice, bob);
    };
    give("reader");
    bob.replica.edit(root => root.set("other", 1));
    expect(bob.replica.isHeld).toBe(true);
    give("editor");
    expect([bob.close(), bob.replica.isHeld]).toEqual([[], true]);
    expectAllTaken(bob, alice);
    give("admin");
    expect(bob.close()).toHaveLength(1);
    expectAllTaken(bob, alice);
    expect(JSON.parse(alice.json)).toEqual({ body: "ok", other: 1 });
  });

  it("of what is written holds back nothing that is said about people, which is not said beyond the quota", () => {
    const [alice, bob] = letIn({ ...ROOM, opsMax: 5 });
    bob.replica.rename("Robert");
    bob.replica.edit(root => {
      for (let i = 0; i < 5; i++) root.set(`k${i}`, i);
    });
    expect([bob.close().length, bob.replica.isHeld]).toEqual([1, true]);
    expectAllTaken(bob, alice);
    expect(alice.replica.members.find(({ device }) => device === bob.device)?.name).toBe("Robert");
    expect(bob.replica.ownHead?.opTotal).toBe(4);
    bob.replica.rename("Bob");
    bob.close();
    expect(() => bob.replica.rename("Rob")).toThrow(RangeError);
  });
});
