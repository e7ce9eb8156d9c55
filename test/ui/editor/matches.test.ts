// Goal: what is looked for is found letter by letter, everywhere, and next and previous go round. Method: plain texts.
import { expect, test } from "vitest";
import { matchBefore, matchesOf, matchFrom } from "../../../src/ui/editor/matches.ts";

const found = (text: string, search: string, isCaseSensitive = false) =>
  matchesOf(text, { search, isCaseSensitive }).map(({ from, to }) => [from, to, text.slice(from, to)]);

test("finds every place, in either case unless told otherwise, over lines and in other alphabets", () => {
  expect(found("Rain, rain\nand train", "rain")).toEqual([
    [0, 4, "Rain"],
    [6, 10, "rain"],
    [16, 20, "rain"],
  ]);
  expect(found("Rain, rain", "rain", true)).toEqual([[6, 10, "rain"]]);
  expect(found("Über ÜBER", "über").length).toBe(2);
  expect(found("Ὀδυσσεύς ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς").length).toBe(2);
});

test("takes every sign for itself", () => {
  for (const sign of "\\^$.*+?()[]{}|/-&#~") expect(found(`a${sign}b`, sign), sign).toEqual([[1, 2, sign]]);
  expect(found("a.b axb", "a.b")).toEqual([[0, 3, "a.b"]]);
});

test("finds nothing where nothing is asked, nor half of an emoji", () => {
  expect(found("text", "")).toEqual([]);
  expect(found("😀", "\ud83d")).toEqual([]);
  expect(found("a😀a😀", "😀")).toEqual([
    [1, 3, "😀"],
    [4, 6, "😀"],
  ]);
});

test("no place overlaps the one before", () => {
  expect(found("aaaaa", "aa").map(([from]) => from)).toEqual([0, 2]);
});

test("next and previous go round", () => {
  const matches = matchesOf("one two one", { search: "one", isCaseSensitive: false });
  expect([0, 1, 8, 9].map(position => matchFrom(matches, position)?.from)).toEqual([0, 8, 8, 0]);
  expect([0, 1, 8, 9].map(position => matchBefore(matches, position)?.from)).toEqual([8, 0, 0, 8]);
  expect(matchFrom([], 3)).toBe(undefined);
  expect(matchBefore([], 3)).toBe(undefined);
});
