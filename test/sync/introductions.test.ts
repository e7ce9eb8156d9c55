// Goal: a device is told of only where somebody waits for it, where it holds the link that is shown, and where its signature
// holds; it gets nothing of the document before it is introduced, and all of it then. Method: sessions in a simulated world,
// and a puppet for the lies.

import { expect, test } from "vitest";
import { type Bytes, introductionMessage } from "../../src/crdt/index.ts";
import type { Asking } from "../../src/sync/introductions.ts";
import { DEMERITS_MAX } from "../../src/sync/limits.ts";
import { keyNamed } from "./lucky-ciphers.ts";
import { Puppet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { Profile, type Tab, World } from "./world.ts";

const LINK = keyNamed("a device link");

/** Alice's laptop, with her document. */
function laptop(): Tab {
  const world = new World();
  const alice = world.create("Alice");
  alice.write("Mine");
  world.run(500);
  return alice;
}

/** Somebody who opened the device link that names a laptop. */
function opened(alice: Tab, name: string, link = LINK): Tab {
  const profile = new Profile(alice.world, name);
  profile.link = link;
  profile.introducer = alice.replica.device;
  profile.doc = alice.replica.doc;
  return profile.open();
}

function awaited(alice: Tab): Asking[] {
  const came: Asking[] = [];
  alice.act(({ introductions }) => introductions.await(LINK.id, asking => came.push(asking)));
  return came;
}

test("a phone asks, gets nothing before it is introduced, and writes as its person from then on", () => {
  const alice = laptop();
  const { world } = alice;
  const came = awaited(alice);
  const phone = opened(alice, "phone");
  world.connect(alice, phone);
  world.run(3_000);
  expect(came.map(({ device }) => device)).toEqual([phone.replica.device]);
  expect(phone.replica.size).toBe(0);
  alice.act(session => {
    session.amend(({ people }) => people.introduce(came[0]!.device, came[0]!.signature));
    session.flush();
  });
  world.run(3_000);
  expect(phone.text).toBe("Mine");
  phone.write(" too");
  world.run(3_000);
  expect(alice.text).toContain(" too");
  expect(alice.replica.people.personOf(phone.replica.device)).toBe(alice.replica.device);
  // It holds all that Alice wrote, and is nobody else.
  expect(alice.status).toEqual({ kind: "saved" });
  expect(world.toldTooEarly).toEqual([]);
});

test("nobody is told of: unasked, by another link, after the waiting has stopped; and of one device once", () => {
  const alice = laptop();
  const { world } = alice;
  const early = opened(alice, "early");
  world.connect(alice, early);
  world.run(1_000);
  const came = awaited(alice);
  const stranger = opened(alice, "stranger", keyNamed("another link"));
  world.connect(alice, stranger);
  const phone = opened(alice, "phone");
  world.connect(alice, phone);
  world.connect(alice, phone);
  world.run(3_000);
  expect(came.map(({ device }) => device)).toEqual([phone.replica.device]);
  alice.act(({ introductions }) => introductions.stop());
  const late = opened(alice, "late");
  world.connect(alice, late);
  world.run(3_000);
  expect(came).toHaveLength(1);
  expect([early, stranger, phone, late].map(({ replica }) => replica.size)).toEqual([0, 0, 0, 0]);
});

test("a signature for something else is not told of, and costs its sender the link in the end", () => {
  const alice = laptop();
  const { world } = alice;
  const came = awaited(alice);
  const { doc, device } = alice.replica;
  const key = keyNamed("Mallory's phone");
  const [hers, his] = wires(world.after);
  alice.attach(hers);
  const mallory = new Puppet(world, his, { key, doc, inviteSeed: LINK.seed });
  world.run(1_000);
  expect(mallory.isOpen).toBe(true);
  const wrong: Bytes = key.sign(introductionMessage(doc, key.id));
  for (let i = 0; i < DEMERITS_MAX; i++) {
    mallory.say({ type: "introduction", signature: wrong });
    world.run(50);
  }
  expect(came).toEqual([]);
  expect(mallory.isOpen).toBe(false);
  // Hers alone is hers: another key's signature for the right introducer does not make that key's device ask.
  const [again, other] = wires(world.after);
  alice.attach(again);
  const second = new Puppet(world, other, { key, doc, inviteSeed: LINK.seed });
  world.run(1_000);
  second.say({ type: "introduction", signature: keyNamed("Bob").sign(introductionMessage(doc, device)) });
  world.run(500);
  expect(came).toEqual([]);
  second.say({ type: "introduction", signature: key.sign(introductionMessage(doc, device)) });
  world.run(500);
  expect(came.map(asking => asking.device)).toEqual([key.id]);
});
