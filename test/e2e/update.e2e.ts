// Goal: a newer version of the app is offered, never taken: somebody is writing. Method: the server is started again over
// a copy of the build in which one line of the page differs, as after an upgrade.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { APP, PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage({ installs: true });
const newer = mkdtempSync(join(tmpdir(), "chirograph-newer-"));

afterAll(() => rmSync(newer, { recursive: true }));

/** A build that says so in its page, and lists the page under another revision. */
function makeNewer(): void {
  cpSync(APP, newer, { recursive: true });
  const page = join(newer, "index.html");
  writeFileSync(
    page,
    readFileSync(page, "utf8").replace("<head>", '<head><meta name="version" content="newer">'),
  );
  const worker = join(newer, "sw.js");
  const before = readFileSync(worker, "utf8");
  const after = before.replace(/(url:"index.html",revision:")[^"]+/, "$1newer");
  if (after === before) throw new Error("The service worker lists no index.html in the form this test knows");
  writeFileSync(worker, after);
}

function isNewer(person: Person): Promise<boolean> {
  return person.page.evaluate(() => document.querySelector("meta[name=version]") !== null);
}

it("a newer version is offered while somebody writes, and taken with everything there when it is wanted", async () => {
  makeNewer();
  const alice = await (await stage.person()).open();
  await alice.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await alice.page.reload();
  await alice.canWrite();
  await alice.type("In the middle of a");
  const button = alice.button("Reload to update");
  expect(await button.count()).toBe(0);

  await stage.stopServer();
  stage.folder = newer;
  await stage.startServer();
  // What the page does by itself every hour.
  await alice.page.evaluate(() =>
    navigator.serviceWorker
      .getRegistration()
      .then(registration => registration!.update().then(() => undefined)),
  );
  await button.waitFor({ timeout: PATIENCE_MS });
  await alice.type(" sentence.");
  await alice.sees("In the middle of a sentence.");
  expect(await isNewer(alice)).toBe(false);
  expect(await alice.isInText()).toBe(true);

  await button.click();
  await expect.poll(() => isNewer(alice).catch(() => false), { timeout: PATIENCE_MS }).toBe(true);
  await alice.canWrite();
  await alice.sees("In the middle of a sentence.");
  expect(await button.count()).toBe(0);
});
