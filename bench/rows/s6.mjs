// S6: two people typed at once, and a newcomer takes what they did, one update per transaction, in the order of the
// recording. The updates are made beforehand by two replicas who hear of each other as far as the recording says. Ours
// come as each one's chain, a signature per 256 changes, so that a change often waits for what the other one wrote.

import assert from "node:assert/strict";
import { readConcurrent } from "../traces.mjs";

export const title =
  "two people's concurrent typing, taken by a newcomer one update per transaction, verified";

export const rounds = 3;
export const limitMs = 30_000;

export const cases = [
  {
    name: "friendsforever",
    contestants: ["ours", "yjs", "diamond-types", "loro", "automerge"],
    quick: ["ours", "yjs", "diamond-types"],
  },
];

export async function measure({ name }, contestant, clock) {
  const { txns, end } = readConcurrent(name);
  const group = await contestant.together(2, "");
  const { said, finish } = await make(group.people, txns);
  const packets = contestant.packTogether(group.people, said);
  const reader = await contestant.reader(group);
  await clock.ready();
  await clock.time(() => reader.receive(packets));
  if (end !== null) assert.equal(reader.text(), end);
  await finish();
  for (const person of group.people) assert.equal(person.text(), reader.text());
}

/** What both say, each with who said it, in the order of the recording. */
async function make(people, txns) {
  const said = [];
  const sent = [[], []];
  const heard = [0, 0];
  const hear = async (who, upTo) => {
    const other = 1 - who;
    if (heard[who] >= upTo) return;
    await people[who].receive([people[other].pack(sent[other].slice(heard[who], upTo))]);
    heard[who] = upTo;
  };
  for (const [agent, seen, position, deleted, inserted] of txns) {
    await hear(agent, seen);
    const update = people[agent].change(position, deleted, inserted);
    sent[agent].push(update);
    said.push([agent, update]);
  }
  const finish = async () => {
    for (const who of [0, 1]) await hear(who, sent[1 - who].length);
  };
  return { said, finish };
}

export const targets = [
  { of: ["friendsforever", "ours"], by: ["friendsforever", "yjs"], now: 0.7 },
  { of: ["friendsforever", "ours"], by: ["friendsforever", "json-joy"], goal: 1.5 },
];
