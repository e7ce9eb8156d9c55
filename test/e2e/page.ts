// Bundles one entry, serves it alone on a page and drives a real Chromium. The entry hangs what a test wants to call
// on `globalThis`; everything it gets and gives back must survive JSON.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { build } from "vite";

/** A host that is this machine for the browser, but no secure context: there is no crypto.subtle on it. */
const PLAIN_HOST = "plain.test";

export interface ServedPage {
  /** http://127.0.0.1, which browsers trust like https. */
  readonly address: string;
  /** The same page as over plain http on a local network. */
  readonly plainAddress: string;
  close(): Promise<void>;
}

/** `entry` is named from this folder, e.g. "./store-page.ts". */
export async function servePage(entry: string): Promise<ServedPage> {
  const script = await bundle(fileURLToPath(new URL(entry, import.meta.url)));
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(
      isScript ? script : '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    plainAddress: `http://${PLAIN_HOST}:${port}/`,
    close: () => closeServer(server),
  };
}

/** What a browser does beside showing pages, and tests need not pay for: a process for each window that gets its address bar ready,
 * and one for pages to come. The rest is what Playwright turns off itself, which ours replaces. */
const WITHOUT = [
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "SpareRendererForSitePerProcess",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
];

const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    `--disable-features=${WITHOUT.join()}`,
    `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
  ],
};

/** Its profiles live in memory. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch(LAUNCH);
}

/** A browser whose profile is that folder, and stays there when it is closed. */
export function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, LAUNCH);
}

async function bundle(entry: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "chirograph-page-"));
  try {
    await build({
      // The app's own configuration builds the app; here there is only a script.
      configFile: false,
      logLevel: "warn",
      build: {
        outDir,
        emptyOutDir: true,
        minify: false,
        lib: { entry, formats: ["es"], fileName: () => "page.js" },
        // One file, also of what the app would fetch later.
        rolldownOptions: { output: { codeSplitting: false } },
      },
    });
    return await readFile(join(outDir, "page.js"), "utf8");
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

function closeServer(server: Server): Promise<void> {
  // Browsers keep connections open; `close` alone would wait for them.
  server.closeAllConnections();
  return new Promise(resolve => server.close(() => resolve()));
}
