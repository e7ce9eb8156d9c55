// Goal: who was let in by somebody who had been removed at that time hears of it, goes on writing for themselves, and once they
// are let in all of it reaches everybody. Method: real sessions in the simulated world.
import { afterEach, expect, test } from "vitest";
import { hindranceOf } from "../../src/sync/adapters/document-people.ts";
import { keyNamed } from "./lucky-ciphers.ts";
import { Profile, type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

function part(tab: Tab): void {
  for (const wire of tab.wires) wire.cut();
  world.run(100);
}

function meet(a: Tab, b: Tab): void {
  world.connect(a, b);
  world.run(3_000);
}

function say(by: Tab, say: Parameters<Tab["session"]["amend"]>[0]): void {
  by.act(session => {
    session.amend(say);
    session.flush();
  });
  world.run(500);
}

/** Alice removed Carol, an admin, who lets Bob in and has not heard of it. Bob and Dave hold all but that. */
function fallen(): { alice: Tab; bob: Tab; carol: Tab; dave: Tab } {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const [carol, dave] = ["Carol", "Dave"].map(name => {
    const tab = world.join(name, alice);
    meet(alice, tab);
    tab.write("!");
    world.run(1_000);
    return tab;
  }) as [Tab, Tab];
  say(alice, ({ people }) => people.setRole(carol.replica.device, "admin"));
  world.run(1_000);
  part(alice);
  const link = keyNamed("a link of Carol's");
  say(carol, ({ people }) => people.invite(link.id, "editor"));
  say(alice, ({ people }) => people.dismiss(carol.replica.device));
  const profile = new Profile(world, "Bob");
  profile.doc = alice.replica.doc;
  profile.link = link;
  const bob = profile.open();
  meet(carol, bob);
  bob.write(" of Bob");
  world.run(1_000);
  meet(carol, dave);
  expect([bob.replica.mayWrite, bob.text, dave.text]).toEqual([true, "Hello!! of Bob", "Hello!! of Bob"]);
  part(bob);
  part(dave);
  return { alice, bob, carol, dave };
}

function hasFallen({ replica }: Tab): boolean {
  return replica.people.hasFallen(replica.device) && !replica.mayWrite;
}

function letIn(alice: Tab, bob: Tab): void {
  say(alice, ({ people }) => {
    people.setRole(bob.replica.device, "editor");
    const theirs = alice.replica.laneTips.filter(({ author }) => author === bob.replica.device);
    people.admit(theirs.map(({ id }) => id));
  });
  world.run(3_000);
}

test("is told so by whoever knows, and what is written then is kept here and sent to nobody", () => {
  const { alice, bob } = fallen();
  alice.write(" in private");
  world.run(500);
  meet(alice, bob);
  expect(hasFallen(bob)).toBe(true);
  expect([alice.text, bob.text]).toEqual(["Hello!! in private", "Hello!!"]);
  const { rows } = bob.profile.disk.journal;
  const count = rows.length;
  bob.write(" held");
  world.run(5_000);
  expect(bob.text).toBe("Hello!! held");
  expect(bob.status).toEqual({ kind: "held" });
  expect([bob.profile.disk.journal.rows.length, bob.replica.ownHead!.seq]).toEqual([count, 1]);
  expect(alice.text).toBe("Hello!! in private");
  expect(bob.session.lastWords?.draft).not.toBe(null);
});

test("others' text comes in meanwhile, it outlives a reload, and all hold the same once they are let in", () => {
  const { alice, bob, dave } = fallen();
  meet(alice, bob);
  bob.write(" and more");
  world.run(1_000);
  // Dave has not heard of anything.
  dave.write("Dave: ", 0);
  world.run(500);
  meet(dave, bob);
  expect(bob.text).toContain("Dave: Hello!!");
  expect(bob.text).toContain(" and more");
  bob.write("?");
  world.run(1_000);
  const shown = bob.text;
  bob.leave();
  const again = bob.profile.open();
  world.run(1_000);
  expect([again.text, again.status.kind, hasFallen(again)]).toEqual([shown, "held", true]);
  meet(alice, again);
  expect(alice.replica.people.hasFallen(bob.replica.device)).toBe(true);
  letIn(alice, again);
  expect([again.replica.isHeld, again.replica.hasDraft, again.status.kind]).toEqual([false, false, "shared"]);
  meet(alice, dave);
  meet(dave, again);
  for (const tab of [dave, again]) expect(tab.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
  for (const words of [" and more", "?", " of Bob"]) expect(alice.text).toContain(words);
});

test("is closed before more is taken in, where what lets them in comes together with other things", () => {
  const { alice, bob, dave } = fallen();
  meet(alice, bob);
  bob.write(" held");
  world.run(1_000);
  meet(alice, dave);
  part(bob);
  letIn(alice, bob);
  // On top of that Dave writes, and it all reaches Bob in one message, or in two that are judged at once.
  dave.write(" Dave", 0);
  world.run(2_000);
  alice.write(" Alice");
  world.run(2_000);
  world.connect(alice, bob);
  world.connect(dave, bob);
  world.run(5_000);
  expect([bob.replica.isHeld, bob.replica.hasDraft]).toEqual([false, false]);
  for (const words of [" held", " Dave", " Alice"])
    expect([alice, bob, dave].map(tab => tab.text.includes(words))).toEqual([true, true, true]);
});

test("two pages hold each their own, and hand on what a third one held that was closed", () => {
  const { alice, bob } = fallen();
  meet(alice, bob);
  const other = bob.profile.open();
  bob.write(" one");
  other.write("two ", 0);
  world.run(2_000);
  expect([bob.text, other.text]).toEqual(["Hello!! one", "two Hello!!"]);
  other.leave();
  const third = bob.profile.open();
  third.write("3");
  world.run(1_000);
  letIn(alice, bob);
  meet(alice, third);
  world.run(3_000);
  for (const tab of [alice, bob, third]) {
    expect(tab.text).toMatch(/^two Hello!!/);
    expect(tab.text).toContain(" of Bob");
    expect(tab.text).toContain(" one3");
    expect(tab.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
  }
});

test("what a page holds is stored before it has a number, where it hears from the store alone that they are let in", () => {
  const { alice, bob } = fallen();
  meet(alice, bob);
  const other = bob.profile.open();
  other.write("two ", 0);
  world.run(2_000);
  expect([other.status.kind, other.wires.size]).toEqual(["held", 0]);
  const numbersTaken: number[] = [];
  const look = (): boolean => {
    const stored = bob.profile.disk.journal.head!.seq;
    const taken = other.replica.ownHead!.seq;
    if (taken > stored) numbersTaken.push(taken);
    return alice.text.startsWith("two ");
  };
  say(alice, ({ people }) => {
    people.setRole(bob.replica.device, "editor");
    people.admit([bob.replica.ownHead!.id]);
  });
  expect(world.runUntil(look, 5_000, 1)).toBe(true);
  expect(numbersTaken).toEqual([]);
  expect(bob.profile.disk.journal.rows.map(({ id }) => id)).toContain(other.replica.ownHead!.id);
  for (const tab of [bob, other]) expect(tab.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
});

test("what a page held that was closed is taken up by the next one, also where that opens when they are let in", () => {
  const { alice, bob } = fallen();
  meet(alice, bob);
  const other = bob.profile.open();
  world.run(500);
  other.write("two ", 0);
  other.write("!", 5);
  world.run(1_000);
  other.leave();
  expect(bob.profile.lastWords).toHaveLength(1);
  letIn(alice, bob);
  const next = bob.profile.open();
  world.run(2_000);
  meet(next, alice);
  expect(next.text).toMatch(/^two H!ello!!/);
  for (const tab of [bob, next]) expect(tab.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
});

test("who was raised by somebody who had been removed writes on as well, and asks to edit", () => {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const [carol, bob] = ["Carol", "Bob"].map(name => {
    const tab = world.join(name, alice);
    meet(alice, tab);
    return tab;
  }) as [Tab, Tab];
  bob.write("!");
  world.run(1_000);
  say(alice, ({ people }) => {
    people.setRole(carol.replica.device, "admin");
    people.setRole(bob.replica.device, "reader");
  });
  world.run(1_000);
  expect(hindranceOf(bob.replica)).toBe("role");
  part(alice);
  say(carol, ({ people }) => people.setRole(bob.replica.device, "editor"));
  say(alice, ({ people }) => people.dismiss(carol.replica.device));
  meet(carol, bob);
  bob.write(" of Bob");
  world.run(1_000);
  part(bob);
  meet(alice, bob);
  expect([bob.replica.role, hindranceOf(bob.replica), bob.text]).toEqual(["reader", "fell", "Hello!"]);
  bob.write(" held");
  world.run(2_000);
  expect([bob.status, alice.text]).toEqual([{ kind: "held" }, "Hello!"]);
  letIn(alice, bob);
  for (const words of [" of Bob", " held"]) expect(alice.text).toContain(words);
  expect(bob.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
});

test("who was let in by a link that is over hears of its end where they were let read, and writes on as well", () => {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const carol = world.join("Carol", alice);
  meet(alice, carol);
  carol.write("!");
  world.run(1_000);
  part(alice);
  const bob = world.join("Bob", carol);
  meet(carol, bob);
  bob.write(" of Bob");
  world.run(1_000);
  say(alice, ({ people }) => people.revoke(world.link.id));
  meet(alice, carol);
  world.run(3_000);
  expect([hasFallen(bob), bob.text]).toEqual([true, "Hello!"]);
  bob.write(" held");
  world.run(1_000);
  meet(alice, bob);
  letIn(alice, bob);
  for (const tab of [alice, carol, bob]) expect(tab.text).toContain(" held");
  expect(bob.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
});

test("who came by a link that was made rightly and is over hears nothing by it from who never let them read", () => {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const carol = world.join("Carol", alice);
  meet(alice, carol);
  carol.write("!");
  world.run(1_000);
  part(alice);
  alice.write(" in private");
  world.run(500);
  say(alice, ({ people }) => people.revoke(world.link.id));
  // The link leaked after that, and an old copy.
  const mallory = world.join("Mallory", carol);
  meet(carol, mallory);
  mallory.write("?");
  world.run(1_000);
  part(mallory);
  meet(alice, mallory);
  world.run(3_000);
  expect(alice.replica.people.hasFallen(mallory.replica.device)).toBe(true);
  expect(mallory.text).not.toContain("private");
});

test("what somebody who was removed typed at that moment is no change that others refuse", () => {
  const { alice, dave } = fallen();
  meet(alice, dave);
  say(alice, ({ people }) => people.dismiss(dave.replica.device));
  world.run(2_000);
  expect([dave.replica.mayWrite, dave.replica.people.hasFallen(dave.replica.device)]).toEqual([false, false]);
  const { seq } = dave.replica.ownHead!;
  // The page lets nobody type any more; a letter was under way.
  dave.write("?");
  world.run(2_000);
  expect([dave.replica.ownHead!.seq, dave.status.kind]).toEqual([seq, "held"]);
  letIn(alice, dave);
  expect(dave.replica.canonicalJson()).toBe(alice.replica.canonicalJson());
  expect(alice.text).toContain("?");
});
