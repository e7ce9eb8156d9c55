import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Composition } from "../../../src/crdt/types/composition.ts";
import { textSequence } from "../../../src/crdt/types/sequence.ts";
import { Strands } from "../../../src/crdt/types/strands.ts";
import { SEED } from "../people.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A composition in a text that stands in the tree. */
function composing(text: string): Composition {
  const strands = new Strands();
  strands.begin(0, null);
  const compare = (a: number, b: number): number => a - b;
  const sequence = textSequence({ compareIds: compare, compareDepths: compare }, strands);
  if (text !== "") sequence.insertAt(0, { change: 0, index: 0 }, text);
  return new Composition(sequence, () => undefined);
}

/** What a text is once the pieces are put into it. */
function put(text: string, { pieces }: Composition): string {
  let out = "";
  let at = 0;
  for (const piece of pieces) {
    out += text.slice(at, piece.at) + piece.inserted;
    at = piece.at + piece.removed;
  }
  return out + text.slice(at);
}

describe("a composition", () => {
  it("comes to what the edits come to one by one, in pieces that stand apart", () => {
    let [refused, dropped, several] = [0, 0, 0];
    const words = ["a", "bc", "\u{1f600}", "", "d\u{1f601}e"];
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("x", "y", "z", "\u{1f602}"), minLength: 20, maxLength: 200 }),
        fc.array(
          fc.record({
            at: fc.nat(9_999),
            isNear: fc.boolean(),
            removed: fc.nat(4),
            word: fc.constantFrom(...words),
            more: fc.constantFrom(...words),
            fails: fc.nat(5),
          }),
          { maxLength: 40 },
        ),
        (text, edits) => {
          const composition = composing(text);
          let shown = text;
          let last = 0;
          for (const { at, isNear, removed, word, more, fails } of edits) {
            const from = Math.min(isNear ? last : at % (shown.length + 1), shown.length);
            const to = Math.min(from + removed, shown.length);
            if (to === from && word === "") continue;
            const isHeld = composition.hold(from, to - from, word);
            const isCut = [from, to].some(index => isInside(shown, index));
            expect(isHeld).toBe(!isCut);
            if (!isHeld) {
              refused++;
              continue;
            }
            const end = from + word.length;
            if (more !== "") expect(composition.hold(end, 0, more)).toBe(true);
            expect(composition.hold(end + more.length + 1, 0, "!")).toBe(false);
            expect(composition.hold(end + more.length, 1, "")).toBe(false);
            const after = shown.slice(0, from) + word + more + shown.slice(to);
            expect(composition.length).toBe(after.length);
            if (fails === 0) {
              composition.drop();
              dropped++;
            } else {
              expect(composition.keep()).toBe(composition.pieces.length > 0);
              shown = after;
              last = Math.max(end + more.length - (fails === 1 ? 1 : 0), 0);
            }
            expect(composition.held).toBeNull();
            expect(composition.length).toBe(shown.length);
            expect(put(text, composition)).toBe(shown);
            const { pieces } = composition;
            for (const [i, piece] of pieces.entries()) {
              expect(piece.removed + piece.inserted.length).toBeGreaterThan(0);
              if (i > 0) expect(piece.at).toBeGreaterThan(pieces[i - 1]!.at + pieces[i - 1]!.removed);
            }
            if (pieces.length > 2) several++;
          }
        },
      ),
      { seed: SEED, numRuns: 800 },
    );
    expect(refused).toBeGreaterThan(300);
    expect(dropped).toBeGreaterThan(300);
    expect(several).toBeGreaterThan(300);
  });

  it("takes nothing beyond the ends", () => {
    const composition = composing("abc");
    for (const [at, removed] of [
      [4, 0],
      [2, 2],
      [-1, 0],
      [0.5, 0],
      [Number.NaN, 0],
    ] as const)
      expect(composition.hold(at, removed, "x")).toBe(false);
    expect(composition.isEmpty).toBe(true);
  });

  it("of what was typed and deleted again leaves nothing", () => {
    const composition = composing("abc");
    for (const [at, removed, text] of [
      [1, 0, "xy"],
      [2, 1, ""],
      [1, 1, ""],
    ] as const) {
      composition.hold(at, removed, text);
      composition.keep();
    }
    expect(composition.isEmpty).toBe(true);
  });

  it("wants to be put into the tree before it is gone through for long", () => {
    const many = composing("-".repeat(200));
    let count = 0;
    do many.hold(4 * count, 1, "x");
    while (many.keep() && ++count < 200);
    expect(count).toBeLessThan(64);
    const large = composing("");
    large.hold(0, 0, "x".repeat(60_000));
    expect(large.keep()).toBe(false);
  });
});

function isInside(text: string, index: number): boolean {
  return /^[\udc00-\udfff]/.test(text.slice(index)) && index > 0;
}
