// Goal: what came under one signature is passed on with it, from one to the next, after a reload, in part, past a fork and
// past a liar; and a keystroke is small on the wire. Method: the simulated world; runs are made by people of the core's
// tests, who sign as seldom as they like.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeChange } from "../../src/crdt/graph/codec.ts";
import { packRun } from "../../src/crdt/graph/rows.ts";
import type { WrittenChange } from "../../src/crdt/graph/written.ts";
import { load, openFile, type PackedRun, type Refusal, save } from "../../src/crdt/index.ts";
import { LaneTags } from "../../src/sync/lane-tags.ts";
import { TAGS_MAX, UNPACKED_BYTES_MAX } from "../../src/sync/limits.ts";
import { runOf, type SentRun } from "../../src/sync/protocol.ts";
import { laneTag } from "../../src/sync/reconcile.ts";
import { begin, forge, Key, type Letter, newcomer, type Person } from "../crdt/people.ts";
import { meet, type Puppet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { type Tab, World } from "./world.ts";

let world: World;
let bob: Tab;

/** Bob's document says "Hello"; Alice, of the core's tests, holds all of it. */
beforeEach(() => {
  world = new World();
  bob = world.create("Bob");
  bob.write("Hello");
  world.share(bob);
});
afterEach(() => expect(world.toldTooEarly).toEqual([]));

function writer(name = "Alice"): Person {
  const person = newcomer(
    name,
    { ...begin("nobody in particular"), replica: bob.replica } as Person,
    world.link,
  );
  for (const { id } of bob.replica.changes()) {
    const { changes, signature } = bob.replica.proofOf(id)!;
    person.receiveRun(changes.map(bytes => ({ id, bytes, signature })));
  }
  return person;
}

const type = (person: Person, text: string) =>
  [...text].flatMap((letter, i) => person.write(root => root.text("body").insert(i, letter)));

function puppet(tab = bob, name = "Alice"): Puppet {
  return meet(world, tab, wires(world.after), {
    key: new Key(name),
    doc: tab.replica.doc,
    inviteSeed: world.link.seed,
  });
}

/** Letters as a run that stands for itself, its newest signed for all. */
function packed(person: Person, letters: readonly Letter[], signature = letters.at(-1)!.signature): SentRun {
  const changes = letters.map(({ bytes }) => decodeChange(bytes) as WrittenChange);
  return sent(packRun(changes, signature, person.replica.ground.graph, null));
}

function sent({ first, ...run }: PackedRun): SentRun {
  return { ...run, start: { type: "whole", bytes: first! } };
}

const say = (...runs: SentRun[]) => ({ type: "changes", runs }) as const;
const signed = ({ replica }: Tab, letters: readonly Letter[]) =>
  letters.map(({ id }) => replica.get(id)!.signature !== null);

/** Bob holds five keystrokes of Alice's under one signature. */
function story(): { person: Person; letters: Letter[] } {
  const person = writer();
  const letters = type(person, "12345");
  const alice = puppet();
  alice.say(say(packed(person, letters)));
  world.run(1_000);
  alice.wire.close();
  world.run(100);
  expect(bob.text).toBe("12345Hello");
  expect(signed(bob, letters)).toEqual([false, false, false, false, true]);
  return { person, letters };
}

describe("changes that came under one signature", () => {
  test("go on from Bob to Carol and arrive there verified", () => {
    const { letters } = story();
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    expect(carol.text).toBe("12345Hello");
    expect(signed(carol, letters).at(-1)).toBe(true);
    expect(carol.session.notice).toBe(null);
  });

  test("go on to her after Bob reloaded, and from her to Dave after she did", () => {
    story();
    const held = bob.profile;
    bob.crash();
    bob = held.open();
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    expect(carol.text).toBe("12345Hello");
    const dave = world.join("Dave", bob);
    bob.crash();
    const hers = carol.profile;
    carol.crash();
    world.connect(hers.open(), dave);
    world.run(2_000);
    expect(dave.text).toBe("12345Hello");
  });

  test("go on to her where she holds half of them already", () => {
    const { person, letters } = story();
    for (const half of [1, 3]) {
      const carol = world.join("Carol", bob);
      const alice = puppet(carol);
      for (const { id } of bob.replica.changes()) {
        if (letters.some(letter => letter.id === id)) continue;
        const { changes, signature } = bob.replica.proofOf(id)!;
        alice.say(say(...changes.slice(0, 1).map(bytes => runOf({ bytes, signature }))));
      }
      const genesis = [...bob.replica.changes()][0]!.id;
      const proof = bob.replica.proofOf(genesis)!;
      alice.say(
        say(
          packed(
            person,
            proof.changes.map((bytes, i) => letterAt(bytes, i)),
            proof.signature,
          ),
        ),
      );
      alice.say(say(packed(person, letters.slice(0, half))));
      world.run(1_000);
      expect(carol.text).toHaveLength(half + 5);
      world.connect(bob, carol);
      world.run(2_000);
      expect(carol.text).toBe("12345Hello");
      carol.crash();
    }
  });

  test("go on to her with both branches where Alice forked inside of them", () => {
    const twin = writer("Alice");
    const { person, letters } = story();
    twin.receiveRun(letters.slice(0, 2));
    const others = type(twin, "abc");
    const alice = puppet();
    alice.say(say(packed(twin, [...letters.slice(0, 2), ...others])));
    world.run(1_000);
    expect(person.replica.has(others[0]!.id)).toBe(false);
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(8_000);
    expect(carol.replica.heads).toEqual(bob.replica.heads);
    for (const { id } of [...letters, ...others]) expect(carol.replica.has(id)).toBe(true);
  });

  test("go on to her, after a reload too, where Mallory let the end of them be refused", () => {
    const mallory = writer("Mallory");
    const letters = type(mallory, "123");
    const bad = forge(mallory, { header: { opTotal: 99 } });
    const liar = puppet(bob, "Mallory");
    const whole = Uint8Array.of(16, ...varint(bad.bytes.length), ...bad.bytes);
    const run = packed(mallory, letters);
    liar.say(
      say({
        ...run,
        count: run.count + 1,
        rows: Uint8Array.of(...run.rows, ...whole),
        signature: bad.signature,
      }),
    );
    world.run(1_000);
    liar.wire.close();
    expect(bob.text).toBe("123Hello");
    expect(bob.session.notice).toContain("was refused: its running totals do not add up.");
    const held = bob.profile;
    bob.crash();
    expect(held.disk.journal.rows.filter(({ tail }) => tail !== undefined)).toHaveLength(1);
    bob = held.open();
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    expect(carol.text).toBe("123Hello");
    expect(signed(carol, letters)).toEqual([false, false, false]);
  });
});

describe("a run with one bit altered", () => {
  test("is refused wherever it is, and the honest one is taken afterwards", () => {
    const person = writer();
    const letters = type(person, "12345");
    const run = packed(person, letters);
    const before = bob.replica.heads;
    const { start, rows, signature } = run;
    if (start.type !== "whole") throw new Error("Expected a run that stands for itself");
    const altered = [
      ...[...start.bytes.keys()].map(at => ({ ...run, start: { ...start, bytes: bent(start.bytes, at) } })),
      ...[...rows.keys()].map(at => ({ ...run, rows: bent(rows, at) })),
      ...[0, 31, 40, 63].map(at => ({ ...run, signature: bent(signature, at) })),
    ];
    const codes = new Set<string>();
    for (let from = 0; from < altered.length; from += 30) {
      const mallory = puppet(bob, "Mallory");
      for (const lie of altered.slice(from, from + 30)) {
        const inspected = bob.replica.runs.inspect(
          { ...lie, first: lie.start.type === "whole" ? lie.start.bytes : null },
          null,
        ) as Refusal | { ok: true };
        codes.add(inspected.ok ? "SignatureWrong" : inspected.code);
        mallory.say(say(lie));
      }
      world.run(500);
      expect(bob.replica.heads).toEqual(before);
      expect(mallory.isClosed).toBe(false);
      mallory.wire.close();
      world.run(50);
    }
    expect([...codes].sort()).toEqual(expect.arrayContaining(["BytesMalformed", "SignatureWrong"]));
    puppet().say(say(run));
    world.run(1_000);
    expect(bob.text).toBe("12345Hello");
  });

  test("costs one demerit, and not what stands beside it in the message", () => {
    const person = writer();
    const letters = type(person, "12");
    const [first] = letters.map(runOf);
    const mallory = puppet(bob, "Mallory");
    mallory.say(say(first!, { ...runOf(letters[1]!), signature: new Uint8Array(64) }));
    world.run(500);
    expect(bob.text).toBe("1Hello");
  });
});

describe("a run that goes on from what is not here", () => {
  test("is answered by a have that says so, and what was sent comes again whole", () => {
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    // Carol forgets what Bob may call by name.
    for (const peer of carol.session.openPeers()) Object.assign(peer, { named: () => undefined });
    bob.write("!");
    const before = carol.said.have;
    expect(world.runUntil(() => carol.text === "Hello!", 2_000)).toBe(false);
    // All of his is named by her; she answers each time and nothing loops.
    expect(carol.said.have - before).toBeGreaterThan(0);
    for (const peer of carol.session.openPeers()) Reflect.deleteProperty(peer, "named");
    bob.write("?");
    expect(world.runUntil(() => carol.text === "Hello!?", 2_000)).toBe(true);
  });

  test("costs no demerit, nor any state, and many are answered together, at once and when they have ended", () => {
    const mallory = puppet(bob, "Mallory");
    const tag = new Uint8Array(8);
    const run: SentRun = {
      start: { type: "after", tag },
      count: 1,
      rows: Uint8Array.of(1, 1, 97),
      signature: new Uint8Array(64),
    };
    for (let i = 0; i < 200; i++) mallory.say(say(run));
    world.run(1_000);
    expect(mallory.isClosed).toBe(false);
    expect(mallory.heardOf("have").filter(({ how }) => how === "lost")).toHaveLength(2);
    expect(mallory.heardOf("took").at(-1)!.bytes).toBe(200 * (1 + 1 + 1 + 8 + 1 + 3 + 64));
  });

  test("is one whose tag was forgotten: a link remembers TAGS_MAX of them", () => {
    const tags = new LaneTags(new Uint8Array(32));
    const ids = Array.from(
      { length: TAGS_MAX + 1 },
      (_, i) => i.toString(16).padStart(64, "0") as Letter["id"],
    );
    for (const id of ids.slice(0, TAGS_MAX)) tags.add(id);
    expect(tags.has(ids[0]!)).toBe(true);
    tags.add(ids[TAGS_MAX]!);
    expect([tags.has(ids[0]!), tags.has(ids[1]!)]).toEqual([false, true]);
  });
});

describe("a message whose few bytes stand for many", () => {
  test("is read while what came before is at most UNPACKED_BYTES_MAX, and no further", () => {
    const person = writer();
    const key = "k".repeat(80);
    const deep = (text: string) =>
      person.write(root => {
        let map = root.map(key);
        for (let i = 0; i < 60; i++) map = map.map(key);
        map.text("t").insert(0, text);
      });
    const alice = puppet();
    for (const letter of [...deep("x"), ...deep("y")]) alice.say(say(runOf(letter)));
    world.run(1_000);
    const base = person.replica.ownHead!.id;
    expect(bob.replica.has(base)).toBe(true);
    const tag = laneTag(alice.keys!.tags, base);
    const rows = Uint8Array.from({ length: 36 }, (_, i) => [1, 1, 97][i % 3]!);
    const run: SentRun = { start: { type: "after", tag }, count: 12, rows, signature: new Uint8Array(64) };
    const unpacked = bob.replica.runs.inspect({ ...run, first: null }, base);
    if (!unpacked.ok) throw new Error(unpacked.detail);
    const size = unpacked.changes.reduce((sum, { start, end }) => sum + end - start, 0);
    const most = Math.floor(UNPACKED_BYTES_MAX / size) + 1;
    // Nobody signed them, but that is asked later.
    alice.say(say(...Array<SentRun>(most).fill(run)));
    world.run(1_000);
    expect(bob.session.notice).toContain("the signature does not match");
    alice.say(say(...Array<SentRun>(most + 1).fill(run)));
    bob.act(session => {
      expect(session.notice).not.toContain("more stands under one signature");
    });
    world.run(5.5);
    expect(bob.session.notice).toContain("more stands under one signature");
  });
});

describe("on the wire", () => {
  test("a keystroke behind another is at most 90 bytes, and one somewhere else at most 140", () => {
    const carol = world.join("Carol", bob);
    const [end] = world.connect(bob, carol);
    world.run(2_000);
    carol.write(" and what Carol wrote");
    world.run(2_000);
    const sizeOf = (at: number): number => {
      const before = end.sizes.length;
      bob.write("x", at);
      world.run(400);
      // The change is the first thing said: haves and presence come after.
      return end.sizes.slice(before)[0]!;
    };
    sizeOf(10);
    expect(sizeOf(11)).toBeLessThanOrEqual(90);
    expect(sizeOf(20)).toBeLessThanOrEqual(140);
    expect(sizeOf(2)).toBeLessThanOrEqual(140);
    expect(carol.text).toBe(bob.text);
  });

  test("a flush that closes several changes is signed once", () => {
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    const before = world.trace.filter(line => line.endsWith("Bob sign")).length;
    // Each is too large for one change with another.
    for (let i = 0; i < 6; i++) bob.write("x".repeat(60_000), 0);
    world.run(3_000);
    const written = bob.replica.ownHead!.seq;
    expect(written).toBeGreaterThan(3);
    expect(world.trace.filter(line => line.endsWith("Bob sign")).length - before).toBeLessThan(written - 2);
    expect(carol.text).toBe(bob.text);
  });
});

describe("a file", () => {
  test("is taken in as if it came from a peer: shown, stored, and passed on, while somebody types", () => {
    const person = writer();
    type(person, "12345");
    const file = openFile(save(person.replica));
    if (!file.ok) throw new Error(file.code);
    const carol = world.join("Carol", bob);
    world.connect(bob, carol);
    world.run(2_000);
    bob.write("!");
    const seen: number[] = [];
    const ended: unknown[] = [];
    bob.act(session =>
      session.take(file, load, {
        progress: done => seen.push(done),
        ended: result => ended.push(result),
      }),
    );
    bob.write("?");
    world.run(2_000);
    expect(ended).toEqual([expect.objectContaining({ taken: file.total, refusal: null })]);
    expect(seen.length).toBeGreaterThan(0);
    expect(bob.text).toBe("12345Hello!?");
    expect(carol.text).toBe(bob.text);
    const held = bob.profile;
    bob.crash();
    expect(held.open().text).toBe("12345Hello!?");
  });

  test("of another document is refused, and one with an altered byte brings what is proven and no more", () => {
    const results: { taken: number; code: string | undefined }[] = [];
    const take = (bytes: Parameters<typeof openFile>[0]) => {
      const file = openFile(bytes);
      if (!file.ok) throw new Error(file.code);
      bob.act(session =>
        session.take(file, load, {
          progress: () => undefined,
          ended: ({ taken, refusal }) => results.push({ taken, code: refusal?.code }),
        }),
      );
      world.run(1_000);
    };
    take(save(begin("Carol").replica));
    expect(results).toEqual([{ taken: 0, code: "DocumentForeign" }]);
    const person = writer();
    type(person, "12345");
    const before = bob.text;
    const verify = bob.world.verify.bind(bob.world);
    // As if a signature in it did not hold.
    world.verify = question => verify(question) && question.message.length === 0;
    take(save(person.replica));
    expect(results.at(-1)).toEqual({ taken: 0, code: "SignatureWrong" });
    expect(bob.text).toBe(before);
  });
});

function letterAt(bytes: Letter["bytes"], i: number): Letter {
  const { id } = [...bob.replica.changes()][i]!;
  return { id, bytes, signature: new Uint8Array(64) };
}

function bent(bytes: Letter["bytes"], at: number): Letter["bytes"] {
  return bytes.with(at, bytes[at]! ^ 1) as Letter["bytes"];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
