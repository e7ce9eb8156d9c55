// S1: one person types a whole recording through the public API, each patch an edit of its own. Ours closes, hashes,
// chains and signs once per 1,000 edits.

import assert from "node:assert/strict";
import { editsFor, readTrace, SEQUENTIAL } from "../traces.mjs";

export const title = "local edits, each its own call; ours closed, hashed, chained and signed once per 1,000";

const WARM_UP_EDITS = 5_000;
const CONTESTANTS = ["ours", "diamond-types", "loro", "yjs", "automerge"];

export const cases = [...SEQUENTIAL.keys()].flatMap(trace => [
  { name: trace, trace, isCold: false, contestants: CONTESTANTS },
  {
    name: `${trace}, first pass`,
    trace,
    isCold: true,
    contestants: CONTESTANTS,
    ...(trace === "automerge-paper" ? {} : { quick: [] }),
  },
]);

export async function measure({ trace, isCold }, contestant, clock) {
  if (!isCold) {
    const other = trace === "automerge-paper" ? "sveltecomponent" : "automerge-paper";
    clock.keep(await replay(contestant, editsFor(readTrace(other), contestant).slice(0, WARM_UP_EDITS)));
  }
  const read = readTrace(trace);
  const edits = editsFor(read, contestant);
  await clock.ready();
  const doc = await clock.time(() => replay(contestant, edits));
  assert.equal(doc.text(), read.end);
}

export async function replay(contestant, edits) {
  const doc = await contestant.alone();
  for (const [position, deleted, inserted] of edits) doc.edit(position, deleted, inserted);
  await doc.settle();
  return doc;
}

export const targets = [...SEQUENTIAL.keys()].flatMap(trace => [
  { of: [trace, "ours"], by: [trace, "diamond-types"], now: 1.2, goal: 0.85 },
  { of: [trace, "ours"], by: [trace, "json-joy"], now: 0.5 },
  {
    of: [`${trace}, first pass`, "ours"],
    by: [`${trace}, first pass`, "diamond-types"],
    now: 3,
    goal: 1.5,
  },
]);
