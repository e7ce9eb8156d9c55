// Finds a Chromium that really starts, and fetches one where there is none: an existing one, then Playwright's own
// download, then the system's package where we may install it. Each candidate is started once, because a downloaded
// browser on a bare machine is often there and yet lacks a library.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installPackage, isExecutable, onPath, run } from "./programs.mjs";
import { root } from "./steps.mjs";

const DOWNLOAD_TIMEOUT_MS = 60_000;

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const CHROMIUM_PLACES = [
  "/snap/bin/chromium",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];
const FIREFOX_NAMES = ["firefox", "firefox-esr"];
const FIREFOX_PLACES = ["/Applications/Firefox.app/Contents/MacOS/firefox"];

/**
 * `{ path }` of a Chromium or Chrome that starts, or `{ path: null, sentence }` that says what to do. With `install`,
 * what is missing is fetched; `say` hears what takes long.
 */
export async function findChromium({ install = false, say = () => undefined } = {}) {
  const wished = process.env.CHROMIUM;
  if (wished) {
    if (starts(wished)) return { path: wished };
    return {
      path: null,
      sentence: `CHROMIUM=${wished} does not start; name a Chromium or Chrome that does.`,
    };
  }
  const existing = firstThatStarts([
    ...onPath(CHROMIUM_NAMES),
    ...CHROMIUM_PLACES,
    ...(await playwrightsOwn()),
  ]);
  if (existing) return { path: existing };
  if (!install)
    return { path: null, sentence: "No Chromium or Chrome was found; name one with CHROMIUM=… ." };

  say("no browser found: downloading Chromium, at most a minute");
  run(
    process.execPath,
    [join(root, "node_modules/playwright-core/cli.js"), "install", "chromium"],
    DOWNLOAD_TIMEOUT_MS,
  );
  const downloaded = firstThatStarts(await playwrightsOwn());
  if (downloaded) return { path: downloaded };

  installPackage("chromium", say);
  const installed = firstThatStarts(onPath(CHROMIUM_NAMES));
  if (installed) return { path: installed };
  return {
    path: null,
    sentence:
      "No browser could be had; run `npx playwright-core install --with-deps chromium`, or name one with CHROMIUM=… .",
  };
}

/**
 * The path of a Firefox that starts, or null: tests in it are left out then, and say so. With `install`, it is fetched where
 * packages may be installed; `say` hears what takes long.
 */
export function findFirefox({ install = false, say = () => undefined } = {}) {
  if (process.env.FIREFOX) return starts(process.env.FIREFOX) ? process.env.FIREFOX : null;
  const existing = firstThatStarts([...onPath(FIREFOX_NAMES), ...FIREFOX_PLACES]);
  if (existing !== null || !install) return existing;
  installPackage("firefox-esr", say);
  return firstThatStarts(onPath(FIREFOX_NAMES));
}

async function playwrightsOwn() {
  if (!existsSync(join(root, "node_modules/playwright-core"))) return [];
  const { chromium } = await import("playwright-core");
  return [chromium.executablePath()];
}

function firstThatStarts(paths) {
  return paths.find(starts) ?? null;
}

function starts(path) {
  if (!isExecutable(path)) return false;
  // Chrome on Windows opens a window on --version instead of answering; being there has to be enough.
  if (process.platform === "win32") return true;
  return spawnSync(path, ["--version"], { timeout: 15_000, stdio: "ignore" }).status === 0;
}
