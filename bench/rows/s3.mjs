// S3: what a keystroke weighs on the wire, in the middle of a paragraph: alone, and as one of 256 typed in a row. Ours is
// signed and hash-linked, frame and message included; the others' updates are as their libraries make them, without a frame.

import assert from "node:assert/strict";

export const title = "bytes on the wire of one keystroke: alone, and within a streamed run of 256";
export const note =
  "Of the run the newest keystroke is signed for all. Beside it, what 256 keystrokes add to a file.";
export const rounds = 1;

const BASE = "Typing goes on in the middle of what stands here. ";
const RUN_EDITS = 256;

export const cases = [
  {
    name: "one keystroke",
    figures: ["alone", "within a run", "within a run of a file"],
    contestants: ["ours", "diamond-types", "loro", "yjs", "automerge"],
  },
];

export async function measure(_case, contestant, clock) {
  const group = await contestant.together(1, BASE.repeat(100));
  const [doc] = group.people;
  await clock.ready();
  const typed = (from, count) => Array.from({ length: count }, (_, i) => [from + i, 0, "e"]);
  // The first goes on from nothing.
  await contestant.onTheWire(doc, typed(2_000, 1));
  clock.note(await contestant.onTheWire(doc, typed(2_001, 1)), "alone");
  clock.note((await contestant.onTheWire(doc, typed(2_002, RUN_EDITS))) / RUN_EDITS, "within a run");
  if (contestant.asRun !== undefined)
    clock.note((await contestant.asRun(doc, typed(2_258, RUN_EDITS))) / RUN_EDITS, "within a run of a file");
  const count = 2 + RUN_EDITS * (contestant.asRun === undefined ? 1 : 2);
  assert.equal(doc.text().slice(2_000, 2_000 + count), "e".repeat(count));
}

export const targets = [
  { of: ["one keystroke: alone", "ours"], unit: "B", now: 140, goal: 120 },
  { of: ["one keystroke: within a run", "ours"], unit: "B", now: 12, goal: 6 },
  { of: ["one keystroke: within a run of a file", "ours"], unit: "B", now: 12, goal: 6 },
];
