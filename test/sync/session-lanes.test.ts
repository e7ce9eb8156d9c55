// Goal: however many a link lets in, who write a word each, the others go on. Method: real sessions, with a bound of lanes that is
// soon reached.
import { expect, test, vi } from "vitest";
import type * as limits from "../../src/sync/limits.ts";
import { type Tab, World } from "./world.ts";

const { LANES_MAX } = vi.hoisted(() => ({ LANES_MAX: 12 }));

vi.mock("../../src/sync/limits.ts", async original => {
  return { ...((await original()) as typeof limits), LANES_MAX };
});

/** Alice and Bob are linked; a link of theirs has let in more devices than a message holds lanes, who wrote two letters each. */
function crowd(): { readonly world: World; readonly alice: Tab; readonly bob: Tab } {
  const world = new World(1, true);
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(2_000);
  bob.write("!");
  world.run(1_000);
  for (let i = 0; i < LANES_MAX + 4; i++) stranger(world, alice, i, 2);
  world.run(5_000);
  expect(bob.text).toBe(alice.text);
  return { world, alice, bob };
}

function stranger(world: World, alice: Tab, i: number, letters: number): void {
  const mallory = world.join(`Mallory ${i}`, alice);
  world.connect(alice, mallory);
  world.run(600);
  for (let letter = 0; letter < letters; letter++) {
    mallory.write("m");
    world.run(600);
  }
  mallory.leave();
}

function part(world: World, alice: Tab): void {
  for (const wire of alice.wires) wire.cut();
  world.run(1_000);
}

test("two who part hear of each other when they meet again, and a newcomer of all", () => {
  const { world, alice, bob } = crowd();
  part(world, alice);
  alice.write(" Alice");
  bob.write(" Bob");
  world.run(1_000);
  world.connect(alice, bob);
  world.run(10_000);
  expect(bob.text).toBe(alice.text);
  expect(alice.text).toContain("Alice");
  expect(alice.text).toContain("Bob");
  const carol = world.join("Carol", alice);
  world.connect(carol, bob);
  world.run(10_000);
  expect(carol.text).toBe(alice.text);
}, 60_000);

test("what is not said of lanes is found by ranges, and nothing is said again after that", () => {
  const { world, alice, bob } = crowd();
  part(world, alice);
  // The shortest lanes are left unsaid.
  for (let i = 0; i < 4; i++) stranger(world, alice, 100 + i, 1);
  world.connect(alice, bob);
  world.run(120_000);
  expect(bob.replica.heads).toEqual(alice.replica.heads);
  expect(alice.said.ranges + bob.said.ranges).toBeGreaterThan(0);
  const said = [alice, bob].map(({ said }) => said.ranges + said.changes);
  world.run(60_000);
  expect([alice, bob].map(({ said }) => said.ranges + said.changes)).toEqual(said);
}, 60_000);
