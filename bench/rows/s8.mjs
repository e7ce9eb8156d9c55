// S8: what somebody may send who wants to be expensive. All of it is valid, made beforehand by clients that keep the
// rules or just bend them, and taken by an honest replica through the door that the network uses.

import assert from "node:assert/strict";
import { Prng } from "../prng.mjs";
import { synthesize } from "../synthetic.mjs";

export const title = "attacks, taken and verified; ours alone, but for what has a like elsewhere";
export const note = [
  "Siblings: one change whose letters all claim one place.",
  "Backwards: behind one other letter, each typed before the one before it, 1,000 to a change; and received as ten changes.",
  "Masking: an author's 100,000 letters taken out of another's text of as many, typed in words or strewn one by one, 1,000 edits to a change.",
  "Criss-cross: two people, each of whose 5,000 changes merges the newest of both.",
  "Deletes: ten people delete one text of 100,000 characters at once, in 10,000 pieces each, 1,000 to a change.",
]
  .map(sentence => `- ${sentence}`)
  .join("\n");

export const rounds = 3;
export const limitMs = 30_000;

const MANY = 100_000;
const SIBLINGS = 10_000;
const ROUNDS = 5_000;
const DELETERS = 10;
const PIECES = 10_000;
const PIECE_MAX = 19;
const SIGNED_TOGETHER = 256;
const EDITS_PER_CHANGE = 1_000;

const WORK = { siblings, backwardsTyped, backwardsTaken, masked, crissCross, deletes };

export const cases = [
  { name: "10⁴ siblings at one spot", work: "siblings", contestants: ["ours"] },
  {
    name: "10⁵ characters backwards",
    work: "backwardsTyped",
    figures: ["typed", "held per character"],
    contestants: ["ours", "yjs", "diamond-types", "loro"],
  },
  { name: "10⁵ characters backwards, received", work: "backwardsTaken", contestants: ["ours"] },
  { name: "masking 10⁵ typed characters", work: "masked", isStrewn: false, contestants: ["ours"] },
  { name: "masking 10⁵ strewn characters", work: "masked", isStrewn: true, contestants: ["ours"] },
  { name: "10⁴ criss-cross merges", work: "crissCross", contestants: ["ours"] },
  { name: "10⁵ overlapping deletes", work: "deletes", contestants: ["ours"] },
];

export async function measure(task, contestant, clock) {
  await WORK[task.work](contestant, clock, task);
}

async function siblings(contestant, clock) {
  const group = await contestant.together(2, "ab");
  const mallory = group.people[1];
  const heads = mallory.replica.heads;
  mallory.insertAtOnePlace(2, SIBLINGS);
  const packets = await mallory.everything(heads);
  await taken(contestant, clock, group, packets, mallory);
}

async function backwardsTyped(contestant, clock) {
  const doc = await contestant.alone();
  doc.edit(0, 0, "-");
  await doc.settle();
  await clock.ready();
  const before = await clock.held();
  await clock.time(async () => {
    for (let i = 0; i < MANY; i++) doc.edit(1, 0, letter(i));
    await doc.settle();
  }, "typed");
  clock.note(((await clock.held()) - before) / MANY, "held per character");
  assert.equal(doc.text(), `-${backwards()}`);
}

async function backwardsTaken(contestant, clock) {
  const group = await contestant.together(2, "-");
  const mallory = group.people[1];
  const heads = mallory.replica.heads;
  mallory.replica.edit(root => {
    const text = root.text("text");
    for (let i = 0; i < MANY; i++) text.insert(1, letter(i));
  });
  const packets = await mallory.everything(heads);
  const reader = await taken(contestant, clock, group, packets, mallory);
  assert.equal(reader.text(), `-${backwards()}`);
}

async function masked(contestant, clock, { isStrewn }) {
  const base = backwards();
  const group = await contestant.together(2, base);
  const [alice, mallory] = group.people;
  const heads = mallory.replica.heads;
  const luck = new Prng(8);
  const typed = isStrewn
    ? Array.from({ length: MANY }, (_, i) => [luck.below(MANY + i + 1), 0, letter(i)])
    : synthesize(8, 2 * MANY).edits;
  for (let i = 0; i < typed.length; i += EDITS_PER_CHANGE)
    mallory.editApart(typed.slice(i, i + EDITS_PER_CHANGE));
  await alice.receive(await mallory.everything(heads));
  assert.equal(alice.text(), mallory.text());
  await clock.ready();
  await clock.time(() => alice.replica.maskLane(mallory.replica.device, 1, true));
  assert.equal(alice.text(), base);
  alice.replica.maskLane(mallory.replica.device, 1, false);
  assert.equal(alice.text(), mallory.text());
}

async function crissCross(contestant, clock) {
  const group = await contestant.together(2, "");
  const [alice, mallory] = group.people;
  const sent = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const changes = [alice.change(0, 0, letter(round)), mallory.change(round, 0, letter(round + 1))];
    await alice.receive([mallory.pack([changes[1]])]);
    await mallory.receive([alice.pack([changes[0]])]);
    for (const who of [0, 1]) sent[who].push(changes[who]);
  }
  const packets = [];
  for (let from = 0; from < ROUNDS; from += SIGNED_TOGETHER)
    for (const who of [0, 1])
      packets.push(group.people[who].pack(sent[who].slice(from, from + SIGNED_TOGETHER)));
  await taken(contestant, clock, group, packets, mallory);
}

async function deletes(contestant, clock) {
  const group = await contestant.together(DELETERS, backwards());
  const sent = [];
  for (const [i, person] of group.people.entries()) {
    const heads = person.replica.heads;
    const luck = new Prng(i);
    let length = MANY;
    for (let piece = 0; piece < PIECES && length > 0; piece++) {
      const position = luck.below(length);
      const count = Math.min(1 + luck.below(PIECE_MAX), length - position);
      person.edit(position, count, "");
      length -= count;
    }
    sent.push(await person.everything(heads));
  }
  const [alice] = group.people;
  for (const packets of sent.slice(1)) await alice.receive(packets);
  await taken(contestant, clock, group, sent.flat(), alice);
}

/** What a newcomer's replica needs for it all; afterwards it shows what the one who made it shows. */
async function taken(contestant, clock, group, packets, author) {
  const reader = await contestant.reader(group);
  await clock.ready();
  await clock.time(() => reader.receive(packets));
  assert.equal(reader.text(), author.text());
  assert.notEqual(packets.length, 0);
  return reader;
}

function letter(i) {
  return String.fromCharCode(97 + (i % 26));
}

function backwards() {
  return Array.from({ length: MANY }, (_, i) => letter(MANY - 1 - i)).join("");
}

const absolute = (line, now, goal) => ({ of: [line, "ours"], unit: "ms", now, goal });

export const targets = [
  absolute("10⁴ siblings at one spot", 150, 75),
  absolute("10⁵ characters backwards: typed", 250, 120),
  absolute("10⁵ characters backwards, received", 250, 120),
  { of: ["10⁵ characters backwards: held per character", "ours"], unit: "B", goal: 80 },
  absolute("masking 10⁵ typed characters", 50, 10),
  absolute("masking 10⁵ strewn characters", 50, 10),
  absolute("10⁴ criss-cross merges", 1_000, 500),
  absolute("10⁵ overlapping deletes", 1_000, 500),
];
