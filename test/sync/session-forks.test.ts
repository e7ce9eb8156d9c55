// Goal: who holds one face of a two-faced device hears of the other by its proof, whoever brings it, and past a reload; what
// is no proof costs its sender. Method: real sessions in the simulated world, with one end of a link spoken by hand.
import { afterEach, expect, test } from "vitest";
import { encodeFork, type WholeRun } from "../../src/crdt/graph/fork-bytes.ts";
import { type Bytes, type DeviceId, toHex } from "../../src/crdt/index.ts";
import { DEMERITS_MAX } from "../../src/sync/limits.ts";
import { runOf } from "../../src/sync/protocol.ts";
import { forge, Key, type Letter, newcomer, type Person } from "../crdt/people.ts";
import { meet, type Puppet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { Profile, type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

const NOTHING = new Uint8Array(0);
const MALLORY = new Key("Mallory");

interface Scene {
  readonly alice: Tab;
  readonly bob: Tab;
  readonly x: Letter;
  readonly y: Letter;
  readonly proof: Bytes;
}

/** Alice and Bob hold the document, apart; Mallory's two faces, and the proof, in nobody's hands yet. */
function scene(): Scene {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(2_000);
  bob.write("!");
  world.run(1_000);
  for (const wire of alice.wires) wire.cut();
  world.run(100);
  const [one, two, witness] = ["Mallory", "Mallory", "Witness"].map(name => editor(name, alice)) as Person[];
  const x = one!.write(root => root.text("body").insert(0, "x "))[0]!;
  const y = two!.write(root => root.text("body").insert(0, "y "))[0]!;
  witness!.receiveAll([x, y]);
  return { alice, bob, x, y, proof: witness!.replica.forks.proofOf(MALLORY.id)! };
}

/** Somebody of the core's tests who holds what a tab holds. */
function editor(name: string, tab: Tab): Person {
  const person = newcomer(name, { replica: tab.replica } as Person, world.link);
  for (const { id } of tab.replica.changes()) {
    const { changes, signature } = tab.replica.proofOf(id)!;
    person.receiveRun(changes.map(bytes => ({ id, bytes, signature })));
  }
  return person;
}

function puppetAt(tab: Tab, key = MALLORY): Puppet {
  const puppet = meet(world, tab, wires(world.after), {
    key,
    doc: tab.replica.doc,
    inviteSeed: world.link.seed,
  });
  world.run(100);
  return puppet;
}

const reasons = (tab: Tab) => tab.replica.people.aside.map(({ reason }) => reason);

test("who holds one face alone learns of the other by the proof, and it is known after a reload", () => {
  const { bob, x, proof } = scene();
  const puppet = puppetAt(bob);
  puppet.say({ type: "changes", runs: [runOf(x)] });
  world.run(1_000);
  expect(bob.text).toBe("x Hello!");
  puppet.say({ type: "fork", proof });
  world.run(1_000);
  expect(bob.text).toBe("Hello!");
  expect(reasons(bob)).toEqual(["two-faced"]);
  expect(puppet.heardOf("forks").at(-1)!.forks).toHaveLength(1);
  bob.crash();
  const again = bob.profile.open();
  expect(again.text).toBe("Hello!");
  // It was here in good faith, and is named once the page writes.
  again.write("?");
  world.run(500);
  expect(again.text).toBe("x Hello!?");
});

test("the proof goes on to those who hold a face, and to a newcomer once it does", () => {
  const { alice, bob, x, proof } = scene();
  const puppet = puppetAt(bob);
  puppet.say({ type: "changes", runs: [runOf(x)] });
  world.run(500);
  world.connect(alice, bob);
  world.run(1_000);
  expect(alice.text).toBe("x Hello!");
  puppet.say({ type: "fork", proof });
  world.run(2_000);
  expect([alice.text, bob.text]).toEqual(["Hello!", "Hello!"]);
  const carol = world.join("Carol", alice);
  world.connect(alice, carol);
  world.run(3_000);
  expect(carol.text).toBe("Hello!");
  expect(carol.replica.forks.all).toEqual(alice.replica.forks.all);
  const { fork } = { ...carol.said };
  world.run(30_000);
  // Told once, and then at rest.
  expect(carol.said.fork).toBe(fork);
  expect(bob.said.fork + alice.said.fork + carol.said.fork).toBeLessThanOrEqual(3);
});

test("of both faces, shown to one each, everybody ends with the same, before and after reloads", () => {
  const { alice, bob, x, y } = scene();
  puppetAt(bob).say({ type: "changes", runs: [runOf(x)] });
  puppetAt(alice).say({ type: "changes", runs: [runOf(y)] });
  world.run(500);
  alice.write(" a");
  bob.write(" b");
  world.run(500);
  world.connect(alice, bob);
  world.run(5_000);
  for (const tab of [alice, bob]) expect(tab.replica.people.asideCount).toBe(0);
  expect(alice.text).toBe(bob.text);
  expect(alice.text).toContain("x ");
  expect(alice.text).toContain("y ");
  expect(bob.replica.forks.all).toEqual(alice.replica.forks.all);
});

test("what is no proof is refused, said, costs its sender a demerit each, and the accused nothing", () => {
  const { alice, bob, x } = scene();
  puppetAt(bob).say({ type: "changes", runs: [runOf(x)] });
  world.run(500);
  const trudy = puppetAt(bob, new Key("Trudy"));
  const person = editor("Mallory", alice);
  const framed = forge(person, { ops: () => [], signer: new Key("Trudy") });
  const sides = [x, framed].sort((a, b) => (a.id < b.id ? -1 : 1));
  const runs = sides.map(({ bytes, signature }) => ({ first: bytes, count: 0, rows: NOTHING, signature }));
  const proof = encodeFork(runs as [WholeRun, WholeRun]);
  trudy.say({ type: "fork", proof });
  world.run(500);
  expect(bob.session.notice).toContain("says of another device is not so: the signature does not match");
  expect(bob.replica.forks.of(MALLORY.id)).toBe(null);
  expect(bob.text).toBe("x Hello!");
  for (let i = 2; i < DEMERITS_MAX; i++) trudy.say({ type: "fork", proof: Uint8Array.of(i) });
  world.run(500);
  expect(trudy.isClosed).toBe(false);
  trudy.say({ type: "fork", proof });
  world.run(500);
  expect(trudy.isClosed).toBe(true);
  expect(reasons(bob)).toEqual([]);
});

test("a store that does not take a proof is asked again", () => {
  const { bob, x, proof } = scene();
  const puppet = puppetAt(bob);
  puppet.say({ type: "changes", runs: [runOf(x)] });
  world.run(500);
  bob.profile.disk.refuses = "quota";
  puppet.say({ type: "fork", proof });
  world.run(1_000);
  expect(bob.profile.disk.journal.forks).toBe(undefined);
  bob.profile.disk.refuses = null;
  bob.write("?");
  world.run(3_000);
  expect([...bob.profile.disk.journal.forks!.keys()]).toEqual([MALLORY.id satisfies DeviceId]);
  expect(toHex(bob.profile.disk.journal.forks!.get(MALLORY.id)!.proof)).toBe(toHex(proof));
});

test("a stranger is told of nobody's faces", () => {
  const { bob, x, proof } = scene();
  const puppet = puppetAt(bob);
  puppet.say({ type: "changes", runs: [runOf(x)] }, { type: "fork", proof });
  world.run(1_000);
  const stranger = meet(world, bob, wires(world.after), {
    key: new Key("Trudy"),
    doc: bob.replica.doc,
    inviteSeed: new Key("no link").seed,
  });
  world.run(1_000);
  stranger.say({ type: "forks", forks: [] });
  world.run(1_000);
  expect([...stranger.heardOf("forks"), ...stranger.heardOf("fork")]).toEqual([]);
});

test("an honest device whose disk was restored goes on under a fresh key, and all that both copies wrote counts everywhere", () => {
  const { alice, bob } = scene();
  world.connect(alice, bob);
  world.run(1_000);
  const { disk } = bob.profile;
  const backup = disk.journal;
  bob.write(" one");
  world.run(1_000);
  bob.crash();
  disk.journal = backup;
  const old = bob.profile.open();
  old.write(" two");
  world.run(500);
  world.connect(alice, old);
  world.run(3_000);
  expect(alice.text).not.toContain(" two");
  expect(old.replica.forks.of(bob.replica.device)).not.toBe(null);
  // What the app does (adapters/renewing.ts): another key, the same store, the link.
  const profile = new Profile(world, "Bob's fresh key");
  profile.link = world.link;
  profile.doc = alice.replica.doc;
  profile.disk.journal = { ...disk.journal, head: null };
  old.crash();
  const fresh = profile.open();
  fresh.act(session => {
    session.amend(({ people }) => people.succeed(bob.replica.device, "Bob"));
    session.flush();
  });
  world.connect(alice, fresh);
  world.run(3_000);
  fresh.write("!");
  world.run(1_000);
  for (const tab of [alice, fresh]) {
    for (const word of ["Hello", " one", " two", "!"]) expect(tab.text).toContain(word);
    expect(tab.replica.people.asideCount).toBe(0);
  }
  expect(alice.text).toBe(fresh.text);
});

const WORDS = 40;
const WORD = 1_000;

test("of more branches than there is room for each keeps some, and is at rest; what somebody builds on comes to all", () => {
  world = new World();
  const alice = world.create("Alice", { editor: { keys: null, opsMax: 1_000, bytesMax: 60_000 } });
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(2_000);
  bob.write("!");
  world.run(1_000);
  for (const wire of alice.wires) wire.cut();
  world.run(100);
  // Two branches come to each while they are apart, each too long for one message; of the second there is room for a part.
  const branches = Array.from({ length: 4 }, (_, i) => {
    const mallory = editor("Mallory", alice);
    const word = `${i}`.repeat(WORD);
    return Array.from({ length: WORDS }, () => mallory.write(root => root.text("body").insert(0, word))[0]!);
  });
  for (const [i, tab] of [alice, bob].entries()) {
    const puppet = puppetAt(tab);
    for (const branch of branches.slice(2 * i, 2 * i + 2))
      for (const letter of branch) puppet.say({ type: "changes", runs: [runOf(letter)] });
    world.run(3_000);
    expect(tab.session.notice).toContain("two-faced");
    // That is nothing to be blamed for.
    expect(puppet.isClosed).toBe(false);
    puppet.wire.cut();
  }
  const kept = (tab: Tab) => tab.replica.laneTips.filter(({ author }) => author === MALLORY.id).length;
  expect([alice, bob].map(kept)).toEqual([2, 2]);
  world.connect(alice, bob);
  world.run(10_000);
  expect([alice.text, bob.text]).toEqual(["Hello!", "Hello!"]);
  const said = [{ ...alice.said }, { ...bob.said }];
  world.run(60_000);
  expect([alice.said.changes, bob.said.changes]).toEqual(said.map(({ changes }) => changes));
  // What each had first was received in good faith, and counts once they write; all of it comes to the other.
  alice.write(" a");
  bob.write(" b");
  world.run(20_000);
  expect(alice.text === bob.text).toBe(true);
  const shown = [..."0123"].map(digit => (alice.text.split(digit).length - 1) / WORD);
  expect(shown).toEqual([WORDS, 0, WORDS, 0]);
  // Of the rest they lack each other's still; writing on does not bring it up again.
  const asked = bob.questions;
  for (let i = 0; i < 10; i++) {
    alice.write(".");
    world.run(6_000);
  }
  expect(bob.questions - asked).toBeLessThanOrEqual(10);
  const carol = world.join("Carol", alice);
  world.connect(alice, carol);
  world.connect(bob, carol);
  world.run(20_000);
  expect(carol.text === alice.text).toBe(true);
});
