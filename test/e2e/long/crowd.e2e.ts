// Goal: however eight people stumble into a document, all of them have all of it five seconds later.

import { expect, it } from "vitest";
import { median, type Person, report, setStage, untilEqual } from "../people.ts";
import { isLong, rounds, timeoutOf } from "./rounds.ts";

const stage = setStage();
const PEOPLE = 8;
const WITHIN_MS = 200;
const EQUAL_MS = 5_000;
const ROUNDS = rounds(1, 20);

/** Each on a blank page: what a browser needs to make a profile is no part of joining. */
function gather(): Promise<Person[]> {
  return Promise.all(Array.from({ length: PEOPLE }, () => stage.person()));
}

it(`eight who open a link within ${WITHIN_MS} ms and type at once are equal soon`, {
  timeout: timeoutOf(ROUNDS, 60_000),
}, async () => {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [alice, ...others] = (await gather()) as [Person, ...Person[]];
    await alice.open();
    await alice.type("Come in. ");
    const link = await alice.share();
    await Promise.all(
      others.map(async (other, i) => {
        await other.page.waitForTimeout(Math.random() * WITHIN_MS);
        await other.open(link);
        await other.press("Control+End");
        await other.type(`(${i})`);
      }),
    );
    const startedAt = performance.now();
    const text = await untilEqual([alice, ...others], 30_000);
    took.push(performance.now() - startedAt);
    // Whoever reads "(3" may go on right behind it before its writer has closed the bracket.
    const letters = `Come in. ${[...others.keys()].map(i => `(${i})`).join("")}`;
    expect([...text].sort().join("")).toBe([...letters].sort().join(""));
    // Where other tests run beside this one, all have what they are given, and no more.
    if (isLong) expect(took.at(-1)).toBeLessThan(EQUAL_MS);
    await Promise.all([alice, ...others].map(person => person.leave()));
  }
  report(
    `equal after the last key of eight, ${ROUNDS} rounds`,
    `median ${median(took).toFixed(0)} ms, most ${Math.max(...took).toFixed(0)} ms`,
  );
});
