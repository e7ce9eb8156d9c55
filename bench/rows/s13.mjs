// S13: what it costs to admit changes, their signatures apart: bytes read strictly, hashed, judged by all rules, and shown.
// Five people typed at once, each edit a change. Beside it what @noble/hashes takes to hash the same bytes and nothing more.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Prng } from "../prng.mjs";

export const title =
  "10⁵ changes by five people admitted, signatures apart; beside it only hashing the same bytes";
export const note =
  "`noble` is SHA-256 of @noble/hashes over each change and the tag in front of it, in the same process, after ours.";

const PEOPLE = 5;
const EACH = 20_000;
/** Edits of one person in a row, before the others are heard. */
const STRETCH = 64;
/** Of 256 changes each. */
const WARM_UP_PACKETS = 80;
const NAME = "10⁵ changes";

export const cases = [{ name: NAME, figures: ["ours", "noble"], contestants: ["ours"] }];

export async function measure(_case, contestant, clock) {
  const group = await contestant.together(PEOPLE, "");
  const { people } = group;
  const luck = new Prng(13);
  const lengths = people.map(() => 0);
  const said = [];
  for (let round = 0; round < EACH / STRETCH; round++) {
    for (const [who, person] of people.entries())
      for (let i = 0; i < STRETCH && round * STRETCH + i < EACH; i++) {
        const at = i === 0 ? luck.below(lengths[who] + 1) : Math.min(lengths[who], i);
        said.push([who, person.change(at, 0, "abcde"[who])]);
        lengths[who]++;
      }
  }
  const packets = contestant.packTogether(people, said);
  const changes = packets.flat(2).flatMap(({ changes }) => changes);
  const { sha256 } = await noble();
  const tag = new Uint8Array(64);
  const hash = bytes => sha256.create().update(tag).update(bytes).digest();
  // Neither side is asked how long the compiler takes.
  await (await contestant.reader(group)).receiveTrusted(packets.slice(0, WARM_UP_PACKETS));
  for (const bytes of changes.slice(0, WARM_UP_PACKETS * 256)) hash(bytes);
  const reader = await contestant.reader(group);
  await clock.ready();
  await clock.time(() => reader.receiveTrusted(packets), "ours");
  await clock.time(() => {
    for (const bytes of changes) hash(bytes);
  }, "noble");
  assert.ok(changes.length >= PEOPLE * EACH);
  assert.equal(reader.text().length, PEOPLE * EACH);
}

function noble() {
  const require = createRequire(new URL("../../package.json", import.meta.url));
  return import(pathToFileURL(require.resolve("@noble/hashes/sha2.js")).href);
}

export const targets = [{ of: [`${NAME}: ours`, "ours"], by: [`${NAME}: noble`, "ours"], now: 1.5 }];
