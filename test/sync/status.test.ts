// Goal: the status says the first that applies, in the order people were promised. Method: a table of standings, each
// line one that the lines above it do not catch.
import { describe, expect, test } from "vitest";
import { STORE_REASONS, type Standing, statusOf } from "../../src/sync/status.ts";
import type { Status } from "../../src/sync/view.ts";

const NOW = 1_700_000_000_000;
/** Linked, and one person holds everything. */
const WELL: Standing = {
  now: NOW,
  failure: null,
  unsavedSince: null,
  hasGenesis: true,
  isKept: true,
  isHeld: false,
  isOut: false,
  links: 1,
  search: "nobody",
  waiting: 0,
  holders: 1,
  known: 1,
};
const WORST: Standing = {
  ...WELL,
  failure: "quota",
  unsavedSince: NOW - 500,
  hasGenesis: false,
  isKept: false,
  isHeld: true,
  isOut: true,
  links: 0,
  search: "unreachable",
  waiting: 3,
  holders: 0,
  known: 0,
};

const TABLE: readonly (readonly [string, Standing, Status])[] = [
  ["the store failed, whatever else", WORST, { kind: "not-saved", reason: STORE_REASONS.quota }],
  ["not stored for half a second", { ...WORST, failure: null }, { kind: "saving" }],
  ["not stored for less", { ...WELL, unsavedSince: NOW - 499 }, { kind: "shared", people: 1 }],
  [
    "nothing has arrived yet",
    { ...WORST, failure: null, unsavedSince: null },
    { kind: "waiting-for-holder" },
  ],
  [
    "nobody would take it yet",
    { ...WORST, failure: null, unsavedSince: null, hasGenesis: true },
    { kind: "held" },
  ],
  ["nothing was ever written", { ...WELL, isKept: false, known: 0, holders: 0, links: 0 }, { kind: "blank" }],
  ["nobody else ever had it", { ...WELL, known: 0, holders: 0, links: 0, waiting: 3 }, { kind: "saved" }],
  [
    "nobody else ever had it, somebody comes",
    { ...WELL, known: 0, holders: 0, waiting: 3 },
    { kind: "saved" },
  ],
  ["nobody lets me in any more", { ...WELL, isOut: true, holders: 0, waiting: 1 }, { kind: "saved" }],
  [
    "no link and no server, edits wait",
    { ...WELL, links: 0, search: "unreachable", holders: 0, waiting: 1 },
    { kind: "offline", waiting: 1 },
  ],
  [
    "no link and no server, everything is shared",
    { ...WELL, links: 0, search: "unreachable" },
    { kind: "offline", waiting: 0 },
  ],
  [
    "no link yet, edits wait",
    { ...WELL, links: 0, search: "connecting", holders: 0, waiting: 1 },
    { kind: "connecting", waiting: 1 },
  ],
  [
    "nobody else is there, edits wait",
    { ...WELL, links: 0, holders: 0, waiting: 1 },
    { kind: "alone", waiting: 1 },
  ],
  ["nobody else is there, everything is shared", { ...WELL, links: 0 }, { kind: "alone", waiting: 0 }],
  ["nobody holds all of mine", { ...WELL, holders: 0, waiting: 2 }, { kind: "sharing", waiting: 2 }],
  ["nobody of four does", { ...WELL, holders: 0, known: 4, waiting: 2 }, { kind: "sharing", waiting: 2 }],
  ["one holds all", WELL, { kind: "shared", people: 1 }],
  ["two of three hold all", { ...WELL, holders: 2, known: 3 }, { kind: "shared", people: 2 }],
];

describe("the status is the first that applies", () => {
  test.each(TABLE)("%s", (_, standing, expected) => expect(statusOf(standing)).toEqual(expected));
});
