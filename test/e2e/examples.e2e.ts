// Goal: the examples do what they say, built with the package as it is packed. Method: each is built by Vite without a
// plugin in an empty folder with the package in its node_modules, served beside the signalling server, and used by two
// people.

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createServer, type Server } from "../../signalling/server.ts";
import { examplesIn, type Installed, installPackage, ROOT } from "../package/installed.ts";
import { launchChromium } from "./page.ts";

const PEERS = ["@codemirror/state", "@codemirror/view", "codemirror", "react", "react-dom"];
const PATIENCE_MS = 20_000;

let installed: Installed;
let browser: Browser;
const servers: Server[] = [];

beforeAll(async () => {
  installed = installPackage(PEERS);
  browser = await launchChromium();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
  installed?.remove();
});

/** `main`: what stands in main.ts instead of the example's own. */
async function serve(name: string, main: string | null = null): Promise<string> {
  const [from, to] = [join(installed.folder, name), join(installed.folder, "built", name)];
  mkdirSync(from, { recursive: true });
  cpSync(join(ROOT, "examples", name), from, { recursive: true });
  if (main !== null) writeFileSync(join(from, "main.ts"), main);
  await build({
    root: from,
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: to,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2000,
    },
  });
  const server = createServer({ folder: to, port: 0 });
  servers.push(server);
  const { port } = await server.listen();
  return `http://127.0.0.1:${port}/`;
}

/** Each has a profile of their own. The policy that our server sends is the app's; what goes wrong in their page is thrown by `calm`. */
async function person(address: string) {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", error => faults.push(String(error.stack ?? error)));
  page.on("console", message => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(address);
  return { page, calm: () => expect(faults).toEqual([]), leave: () => context.close() };
}

function text(page: Page): Promise<string | null> {
  return page.locator(".cm-line").first().textContent();
}

async function linkOf(page: Page): Promise<string> {
  await page.waitForURL(/#e\./, { timeout: PATIENCE_MS });
  return new URL(page.url()).hash;
}

describe("the CodeMirror example", () => {
  it("shares text, carets and names", async () => {
    const address = await serve("codemirror");
    const alice = await person(`${address}?name=Alice`);
    const link = await linkOf(alice.page);
    await alice.page.locator(".cm-content").click();
    await alice.page.keyboard.type("Hello");
    const bob = await person(`${address}?name=Bob${link}`);
    await vi.waitFor(async () => expect(await text(bob.page)).toBe("Hello"), PATIENCE_MS);
    await bob.page.locator(".cm-content").click();
    await bob.page.keyboard.press("Control+End");
    await Promise.all([bob.page.keyboard.type(", Alice"), alice.page.keyboard.type("!")]);
    await vi.waitFor(async () => {
      expect(await text(alice.page)).toBe(await text(bob.page));
      expect([...(await text(alice.page))!].sort()).toEqual([..."Hello!, Alice"].sort());
    }, PATIENCE_MS);
    const flag = bob.page.locator(".person-flag");
    await vi.waitFor(async () => expect(await flag.textContent()).toBe("Alice"), PATIENCE_MS);
    expect(await bob.page.locator(".person-caret").evaluate(caret => getComputedStyle(caret).width)).toBe(
      "2px",
    );

    // One's own undo takes back one's own letters.
    await alice.page.keyboard.press("Control+z");
    await vi.waitFor(async () => {
      expect(await text(bob.page)).toContain(", Alice");
      expect(await text(bob.page)).not.toContain("!");
    }, PATIENCE_MS);

    const shown = await text(bob.page);
    await bob.page.reload();
    await vi.waitFor(async () => expect(await text(bob.page)).toBe(shown), PATIENCE_MS);
    for (const { calm, leave } of [alice, bob]) {
      calm();
      await leave();
    }
  });
});

describe("the README's lines for CodeMirror", () => {
  it("run as they stand, and take no letters for a document that has not come", async () => {
    const lines = examplesIn("README.md").find(code => code.includes("chirograph/codemirror"))!;
    const address = await serve("codemirror", lines);
    const alice = await person(address);
    const link = await linkOf(alice.page);
    await alice.page.locator(".cm-content").click();
    await alice.page.keyboard.type("Hello");
    const bob = await person(address + link);
    await vi.waitFor(async () => expect(await text(bob.page)).toBe("Hello"), PATIENCE_MS);
    await alice.leave();
    await bob.leave();
    const carol = await person(address + link);
    await carol.page.locator(".cm-content").click();
    await carol.page.keyboard.type("lost?");
    expect(await text(carol.page)).toBe("");
    carol.calm();
    await carol.leave();
  });
});

describe("the React example", () => {
  it("shares a list, and says who is here", async () => {
    const address = await serve("react");
    const alice = await person(address);
    const link = await linkOf(alice.page);
    await alice.page.getByLabel("What to do").fill("milk");
    await alice.page.getByRole("button", { name: "Add" }).click();
    const bob = await person(`${address}${link}`);
    const his = bob.page.getByRole("checkbox", { name: "milk" });
    await his.waitFor({ timeout: PATIENCE_MS });
    await his.check();
    await vi.waitFor(
      async () => expect(await alice.page.getByRole("checkbox", { name: "milk" }).isChecked()).toBe(true),
      PATIENCE_MS,
    );
    await vi.waitFor(
      async () => expect(await alice.page.getByRole("status").textContent()).toBe("2 people, shared"),
      PATIENCE_MS,
    );
    for (const { calm, leave } of [alice, bob]) {
      calm();
      await leave();
    }
  });
});
