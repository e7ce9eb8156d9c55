// S11: does twice the work cost more than twice the time? The recording of S1 once, and four times in one document, each
// time behind the text that is already there.

import assert from "node:assert/strict";
import { editsFor, readTrace } from "../traces.mjs";
import { replay } from "./s1.mjs";

export const title = "growth: the recording of S1 once and four times in one document";

export const rounds = 3;
export const limitMs = 30_000;

const TRACE = "automerge-paper";
const WARM_UP = "sveltecomponent";
const WARM_UP_EDITS = 5_000;

export const cases = [1, 4].map(times => ({
  name: `${TRACE} × ${times}`,
  times,
  contestants: ["ours", "diamond-types", "loro", "yjs"],
  quick: ["ours", "diamond-types"],
}));

export async function measure({ times }, contestant, clock) {
  clock.keep(await replay(contestant, editsFor(readTrace(WARM_UP), contestant).slice(0, WARM_UP_EDITS)));
  const read = readTrace(TRACE);
  const once = editsFor(read, contestant);
  const length = contestant.counts === "units" ? read.end.length : [...read.end].length;
  const edits = Array.from({ length: times }, (_, copy) =>
    once.map(([position, deleted, inserted]) => [position + copy * length, deleted, inserted]),
  ).flat();
  await clock.ready();
  const doc = await clock.time(() => replay(contestant, edits));
  assert.equal(doc.text(), read.end.repeat(times));
}

export const targets = ["ours", "diamond-types", "loro", "yjs"].map(contestant => ({
  name: `${contestant}: × 4 ÷ × 1`,
  of: [`${TRACE} × 4`, contestant],
  by: [`${TRACE} × 1`, contestant],
  ...(contestant === "ours" ? { now: 4.5, goal: 4.1 } : {}),
}));
