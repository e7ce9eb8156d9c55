// Whose devices are whose, on real replicas: a person's devices in their order of seniority, what a disowned one still says,
// recovery keys, and the share of the quota that a device is handed. Told to three in three orders; there is no model of it.

import { expect, it, vi } from "vitest";
import type { Op } from "../../../src/crdt/graph/change.ts";
import { introductionMessage } from "../../../src/crdt/graph/verify.ts";
import type { RefusalCode } from "../../../src/crdt/index.ts";
import { INTRODUCTION_BYTES } from "../../../src/crdt/limits.ts";
import { copyOf, deliver, forge, Key, type Letter, newcomer, type Person } from "../people.ts";
import { court, dismiss, outcomeOf, reasonOf, roleIn, say } from "./court.ts";

vi.setConfig({ testTimeout: 20_000 });

interface Share {
  readonly isRecovery?: boolean;
  readonly opsMax?: number;
  readonly bytesMax?: number;
}

/** A new device of somebody's, that knows what they know. */
function introduced(by: Person, name: string, share: Share = {}): Person {
  const device = newcomer(name, by, null);
  const signature = device.key.sign(introductionMessage(by.replica.doc, by.device));
  by.replica.people.introduce(device.device, signature, share);
  by.close();
  deliver(by, device);
  return device;
}

function disown(by: Person, whom: Person): Letter {
  by.replica.people.disown(whom.device);
  return by.close()[0]!;
}

const disowning = (by: Person, whom: Person): Letter =>
  forge(by, { ops: (): Op[] => [{ type: "disown", device: whom.device }] });

/** What three say who hold all that a person does. */
function refusals(at: Person, letter: Letter): RefusalCode[] {
  return [copyOf(at), copyOf(at, "Reader"), at].flatMap(person => [...person.receive(letter).refused]);
}

const thrice = <T>(value: T): T[] => [value, value, value];

it("a device that was introduced writes as its person, who is named by the first one", () => {
  const { alice, bob } = court();
  const phone = introduced(bob, "phone");
  const word = say(phone, "word ");
  const reader = outcomeOf([alice, phone], false);
  expect([reasonOf(reader, word), roleIn(reader, phone)]).toEqual([null, "admin"]);
  expect(reader.replica.people.personOf(phone.device)).toBe(bob.device);
  dismiss(alice, bob);
  deliver(alice, phone);
  expect(phone.replica.mayWrite).toBe(false);
  expect(roleIn(outcomeOf([alice, phone], false), phone)).toBe(null);
});

it("a device disowns its juniors alone: the first reaches the phone, the phone the watch, and none of them upwards", () => {
  const { alice, bob, carol } = court();
  const phone = introduced(bob, "phone");
  const watch = introduced(phone, "watch");
  deliver(watch, bob);
  deliver(watch, alice);
  for (const [by, whom] of [
    [phone, bob],
    [watch, phone],
    [watch, bob],
    [carol, phone],
    [bob, carol],
  ] as const) {
    deliver(alice, by);
    expect(refusals(alice, disowning(by, whom))).toEqual(thrice("RightMissing"));
  }
  disown(phone, watch);
  const reader = outcomeOf([alice, phone], false);
  expect([bob, phone, watch].map(device => roleIn(reader, device))).toEqual(["admin", "admin", null]);
});

it("of two that disown in one circle the senior's word holds, in any order", () => {
  const { alice, bob } = court();
  const phone = introduced(bob, "phone");
  const watch = introduced(phone, "watch");
  deliver(watch, bob);
  deliver(watch, phone);
  const stale = copyOf(phone, "phone");
  disown(bob, phone);
  disown(stale, watch);
  const word = say(watch, "word ");
  const reader = outcomeOf([alice, bob, stale, watch], false);
  // The phone's word on the watch did not know that the phone was disowned, and takes no effect.
  expect([bob, phone, watch].map(device => roleIn(reader, device))).toEqual(["admin", null, "admin"]);
  expect(reasonOf(reader, word)).toBe(null);
});

it("of a disowned device counts what the disowning knew of, and nothing that was concurrent, invites and devices included", () => {
  const { alice, bob, dave } = court();
  const phone = introduced(bob, "phone");
  const known = say(phone, "known ");
  deliver(phone, bob);
  disown(bob, phone);
  const unseen = say(phone, "unseen ");
  const watch = introduced(phone, "watch");
  const hers = say(watch, "watch ");
  const removal = dismiss(phone, dave);
  const reader = outcomeOf([alice, bob, phone, watch], false);
  expect([known, unseen, removal].map(letter => reasonOf(reader, letter))).toEqual([
    null,
    "disowned",
    "disowned",
  ]);
  expect(reasonOf(reader, hers)).toBe("never let in");
  expect([phone, watch, dave].map(device => roleIn(reader, device))).toEqual([null, null, "admin"]);
});

it("a recovery key disowns the first device, introduces another one, and says nothing else", () => {
  const { alice, bob } = court();
  const words = introduced(bob, "recovery", { isRecovery: true });
  const known = say(bob, "known ");
  deliver(bob, words);
  const thief = copyOf(bob);
  for (const op of [
    { type: "name", name: "x" },
    { type: "dismiss", person: alice.device },
    { type: "set", path: [], key: "k", value: 1, replaces: [] },
  ] as const)
    expect(refusals(bob, forge(words, { ops: (): Op[] => [op] }))).toEqual(thrice("RightMissing"));
  disown(words, bob);
  const laptop = introduced(words, "new laptop");
  const mine = say(laptop, "mine ");
  // The first device is junior to the key it introduced, and cannot take it back.
  expect(refusals(bob, disowning(thief, words))).toEqual(thrice("RightMissing"));
  const stolen = say(thief, "stolen ");
  const reader = outcomeOf([alice, laptop, thief], false);
  expect([known, stolen, mine].map(letter => reasonOf(reader, letter))).toEqual([null, "disowned", null]);
  expect([bob, laptop].map(device => roleIn(reader, device))).toEqual([null, "admin"]);
  expect(reader.replica.people.personOf(laptop.device)).toBe(bob.device);
});

it("a recovery key is introduced by a first device or another recovery key, not by a phone", () => {
  const { bob } = court();
  const phone = introduced(bob, "phone");
  const key = new Key("recovery");
  const signature = key.sign(introductionMessage(bob.replica.doc, phone.device));
  const lie = forge(phone, {
    ops: (): Op[] => [
      { type: "introduce", device: key.id, signature, isRecovery: true, opsMax: 0, bytesMax: 0 },
    ],
  });
  expect(refusals(bob, lie)).toEqual(thrice("RightMissing"));
  const first = introduced(bob, "words", { isRecovery: true });
  const second = introduced(first, "more words", { isRecovery: true });
  disown(first, second);
  const reader = outcomeOf([first], false);
  const of = (device: Person) =>
    reader.replica.people.members.find(member => member.device === device.device);
  expect(of(first)).toMatchObject({ person: bob.device, isRecovery: true });
});

it("a device that two persons introduce at once is one person's: of the one whose first device has the smaller key", () => {
  const { alice, bob, carol } = court();
  const phone = newcomer("phone", bob, null);
  for (const person of [bob, carol]) {
    const signature = phone.key.sign(introductionMessage(bob.replica.doc, person.device));
    person.replica.people.introduce(phone.device, signature);
    person.close();
  }
  const owner = bob.device < carol.device ? bob : carol;
  const reader = outcomeOf([alice, bob, carol], false);
  expect(reader.replica.people.personOf(phone.device)).toBe(owner.device);
  expect(roleIn(reader, phone)).toBe("admin");
  // Once it is somebody's, it is nobody else's.
  deliver(bob, carol);
  const signature = phone.key.sign(introductionMessage(bob.replica.doc, carol.device));
  const again = forge(carol, {
    ops: (): Op[] => [
      { type: "introduce", device: phone.device, signature, isRecovery: false, opsMax: 1, bytesMax: 1 },
    ],
  });
  expect(refusals(carol, again)).toEqual(thrice("ReferenceWrong"));
});

it("a recovery key hands on what it was handed and no op more, however it divides it", () => {
  const { bob, mallory } = court();
  const words = introduced(mallory, "words", { isRecovery: true, opsMax: 10, bytesMax: 10_000 });
  deliver(words, bob);
  const handing = (name: string, opsMax: number) => {
    const key = new Key(name);
    const signature = key.sign(introductionMessage(bob.replica.doc, words.device));
    return forge(words, {
      ops: (): Op[] => [
        { type: "introduce", device: key.id, signature, isRecovery: false, opsMax, bytesMax: 1_000 },
      ],
    });
  };
  // The introduction is an op itself.
  expect(refusals(bob, handing("laptop", 2 ** 40))).toEqual(thrice("QuotaExceeded"));
  expect(refusals(bob, handing("laptop", 10))).toEqual(thrice("QuotaExceeded"));
  const first = handing("laptop", 6);
  expect(refusals(bob, first)).toEqual([]);
  words.receive(first);
  expect(refusals(bob, handing("tablet", 3))).toEqual(thrice("QuotaExceeded"));
  expect(refusals(bob, handing("tablet", 2))).toEqual([]);
});

it("what others would refuse is not said: a share that is not there, a senior device, somebody's device", () => {
  const { alice, bob, carol } = court();
  const phone = introduced(bob, "phone", { opsMax: 100, bytesMax: 10_000 });
  const signature = new Uint8Array(64);
  const introducing = (by: Person, device: Person, share: Share) => () =>
    by.replica.people.introduce(device.device, signature, share);
  const watch = newcomer("watch", bob, null);
  expect(introducing(phone, watch, { opsMax: 100 })).toThrow(RangeError);
  expect(introducing(phone, watch, { bytesMax: 10_000 - INTRODUCTION_BYTES + 1 })).toThrow(RangeError);
  expect(introducing(phone, watch, { isRecovery: true })).toThrow(RangeError);
  expect(introducing(bob, carol, {})).toThrow(RangeError);
  expect(introducing(bob, phone, {})).toThrow(RangeError);
  for (const [by, whom] of [
    [phone, bob],
    [phone, phone],
    [bob, carol],
  ] as const)
    expect(() => by.replica.people.disown(whom.device)).toThrow(RangeError);
  expect([bob, phone].map(({ replica }) => replica.hasDraft)).toEqual([false, false]);
  // All that there is may be handed on, and others take it.
  const last = introduced(phone, "watch", { opsMax: 99, bytesMax: 10_000 - INTRODUCTION_BYTES });
  const word = say(last, "word ");
  expect(reasonOf(outcomeOf([alice, last], false), word)).toBe(null);
});

it("a device is introduced with its own signature for this introducer, or not at all", () => {
  const { bob, carol } = court();
  const phone = new Key("phone");
  for (const signature of [
    bob.key.sign(introductionMessage(bob.replica.doc, bob.device)),
    phone.sign(introductionMessage(bob.replica.doc, carol.device)),
  ]) {
    const lie = forge(bob, {
      ops: (): Op[] => [
        { type: "introduce", device: phone.id, signature, isRecovery: false, opsMax: 1, bytesMax: 1 },
      ],
    });
    expect(refusals(carol, lie)).toEqual(thrice("SignatureWrong"));
  }
});

it("a device writes as much as it was handed and no op more, and who handed it on may write so much less", () => {
  const { bob, mallory } = court();
  const phone = introduced(mallory, "phone", { opsMax: 3, bytesMax: 10_000 });
  const writing = (n: number) =>
    forge(phone, {
      ops: (): Op[] =>
        Array.from({ length: n }, (_, i) => ({
          type: "set",
          path: [],
          key: `k${i}`,
          value: i,
          replaces: [],
        })),
    });
  deliver(phone, bob);
  const full = writing(3);
  expect(refusals(bob, writing(4))).toEqual(thrice("QuotaExceeded"));
  expect(refusals(bob, full)).toEqual([]);
  // The whole of a quota is handed on only once.
  const other = new Key("another phone");
  const signature = other.sign(introductionMessage(bob.replica.doc, mallory.device));
  const handing = (opsMax: number) =>
    forge(mallory, {
      ops: (): Op[] => [
        { type: "introduce", device: other.id, signature, isRecovery: false, opsMax, bytesMax: 1 },
      ],
    });
  const left = 5_000_000 - 3 - mallory.replica.ownHead!.opTotal - 1;
  expect(refusals(bob, handing(left + 1))).toEqual(thrice("QuotaExceeded"));
  expect(refusals(bob, handing(left))).toEqual([]);
});
