// Goal: /doctor says that a right set-up is right, and names each fault of a wrong one. Method: real Chromium through a
// proxy that is broken in one way at a time.

import { expect, it } from "vitest";
import { isFit } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";
import { type Faults, startProxy } from "./proxy.ts";

const stage = setStage({ installs: true });

/** By its title, what each check found; all but the one that takes a minute. */
async function examine(person: Person, url: string): Promise<Record<string, string>> {
  await person.page.goto(`${url}doctor`);
  await person.page.locator("body[data-state]").waitFor({ timeout: PATIENCE_MS });
  return await person.page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll<HTMLElement>("li[data-verdict]")].map(item => [
        item.querySelector("h2")?.textContent ?? "",
        `${item.dataset.verdict}: ${item.querySelector("p")?.textContent}`,
      ]),
    ),
  );
}

it("finds nothing wrong with what npm start serves, and is fit for assistive technology", async () => {
  const alice = await stage.person();
  const found = await examine(alice, stage.url);
  expect(Object.keys(found)).toHaveLength(10);
  for (const [title, finding] of Object.entries(found)) expect(finding, title).toMatch(/^good: /);
  expect(await alice.status.textContent()).toBe("10 checks, none failed; one more takes a minute.");
  await isFit(alice, "doctor");
  // It left nothing behind: no database, no service worker that was not there.
  const left = await alice.page.evaluate(async () => [
    (await indexedDB.databases()).length,
    (await navigator.serviceWorker.getRegistrations()).length,
  ]);
  expect(left).toEqual([0, 0]);
});

it.each<[string, Faults, string, RegExp]>([
  ["passes on no WebSockets", { upgrade: true }, "WebSocket", /^bad: .*pass on Upgrade/],
  ["hides the host", { host: true }, "The proxy", /^bad: .*"inside.example".*pass on the Host header/],
  ["keeps back the policy", { headers: true }, "Headers", /^bad: .*pass on all headers/],
  ["is right, without TRUST_PROXY", {}, "The proxy", /^warning: .*Set TRUST_PROXY=1\.$/],
])("names the fault of a proxy that %s", async (_, faults, title, finding) => {
  const proxy = await startProxy(stage.url, faults);
  // The browser complains about a WebSocket that does not open; so it should.
  stage.wasCut = true;
  const alice = await stage.person();
  const found = await examine(alice, proxy.url);
  expect(found[title]).toMatch(finding);
  proxy.close();
});
