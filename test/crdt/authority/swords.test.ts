// The sentences of the design that earlier forms of the rules broke on, each as a story. A title is the sentence; what it
// needs is told to three in three orders. The notation is in court.ts.

import { expect, it, vi } from "vitest";
import { introductionMessage } from "../../../src/crdt/graph/verify.ts";
import { fallenOf, fellBy, save } from "../../../src/crdt/index.ts";
import { read } from "../file/files.ts";
import { copyOf, deliver, forge, Key, newcomer } from "../people.ts";
import {
  asideIn,
  court,
  dismiss,
  heldBy,
  joinBy,
  judged,
  outcomeOf,
  reasonOf,
  roleIn,
  say,
} from "./court.ts";

vi.setConfig({ testTimeout: 20_000 });

it("back-dating by a junior is inert: a past that is cited from before does not make them senior", () => {
  const { alice, bob, carol, dave } = court();
  const stale = copyOf(carol);
  dismiss(bob, carol);
  // Before she heard of it: she gives herself away to nobody, removes her junior, and lets an accomplice in.
  stale.replica.people.dismiss(dave.device);
  stale.replica.people.invite(new Key("hers").id, "admin");
  stale.close();
  const erin = joinBy("Erin", stale, new Key("hers"));
  const avenging = forge(erin, { ops: () => [{ type: "dismiss", person: bob.device }] });
  expect(bob.receiveAll([...erin.letters(), avenging]).at(-1)!.refused).toEqual(["RightMissing"]);
  const reader = outcomeOf([alice, bob, stale, erin]);
  expect([bob, carol, dave, erin].map(person => roleIn(reader, person))).toEqual([
    "admin",
    null,
    "admin",
    null,
  ]);
});

it("nothing that took effect is undone later in the pass: a removal by a junior who is removed with its knowledge stays", () => {
  const { alice, bob, carol, dave } = court();
  dismiss(carol, dave);
  deliver(carol, bob);
  dismiss(bob, carol);
  const reader = outcomeOf([alice, bob]);
  expect([bob, carol, dave].map(person => roleIn(reader, person))).toEqual(["admin", null, null]);
});

it("a signed tail travels with the last counting change, of which it proves that it was signed", () => {
  const { alice, bob, mallory } = court();
  const twin = copyOf(alice);
  const run = [..."abcde"].map(word => say(mallory, word));
  const first = run.slice(0, 3);
  twin.receiveRun(first);
  const removal = dismiss(twin, mallory);
  // Bob holds all five under the signature of the fifth, and nothing else of hers.
  bob.receiveRun(run);
  bob.receive(removal);
  expect(run.map(letter => reasonOf(bob, letter))).toEqual([null, null, null, "removed", "removed"]);
  const proof = bob.replica.proofOf(first[2]!.id)!;
  const base = heldBy([court().alice]);
  const heard = newcomer("Reader", alice, null);
  heard.receiveAll(base);
  const letters = proof.changes.map((bytes, i) => ({
    id: run[i + 2]!.id,
    bytes,
    signature: proof.signature,
  }));
  heard.receiveAll(run.slice(0, 2));
  expect(heard.receiveRun(letters).admitted).toContain(first[2]!.id);
  heard.receive(removal);
  expect(heard.json).toBe(bob.json);
  expect(asideIn(heard)).toEqual(asideIn(bob));
  // And it is left in a save.
  const answer = read(save(bob.replica));
  if ("ok" in answer) throw new Error(answer.code);
  expect(answer.replica.canonicalJson()).toBe(bob.json);
  expect(answer.replica.people.aside.map(({ id }) => id).sort()).toEqual(asideIn(bob).map(({ id }) => id));
});

it("the remover may know little: what a removal leaves uncounted is listed on every copy, with its author", () => {
  const { alice, bob, mallory } = court();
  const ignorant = copyOf(alice);
  const words = ["one ", "two "].map(word => say(mallory, word));
  deliver(mallory, bob);
  const answer = bob.write(root => root.text("body").insert(4, "and "))[0]!;
  dismiss(ignorant, mallory);
  const reader = outcomeOf([alice, ignorant, bob]);
  // What Bob wrote among it stays, and does not make hers count.
  expect(reasonOf(reader, answer)).toBe(null);
  expect(reader.text()).toBe("and -");
  expect(asideIn(reader)).toEqual(
    words
      .map(({ id }) => ({ id, author: mallory.device, reason: "removed" }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
});

it("text in good faith stays: of whom nothing that counts let in, what somebody who counts wrote on top of", () => {
  const { alice, bob, carol } = court();
  const stale = copyOf(bob);
  dismiss(alice, bob);
  const link = new Key("a link of Bob's");
  stale.replica.people.invite(link.id, "editor");
  stale.close();
  const erin = joinBy("Erin", stale, link);
  const kept = say(erin, "kept ");
  deliver(erin, carol);
  const hers = say(carol, "Carol ");
  const later = say(erin, "later ");
  const reader = outcomeOf([alice, carol, erin]);
  expect([kept, hers, later].map(letter => reasonOf(reader, letter))).toEqual([null, null, "never let in"]);
  expect(roleIn(reader, erin)).toBe(null);
  expect(reader.text()).toBe("Carol kept -");
  // With a word against her own person it does not.
  const against = copyOf(alice);
  deliver(erin, against);
  against.replica.people.setRole(erin.device, "editor");
  against.close();
  dismiss(against, erin);
  const unaware = say(copyOf(erin), "unaware ");
  const set = judged(alice, [...heldBy([alice, carol, against]), unaware]);
  expect(reasonOf(set, unaware)).toBe("removed");
});

it("whom an ineffective op admitted goes on as a local draft and asks for admission, and then all of theirs counts", () => {
  const { alice, bob, carol } = court();
  const stale = copyOf(bob);
  const removal = dismiss(alice, bob);
  const [link, next] = [new Key("a link of Bob's"), new Key("a link of Erin's")];
  stale.replica.people.invite(link.id, "admin");
  stale.close();
  const erin = joinBy("Erin", stale, link);
  erin.replica.people.invite(next.id, "editor");
  erin.close();
  const frank = joinBy("Frank", erin, next);
  const kept = say(frank, "kept ");
  deliver(frank, carol);
  say(carol, "Carol ");
  const loose = say(frank, "loose ");
  for (const person of [carol, frank]) deliver(person, alice);
  for (const person of [erin, frank]) deliver(alice, person);
  for (const person of [alice, erin, frank]) {
    const { ground } = person.replica;
    expect(fallenOf(ground).map(({ name }) => name)).toEqual(
      [erin, frank].sort((a, b) => (a.device < b.device ? -1 : 1)).map(({ name }) => name),
    );
    // They hear why, of whoever let them in too; nobody else does.
    for (const told of [erin, frank]) expect(fellBy(ground, told.device)).toEqual([removal.id]);
    for (const other of [bob, carol, alice]) expect(fellBy(ground, other.device)).toEqual([]);
  }
  const before = frank.replica.ownHead;
  frank.replica.edit(root => root.text("body").insert(0, "held "));
  expect([frank.replica.isHeld, frank.replica.hasDraft]).toEqual([true, false]);
  // Not where the held words are: which of two comes first there hangs on their names.
  const [more] = carol.write(root => root.text("body").insert(carol.text().length, " more"));
  deliver(carol, frank);
  expect(frank.replica.toJson()).toEqual({ body: `held ${carol.text()}` });
  expect([frank.json, frank.replica.ownHead]).toEqual([`{"body":"${carol.text()}"}`, before]);
  expect(reasonOf(frank, more!)).toBe(null);
  alice.replica.people.setRole(frank.device, "editor");
  alice.replica.people.admit([loose.id]);
  alice.close();
  deliver(alice, frank);
  frank.close();
  const reader = outcomeOf([alice, carol, erin, frank]);
  expect([kept, loose].map(letter => reasonOf(reader, letter))).toEqual([null, null]);
  expect(reader.text()).toContain("held ");
  expect(fallenOf(reader.replica.ground).map(({ name }) => name)).toEqual(["Erin"]);
});

it("whom an ineffective op raised goes on as a local draft and asks for admission, as long as nobody spoke against it", () => {
  const { alice, bob, carol, dave, mallory } = court();
  alice.replica.people.setRole(mallory.device, "reader");
  alice.close();
  for (const person of [bob, dave, mallory]) deliver(alice, person);
  expect(mallory.replica.people.hasFallen(mallory.device)).toBe(false);
  const stale = copyOf(bob);
  const removal = dismiss(alice, bob);
  stale.replica.people.setRole(mallory.device, "editor");
  stale.close();
  deliver(stale, mallory);
  const kept = say(mallory, "kept ");
  deliver(mallory, carol);
  say(carol, "Carol ");
  const loose = say(mallory, "loose ");
  for (const person of [carol, mallory]) deliver(person, alice);
  for (const person of [carol, mallory]) deliver(alice, person);
  for (const person of [alice, carol, mallory]) {
    const { ground, people } = person.replica;
    expect(fallenOf(ground).map(({ device }) => device)).toEqual([mallory.device]);
    expect(fellBy(ground, mallory.device)).toEqual([removal.id]);
    expect([bob, carol, alice].some(({ device }) => people.hasFallen(device))).toBe(false);
  }
  mallory.replica.edit(root => root.text("body").insert(0, "held "));
  expect([mallory.replica.role, mallory.replica.isHeld]).toEqual(["reader", true]);
  // A word against the raise, of somebody who knew of it or not, leaves a reader who may only read.
  for (const against of [copyOf(alice), dave]) {
    against.replica.people.setRole(mallory.device, "reader");
    against.close();
    const reader = outcomeOf([alice, carol, mallory, against]);
    expect([fallenOf(reader.replica.ground), roleIn(reader, mallory)]).toEqual([[], "reader"]);
  }
  alice.replica.people.setRole(mallory.device, "editor");
  alice.replica.people.admit([loose.id]);
  alice.close();
  deliver(alice, mallory);
  mallory.close();
  const reader = outcomeOf([alice, carol, mallory]);
  expect([kept, loose].map(letter => reasonOf(reader, letter))).toEqual([null, null]);
  expect(reader.text()).toContain("held ");
  expect(fallenOf(reader.replica.ground)).toEqual([]);
});

it("re-admission undoes only removals in its own past, unless its grant is senior to that of a concurrent one", () => {
  for (const [isSenior, expected] of [
    [true, "editor"],
    [false, null],
  ] as const) {
    const { alice, bob, mallory } = court();
    const [remover, giver] = isSenior ? [bob, alice] : [alice, bob];
    dismiss(remover, mallory);
    giver.replica.people.setRole(mallory.device, "editor");
    giver.close();
    expect(roleIn(outcomeOf([alice, bob]), mallory)).toBe(expected);
  }
});

it("a demotion is a removal from what the lower role may not do: the rest counts", () => {
  const { alice, bob } = court();
  const stale = copyOf(bob);
  alice.replica.people.setRole(bob.device, "editor");
  alice.close();
  const word = say(stale, "word ");
  const link = new Key("a link of Bob's");
  stale.replica.people.invite(link.id, "editor");
  stale.close();
  const erin = joinBy("Erin", stale, link);
  const reader = outcomeOf([alice, stale, erin]);
  expect([reasonOf(reader, word), roleIn(reader, bob), roleIn(reader, erin)]).toEqual([null, "editor", null]);
});

it("a change anchors its whole past, the introduction of its own device included", () => {
  const { alice, bob } = court();
  const twin = copyOf(bob);
  const phone = newcomer("phone", bob, null);
  const faces = [say(twin, "one "), say(bob, "two ")];
  bob.replica.people.introduce(
    phone.device,
    phone.key.sign(introductionMessage(bob.replica.doc, bob.device)),
  );
  bob.close();
  deliver(bob, phone);
  const word = say(phone, "word ");
  const reader = outcomeOf([alice, twin, phone], false);
  expect(faces.map(letter => reasonOf(reader, letter))).toEqual(["two-faced", null]);
  expect([reasonOf(reader, word), roleIn(reader, phone)]).toEqual([null, "admin"]);
  expect(reader.replica.people.personOf(phone.device)).toBe(bob.device);
});

it("'below its own device's fork': two with two faces each do not anchor one another from there on, and did before", () => {
  const { alice, dave, mallory } = court();
  const [hers, his] = [copyOf(mallory), copyOf(dave)];
  const forked = [say(mallory, "m1 "), say(hers, "m2 ")];
  // Before Dave's own fork: of Mallory's he anchors one.
  dave.receive(forked[0]!);
  his.receive(forked[0]!);
  const sound = say(dave, "d0 ");
  his.receive(sound);
  const faces = [say(dave, "d1 "), say(his, "d2 ")];
  // From there on: each stands on the other, and nobody on them.
  hers.receiveAll([...dave.letters(hers.heads)]);
  const late = say(hers, "m3 ");
  dave.receive(forked[1]!);
  dave.receive(late);
  say(dave, "d3 ");
  const reader = outcomeOf([alice, dave, his, hers]);
  expect([forked[0]!, sound].map(letter => reasonOf(reader, letter))).toEqual([null, null]);
  expect([forked[1]!, ...faces, late].map(letter => reasonOf(reader, letter))).toEqual(
    Array.from({ length: 4 }, () => "two-faced"),
  );
  expect(reader.replica.people.forks).toHaveLength(2);
});

it("an op about people of a retired device takes effect below anybody's change, removed or not; its text does not", () => {
  const { alice, bob, mallory } = court();
  const twin = copyOf(bob);
  const stale = copyOf(mallory);
  dismiss(alice, mallory);
  const base = heldBy([alice]);
  const text = say(twin, "text ");
  const link = new Key("a link of Bob's");
  twin.replica.people.invite(link.id, "editor");
  twin.close();
  const face = say(bob, "face ");
  // A removed one, unseen, writes on top of what the two-faced one said.
  deliver(twin, stale);
  const hers = say(stale, "hers ");
  const reader = outcomeOf([alice, bob, stale]);
  expect([text, hers].map(letter => reasonOf(reader, letter))).toEqual(["two-faced", "removed"]);
  expect(reader.replica.inviteRole(link.id)).toBe("editor");
  // Whether the second face comes before the one who stands on the first, or behind.
  const invite = twin.letters([text.id]);
  for (const order of [
    [text, ...invite, hers, face],
    [text, ...invite, face, hers],
    [face, text, ...invite, hers],
  ]) {
    const another = newcomer("Reader", alice, null);
    another.receiveAll([...base, ...order]);
    expect(another.replica.inviteRole(link.id)).toBe("editor");
    expect(asideIn(another)).toEqual(asideIn(reader));
  }
});

it("of each device with two faces the one fork with the lowest number is named, and its two lowest ids, alike everywhere", () => {
  const { alice, bob, carol, mallory } = court();
  const letters = Array.from({ length: 5 }, (_, i) =>
    forge(mallory, { ops: () => [{ type: "set", path: [], key: "k", value: i, replaces: [] }] }),
  );
  const people = [alice, bob, carol];
  for (const [i, person] of people.entries()) person.receiveAll(letters.slice(i, i + 3));
  expect(people.map(({ replica }) => replica.people.forks[0]!.ids)).toEqual(
    people.map((_, i) =>
      letters
        .slice(i, i + 3)
        .map(({ id }) => id)
        .sort()
        .slice(0, 2),
    ),
  );
  const reader = outcomeOf(people);
  const ids = letters.map(({ id }) => id).sort();
  const { seq } = alice.replica.get(letters[0]!.id)!.change;
  expect(reader.replica.people.forks).toEqual([{ device: mallory.device, seq, ids: ids.slice(0, 2) }]);
});

it("what was received in good faith of a two-faced author is not named by whom it would take the right to name it", () => {
  const { alice, carol, dave } = court();
  const twin = copyOf(carol);
  carol.replica.people.setRole(dave.device, "reader");
  const demotion = carol.close();
  dave.receiveAll(demotion);
  expect(dave.replica.roleOf(dave.device)).toBe("reader");
  dave.receiveAll([say(twin, "other ")]);
  expect(dave.replica.roleOf(dave.device)).toBe("admin");
  say(dave, "still ");
  const reader = outcomeOf([alice, carol, twin, dave], false);
  expect(reader.text()).toContain("still ");
  expect(roleIn(reader, dave)).toBe("admin");
});
