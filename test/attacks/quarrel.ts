// What finds a bug around the core: short scenes in a simulated room, which end well or throw a sentence; and whole runs of
// the simulator. Written without a test's tools, as siege.ts is, for the same reason.

import { UNJUDGED_BYTES_MAX } from "../../src/sync/limits.ts";
import type { Bytes } from "../../src/sync/ports.ts";
import { encodeMessage } from "../../src/sync/protocol.ts";
import { Key } from "../crdt/people.ts";
import { Run } from "../sim/run.ts";
import type { Puppet } from "../sync/puppet.ts";
import type { Fingerprints } from "../sync/wires.ts";
import { changes, editor, lettersOf, mallory, type Room, room } from "./rooms.ts";

const RELAYED = { kind: "relay", fingerprints: null } as const;

function holds(what: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(what);
}

/** After whatever was said, the honest three write and hold one text, and it is the expected one. */
function goesOn({ world, alice, bob, carol, honest }: Room, what: string): void {
  bob.write("!");
  world.run(3_000);
  for (const tab of honest)
    if (tab.text !== "Hello!") throw new Error(`${what}: ${tab.name} reads ${tab.text}`);
  holds(`${what}: told before stored`, world.toldTooEarly.length === 0);
  holds(
    `${what}: not shared`,
    [alice, bob, carol].every(({ status }) => status.kind === "shared"),
  );
}

/** Certificates that differ, a device that is not the signer's, frames played back. */
function middle(): void {
  const all = room();
  const { world, alice } = all;
  const dave = world.join("Dave", alice);
  const [a, b, own] = [7, 8, 9].map(n => new Uint8Array(32).fill(n)) as [Bytes, Bytes, Bytes];
  const prints: readonly [Fingerprints, Fingerprints] = [
    [a, own],
    [own, b],
  ];
  const [near] = world.connect(alice, dave, { fingerprints: prints });
  world.run(1_000);
  holds("a link with others' certificates stands", near.isClosed && dave.text === "");
  const liar = mallory(all, alice, { device: new Key("Bob").id });
  holds("who signs with another key is believed", liar.isClosed && liar.heard.length === 0);
  goesOn(all, "after a server in the middle");
}

/** Who may not read is told nothing, and shown to nobody. */
function strangers(): void {
  const all = room();
  const { world, alice } = all;
  for (const inviteSeed of [null, new Key("another link").seed]) {
    const stranger = mallory(all, alice, { inviteSeed });
    stranger.say({ type: "have", how: "all", lanes: [] });
    stranger.say({ type: "presence", presence: { name: "The bank", caret: { anchor: null, head: null } } });
    world.run(1_000);
    holds("a stranger was given changes", stranger.changes === 0);
    holds(
      "a stranger was told lanes",
      stranger.heardOf("have").every(({ lanes }) => lanes.length === 0),
    );
    holds("a stranger is among the people", alice.session.openPeers().length === 2);
  }
  goesOn(all, "after strangers");
}

/** A sealed link on which frames are altered, repeated, left out. */
function sealed(): void {
  const lies: readonly ((frame: Bytes) => readonly Bytes[])[] = [
    frame => [frame.with(frame.length >> 1, frame[frame.length >> 1]! ^ 1) as Bytes],
    frame => [frame, frame],
  ];
  for (const lie of lies) {
    const all = room();
    const { world, alice } = all;
    const dave = world.join("Dave", alice);
    const [near] = world.connect(alice, dave, RELAYED);
    world.run(1_000);
    near.tamper = lie;
    goesOn(all, "beside a lying relay");
    holds("a link on which frames are altered or repeated stands", near.isClosed);
  }
}

/** Of each way to flood it is known when the link closes, and that it does not before. */
function floods(): void {
  const cut = (what: string, flood: (puppet: Puppet, all: Room) => void): void => {
    const all = room();
    const puppet = mallory(all, all.alice);
    flood(puppet, all);
    all.world.run(1_000);
    holds(`${what} goes on for ever`, puppet.isClosed);
    all.world.answerMs = () => 1;
    goesOn(all, what);
  };
  const piece = new Uint8Array(16_000).fill(2);
  cut("a message that is longer than it said", puppet => {
    puppet.sayFrame(Uint8Array.of(1, 0x80, 0x7d, 1));
    for (let i = 0; i < 20; i++) puppet.sayFrame(piece);
  });
  cut("a message that begins again", puppet => {
    puppet.sayFrame(Uint8Array.of(1, 5, 1));
    puppet.sayFrame(Uint8Array.of(1, 5, 1));
  });
  cut("nonsense", puppet => {
    for (let i = 0; i < 70; i++) puppet.sayBytes(Uint8Array.of(99, i));
  });
  cut("a chain of bad changes", puppet => {
    for (let i = 0; i < 70; i++)
      puppet.say(changes([{ bytes: new Uint8Array(40).fill(i), signature: new Uint8Array(64) }]));
  });
  cut("counts of what was never sent", puppet => {
    for (let i = 0; i < 70; i++) puppet.say({ type: "took", bytes: 1e9 });
  });
  cut("changes faster than they are judged", (puppet, { world, alice }) => {
    const person = editor("Mallory", alice);
    world.answerMs = () => 20_000;
    for (let sent = 0; sent < UNJUDGED_BYTES_MAX + 200_000; sent += 40_000)
      for (const letter of person.write(root => root.text("other").insert(0, "x".repeat(40_000))))
        puppet.say(changes([letter]));
  });
  const all = room();
  all.world.answerMs = () => 5_000;
  const early = mallory(all, all.alice);
  for (let i = 0; i < 300; i++) early.wire.inject(encodeMessage({ type: "ping" }));
  all.world.run(100);
  holds("frames before the handshake pile up", early.isClosed);
}

/** Who forks has both branches at everybody; who claims what was never written delays nobody. */
function comparing(): void {
  const all = room();
  const { world, alice, bob } = all;
  const [one, two] = [editor("Mallory", alice), editor("Mallory", alice)];
  one.replica.rename("one");
  two.replica.rename("two");
  mallory(all, alice).say(changes(one.close()));
  mallory(all, bob).say(changes(two.close()));
  world.run(4_000);
  for (const tab of all.honest)
    holds(
      `${tab.name} lacks a branch`,
      tab.replica.laneTips.filter(({ author }) => author === new Key("Mallory").id).length === 2,
    );
  goesOn(all, "after a fork");
  const asking = mallory(all, alice);
  for (let i = 0; i < 50; i++) asking.say({ type: "have", how: "all", lanes: [] });
  world.run(3_000);
  holds("one question was answered many times", asking.changes === lettersOf(alice.replica).length);
}

/** The first seed on which the simulator finds something; throws with it. */
function simulated(seeds: number): void {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      new Run(seed).play();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message.split("\n")[0]}`, { cause: error });
    }
  }
}

export const SCENES = { middle, strangers, sealed, floods, comparing } as const;
export { simulated };
