// Goal: what one device with two faces makes others keep is bounded, however many branches it grows, and copies that keep
// different ones agree on all that counts. Method: Mallory's branches in several orders to three who are honest, at the
// limits and one past them; what somebody stands on comes behind.

import { describe, expect, it, vi } from "vitest";
import type { Policy } from "../../src/crdt/index.ts";
import { LeftOut } from "../../src/crdt/left-out.ts";
import { BRANCHES_MAX, LEFT_OUT_IDS_MAX } from "../../src/crdt/limits.ts";
import {
  begin,
  beyondQuota,
  copyOf,
  deliver,
  forge,
  type Letter,
  LINK,
  newcomer,
  type Person,
} from "../crdt/people.ts";
import { codesOf, setting } from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

const OPS = 60;
/** Changes of one op each for which that leaves room, beside a first one that has two. */
const KEPT = OPS - 1;

interface Room {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly mallory: Person;
}

/** Alice's document, in which an editor may write so much. */
function room(editor = { opsMax: OPS, bytesMax: 1_000_000 }): Room {
  const policy: Policy = { editor: { keys: null, ...editor } };
  const alice = begin("Alice", policy);
  alice.invite(LINK);
  alice.write(root => root.text("body").insert(0, "honest"));
  const [bob, carol, mallory] = ["Bob", "Carol", "Mallory"].map(name => {
    const person = newcomer(name, alice, LINK);
    deliver(alice, person);
    person.replica.rename(name);
    person.close();
    deliver(person, alice);
    return person;
  }) as [Person, Person, Person];
  for (const person of [bob, carol, mallory]) deliver(alice, person);
  return { alice, bob, carol, mallory };
}

/** Of Mallory: a branch of so many changes with one op each, whose first has the number of every other one's. */
function branch(mallory: Person, name: string, length: number): Letter[] {
  const twin = copyOf(mallory);
  return beyondQuota(() =>
    Array.from({ length }, (_, i) => twin.write(root => root.set(`${name} ${i}`, i))[0]!),
  );
}

/** Changes of hers that somebody keeps. Each has one op, but for the first, which has two. */
function keptBy({ replica }: Person, { device }: Person): number {
  return [...replica.changes()].filter(({ change }) => change.author === device).length;
}

/** Proofs go round before changes do. Everybody tells everybody what they hold, as often as it takes. */
function talk(people: readonly Person[], rounds = 3): void {
  for (let round = 0; round < rounds; round++)
    for (const from of people)
      for (const to of people) {
        if (from === to) continue;
        for (const { device } of from.replica.forks.all) to.receiveProof(from.replica.forks.proofOf(device)!);
        deliver(from, to);
      }
}

describe("a device with many branches", () => {
  it("B6 has one quota for all of them on each copy, whatever came first, and all agree on what counts", () => {
    const { alice, bob, carol, mallory } = room();
    const branches = Array.from({ length: 30 }, (_, i) => branch(mallory, `branch ${i}`, 7));
    const before = keptBy(alice, mallory);
    const orders = [branches, branches.toReversed(), [...branches.slice(15), ...branches.slice(0, 15)]];
    const people = [alice, bob, carol];
    for (const [i, person] of people.entries()) {
      const codes = codesOf(orders[i]!.flatMap(letters => person.receiveAll(letters)));
      expect(new Set(codes)).toEqual(new Set(["BranchesExceeded"]));
      expect(keptBy(person, mallory)).toBe(KEPT);
      expect(codes).toHaveLength(30 * 7 - (KEPT - before));
    }
    // None of it counts yet, and who hears of it again takes no more of it.
    talk(people);
    expect(people.map(person => keptBy(person, mallory))).toEqual([KEPT, KEPT, KEPT]);
    for (const { replica } of people) expect(replica.canonicalJson()).toBe('{"body":"honest"}');
    expect(bob.replica.forks.all).toEqual(alice.replica.forks.all);
    // What each had before they knew of two faces counts once they write, beside all that the others keep.
    for (const person of people) person.write(root => root.text("body").insert(0, `${person.name} `));
    talk(people);
    expect([bob.json, carol.json]).toEqual([alice.json, alice.json]);
    const shown = Object.keys(JSON.parse(alice.json));
    for (const first of [0, 29, 15]) expect(shown).toContain(`branch ${first} 6`);
    expect(shown).toHaveLength(1 + 3 * 7);
    // An empty copy agrees, whoever fills it.
    for (const from of people) {
      const reader = newcomer("Reader", alice, null);
      talk([from, reader]);
      expect(reader.json).toBe(alice.json);
    }
  });

  it("B6 may use up its quota to the last op and change, and nothing past it", () => {
    const { alice, mallory } = room();
    const [first, second] = [branch(mallory, "first", 20), branch(mallory, "second", OPS)];
    alice.receiveAll(first);
    const left = KEPT - keptBy(alice, mallory);
    expect(codesOf(alice.receiveAll(second.slice(0, left)))).toEqual([]);
    const past = second.slice(left, left + 2);
    expect(codesOf(alice.receiveAll(past))).toEqual(["BranchesExceeded", "BranchesExceeded"]);
    expect(keptBy(alice, mallory)).toBe(KEPT);
    const empty = room({ opsMax: 10, bytesMax: 1_000_000 });
    // Her first change has two ops. One without ops counts all the same, or it would be free.
    const letters = Array.from({ length: 20 }, (_, i) => forge(empty.mallory, { header: { time: i } }));
    const codes = letters.map(letter => empty.alice.receive(letter).refused);
    expect(codes.map(([code]) => code ?? null)).toEqual([
      ...Array.from({ length: 2 * 10 - 3 }, () => null),
      ...Array.from({ length: 3 }, () => "BranchesExceeded"),
    ]);
  });

  it.each([
    [0, []],
    [1, ["BranchesExceeded"]],
  ])("B6 may use up its quota of bytes, and not %i more", (past, codes) => {
    const write = (mallory: Person) =>
      ["a", "b", "c"].map(key => forge(mallory, { ops: () => [setting(key, "long")] }));
    const probe = room();
    const before = probe.mallory.replica.get(probe.mallory.replica.ownHead!.id)!.change.byteTotal;
    const letters = write(probe.mallory);
    probe.alice.receiveAll(letters);
    const each = letters.map(({ id }) => probe.alice.replica.get(id)!.change.bodyBytes);
    const bytesMax = before + each.reduce((sum, bytes) => sum + bytes, 0) - past;
    const { alice, mallory } = room({ opsMax: OPS, bytesMax });
    expect(codesOf(alice.receiveAll(write(mallory)))).toEqual(codes);
  });

  it("B6 is told apart from the change that shows its faces, which is always taken: of an earlier fork too", () => {
    const { alice, mallory } = room();
    const chain = branch(mallory, "chain", OPS - keptBy(alice, mallory));
    alice.receiveAll(chain);
    const other = branch(mallory, "other", 9);
    expect(codesOf(alice.receiveAll(other))).toEqual(Array.from({ length: 8 }, () => "BranchesExceeded"));
    expect(alice.replica.forks.all.map(({ seq }) => seq)).toEqual([mallory.replica.ownHead!.seq + 1]);
  });

  it("B6 has so many branches and no more", () => {
    const { alice, mallory } = room({ opsMax: 1_000_000, bytesMax: 100_000_000 });
    const letters = Array.from({ length: BRANCHES_MAX + 1 }, (_, i) =>
      forge(mallory, { ops: () => [setting("fork", i)] }),
    );
    // The chain before the fork goes on in one of them.
    expect(codesOf(alice.receiveAll(letters.slice(0, BRANCHES_MAX)))).toEqual([]);
    expect(codesOf(alice.receiveAll(letters.slice(BRANCHES_MAX)))).toEqual(["BranchesExceeded"]);
    // And what goes on from one that is here is taken.
    const twin = copyOf(mallory);
    twin.receive(letters[0]!);
    expect(codesOf(alice.receiveAll(twin.write(root => root.set("next", 1))))).toEqual([]);
  }, 60_000);
});

it("B6 what others build on is taken however long it is, from the top down, in whatever order it comes", () => {
  const { alice, bob, carol, mallory } = room();
  const [first, second] = [branch(mallory, "first", 50), branch(mallory, "second", 50)];
  bob.receiveAll(second);
  const answer = bob.write(root => root.text("body").insert(0, "Bob: "));
  for (const person of [alice, carol]) person.receiveAll(first);
  const letters = [...second, ...answer];
  // As they come, and backwards, where Bob's waits before anything was left out.
  for (const [person, order] of [
    [alice, letters],
    [carol, letters.toReversed()],
  ] as const) {
    person.receiveAll(order);
    person.receiveAll(letters);
    person.receiveAll(letters);
    expect(person.text()).toBe("Bob: honest");
    expect(JSON.parse(person.json)).toHaveProperty("second 49", 49);
  }
  expect(alice.json).toBe(carol.json);
});

it("what was left out is remembered so long, and what is forgotten costs a round more and nothing else", () => {
  const ids = Array.from({ length: LEFT_OUT_IDS_MAX + 1 }, (_, i) => `${i}` as never);
  const leftOut = new LeftOut();
  for (const [i, id] of ids.entries()) {
    leftOut.add(id, i === 0 ? [] : [ids[i - 1]!]);
    if (i === LEFT_OUT_IDS_MAX - 1) expect(leftOut.has(ids[0]!)).toBe(true);
  }
  expect([leftOut.has(ids[0]!), leftOut.has(ids[1]!)]).toEqual([false, true]);
  expect(leftOut.want([ids.at(-1)!])).toBe(true);
  // The one below the last that is known is wanted too.
  expect(leftOut.isWanted(ids[0]!)).toBe(true);
  expect(leftOut.want(["another" as never])).toBe(false);
});
