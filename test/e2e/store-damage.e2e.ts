// A disk that loses a file of the browser's: Chromium keeps values above 64 KiB beside its database and answers a
// request for a lost one, and for everything asked together with it, with an error.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchProfile, type ServedPage, servePage } from "./page.ts";
import type { api as pageApi } from "./store-page.ts";

declare const api: typeof pageApi;

let served: ServedPage;
let folder: string;

beforeAll(async () => {
  [served, folder] = await Promise.all([
    servePage("./store-page.ts"),
    mkdtemp(join(tmpdir(), "chirograph-profile-")),
  ]);
});

afterAll(async () => {
  await served?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openTab(profile: BrowserContext): Promise<Page> {
  const page = await profile.newPage();
  await page.goto(served.address);
  await page.waitForFunction(() => "api" in globalThis);
  return page;
}

/** Empties the folder in which Chromium keeps the large values; how many files that were. */
async function loseLargeValues(): Promise<number> {
  const databases = join(folder, "Default", "IndexedDB");
  const blobs = (await readdir(databases)).find(name => name.endsWith(".blob"));
  if (blobs === undefined) return 0;
  const entries = await readdir(join(databases, blobs), { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  for (const file of files) await rm(join(file.parentPath, file.name));
  return files.length;
}

describe("the IndexedDB store on a disk that loses files", () => {
  it("reads what is left, goes on, and takes the lost change again", async () => {
    const before = await launchProfile(folder);
    await (await openTab(before)).evaluate(() => api.writeLarge("lost"));
    await before.close();
    expect(await loseLargeValues()).toBe(1);
    const after = await launchProfile(folder);
    const found = await (await openTab(after)).evaluate(() => api.readWithoutLarge("lost"));
    await after.close();
    const [first, second, own] = ["00000001", "00000002", "000003e9"];
    expect(found).toEqual({
      left: [first, second],
      damaged: 1,
      seen: [first, second],
      repaired: [first, second, own, "1a46e"],
    });
  });

  it("has no image when its file is lost, and keeps the next one", async () => {
    const before = await launchProfile(folder);
    const written = await openTab(before);
    await written.evaluate(() => api.writeImage("image"));
    const changes = ["00000001"];
    expect(await written.evaluate(() => api.readImage("image"))).toEqual({
      read: 100_000,
      changes,
      anew: 7,
    });
    await before.close();
    expect(await loseLargeValues()).toBeGreaterThan(0);
    const after = await launchProfile(folder);
    const found = await (await openTab(after)).evaluate(() => api.readImage("image"));
    await after.close();
    expect(found).toEqual({ read: null, changes, anew: 7 });
  });
});
