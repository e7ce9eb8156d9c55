// The law of taking back: what counts is decided by the set of changes alone, whatever came in what order and was masked
// meanwhile. Histories over every kind of node, with retracts of retracts and forks in them, are compared with the law
// asked from scratch (test/model/naive-document.ts). And what a liar can and cannot do with it.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Change, Op } from "../../src/crdt/graph/change.ts";
import { type ChangeId, OPEN_POLICY, type Policy } from "../../src/crdt/index.ts";
import { EDITOR_OPS_MAX, RETRACT_REACH_MAX, RETRACTED_CHANGES_MAX } from "../../src/crdt/limits.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Crowd } from "./crowd.ts";
import { begin, deliver, forge, type Letter, LINK, newcomer, type Person, SEED, sync } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 100);
vi.setConfig({ testTimeout: Math.max(30_000, RUNS * 500) });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.list("list").push({ title: "first" }, 1));
const counts = { histories: 0, changes: 0, retracts: 0, ofRetracts: 0, forked: 0, differ: 0 };

afterAll(() => console.log(`retract: SEED=${SEED}`, JSON.stringify(counts)));

const UNKNOWN: Op = { type: "unknown", kind: 99, elements: 0, payload: new Uint8Array(0) };
const retract = (first: number, count = 1): Op => ({ type: "retract", first, count });

function seqOf(person: Person): number {
  return person.replica.ownHead?.seq ?? 0;
}

/** The person takes changes back, as whoever writes bytes by hand may. */
function takeBack(person: Person, ...ops: readonly Op[]): Letter {
  const letter = forge(person, { ops: () => ops });
  expect(person.receive(letter).refused).toEqual([]);
  return letter;
}

function byTheLaws(person: Person, masked: ReadonlySet<ChangeId> = new Set()): string {
  return new NaiveDocument(
    [...person.replica.changes()].map(({ change }) => change),
    masked,
  ).json();
}

const histories = fc.record({
  draws: draws({ minLength: 6, maxLength: 30 }),
  picks: fc.array(fc.nat(10_000), { minLength: 8, maxLength: 24 }),
});

/**
 * Three people write, take back, and hear from each other now and then. Carol has two faces, which go on from where they
 * parted without hearing of each other. In the end Alice holds everything.
 */
function live(history: readonly Draw[], picks: readonly number[]): Person {
  const [alice, bob, carol] = crowd.gather() as [Person, Person, Person];
  let people = [alice, bob, carol];
  for (const [i, draw] of history.entries()) {
    const pick = picks[i % picks.length]! + i;
    if (i === Math.floor(history.length / 2)) {
      const face = crowd.copy(carol);
      for (const letter of crowd.letters(carol)) crowd.hand(letter, face);
      people = [alice, bob, carol, face];
    }
    const person = people[pick % people.length]!;
    const seq = seqOf(person);
    if (pick % 5 === 0) {
      const other = people[(pick + 1) % 2]!;
      if (other !== person && !(person.name === "Carol" && other.name === "Carol")) deliver(other, person);
    } else if (pick % 2 === 0 && seq > 2) {
      const first = 2 + ((pick >> 3) % (seq - 1));
      const changes = person.replica.numbered(person.device, first);
      const op = retract(first, 1 + ((pick >> 5) % Math.min(3, seq - first + 1)));
      if (changes.some(id => person.replica.get(id)!.change.ops.some(({ type }) => type === "retract")))
        counts.ofRetracts++;
      takeBack(person, op);
      counts.retracts++;
    } else counts.changes += person.write(root => editBy(draw, root)).length;
  }
  for (const person of people) deliver(person, alice);
  if (alice.replica.laneTips.filter(({ author }) => author === carol.device).length > 1) counts.forked++;
  return alice;
}

describe("a set of changes of which some retract others", () => {
  it("is effective(c) ⇔ c is not masked, and no effective d whose chain leads down to c retracts it; in any order", () => {
    fc.assert(
      fc.property(histories, ({ draws: history, picks }) => {
        const alice = live(history, picks);
        const letters = crowd.letters(alice);
        const masked = new Set(
          letters.map(({ id }) => id).filter((_, i) => picks[i % picks.length]! % 3 === 0),
        );
        const expected = byTheLaws(alice, masked);
        expect(alice.json).toBe(byTheLaws(alice));
        for (const order of [picks, picks.toReversed()]) {
          const reader = crowd.copy(alice);
          const left = [...letters];
          for (let i = 0; left.length > 0; i++) {
            const pick = order[i % order.length]!;
            const { id } = letters[(pick + i) % letters.length]!;
            if (pick % 4 === 0) reader.replica.mask([id], pick % 8 === 0);
            crowd.hand(left.splice((pick * (i + 1)) % left.length, 1)[0]!, reader);
          }
          reader.replica.mask(masked, true);
          const rest = letters.map(({ id }) => id).filter(id => !masked.has(id));
          reader.replica.mask(rest, false);
          expect(reader.json).toBe(expected);
          reader.replica.mask(masked, false);
          expect(reader.json).toBe(alice.json);
        }
        counts.histories++;
        const asIfNothingWere = new NaiveDocument(
          [...alice.replica.changes()].map(({ change: { refs, ops, starts, id, depth, parents } }) => {
            const inert = ops.map(op => (op.type === "retract" ? UNKNOWN : op));
            return { refs, ops: inert, starts, id, depth, parents, prev: null } as unknown as Change;
          }),
          new Set(),
          new Set(alice.replica.people.aside.map(({ id }) => id)),
        ).json();
        if (asIfNothingWere !== alice.json) counts.differ++;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.differ).toBeGreaterThan(counts.histories / 2);
    expect(counts.ofRetracts).toBeGreaterThan(RUNS / 4);
    expect(counts.forked).toBeGreaterThan(RUNS / 2);
  });
});

describe("a retract", () => {
  it("brings back the very letters that were deleted, and not those that another deleted too", () => {
    const [alice, bob] = crowd.gather() as [Person, Person];
    alice.write(root => root.text("body").insert(0, "abcd"));
    sync([alice, bob]);
    alice.write(root => root.text("body").delete(0, 3));
    bob.write(root => root.text("body").delete(2, 1));
    sync([alice, bob]);
    expect(bob.text()).toBe("d");
    takeBack(alice, retract(seqOf(alice)));
    sync([alice, bob]);
    expect([alice.text(), bob.text()]).toEqual(["abd", "abd"]);
  });

  it("hides what was typed; what another wrote inside stays, and stands again where it was", () => {
    const [alice, bob] = crowd.gather() as [Person, Person];
    alice.write(root => root.text("body").insert(0, "Hello"));
    sync([alice, bob]);
    bob.write(root => root.text("body").insert(2, "--"));
    sync([alice, bob]);
    takeBack(alice, retract(seqOf(alice)));
    expect(alice.text()).toBe("--");
    takeBack(alice, retract(seqOf(alice)));
    expect(alice.text()).toBe("He--llo");
  });

  it("does not take back who was invited, joined or was named", () => {
    const alice = begin("Alice");
    alice.invite(LINK);
    const bob = newcomer("Bob", alice, LINK);
    deliver(alice, bob);
    bob.replica.rename("Bob");
    bob.write(root => root.text("body").insert(0, "x"));
    deliver(bob, alice);
    takeBack(alice, retract(2));
    takeBack(bob, retract(1));
    sync([alice, bob]);
    expect(alice.text()).toBe("");
    expect(alice.replica.members.map(({ name }) => name)).toContain("Bob");
    expect(bob.write(root => root.text("body").insert(0, "y"))).toHaveLength(1);
    expect(deliver(bob, alice)).toMatchObject([{ refused: [] }]);
  });

  it("of what two faces share counts if either says so, whoever comes first", () => {
    const [alice, , carol] = crowd.gather() as [Person, Person, Person];
    carol.write(root => root.text("body").insert(0, "shared"));
    const face = crowd.copy(carol);
    for (const letter of crowd.letters(carol)) crowd.hand(letter, face);
    const [shared] = [seqOf(carol)];
    const first = takeBack(carol, retract(shared));
    const undone = takeBack(carol, retract(shared + 1));
    const [stem] = crowd.letters(face) as [Letter];
    const [other] = face.write(root => root.set("other", 1)) as [Letter];
    const second = takeBack(face, retract(shared));
    // Of a two-faced device counts what others name.
    for (const letter of [stem, first, undone, other, second]) crowd.hand(letter, alice);
    const [taken] = alice.takeIn() as [Letter];
    for (const order of [
      [first, undone, other, second],
      [other, second, first, undone],
      [first, other, second, undone],
    ]) {
      const reader = crowd.copy(carol);
      for (const letter of [stem, ...order, taken]) crowd.hand(letter, reader);
      expect(reader.text()).toBe("");
      reader.replica.mask([second.id], true);
      expect(reader.text()).toBe("shared");
    }
  });
});

describe("a liar", () => {
  const document = (policy?: Policy) => {
    const alice = begin("Alice", policy);
    alice.invite(LINK);
    alice.write(root => root.text("body").insert(0, "Alice's"));
    const mallory = newcomer("Mallory", alice, LINK);
    deliver(alice, mallory);
    mallory.replica.rename("Mallory");
    mallory.close();
    deliver(mallory, alice);
    return { alice, mallory };
  };

  it("names own changes by number, and so takes back nothing of others and nothing that is still to come", () => {
    const { alice, mallory } = document();
    const said = (...ops: readonly Op[]) => alice.receive(forge(mallory, { ops: () => ops })).refused;
    expect(seqOf(mallory)).toBe(1);
    expect(said(retract(2))).toEqual(["ReferenceUnseen"]);
    expect(said(retract(1, 2))).toEqual(["ReferenceUnseen"]);
    expect(said(retract(2 ** 53 - 1, 1))).toEqual(["ReferenceUnseen"]);
    expect(said(retract(1))).toEqual([]);
    expect(alice.text()).toBe("Alice's");
  });

  it("takes back no genesis", () => {
    const { alice } = document();
    const said = (op: Op) => newcomerOf(alice).receive(forge(alice, { ops: () => [op] })).refused;
    expect(said(retract(1))).toEqual(["ReferenceWrong"]);
    expect(said(retract(1, 2))).toEqual(["ReferenceWrong"]);
    expect(said(retract(2))).toEqual([]);
  });

  it("writes it in one form only", () => {
    const { alice, mallory } = document();
    for (let i = 0; i < 5; i++) mallory.write(root => root.text("body").insert(0, "m"));
    deliver(mallory, alice);
    const said = (...ops: readonly Op[]) => alice.receive(forge(mallory, { ops: () => ops })).refused[0];
    for (const ops of [
      [retract(0)],
      [retract(2, 0)],
      [retract(2), retract(3)],
      [retract(3, 2), retract(2)],
      [retract(2), retract(2)],
    ])
      expect(said(...ops)).toBe("BytesMalformed");
    expect(said(retract(2), retract(4, 2))).toBeUndefined();
    expect(alice.text()).toBe("mmAlice's");
  });

  it("may not where nothing may be written", () => {
    for (const policy of [{}, { editor: { keys: [], opsMax: 100, bytesMax: 10_000 } }]) {
      const { alice, mallory } = document(policy);
      expect(alice.receive(forge(mallory, { ops: () => [retract(1)] })).refused).toEqual(["RightMissing"]);
    }
  });

  it("pays for all that is taken back and brought back as if it were written again", () => {
    // Five ops: two of joining, and each retract is one and reaches as many as it names, and their changes.
    const quota = (opsMax: number, bytesMax = 10_000) => ({ editor: { keys: null, opsMax, bytesMax } });
    const toggled = (policy: Policy) => {
      const { alice, mallory } = document(policy);
      mallory.write(root => root.text("body").insert(0, "m"));
      deliver(mallory, alice);
      const said: string[] = [];
      for (let i = 0; i < 4; i++) {
        const letter = forge(mallory, { ops: () => [retract(2 + i)] });
        said.push(alice.receive(letter).refused[0] ?? "admitted");
        if (said.at(-1) !== "admitted") return said;
        mallory.receive(letter);
      }
      return said;
    };
    // Ops before: 3. The first retract: 1, and reaches 2. The second: 1, and reaches 2 and those 2.
    expect(toggled(quota(6))).toEqual(["admitted", "QuotaExceeded"]);
    expect(toggled(quota(5))).toEqual(["QuotaExceeded"]);
    expect(toggled(quota(4 + 2 + 1 + 4))).toEqual(["admitted", "admitted", "QuotaExceeded"]);
    expect(toggled(quota(4 + 2 + 1 + 4 - 1))).toEqual(["admitted", "QuotaExceeded"]);
    expect(toggled(quota(1_000, 190))).toEqual(["QuotaExceeded"]);
  });

  it("reaches at most RETRACT_REACH_MAX with one change, be it the owner", () => {
    const { alice } = document();
    const reader = newcomerOf(alice);
    const take = (...ops: readonly Op[]) => {
      const letter = forge(alice, { ops: () => ops });
      for (const person of [alice, reader]) expect(person.receive(letter).refused).toEqual([]);
    };
    const filler = (weight: number) => Array.from({ length: weight - 1 }, () => UNKNOWN);
    // Each of seven retracts names all since the first change, so that the reach doubles: 10,000, 20,002 … 640,126.
    take(...filler(10_000));
    const first = seqOf(alice);
    for (let i = 1; i <= 7; i++) take(retract(first, i));
    for (const weight of [10_000, 10_000, 10_000]) take(...filler(weight));
    const rest = RETRACT_REACH_MAX - (320_062 + 2) - (640_126 + 2) - 30_000;
    take(...filler(rest));
    const said = (op: Op) => reader.receive(forge(alice, { ops: () => [op] })).refused;
    expect(said(retract(first + 5, 7))).toEqual(["ReachTooWide"]);
    take(retract(first + 6, 6));
    // The reach of that one, itself, and its op.
    expect(said(retract(first + 12))).toEqual(["ReachTooWide"]);
  });

  it("names at most RETRACTED_CHANGES_MAX changes with one change", () => {
    const { alice } = document();
    const said = (count: number, ...more: readonly Op[]) =>
      newcomerOf(alice).receive(forge(alice, { ops: () => [retract(2, count), ...more] })).refused;
    // They are not there; but the bytes are well-formed.
    expect(said(RETRACTED_CHANGES_MAX)).toEqual(["ReferenceUnseen"]);
    expect(said(RETRACTED_CHANGES_MAX + 1)).toEqual(["BytesMalformed"]);
    expect(said(RETRACTED_CHANGES_MAX - 1, retract(20_000, 2))).toEqual(["BytesMalformed"]);
  });

  it("makes a chain of retracts of retracts, each of the one before, that costs what its reach says", () => {
    const { alice, mallory } = document(OPEN_POLICY);
    mallory.write(root => root.text("body").insert(0, "m"));
    deliver(mallory, alice);
    const letters: Letter[] = [];
    const began = process.cpuUsage();
    let refusal: string | undefined;
    while (refusal === undefined) {
      const letter = forge(mallory, { ops: () => [retract(seqOf(mallory))] });
      refusal = alice.receive(letter).refused[0];
      if (refusal === undefined) mallory.receive(letter);
      letters.push(letter);
      if (letters.length === 300) break;
    }
    const { user, system } = process.cpuUsage(began);
    // The n-th reaches 2 n: the sum of all stays below the quota, which is some 2,200 of them.
    console.log(`retract: a chain of ${letters.length} in ${Math.round((user + system) / 1_000)} ms`);
    expect(refusal).toBeUndefined();
    const reach = (2 * letters.length * (letters.length + 1)) / 2;
    expect(reach).toBeLessThan(EDITOR_OPS_MAX);
    expect(alice.text()).toBe(letters.length % 2 === 0 ? "mAlice's" : "Alice's");
  });
});

function newcomerOf(person: Person): Person {
  const reader = newcomer("Reader", person, null);
  reader.receiveAll(person.letters());
  return reader;
}
