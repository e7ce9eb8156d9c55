// Goal: over a line that loses every twentieth packet and delays the others, two who type at once still end in one text.

import { expect, it } from "vitest";
import { type Person, report, setStage, untilEqual } from "../people.ts";
import { rounds, timeoutOf } from "./rounds.ts";

const stage = setStage();
const EDITS = rounds(60, 500);
const LOSS_PERCENT = 5;
const LATENCY_MS = 40;
const EQUAL_MS = 5_000;

async function worsen({ devtools }: Person, packetLoss: number, latency: number): Promise<void> {
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: 1e7,
    uploadThroughput: 1e7,
    packetLoss,
  });
}

it(`${EDITS} edits with ${LOSS_PERCENT} % loss and ${LATENCY_MS} ms are equal within ${EQUAL_MS / 1_000} s`, {
  timeout: timeoutOf(EDITS, 500),
}, async () => {
  const [alice, bob] = await stage.pair("", { isCuttable: true });
  await alice.readsStatus("Shared with 1");
  for (const person of [alice, bob]) await worsen(person, LOSS_PERCENT, LATENCY_MS);
  const half = EDITS / 2;
  await Promise.all([alice.type("a".repeat(half), 20), bob.type("b".repeat(half), 23)]);
  const startedAt = performance.now();
  const text = await untilEqual([alice, bob], 30_000);
  const tookMs = performance.now() - startedAt;
  expect([...text].sort().join("")).toBe("a".repeat(half) + "b".repeat(half));
  report(`${EDITS} edits over a poor line`, `equal ${(tookMs / 1_000).toFixed(1)} s after the last key`);
  expect(tookMs).toBeLessThan(EQUAL_MS);
});
