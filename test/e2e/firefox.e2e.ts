// Goal: Firefox and Chromium write one document. Firefox is driven by puppeteer-core over WebDriver BiDi; where there
// is none, one line says so.

import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, expect, it } from "vitest";
import { PATIENCE_MS, report, setStage } from "./people.ts";

const stage = setStage();
// By a computed name: scripts are plain JavaScript without declarations.
const finder: { findFirefox(): string | null } = await import(
  String(new URL("../../scripts/find-browser.mjs", import.meta.url))
);
const path = finder.findFirefox();
let firefox: Browser | null = null;

afterAll(async () => {
  await firefox?.close();
});

function textIn(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.querySelector(".cm-content") as unknown as {
      cmTile: { root: { view: { state: { doc: { toString(): string } } } } };
    } | null;
    return element?.cmTile.root.view.state.doc.toString() ?? "(nothing to write in)";
  });
}

it.skipIf(path === null)("Firefox and Chromium write one document", { timeout: 120_000 }, async () => {
  const alice = await (await stage.person()).open();
  await alice.type("From Chromium. ");
  const link = await alice.share();
  firefox = await puppeteer.launch({
    browser: "firefox",
    protocol: "webDriverBiDi",
    executablePath: path!,
    headless: true,
  });
  const bob = await firefox.newPage();
  const problems: string[] = [];
  bob.on("pageerror", error => problems.push(String(error)));
  bob.on("console", message => {
    if (message.type() === "error") problems.push(message.text());
  });
  const openedAt = performance.now();
  await bob.goto(link);
  await expect.poll(() => textIn(bob), { timeout: 30_000 }).toBe("From Chromium. ");
  report("Firefox opens a link", `${((performance.now() - openedAt) / 1000).toFixed(1)} s`);
  expect(new URL(bob.url()).hash).not.toContain(".");
  await bob.focus(".cm-content");
  await bob.keyboard.down("Control");
  await bob.keyboard.press("End");
  await bob.keyboard.up("Control");
  await Promise.all([
    bob.keyboard.type("From Firefox.", { delay: 10 }),
    alice.putCaret(0).then(() => alice.type("Both: ", 15)),
  ]);
  await alice.sees("Both: From Chromium. From Firefox.");
  await expect.poll(() => textIn(bob), { timeout: PATIENCE_MS }).toBe("Both: From Chromium. From Firefox.");
  await alice.isSharedWith(1);
  report("Firefox is linked", (await alice.people.nth(1).textContent()) ?? "not at all");
  await bob.reload();
  await expect.poll(() => textIn(bob), { timeout: PATIENCE_MS }).toBe("Both: From Chromium. From Firefox.");
  expect(problems).toEqual([]);
});

it.runIf(path === null)("Firefox is not at hand", () => {
  console.log("left out: there is no Firefox on this machine");
});
