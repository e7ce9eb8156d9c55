// S5: bytes of one's own store become a text that shows, and then a document that is edited. Ours keeps a snapshot before
// the history; for the first edit the history is taken in, and checked once more on the way.

import assert from "node:assert/strict";
import { editsFor, readTrace } from "../traces.mjs";
import { typed } from "./s4.mjs";

export const title = "from the bytes of one's own store to the visible text, and to the first edit after it";

const TRACE = "automerge-paper";

export const cases = [
  {
    name: TRACE,
    figures: ["text", "first edit"],
    contestants: ["ours", "diamond-types", "loro", "yjs", "automerge"],
  },
];

export async function measure(_case, contestant, clock) {
  const read = readTrace(TRACE);
  const bytes = (await typed(contestant, editsFor(read, contestant))).save("fast");
  await clock.ready();
  let doc;
  const text = await clock.time(async () => {
    doc = await contestant.reopen(bytes);
    return doc.text();
  }, "text");
  assert.equal(text, read.end);
  await clock.time(() => doc.edit(1_000, "x"), "first edit");
}

export const targets = [
  { of: [`${TRACE}: text`, "ours"], unit: "ms", now: 10, goal: 2.4 },
  { of: [`${TRACE}: first edit`, "ours"], unit: "ms", now: 20, goal: 5.2 },
];
