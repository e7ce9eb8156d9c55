// S12: in Chromium, from a keystroke to the picture that shows it, in a document of a megabyte that eight others write in at
// once, each five keys a second. The others are sessions of the package in a process of their own, over the relay of the
// server; the page is the built app. What is said is the 95th of a hundred keys, and the middle one.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

export const title = "from a keystroke to its picture, in Chromium: a megabyte, eight others writing in it";
export const about = "The eight run in a process of their own beside the browser, and share its processors.";

export const rounds = 1;

const KEYS = 200;
const KEY_MS = 100;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const cases = existsSync(CHROMIUM)
  ? [
      { name: "a megabyte, alone", typists: 0, figures: ["p95", "median"], contestants: ["ours"] },
      { name: "a megabyte, eight others", typists: 8, figures: ["p95", "median"], contestants: ["ours"] },
    ]
  : [];

export async function measure({ typists }, _contestant, clock) {
  // The one that the tests of the app drive it with; the peers' own package has none.
  const { chromium } = await import("playwright-core");
  const { createServer } = await import(process.env.BENCH_SERVER);
  const server = createServer({ folder: join(root, "dist/app"), port: 0 });
  const { port } = await server.listen();
  const crowd = fork(join(here, "../typists.mjs"), {
    env: process.env,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const told = kind =>
    new Promise(resolve => crowd.on("message", message => kind in message && resolve(message)));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  try {
    const shared = told("link");
    crowd.send({ signalling: `ws://127.0.0.1:${port}/signal`, typists });
    const { link } = await shared;
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/${link}`);
    await page.waitForFunction(
      length => (document.querySelector(".cm-content")?.cmTile.root.view.state.doc.length ?? 0) >= length,
      1_000_000,
      { timeout: 60_000 },
    );
    await page.locator(".cm-content").click();
    await clock.ready();
    crowd.send({ start: true });
    await page.waitForTimeout(1_000);
    const times = await page.evaluate(() => {
      globalThis.times = [];
      addEventListener("keydown", event => {
        requestAnimationFrame(() => {
          const after = new MessageChannel();
          // After the frame: the first task behind its picture.
          after.port1.onmessage = () => globalThis.times.push(performance.now() - event.timeStamp);
          after.port2.postMessage(null);
        });
      });
      return globalThis.times.length;
    });
    assert.equal(times, 0);
    for (let i = 0; i < KEYS; i++) {
      await page.keyboard.press(String.fromCharCode(97 + (i % 26)));
      await page.waitForTimeout(KEY_MS);
    }
    const sorted = (await page.evaluate(() => globalThis.times)).sort((a, b) => a - b);
    assert.equal(sorted.length, KEYS);
    clock.wall(sorted[Math.floor(KEYS * 0.95)], "p95");
    clock.wall(sorted[KEYS / 2], "median");
  } finally {
    await browser.close();
    crowd.kill();
    await server.close();
  }
}

export const targets = [
  { of: ["a megabyte, eight others: p95", "ours"], unit: "ms", now: 16, goal: 8 },
  { of: ["a megabyte, alone: p95", "ours"], unit: "ms", now: 16, goal: 8 },
];
