// S10: what a document of S1 holds in memory, ready to be edited, with all its history and hashes in ours. The engine
// itself, warmed by another document, is subtracted.

import assert from "node:assert/strict";
import { editsFor, readTrace, SEQUENTIAL } from "../traces.mjs";
import { replay } from "./s1.mjs";

export const title =
  "memory held by the document of S1: heap, array buffers and WebAssembly memory after collection";
export const note =
  "WebAssembly memory grows in steps and never shrinks, so of the three that use it this is what they needed at most.";

export const rounds = 3;

const WARM_UP_EDITS = 5_000;

export const cases = [...SEQUENTIAL.keys()].map(trace => ({
  name: trace,
  trace,
  contestants: ["ours", "yjs", "diamond-types", "loro", "automerge"],
  ...(trace === "automerge-paper" ? {} : { quick: [] }),
}));

export async function measure({ trace }, contestant, clock) {
  const read = readTrace(trace);
  const edits = editsFor(read, contestant);
  await replay(contestant, edits.slice(0, WARM_UP_EDITS));
  await clock.ready();
  const before = await clock.held();
  const doc = await replay(contestant, edits);
  clock.note((await clock.held()) - before);
  assert.equal(doc.text(), read.end);
}

export const targets = cases.map(({ name }) => ({
  of: [name, "ours"],
  by: [name, "yjs"],
  now: 1.5,
  goal: 1,
}));
