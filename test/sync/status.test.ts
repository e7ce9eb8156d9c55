// Goal: the status says the first that applies, in the order people were promised. Method: a table of standings, each
// line one that the lines above it do not catch.
import { describe, expect, test } from "vitest";
import type { DeviceId, Replica } from "../../src/crdt/index.ts";
import { deliveryOf, type Standing, statusOf } from "../../src/sync/status.ts";
import type { Status } from "../../src/sync/view.ts";

const NOW = 1_700_000_000_000;
/** Linked, and one person holds everything. */
const WELL: Standing = {
  now: NOW,
  failure: null,
  unsavedSince: null,
  hasGenesis: true,
  isKept: true,
  links: 1,
  waiting: 0,
  waitingSince: null,
  holders: 1,
  known: 1,
};
const WORST: Standing = {
  ...WELL,
  failure: "the disk is full",
  unsavedSince: NOW - 500,
  hasGenesis: false,
  isKept: false,
  links: 0,
  waiting: 3,
  holders: 0,
  known: 0,
};

const TABLE: readonly (readonly [string, Standing, Status])[] = [
  ["the store failed, whatever else", WORST, { kind: "not-saved", reason: "the disk is full" }],
  ["not stored for half a second", { ...WORST, failure: null }, { kind: "saving" }],
  ["not stored for less", { ...WELL, unsavedSince: NOW - 499 }, { kind: "shared", people: 1 }],
  [
    "nothing has arrived yet",
    { ...WORST, failure: null, unsavedSince: null },
    { kind: "waiting-for-holder" },
  ],
  ["nothing was ever written", { ...WELL, isKept: false, known: 0, holders: 0, links: 0 }, { kind: "blank" }],
  ["nobody else ever had it", { ...WELL, known: 0, holders: 0, links: 0, waiting: 3 }, { kind: "saved" }],
  [
    "nobody else ever had it, somebody comes",
    { ...WELL, known: 0, holders: 0, waiting: 3 },
    { kind: "saved" },
  ],
  ["no link, edits wait", { ...WELL, links: 0, holders: 0, waiting: 1 }, { kind: "offline", waiting: 1 }],
  ["no link, everything is shared", { ...WELL, links: 0 }, { kind: "offline", waiting: 0 }],
  [
    "nobody holds all of mine",
    { ...WELL, holders: 0, waiting: 2, waitingSince: NOW - 1_000 },
    { kind: "sharing", waiting: 2 },
  ],
  [
    "on its way for less than a second",
    { ...WELL, holders: 0, waiting: 2, waitingSince: NOW - 999 },
    { kind: "shared", people: 1 },
  ],
  ["one holds all", WELL, { kind: "shared", people: 1 }],
  ["two of three hold all", { ...WELL, holders: 2, known: 3 }, { kind: "shared", people: 2 }],
];

describe("the status is the first that applies", () => {
  test.each(TABLE)("%s", (_, standing, expected) => expect(statusOf(standing)).toEqual(expected));
});

describe("delivery", () => {
  const of = (own: number, ...held: number[]) =>
    deliveryOf(
      { ownHead: own === 0 ? null : { seq: own } } as Replica,
      new Map(held.map((seq, i) => [`device ${i}` as DeviceId, seq])),
    );

  test.each([
    ["nobody is known", of(3), { waiting: 3, holders: 0, known: 0 }],
    ["the best holder counts", of(5, 1, 3), { waiting: 2, holders: 0, known: 2 }],
    ["who holds all is counted", of(5, 5, 3, 5), { waiting: 0, holders: 2, known: 3 }],
    [
      "they know more than this device: restored from an old disk",
      of(2, 7),
      { waiting: 0, holders: 1, known: 1 },
    ],
    ["nothing of mine to hold", of(0, 0), { waiting: 0, holders: 1, known: 1 }],
  ])("%s", (_, actual, expected) => expect(actual).toEqual(expected));
});
