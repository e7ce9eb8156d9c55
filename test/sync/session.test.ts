// Goal: what people were promised about meeting and writing together, as stories between real sessions. Method: the
// simulated world of world.ts, which also checks for every frame that nothing is told before it is stored.
import { afterEach, expect, test } from "vitest";
import { LINK_PING_MS } from "../../src/sync/limits.ts";
import { frontierOf } from "../../src/sync/reconcile.ts";
import { type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

/** Alice has shared a document that says "Hello"; the others hold her link and nothing yet. */
function begin<N extends readonly string[]>(...names: N): [Tab, ...{ [I in keyof N]: Tab }] {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  return [alice, ...(names.map(name => world.join(name, alice)) as { [I in keyof N]: Tab })];
}

/** The same, all of them linked to her and up to date. */
function gathered<N extends readonly string[]>(...names: N): [Tab, ...{ [I in keyof N]: Tab }] {
  const tabs = begin(...names);
  const [alice, ...others] = tabs as readonly Tab[];
  for (const other of others) world.connect(alice!, other);
  world.run(2_000);
  return tabs;
}

const openWires = (tab: Tab) => [...tab.wires].filter(wire => !wire.isClosed).map(wire => wire.kind);

// -------------------------------------------------------------------------------------------- writing together

test("a newcomer by link gets everything, writes, and is a member", () => {
  const [alice, bob] = gathered("Bob");
  expect(bob.text).toBe("Hello");
  expect(bob.replica.roleOf(bob.replica.device)).toBe(null);
  bob.write(", world");
  world.run(1_000);
  expect(alice.text).toBe("Hello, world");
  expect(alice.replica.roleOf(bob.replica.device)).toBe("editor");
  expect(alice.status).toEqual({ kind: "shared", people: 1 });
  expect(bob.status).toEqual({ kind: "shared", people: 1 });
});

test("an edit is on the other side within a tenth of a second", () => {
  const [alice, bob] = gathered("Bob");
  alice.write("!");
  world.run(100);
  expect(bob.text).toBe("Hello!");
});

test("three people in a line share everything, although the ends never meet", () => {
  const [alice, bob, carol] = begin("Bob", "Carol");
  world.connect(alice, bob);
  world.connect(bob, carol);
  world.run(3_000);
  carol.write(" from Carol");
  world.run(3_000);
  alice.write(" and Alice");
  world.run(3_000);
  expect([alice.text, bob.text, carol.text]).toEqual(Array(3).fill("Hello from Carol and Alice"));
  // Carol holds all of Alice's, but said so only to Bob.
  expect(alice.status).toEqual({ kind: "shared", people: 1 });
});

test("what both wrote while apart is there after they meet again, in the same order for both", () => {
  const [alice, bob] = gathered("Bob");
  for (const wire of alice.wires) wire.cut();
  world.run(100);
  alice.write(" from Alice");
  bob.write(" from Bob");
  world.run(2_000);
  expect(alice.status).toEqual({ kind: "alone", waiting: 1 });
  expect(bob.status).toEqual({ kind: "alone", waiting: 1 });
  world.connect(alice, bob);
  world.run(2_000);
  expect(alice.text).toBe(bob.text);
  expect(alice.text).toContain(" from Alice");
  expect(alice.text).toContain(" from Bob");
  expect(alice.status).toEqual({ kind: "shared", people: 1 });
});

test("the status stands still while somebody types, whoever else is here, on the way or gone", () => {
  const [alice, bob, carol, dave, eve] = gathered("Bob", "Carol", "Dave", "Eve");
  for (const gone of [dave, eve]) gone.act(session => session.close());
  world.run(1_000);
  // Carol's disk is the slowest: she says last that she holds it.
  carol.profile.disk.delayMs = () => 60;
  const said = new Set<string>();
  said.add(JSON.stringify(alice.status));
  for (let ms = 0; ms < 4_000; ms++) {
    if (ms % 100 === 0) alice.write("x");
    world.run(1);
    said.add(JSON.stringify(alice.status));
  }
  expect(bob.text).toBe(alice.text);
  expect([...said]).toEqual(['{"kind":"shared","people":4}', '{"kind":"shared","people":2}']);
});

test("who takes nothing for a second is no longer counted, although others take everything", () => {
  const [alice, , carol] = gathered("Bob", "Carol");
  for (const wire of carol.wires) wire.hold();
  alice.write("a");
  world.run(500);
  expect(alice.status).toEqual({ kind: "shared", people: 2 });
  const told = alice.changes;
  world.run(1_000);
  expect(alice.status).toEqual({ kind: "shared", people: 1 });
  // And the screen is told to look, although nothing came.
  expect(alice.changes).toBeGreaterThan(told);
});

test("a document opened by link waits for somebody who has it", () => {
  const [alice, bob] = begin("Bob");
  expect(bob.status).toEqual({ kind: "waiting-for-holder" });
  world.connect(alice, bob);
  world.run(1_000);
  expect(bob.status).toEqual({ kind: "shared", people: 1 });
});

test("two people who hold the same exchange at most 150 bytes each way after the handshake", () => {
  const [alice, bob] = gathered("Bob");
  bob.write("!");
  world.run(1_000);
  for (const wire of alice.wires) wire.cut();
  world.run(1_000);
  const ends = world.connect(alice, bob);
  world.run(4_000);
  const said = ends.map(({ sizes }) => sizes.slice(2).reduce((sum, size) => sum + size, 0));
  console.log(`on equal heads: ${said.join(" and ")} bytes, frames of ${ends[0].sizes.join(", ")}`);
  expect(Math.max(...said)).toBeLessThanOrEqual(150);
});

// --------------------------------------------------------------------------------------------- several links

test("a direct link replaces the relay, and both ends agree", () => {
  for (const order of [
    ["relay", "webrtc"],
    ["webrtc", "relay"],
  ] as const) {
    const [alice, bob] = begin("Bob");
    for (const kind of order)
      world.connect(alice, bob, kind === "relay" ? { kind, fingerprints: null, delayMs: 40 } : { kind });
    world.run(3_000);
    expect(openWires(alice)).toEqual(["webrtc"]);
    expect(openWires(bob)).toEqual(["webrtc"]);
    expect(bob.text).toBe("Hello");
  }
});

test("of two links of one kind that open at the same time, one is left, the same at both ends", () => {
  for (let round = 0; round < 20; round++) {
    const [alice, bob] = begin("Bob");
    for (let i = 0; i < round; i++) world.luck.next();
    // The answers of the keys overtake each other.
    world.answerMs = () => world.luck.between(1, 30);
    for (let i = 0; i < 2; i++) world.connect(alice, bob, { delayMs: world.luck.between(1, 30) });
    world.run(3_000);
    expect([openWires(alice), openWires(bob)], `round ${round}`).toEqual([["webrtc"], ["webrtc"]]);
    alice.write("!");
    world.run(1_000);
    expect(bob.text).toBe("Hello!");
  }
}, 30_000);

test("two tabs of one person both keep their links", () => {
  const [alice, bob] = gathered("Bob");
  const second = bob.profile.open();
  world.connect(alice, second);
  world.run(3_000);
  expect(openWires(alice)).toHaveLength(2);
  expect(alice.status).toEqual({ kind: "shared", people: 1 });
  expect(alice.session.openPeers()).toHaveLength(1);
});

test("tabs of one profile keep a link between them idle", () => {
  const [alice] = begin();
  const second = alice.profile.open();
  world.connect(alice, second);
  world.run(30_000);
  expect(openWires(alice)).toEqual(["webrtc"]);
  expect(alice.status).toEqual({ kind: "saved" });
  expect(alice.said.have + alice.said.changes + alice.said.presence).toBe(0);
});

test("a link on which nothing is heard is given up after 16 seconds", () => {
  const [alice, bob] = gathered("Bob");
  for (const wire of [...bob.wires, ...alice.wires]) wire.hold();
  world.run(10_000);
  expect(openWires(alice)).toHaveLength(1);
  world.run(7_000);
  expect(openWires(alice)).toHaveLength(0);
  expect(alice.status.kind).toBe("alone");
});

test("a page that the browser wakes once a minute keeps its links while frames come", () => {
  const [alice, bob] = gathered("Bob");
  const tick = alice.session.tick.bind(alice.session);
  let wakesAt = 0;
  alice.session.tick = now => {
    if (now < wakesAt) return;
    wakesAt = now + 60_000;
    tick(now);
  };
  // Bob hears Alice's pongs, Alice hears Bob's pings.
  world.run(200_000);
  expect(openWires(alice)).toHaveLength(1);
  expect(openWires(bob)).toHaveLength(1);
});

// -------------------------------------------------------------------------------------------- credit and limits

test("a receiver that does not take gets no more than the window, and everything once it takes", () => {
  const [alice, bob] = gathered("Bob");
  const page = "0123456789abcdef".repeat(4_096);
  // Bob's verdicts do not come: nothing of it is judged, so nothing is taken.
  world.answerMs = () => 20_000;
  const before = [...alice.wires][0]!.sentBytes;
  for (let i = 0; i < 24; i++) {
    alice.write(page);
    alice.act(session => session.flush());
    world.run(20);
  }
  world.answerMs = () => 1;
  world.run(5_000);
  const bobJudges = world.runUntil(() => bob.text.length > 0, 100);
  expect(bobJudges).toBe(true);
  expect([...alice.wires][0]!.sentBytes - before).toBeLessThan(24 * 65_536);
  world.run(60_000);
  expect(bob.text.length).toBe(alice.text.length);
});

test("a long history goes over a slow link once", () => {
  const [alice, bob] = begin("Bob");
  for (let i = 0; i < 200; i++) {
    alice.write(String.fromCharCode(97 + (i % 26)).repeat(5_000));
    alice.act(session => session.flush());
    world.run(60);
  }
  const [end] = world.connect(alice, bob, { delayMs: 3_000 });
  expect(world.runUntil(() => bob.text.length === alice.text.length, 120_000, 100)).toBe(true);
  world.run(5_000);
  expect(end.sentBytes).toBeLessThan(1.2 * alice.text.length);
}, 30_000);

test("a long claim that a short one overtook is put right by the next frontier, and nothing is sent again for it", () => {
  const [alice, bob] = gathered("Bob");
  const [toAlice, toBob] = [bob.session.openPeers()[0]!, alice.session.openPeers()[0]!];
  const before = bob.session.claimFor(toAlice);
  alice.write("!");
  world.run(1_000);
  toAlice.send({ type: "have", how: "all", lanes: before });
  world.run(LINK_PING_MS);
  expect(toBob.lanes).toEqual(alice.session.claimFor(toBob));
  const { changes } = alice.said;
  world.run(30_000);
  expect(alice.said.changes).toBe(changes);
});

test("a frontier that waits takes nothing back of what was said after it", () => {
  const [alice, bob] = gathered("Bob");
  const [toAlice, toBob] = [bob.session.openPeers()[0]!, alice.session.openPeers()[0]!];
  const digest = frontierOf(toAlice.tagKey, bob.session.claimFor(toAlice));
  const lane = { device: "00000000", seq: 9, tag: new Uint8Array(8) };
  for (let i = 0; i < 2; i++) toAlice.send({ type: "frontier", digest });
  toAlice.send({ type: "have", how: "more", lanes: [lane] });
  world.run(1_000);
  expect(toBob.lanes).toContainEqual(lane);
});
