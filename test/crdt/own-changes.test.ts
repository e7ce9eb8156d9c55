// An author does not judge what it makes itself. So whatever is edited, whoever edits it and however it is cut into
// changes, a reader who knows nothing but those changes must admit every one of them and end with the same document.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ADMITTED_HEADS_MAX, AUTHORITY_OPS_MAX } from "../../src/crdt/limits.ts";
import { deliver, gather, Key, newcomer, SEED, sync } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

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
