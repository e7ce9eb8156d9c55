// Goal: who lies costs bytes, never correctness; who may not read learns nothing; who floods is cut off. Method: the
// simulated world with one end of a link spoken by hand (puppet.ts).
import { beforeEach, describe, expect, test } from "vitest";
import { type Bytes, type ChangeId, toHex } from "../../src/crdt/index.ts";
import {
  BUFFERED_BYTES_HIGH,
  DEMERITS_MAX,
  IDLE_TICK_MS,
  PONGS_A_TICK,
  UNJUDGED_BYTES_MAX,
  UNTAKEN_FRAMES_MAX,
} from "../../src/sync/limits.ts";
import { encodeMessage, runOf, type SignedChange } from "../../src/sync/protocol.ts";
import { deviceTag } from "../../src/sync/reconcile.ts";
import { begin, forge, Key, type Letter, newcomer, type Person } from "../crdt/people.ts";
import { meet, type Puppet, type PuppetOptions } from "./puppet.ts";
import { wires } from "./wires.ts";
import { type Tab, World } from "./world.ts";

let world: World;
let alice: Tab;

beforeEach(() => {
  world = new World();
  alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
});

function puppet(options: Partial<PuppetOptions> = {}, tab = alice): Puppet {
  return meet(world, tab, wires(world.after), {
    key: new Key("Mallory"),
    doc: tab.replica.doc,
    inviteSeed: world.link.seed,
    ...options,
  });
}

const idsOf = (tab: Tab): ChangeId[] => [...tab.replica.changes()].map(({ id }) => id);

/** Gives somebody all that a tab holds. */
function fill(person: Person, tab: Tab): void {
  for (const id of idsOf(tab)) {
    const { changes, signature } = tab.replica.proofOf(id)!;
    const letters = changes.map(bytes => ({ id, bytes, signature }));
    person.receiveRun(letters);
  }
}

/** Somebody of the core's tests who holds the link and all that a tab holds, to make changes with. */
function editor(name: string, tab: Tab): Person {
  const owner = begin("nobody in particular");
  const person = newcomer(name, { ...owner, replica: tab.replica } as Person, world.link);
  fill(person, tab);
  return person;
}

const body = (text: string) => (root: Parameters<Parameters<Person["write"]>[0]>[0]) => {
  root.text("body").insert(0, text);
};
const changes = (letters: readonly SignedChange[]) =>
  ({ type: "changes", runs: letters.map(runOf) }) as const;
const altered = ({ id, bytes, signature }: Letter, at = bytes.length - 1): Letter => ({
  id,
  bytes: bytes.with(at, bytes[at]! ^ 1) as Bytes,
  signature,
});

describe("content goes only to a member or a holder of the link's key", () => {
  test("who holds the link is given everything", () => {
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(100);
    expect(mallory.changes).toBe(idsOf(alice).length);
    expect(mallory.heardOf("have").at(-1)!.lanes).toHaveLength(1);
  });

  test("a stranger who knows where we meet gets nothing and learns no lane", () => {
    const mallory = puppet({ inviteSeed: null });
    mallory.say({ type: "have", how: "all", lanes: [] });
    alice.caret(3, "Alice");
    alice.write("!");
    world.run(10_000);
    expect(mallory.isOpen).toBe(true);
    expect(mallory.changes).toBe(0);
    expect(mallory.heardOf("have").flatMap(({ lanes }) => lanes)).toEqual([]);
    expect(mallory.heardOf("presence")).toEqual([]);
  });

  test("a stranger learns no lane either by sending a change whose past is missing", () => {
    const mallory = puppet({ inviteSeed: null });
    const person = editor("Mallory", alice);
    person.write(body("first"));
    mallory.say(changes(person.write(body("second"))));
    world.run(1_000);
    expect(mallory.heardOf("have").flatMap(({ lanes }) => lanes)).toEqual([]);
  });

  test("the key of a link that nobody here knows opens nothing", () => {
    const mallory = puppet({ inviteSeed: new Key("another link").seed });
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(1_000);
    expect(mallory.changes).toBe(0);
  });

  test("a stranger's caret is not shown, and a stranger is not among the people", () => {
    const mallory = puppet({ inviteSeed: null });
    mallory.say({ type: "presence", presence: { name: "The bank", caret: { anchor: null, head: null } } });
    world.run(1_000);
    expect([...alice.session.presences()]).toEqual([]);
    expect(alice.session.openPeers()).toEqual([]);
  });
});

describe("a server in the middle", () => {
  test("is seen, said and shut out before anything was sent", () => {
    const [a, b] = [1, 2].map(n => new Uint8Array(32).fill(n)) as [Bytes, Bytes];
    const own = new Uint8Array(32).fill(9);
    const bob = world.join("Bob", alice);
    const [end] = world.connect(alice, bob, {
      fingerprints: [
        [a, own],
        [own, b],
      ],
    });
    world.run(1_000);
    expect(alice.session.notice).toBe("A connection was intercepted and closed; nothing was sent over it.");
    expect(bob.session.notice).toBe(alice.session.notice);
    expect([end.isClosed, end.sizes.length]).toEqual([true, 2]);
    expect(bob.text).toBe("");
    world.run(10_000);
    expect(alice.session.notice).toBe(null);
  });

  test("who signs with another key than the one claimed is taken for one", () => {
    const mallory = puppet({ device: new Key("Bob").id });
    expect(mallory.isClosed).toBe(true);
    expect(mallory.heard).toEqual([]);
    expect(alice.session.notice).toContain("intercepted");
  });

  test("another version is named", () => {
    puppet({ alter: (frame, which) => (which === 0 ? (frame.with(1, 3).with(2, 3) as Bytes) : frame) });
    expect(alice.session.notice).toBe("The other side uses a newer version; reload.");
    puppet({ alter: (frame, which) => (which === 0 ? (frame.with(1, 0).with(2, 0) as Bytes) : frame) });
    expect(alice.session.notice).toBe("The other side uses an older version, and has to reload.");
  });
});

describe("bad changes", () => {
  // Each line: what Mallory, who has the link, makes of a change of hers.
  const LIES: Record<string, (letter: Letter, person: Person) => SignedChange> = {
    "one byte altered": letter => altered(letter),
    "a byte of the header altered": letter => altered(letter, 3),
    "another's signature": letter => ({ ...letter, signature: new Key("Bob").sign(letter.bytes) }),
    "no sound signature": letter => ({ ...letter, signature: new Uint8Array(64) }),
    "cut short": letter => ({ ...letter, bytes: letter.bytes.slice(0, -1) }),
    garbage: letter => ({ ...letter, bytes: new Uint8Array(40).fill(7) }),
    empty: letter => ({ ...letter, bytes: new Uint8Array(0) }),
    "a number left out": (_, person) => forge(person, { header: { seq: 9 } }),
    "a depth that is not": (_, person) => forge(person, { header: { depth: 1_000 } }),
    "written without being a member": (_, person) => {
      const stranger = newcomer("Trudy", person, null);
      fill(stranger, alice);
      return forge(stranger, {});
    },
  };

  test.each(Object.keys(LIES))("%s: refused, never shown, one calm sentence for ten seconds", name => {
    const bob = world.join("Bob", alice);
    world.connect(alice, bob);
    world.run(1_000);
    const mallory = puppet();
    mallory.say({ type: "presence", presence: { name: "Mallory", caret: null } });
    const person = editor("Mallory", alice);
    const before = alice.replica.canonicalJson();
    const [letter] = person.write(body("evil"));
    mallory.say(changes([LIES[name]!(letter!, editor("Mallory", alice))]));
    world.run(500);
    expect(alice.replica.canonicalJson()).toBe(before);
    expect(alice.session.notice).toMatch(/^An edit from Mallory was refused: [a-z].*[a-z]\.$/);
    expect(mallory.isClosed).toBe(false);
    world.run(9_000);
    expect(alice.session.notice).not.toBe(null);
    world.run(1_000);
    expect(alice.session.notice).toBe(null);
    alice.write("!");
    world.run(1_000);
    expect(bob.text).toBe("Hello!");
    // The honest copy is taken all the same, if there is one.
    mallory.say(changes([letter!]));
    world.run(2_000);
    expect([alice.text, bob.text]).toEqual(["evilHello!", "evilHello!"]);
  });

  test("repeated and reordered ones are taken once and in order", () => {
    const mallory = puppet();
    const person = editor("Mallory", alice);
    const letters = [..."abcd"].flatMap(letter => person.write(body(letter)));
    for (const letter of [...letters, ...letters].reverse()) mallory.say(changes([letter, letter]));
    world.run(1_000);
    expect(alice.text).toBe("dcbaHello");
    expect(alice.session.notice).toBe(null);
  });

  test("too many of them close the link", () => {
    const mallory = puppet();
    for (let i = 1; i < DEMERITS_MAX; i++)
      mallory.say(changes([{ bytes: new Uint8Array(9), signature: new Uint8Array(64) }]));
    world.run(500);
    expect(mallory.isClosed).toBe(false);
    mallory.say(changes([{ bytes: new Uint8Array(9), signature: new Uint8Array(64) }]));
    world.run(500);
    expect(mallory.isClosed).toBe(true);
  });

  test("one that waited for an honest change is not laid at the door of who brings that", () => {
    const bob = world.join("Bob", alice);
    world.connect(alice, bob);
    world.run(1_000);
    const mallory = puppet();
    const person = editor("Mallory", alice);
    const honest = editor("Bob", alice);
    const good = honest.write(body("good "));
    person.receiveAll(good);
    // All of them wrong, all of them on top of Bob's.
    const forged = Array.from({ length: DEMERITS_MAX + 2 }, (_, i) =>
      forge(person, { header: { depth: 1_000 + i } }),
    );
    mallory.say(changes(forged));
    world.run(1_000);
    const second = puppet({ key: new Key("Bob"), inviteSeed: null });
    second.say(changes(good));
    world.run(1_000);
    expect(alice.text).toBe("good Hello");
    expect(second.isClosed).toBe(false);
    expect(alice.session.notice).toContain(`from somebody (${new Key("Mallory").id.slice(0, 6)}) was`);
  });

  test("what a gone peer sent without its past takes no place any more", () => {
    for (let i = 0; i < 5; i++) {
      const mallory = puppet();
      const person = editor("Mallory", alice);
      person.write(body("first"));
      world.answerMs = () => 100;
      mallory.say(changes(person.write(body("second"))));
      world.run(50);
      mallory.wire.close();
      world.run(1_000);
      world.answerMs = () => 1;
      const id = idsOf(alice).at(-1)!;
      expect(alice.replica.has(id)).toBe(true);
    }
    const person = editor("Mallory", alice);
    const first = person.write(body("first"));
    const mallory = puppet();
    mallory.say(changes(first));
    world.run(1_000);
    expect(alice.text).toBe("firstHello");
  });

  test("what somebody sent and then left is shown all the same", () => {
    const mallory = puppet();
    world.answerMs = () => 100;
    alice.profile.disk.delayMs = () => 50;
    alice.write("!");
    mallory.say(changes(editor("Mallory", alice).write(body("last words. "))));
    world.run(80);
    mallory.wire.close();
    world.run(2_000);
    expect(alice.text).toBe("last words. Hello!");
  });
});

describe("floods", () => {
  test("more changes than the window allows close the link", () => {
    const mallory = puppet();
    const person = editor("Mallory", alice);
    const letters = Array.from({ length: 60 }, () => person.write(body("x".repeat(40_000)))).flat();
    world.answerMs = () => 5_000;
    for (const letter of letters) mallory.say(changes([letter]));
    world.run(1_000);
    expect(letters.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(UNJUDGED_BYTES_MAX);
    expect(mallory.isClosed).toBe(true);
  });

  test("one who asks and never takes the answers is cut off", () => {
    const mallory = puppet();
    const [wire] = alice.wires;
    Object.defineProperty(wire, "bufferedBytes", { get: () => BUFFERED_BYTES_HIGH });
    const ask = (times: number): void => {
      for (let i = 0; i < times; i++) mallory.say({ type: "ping" });
      world.run(2 * IDLE_TICK_MS);
    };
    // What Alice says of herself waits with the answers.
    for (let i = 0; i < UNTAKEN_FRAMES_MAX / PONGS_A_TICK / 2; i++) ask(PONGS_A_TICK);
    expect(wire!.isClosed).toBe(false);
    for (let i = 0; i < UNTAKEN_FRAMES_MAX / PONGS_A_TICK / 2; i++) ask(PONGS_A_TICK);
    expect(wire!.isClosed).toBe(true);
  });

  test("a face that is claimed and shown by no rungs costs its claimant five seconds, and nobody else any", () => {
    const mallory = puppet();
    const bob = world.join("Bob", alice);
    const device = deviceTag(mallory.keys!.tags, alice.replica.device);
    mallory.say({ type: "have", how: "all", lanes: [{ device, seq: 1, tag: world.luck.bytes(8) }] });
    world.connect(alice, bob);
    world.run(3_000);
    expect(bob.text).toBe(alice.text);
    expect(mallory.heardOf("have").filter(({ how }) => how === "rungs")).toHaveLength(1);
    expect(mallory.changes).toBe(0);
    world.run(3_000);
    expect(mallory.changes).toBe(alice.replica.size);
  });

  test("ranges and frontiers of somebody who may not read are told nothing", () => {
    const mallory = puppet({ inviteSeed: null });
    mallory.say({ type: "frontier", digest: world.luck.bytes(8) });
    mallory.say({
      type: "ranges",
      ranges: [
        { depth: 1, tag: new Uint8Array(8), says: { type: "sum", sum: new Uint8Array(8) } },
        { depth: 2 ** 50, tag: new Uint8Array(8), says: { type: "holds", tags: [] } },
      ],
    });
    world.run(20_000);
    expect(mallory.heardOf("have").flatMap(({ lanes }) => lanes)).toEqual([]);
    expect([...mallory.heardOf("ranges"), ...mallory.heardOf("frontier")]).toEqual([]);
    expect(mallory.changes).toBe(0);
  });

  test("a count of taken bytes that cannot be costs a demerit, and changes nothing", () => {
    const mallory = puppet();
    for (let i = 0; i < DEMERITS_MAX; i++) mallory.say({ type: "took", bytes: 1e9 });
    world.run(1_000);
    expect(mallory.isClosed).toBe(true);
  });

  test("a claim longer than a frame does not break into a long change that is under way", () => {
    const bob = world.join("Bob", alice);
    const [end] = world.connect(alice, bob);
    world.run(1_000);
    // The link takes three frames and then no more for a while.
    let room = 3;
    Object.defineProperty(end, "bufferedBytes", { get: () => (room-- > 0 ? 0 : BUFFERED_BYTES_HIGH) });
    alice.write("x".repeat(150_000));
    world.run(300);
    const lanes = Array.from({ length: 600 }, () => ({
      device: toHex(world.luck.bytes(4)),
      seq: 1,
      tag: world.luck.bytes(8),
    }));
    const [peer] = alice.session.openPeers();
    peer!.send({ type: "have", how: "all", lanes });
    room = Number.POSITIVE_INFINITY;
    peer!.send({ type: "ping" });
    world.run(5_000);
    expect(end.isClosed).toBe(false);
    expect(bob.text).toBe(alice.text);
  });
});

describe("garbage", () => {
  test("as messages: never throws, never changes the document, and ends with a closed link", () => {
    const before = alice.replica.canonicalJson();
    for (let round = 0; round < 20; round++) {
      const mallory = puppet();
      for (let i = 0; i < 200 && !mallory.isClosed; i++) {
        const { luck } = world;
        const message = luck.bytes(luck.below(200));
        if (message.length > 0 && luck.chance(0.8)) message[0] = luck.between(1, 6);
        if (luck.chance(0.8)) mallory.sayBytes(message);
        else mallory.sayFrame(message);
        if (luck.chance(0.1)) mallory.say({ type: "ping" });
        if (luck.chance(0.1)) world.run(20);
      }
      world.run(1_000);
      expect(mallory.isClosed).toBe(true);
    }
    expect(alice.replica.canonicalJson()).toBe(before);
    expect(encodeMessage({ type: "ping" })).toHaveLength(1);
  });

  test("as frames on a sealed link: the first that does not open closes it", () => {
    const mallory = meet(world, alice, wires(world.after, { kind: "relay", fingerprints: null }), {
      key: new Key("Mallory"),
      doc: alice.replica.doc,
      inviteSeed: world.link.seed,
    });
    expect(mallory.heardOf("have")).toHaveLength(1);
    mallory.wire.inject(new Uint8Array(40));
    world.run(100);
    expect(mallory.isClosed).toBe(true);
  });

  test("before the handshake is done: kept within bounds, then closed", () => {
    world.answerMs = () => 5_000;
    const mallory = puppet();
    for (let i = 0; i < 300; i++) mallory.wire.inject(new Uint8Array(10));
    world.run(100);
    expect(mallory.isClosed).toBe(true);
  });

  test("no word at all: the link is closed after ten seconds", () => {
    const [near, far] = wires(world.after);
    alice.attach(near);
    world.run(11_000);
    expect(far.isClosed).toBe(true);
  });
});
