// Goal: whatever a keyboard, a paste or a DOM diff does, the shared text is told only of whole characters and line
// feeds. Method: a table of single edits, then random edits against the law "well formed in, well formed out".
import { EditorState, Text } from "@codemirror/state";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TextPatch } from "../../../src/sync/view.ts";
import { cleanInput, cleanPatches, cutsPair } from "../../../src/ui/editor/clean-input.ts";

const doc = (text: string) => Text.of(text.split("\n"));
const smile = "😀"; // d83d de00
const grin = "😁"; // d83d de01

/** text, from, to, insert → expected patch */
const cases: readonly [string, string, TextPatch, TextPatch][] = [
  ["turns CRLF into LF", "ab", patch(1, 1, "x\r\ny"), patch(1, 1, "x\ny")],
  ["turns CR into LF", "ab", patch(1, 1, "\r"), patch(1, 1, "\n")],
  ["turns a lone surrogate into U+FFFD", "ab", patch(1, 1, "\ud83d"), patch(1, 1, "\ufffd")],
  ["turns NUL into U+FFFD", "ab", patch(1, 1, "x\0"), patch(1, 1, "x\ufffd")],
  ["moves an insertion behind the pair it would cut", `a${smile}b`, patch(2, 2, "x"), patch(3, 3, "x")],
  ["widens a deletion of half a pair", `a${smile}b`, patch(2, 3, ""), patch(1, 3, "")],
  ["widens a deletion that begins in a pair", `a${smile}bc`, patch(2, 4, ""), patch(1, 4, "")],
  ["widens a deletion that ends in a pair", `a${smile}bc`, patch(0, 2, ""), patch(0, 3, "")],
  ["completes a replacement of the second half", `a${smile}b`, patch(2, 3, grin[1]!), patch(1, 3, grin)],
  [
    "completes an insertion that makes two of one",
    `${smile}`,
    patch(1, 1, "\ude00\ud83d"),
    patch(0, 2, smile + smile),
  ],
  ["replaces what is left alone by U+FFFD", `a${smile}b`, patch(2, 3, "x"), patch(1, 3, "\ufffdx")],
];

test.each(cases)("%s", (_name, text, given, expected) => {
  expect(cleanPatches([given], doc(text))).toEqual([expected]);
});

test("returns the very same patches where nothing has to change", () => {
  const patches = [patch(1, 3, smile), patch(4, 4, "\n")];
  expect(cleanPatches(patches, doc(`a${smile}bc`))).toBe(patches);
});

test("joins two patches that touch the two halves of one pair", () => {
  const patches = [patch(0, 1, grin[0]!), patch(1, 2, grin[1]!)];
  expect(cleanPatches(patches, doc(smile))).toEqual([patch(0, 2, grin)]);
});

test("makes any edit of a well-formed text well formed, in order and without overlap", () => {
  const unit = fc.constantFrom("a", "b", "\n", "\r", "\0", "\ud83d", "\ude00", smile, "é");
  const wellFormed = fc
    .array(fc.constantFrom("a", "\n", smile, grin, "ß"), { maxLength: 12 })
    .map(parts => parts.join(""));
  const rawPatches = fc.array(fc.tuple(fc.nat(24), fc.nat(3), fc.array(unit, { maxLength: 3 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(wellFormed, rawPatches, (text, raw) => {
      const before = doc(text);
      const patches: TextPatch[] = [];
      let at = 0;
      for (const [skip, length, units] of raw) {
        const from = Math.min(text.length, at + (skip % 5));
        const to = Math.min(text.length, from + length);
        if (patches.length > 0 && from <= patches.at(-1)!.to) continue;
        patches.push(patch(from, to, units.join("")));
        at = to + 1;
      }
      let after = "";
      let end = 0;
      for (const { from, to, insert } of cleanPatches(patches, before)) {
        expect(from).toBeGreaterThanOrEqual(end);
        expect(cutsPair(before, from) || cutsPair(before, to)).toBe(false);
        after += text.slice(end, from) + insert;
        end = to;
      }
      after += text.slice(end);
      expect(after.isWellFormed()).toBe(true);
      expect(after).not.toMatch(/[\r\0]/);
    }),
    { numRuns: 2000 },
  );
});

test("puts the caret behind a paste whose line ends were changed", () => {
  const state = EditorState.create({
    doc: "ab",
    selection: { anchor: 1 },
    extensions: [cleanInput, EditorState.lineSeparator.of("\n")],
  });
  const paste = state.update(state.replaceSelection("1\r\n2\r\n"), { userEvent: "input.paste" });
  expect(paste.state.doc.toString()).toBe("a1\n2\nb");
  expect(paste.state.selection.main.head).toBe(5);
  expect(paste.isUserEvent("input.paste")).toBe(true);
});

function patch(from: number, to: number, insert: string): TextPatch {
  return { from, to, insert };
}
