import { expect, test } from "vitest";
import { shownTitle } from "../../../src/ui/documents/shown-title.ts";

test("shows a document without a title as Untitled, also where the title is nothing but space", () => {
  expect(["", " ", "\u2003\u00a0", " Plans "].map(shownTitle)).toEqual([
    "Untitled",
    "Untitled",
    "Untitled",
    "Plans",
  ]);
});
