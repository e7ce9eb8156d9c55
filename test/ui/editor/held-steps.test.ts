// Goal: others' steps that are held back while I type neither get lost nor land in the wrong place. Method: random
// interleavings of local edits, remote steps and releases, checked after each against two strings.
import { ChangeSet, Text } from "@codemirror/state";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TextPatch } from "../../../src/sync/view.ts";
import { patchesOf } from "../../../src/ui/editor/clean-input.ts";
import { HeldSteps } from "../../../src/ui/editor/held-steps.ts";

const apply = (text: string, changes: ChangeSet) => {
  let result = "";
  let end = 0;
  for (const { from, to, insert } of patchesOf(changes)) {
    result += text.slice(end, from) + insert;
    end = to;
  }
  return result + text.slice(end);
};

const step = (from: number, to: number, insert: string): TextPatch => ({ from, to, insert });
const change = (text: string, patch: TextPatch) => ChangeSet.of({ ...patch }, text.length, "\n");

test("tells the shared text where my letter belongs while Bob's word in front of it is held", () => {
  const held = new HeldSteps();
  held.receive([step(0, 0, "Bob ")], "hello".length);
  const told = held.local(change("hello", step(5, 5, "!")));
  expect(patchesOf(told)).toEqual([step(9, 9, "!")]);
  expect(apply("hello!", held.take(null)!)).toBe("Bob hello!");
  expect(held.isEmpty).toBe(true);
});

test("goes on with my word where Bob's word is held right behind my last letter", () => {
  const held = new HeldSteps();
  held.receive([step(2, 2, "BOB")], "[m]".length);
  const told = held.local(change("[m]", step(2, 2, "e")));
  expect(apply("[mBOB]", told)).toBe("[meBOB]");
  expect(apply("[me]", held.take(null)!)).toBe("[meBOB]");
});

test("does not delete what Bob wrote inside the word that I delete", () => {
  const held = new HeldSteps();
  held.receive([step(2, 2, "XX")], 4);
  const told = held.local(change("word", step(0, 4, "")));
  expect(apply("woXXrd", told)).toBe("XX");
  expect(apply("", held.take(null)!)).toBe("XX");
});

test("releases at once what is apart from the composing line, and keeps what touches it", () => {
  const text = "one\ntwo\nthree";
  const held = new HeldSteps();
  held.receive([step(0, 0, "A"), step(5, 5, "B"), step(15, 15, "C")], text.length);
  expect(apply(text, held.take({ from: 4, to: 7 })!)).toBe("Aone\ntwo\nthreeC");
  expect(held.sharedLength("Aone\ntwo\nthreeC".length)).toBe("Aone\nBtwo\nthreeC".length);
  expect(apply("Aone\ntwo\nthreeC", held.take(null)!)).toBe("Aone\nBtwo\nthreeC");
});

test("keeps what only touches an end of the composing line", () => {
  const held = new HeldSteps();
  held.receive([step(3, 3, "X")], 7);
  expect(held.take({ from: 0, to: 3 })).toBeNull();
  expect(held.isEmpty).toBe(false);
});

test("leaves alone what went and came back, so that a caret in it stays and a letter typed there is where it was", () => {
  const text = "one draft two";
  const held = new HeldSteps();
  const lifted = [step(4, 9, ""), step(0, 3, "1"), step(6, 6, "!"), step(2, 2, "draft")];
  held.receive(lifted, text.length);
  held.narrow(Text.of([text]));
  expect(held.toShared(6)).toBe(4);
  const told = held.local(change(text, step(6, 6, "X")));
  expect(patchesOf(told)).toEqual([step(4, 4, "X")]);
  expect(apply("one drXaft two", held.take(null)!)).toBe("1 drXaft two!");
  held.receive([step(4, 9, ""), step(4, 4, "draft")], text.length);
  held.narrow(Text.of([text]));
  expect(held.isEmpty).toBe(true);
});

test("carries positions both ways", () => {
  const held = new HeldSteps();
  held.receive([step(0, 0, "12345")], 3);
  expect(held.toShared(2)).toBe(7);
  expect(held.toEditor(7)).toBe(2);
  expect(held.toEditor(99)).toBe(3);
});

test("editor and shared text are equal after any interleaving, whatever was held", () => {
  let released = 0;
  let kept = 0;
  const action = fc.record({
    kind: fc.constantFrom("local", "remote", "take", "take-around"),
    at: fc.nat(1000),
    length: fc.nat(4),
    insert: fc.constantFrom("", "a", "bc", "\n", "d\ne"),
  });
  fc.assert(
    fc.property(fc.array(action, { minLength: 12, maxLength: 40 }), actions => {
      const held = new HeldSteps();
      let editor = "first\nsecond\nthird";
      let shared = editor;
      for (const { kind, at, length, insert } of actions) {
        const target = kind === "remote" ? shared : editor;
        const from = at % (target.length + 1);
        const patch = step(from, Math.min(target.length, from + length), insert);
        if (kind === "local") {
          const local = change(editor, patch);
          shared = apply(shared, held.local(local));
          editor = apply(editor, local);
        } else if (kind === "remote") {
          held.receive([patch], editor.length);
          shared = apply(shared, change(shared, patch));
        } else {
          const avoid = kind === "take" ? null : { from, to: patch.to };
          const taken = held.take(avoid);
          if (taken !== null) {
            editor = apply(editor, taken);
            released++;
          }
          if (!held.isEmpty) kept++;
        }
        expect(held.sharedLength(editor.length)).toBe(shared.length);
      }
      const rest = held.take(null);
      expect(rest === null ? editor : apply(editor, rest)).toBe(shared);
    }),
    { numRuns: 1000 },
  );
  expect(released).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(100);
});

test("takes in at once what replaces ten thousand words", () => {
  const held = new HeldSteps();
  const text = "a word\n".repeat(10_000);
  const steps = Array.from({ length: 10_000 }, (_, i) => step(7 * i + 2, 7 * i + 6, "that"));
  held.receive(steps, text.length);
  expect(apply(text, held.take(null)!)).toBe("a that\n".repeat(10_000));
});
