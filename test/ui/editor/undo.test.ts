import { ChangeSet } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { caretAfter, goesOn } from "../../../src/ui/editor/undo.ts";

describe("an edit", () => {
  it.each<[string | undefined, string | undefined, number, boolean]>([
    ["input.type", "input.type", 499, true],
    ["input.type", "input.type", 500, false],
    ["input.type.compose", "input.type", 100, true],
    ["delete.backward", "delete.backward", 100, true],
    ["input", "input.type", 100, false],
    ["input.type", "input", 100, true],
    ["input.paste", "input.type", 100, false],
    ["input.type", "input.paste", 100, false],
    ["input.type", undefined, 100, false],
    [undefined, "input.type", 100, false],
    ["move.drop", "input.type", 100, false],
  ])("that is %s goes on with %s after %i ms: %s", (event, before, pauseMs, expected) => {
    expect(goesOn(event, before, pauseMs)).toBe(expected);
  });
});

describe("the caret after an undo", () => {
  it("is behind what came back, where letters went, and at the nearest of several places", () => {
    const changes = (...specs: { from: number; to?: number; insert?: string }[]) =>
      ChangeSet.of(specs, 100, "\n");
    expect(caretAfter(changes({ from: 10, insert: "abc" }), 90)).toBe(13);
    expect(caretAfter(changes({ from: 10, to: 20 }), 90)).toBe(10);
    const two = changes({ from: 10, insert: "abc" }, { from: 80, to: 82 });
    expect(caretAfter(two, 5)).toBe(13);
    expect(caretAfter(two, 70)).toBe(83);
    expect(caretAfter(two, 83)).toBe(83);
  });
});
