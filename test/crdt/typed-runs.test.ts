// Goal: changes of a run that type on, or delete one after the other, are taken in at once exactly as they are one by one.
// Method: each run is read twice, once with all such stretches taken apart before the replica sees them, and everything must
// be equal: what was admitted, what was refused, and the image, in which all is that a replica holds. Then a lie is put into
// the middle of a stretch.

import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { Header, Op } from "../../src/crdt/graph/change.ts";
import { concludeRun } from "../../src/crdt/graph/verify.ts";
import { type Reception, Replica } from "../../src/crdt/index.ts";
import {
  begin,
  beyondQuota,
  copyOf,
  deliver,
  forge,
  gather,
  Key,
  type Letter,
  LINK,
  letterOf,
  newcomer,
  type Person,
  SEED,
  verify,
} from "./people.ts";
import { BODY, cut, deletesOf, type Element, elementsOf, events, happen, type } from "./typists.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Changes that came in stretches, and those of them that delete. */
let typed = 0;
let deleted = 0;

/** Two empty copies: what comes to one in runs comes to the other change by change. */
class Pair {
  readonly fast: Replica;
  readonly slow: Replica;

  constructor({ replica }: Person) {
    const reader = new Key("a reader of runs").id;
    this.fast = Replica.open(reader, replica.doc);
    this.slow = Replica.open(reader, replica.doc);
  }

  /** Answers the codes of what was refused. */
  receive(run: readonly Letter[]): string[] {
    const inspect = (replica: Replica) =>
      replica.inspectRun(
        run.map(({ bytes }) => bytes),
        run.at(-1)!.signature,
      );
    const [inspected, again] = [inspect(this.fast), inspect(this.slow)];
    if (!inspected.ok || !again.ok) throw new Error("Expected a run");
    const verdicts = inspected.questions.map(verify);
    const verified = concludeRun(again, verdicts);
    if ("ok" in verified) throw new Error("Expected a signed run");
    const apart = verified.flatMap(one => {
      if (!("count" in one)) return [one];
      typed += one.count;
      if (one.read(0).change.ops[0]!.type === "delete") deleted += one.count;
      return Array.from({ length: one.count }, (_, i) => one.read(i));
    });
    const told = [this.fast.admitRun(inspected, verdicts, "Bob"), this.slow.admitVerified(apart, "Bob")];
    const [told1, told2] = told.map(outcomeOf);
    expect(told1).toEqual(told2);
    expect(this.fast.heads).toEqual(this.slow.heads);
    return told[0]!.refused.map(({ refusal }) => refusal.code);
  }

  compare(): void {
    expect(this.fast.canonicalJson()).toBe(this.slow.canonicalJson());
    expect(Buffer.from(this.fast.image!).equals(Buffer.from(this.slow.image!))).toBe(true);
  }
}

function outcomeOf({ admitted, refused, missing }: Reception) {
  const codes = refused.map(({ id, refusal }) => [id, refusal.code]);
  return { admitted: admitted.map(({ id }) => id), codes, missing };
}

/** All changes in their order, those of one device in a row as runs of a few. */
function runsOf({ replica }: Person, lengths: readonly number[]): Letter[][] {
  const runs: Letter[][] = [];
  let before = "";
  for (const verified of replica.changes()) {
    const { id, prev } = verified.change;
    const last = runs.at(-1);
    const goesOn = prev === before;
    if (last !== undefined && goesOn && last.length < lengths[runs.length % lengths.length]!)
      last.push(letterOf(verified));
    else runs.push([letterOf(verified)]);
    before = id;
  }
  return runs;
}

it("takes in what types on as one by one, whatever stands around it", () => {
  typed = deleted = 0;
  fc.assert(
    fc.property(events, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (all, lengths) => {
      const people = gather("Alice", "Bob");
      for (const event of all) happen(people, event);
      for (const person of people) {
        const pair = new Pair(person);
        for (const run of runsOf(person, lengths)) expect(pair.receive(run)).toEqual([]);
        pair.compare();
        expect(pair.fast.canonicalJson()).toBe(person.replica.canonicalJson());
      }
    }),
    { seed: SEED, numRuns: 40 },
  );
  expect(typed).toBeGreaterThan(1_000);
  expect(deleted).toBeGreaterThan(200);
});

it("takes in runs in any order, each going on where it had to wait", () => {
  let waited = 0;
  fc.assert(
    fc.property(
      events,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (all, lengths, luck) => {
        const people = gather("Alice", "Bob");
        for (const event of all) happen(people, event);
        for (const [from, to] of [people, people.toReversed()]) deliver(from!, to!);
        const alice = people[0]!;
        const runs = runsOf(alice, lengths);
        const order = runs.map(run => ({ run, at: luck.next().value! })).toSorted((a, b) => a.at - b.at);
        const reader = copyOf(alice, "Reader");
        reader.replica = Replica.open(reader.device, alice.replica.doc);
        const admitted: string[] = [];
        for (const { run } of order) {
          const outcome = reader.receiveRun(run);
          expect(outcome.refused).toEqual([]);
          if (outcome.missing !== null) waited++;
          admitted.push(...outcome.admitted);
        }
        expect(admitted.toSorted()).toEqual(
          alice
            .letters()
            .map(({ id }) => id)
            .toSorted(),
        );
        expect(reader.heads).toEqual(alice.heads);
        expect(reader.json).toBe(alice.json);
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
  expect(waited).toBeGreaterThan(200);
});

it("lets typing wait whose first letter was put there knowing of what is not here", () => {
  const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
  type(bob, "so ");
  deliver(bob, carol);
  const [unheard] = alice.write(root => root.text("title").insert(0, "!"));
  bob.receive(unheard!);
  const run = ["f", "a", "r"].flatMap(letter =>
    bob.write(root => root.text("body").insert(bob.text().length, letter)),
  );
  expect(carol.receiveRun(run)).toEqual({ admitted: [], refused: [], missing: unheard!.id });
  expect(carol.receive(unheard!).admitted).toEqual([unheard!.id, ...run.map(({ id }) => id)]);
  expect(carol.json).toBe(bob.json);
});

type Lie = Partial<Op>;
interface Numbers {
  readonly depth: number;
  readonly opTotal: number;
  readonly byteTotal: number;
}

it.each<[what: string, code: string, header: (honest: Numbers) => Partial<Header>, lie: Lie]>([
  ["more ops than there are", "CountsWrong", ({ opTotal }) => ({ opTotal: opTotal + 1 }), {}],
  ["fewer bytes than there are", "CountsWrong", ({ byteTotal }) => ({ byteTotal: byteTotal - 1 }), {}],
  ["another depth", "DepthWrong", ({ depth }) => ({ depth: depth + 1 }), {}],
  ["an element that nobody made", "ReferenceWrong", () => ({}), { parent: { change: 1, index: 7 } }],
  ["an order that is none", "OrderWrong", () => ({}), { rightOrigin: { change: 1, index: 0 } }],
])("refuses %s behind what types on, and keeps that", (_, code, header, lie) => {
  const [alice, mallory] = gather("Alice", "Mallory");
  type(mallory, "0123456789");
  const honest = forgeOn(mallory, {}, {});
  const inspected = mallory.replica.inspect(honest.bytes, honest.signature);
  if (!inspected.ok) throw new Error(inspected.code);
  const lying = forgeOn(mallory, header(inspected.change), lie);
  const runs = runsOf(mallory, [1_000]);
  const pair = new Pair(alice);
  for (const run of runs.slice(0, -1)) pair.receive(run);
  typed = 0;
  expect(pair.receive([...runs.at(-1)!, lying])).toEqual([code]);
  expect(typed).toBeGreaterThan(8);
  pair.compare();
  expect(JSON.parse(pair.fast.canonicalJson()).body).toBe("0123456789");
  expect(pair.receive([honest])).toEqual([]);
});

it("stops where the quota does", () => {
  const owner = begin("Alice", { editor: { keys: null, opsMax: 20, bytesMax: 10_000 } });
  owner.invite(LINK);
  const mallory = newcomer("Mallory", owner, LINK);
  deliver(owner, mallory);
  beyondQuota(() => type(mallory, "on and on and on and on and on"));
  const pair = new Pair(owner);
  typed = 0;
  const codes = runsOf(mallory, [1_000]).flatMap(run => pair.receive(run));
  expect(typed).toBeGreaterThan(20);
  expect(codes[0]).toBe("QuotaExceeded");
  pair.compare();
  expect(JSON.parse(pair.fast.canonicalJson()).body).toBe("on and on and on a");
});

it("takes in deletes of words, of several pieces, and of what several changes made", () => {
  const [alice] = gather("Alice", "Bob");
  alice.write(root => root.text("body").insert(0, "0123456789 abcdefghij 0123456789 abcdefghij"));
  type(alice, "letter by letter");
  const cuts = [38, 2, 30, 4, 25, 2, 20, 3, 18, 6, 10, 3, 5, 2, 1, 2, 33, 2, 24, 9];
  for (let i = 0; i < cuts.length; i += 2)
    alice.write(root => root.text("body").delete(cuts[i]!, cuts[i + 1]!));
  const pair = new Pair(alice);
  deleted = 0;
  for (const run of runsOf(alice, [1_000])) expect(pair.receive(run)).toEqual([]);
  expect(deleted).toBeGreaterThan(2);
  pair.compare();
  expect(pair.fast.canonicalJson()).toBe(alice.json);
});

type Lies = (mine: Element[], his: Element[]) => Element[];

it.each<[what: string, code: string | null, written: string, lies: Lies, left: string]>([
  [
    "what nobody saw",
    "ReferenceUnseen",
    "0123456789",
    (mine, his) => [...mine.slice(-6), his.at(-1)!, ...mine.slice(-10, -6)],
    "hidden0123",
  ],
  [
    "an element that nobody made",
    "ReferenceWrong",
    "0123456789",
    mine => mine.slice(-8).map(({ change, index }, i) => ({ change, index: i < 5 ? index : index + 1 })),
    "hidden017",
  ],
  ["half of a pair", "TextSplit", "0123🙂456789", mine => mine.slice(-12).toReversed(), "hidden0123🙂"],
  [
    "what is gone",
    null,
    "0123456789",
    mine => [...mine.slice(-6), ...mine.slice(-8)].toReversed(),
    "hidden01",
  ],
])("takes deletes in a row up to one of %s: %s", (_, code, written, lies, left) => {
  const [bob, mallory] = gather("Bob", "Mallory");
  mallory.write(root => root.text("body").insert(0, "x"));
  deliver(mallory, bob);
  cut(mallory, 1, 1);
  for (const letter of "hidden") bob.write(root => root.text("body").insert(bob.text().length, letter));
  mallory.write(root => root.text("body").insert(0, written));
  const pair = new Pair(bob);
  for (const person of [bob, mallory]) for (const run of runsOf(person, [1_000])) pair.receive(run);
  deleted = 0;
  expect(pair.receive(deletesOf(mallory, lies(elementsOf(mallory), elementsOf(bob))))[0] ?? null).toBe(code);
  expect(deleted).toBeGreaterThan(6);
  pair.compare();
  const { body } = JSON.parse(pair.fast.canonicalJson());
  expect([...body].toSorted().join("")).toBe([...left].toSorted().join(""));
});

it("leaves out of a two-faced device's typing what all its branches have no room for", () => {
  const owner = begin("Alice", { editor: { keys: null, opsMax: 20, bytesMax: 10_000 } });
  owner.invite(LINK);
  const mallory = newcomer("Mallory", owner, LINK);
  deliver(owner, mallory);
  type(mallory, "two");
  const twin = copyOf(mallory);
  twin.replica = Replica.open(mallory.device, mallory.replica.doc);
  twin.receiveAll(mallory.letters());
  type(mallory, " faces she has");
  type(twin, " sides it has");
  const [fast, slow] = [newcomer("Bob", owner, null), newcomer("Bob", owner, null)];
  for (const reader of [fast, slow]) reader.receiveAll(mallory.letters());
  const run = runsOf(twin, [1_000]).at(-1)!;
  const refused = run.flatMap(letter => slow.receive(letter).refused);
  // The first shows the fork, so it does not come with the others.
  expect([run.slice(0, 4), run.slice(4)].flatMap(part => fast.receiveRun(part).refused)).toEqual(refused);
  expect(refused.length).toBeGreaterThan(1);
  expect(refused.length).toBeLessThan(run.length - 4);
  expect(new Set(refused)).toEqual(new Set(["BranchesExceeded"]));
  expect(fast.heads).toEqual(slow.heads);
  expect(fast.json).toBe(slow.json);
});

/** One letter more behind the last one, but for what is given. */
function forgeOn(author: Person, header: Partial<Header>, lie: Lie): Letter {
  const place = { side: "right", rightOrigin: null, parent: { change: 1, index: 0 } };
  return forge(author, {
    header,
    ops: () => [{ type: "insertText", path: BODY, ...place, text: "x", ...lie } as Op],
  });
}
