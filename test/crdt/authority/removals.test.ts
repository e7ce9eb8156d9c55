// Goal: whoever removes whom, and whatever they knew of each other then, all copies come to one outcome, and it is the
// model's. Method: every assignment is enumerated, each is told in every order of what was said, and after it everybody is
// judged by something that they wrote unseen.

import { afterAll, expect, it } from "vitest";
import type { Op } from "../../../src/crdt/graph/change.ts";
import type { Inspected } from "../../../src/crdt/index.ts";
import { copyOf, deliver, forge, type Letter, newcomer, type Person, verify } from "../people.ts";
import { agreesWithModel, asideIn, court, heldBy, roleIn, say } from "./court.ts";

const counts = { assignments: 0, orders: 0, refused: 0, aside: 0, standing: 0 };
afterAll(() => console.log("removals:", JSON.stringify(counts)));

/** Every way to pick one of each list. */
function productOf<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap(one => list.map(item => [...one, item])), [[]]);
}

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => ordersOf(items.toSpliced(i, 1)).map(order => [item, ...order]));
}

/** What a reader holds who kept the beginning, and then heard the letters in an order. */
function told(at: Person, base: readonly Letter[], order: readonly Inspected[]): Person {
  const reader = newcomer("Reader", at, null);
  expect(reader.replica.restore(base, 0).damaged).toBe(0);
  for (const inspected of order) reader.replica.admit(inspected, inspected.questions.map(verify), "somebody");
  return reader;
}

/** The first half of receiving, which is the same for everybody and costs most: done once. */
function inspect(at: Person, letters: readonly Letter[]): Inspected[] {
  return letters.map(({ bytes, signature }) => {
    const inspected = at.replica.inspect(bytes, signature);
    if (!inspected.ok) throw new Error(inspected.code);
    return inspected;
  });
}

/** All orders come to one outcome, the model's. Answers who shows it. */
function agree(
  at: Person,
  base: readonly Letter[],
  said: readonly Letter[],
  words: readonly Letter[],
): Person {
  const unseen = inspect(at, words);
  const [first, ...others] = ordersOf(inspect(at, said)).map((order, i) =>
    // What they wrote unseen comes before it all, or behind.
    told(at, base, i % 2 === 0 ? [...unseen, ...order] : [...order, ...unseen]),
  ) as [Person, ...Person[]];
  agreesWithModel(first);
  for (const other of others) {
    expect(asideIn(other)).toEqual(asideIn(first));
    expect(other.json).toBe(first.json);
    expect(other.heads).toEqual(first.heads);
    expect(other.replica.people.members).toEqual(first.replica.people.members);
  }
  counts.assignments++;
  counts.orders += others.length + 1;
  counts.refused += said.filter(({ id }) => !first.replica.has(id)).length;
  counts.aside += asideIn(first).length;
  return first;
}

const dismissal = (by: Person, whom: Person): Letter =>
  forge(by, { ops: (): Op[] => [{ type: "dismiss", person: whom.device }] });

it("of four people each of whom removes one other or nobody, unseen, the senior ones stay, in every order", () => {
  const { alice, bob, carol, dave } = court();
  const people = [alice, bob, carol, dave];
  const base = heldBy([alice]);
  // Each wrote something unseen, on a copy of theirs, so that it stands beside what they say here.
  const targets = people.map((_, by) => [null, ...people.map((_, i) => i).filter(i => i !== by)]);
  for (const picks of productOf<number | null>(targets)) {
    const said: Letter[] = [];
    const words: Letter[] = [];
    for (const [by, whom] of picks.entries()) {
      const self = copyOf(people[by]!);
      words.push(say(self, `${by}`));
      if (whom !== null) said.push(dismissal(self, people[whom]!));
    }
    const reader = agree(alice, base, said, words);
    // By the definition for removals that nobody had seen: what a standing one says of a junior is done.
    const stands = people.map(() => true);
    for (const [by, whom] of picks.entries())
      if (whom !== null && whom > by && stands[by]) stands[whom] = false;
    expect(people.map(person => roleIn(reader, person) !== null)).toEqual(stands);
    counts.standing += stands.filter(Boolean).length;
  }
}, 300_000);

it("of three admins each of whom removes another, with or without having heard that one lost his seniority, all agree", () => {
  const { alice, bob, carol, dave } = court();
  const people = [bob, carol, dave];
  const before = people.map(person => copyOf(person));
  alice.replica.people.setRole(bob.device, "editor");
  alice.close();
  alice.replica.people.setRole(bob.device, "admin");
  alice.close();
  for (const person of people) deliver(alice, person);
  const base = heldBy([court().alice]);
  const roles = alice.letters(court().alice.heads);
  let mutual = 0;
  const picks = people.map((_, by) => [
    null,
    ...people.flatMap((_, whom) =>
      whom === by
        ? []
        : ([
            { whom, isStale: true },
            { whom, isStale: false },
          ] as const),
    ),
  ]);
  for (const picked of productOf<{ whom: number; isStale: boolean } | null>(picks)) {
    const said: Letter[] = [];
    const words: Letter[] = [];
    for (const [by, pick] of picked.entries()) {
      words.push(say(copyOf(before[by]!), `${by}`));
      if (pick === null) continue;
      // With the word below it: a number is given once.
      const self = copyOf((pick.isStale ? before : people)[by]!);
      self.receive(words.at(-1)!);
      said.push(dismissal(self, people[pick.whom]!));
    }
    // Alice's two words come one after the other; what comes before them waits for them where it has to.
    const reader = agree(alice, base, [...said, roles[0]!], [...words, ...roles.slice(1)]);
    const isTaken = said.filter(({ id }) => reader.replica.has(id));
    if (isTaken.length > 1) mutual++;
    expect(roleIn(reader, alice)).toBe("owner");
  }
  expect(mutual).toBeGreaterThan(20);
}, 300_000);
