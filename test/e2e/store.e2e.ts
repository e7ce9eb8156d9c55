// The IndexedDB store and the device key in a real Chromium: the cases every store passes, and what only a browser
// can do to one: several pages, reloads, a full disk, damage, upgrades.

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { STORE_CASES } from "../sync/store-suite.ts";
import { launchChromium, type ServedPage, servePage } from "./page.ts";
import type { api as pageApi } from "./store-page.ts";

declare const api: typeof pageApi;

let served: ServedPage;
let browser: Browser;
/** A fresh profile for each test. */
let profile: BrowserContext;

beforeAll(async () => {
  [served, browser] = await Promise.all([servePage("./store-page.ts"), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

beforeEach(async () => {
  profile = await browser.newContext();
});

afterEach(async () => {
  await profile.close();
});

async function openTab(address = served.address): Promise<Page> {
  const page = await profile.newPage();
  await page.goto(address);
  await ready(page);
  return page;
}

async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => "api" in globalThis);
}

/** The numbers of the own changes of `type`: they were made as number · 1000 + salt. */
function numbersOf(ids: readonly string[]): number[] {
  return ids.map(id => Math.floor(Number.parseInt(id, 16) / 1000));
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

describe("the IndexedDB store in Chromium", () => {
  let page: Page;

  beforeAll(async () => {
    page = await browser.newPage();
    await page.goto(served.address);
    await ready(page);
  });

  STORE_CASES.forEach(({ name }, index) => {
    // Each has a database of its own, so one page will do.
    it(name, () => page.evaluate(i => api.runCase(i), index));
  });
});

describe("what a browser can do to the IndexedDB store", () => {
  it("gives two pages that type at once one chain", async () => {
    const tabs = [await openTab(), await openTab()];
    await Promise.all(tabs.map((tab, salt) => tab.evaluate(s => api.type("race", 25, s), salt)));
    const { ids } = await tabs[0]!.evaluate(() => api.read("race"));
    expect(numbersOf(ids)).toEqual(upTo(50));
  });

  it("keeps everything over a reload and in a new tab", async () => {
    const page = await openTab();
    await page.evaluate(() => api.type("kept", 20, 1));
    await page.evaluate(() => api.title("kept", "Minutes"));
    await page.reload();
    await ready(page);
    const reloaded = await page.evaluate(() => api.read("kept"));
    expect({ ...reloaded, ids: numbersOf(reloaded.ids) }).toEqual({
      ids: upTo(20),
      titles: ["Minutes"],
      damaged: 0,
    });
    expect(await (await openTab()).evaluate(() => api.read("kept"))).toEqual(reloaded);
  });

  it("says that the disk is full, changes nothing, and goes on when there is room", async () => {
    const page = await openTab();
    const devtools = await profile.newCDPSession(page);
    const origin = new URL(served.address).origin;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 200_000 });
    // Chromium asks for the quota rarely: set later, it would not be noticed in time.
    await page.evaluate(() => api.type("full", 3, 1));
    expect(await page.evaluate(() => api.fill("full", 1_000_000))).toBe("quota");
    const { ids } = await page.evaluate(() => api.read("full"));
    expect(numbersOf(ids)).toEqual(upTo(3));
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    expect(await page.evaluate(() => api.fill("full", 1_000_000))).toBe("no failure");
    expect((await page.evaluate(() => api.read("full"))).ids.length).toBe(3 + 16);
  });

  it("drops damaged records when reading and takes them again", async () => {
    const page = await openTab();
    const { left, repaired, ...rest } = await page.evaluate(() => api.damage("damaged"));
    const name = (n: number) => n.toString(16).padStart(8, "0");
    expect(left).toEqual([1, 5].map(name));
    expect(rest).toEqual({ titles: ["Draft"], dropped: 5, position: 10 });
    expect(repaired).toEqual([1, 5, 2, 3, 4, 6].map(name));
  });

  it("writes nothing with less than strict durability", async () => {
    const page = await openTab();
    expect(await page.evaluate(() => api.durabilities("strict"))).toEqual(new Array(5).fill("strict"));
  });

  it("opens its handle again after a deletion and says when a newer version took over", async () => {
    const page = await openTab();
    expect(await page.evaluate(() => api.overtaken("overtaken"))).toEqual({
      afterDelete: null,
      afterUpgrade: "closed",
      openAfterUpgrade: "closed",
    });
  });

  it("does not wait for ever for a tab that holds the database", async () => {
    const page = await openTab();
    expect(await page.evaluate(() => api.blocked("blocked"))).toEqual({
      code: "blocked",
      later: "no failure",
    });
  });
});

describe("the device key in Chromium", () => {
  it("survives a reload and cannot be exported", async () => {
    const page = await openTab();
    const made = await page.evaluate(() => api.deviceKey("keys"));
    expect(made).toMatchObject({ kept: true, extractable: false, isSound: true, kind: "platform" });
    expect(made.theft).toBe("InvalidAccessError");
    await page.reload();
    await ready(page);
    expect(await page.evaluate(() => api.deviceKey("keys"))).toEqual(made);
  });

  it("is one, however many tabs make it at once", async () => {
    const tabs = [await openTab(), await openTab(), await openTab()];
    for (let round = 0; round < 5; round++) {
      const keys = await Promise.all(
        tabs.map(tab => tab.evaluate(n => api.deviceKeys(n, 3), `keys-${round}`)),
      );
      expect(new Set(keys.flat()).size).toBe(1);
    }
  });

  it("is a kept seed over plain http, where there is no WebCrypto", async () => {
    const page = await openTab(served.plainAddress);
    const made = await page.evaluate(() => api.deviceKey("keys"));
    expect(made).toMatchObject({ kept: true, extractable: true, isSound: true, kind: "seed" });
    await page.reload();
    await ready(page);
    expect((await page.evaluate(() => api.deviceKey("keys"))).publicKey).toBe(made.publicKey);
  });

  it("is made anew if what is kept cannot sign", async () => {
    const page = await openTab();
    const [first, second, third] = await page.evaluate(() => api.damagedKey("keys"));
    expect(second).not.toBe(first);
    expect(third).toBe(second);
  });
});
