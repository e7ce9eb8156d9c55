// Draws the pictures in docs/screenshots with the real app: `node scripts/screenshots.mjs`. Builds if a source
// changed, serves on a free port, and lets Alice and Bob write in two separate browser profiles. Fails if a picture
// cannot be had, so a run that ends well is also a small proof that the pictures are not old.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findChromium } from "./find-browser.mjs";
import { buildWhenNeeded, installWhenNeeded, orOneSentence, requireNode, root, Sentence } from "./steps.mjs";

const FOLDER = join(root, "docs", "screenshots");
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** Milliseconds for anything to appear. The relay alone may take three seconds. */
const PATIENCE_MS = 20_000;
/** Milliseconds for transitions, fonts and the page that shows late to come to rest. */
const REST_MS = 1_300;

const ESSAY = [
  "# On chirographs",
  "",
  "A *chirograph* was a deed written out **once per party** on one sheet and cut apart through a word, so that the " +
    "copies could be held against each other. Nobody had to trust a notary, nor each other: the cut itself was the " +
    "proof.",
  "",
  "## What it took",
  "",
  "- two or three copies on one skin,",
  "- a word across the middle,",
  "- a knife, and a wavy line.",
  "",
].join("\n");

await orOneSentence(async () => {
  requireNode();
  installWhenNeeded();
  await buildWhenNeeded();
  const found = await findChromium({ install: true, say: words => console.error(words) });
  if (found.path === null) throw new Sentence(found.sentence);
  mkdirSync(FOLDER, { recursive: true });
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: found.path,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    await draw(browser, server);
  } finally {
    await browser.close();
    server.stop();
  }
});

async function draw(browser, server) {
  const alice = await person(browser, "Alice");
  await alice.goto(server.url);
  await text(alice).waitFor();
  await picture(alice, "empty", { hasCaret: true });

  await text(alice).click();
  await alice.keyboard.insertText(ESSAY);
  await alice.getByRole("textbox", { name: "Title", exact: true }).fill("On chirographs");
  await alice.getByRole("button", { name: "Share" }).click();
  const field = alice.getByRole("textbox", { name: "Link that can edit" });
  await alice.waitForFunction(input => input.value.includes("#"), await field.elementHandle());
  const link = await field.inputValue();
  await picture(alice, "share");
  await alice.keyboard.press("Escape");

  const bob = await person(browser, "Bob");
  await bob.goto(link);
  await text(bob).getByText("wavy line").waitFor();
  await text(bob).click();
  await bob.keyboard.press("Control+End");
  await bob.keyboard.type("Both hands are in one text.", { delay: 20 });
  await text(alice).getByText("Both hands").waitFor();
  await text(alice).click();
  await alice.keyboard.press("Control+Home");
  await bob.keyboard.type(" And neither waits for the other.", { delay: 20 });
  await text(alice).getByText("neither waits").waitFor();
  await status(alice, "Shared with 1");
  await picture(alice, "two-people");

  const rewind = alice.getByRole("button", { name: "History", exact: true });
  await rewind.click();
  await alice.getByRole("slider", { name: "Moment" }).waitFor();
  await alice.getByRole("combobox", { name: "Compare with" }).selectOption({ label: "nothing" });
  await picture(alice, "history");
  await alice.getByRole("button", { name: "Who wrote this" }).click();
  await alice.keyboard.press("Control+End");
  await alice.getByText("✓ signature holds").waitFor();
  await picture(alice, "who-wrote");
  await alice.keyboard.press("Escape");

  await alice.getByRole("button", { name: "Who wrote this" }).click();
  await text(alice).click();
  await alice.keyboard.press("Control+End");
  await alice.getByText("✓ signature holds").waitFor();
  await picture(alice, "authors");
  await alice.getByRole("button", { name: "Who wrote this" }).click();
  await foreignFile(browser, server, alice);

  await bob.setViewportSize(PHONE);
  await picture(bob, "phone");
  await alice.emulateMedia({ colorScheme: "dark" });
  await bob.keyboard.type(" ", { delay: 20 });
  await picture(alice, "dark");
  await alice.emulateMedia({ colorScheme: "light" });

  await bob.context().close();
  await server.stop();
  await text(alice).click();
  await alice.keyboard.press("Control+End");
  await alice.keyboard.type("Written on the train.", { delay: 60 });
  await status(alice, "Offline");
  await picture(alice, "offline");
  // The server comes back, and nobody who holds the document is there when Carol follows the link.
  await alice.context().close();
  const again = await serve(server.port);
  try {
    const carol = await person(browser, "Carol");
    await carol.goto(link);
    await status(carol, "Waiting for someone");
    await carol.getByRole("heading", { name: "Not here yet" }).waitFor({ timeout: PATIENCE_MS });
    await picture(carol, "waiting");
  } finally {
    again.stop();
  }
}

/** Dave has nothing but the file that Alice exports. */
async function foreignFile(browser, server, alice) {
  await alice.getByRole("button", { name: "Export" }).click();
  const downloading = alice.waitForEvent("download");
  await alice.getByRole("button", { name: "Signed file" }).click();
  const download = await downloading;
  const buffer = readFileSync(await download.path());
  const dave = await person(browser, "Dave");
  await dave.goto(server.url);
  await text(dave).waitFor();
  await dave
    .locator("input[type=file]")
    .setInputFiles({ name: download.suggestedFilename(), mimeType: "", buffer });
  await dave.getByRole("button", { name: "Make a copy" }).waitFor();
  await dave.getByText("✓ signature holds").waitFor();
  await picture(dave, "foreign-file");
  await dave.context().close();
}

/** A browser profile of its own, whose owner goes by `name`. */
async function person(browser, name) {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(value => localStorage.setItem("chirograph.name", value), name);
  return context.newPage();
}

function text(page) {
  return page.locator(".cm-content");
}

async function status(page, words) {
  await page.getByRole("status").filter({ hasText: words }).waitFor();
}

async function picture(page, name, { hasCaret = false } = {}) {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(REST_MS);
  // A caret blinks, and is there for half a second after it came into the text.
  if (hasCaret) {
    await text(page).blur();
    await text(page).focus();
  }
  // "initial": the caret is half of the picture.
  await page.screenshot({ path: join(FOLDER, `${name}.png`), caret: "initial" });
  console.log(`docs/screenshots/${name}.png`);
}

/** The server as `npm start` runs it, on a free port unless told which. */
function serve(port = 0) {
  const env = { ...process.env, HOST: "127.0.0.1", PORT: String(port) };
  const child = spawn(process.execPath, [join(root, "dist/server/main.js")], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise(resolve => child.once("exit", resolve));
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", chunk => {
      said += chunk;
      const url = /Open (http:\S+)/.exec(said)?.[1];
      if (url) resolve({ url, port: new URL(url).port, stop });
    });
    ended.then(() => reject(new Sentence("The server ended before it said where it listens.")));
  });
}
