// S9: a file that somebody else gave away is checked completely before anything of it counts: hashes, signatures, and
// all rules of admission. The others check nothing, so there is nobody to compare with.

import assert from "node:assert/strict";
import { editsFor, readTrace } from "../traces.mjs";
import { typed } from "./s4.mjs";

export const title = "a foreign file checked completely: hashes, signatures, rules";

const TRACE = "automerge-paper";

export const cases = [{ name: TRACE, contestants: ["ours"] }];

export async function measure(_case, contestant, clock) {
  const { bytes, end, count } = await written(contestant);
  await clock.ready();
  const { doc, taken } = await clock.time(() => contestant.check(bytes));
  // The genesis is a change too, and an edit too large for one is several.
  assert.ok(taken > count);
  assert.equal(doc.text(), end);
}

/** The file, and of what it was written no more than has to be compared: who reads it never held the edits. */
async function written(contestant) {
  const read = readTrace(TRACE);
  const edits = editsFor(read, contestant);
  const doc = await typed(contestant, edits);
  return { bytes: doc.save(), end: read.end, count: edits.length };
}

export const targets = [{ of: [TRACE, "ours"], unit: "ms", now: 1_200, goal: 400 }];
