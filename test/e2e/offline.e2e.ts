// Goal: the network goes and comes back, and nobody loses a letter or is told something untrue. Direct connections
// are cut by losing every packet, the rest by stopping the server; browsers' own "offline" cuts neither.

import { describe, expect, it } from "vitest";
import { PATIENCE_MS, type Person, report, setStage, untilEqual } from "./people.ts";

const stage = setStage({ installs: true });

/** Milliseconds until a link that says nothing is given up, and some. */
const NOTICED_MS = 25_000;
/** Milliseconds in which everything must be together again. */
const MERGED_MS = 10_000;

/** As a browser says it when the cable is back. */
async function wakeUp(person: Person): Promise<void> {
  await person.page.evaluate(() => void dispatchEvent(new Event("online")));
}

describe("without a network", () => {
  it("both go on typing, are told how many edits wait, reload, and have everything ten seconds after it is back", {
    timeout: 120_000,
  }, async () => {
    const [alice, bob] = await stage.pair("Together. ", { isCuttable: true });
    await alice.readsStatus("Shared with 1");
    await bob.type("x");
    await bob.press("Backspace");
    await bob.isSharedWith(1);

    await Promise.all([alice.cut(), bob.cut()]);
    await stage.stopServer();
    await alice.press("Control+End");
    await alice.type("Alice alone. ");
    await alice.readsStatus(/^Offline, \d+ edits? waiting/, NOTICED_MS);
    await bob.readsStatus("Offline, everything is shared", NOTICED_MS);
    await bob.putCaret(0);
    await bob.type("Bob");
    await bob.readsStatus(/^Offline, \d+ edits? waiting/);
    expect(await alice.text()).toBe("Together. Alice alone. ");
    expect(await bob.text()).toBe("BobTogether. ");

    // The number tells the truth: it grows by one with one edit.
    const before = await waiting(bob);
    await bob.type(" ");
    await expect.poll(() => waiting(bob), { timeout: PATIENCE_MS }).toBe(before + 1);

    // The page itself comes from the service worker.
    await bob.isStored();
    await bob.page.reload();
    await bob.canWrite();
    await bob.sees("Bob Together. ");
    await bob.readsStatus(`Offline, ${before + 1} edits waiting`);
    await bob.putCaret(4);
    await bob.type("here. ");

    await Promise.all([alice.mend(), bob.mend()]);
    await stage.startServer();
    const backAt = performance.now();
    await Promise.all([wakeUp(alice), wakeUp(bob)]);
    expect(await untilEqual([alice, bob], MERGED_MS)).toBe("Bob here. Together. Alice alone. ");
    report("network back to equal texts", `${((performance.now() - backAt) / 1000).toFixed(1)} s`);
    for (const person of [alice, bob]) await person.readsStatus("Shared with 1");
  });

  it("a new document can be begun, and shared when the network is back", async () => {
    const alice = await (await stage.person()).open();
    await alice.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await stage.stopServer();
    await alice.page.goto("about:blank");
    await alice.open(stage.url);
    await alice.type("Begun on a train");
    await alice.isStored();
    const link = await alice.share();
    await alice.readsStatus("Saved on this device");
    await stage.startServer();
    await wakeUp(alice);
    const bob = await stage.person();
    await bob.open(link);
    await bob.sees("Begun on a train");
  });
});

describe("without the others", () => {
  it("who stays is told that nobody else is here, and is not told to be offline", async () => {
    const [alice, bob] = await stage.pair("Hello. ");
    await bob.press("Control+End");
    await bob.type("Hi.");
    await alice.sees("Hello. Hi.");
    await alice.isSharedWith(1);
    await bob.leave();
    await alice.readsStatus("Nobody else is here, everything is shared");
    await alice.press("Control+End");
    await alice.type(" Bye.");
    await alice.readsStatus(/^Nobody else is here, \d+ edits? waiting/);
    await stage.stopServer();
    await alice.readsStatus(/^Offline, \d+ edits? waiting/);
  });
});

describe("without the server", () => {
  it("two who are connected go on as if nothing had happened", async () => {
    const [alice, bob] = await stage.pair("");
    await expect.poll(() => bob.people.nth(1).textContent(), { timeout: PATIENCE_MS }).toMatch(/, here$/);
    await stage.stopServer();
    await alice.type("Do you read me? ");
    await bob.sees("Do you read me? ");
    await bob.press("Control+End");
    await bob.type("Yes.");
    await alice.sees("Do you read me? Yes.");
    for (const person of [alice, bob]) await person.readsStatus("Shared with 1");
  });

  it("people find each other again within ten seconds of its return, without any event", {
    timeout: 90_000,
  }, async () => {
    const [alice, bob] = await stage.pair("Before. ", { isCuttable: true });
    await Promise.all([alice.cut(), bob.cut()]);
    await stage.stopServer();
    for (const person of [alice, bob]) await person.readsStatus(/^Offline/, NOTICED_MS);
    await alice.press("Control+End");
    await alice.type("Meanwhile.");
    // Long enough that attempts to reach the server are as rare as they become.
    await alice.page.waitForTimeout(8_000);
    await Promise.all([alice.mend(), bob.mend()]);
    await stage.startServer();
    const backAt = performance.now();
    expect(await untilEqual([alice, bob], MERGED_MS)).toBe("Before. Meanwhile.");
    report("server back to equal texts, no event", `${((performance.now() - backAt) / 1000).toFixed(1)} s`);
  });
});

async function waiting(person: Person): Promise<number> {
  const words = (await person.status.textContent()) ?? "";
  return Number(/(\d+) edits? waiting/.exec(words)?.[1] ?? Number.NaN);
}

describe("without the server, where the app is not installed", () => {
  const missing = ({ page }: Person) => page.getByText(/This part of the page could not be loaded/);

  it("what cannot be fetched says so beside the text, and comes when the server is back", async () => {
    const alice = await (await stage.person({ installs: false })).open();
    await alice.type("Important");
    await alice.isStored();
    await stage.stopServer();
    await alice.button("Export").click();
    await missing(alice).waitFor({ timeout: PATIENCE_MS });
    await alice.press("Escape");
    await alice.button("History").click();
    await missing(alice).waitFor({ timeout: PATIENCE_MS });
    await alice.button("History").click();
    await alice.sees("Important");
    await alice.button("Share").click();
    const dialog = alice.page.getByRole("dialog", { name: "Share" });
    await dialog.getByText(/the text itself is safe/).waitFor({ timeout: PATIENCE_MS });

    await stage.startServer();
    await alice.shownLink();
    const about = dialog.locator(".share-about").first();
    expect(await about.evaluate(element => getComputedStyle(element).display), "is styled").toBe("flex");
    await alice.press("Escape");
    await alice.button("History").click();
    await alice.page.getByRole("slider", { name: "Moment" }).waitFor({ timeout: PATIENCE_MS });
    await alice.press("Escape");
    await alice.button("Export").click();
    await alice.page.getByRole("button", { name: /^Signed file/ }).waitFor({ timeout: PATIENCE_MS });
  });

  it("who may only read from now on keeps the page, and is told why when that can be fetched", async () => {
    const [alice, bob] = await stage.pair("Hello. ", { installs: false });
    await bob.press("Control+End");
    await bob.type("Hi.");
    await alice.sees("Hello. Hi.");
    await alice.button("Who is here").click();
    const role = alice.page.getByRole("combobox", { name: /may do/ });
    await role.waitFor();
    await stage.stopServer();
    await role.selectOption("reader");
    await missing(bob).waitFor({ timeout: PATIENCE_MS });
    await bob.sees("Hello. Hi.");
    await stage.startServer();
    await bob.page.getByText("You can read this document.").waitFor({ timeout: PATIENCE_MS });
  });
});
