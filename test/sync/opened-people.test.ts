// Goal: what the screen is told of people, links and what is set aside is what the core knows, in words where it is text;
// secrets of links are kept within their limit. Method: the adapter over replicas.

import { expect, it } from "vitest";
import { type DeviceId, introductionMessage, type MapEdit } from "../../src/crdt/index.ts";
import { hindranceOf } from "../../src/sync/adapters/document-people.ts";
import { forkProof } from "../../src/sync/adapters/fork-proof.ts";
import { seedsOf, withSeeds } from "../../src/sync/adapters/link-seeds.ts";
import { OpenedPeople } from "../../src/sync/adapters/opened-people.ts";
import { Verified } from "../../src/sync/adapters/verified.ts";
import { LINK_SEEDS_MAX } from "../../src/sync/limits.ts";
import { decodeLink } from "../../src/sync/link.ts";
import type { Bytes, DocumentRecord } from "../../src/sync/ports.ts";
import { bodyText, editBody } from "../../src/sync/text.ts";
import { begin, copyOf, deliver, gather, Key, newcomer, type Person, sync, verify } from "../crdt/people.ts";
import { Prng } from "../sim/prng.ts";
import { deterministicCiphers, keyNamed } from "./lucky-ciphers.ts";

const type = (at: number, insert: string) => (root: MapEdit) =>
  editBody(root, [{ from: at, to: at, insert }]);

function peopleOf(person: Person, verified = new Verified(null)) {
  const key = keyNamed("no link");
  const ciphers = deterministicCiphers(new Prng(7), (_key, message) => key.sign(message), false);
  let record: DocumentRecord = {
    id: person.replica.doc,
    title: "",
    updatedAt: 0,
    unshared: 0,
    roomSecret: null,
    inviteSeed: null,
    delivered: {},
    removedAt: null,
  };
  const people = new OpenedPeople(person.replica, ciphers, "https://chirograph.example/", {
    lackedBy: () => null,
    nameOf: device => person.replica.members.find(member => member.device === device)?.name ?? null,
    subscribe: () => () => undefined,
    say: async say => {
      say(person.replica.people);
      person.close();
    },
    unseenOf: () => 3,
    record: () => record,
    keepLinks: async links => {
      record = { ...record, ...links };
    },
    verified,
    changed: () => undefined,
  });
  return { people, record: () => record };
}

it("misses recovery words where an owner alone could lose the document", () => {
  const alone = begin("Alice");
  expect(peopleOf(alone).people.state().lacksWords).toBe(true);
  const words = new Key("twelve words");
  const signature = words.sign(introductionMessage(alone.replica.doc, alone.device));
  alone.replica.people.introduce(words.id, signature, { isRecovery: true });
  alone.close();
  expect(peopleOf(alone).people.state().lacksWords).toBe(false);
  const [alice, bob] = gather("Alice", "Bob");
  for (const person of [alice, bob]) expect(peopleOf(person).people.state().lacksWords).toBe(false);
});

it("makes the links that everybody expects once, and shows those whose secret is here", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  const { people, record } = peopleOf(alice);
  await people.prepareLinks();
  await people.prepareLinks();
  await people.makeLink("admin", " The garden club ", { afterSeconds: null, uses: null });
  const shown = people.state().links.filter(({ address }) => address !== null);
  expect(shown.map(({ role, label, joined }) => [role, label, joined])).toEqual([
    ["editor", "", 0],
    ["reader", "", 0],
    ["admin", "The garden club", 0],
  ]);
  for (const { address } of shown)
    expect(decodeLink(new URL(address!).hash)).toMatchObject({
      doc: alice.replica.doc,
      roomSecret: record().roomSecret,
    });
  // Bob, who came by a link of the first hour, holds none of these secrets and makes none.
  sync([alice, bob]);
  const his = peopleOf(bob).people;
  await his.prepareLinks();
  expect(his.state().mayRule).toBe(false);
  expect(his.state().links.every(({ address, isReachable }) => address === null && !isReachable)).toBe(true);
  const garden = people.state().links.find(({ label }) => label === "The garden club")!;
  await people.revoke(garden.key);
  expect(people.state().links).not.toContainEqual(expect.objectContaining({ key: garden.key }));
});

it("states the end of a link that was asked for, and does not show that link as the usual one", async () => {
  const [alice] = gather("Alice");
  const { people } = peopleOf(alice);
  await people.makeLink("editor", "", { afterSeconds: 3_600, uses: 5 });
  const link = people.state().links.at(-1);
  expect(link).toMatchObject({ role: "editor", uses: 5, joined: 0 });
  expect(Math.abs(link!.expires! - Date.now() - 3_600_000)).toBeLessThan(5_000);
  await people.prepareLinks();
  const own = people.state().links.filter(({ address }) => address !== null);
  expect(own.map(({ role, expires, uses }) => [role, expires === null, uses])).toEqual([
    ["editor", false, 5],
    ["editor", true, null],
    ["reader", true, null],
  ]);
});

it("removes a person with the link by which they came, and takes their words back in", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  const { people } = peopleOf(alice);
  alice.write(type(0, "Hello"));
  sync([alice, bob]);
  const entry = people.state().persons.find(({ key }) => key === bob.device)!;
  expect(entry).toMatchObject({ name: "Bob", role: "editor", isReachable: true, me: false });
  expect(entry.links).toHaveLength(1);
  bob.write(type(5, ", wor"));
  bob.write(type(10, "ld"));
  bob.write(type(0, "Oh. "));
  await people.remove(entry.key, entry.links);
  sync([alice, bob]);
  expect(bodyText(alice.replica)).toBe("Hello");
  expect(people.state().links).toEqual([]);
  expect(people.state().aside).toEqual([
    {
      author: bob.device,
      reason: "removed",
      changes: 3,
      heads: [bob.replica.ownHead!.id],
      text: ", world\nOh. ",
    },
  ]);
  await people.takeIn(people.state().aside[0]!);
  expect(bodyText(alice.replica)).toBe("Oh. Hello, world");
  expect(people.state().aside).toEqual([]);
  expect(people.state().persons.find(({ key }) => key === bob.device)!.role).toBe(null);
});

it("lists who was let in by somebody who had been removed, and lets them in with all of theirs", async () => {
  const [alice, carol, dave] = gather("Alice", "Carol", "Dave");
  alice.replica.people.setRole(carol.device, "admin");
  alice.close();
  sync([alice, carol, dave]);
  alice.replica.people.dismiss(carol.device);
  alice.close();
  const link = new Key("a link of Carol's");
  carol.replica.people.invite(link.id, "editor");
  carol.close();
  const bob = newcomer("Bob", carol, link);
  deliver(carol, bob);
  bob.replica.rename("Bob");
  bob.write(type(0, "kept "));
  deliver(bob, dave);
  dave.write(type(0, "Dave "));
  bob.write(type(0, "loose "));
  sync([alice, bob, dave]);
  const { people } = peopleOf(alice);
  expect(people.state().asking).toEqual([{ key: bob.device, name: "Bob" }]);
  expect(bodyText(alice.replica)).toBe("Dave kept ");
  expect(hindranceOf(bob.replica)).toBe("fell");
  expect(peopleOf(dave).people.state().mayRule).toBe(false);
  await people.letIn(bob.device);
  expect(people.state().asking).toEqual([]);
  // Hers, which made the link.
  expect(people.state().aside.map(({ author }) => author)).toEqual([carol.device]);
  expect(people.state().persons.find(({ key }) => key === bob.device)!.role).toBe("editor");
  sync([alice, bob, dave]);
  for (const person of [alice, bob, dave]) {
    expect(bodyText(person.replica)).toContain("kept ");
    expect(bodyText(person.replica)).toContain("loose ");
  }
  expect(hindranceOf(bob.replica)).toBe(null);
});

it("is one object until something changes, whatever is typed", () => {
  const [alice, bob] = gather("Alice", "Bob");
  const { people } = peopleOf(alice);
  const before = people.state();
  alice.write(type(0, "Hello"));
  expect(people.state()).toBe(before);
  bob.replica.rename("Robert");
  bob.close();
  sync([alice, bob]);
  expect(people.state().persons.find(({ key }) => key === bob.device)!.name).toBe("Robert");
});

it("gives as evidence both changes, each with a signature that holds for it", () => {
  const [alice, bob] = gather("Alice", "Bob");
  const twin = copyOf(bob);
  bob.write(type(0, "one"));
  twin.write(type(0, "two"));
  sync([alice, bob, twin]);
  const evidence = JSON.parse(new TextDecoder().decode(forkProof(alice.replica, bob.device)));
  expect(evidence).toMatchObject({ document: alice.replica.doc, device: bob.device });
  expect(evidence.sides.map(({ id }: { id: string }) => id).sort()).toEqual(
    alice.replica.numbered(bob.device as DeviceId, evidence.number).toSorted(),
  );
  for (const { signed } of evidence.sides) {
    const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
    const run = alice.replica.inspectRun(signed.changes.map(bytes), bytes(signed.signature));
    expect(run.ok && run.questions.map(verify)).toEqual([true]);
  }
});

it("keeps as many secrets of links as the limit says, and forgets the oldest", () => {
  const seed = (n: number): Bytes => new Uint8Array(32).fill(n);
  const full = Array.from({ length: LINK_SEEDS_MAX }, (_, n) => seed(n));
  expect(withSeeds([], ...full)).toEqual(full);
  expect(withSeeds(full, seed(250))).toEqual([...full.slice(1), seed(250)]);
  // Opened again: one secret is kept once, as the newest.
  expect(withSeeds(full, seed(3)).at(-1)).toEqual(seed(3));
  expect(withSeeds(full, seed(3))).toHaveLength(LINK_SEEDS_MAX);
  const before = { inviteSeed: seed(1) } as DocumentRecord;
  expect(seedsOf(before)).toEqual([seed(1)]);
});

it("says before a removal what of the person will not count: what is set aside here, and what others hold", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  const twin = copyOf(bob);
  alice.receiveAll(bob.write(type(0, "kept")));
  alice.receiveAll([...twin.write(type(0, "face")), ...twin.write(type(0, "more"))]);
  const { people } = peopleOf(alice);
  expect(people.removal(bob.device)).toEqual({ changes: 2, units: 8, unseen: 3 });
  await people.remove(bob.device, []);
  expect(bodyText(alice.replica)).toBe("kept");
  expect(people.state().aside.map(({ author, changes }) => [author, changes])).toEqual([[bob.device, 2]]);
});
