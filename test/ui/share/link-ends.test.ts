// Goal: what is said of a link's end is true at the moment it is said. Method: one link at several moments.
import { expect, it } from "vitest";
import type { LinkEntry } from "../../../src/sync/view.ts";
import { endWords } from "../../../src/ui/share/link-ends.ts";

const link = (ends: Partial<LinkEntry>): LinkEntry => ({
  key: "ab",
  role: "editor",
  label: "",
  joined: 0,
  expires: null,
  uses: null,
  address: null,
  isReachable: true,
  ...ends,
});

it("names the moment, and from it on says that the link has ended", () => {
  const expires = Date.UTC(2030, 0, 1);
  expect(endWords(link({}), 0)).toBe("");
  expect(endWords(link({ expires }), expires - 1)).toMatch(/^until .*20(29|30)/);
  expect(endWords(link({ expires }), expires)).toMatch(/^ended .*20(29|30)/);
});

it("counts the places that are left, never below none", () => {
  expect(endWords(link({ uses: 1 }), 0)).toBe("1 of 1 place left");
  expect(endWords(link({ uses: 5, joined: 2 }), 0)).toBe("3 of 5 places left");
  expect(endWords(link({ uses: 5, joined: 5 }), 0)).toBe("no place left");
  expect(endWords(link({ uses: 1, joined: 3, expires: 1_000 }), 0)).toMatch(/^until .*, no place left$/);
});
