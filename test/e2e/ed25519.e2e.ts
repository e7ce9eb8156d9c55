// The one signature rule in a real Chromium: its WebCrypto behind the gates, and the script, on a page with
// crypto.subtle and on one without; and in Firefox, where there is one. All give the verdicts that Node gives.

import { existsSync, readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import puppeteer from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromHex } from "../../src/crdt/graph/bytes.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { signatureCases } from "../crdt/graph/ed25519-cases.ts";
import { publishedCases } from "../crdt/graph/ed25519-published.ts";
import type { HexCase, api as pageApi } from "./ed25519-page.ts";
import { launchChromium, type ServedPage, servePage } from "./page.ts";

declare const api: typeof pageApi;

// By a computed name: scripts are plain JavaScript without declarations.
const finder: { findFirefox(): string | null } = await import(
  String(new URL("../../scripts/find-browser.mjs", import.meta.url))
);
const firefoxPath = finder.findFirefox();
if (firefoxPath === null) console.log("ed25519: left out Firefox, there is none on this machine");

let served: ServedPage;
let browser: Browser;

beforeAll(async () => {
  [served, browser] = await Promise.all([servePage("./ed25519-page.ts"), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function openPage(address: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(() => "api" in globalThis);
  return page;
}

function inNode({ key, message, signature }: HexCase): boolean {
  return verifyInScript(fromHex(key)!, fromHex(message)!, fromHex(signature)!);
}

describe("the one signature rule in Chromium", () => {
  const crafted = signatureCases();
  const published = publishedCases(path => (existsSync(path) ? readFileSync(path, "utf8") : null));
  if (published === null) console.log("ed25519: skipped the published vectors, no ../shared/vectors here");
  const cases = [...crafted, ...(published ?? [])].map(({ key, message, signature }) => ({
    key,
    message,
    signature,
  }));
  const expected = cases.map((check, i) => crafted[i]?.valid ?? inNode(check));

  it("gives the verdicts of Node with WebCrypto and in script", async () => {
    const page = await openPage(served.address);
    const verdicts = await page.evaluate(all => api.verdicts(all), cases);
    expect(verdicts).toEqual({ platform: true, verifier: expected, script: expected });
    console.log(
      `ed25519: ${crafted.length} crafted and ${published?.length ?? 0} published cases, ` +
        `Chromium ${browser.version()} and Node agree on all`,
    );
  });

  it("gives them also over plain http, where there is no WebCrypto", async () => {
    const page = await openPage(served.plainAddress);
    const verdicts = await page.evaluate(all => api.verdicts(all), cases);
    expect(verdicts).toEqual({ platform: false, verifier: expected, script: expected });
  });

  it.skipIf(firefoxPath === null)("gives them in Firefox, with its WebCrypto and in script", async () => {
    const firefox = await puppeteer.launch({
      browser: "firefox",
      protocol: "webDriverBiDi",
      executablePath: firefoxPath!,
      headless: true,
    });
    try {
      const page = await firefox.newPage();
      await page.goto(served.address);
      await page.waitForFunction(() => "api" in globalThis);
      const { verifier, script } = await page.evaluate(all => api.verdicts(all), cases);
      expect({ verifier, script }).toEqual({ verifier: expected, script: expected });
    } finally {
      await firefox.close();
    }
  });

  it("is several times faster with the platform", async () => {
    const page = await openPage(served.address);
    const good = cases[0]!;
    const { platformMs, scriptMs } = await page.evaluate(check => api.speed(check, 500), good);
    const perSecond = (ms: number) => Math.round(500_000 / ms);
    console.log(`ed25519: ${perSecond(platformMs)}/s by WebCrypto, ${perSecond(scriptMs)}/s in script`);
    expect(platformMs * 2).toBeLessThan(scriptMs);
  });
});
