// After an honest accident: a disk was restored, the device wrote on and is two-faced. Its person goes on under a fresh key,
// whose first change names all branches, so everything counts again. The notation is in court.ts.

import { expect, it } from "vitest";
import { introductionMessage } from "../../../src/crdt/graph/verify.ts";
import { copyOf, deliver, newcomer, type Person } from "../people.ts";
import { court, EDITORS, outcomeOf, reasonOf, roleIn, say } from "./court.ts";

/** What a person wrote before a disk was restored, and after; `at` has what was known to others. */
function restored(person: Person, at: Person) {
  const old = copyOf(person);
  const before = say(person, "before ");
  deliver(person, at);
  const after = [say(old, "after "), say(old, "more ")];
  deliver(at, old);
  return { old, before, after };
}

it("an owner's fresh key is introduced by the retired one, owns the document, and all branches count", () => {
  const { alice, bob, mallory } = court();
  const { old, before, after } = restored(alice, bob);
  deliver(old, bob);
  expect(after.map(letter => reasonOf(bob, letter))).toEqual(["two-faced", "two-faced"]);
  const fresh = newcomer("Alice's fresh key", alice, null);
  const share = { opsMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
  old.replica.people.introduce(
    fresh.device,
    fresh.key.sign(introductionMessage(old.replica.doc, old.device)),
    share,
  );
  old.close();
  deliver(old, fresh);
  fresh.replica.people.succeed(alice.device, "Alice");
  fresh.close();
  // She manages as before.
  fresh.replica.people.dismiss(mallory.device);
  fresh.close();
  deliver(fresh, bob);
  expect([before, ...after].map(letter => reasonOf(bob, letter))).toEqual([null, null, null]);
  const reader = outcomeOf([bob, fresh, old], false);
  expect([fresh, alice, mallory].map(person => roleIn(reader, person))).toEqual(["owner", "owner", null]);
  expect(reader.replica.people.personOf(fresh.device)).toBe(alice.device);
  for (const word of ["before ", "after ", "more "]) expect(reader.text()).toContain(word);
  expect(reader.replica.members.find(({ device }) => device === fresh.device)?.name).toBe("Alice");
});

it("another's joins again by the link, as a new person, and all branches count", () => {
  const { alice, mallory } = court();
  const { old, before, after } = restored(mallory, alice);
  deliver(old, alice);
  const fresh = newcomer("Mallory's fresh key", alice, EDITORS);
  deliver(old, fresh);
  fresh.replica.people.succeed(mallory.device, "Mallory");
  fresh.close();
  deliver(fresh, alice);
  const reader = outcomeOf([alice, fresh, old]);
  expect([before, ...after].map(letter => reasonOf(reader, letter))).toEqual([null, null, null]);
  expect(roleIn(reader, fresh)).toBe("editor");
  // From there on nobody stands on what the old key says.
  const stray = say(old, "stray ");
  deliver(old, alice);
  say(alice, "Alice ");
  expect(reasonOf(alice, stray)).toBe("two-faced");
});
