// How a long document opens and is typed in, once its image is there. Measured and told; what is asserted is that it is all
// there and that what is typed goes where the caret is.

import { expect, it } from "vitest";
import { median, type Person, report, setStage } from "../people.ts";
import { rounds, timeoutOf } from "./rounds.ts";
import { store, written } from "./written.ts";

const stage = setStage();
const EDITS = rounds(5_000, 259_778);
const OPENINGS = 5;
const KEYS = rounds(20, 200);

/** Until the text was painted: after the frame in which it first stood there. */
async function watchText(person: Person): Promise<void> {
  await person.page.addInitScript(() => {
    const look = () => {
      if (document.querySelector(".cm-content .cm-line")?.textContent)
        requestAnimationFrame(() =>
          setTimeout(() => Object.assign(globalThis, { paintedAt: performance.now() })),
        );
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Of each key, milliseconds until the frame with its letter was painted. */
async function watchKeys({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const took: number[] = [];
    Object.assign(globalThis, { took });
    addEventListener(
      "keydown",
      ({ timeStamp }) =>
        requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - timeStamp))),
      true,
    );
  });
}

it(`a document of ${EDITS} edits opens with its text, and letters stand where one types`, {
  timeout: timeoutOf(1, 400_000),
}, async () => {
  const replica = await written(EDITS);
  const text = (JSON.parse(replica.canonicalJson()) as { body: string }).body;
  const alice = await (await stage.person()).open();
  await store(alice, replica);
  const url = `${stage.url}#${replica.doc}`;
  await alice.page.goto(url);
  await alice.page.reload();
  await expect.poll(() => alice.text(), { timeout: 120_000 }).toBe(text);
  // The image is made once the page is at rest.
  await expect.poll(() => countOf(alice, "images"), { timeout: 60_000 }).toBe(1);

  await watchText(alice);
  const took: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    await alice.page.reload();
    await alice.page.waitForFunction(() => "paintedAt" in globalThis, null, { timeout: 60_000 });
    took.push(await alice.page.evaluate(() => (globalThis as unknown as { paintedAt: number }).paintedAt));
    await expect.poll(() => alice.text(), { timeout: 60_000 }).toBe(text);
  }
  report(
    `opening a document of ${EDITS} edits, warm`,
    `text painted after ${median(took).toFixed(0)} ms, most ${Math.max(...took).toFixed(0)} ms`,
  );

  const at = text.length >> 1;
  await alice.putCaret(at);
  await alice.page.waitForTimeout(3_000);
  await watchKeys(alice);
  await alice.type("x".repeat(KEYS), 60);
  const keys = (await alice.page.evaluate(() => (globalThis as unknown as { took: number[] }).took)).toSorted(
    (a, b) => a - b,
  );
  expect(await alice.text()).toBe(`${text.slice(0, at)}${"x".repeat(KEYS)}${text.slice(at)}`);
  report(
    `key to paint in it, ${keys.length} keys`,
    `median ${median(keys).toFixed(1)} ms, p95 ${keys[Math.floor(keys.length * 0.95)]!.toFixed(1)} ms, most ${keys.at(-1)!.toFixed(1)} ms`,
  );
});

function countOf({ page }: Person, table: string): Promise<number> {
  return page.evaluate(async name => {
    const opening = indexedDB.open("chirograph");
    await new Promise(resolve => opening.addEventListener("success", resolve));
    const counting = opening.result.transaction(name).objectStore(name).count();
    await new Promise(resolve => counting.addEventListener("success", resolve));
    opening.result.close();
    return counting.result;
  }, table);
}
