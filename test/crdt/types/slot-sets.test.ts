// Sets of changes as numbers beside JavaScript's own: whatever is put in and taken out, in whatever order, has the same
// members. And who deleted the pieces of a text: how many sets that makes, where somebody deletes and cuts very often.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Units } from "../../../src/crdt/types/contents.ts";
import type { Slot, Span } from "../../../src/crdt/types/dot.ts";
import { Fugue } from "../../../src/crdt/types/fugue.ts";
import { ImageIn, ImageOut, Unsound } from "../../../src/crdt/types/image.ts";
import { Pieces } from "../../../src/crdt/types/pieces.ts";
import { DELETERS, MASKED, NONE, type Run } from "../../../src/crdt/types/runs.ts";
import { Showing } from "../../../src/crdt/types/showing.ts";
import { NOBODY, type SlotSet, SlotSets } from "../../../src/crdt/types/slot-sets.ts";
import { Strands } from "../../../src/crdt/types/strands.ts";
import { SEED } from "../people.ts";

/** Small ones, which meet, and any that there can be. */
const slots = fc.oneof(fc.nat(12), fc.nat(3_000), fc.nat(2 ** 31 - 1));

function ascending(set: ReadonlySet<Slot>): Slot[] {
  return [...set].sort((a, b) => a - b);
}

describe("a set of changes", () => {
  it("has the members that were put in and not taken out; no other set has others for that", () => {
    let shared = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1_000), slots, fc.nat(3)), { minLength: 1, maxLength: 300 }),
        history => {
          let sets = new SlotSets();
          let known: [SlotSet, ReadonlySet<Slot>][] = [[NOBODY, new Set()]];
          for (const [pick, slot, kind] of history) {
            const [from, members] = known[pick % known.length]!;
            const after = new Set(members);
            const taken = ascending(members)[pick % Math.max(members.size, 1)] ?? slot;
            if (kind === 0) after.delete(taken);
            else after.add(slot);
            known.push([kind === 0 ? sets.without(from, taken) : sets.with(from, slot), after]);
            if (pick % 50 !== 0) continue;
            const kept = new SlotSets();
            const take = kept.taking(sets);
            known = known.map(([set, its]) => [take(set), its]);
            expect(kept.count).toBeLessThanOrEqual(sets.count);
            sets = kept;
          }
          for (const [set, members] of known) expect(sets.members(set)).toEqual(ascending(members));
          shared += known.length - new Set(known.map(([set]) => set)).size;
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
    expect(shared).toBeGreaterThan(200);
  });

  it("is one with its equals, in whatever order they were put together, and without what it has not the same", () => {
    const sets = new SlotSets();
    const of = (...members: Slot[]) => members.reduce((set, slot) => sets.with(set, slot), NOBODY);
    expect(of(7)).toBe(7);
    expect(of(2, 3, 6)).toBe(of(6, 2, 3));
    expect(sets.without(of(2, 3, 6), 5)).toBe(of(2, 3, 6));
    expect(sets.without(of(2, 3, 6), 3)).toBe(of(2, 6));
    expect(sets.without(of(2, 6), 6)).toBe(2);
    expect(sets.without(2, 2)).toBe(NOBODY);
  });

  it("comes back from an image, and from no image that says it is made of what is not there", () => {
    const sets = new SlotSets();
    const everybody = [5, 1, 9, 4].reduce((set, slot) => sets.with(set, slot), NOBODY);
    const out = new ImageOut();
    sets.dump(out);
    out.ints(Int32Array.of(-2, 3, 3, 1));
    out.ints(Int32Array.of(2, 3, 2));
    const image = new Uint8Array(out.length);
    out.write(image, 0);
    const from = new ImageIn(image, 0);
    const loaded = new SlotSets();
    loaded.load(from);
    expect(loaded.members(everybody)).toEqual([1, 4, 5, 9]);
    expect(loaded.with(loaded.without(everybody, 9), 9)).toBe(everybody);
    expect(() => new SlotSets().load(from)).toThrow(Unsound);
    expect(() => new SlotSets().load(from)).toThrow(Unsound);
  });
});

/** Alice's change, 0, wrote a text of `length` letters. */
class Page {
  readonly #pieces = new Pieces(new Strands(), () => new Units());
  readonly #showing = new Showing(this.#pieces);

  constructor(length: number) {
    const { runs, strands } = this.#pieces;
    strands.begin(0, null);
    strands.claim(0, length);
    const column = this.#pieces.columnOn(0);
    const root = runs.makeRoot(0, NONE, NONE, true, NONE, NONE);
    const run = this.#pieces.make(column, root, 0, "a".repeat(length));
    const never = () => 0;
    new Fugue(this.#pieces, { compareIds: never, compareDepths: never }).hang(run);
    column.add(run);
  }

  delete(by: Slot, start: number, length: number): void {
    this.#showing.delete({ change: 0, start, length }, by);
  }

  undelete(by: Slot, start: number, length: number): void {
    this.#showing.undelete({ change: 0, start, length }, by);
  }

  /** As what a change did is masked. Answers at how many pieces that looks. */
  mask(by: Slot, spans: readonly Omit<Span, "change">[]): number {
    const looked = vi.spyOn(this.#pieces.runs, "removeDeleter");
    const deleted = spans.map(span => ({ change: 0, ...span, by }));
    this.#showing.hideAll([], MASKED, true, deleted, () => undefined);
    return looked.mock.calls.length;
  }

  /** Rows of sets. */
  get rows(): number {
    return this.#pieces.runs.setCount;
  }

  /** What the pieces have for sets. */
  get sets(): SlotSet[] {
    const { runs, order } = this.#pieces;
    return [...new Set(order.all().map((run: Run) => runs.cells[run + DELETERS]!))];
  }

  deleters(set: SlotSet): readonly Slot[] {
    return this.#pieces.runs.deletersIn(set);
  }
}

describe("who deleted the pieces of a text", () => {
  const DELETERS_COUNT = 300;
  const LETTERS = 600;
  const everybody = Array.from({ length: DELETERS_COUNT }, (_, i) => i + 1);
  const mallory = DELETERS_COUNT + 1;
  /** Of what is in use there are about as many rows as deleters, and as many again that wait to be forgotten. */
  const ROWS_MAX = 4 * DELETERS_COUNT + 2 * LETTERS;

  it("is two sets where three hundred changes deleted everything and one more every other letter, whichever came first", () => {
    for (const isCutFirst of [false, true]) {
      const page = new Page(LETTERS);
      const cut = () => {
        for (let i = 0; i < LETTERS; i += 2) page.delete(mallory, i, 1);
      };
      if (isCutFirst) cut();
      for (const by of everybody) page.delete(by, 0, LETTERS);
      if (!isCutFirst) cut();
      expect(page.sets.map(set => page.deleters(set))).toEqual([[...everybody, mallory], everybody]);
      expect(page.rows).toBeLessThan(ROWS_MAX);
      for (let i = 0; i < LETTERS; i += 2) page.undelete(mallory, i, 1);
      expect(page.sets.map(set => page.deleters(set))).toEqual([everybody]);
    }
  });

  it("makes no set of what is taken back and was not there, however often, nor of what comes and goes", () => {
    const page = new Page(3);
    for (const by of everybody) page.delete(by, 1, 1);
    const { rows } = page;
    for (let i = 0; i < 10_000; i++) page.undelete(mallory, 1, 1);
    expect(page.rows).toBe(rows);
    for (let i = 0; i < 10_000; i++) {
      const by = everybody[(i * 7) % DELETERS_COUNT]!;
      page.undelete(by, 1, 1);
      if (i % 3 > 0) page.delete(by, 1, 1);
    }
    expect(page.rows).toBeLessThan(ROWS_MAX);
  });

  it("forgets a change that is masked at every piece once, however often it deleted that", () => {
    const page = new Page(LETTERS);
    for (let i = 0; i < LETTERS; i += 2) page.delete(everybody[0]!, i, 1);
    const spans = Array.from({ length: 50 }, (_, i) => ({ start: (i * 7) % 50, length: LETTERS - 50 - i }));
    for (const { start, length } of [{ start: LETTERS - 10, length: 10 }, ...spans])
      page.delete(mallory, start, length);
    const pieces = page.mask(mallory, [...spans, { start: LETTERS - 10, length: 10 }]);
    expect(pieces).toBeGreaterThan(LETTERS / 2);
    expect(pieces).toBeLessThanOrEqual(LETTERS);
    expect(page.sets.map(set => page.deleters(set))).toEqual([[everybody[0]], []]);
  });
});
