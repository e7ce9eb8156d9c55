// Goal: what is read aloud says who came, who left and whether the link is gone, and nothing else.
import { expect, test } from "vitest";
import type { DocumentView, Person } from "../../../src/sync/view.ts";
import { newsBetween } from "../../../src/ui/status/announcer.tsx";

const alice: Person = { key: "aa", name: "Alice", me: true, path: null };
const bob: Person = { key: "bb", name: "Bob", me: false, path: "direct" };
const view = (parts: Partial<DocumentView>): DocumentView => ({
  id: "d",
  title: "",
  status: { kind: "saved" },
  notice: null,
  people: [alice],
  ready: true,
  canUndo: false,
  canRedo: false,
  search: null,
  hindrance: null,
  aside: { count: 0, mine: 0, newestBy: null },
  isAsking: false,
  ...parts,
});

test("says who joined and who left", () => {
  expect(newsBetween(view({}), view({ people: [alice, bob] }))).toEqual(["Bob joined"]);
  expect(
    newsBetween(view({ people: [alice, bob] }), view({ people: [alice, { ...bob, path: null }] })),
  ).toEqual(["Bob left"]);
  expect(newsBetween(view({ people: [alice, bob] }), view({}))).toEqual(["Bob left"]);
});

test("is silent when Bob changes from the relay to a direct link", () => {
  const relayed = view({ people: [alice, { ...bob, path: "relay" }] });
  expect(newsBetween(relayed, view({ people: [alice, bob] }))).toEqual([]);
});

test("says once that the link is gone, and once that it is back", () => {
  const offline = (waiting: number) => view({ status: { kind: "offline", waiting } });
  expect(newsBetween(view({}), offline(1))).toEqual(["Offline"]);
  expect(newsBetween(offline(1), offline(2))).toEqual([]);
  expect(newsBetween(offline(2), view({ status: { kind: "shared", people: 1 } }))).toEqual([
    "Connected again",
  ]);
});

test("does not call it a lost link that the last one left", () => {
  const shared = view({ people: [alice, bob], status: { kind: "shared", people: 1 } });
  expect(newsBetween(shared, view({ status: { kind: "alone", waiting: 0 } }))).toEqual(["Bob left"]);
});

test("says whose edits are set aside, and nothing of one's own nor of what is taken back in", () => {
  const aside = (count: number, mine: number, newestBy: Person) => view({ aside: { count, mine, newestBy } });
  const none = view({});
  expect(newsBetween(none, aside(1, 0, bob))).toEqual(["1 edit by Bob set aside"]);
  expect(newsBetween(aside(1, 0, bob), aside(4, 0, bob))).toEqual(["3 edits by Bob set aside"]);
  expect(newsBetween(none, aside(2, 2, alice))).toEqual([]);
  expect(newsBetween(aside(2, 0, bob), none)).toEqual([]);
});

test("says that a person who was verified has another key, once", () => {
  const verified: Person = { ...bob, verification: "verified" };
  const phone: Person = { key: "b2", name: "Bob", me: false, path: null, verification: "new-device" };
  const before = view({ people: [alice, verified] });
  const after = view({ people: [alice, verified, phone] });
  expect(newsBetween(before, after)).toEqual(["Bob has a new device since you verified them"]);
  expect(newsBetween(after, after)).toEqual([]);
  const other = view({ people: [alice, verified, { ...phone, verification: "other-key" }] });
  expect(newsBetween(before, other)).toEqual([
    "Somebody is called Bob whose key is not the one that you verified",
  ]);
});
