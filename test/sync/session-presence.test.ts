// Goal: carets follow the text, are told at a bounded rate, and leave no ghosts. Method: the simulated world.
import { beforeEach, expect, test } from "vitest";
import { positionOf } from "../../src/sync/text.ts";
import { type Tab, World } from "./world.ts";

let world: World;
let alice: Tab;
let bob: Tab;

beforeEach(() => {
  world = new World();
  alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(2_000);
});

/** Where a tab shows the other's caret; null if it shows none. */
function shownAt(tab: Tab): number | null {
  const [shown] = tab.session.presences();
  const caret = shown?.presence.caret;
  return caret ? positionOf(tab.replica, caret.head) : null;
}

const nameAt = (tab: Tab) => [...tab.session.presences()][0]?.presence.name;

test("a caret is on the other side within a tenth of a second, with its name", () => {
  alice.caret(3, "Ada");
  world.run(100);
  expect([shownAt(bob), nameAt(bob)]).toEqual([3, "Ada"]);
  expect(bob.session.claimedName(alice.replica.device)).toBe("Ada");
});

test("a caret follows the text around it", () => {
  alice.caret(5);
  world.run(100);
  bob.write(">> ", 0);
  world.run(1_000);
  expect(shownAt(bob)).toBe(8);
  bob.replace(0, 6, "");
  expect(shownAt(bob)).toBe(2);
});

test("a caret behind what was just typed waits for its name and then comes", () => {
  alice.write("!");
  alice.caret(6);
  world.run(200);
  expect(shownAt(bob)).toBe(6);
});

test("a caret stands behind the last letter while its owner types, whichever comes first", () => {
  alice.caret(5);
  world.run(500);
  const seen = new Map<string, number>();
  const look = (): void => {
    const key = `${bob.text.length - (shownAt(bob) ?? Number.NaN)} behind`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  };
  for (let ms = 0; ms < 3_000; ms++) {
    if (ms % 100 === 0) {
      alice.write("x");
      alice.caret(alice.text.length);
    }
    // A slow disk: the caret can be named, and is told, before the change may leave.
    alice.profile.disk.delayMs = () => (ms % 700 < 350 ? 2 : 40);
    world.run(1);
    look();
  }
  expect(bob.text.length).toBeGreaterThan(30);
  expect([...seen.keys()]).toEqual(["0 behind"]);
});

test("a caret goes along with what its owner types at it, and with nobody else's letters", () => {
  alice.caret(3);
  world.run(100);
  // The caret itself is not told again.
  const [peer] = alice.session.openPeers();
  const send = peer!.send.bind(peer!);
  peer!.send = message => {
    if (message.type !== "presence") send(message);
  };
  alice.write("mm", 3);
  world.run(500);
  expect([bob.text, shownAt(bob)]).toEqual(["Helmmlo", 5]);
  bob.write("!", 5);
  world.run(500);
  expect([bob.text, shownAt(bob)]).toEqual(["Helmm!lo", 5]);
  alice.write("?", 8);
  world.run(500);
  expect([bob.text, shownAt(bob)]).toEqual(["Helmm!lo?", 5]);
  alice.replace(3, 5, "");
  world.run(500);
  expect([bob.text, shownAt(bob)]).toEqual(["Hel!lo?", 3]);
});

test("a caret that moves all the time is told at most twenty times a second", () => {
  const before = alice.said.presence;
  for (let i = 0; i < 200; i++) {
    alice.caret(i % 6);
    world.run(5);
  }
  const told = alice.said.presence - before;
  expect(told).toBeGreaterThan(15);
  expect(told).toBeLessThanOrEqual(21);
});

test("a caret at rest is repeated, and one that is not repeated vanishes after 15 seconds", () => {
  alice.caret(3);
  world.run(60_000);
  expect(shownAt(bob)).toBe(3);
  // Alive, but her page no longer says where her caret is.
  const [peer] = alice.session.openPeers();
  const send = peer!.send.bind(peer!);
  peer!.send = message => {
    if (message.type !== "presence") send(message);
  };
  world.run(9_000);
  expect(shownAt(bob)).toBe(3);
  world.run(7_000);
  expect(shownAt(bob)).toBe(null);
  expect(bob.session.openPeers()).toHaveLength(1);
});

test("a caret that is given up vanishes at once, as does one whose page says goodbye", () => {
  alice.caret(3);
  world.run(100);
  alice.caret(null);
  world.run(100);
  expect(shownAt(bob)).toBe(null);
  alice.caret(2);
  world.run(100);
  expect(shownAt(bob)).toBe(2);
  alice.act(session => session.close());
  world.run(100);
  expect([...bob.session.presences()]).toEqual([]);
});

test("a caret stays when another link takes the place of the one it was told on", () => {
  alice.caret(3);
  world.run(100);
  world.connect(alice, bob);
  let gone = 0;
  for (let ms = 0; ms < 2_000; ms++) {
    world.run(1);
    if (shownAt(bob) !== 3) gone++;
  }
  expect([...alice.wires].filter(wire => !wire.isClosed)).toHaveLength(1);
  // Between the end of one link and the first word on the other.
  expect(gone).toBeLessThan(100);
});

test("a newcomer's name and caret are seen as soon as the document is there, not with the next repetition", () => {
  const carol = world.join("Carol", alice);
  carol.caret(null, "Caroline");
  world.connect(alice, carol);
  alice.profile.disk.delayMs = () => 0;
  expect(world.runUntil(() => carol.text === "Hello", 2_000)).toBe(true);
  world.run(500);
  expect(alice.session.claimedName(carol.replica.device)).toBe("Caroline");
});

test("the time a caret last moved is kept while it is only repeated", () => {
  alice.caret(3);
  world.run(100);
  const [{ movedAt } = { movedAt: 0 }] = bob.session.presences();
  world.run(30_000);
  expect([...bob.session.presences()][0]!.movedAt).toBe(movedAt);
  alice.caret(4);
  world.run(100);
  expect([...bob.session.presences()][0]!.movedAt).toBeGreaterThan(movedAt);
});
