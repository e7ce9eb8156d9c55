// What a sequence keeps of text, beside a plain string: appended to, cut back to any length, read anywhere.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Units } from "../../../src/crdt/types/contents.ts";
import { stringOf } from "../../../src/crdt/types/image.ts";
import { SEED } from "../people.ts";

/** Around the borders where a page is full, grows or takes wider units. */
const word = fc.oneof(
  fc.constantFrom("a", "ÿ", "Ā", "🙂", "\n"),
  fc
    .tuple(fc.constantFrom("x", "é", "ж"), fc.constantFrom(31, 32, 127, 2_047, 2_048, 2_049, 5_000))
    .map(([letter, count]) => letter.repeat(count)),
);
const step = fc.oneof(word, word, fc.record({ keep: fc.nat(1_000) }));

describe("the units of a text", () => {
  it("are what was appended and not cut off again, wherever they are read", () => {
    let [wide, cut] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (steps, reads) => {
          const units = new Units();
          let text = "";
          for (const one of steps) {
            if (typeof one === "string") {
              units.append(one);
              text += one;
            } else {
              text = text.slice(0, Math.floor((text.length * one.keep) / 1_000));
              units.truncate(text.length);
              cut++;
            }
            expect(units.length).toBe(text.length);
          }
          expect(units.slice(0, text.length)).toBe(text);
          for (const read of text === "" ? [] : reads) {
            const from = read % text.length;
            const to = from + (read % 5_003) + 1;
            expect(units.slice(from, Math.min(to, text.length))).toBe(text.slice(from, to));
            const copied = new Uint16Array(Math.min(to, text.length) - from + 1);
            units.copyTo(from, Math.min(to, text.length), copied, 1);
            expect(stringOf(copied.subarray(1))).toBe(text.slice(from, to));
            expect(units.at(from)).toBe(text[from]);
            const code = text.charCodeAt(from);
            expect(units.isHalf(from)).toBe(code >= 0xd800 && code < 0xdc00);
          }
          if (/[\ud800-\udbff]/.test(text)) expect(units.hasHalves).toBe(true);
          if (/[\u0100-\uffff]/.test(text)) wide++;
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(wide).toBeGreaterThan(100);
    expect(cut).toBeGreaterThan(100);
  });
});
