// Goal: people without a link to each other see each other's names, carets and what they hold, by words that only their own
// key can make; nobody is kept here by others. Method: Alice in the middle of ten, in the simulated world; a liar by hand.
import { beforeEach, expect, test } from "vitest";
import { wordMessage } from "../../src/sync/distant.ts";
import {
  DEMERITS_MAX,
  DISTANT_GONE_MS,
  DISTANT_REPEAT_MS,
  DISTANT_SKEW_MS,
  MESH_OTHERS_MAX,
  WORDS_BURST,
} from "../../src/sync/limits.ts";
import type { Message, Word } from "../../src/sync/protocol.ts";
import { positionOf } from "../../src/sync/text.ts";
import { keyNamed } from "./lucky-ciphers.ts";
import { meet, type Puppet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { type Tab, World } from "./world.ts";

let world: World;
let alice: Tab;
let others: Tab[];
let bob: Tab;
let carol: Tab;

/** Nine others, each with one link, to Alice; all of them have written something. */
beforeEach(() => {
  world = new World(1, true);
  alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  others = ["Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy"].map(name => {
    const tab = world.join(name, alice);
    world.connect(alice, tab);
    return tab;
  });
  [bob, carol] = others as [Tab, Tab];
  world.run(2_000);
  for (const tab of others) tab.write(".");
  world.run(3_000);
});

function shown(at: Tab, of: Tab): { readonly name: string; readonly caret: number | null } | null {
  for (const { device, presence } of at.session.presences())
    if (device === of.replica.device)
      return {
        name: presence.name,
        caret: presence.caret && positionOf(at.replica, presence.caret.head),
      };
  return null;
}

const wordOf = (message: Message | undefined): Word => {
  if (message?.type !== "word") throw new Error("Expected a word");
  return message.word;
};

/** A member who passes on whatever it likes, linked with Carol. */
function liar(): Puppet {
  const ends = wires(world.after);
  const key = keyNamed("Bob");
  return meet(world, carol, ends, { key, doc: alice.replica.doc, inviteSeed: world.link.seed });
}

test("a name and a caret reach those who have no link to their owner, and follow the text", () => {
  expect(others.length).toBeGreaterThan(MESH_OTHERS_MAX);
  bob.caret(3, "Robert");
  world.run(DISTANT_REPEAT_MS + 2_000);
  expect(shown(carol, bob)).toEqual({ name: "Robert", caret: 3 });
  carol.write(">> ", 0);
  world.run(1_000);
  expect(shown(carol, bob)).toEqual({ name: "Robert", caret: 6 });
  bob.caret(null, "Robert");
  world.run(3_000);
  expect(shown(carol, bob)).toEqual({ name: "Robert", caret: null });
});

test("what somebody without a link holds is known from their own word, and is never more than they said", () => {
  world.run(DISTANT_REPEAT_MS + 2_000);
  const lacked = () => bob.session.delivery.lackedBy(carol.replica.device, false);
  expect(lacked()).toBe(0);
  // Carol hears nothing of this.
  for (const wire of carol.wires) wire.hold();
  for (const wire of alice.wires) if (wire.other!.owner === "Carol") wire.hold();
  for (let i = 0; i < 3; i++) {
    bob.write("!");
    world.run(200);
  }
  world.run(2_000);
  expect(lacked()).toBe(3);
  for (const wire of [...carol.wires, ...alice.wires]) wire.release();
  world.run(DISTANT_REPEAT_MS + 2_000);
  expect(lacked()).toBe(0);
});

test("who is gone is shown no longer, whatever their neighbours do", () => {
  bob.caret(3, "Robert");
  world.run(DISTANT_REPEAT_MS + 2_000);
  expect(shown(carol, bob)).not.toBeNull();
  bob.leave();
  world.run(DISTANT_GONE_MS + 1_000);
  expect(shown(carol, bob)).toBeNull();
});

// Seed 7015 of the simulator.
test("a clock that counts parts of a millisecond is no hindrance", () => {
  bob.profile.skewMs = 0.25;
  bob.caret(3, "Robert");
  world.run(DISTANT_REPEAT_MS + 2_000);
  expect(shown(carol, bob)).toEqual({ name: "Robert", caret: 3 });
});

test("eight people, who are all linked, say no words", () => {
  const small = new World(2, true);
  const first = small.create("Alice");
  first.write("Hello");
  small.share(first);
  const tabs = [first];
  for (let i = 0; i < MESH_OTHERS_MAX; i++) {
    const tab = small.join(`Guest ${i}`, first);
    for (const other of tabs) small.connect(other, tab);
    tabs.push(tab);
    small.run(500);
    tab.write(".");
  }
  small.run(60_000);
  expect(tabs.reduce((sum, tab) => sum + tab.said.word, 0)).toBe(0);
});

test("words are few: one at most in a second of own typing, and one in 15 s of rest, over each link", () => {
  world.run(DISTANT_REPEAT_MS + 2_000);
  const before = bob.said.word;
  for (let i = 0; i < 100; i++) {
    bob.caret(i % 6, "Robert");
    world.run(100);
  }
  const moving = bob.said.word - before;
  expect(moving).toBeGreaterThan(5);
  // Her own, and none of the others': they came from where she would send them.
  expect(moving).toBeLessThanOrEqual(11);
  world.run(DISTANT_REPEAT_MS);
  const rested = bob.said.word;
  world.run(4 * DISTANT_REPEAT_MS);
  expect(bob.said.word - rested).toBeLessThanOrEqual(5);
});

test("a word that its device did not sign is taken by nobody, passed on to nobody, and costs a demerit", () => {
  const mallory = liar();
  const dave = others[2]!;
  const device = dave.replica.device;
  world.run(DISTANT_REPEAT_MS);
  const heard = wordOf(mallory.heardOf("word").findLast(({ word }) => word.device === device));
  mallory.say({ type: "ping" });
  const unsigned = {
    device,
    instance: heard.instance,
    number: world.now,
    presence: { name: "Not Dave", caret: null },
    heads: [],
  };
  const signature = world.sign(keyNamed("Mallory"), wordMessage(alice.replica.doc, unsigned));
  mallory.say({ type: "word", word: { ...unsigned, signature } });
  world.run(1_000);
  expect(shown(carol, dave)?.name).not.toBe("Not Dave");
  for (let i = 0; i < DEMERITS_MAX; i++) {
    mallory.say({ type: "word", word: { ...unsigned, number: world.now, signature } });
    world.run(100);
  }
  expect(mallory.isClosed).toBe(true);
});

test("old words keep nobody here: they are not taken twice, and not at all after two minutes", () => {
  const dave = others[2]!;
  dave.caret(1, "Dave");
  const mallory = liar();
  world.run(DISTANT_REPEAT_MS + 2_000);
  const device = dave.replica.device;
  const old = wordOf(mallory.heardOf("word").findLast(({ word }) => word.device === device));
  expect(shown(carol, dave)).not.toBeNull();
  dave.leave();
  for (let ms = 0; ms < DISTANT_GONE_MS + 2_000; ms += 1_000) {
    mallory.say({ type: "ping" }, { type: "word", word: old });
    world.run(1_000);
  }
  expect(shown(carol, dave)).toBeNull();
  world.run(DISTANT_SKEW_MS);
  mallory.say({ type: "word", word: old });
  world.run(1_000);
  expect(shown(carol, dave)).toBeNull();
});

test("words beyond what a link may bring are not looked at", () => {
  const mallory = liar();
  world.run(1_000);
  const before = carol.questions;
  const word = {
    device: others[2]!.replica.device,
    instance: "00".repeat(16),
    presence: { name: "x", caret: null },
    heads: [],
    signature: new Uint8Array(64),
  };
  for (let i = 0; i < 3 * WORDS_BURST; i++)
    mallory.say({ type: "word", word: { ...word, number: world.now } });
  world.run(50);
  // One is judged at a time of each device, and for each of these there is a demerit.
  expect(carol.questions - before).toBeLessThanOrEqual(DEMERITS_MAX);
});

test("who made a link hears whether a member at its other end was met before", () => {
  const heard = (at: Tab, other: Tab): string | undefined => {
    let told: string | undefined;
    const [wire] = world.connect(at, other);
    wire.judged = standing => {
      told = standing;
    };
    world.run(2_000);
    return told;
  };
  expect(heard(bob, carol)).toBe("member");
  bob.profile.delivered = bob.session.delivery.heldUpTo;
  bob.leave();
  world.run(2_000);
  const again = bob.profile.open();
  const kate = world.join("Kate", alice);
  world.connect(alice, kate);
  world.run(2_000);
  kate.write(".");
  world.run(2_000);
  expect(heard(again, alice)).toBe("known");
  expect(heard(again, kate)).toBe("unknown");
  expect(heard(kate, again)).toBe("member");
});
