// S4: everything that one person typed, as one would keep it. Ours: the full history, every edit a change of its own with
// a time for each minute, signed at the end of each run; what the file says is read back and checked.

import assert from "node:assert/strict";
import { editsFor, readTrace, SEQUENTIAL } from "../traces.mjs";

export const title =
  "saved file; ours with the full signed history, every edit its own change, a time per minute";
export const note =
  "Yjs drops deleted text, in its second encoding; the others keep it. None but ours signs or hashes.";
export const rounds = 1;

export const cases = [...SEQUENTIAL.keys()].map(trace => ({
  name: trace,
  trace,
  contestants: ["ours", "diamond-types", "loro", "yjs", "automerge"],
}));

export async function measure({ trace }, contestant, clock) {
  const read = readTrace(trace);
  const doc = await typed(contestant, editsFor(read, contestant));
  await clock.ready();
  const bytes = doc.save();
  clock.note(bytes.length);
  const again =
    contestant.check === undefined ? await contestant.reopen(bytes) : (await contestant.check(bytes)).doc;
  assert.equal(again.text(), read.end);
}

/** Each edit an update of its own; ours all signed, as a session does. */
export async function typed(contestant, edits) {
  const doc = await contestant.alone();
  for (const [position, deleted, inserted] of edits) {
    if (doc.sign === undefined) doc.edit(position, deleted, inserted);
    else for (const closed of doc.change(position, deleted, inserted)) doc.sign(closed);
  }
  await doc.settle();
  return doc;
}

export const targets = cases.map(({ name }) => ({
  of: [name, "ours"],
  by: [name, "diamond-types"],
  now: 1.1,
  goal: name === "rustcode" ? 0.7 : 0.9,
}));
