// The notation of the tests of roles and removal: Alice owns the document; Bob, Carol and Dave came as admins, one after
// the other, so each is senior to the next; Mallory came as an editor. Whatever they say is told to three who hear it in
// three orders, and who must agree to the byte and with the model.

import { expect } from "vitest";
import type { ChangeId, SetAside } from "../../../src/crdt/index.ts";
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
  sync,
} from "../people.ts";

export const ADMINS = new Key("admins' link");
export const EDITORS = new Key("editors' link");

export interface Court {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly dave: Person;
  readonly mallory: Person;
  readonly all: readonly Person[];
}

let first: Court | null = null;

/** All hold the same; the text is "-". Joining costs more than most tests: it is done once, and each begins with copies. */
export function court(): Court {
  first ??= firstCourt();
  const [alice, bob, carol, dave, mallory] = first.all.map(person => copyOf(person)) as Person[];
  const all = [alice!, bob!, carol!, dave!, mallory!];
  return { alice: alice!, bob: bob!, carol: carol!, dave: dave!, mallory: mallory!, all };
}

function firstCourt(): Court {
  const alice = begin("Alice");
  alice.invite(ADMINS, "admin");
  alice.invite(EDITORS, "editor");
  alice.write(root => root.text("body").insert(0, "-"));
  const [bob, carol, dave, mallory] = ["Bob", "Carol", "Dave", "Mallory"].map(name =>
    joinBy(name, alice, name === "Mallory" ? EDITORS : ADMINS),
  ) as [Person, Person, Person, Person];
  const all = [alice, bob, carol, dave, mallory];
  sync(all);
  return { alice, bob, carol, dave, mallory, all };
}

/** Somebody who comes by a link that `at` knows of; `at` hears of it. */
export function joinBy(name: string, at: Person, link: Key): Person {
  const person = newcomer(name, at, link);
  deliver(at, person);
  person.replica.rename(name);
  person.close();
  deliver(person, at);
  return person;
}

/** A word at the beginning of the text. */
export function say(person: Person, word: string): Letter {
  return person.write(root => root.text("body").insert(0, word))[0]!;
}

export function dismiss(by: Person, whom: Person): Letter {
  by.replica.people.dismiss(whom.device);
  return by.close()[0]!;
}

/** All changes that any of them holds, parents first. */
export function heldBy(people: readonly Person[]): Letter[] {
  const reader = copyOf(people[0]!, "Reader");
  const letters = new Map<ChangeId, Letter>();
  for (const person of people)
    for (const verified of person.replica.changes()) {
      letters.set(verified.id, letterOf(verified));
      reader.receive(letterOf(verified));
    }
  return [...reader.replica.changes()].map(({ id }) => letters.get(id)!);
}

/** What three who hear it in different orders make of letters. `hasModel`: everybody has one device, as in the model. */
export function judged(at: Person, letters: readonly Letter[], hasModel = true): Person {
  const orders = [letters, letters.toReversed(), [...letters.toReversed(), ...letters, ...letters]];
  const readers = orders.map(order => {
    const reader = newcomer("Reader", at, null);
    for (const { refused } of reader.receiveAll(order)) expect(refused).toEqual([]);
    return reader;
  });
  const [one, ...others] = readers as [Person, ...Person[]];
  for (const other of others) {
    expect(asideIn(other)).toEqual(asideIn(one));
    expect(other.json).toBe(one.json);
    expect(other.replica.people.forks).toEqual(one.replica.people.forks);
    expect(other.replica.people.members).toEqual(one.replica.people.members);
  }
  if (hasModel) agreesWithModel(one);
  return one;
}

/** What people hold together, judged by three. */
export function outcomeOf(people: readonly Person[], hasModel = true): Person {
  return judged(people[0]!, heldBy(people), hasModel);
}

export function agreesWithModel(person: Person): void {
  const changes = [...person.replica.changes()].map(({ change }) => change);
  const aside = asideOf(changes);
  expect(asideIn(person).map(({ id }) => id)).toEqual([...aside].sort());
  expect(person.json).toBe(new NaiveDocument(changes, new Set(), aside).json());
}

/** Sorted by id: the order of admission is each replica's own. */
export function asideIn({ replica }: Person): SetAside[] {
  return [...replica.people.aside].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Why a change is set aside; null if it counts. */
export function reasonOf({ replica }: Person, { id }: Letter): string | null {
  expect(replica.has(id)).toBe(true);
  return replica.people.aside.find(one => one.id === id)?.reason ?? null;
}

/** The role that somebody has by all that is here; null for none. */
export function roleIn({ replica }: Person, { device }: Person): string | null {
  return replica.roleOf(device);
}
