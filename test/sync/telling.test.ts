// Goal: in a room where several write all the time each change goes to everybody about once, and who is linked with nobody who
// wrote it still gets it soon. Method: real sessions in the simulated world, whose links take 40 ms.
import { afterEach, expect, test } from "vitest";
import { FLUSH_MS, GATHER_MS, RELAY_CHANGES_MS, TELL_MS } from "../../src/sync/limits.ts";
import { Throttle } from "../../src/sync/throttle.ts";
import { type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

const KEYS = 60;
const KEY_MS = 30;

/** Alice's document, which the others hold; `links`: who is linked with whom. */
function room(names: readonly string[], links: (i: number, j: number) => boolean): Tab[] {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const tabs = [alice];
  for (const name of names) {
    const tab = world.join(name, alice);
    for (const [i, other] of tabs.entries())
      if (links(i, tabs.length)) world.connect(other, tab, { delayMs: 40 });
    tabs.push(tab);
    world.run(2_000);
  }
  for (const tab of tabs) tab.write("!");
  world.run(5_000);
  return tabs;
}

function typing(
  tabs: readonly Tab[],
  by: readonly Tab[],
): { readonly changes: number; readonly have: number } {
  const count = (kind: "changes" | "have") => tabs.reduce((sum, { said }) => sum + (said[kind] ?? 0), 0);
  const before = [count("changes"), count("have")] as const;
  for (let i = 0; i < KEYS; i++) {
    by[i % by.length]!.write("x");
    world.run(KEY_MS);
  }
  world.run(3_000);
  for (const tab of tabs) expect(tab.text).toBe(tabs[0]!.text);
  return { changes: count("changes") - before[0], have: count("have") - before[1] };
}

test("what is written all the time is not offered by those to whom its author is telling it", () => {
  const tabs = room(["Bob", "Carol", "Dave"], () => true);
  const alone = typing(tabs, tabs.slice(0, 1));
  const all = typing(tabs, tabs);
  // Three links each; two keys of one person within 50 ms are one change.
  expect(alone.changes).toBeLessThanOrEqual((3 * KEYS) / 2 + 6);
  expect(all.changes).toBeLessThanOrEqual(3 * KEYS);
  // Each tells each of all that has come since it last did so.
  expect(all.have).toBeLessThan((4 * 3 * KEYS * KEY_MS) / TELL_MS + 4 * 3 * 2);
});

test("who is not linked with its author has it a little later, of one of those who are", () => {
  const tabs = room(["Bob", "Carol", "Dave", "Erin"], (i, j) => j < 4 || i > 0);
  const [alice, , , , erin] = tabs as [Tab, Tab, Tab, Tab, Tab];
  alice.write("Now");
  const from = world.now;
  expect(world.runUntil(() => erin.text.includes("Now"), 5_000, 10)).toBe(true);
  expect(world.now - from).toBeLessThanOrEqual(3 * RELAY_CHANGES_MS);
  const { changes } = typing(tabs, [alice]);
  expect(changes).toBeLessThanOrEqual(KEYS * (3 + 3));
});

test("what several write at once is taken in and stored together; who writes alone is read at once", () => {
  const tabs = room(["Bob", "Carol", "Dave", "Erin"], () => true);
  const [alice, bob] = tabs as [Tab, Tab];
  const { disk } = alice.profile;
  let appends = 0;
  const begin = disk.begin.bind(disk);
  disk.begin = transaction => {
    if (transaction.kind === "append") appends++;
    begin(transaction);
  };
  const from = world.now;
  const { size } = alice.replica;
  for (let i = 0; i < 100; i++) {
    tabs[1 + (i % 4)]!.write("x");
    world.run(10);
  }
  world.run(1_000);
  expect(alice.replica.size - size).toBeGreaterThan(60);
  expect(appends).toBeLessThanOrEqual((world.now - from - 1_000) / GATHER_MS + 4);
  for (let i = 0; i < 10; i++) {
    bob.write(`${i}`);
    const at = world.now;
    expect(world.runUntil(() => alice.text.includes(`${i}`), 1_000, 1)).toBe(true);
    expect(world.now - at).toBeLessThan(FLUSH_MS + 40 + GATHER_MS);
    world.run(100);
  }
});

test("what waits until an own edit is stored wakes the page for nothing", () => {
  const [alice, bob] = room(["Bob"], () => true) as [Tab, Tab];
  alice.profile.disk.delayMs = () => 1_000;
  alice.write("a");
  world.run(FLUSH_MS);
  const before = alice.ticks;
  bob.write("b");
  world.run(800);
  expect([alice.replica.hasDraft, alice.text.includes("b")]).toEqual([true, false]);
  expect(alice.ticks - before).toBeLessThan(20);
  world.run(10_000);
  expect(alice.text).toMatch(/ab|ba/);
  expect(bob.text).toBe(alice.text);
});

test("a throttle lets the first pass at once, and then one for all who asked, when it is time", () => {
  const throttle = new Throttle(100);
  expect([throttle.take(1_000), throttle.nextAt]).toEqual([true, Number.POSITIVE_INFINITY]);
  expect([throttle.take(1_010), throttle.take(1_099), throttle.nextAt]).toEqual([false, false, 1_100]);
  expect([throttle.take(1_100), throttle.nextAt]).toEqual([true, Number.POSITIVE_INFINITY]);
  expect(throttle.take(1_200)).toBe(true);
  throttle.take(1_000);
  expect(throttle.take(1_010)).toBe(false);
  throttle.done(1_050);
  expect([throttle.nextAt, throttle.take(1_149)]).toEqual([Number.POSITIVE_INFINITY, false]);
  expect(throttle.nextAt).toBe(1_150);
});
