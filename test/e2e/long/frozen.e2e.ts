// Goal: a page that the system stopped for a while, as a phone does in a pocket, has everything soon after it goes on, and
// nobody lost what was written meanwhile on either side. Method: SIGSTOP for its process, which a page cannot notice.

import { expect, it } from "vitest";
import { type Person, report, setStage, untilEqual } from "../people.ts";
import { rounds, timeoutOf } from "./rounds.ts";

const stage = setStage();
const FROZEN_MS = rounds(4_000, 40_000);
const EQUAL_MS = 5_000;

async function renderers(): Promise<readonly number[]> {
  const devtools = await stage.browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

it(`a page frozen for ${FROZEN_MS / 1_000} s is equal within ${EQUAL_MS / 1_000} s after it goes on`, {
  timeout: timeoutOf(1, FROZEN_MS + 60_000),
}, async () => {
  const alice = await (await stage.person()).open();
  await alice.type("Together. ");
  const link = await alice.share();
  const before = new Set(await renderers());
  const bob: Person = await (await stage.person()).open(link);
  await bob.sees("Together. ");
  await alice.readsStatus("Shared with 1");
  const own = (await renderers()).filter(pid => !before.has(pid));
  expect(own.length).toBeGreaterThan(0);

  await bob.putCaret(0);
  await bob.type("Bob, last thing before. ");
  for (const pid of own) process.kill(pid, "SIGSTOP");
  try {
    await alice.press("Control+End");
    await alice.type("Alice goes on alone. ");
    await alice.page.waitForTimeout(FROZEN_MS);
  } finally {
    for (const pid of own) process.kill(pid, "SIGCONT");
  }
  const backAt = performance.now();
  const text = await untilEqual([alice, bob], 30_000);
  const tookMs = performance.now() - backAt;
  expect(text).toBe("Bob, last thing before. Together. Alice goes on alone. ");
  report(`frozen for ${FROZEN_MS / 1_000} s, then equal`, `after ${(tookMs / 1_000).toFixed(1)} s`);
  expect(tookMs).toBeLessThan(EQUAL_MS);
  await alice.readsStatus("Shared with 1");
});
