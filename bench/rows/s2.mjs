// S2: one person types a whole recording, every edit is an update of its own, and a second replica takes them one by one.
// Ours: hash-linked changes, a signature per 256; the second replica checks hashes, signatures and all rules.

import assert from "node:assert/strict";
import { editsFor, readTrace, SEQUENTIAL } from "../traces.mjs";

export const title =
  "every edit its own update, made by one and taken by another; ours hash-linked and verified";

export const limitMs = 30_000;

const WARM_UP_EDITS = 5_000;
const SIGNED_TOGETHER = 256;

export const cases = [...SEQUENTIAL.keys()].map(trace => ({
  name: trace,
  trace,
  figures: ["make", "take", "both"],
  quick: trace === "automerge-paper" ? ["ours", "yjs", "diamond-types"] : [],
  contestants: ["ours", "yjs", "diamond-types", "loro", "automerge"],
}));

export async function measure({ trace }, contestant, clock) {
  const other = trace === "automerge-paper" ? "sveltecomponent" : "automerge-paper";
  const warm = await begin(contestant);
  const warmEdits = editsFor(readTrace(other), contestant).slice(0, WARM_UP_EDITS);
  await warm.reader.receive(make(warm.alice, warmEdits));
  clock.keep(warm);

  const read = readTrace(trace);
  const edits = editsFor(read, contestant);
  const { alice, reader } = await begin(contestant);
  await clock.ready();
  const packets = await clock.time(() => make(alice, edits), "make");
  await clock.time(() => reader.receive(packets), "take");
  clock.sum("both", ["make", "take"]);
  assert.equal(alice.text(), read.end);
  assert.equal(reader.text(), read.end);
}

async function begin(contestant) {
  const group = await contestant.together(1, "");
  return { alice: group.people[0], reader: await contestant.reader(group) };
}

function make(alice, edits) {
  const packets = [];
  for (let from = 0; from < edits.length; from += SIGNED_TOGETHER) {
    const updates = edits
      .slice(from, from + SIGNED_TOGETHER)
      .map(([position, deleted, inserted]) => alice.change(position, deleted, inserted));
    packets.push(alice.pack(updates));
  }
  return packets;
}

export const targets = cases.flatMap(({ name }) => [
  { of: [`${name}: both`, "ours"], by: [`${name}: both`, "yjs"], now: 0.4, goal: 0.2 },
  { of: [`${name}: both`, "ours"], by: [`${name}: both`, "json-joy"], goal: 1 },
]);
