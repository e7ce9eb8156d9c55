// Goal: a context knows exactly the dots it was given, and has one normal form. Method: beside it, a plain set of dots.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leqLiving, mergeLiving } from "../../../src/crdt/state/causal-context.ts";
import { type CausalContext, causalContext, type Dot } from "../../../src/crdt/state/index.ts";
import { alice, bob } from "./laws.ts";

const dot = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom("Alice", "Bob", "@", "__proto__"))
  .map(([counter, replica]): Dot => `${counter}@${replica}`);
const dots = fc.uniqueArray(dot, { maxLength: 12 });
const seen = (context: CausalContext, all: Iterable<Dot>) =>
  [...all].filter(name => causalContext.has(context, name));

describe("a causal context", () => {
  it("c ⊔ c' = c ∪ c' as sets of dots", () => {
    fc.assert(
      fc.property(dots, dots, (a, b) => {
        const merged = causalContext.merge(causalContext.of(a), causalContext.of(b));
        expect(merged).toEqual(causalContext.of([...b, ...a]));
      }),
    );
  });

  it("c ≤ c' ⇔ c ⊆ c'", () => {
    fc.assert(
      fc.property(dots, dots, (a, b) => {
        const isSubset = a.every(name => b.includes(name));
        expect(causalContext.leq(causalContext.of(a), causalContext.of(b))).toBe(isSubset);
        expect(causalContext.leq(causalContext.of(a), causalContext.of([...a, ...b]))).toBe(true);
      }),
    );
  });

  it("has the dots it was made of and no others", () => {
    fc.assert(
      fc.property(dots, dots, (known, others) => {
        const all = new Set([...known, ...others]);
        expect(new Set(seen(causalContext.of(known), all))).toEqual(new Set(known));
      }),
    );
  });

  it("takes in what closes a gap", () => {
    const gaps = causalContext.of(["1@Alice", "2@Alice", "4@Alice", "6@Alice"]);
    expect(gaps).toEqual(new Map([[alice, { through: 2, beyond: [4, 6] }]]));
    expect(causalContext.merge(gaps, causalContext.of(["3@Alice"]))).toEqual(
      new Map([[alice, { through: 4, beyond: [6] }]]),
    );
  });

  it("names the next write behind the last known one, never in a gap", () => {
    const context = causalContext.of(["1@Alice", "4@Alice"]);
    expect(causalContext.next(context, alice)).toBe("5@Alice");
    expect(causalContext.next(context, bob)).toBe("1@Bob");
  });

  it("names no write behind the last number that a double counts exactly", () => {
    const full = new Map([[alice, { through: Number.MAX_SAFE_INTEGER, beyond: [] }]]);
    expect(() => causalContext.next(full, alice)).toThrow(RangeError);
  });
});

describe("dots that live", () => {
  const living = fc
    .tuple(dots, dots)
    .map(([live, gone]) => ({ dots: new Set(live), context: causalContext.of([...live, ...gone]) }));

  it("(s, c) ⊔ (s', c') = ((s ∩ s') ∪ (s \\ c') ∪ (s' \\ c), c ∪ c')", () => {
    fc.assert(
      fc.property(living, living, (a, b) => {
        const both = [...a.dots].filter(name => b.dots.has(name));
        const onlyA = [...a.dots].filter(name => !causalContext.has(b.context, name));
        const onlyB = [...b.dots].filter(name => !causalContext.has(a.context, name));
        expect(mergeLiving(a, b)).toEqual(new Set([...both, ...onlyA, ...onlyB]));
      }),
    );
  });

  it("are ordered as merging orders them", () => {
    fc.assert(
      fc.property(living, living, (a, b) => {
        const context = causalContext.merge(a.context, b.context);
        expect(leqLiving(a, { dots: mergeLiving(a, b), context })).toBe(true);
      }),
    );
  });
});
