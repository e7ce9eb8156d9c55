// Goal: an id leads to its slot and to no other, whatever ids there are. Method: beside a map of strings, with random
// ids and with ids that somebody chose so that they all begin alike.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Names, viewOf } from "../../../src/crdt/graph/names.ts";
import { type Bytes, sha256, toHex } from "../../../src/crdt/index.ts";
import { SEED } from "../people.ts";

const idOf = (number: number) => sha256(new TextEncoder().encode(`change ${number}`));

/** Ids whose first `alike` bytes are zero. */
function chosen(count: number, alike: number): Bytes[] {
  return Array.from({ length: count }, (_, i) => idOf(i).fill(0, 0, alike));
}

function named(ids: readonly Bytes[]): Names {
  const names = new Names();
  for (const [slot, id] of ids.entries()) names.set(slot, viewOf(id), 0);
  return names;
}

describe("the names of changes", () => {
  it("lead to their slots, and what has no name to none", () => {
    const ids = chosen(5_000, 0);
    const names = named(ids);
    names.check();
    for (const [slot, id] of ids.entries()) {
      expect(names.find(viewOf(id), 0)).toBe(slot);
      expect(names.hexAt(slot)).toBe(toHex(id));
    }
    for (let i = 5_000; i < 6_000; i++) expect(names.find(viewOf(idOf(i)), 0)).toBe(-1);
  });

  it("lead there too where all begin alike, at any time between", () => {
    for (const alike of [1, 2, 3, 4, 20]) {
      const names = new Names();
      const ids = chosen(600, alike);
      for (const [slot, id] of ids.entries()) {
        expect(names.find(viewOf(id), 0)).toBe(-1);
        names.set(slot, viewOf(id), 0);
        if (slot % 50 === 0) names.check();
      }
      names.check();
      for (const [slot, id] of ids.entries()) expect(names.find(viewOf(id), 0)).toBe(slot);
    }
  });

  it("are found like keys of a map, and compare like their hex", () => {
    // Few values for the bytes that decide the place, so that rows of places run full and into each other.
    const id = fc.tuple(fc.nat(3), fc.nat(40)).map(([first, last]) => {
      const bytes = new Uint8Array(32);
      bytes[3] = first;
      bytes[31] = last;
      return bytes;
    });
    const ids = fc.uniqueArray(id, { minLength: 2, maxLength: 160, selector: toHex });
    fc.assert(
      fc.property(ids, id, (set, other) => {
        const names = named(set);
        names.check();
        const slots = new Map(set.map((bytes, slot) => [toHex(bytes), slot]));
        expect(names.find(viewOf(other), 0)).toBe(slots.get(toHex(other)) ?? -1);
        for (let slot = 1; slot < set.length; slot++)
          expect(Math.sign(names.compare(slot - 1, slot))).toBe(
            toHex(set[slot - 1]!) < toHex(set[slot]!) ? -1 : 1,
          );
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("are given once", () => {
    const names = named([idOf(0)]);
    expect(() => names.set(1, viewOf(idOf(0)), 0)).toThrow("Invariant broken");
  });
});
