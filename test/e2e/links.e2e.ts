// Goal: two real browsers find each other through the real server: directly where they can, through the relay after
// 3 s where they cannot, and back to a direct link after one broke. The WebRTC links pass the suite of all links.

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createServer, type Server } from "../../signalling/server.ts";
import { linkCases } from "../sync/link-suite.ts";
import type { api as pageApi } from "./links-page.ts";
import { launchChromium, type ServedPage, servePage } from "./page.ts";

declare const api: typeof pageApi;

let served: ServedPage;
let browser: Browser;
let server: Server;
let url: string;
let rooms = 0;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  [served, browser] = await Promise.all([servePage("./links-page.ts"), launchChromium()]);
  await startServer(0);
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()));
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
  await server?.close();
});

async function startServer(port: number): Promise<number> {
  server = createServer({ folder: "none", port, allowedOrigins: [new URL(served.address).origin] });
  const listening = await server.listen();
  url = `ws://127.0.0.1:${listening.port}/signal`;
  return listening.port;
}

/** A browser profile of its own. */
async function openPage(hasWebRtc = true): Promise<Page> {
  const context = await browser.newContext();
  contexts.push(context);
  if (!hasWebRtc) {
    // simple-peer takes the old name where the new one is missing.
    await context.addInitScript(() => {
      for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
        Reflect.deleteProperty(globalThis, name);
    });
  }
  const page = await context.newPage();
  await page.goto(served.address);
  await page.waitForFunction(() => "api" in globalThis);
  return page;
}

/** Two pages in one room, which nobody was in before. */
async function meet(hasWebRtc = true): Promise<readonly [Page, Page]> {
  const pages = await Promise.all([openPage(), openPage(hasWebRtc)]);
  rooms++;
  for (const page of pages) await page.evaluate(([to, room]) => api.open(to, room), [url, rooms] as const);
  return pages;
}

const linksOf = (page: Page) => page.evaluate(() => api.links());

async function untilLinks(pages: readonly Page[], count: number): Promise<void> {
  for (const page of pages)
    await vi.waitFor(async () => expect(await linksOf(page)).toHaveLength(count), 10_000);
}

describe("two browsers in one room", () => {
  it("are linked by WebRTC, know each other's fingerprints, and need no polyfills", async () => {
    const pages = await meet();
    await untilLinks(pages, 1);
    const [a, b] = (await Promise.all(pages.map(linksOf))).map(links => links[0]!);
    expect([a!.kind, b!.kind]).toEqual(["webrtc", "webrtc"]);
    expect(a!.local).toMatch(/^[0-9a-f]{64}$/);
    expect([a!.local, a!.remote]).toEqual([b!.remote, b!.local]);
    expect(a!.local).not.toBe(b!.local);
    expect(a!.initiator).toBe(!b!.initiator);
    await pages[0].evaluate(() => api.send(0, [1, 2, 3]));
    await vi.waitFor(async () => expect((await linksOf(pages[1]))[0]!.frames).toEqual(["010203"]));
    expect(await pages[0].evaluate(() => api.platform())).toEqual({ constructed: 1, polyfilled: [] });
  });

  it("are linked by the relay as soon as the attempt has failed where one has no WebRTC", async () => {
    const pages = await meet(false);
    const startedAt = performance.now();
    await untilLinks(pages, 1);
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeLessThan(2_500);
    for (const page of pages) expect((await linksOf(page))[0]).toMatchObject({ kind: "relay", local: null });
    await pages[1].evaluate(() => api.send(0, [4]));
    await vi.waitFor(async () => expect((await linksOf(pages[0]))[0]!.frames).toEqual(["04"]));
  });

  it.each([0, 1])("are linked again, directly, when end %i closed the link", async end => {
    const pages = await meet();
    await untilLinks(pages, 1);
    await pages[end]!.evaluate(() => api.closeLink(0));
    await untilLinks(pages, 2);
    for (const page of pages) {
      const links = await linksOf(page);
      expect(links.map(({ kind, closed }) => [kind, closed])).toEqual([
        ["webrtc", true],
        ["webrtc", false],
      ]);
    }
  });

  it("stay linked while the server is gone, and see at once when the other is closed", async () => {
    const pages = await meet();
    await untilLinks(pages, 1);
    const port = Number(new URL(url).port);
    await server.close();
    await pages[0].evaluate(() => api.send(0, [5]));
    await vi.waitFor(async () => expect((await linksOf(pages[1]))[0]!.frames).toEqual(["05"]));
    await pages[0].evaluate(() => api.close());
    await vi.waitFor(async () => expect((await linksOf(pages[1]))[0]!.closed).toBe(true));
    await startServer(port);
  });
});

describe("a link by WebRTC", () => {
  let page: Page;

  beforeAll(async () => {
    page = await openPage();
    // For all cases: they only open links of their own.
    contexts.pop();
  });

  linkCases.forEach(({ name }, index) => {
    it(name, () => page.evaluate(([to, i]) => api.runCase(to, i), [url, index] as const));
  });
});
