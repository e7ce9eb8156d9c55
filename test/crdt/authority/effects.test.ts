// What counts, on real replicas: people who let each other in, change roles, remove each other, write in between, hear of
// each other now and then, some with two faces. Whoever is told all of it, in whatever order and in whatever portions, sets
// aside what the model of test/model/naive-effects.ts does, and shows what the rest adds up to.

import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import type { ChangeId, PersonId } from "../../../src/crdt/index.ts";
import { NaiveDocument } from "../../model/naive-document.ts";
import { asideOf } from "../../model/naive-effects.ts";
import {
  begin,
  copyOf,
  deliver,
  Key,
  type Letter,
  letterOf,
  newcomer,
  type Person,
  SEED,
} from "../people.ts";

const RUNS = Number(process.env.RUNS ?? 100);
const counts = {
  histories: 0,
  changes: 0,
  aside: 0,
  forks: 0,
  orders: 0,
  previews: 0,
  reasons: {} as Record<string, number>,
};
afterAll(() => console.log(`effects: SEED=${SEED}`, JSON.stringify(counts)));

const ADMINS = new Key("admins' link");
const EDITORS = new Key("editors' link");
const NAMES = ["Alice", "Bob", "Carol", "Dave", "Mallory"];

/** Alice's document with two links; Bob and Carol came as admins, Dave and Mallory as editors. */
function gather(): Person[] {
  const alice = begin("Alice");
  alice.replica.people.invite(ADMINS.id, "admin");
  alice.replica.people.invite(EDITORS.id, "editor");
  alice.close();
  alice.write(root => root.text("body").insert(0, "-"));
  const others = NAMES.slice(1).map((name, i) => newcomer(name, alice, i < 2 ? ADMINS : EDITORS));
  for (const other of others) {
    deliver(alice, other);
    other.replica.rename(other.name);
    other.close();
  }
  return [alice, ...others];
}

interface Step {
  readonly who: number;
  readonly whom: number;
  readonly what: string;
  readonly role: "admin" | "editor" | "reader";
}

const steps = fc.array(
  fc.record({
    who: fc.nat(NAMES.length - 1),
    whom: fc.nat(NAMES.length - 1),
    what: fc.constantFrom(
      "write",
      "write",
      "write",
      "hear",
      "hear",
      "role",
      "dismiss",
      "revoke",
      "admit",
      "fork",
    ),
    role: fc.constantFrom("admin" as const, "editor" as const, "reader" as const),
  }),
  { minLength: 6, maxLength: 28 },
);

function take(
  people: Person[],
  twins: Map<Person, Person>,
  { who, whom, what, role }: Step,
  i: number,
): void {
  const person = people[who]!;
  const other = people[whom]!;
  const { replica } = person;
  if (what === "hear") deliver(other, person);
  else if (!replica.hasGenesis || !replica.mayWrite) return;
  else if (what === "write")
    person.write(root => root.text("body").insert(0, String.fromCharCode(97 + (i % 26))));
  else if (what === "fork") {
    // Another self with the same key, that does not know what this one writes from here on.
    if (person.name !== "Mallory" && person.name !== "Carol") return;
    const twin = twins.get(person) ?? copyOf(person);
    twins.set(person, twin);
    if (!twin.replica.mayWrite) return;
    twin.write(root => root.text("body").insert(0, "2"));
    for (const letter of twin.letters(other.heads)) other.receive(letter);
  } else if (!replica.people.mayRule) return;
  else if (what === "role" && replica.people.mayReach(other.device)) {
    if (role === "admin" && replica.roleOf(person.device) === "editor") return;
    replica.people.setRole(other.device, role);
    person.close();
  } else if (what === "dismiss" && replica.people.mayReach(other.device)) {
    if (replica.roleOf(other.device) === null) return;
    const { changes } = replica.people.uncounted(other.device as PersonId);
    replica.people.dismiss(other.device);
    person.close();
    // What was said of it before is what it did, wherever it took effect.
    if (replica.roleOf(other.device) !== null) return;
    const uncounted = replica.people.aside.filter(({ author }) => author === other.device);
    expect(uncounted).toHaveLength(changes);
    counts.previews++;
  } else if (what === "revoke" && who < 1) {
    replica.people.revoke(role === "admin" ? ADMINS.id : EDITORS.id);
    person.close();
  } else if (what === "admit") {
    const { aside } = replica.people;
    if (aside.length === 0) return;
    replica.people.admit([aside[whom % aside.length]!.id]);
    person.close();
  }
}

function shuffled<T>(items: readonly T[], picks: readonly number[]): T[] {
  const left = [...items];
  return items.map((_, i) => left.splice(picks[i % picks.length]! % left.length, 1)[0]!);
}

it("everybody who holds the same sets the same aside, in any order of arrival", () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat(1_000), { minLength: 20 }), (drawn, picks) => {
      const people = gather();
      const twins = new Map<Person, Person>();
      for (const [i, step] of drawn.entries()) take(people, twins, step, i);
      const everybody = [...people, ...twins.values()];
      const all = new Map<ChangeId, Letter>();
      for (const person of everybody)
        for (const verified of person.replica.changes())
          if (verified.signature !== null) all.set(verified.id, letterOf(verified));
      const reader = copyOf(people[0]!, "Reader");
      // What an honest replica writes beside what does not count is written so that everybody can take it.
      expect(reader.receiveAll(all.values()).flatMap(({ refused }) => refused)).toEqual([]);
      const changes = [...reader.replica.changes()].map(({ change }) => change);
      const expected = [...asideOf(changes)].sort();
      const said = (person: Person) => person.replica.people.aside.map(({ id }) => id).sort();
      expect(said(reader)).toEqual(expected);
      expect(reader.json).toBe(new NaiveDocument(changes, new Set(), new Set(expected)).json());
      const letters = changes.flatMap(({ id }) => all.get(id) ?? []);
      for (let round = 0; round < 4; round++) {
        const another = newcomer("Reader", people[0]!, null);
        const order =
          round === 0 ? letters : round === 1 ? letters.toReversed() : shuffled(letters, picks.slice(round));
        another.receiveAll(order);
        counts.orders++;
        expect(said(another)).toEqual(expected);
        expect(another.json).toBe(reader.json);
        expect(another.replica.people.forks).toEqual(reader.replica.people.forks);
        expect(another.replica.people.members).toEqual(reader.replica.people.members);
      }
      // As a page that opens its own store: all at once.
      const restored = newcomer("Reader", people[0]!, null);
      expect(restored.replica.restore(letters, 0).damaged).toBe(0);
      expect(said(restored)).toEqual(expected);
      expect(restored.json).toBe(reader.json);
      counts.histories++;
      counts.changes += changes.length;
      counts.aside += expected.length;
      counts.forks += reader.replica.people.forks.length;
      for (const { reason } of reader.replica.people.aside)
        counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(counts.aside).toBeGreaterThan(RUNS / 4);
  expect(counts.forks).toBeGreaterThan(RUNS / 20);
}, 600_000);
