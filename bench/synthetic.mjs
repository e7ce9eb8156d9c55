// A made-up recording, for where the real ones are not: somebody types words, goes back over the last letters, jumps
// elsewhere, now and then pastes a line or cuts one. How often is taken from the recorded typing of a LaTeX paper:
// three edits in ten delete, one in fifty is a jump. Equal seeds give equal recordings.

import { Prng } from "./prng.mjs";

const LETTERS = "etaoinshrdlucmfwypvbgkjqxz";
const BACKSPACES_MAX = 9;
const RUN_MAX = 90;

/** Edits of one unit each but for a few: `[position, deleted, inserted]`, and the text they end in. */
export function synthesize(seed, count) {
  const luck = new Prng(seed);
  const text = [];
  const edits = [];
  let caret = 0;
  const edit = (position, deleted, inserted) => {
    text.splice(position, deleted, ...inserted);
    edits.push([position, deleted, inserted]);
    caret = position + inserted.length;
  };
  while (edits.length < count) {
    if (luck.chance(0.4)) caret = luck.below(text.length + 1);
    if (luck.chance(0.01)) edit(caret, 0, `${word(luck)} ${word(luck)}\n`);
    if (luck.chance(0.01)) edit(caret, Math.min(luck.below(40), text.length - caret), word(luck));
    for (let left = 1 + luck.below(RUN_MAX); left > 0; left--) {
      edit(caret, 0, letter(luck));
      if (luck.chance(0.09))
        for (let back = 1 + luck.below(BACKSPACES_MAX); back > 0 && caret > 0; back--) edit(caret - 1, 1, "");
    }
  }
  return cut(edits, count);
}

/** The first `count` edits and where they end. */
function cut(edits, count) {
  const kept = edits.slice(0, count);
  const text = [];
  for (const [position, deleted, inserted] of kept) text.splice(position, deleted, ...inserted);
  return { edits: kept, end: text.join("") };
}

/**
 * Two people who type at once, in the form of `concurrent` in traces.mjs: who, how many of the other's edits were seen,
 * position, deleted, inserted. Nobody deletes, so that the length of what each sees is known without merging.
 */
export function synthesizeTogether(seed, count) {
  const luck = new Prng(seed);
  const txns = [];
  const made = [0, 0];
  const seen = [0, 0];
  const carets = [0, 0];
  while (txns.length < count) {
    const agent = luck.below(2);
    // One time in three they are out of reach of each other.
    if (luck.chance(0.67)) seen[agent] = made[1 - agent];
    if (luck.chance(0.5)) carets[agent] = luck.below(made[agent] + seen[agent] + 1);
    for (let left = 1 + luck.below(RUN_MAX); left > 0 && txns.length < count; left--) {
      txns.push([agent, seen[agent], carets[agent]++, 0, letter(luck)]);
      made[agent]++;
    }
  }
  return { txns, end: null };
}

function letter(luck) {
  return luck.chance(0.17) ? " " : LETTERS[Math.min(luck.below(26), luck.below(26))];
}

function word(luck) {
  return Array.from({ length: 2 + luck.below(8) }, () => letter(luck)).join("");
}
