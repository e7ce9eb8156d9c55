// Who wrote the text as it is now: letter by letter, draft included, and only what was signed is proven. Method: the adapter
// over replicas, with a rule for signatures that looks; the history says the same by another way.

import { expect, it } from "vitest";
import { History, type MapEdit, type Replica } from "../../src/crdt/index.ts";
import { OpenedAuthors } from "../../src/sync/adapters/opened-authors.ts";
import { CLOCK_STEPS_MAX } from "../../src/sync/limits.ts";
import { BODY_PATH, editBody } from "../../src/sync/text.ts";
import { gather, type Person, sync, verify } from "../crdt/people.ts";

const type = (at: number, insert: string) => (root: MapEdit) =>
  editBody(root, [{ from: at, to: at, insert }]);
const authorsOf = ({ replica }: Person) =>
  new OpenedAuthors(replica, { verify: async checks => checks.map(verify) });

function blame(replica: Replica, length: number) {
  const history = new History(replica.doc, replica.ground);
  return history
    .blame(history.newest, BODY_PATH, 0, length, "author")
    .map(({ from, to, author }) => ({ from, to, author }));
}

it("tells stretches by author, cut to what is asked, and keeps up with every edit", () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(type(0, "Hello you"));
  sync([alice, bob]);
  bob.write(type(5, ", dear"));
  sync([alice, bob]);
  const authors = authorsOf(alice);
  const [a, b] = [alice.device, bob.device];
  expect(authors.stretches(0, 15)).toEqual([
    { from: 0, to: 5, author: a },
    { from: 5, to: 11, author: b },
    { from: 11, to: 15, author: a },
  ]);
  expect(authors.stretches(0, 15)).toEqual(blame(alice.replica, 15));
  expect(authors.stretches(3, 7)).toEqual([
    { from: 3, to: 5, author: a },
    { from: 5, to: 7, author: b },
  ]);
  expect(authors.stretches(12, 99)).toEqual([{ from: 12, to: 15, author: a }]);
  expect(authors.stretches(15, 15)).toEqual([]);
  // In the draft, in the middle of Bob's word.
  alice.replica.edit(type(8, "!"));
  expect(authors.stretches(5, 12)).toEqual([
    { from: 5, to: 8, author: b },
    { from: 8, to: 9, author: a },
    { from: 9, to: 12, author: b },
  ]);
  expect(authors.at(8, 5, 12)).toEqual({ from: 8, to: 9, author: a, time: null });
  expect(authors.at(12, 5, 12)).toBe(null);
});

it("proves what was signed, and nothing else", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(type(0, "Hello"));
  const authors = authorsOf(alice);
  expect(await authors.prove(0, 5)).toBe("holds");
  alice.replica.edit(type(5, "!"));
  expect(await authors.prove(0, 6)).toBe("unsigned");
  expect(await authors.prove(0, 5)).toBe("holds");
  const [closed] = alice.replica.closeDraft(1_800_000_000);
  expect(await authors.prove(0, 6)).toBe("unsigned");
  alice.replica.sign(closed!.id, bob.key.sign(closed!.message));
  expect(await authors.prove(0, 6)).toBe("wrong");
  expect(await authors.prove(0, 0)).toBe("holds");
});

it("tells the time stated last at a letter or before, over CLOCK_STEPS_MAX changes and no more", () => {
  const [alice] = gather("Alice");
  const { replica } = alice;
  const now = 1_800_000_000;
  // Within one minute the clock is stated once.
  for (let i = 0; i <= CLOCK_STEPS_MAX; i++) {
    replica.edit(type(i, "a"));
    replica.closeDraft(now);
  }
  const authors = authorsOf(alice);
  expect(authors.at(0, 0, 1)?.time).toBe(now);
  expect(authors.at(CLOCK_STEPS_MAX - 1, 0, CLOCK_STEPS_MAX)?.time).toBe(now);
  expect(authors.at(CLOCK_STEPS_MAX, 0, CLOCK_STEPS_MAX + 1)?.time).toBe(null);
});
