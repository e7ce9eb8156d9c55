// Goal: what came after what is answered as by walking all the way down, in graphs with merges and forks. Method: random
// graphs, each compared at every step with sets of everything below.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeChange } from "../../../src/crdt/graph/codec.ts";
import { Graph } from "../../../src/crdt/graph/graph.ts";
import { Since } from "../../../src/crdt/graph/since.ts";
import { type ChangeId, type DeviceId, sha256, toHex } from "../../../src/crdt/index.ts";
import { SEED } from "../people.ts";

const hash = (text: string) => toHex(sha256(new TextEncoder().encode(text)));
const DOC = hash("document") as ChangeId;
const DEVICES = ["Alice", "Bob", "Mallory"].map(name => hash(name) as DeviceId);

/** A graph, and beside it the slots below each slot. */
class Grown {
  readonly graph = new Graph();
  readonly below: Set<number>[] = [];
  readonly authors: number[] = [];
  readonly hasChild: boolean[] = [];

  isBelow(a: number, b: number): boolean {
    return this.below[b]!.has(a);
  }

  /** The candidates that no other one has below it, sorted by id. */
  tops(candidates: readonly number[]): number[] {
    return [...new Set(candidates)]
      .filter(a => !candidates.some(b => this.isBelow(a, b)))
      .sort((a, b) => (this.graph.idAt(a) < this.graph.idAt(b) ? -1 : 1));
  }

  pastOf(parents: readonly number[]): Set<number> {
    return new Set(parents.flatMap(parent => [parent, ...this.below[parent]!]));
  }

  /** A change of a device on top of some; it goes on from its newest one below them, or, as a liar, from any. */
  add(
    author: number,
    parents: readonly number[],
    pick: number | null,
    slot: number = this.graph.reserve(),
  ): void {
    const { graph } = this;
    const past = this.pastOf(parents);
    const own = [...past].filter(slot => this.authors[slot] === author).sort((a, b) => a - b);
    const prev = own.length === 0 ? -1 : own[pick === null ? own.length - 1 : pick % own.length]!;
    const heading = {
      doc: DOC,
      author: DEVICES[author]!,
      seq: prev < 0 ? 1 : graph.seqAt(prev) + 1,
      prev,
      parents,
      depth: graph.depthAbove(parents),
      // So that no two are alike.
      opTotal: slot,
      byteTotal: 0,
      time: null,
    };
    const change = writeChange(heading, graph, [], []);
    const ancestors = graph.ancestorsOf(change);
    expect(ancestors).toEqual({ prev, parents });
    graph.add(change, ancestors, slot);
    expect(graph.slotOf(change.id)).toBe(slot);
    this.below[slot] = past;
    this.authors[slot] = author;
    this.hasChild[slot] = false;
    for (const parent of parents) this.hasChild[parent] = true;
  }

  check(): void {
    const { graph } = this;
    graph.check();
    const slots = [...this.below.keys()];
    const heads = slots.filter(slot => !this.hasChild[slot]);
    expect(graph.headSlots()).toEqual(this.tops(heads));
    expect(graph.heads).toEqual(graph.headSlots().map(slot => graph.idAt(slot)));
    for (const a of slots)
      for (const b of slots) {
        expect(graph.reaches(b, a)).toBe(a === b || this.isBelow(a, b));
        expect(Math.sign(graph.compareIds(a, b))).toBe(a === b ? 0 : graph.idAt(a) < graph.idAt(b) ? -1 : 1);
      }
  }
}

describe("the graph", () => {
  const step = fc.record({
    author: fc.nat(DEVICES.length - 1),
    over: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 3 }),
    liar: fc.nat(1_000),
  });

  it("knows what is in whose past, however it forks and merges", () => {
    let merges = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), steps => {
        const grown = new Grown();
        grown.add(0, [], null);
        for (const { author, over, liar } of steps) {
          const count = grown.below.length;
          const some = over.map(number => number % count);
          const parents = grown.tops(some);
          if (parents.length > 1) merges++;
          expect(grown.graph.isAntichain(parents)).toBe(true);
          expect(grown.graph.isAntichain([...new Set(some)])).toBe(parents.length === new Set(some).size);
          const tip = liar % count;
          expect(grown.graph.withTip(parents, tip)).toEqual(grown.tops([...parents, tip]));
          const past = grown.graph.past(parents);
          const expected = grown.pastOf(parents);
          for (let slot = 0; slot < count; slot++) expect(past.has(slot)).toBe(expected.has(slot));
          expect(past.has(-1)).toBe(false);
          grown.add(author, parents, author === 2 ? liar : null);
        }
        grown.check();
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(merges).toBeGreaterThan(100);
  });

  it("finds what is not in a past, in the order of admission, also where a slot was given out long before", () => {
    const holding = fc.option(fc.nat(30), { nil: null });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), holding, (steps, heldFrom) => {
        const grown = new Grown();
        const { graph } = grown;
        const since = new Since(graph);
        const check = (parents: readonly number[]): void => {
          const past = graph.past(parents);
          expect([...since.slots(past)]).toEqual([...graph.order].filter(slot => !past.has(slot)));
        };
        check([]);
        grown.add(0, [], null);
        let held = -1;
        for (const [i, { author, over, liar }] of steps.entries()) {
          if (i === heldFrom) held = graph.reserve();
          const parents = grown.tops(over.map(number => graph.order.at(number % graph.size)!));
          check(parents);
          grown.add(author, parents, author === 2 ? liar : null);
        }
        const tops = grown.tops(graph.headSlots());
        if (held >= 0) grown.add(0, tops, null, held);
        grown.add(1, graph.headSlots(), null);
        check([]);
        for (const slot of graph.order) check([slot]);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it("takes a slot back of which nothing was made, and only the last one", () => {
    const grown = new Grown();
    grown.add(0, [], null);
    const slot = grown.graph.reserve();
    grown.graph.reserve();
    expect(() => grown.graph.giveBack(slot)).toThrow("Invariant broken");
    grown.graph.giveBack(slot + 1);
    grown.graph.giveBack(slot);
    expect(() => grown.graph.giveBack(0)).toThrow("Invariant broken");
    // What is only reserved compares as the latest of all.
    expect(grown.graph.reserve()).toBe(slot);
    expect(grown.graph.compareIds(slot, 0)).toBeGreaterThan(0);
    expect(grown.graph.compareIds(0, slot)).toBeLessThan(0);
  });
});
