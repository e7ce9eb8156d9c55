// Goal: what was called saved is there after the browser was killed in the middle of typing; and every time that is said, the
// disk was made to keep it. Method: SIGKILL for the browser, which takes the whole of it along; strace for the disk, since a
// killed process loses nothing that the system already has.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchProfile } from "../page.ts";
import { Person, report, setStage } from "../people.ts";
import { rounds, timeoutOf } from "./rounds.ts";

const stage = setStage();
const ROUNDS = rounds(2, 50);
const hasStrace = process.platform === "linux" && spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace) console.log("killed: left out what strace counts, there is none on this machine");

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chirograph-killed-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function pidOf(context: BrowserContext): Promise<number> {
  // A profile in a folder has no browser of its own to ask, but every page of it has.
  const devtools = await context.browser()!.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  return processInfo.find(({ type }) => type === "browser")!.id;
}

/** At once: to ask for its number now would leave it the time to store. */
async function kill(context: BrowserContext, pid: number): Promise<void> {
  const isGone = new Promise(resolve => context.once("close", resolve));
  process.kill(pid, "SIGKILL");
  await isGone;
  // Its other processes see it and go; the profile is locked until they have.
  await new Promise(resolve => setTimeout(resolve, 300));
}

it("nothing that was called saved is lost when the browser is killed while one types", {
  timeout: timeoutOf(ROUNDS, 20_000),
}, async () => {
  const profile = join(folder, "profile");
  let url = stage.url;
  let saved = "";
  let typed = "";
  let unsaved = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const context = await launchProfile(profile);
    const alice = await Person.enter(stage, context, false);
    await alice.open(url);
    const text = await alice.text();
    expect(text.startsWith(saved), `round ${round}: "${text}" begins with "${saved}"`).toBe(true);
    expect(typed.startsWith(text), `round ${round}: "${typed}" begins with "${text}"`).toBe(true);
    unsaved += typed.length - text.length;
    url = alice.page.url();
    await alice.press("Control+End");
    await alice.type(`${round}: saved. `);
    await alice.isStored();
    saved = await alice.text();
    typed = saved;
    const pid = await pidOf(context);
    const until = performance.now() + Math.random() * 600;
    for (let i = 0; performance.now() < until; i++) {
      const letter = String.fromCharCode(97 + (i % 26));
      typed += letter;
      await alice.type(letter);
    }
    await kill(context, pid);
  }
  report(
    `kill -9 of the browser, ${ROUNDS} times`,
    `${unsaved} letters typed in the last moments were not there`,
  );
});

it.skipIf(!hasStrace)(
  "every edit that is called saved was written through to the disk",
  { timeout: 90_000 },
  async () => {
    const context = await launchProfile(join(folder, "traced"));
    const alice = await Person.enter(stage, context, false);
    await alice.open();
    await alice.type("Begun. ");
    await alice.isStored();
    const log = join(folder, "trace");
    const tracer = spawn(
      "strace",
      ["-f", "-e", "trace=fsync,fdatasync", "-o", log, "-p", String(await pidOf(context))],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    await attached(tracer);
    const EDITS = 5;
    for (let i = 0; i < EDITS; i++) {
      await alice.type("x");
      await alice.isStored();
      await alice.page.waitForTimeout(700);
    }
    const isOver = new Promise(resolve => tracer.once("exit", resolve));
    tracer.kill("SIGINT");
    await isOver;
    const calls = (await readFile(log, "utf8")).match(/f(data)?sync\(/g)?.length ?? 0;
    await context.close();
    report(`${EDITS} edits, each called saved before the next`, `${calls} times fsync or fdatasync`);
    expect(calls).toBeGreaterThanOrEqual(EDITS);
  },
);

/** Once it says so. */
function attached(tracer: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    tracer.stderr!.once("data", () => resolve());
    tracer.once("error", reject);
  });
}
