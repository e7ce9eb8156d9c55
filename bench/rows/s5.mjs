// S5: bytes of one's own store become a text that shows, and then a document that is edited. Ours loads the image of a
// replica; the changes themselves lie beside it as they are stored, and are read once the first edit is made. That they
// are the same document is asserted afterwards: what was edited is closed, signed and taken by somebody who opened without
// an image, and what that one then writes is taken here.

import assert from "node:assert/strict";
import { editsFor, readTrace } from "../traces.mjs";
import { typed } from "./s4.mjs";

export const title = "from the bytes of one's own store to the visible text, and to the first edit after it";
export const note =
  "Ours: `all of it` is until the bytes of every change are read and their hashes checked, which nobody waits for who types.";

const TRACE = "automerge-paper";

export const cases = [
  {
    name: TRACE,
    figures: ["text", "first edit"],
    contestants: ["ours", "diamond-types", "loro", "yjs", "automerge"],
  },
];

export async function measure(_case, contestant, clock) {
  const { bytes, end } = await stored(contestant);
  await clock.ready();
  let doc;
  const text = await clock.time(async () => {
    doc = await contestant.reopen(bytes);
    return doc.text();
  }, "text");
  assert.equal(text, end);
  await clock.time(() => doc.edit(1_000, "x"), "first edit");
  if (doc.complete === undefined) return;
  const records = doc.records();
  await clock.time(() => doc.complete(records), "all of it");
  await doc.assertWhole(`${end.slice(0, 1_000)}x${end.slice(1_000)}`);
}

/** Nothing else is left of it: a page that opens a document holds no recording of how it was written. */
async function stored(contestant) {
  const read = readTrace(TRACE);
  const kept = await typed(contestant, editsFor(read, contestant));
  return { bytes: kept.store?.() ?? kept.save("fast"), end: read.end };
}

export const targets = [
  { of: [`${TRACE}: text`, "ours"], unit: "ms", now: 10, goal: 2.4 },
  { of: [`${TRACE}: first edit`, "ours"], unit: "ms", now: 20, goal: 5.2 },
];
