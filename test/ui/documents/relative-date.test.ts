import { expect, test } from "vitest";
import { unsharedWarning } from "../../../src/ui/documents/document-item.tsx";
import { relativeDate } from "../../../src/ui/documents/relative-date.ts";

const now = Date.UTC(2026, 10, 20, 12);
const minute = 60_000;
const hour = 60 * minute;

test.each([
  [0, "just now"],
  [-hour, "just now"],
  [minute, "1 minute ago"],
  [59 * minute, "59 minutes ago"],
  [5 * hour, "5 hours ago"],
  [25 * hour, "yesterday"],
  [72 * hour, "3 days ago"],
  [40 * 24 * hour, "October 11"],
  [400 * 24 * hour, "October 16, 2025"],
])("an age of %i ms reads %s", (age, words) => {
  expect(relativeDate(now - age, now)).toBe(words);
});

test("the warning counts edits as one says it", () => {
  expect(unsharedWarning(1)).toBe("1 edit here is shared with nobody.");
  expect(unsharedWarning(3)).toBe("3 edits here are shared with nobody.");
});
