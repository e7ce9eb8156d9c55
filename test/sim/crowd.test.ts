// Goal: a crowd of real sessions over the real mesh, each with a few links, ends with one text, though half of them are gone
// at once. Method: one simulated world; `CROWD` for another size. Signatures are quick ones, or this would take minutes.
import { describe, expect, it } from "vitest";
import { OVERLAY_LINKS_MAX } from "../../src/sync/limits.ts";
import { type Tab, World } from "../sync/world.ts";
import { Network } from "./network.ts";
import { Prng } from "./prng.ts";

const SIZE = Number(process.env.CROWD ?? 200);
const WRITERS = 5;

/** The platform is simulated: a microtask is an event of the world's clock. */
function inWorld(world: World, play: () => void): void {
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = run => world.after(0, run);
  try {
    play();
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
}

describe(`${SIZE} people`, () => {
  it("write one text over at most eight links each, and those who stay hold the same when half of them are gone", () => {
    const world = new World(1, true);
    const network = new Network(world);
    const luck = new Prng(2);
    inWorld(world, () => {
      const alice = world.create("Alice");
      alice.write("Hello");
      world.share(alice);
      network.enter(alice);
      let linksMost = 0;
      const look = () => {
        for (const tab of world.tabs) linksMost = Math.max(linksMost, tab.session.openPeers().length);
      };
      const pass = (ms: number) => {
        for (let left = ms; left > 0; left -= 500) {
          world.run(Math.min(left, 500));
          look();
        }
      };
      const everybody: Tab[] = [alice];
      for (let i = 1; i < SIZE; i++) {
        const tab = world.join(`Guest ${i}`, alice);
        everybody.push(tab);
        network.enter(tab);
        pass(50);
      }
      const areEqual = (tabs: readonly Tab[], text: string) => () => tabs.every(tab => tab.text === text);
      expect(world.runUntil(areEqual(everybody, "Hello"), 30_000, 100)).toBe(true);
      pass(5_000);
      expect(linksMost).toBeLessThanOrEqual(OVERLAY_LINKS_MAX);
      for (const writer of everybody.slice(0, WRITERS)) writer.write("!");
      let at = world.now;
      expect(world.runUntil(areEqual(everybody, `Hello${"!".repeat(WRITERS)}`), 30_000, 100)).toBe(true);
      const spreadMs = world.now - at;
      const gone = everybody.filter((_, i) => i > WRITERS && luck.chance(0.5));
      for (const tab of gone) {
        tab.crash(true);
        network.exit(tab);
      }
      expect(gone.length).toBeGreaterThan(SIZE / 3);
      const left = everybody.filter(tab => !gone.includes(tab));
      for (const writer of left.slice(0, WRITERS)) writer.write("?");
      at = world.now;
      const text = `Hello${"!".repeat(WRITERS)}${"?".repeat(WRITERS)}`;
      expect(world.runUntil(areEqual(left, text), 60_000, 100)).toBe(true);
      console.log(
        `${SIZE} people, at most ${linksMost} links each; an edit is with all after ${spreadMs} ms; ${gone.length} gone: with the rest after ${world.now - at} ms`,
      );
      // Most have no link to any of them.
      const writers = left.slice(0, WRITERS);
      const sees = (tab: Tab, other: Tab) =>
        tab === other || [...tab.session.presences()].some(({ device }) => device === other.replica.device);
      at = world.now;
      const areSeen = () => left.every(tab => writers.every(writer => sees(tab, writer)));
      expect(world.runUntil(areSeen, 30_000, 500)).toBe(true);
      console.log(`all see ${WRITERS} writers after ${world.now - at} ms more`);
      expect(world.toldTooEarly).toEqual([]);
    });
  }, 600_000);
});
