// Group F of the catalogue: the network, the server, who is present. Whoever carries frames can delay and cut; whoever has
// the link can say anything. Neither alters a text, learns what is not theirs, or makes honest people wait for each other.

import { expect, it, vi } from "vitest";
import type { DeviceId } from "../../src/crdt/index.ts";
import {
  BATCH_BYTES,
  DEMERITS_MAX,
  LANES_MAX,
  MESSAGE_BYTES_MAX,
  PRESENCE_NAME_BYTES_MAX,
  RESEND_MS,
  WINDOW_BYTES,
} from "../../src/sync/limits.ts";
import type { Bytes } from "../../src/sync/ports.ts";
import { encodeMessage, type LaneClaim } from "../../src/sync/protocol.ts";
import { deviceTag } from "../../src/sync/reconcile.ts";
import { Key } from "../crdt/people.ts";
import { type Fingerprints, wires } from "../sync/wires.ts";
import { changes, editor, lettersOf, mallory, room, texts } from "./rooms.ts";

vi.setConfig({ testTimeout: 20_000 });

const RELAYED = { kind: "relay", fingerprints: null } as const;

it("F1 a server with certificates of its own is seen by both ends before anything was sent, and others go on", () => {
  const { world, alice, bob, carol, honest } = room();
  const [a, b, own] = [7, 8, 9].map(n => new Uint8Array(32).fill(n)) as [Bytes, Bytes, Bytes];
  const prints: readonly [Fingerprints, Fingerprints] = [
    [a, own],
    [own, b],
  ];
  const ends = world.connect(alice, bob, { fingerprints: prints });
  world.run(500);
  for (const tab of [alice, bob])
    expect(tab.session.notice).toBe("A connection was intercepted and closed; nothing was sent over it.");
  expect(ends.map(({ isClosed, sizes }) => [isClosed, sizes.length])).toEqual([
    [true, 2],
    [true, 2],
  ]);
  carol.write("!");
  world.run(500);
  expect(texts(honest)).toEqual(["Hello!", "Hello!", "Hello!"]);
});

it("F5 a relay that alters, repeats or drops a frame closes the link and changes nothing", () => {
  const lies: readonly ((frame: Bytes) => readonly Bytes[])[] = [
    frame => [frame.with(frame.length >> 1, frame[frame.length >> 1]! ^ 1) as Bytes],
    frame => [frame, frame],
    frame => [frame.slice(0, -1) as Bytes],
  ];
  for (const lie of lies) {
    const { world, alice, carol, honest } = room();
    const dave = world.join("Dave", alice);
    const [near] = world.connect(alice, dave, RELAYED);
    world.run(1_000);
    expect(dave.text).toBe("Hello");
    near.tamper = lie;
    carol.write("!");
    world.run(2_000);
    expect(near.isClosed).toBe(true);
    expect(texts([...honest, dave])).toEqual(["Hello!", "Hello!", "Hello!", "Hello"]);
    world.connect(carol, dave);
    world.run(2_000);
    expect(dave.text).toBe("Hello!");
  }
});

it("F6 who takes everything and passes nothing on keeps nobody from anybody else", () => {
  const all = room();
  const { world, alice, bob, carol } = all;
  const withheld = [alice, bob, carol].map(tab => mallory(all, tab));
  bob.write("!");
  world.run(2_000);
  expect(texts(all.honest)).toEqual(["Hello!", "Hello!", "Hello!"]);
  for (const puppet of withheld) expect(puppet.isClosed).toBe(false);
});

it("F7 who claims to hold less than before takes nothing back from anybody, and is offered it again", () => {
  const all = room();
  const { world, alice, honest } = all;
  const puppet = mallory(all, alice);
  puppet.say({ type: "have", how: "all", lanes: puppet.heardOf("have").at(-1)!.lanes });
  world.run(500);
  expect(puppet.changes).toBe(0);
  puppet.say({ type: "have", how: "all", lanes: [] });
  world.run(500);
  expect(puppet.changes).toBe(lettersOf(alice.replica).length);
  expect(texts(honest)).toEqual(["Hello", "Hello", "Hello"]);
});

it("F8 both sides of a partition write on, and hold the same when it ends", () => {
  const { world, alice, bob, carol, honest } = room();
  for (const wire of carol.wires) wire.cut();
  carol.write(" from afar");
  alice.write("1", 0);
  bob.write("2", 0);
  world.run(20_000);
  expect(carol.text).toBe("Hello from afar");
  expect(alice.text).toBe(bob.text);
  world.connect(carol, bob);
  world.run(5_000);
  expect(new Set(texts(honest)).size).toBe(1);
  expect([...alice.text].sort().join("")).toBe([..."12Hello from afar"].sort().join(""));
});

it("F9 a caret stands under the key that the link has proven, whatever name it comes with, and a stranger's nowhere", () => {
  const all = room();
  const { alice, bob, world } = all;
  bob.caret(2, "Bob");
  const puppet = mallory(all, alice);
  const stranger = mallory(all, alice, { inviteSeed: null });
  for (const liar of [puppet, stranger])
    liar.say({ type: "presence", presence: { name: "Bob", caret: { anchor: null, head: null } } });
  world.run(500);
  const shown = [...alice.session.presences()].map(({ device, presence }) => [device, presence.name]);
  expect(shown).toContainEqual([new Key("Mallory").id, "Bob"]);
  expect(shown.filter(([device]) => device === bob.replica.device)).toHaveLength(1);
  expect(alice.session.openPeers()).toHaveLength(3);
});

it("F10 a flood of carets is the last of them, and a name too long is no message", () => {
  const all = room();
  const { world, alice, bob, carol } = all;
  const puppet = mallory(all, alice);
  const heard = { bob: bob.said.presence, carol: carol.said.presence };
  for (let i = 0; i < 5_000; i++)
    puppet.say({ type: "presence", presence: { name: `Mallory ${i}`, caret: null } });
  world.run(1_000);
  const names = [...alice.session.presences()].map(({ presence }) => presence.name);
  expect(names.filter(name => name.startsWith("Mallory"))).toEqual(["Mallory 4999"]);
  // Nobody passes carets on.
  expect([bob.said.presence - heard.bob, carol.said.presence - heard.carol].every(n => n <= 2)).toBe(true);
  const long = "x".repeat(PRESENCE_NAME_BYTES_MAX + 1);
  for (let i = 1; i < DEMERITS_MAX; i++)
    puppet.say({ type: "presence", presence: { name: long, caret: null } });
  world.run(500);
  expect(puppet.isClosed).toBe(false);
  puppet.say({ type: "presence", presence: { name: long, caret: null } });
  world.run(500);
  expect(puppet.isClosed).toBe(true);
  expect(texts(all.honest)).toEqual(["Hello", "Hello", "Hello"]);
});

it("F11 a recorded caret cannot be said again: a frame has its number, and closes the link at another", () => {
  const { world, alice, bob, honest } = room();
  const dave = world.join("Dave", alice);
  const [near, far] = world.connect(alice, dave, RELAYED);
  world.run(1_000);
  const recorded: Bytes[] = [];
  far.heard = frame => recorded.push(frame);
  dave.caret(1, "Dave");
  world.run(500);
  dave.caret(4, "Dave");
  world.run(500);
  expect(recorded.length).toBeGreaterThanOrEqual(2);
  far.inject(recorded[0]!);
  world.run(500);
  expect([near.isClosed, far.isClosed]).toEqual([true, true]);
  // And on a link to another of them it is no frame at all.
  const [other] = world.connect(bob, dave, RELAYED);
  world.run(1_000);
  other.other!.inject(recorded[1]!);
  world.run(500);
  expect(other.isClosed).toBe(true);
  expect(texts(honest)).toEqual(["Hello", "Hello", "Hello"]);
});

it("F13 pieces without a beginning, without an end, and of no size close the link or wait within a bound", () => {
  const all = room();
  const { world, alice, honest } = all;
  const length = (n: number): number[] => [(n & 127) | 128, ((n >> 7) & 127) | 128, n >> 14];
  const broken: readonly (readonly number[][])[] = [
    [[2, 1]],
    [[3, 1]],
    [
      [1, 5, 1],
      [1, 5, 1],
    ],
    [
      [1, 5, 1],
      [3, 1],
    ],
    [
      [1, 2, 1],
      [2, 1, 1],
    ],
    [[1, 5, 1], [2]],
    [[1, ...length(MESSAGE_BYTES_MAX + 1), 1]],
    [[9]],
    [[]],
  ];
  for (const frames of broken) {
    const puppet = mallory(all, alice);
    for (const frame of frames) puppet.sayFrame(Uint8Array.from(frame));
    world.run(100);
    expect([frames, puppet.isClosed]).toEqual([frames, true]);
  }
  // One that never ends waits, and is counted: it cannot grow beyond what it announced.
  const slow = mallory(all, alice);
  slow.sayFrame(Uint8Array.from([1, ...length(MESSAGE_BYTES_MAX), 1]));
  for (let i = 0; i < 200; i++) slow.sayFrame(Uint8Array.from([2, i & 255]));
  world.run(1_000);
  expect(slow.isClosed).toBe(false);
  const much = new Uint8Array(16_000).fill(2);
  for (let i = 0; i * much.length < MESSAGE_BYTES_MAX; i++) slow.sayFrame(much);
  world.run(1_000);
  expect(slow.isClosed).toBe(true);
  expect(texts(honest)).toEqual(["Hello", "Hello", "Hello"]);
});

it("F14 who sends one's own frames back proves nothing and hears nothing", () => {
  const { world, alice, honest } = room();
  for (const which of [0, 1] as const) {
    const ends = wires(world.after);
    const mirror = ends[1 - which]!;
    const heard: number[] = [];
    mirror.listen({
      frame: bytes => {
        heard.push(bytes[0]!);
        mirror.inject(bytes);
      },
      drained: () => undefined,
      closed: () => undefined,
    });
    alice.attach(ends[which]!);
    world.run(500);
    expect([ends[which]!.isClosed, heard.length <= 2]).toEqual([true, true]);
  }
  expect(alice.session.openPeers()).toHaveLength(2);
  expect(texts(honest)).toEqual(["Hello", "Hello", "Hello"]);
});

it("F15 versions that were altered on the way are noticed, and one that nobody speaks is named", () => {
  const all = room();
  const { world, alice } = all;
  const higher = mallory(all, alice, {
    alter: (frame, which) => (which === 0 ? (frame.with(2, 9) as Bytes) : frame),
  });
  expect([higher.isClosed, alice.session.notice]).toEqual([
    true,
    "A connection was intercepted and closed; nothing was sent over it.",
  ]);
  const other = mallory(all, alice, {
    alter: (frame, which) => (which === 0 ? (frame.with(1, 3).with(2, 3) as Bytes) : frame),
  });
  world.run(100);
  expect([other.isClosed, alice.session.notice]).toEqual([
    true,
    "The other side uses a newer version; reload.",
  ]);
});

it("F16 who asks a hundred times is answered once, and never with more than the window that was not taken", () => {
  const all = room();
  const { world, alice } = all;
  const puppet = mallory(all, alice);
  for (let i = 0; i < 100; i++) puppet.say({ type: "have", how: "all", lanes: [] });
  world.run(RESEND_MS - 1_000);
  expect(puppet.changes).toBe(lettersOf(alice.replica).length);
  for (let i = 0; i < 30; i++) {
    alice.write("x".repeat(30_000));
    world.run(100);
  }
  world.run(2_000);
  const sent = puppet.heardOf("changes").reduce((sum, message) => sum + encodeMessage(message).length, 0);
  expect(sent).toBeGreaterThan(WINDOW_BYTES / 2);
  expect(sent).toBeLessThanOrEqual(WINDOW_BYTES + 2 * BATCH_BYTES);
  expect(texts(all.honest)).toEqual([alice.text, alice.text, alice.text]);
}, 60_000);

it("F17 F18 B20 claims to hold what nobody wrote, by number or by hash, are asked for nothing and delay nobody", () => {
  const all = room();
  const { world, alice, bob, carol, honest } = all;
  const puppet = mallory(all, bob);
  const high = (author: DeviceId): LaneClaim => ({
    device: deviceTag(puppet.keys!.tags, author),
    seq: 2 ** 50,
    tag: world.luck.bytes(8),
  });
  puppet.say({ type: "have", how: "all", lanes: honest.map(({ replica }) => high(replica.device)) });
  puppet.say({
    type: "have",
    how: "all",
    lanes: Array.from({ length: LANES_MAX }, () => high(alice.replica.device)),
  });
  for (let i = 0; i < 20; i++) {
    [alice, bob, carol][i % 3]!.write(String(i % 10));
    world.run(500);
  }
  expect(new Set(texts(honest)).size).toBe(1);
  expect(alice.text).toHaveLength(25);
  expect(honest.map(({ status }) => status)).toEqual(honest.map(() => ({ kind: "shared", people: 2 })));
  // What was only claimed is not taken for what an honest person holds: her true heads bring everything.
  const person = editor("Mallory", alice);
  puppet.say(changes(person.write(root => root.text("body").insert(0, "late "))));
  world.run(2_000);
  expect(texts(honest).every(text => text.startsWith("late "))).toBe(true);
});
