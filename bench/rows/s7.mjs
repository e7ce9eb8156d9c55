// S7: two people had one text of 100,000 characters, went offline, and each made thousands of edits of one character at
// random places. What is timed is one of them taking the other's edits, each an update of its own.

import assert from "node:assert/strict";
import { Prng } from "../prng.mjs";

export const title = "offline merge of random edits in 100,000 characters, as single updates, verified";
export const note =
  "The larger merge is there for its growth, with the two contestants whom the targets name.";

export const limitMs = 30_000;

const BASE_LENGTH = 100_000;
const SIGNED_TOGETHER = 256;

export const cases = [
  {
    name: "10,000 each",
    edits: 10_000,
    contestants: ["ours", "yjs", "diamond-types", "loro", "automerge"],
    quick: ["ours", "yjs"],
  },
  { name: "50,000 each", edits: 50_000, contestants: ["ours", "yjs"], quick: [] },
];

export async function measure({ edits }, contestant, clock) {
  const base = letters(new Prng(7), BASE_LENGTH);
  const group = await contestant.together(2, base);
  const [alice, bob] = group.people;
  const aliceSent = make(alice, new Prng(1), edits);
  const bobSent = make(bob, new Prng(2), edits);
  await clock.ready();
  await clock.time(() => alice.receive(bobSent));
  await bob.receive(aliceSent);
  assert.equal(alice.text(), bob.text());
  assert.notEqual(alice.text(), base);
}

/** As many inserts as deletes. */
function make(person, luck, edits) {
  const packets = [];
  let length = BASE_LENGTH;
  let updates = [];
  for (let i = 0; i < edits; i++) {
    const isInsert = luck.chance(0.5);
    const position = luck.below(length + (isInsert ? 1 : 0));
    updates.push(person.change(position, isInsert ? 0 : 1, isInsert ? letters(luck, 1) : ""));
    length += isInsert ? 1 : -1;
    if (updates.length === SIGNED_TOGETHER || i === edits - 1) {
      packets.push(person.pack(updates));
      updates = [];
    }
  }
  return packets;
}

function letters(luck, count) {
  return Array.from({ length: count }, () => String.fromCharCode(97 + luck.below(26))).join("");
}

export const targets = [
  { of: ["10,000 each", "ours"], by: ["10,000 each", "yjs"], now: 0.35, goal: 0.12 },
  {
    name: "ours: 50,000 each ÷ 10,000 each",
    of: ["50,000 each", "ours"],
    by: ["10,000 each", "ours"],
    now: 6,
    goal: 5,
  },
];
