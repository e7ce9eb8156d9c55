// Goal: what a comparison of lanes does not find is found all the same. Method: real sessions with a comparison that finds
// nothing in place of the real one.
import { expect, test, vi } from "vitest";
import type * as reconcile from "../../src/sync/reconcile.ts";
import { World } from "./world.ts";

const lanes = vi.hoisted(() => ({ areBlind: false }));

vi.mock("../../src/sync/reconcile.ts", async original => {
  const real = (await original()) as typeof reconcile;
  const compare: typeof real.compare = (...given) => {
    const difference = real.compare(...given);
    return lanes.areBlind ? { ...difference, missing: [], areAhead: false, forked: [] } : difference;
  };
  return { ...real, compare };
});

test("two who hold different changes and find no difference in their lanes hold the same by ranges", () => {
  const world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(1_000);
  bob.write("!");
  world.run(1_000);
  for (const wire of alice.wires) wire.cut();
  world.run(500);
  for (let i = 0; i < 30; i++) {
    alice.write("a");
    bob.write("b");
    world.run(100);
  }
  lanes.areBlind = true;
  world.connect(alice, bob);
  world.run(4_000);
  // What was written before they met is missing, and nobody sees it.
  expect(bob.text).not.toContain("aaa");
  world.run(15_000);
  expect(bob.replica.heads).toEqual(alice.replica.heads);
  expect(bob.text).toContain("aaa");
  expect(alice.text).toContain("bbb");
  // Once it is the same, nothing more is said of ranges.
  const said = alice.said.ranges + bob.said.ranges;
  expect(said).toBeGreaterThan(0);
  world.run(30_000);
  expect(alice.said.ranges + bob.said.ranges).toBe(said);
});
