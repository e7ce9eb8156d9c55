// Goal: ten people in ten browsers write one text, none of them over more than eight links, and each sees all the others, some
// of them through others.

import { expect, it } from "vitest";
import { OVERLAY_LINKS_MAX } from "../../../src/sync/limits.ts";
import { PATIENCE_MS, type Person, report, setStage, untilEqual } from "../people.ts";

const stage = setStage();
const PEOPLE = 10;

/** Counts the connections that are made, and those that stand. */
async function watched(): Promise<Person> {
  const person = await stage.person();
  await person.page.addInitScript(() => {
    const Original = RTCPeerConnection;
    const made: RTCPeerConnection[] = [];
    Object.assign(globalThis, { made });
    globalThis.RTCPeerConnection = new Proxy(Original, {
      construct(target, args: [RTCConfiguration?]) {
        const connection = new target(...args);
        made.push(connection);
        return connection;
      },
    });
  });
  return person;
}

function links({ page }: Person): Promise<number> {
  return page.evaluate(
    () =>
      (globalThis as unknown as { made: RTCPeerConnection[] }).made.filter(
        ({ connectionState }) => connectionState === "connected",
      ).length,
  );
}

it("ten have at most eight links each, one text, and see nine others", { timeout: 180_000 }, async () => {
  const [alice, ...others] = (await Promise.all(Array.from({ length: PEOPLE }, watched))) as [
    Person,
    ...Person[],
  ];
  const all = [alice, ...others];
  await alice.open();
  await alice.type("Come in. ");
  const link = await alice.share();
  for (const [i, other] of others.entries()) {
    await other.open(link);
    await other.sees(
      `Come in. ${others
        .slice(0, i)
        .map((_, j) => `(${j})`)
        .join("")}`,
    );
    await other.press("Control+End");
    await other.type(`(${i})`);
  }
  const text = await untilEqual(all, 60_000);
  expect(text).toHaveLength("Come in. ".length + others.length * 3);
  const counts = await Promise.all(all.map(links));
  report("links of ten", counts.join(" "));
  expect(Math.max(...counts)).toBeLessThanOrEqual(OVERLAY_LINKS_MAX);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
  // Who is away stands in the list too, and says so.
  const here = ({ people }: Person) =>
    people.evaluateAll(items => items.filter(item => / here|, here/.test(item.textContent ?? "")).length);
  for (const person of all)
    await expect.poll(() => here(person), { timeout: 3 * PATIENCE_MS }).toBe(PEOPLE - 1);
});
