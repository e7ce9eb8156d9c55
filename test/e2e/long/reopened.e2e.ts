// Goal: opening a document leaves no trace: whatever is kept of it is as large afterwards as it was before.

import { expect, it } from "vitest";
import { type Person, report, setStage } from "../people.ts";
import { rounds, timeoutOf } from "./rounds.ts";

const stage = setStage();
const TIMES = rounds(6, 1_000);
/** Until then an image may still be made of what was written. */
const SETTLED_TIMES = 2;

/** Rows, and bytes in them, of every table. */
function stored({ page }: Person): Promise<Record<string, readonly [rows: number, bytes: number]>> {
  return page.evaluate(async () => {
    const sizeOf = (value: unknown): number => {
      if (ArrayBuffer.isView(value)) return value.byteLength;
      if (typeof value === "string") return value.length;
      if (typeof value !== "object" || value === null) return 1;
      return Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), 0);
    };
    const opening = indexedDB.open("chirograph");
    await new Promise(resolve => opening.addEventListener("success", resolve));
    const tables: Record<string, readonly [number, number]> = {};
    for (const name of opening.result.objectStoreNames) {
      const reading = opening.result.transaction(name).objectStore(name).getAll();
      await new Promise(resolve => reading.addEventListener("success", resolve));
      tables[name] = [reading.result.length, reading.result.reduce((sum, row) => sum + sizeOf(row), 0)];
    }
    opening.result.close();
    return tables;
  });
}

it(`a document that was opened ${TIMES} times takes no more room than before`, {
  timeout: timeoutOf(TIMES, 3_000),
}, async () => {
  const alice = await (await stage.person()).open();
  await alice.type("Read again and again. ");
  await alice.share();
  await alice.isStored();
  let before: Awaited<ReturnType<typeof stored>> = {};
  for (let i = 0; i < TIMES; i++) {
    await alice.page.reload();
    await alice.canWrite();
    await alice.sees("Read again and again. ");
    if (i + 1 === SETTLED_TIMES) before = await stored(alice);
  }
  const after = await stored(alice);
  report(`opened ${TIMES} times`, JSON.stringify(after));
  expect(Object.keys(before).length).toBeGreaterThan(3);
  expect(after).toEqual(before);
});
