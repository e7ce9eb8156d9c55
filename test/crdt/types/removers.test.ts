// What very many did away with: one entry, increment or add costs no more for each of them than for the first, and shows
// again when the last of them is taken back.

import { describe, expect, it } from "vitest";
import { Counter } from "../../../src/crdt/types/counter.ts";
import type { Dot, Slot } from "../../../src/crdt/types/dot.ts";
import { Register } from "../../../src/crdt/types/register.ts";
import { ValueSet } from "../../../src/crdt/types/sets.ts";

const DOT: Dot = { change: 0, index: 0 };
const order = (a: Slot, b: Slot) => a - b;
const stamps = { compareIds: order, compareDepths: order, compareStamps: order };

/** Something that others do away with, and take that back. */
interface Removable {
  readonly isEmpty: boolean;
  remove(dots: readonly Dot[], by: Slot): void;
  restore(dots: readonly Dot[], by: Slot): void;
}

function entry(): Removable {
  const register = new Register(stamps);
  register.add(DOT, "value");
  return Object.assign(register, { remove: register.replace.bind(register) });
}

function increment(): Removable {
  const counter = new Counter();
  counter.add(DOT, 1);
  return counter;
}

function add(): Removable {
  const set = new ValueSet("set", stamps);
  set.add(DOT, "value");
  return {
    get isEmpty() {
      return set.isEmpty;
    },
    remove: (dots, by) => set.unset(dots, by),
    restore: (dots, by) => set.restore(dots, by),
  };
}

describe.each([
  ["an entry", entry],
  ["an increment", increment],
  ["an add", add],
])("%s", (_, make) => {
  it("that 20,000 changes did away with is restored by the last of them, in time that grows with them", () => {
    const removable = make();
    const began = process.cpuUsage();
    for (let by = 1; by <= 20_000; by++) removable.remove([DOT], by);
    for (let by = 20_001; by <= 40_000; by++) removable.restore([DOT], by);
    for (let by = 1; by < 20_000; by++) removable.restore([DOT], by);
    expect(removable.isEmpty).toBe(true);
    removable.restore([DOT], 20_000);
    expect(removable.isEmpty).toBe(false);
    const { user, system } = process.cpuUsage(began);
    // 0.1 s on a busy machine; 35 s where each looks through a list of the others.
    expect((user + system) / 1_000).toBeLessThan(1_500);
  });
});
