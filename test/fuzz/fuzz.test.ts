// Goal: whatever arrives, nothing throws, nothing that is refused changes anything, nothing is taken in a second form. Method:
// fuzz.ts, in every run of the tests 50,000 cases of one seed; `npm run fuzz -- --cases N --seed S` for more.

import { expect, it } from "vitest";
import { Key } from "../crdt/people.ts";
import { Prng } from "../sim/prng.ts";
import { Fuzz, figure } from "./fuzz.ts";
import { spoiled } from "./mutations.ts";

const SEED = Number(process.env.SEED ?? 1);
const CASES = Number(process.env.CASES ?? 50_000);

it("frames, messages, changes, handshakes and files that were spoiled are refused, or taken in their one form", () => {
  const before = process.memoryUsage().heapUsed;
  const tally = new Fuzz(SEED).run(CASES);
  console.log(figure(SEED, tally));
  // A run that did nothing shows nothing.
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0);
  expect(tally.taken).toBeLessThan(tally.cases / 2);
  expect(tally.cutLinks).toBeGreaterThan(CASES / 1_000);
  expect(tally.refusedFiles).toBeGreaterThan(tally.files / 2);
  // No growth that stays: a room is left after 2,000 cases.
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(400);
}, 600_000);

it("equal seeds give equal runs", () => {
  const [a, b, c] = [5, 5, 6].map(seed => JSON.stringify(new Fuzz(seed).run(500)));
  expect(a).toBe(b);
  expect(a).not.toBe(c);
}, 60_000);

it("a mutation mostly alters something, and any bytes can be spoiled", () => {
  const luck = new Prng(1);
  const { seed } = new Key("bytes");
  const same = Array.from({ length: 1_000 }, () => spoiled(seed, luck, [seed])).filter(
    bytes => bytes.join() === seed.join(),
  );
  expect(same.length).toBeLessThan(50);
  for (let i = 0; i < 100; i++)
    expect(spoiled(new Uint8Array(0), luck, [new Uint8Array(0)])).toBeInstanceOf(Uint8Array);
});
