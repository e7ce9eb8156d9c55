// Goal: one looks back by pointer and by keys alone, sees who wrote what and when, and brings a version back, while
// others go on writing. Method: two people in one document; a recorded paper, or a made-up one, for the pace.

import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { docOf } from "../../src/crdt/index.ts";
import { BODY_PATH } from "../../src/sync/text.ts";
import { isFitEverywhere } from "./fit.ts";
import { store, written } from "./long/written.ts";
import { median, PATIENCE_MS, type Person, type PersonOptions, report, setStage } from "./people.ts";

const stage = setStage();
/** Of a paper; all 259,778 of them take a minute to be stored. */
const EDITS = Number(process.env.EDITS ?? 6_000);

const slider = ({ page }: Person): Locator => page.getByRole("slider", { name: "Moment" });
const entries = ({ page }: Person): Locator =>
  page.getByRole("list", { name: "Versions" }).getByRole("button");
const past = ({ page }: Person): Locator => page.getByRole("textbox", { name: "The text as it was" });
const comparison = ({ page }: Person): Locator => page.getByRole("combobox", { name: "Compare with" });

/** What stands in the text as it was, without what is shown of what went. */
function pastText(person: Person): Promise<string> {
  return past(person).evaluate(element =>
    (
      element as unknown as { cmTile: { root: { view: { state: { doc: object } } } } }
    ).cmTile.root.view.state.doc.toString(),
  );
}

const inserted = (person: Person): Promise<string[]> => past(person).locator("ins").allTextContents();

/** What the text is compared with, as it is said. */
const compared = (person: Person): Promise<string | undefined> =>
  comparison(person).evaluate(box => (box as HTMLSelectElement).selectedOptions[0]?.text);

async function seesPast(person: Person, text: string): Promise<void> {
  await expect.poll(() => pastText(person), { timeout: PATIENCE_MS }).toBe(text);
}

async function lookBack(person: Person): Promise<void> {
  await person.button("History").click();
  await slider(person).waitFor({ timeout: PATIENCE_MS });
}

/** Alice writes, Bob adds, Alice puts another word: three entries. */
async function story(options: PersonOptions = {}): Promise<readonly [Person, Person]> {
  const [alice, bob] = await stage.pair("A fine day.", options);
  await bob.putCaret(11);
  await bob.type(" Is it not?");
  await alice.sees("A fine day. Is it not?");
  await alice.putCaret(2, 6);
  await alice.type("foul");
  await bob.sees("A foul day. Is it not?");
  await alice.isSharedWith(1);
  await bob.isSharedWith(1);
  return [alice, bob];
}

describe("looking back", () => {
  it("shows every moment, by list and by slider, and what changed in it; Escape leads back", async () => {
    const [alice] = await story();
    await lookBack(alice);
    await expect.poll(() => slider(alice).evaluate(element => element === document.activeElement)).toBe(true);
    expect(await entries(alice).count()).toBe(3);
    await seesPast(alice, "A foul day. Is it not?");
    expect(await past(alice).locator("ins").allTextContents()).toEqual(["foul"]);
    expect(await past(alice).locator("del").allTextContents()).toEqual(["fine"]);
    await entries(alice).nth(1).click();
    await seesPast(alice, "A fine day. Is it not?");
    expect(await past(alice).locator("ins").allTextContents()).toEqual([" Is it not?"]);
    // The colour of a person is the one of their caret: another one for each of these two.
    await comparison(alice).selectOption({ label: "nothing" });
    const hues = await past(alice)
      .locator("ins")
      .evaluateAll(all => all.map(each => getComputedStyle(each).getPropertyValue("--hue")));
    expect(new Set(hues).size).toBe(2);
    // By keys: to the beginning, and on until Bob's part comes.
    await slider(alice).focus();
    await alice.press("Home");
    await seesPast(alice, "");
    expect(await slider(alice).getAttribute("aria-valuetext")).toBe("Before anything was written");
    await alice.press("End");
    await seesPast(alice, "A foul day. Is it not?");
    expect(await slider(alice).getAttribute("aria-valuetext")).toMatch(/^Now: .+, \d\d:\d\d$/);
    await alice.press("ArrowLeft");
    await expect.poll(() => pastText(alice)).not.toBe("A foul day. Is it not?");
    await alice.press("Escape");
    await slider(alice).waitFor({ state: "detached" });
    await expect
      .poll(() => alice.page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toBe("History");
    await alice.sees("A foul day. Is it not?");
  });

  it("is gone at once by Escape: who goes on in the text at that moment stays there", async () => {
    const [alice] = await story();
    await lookBack(alice);
    const where = await alice.page.evaluate(async () => {
      const key = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
      document.activeElement!.dispatchEvent(key);
      document.querySelector<HTMLElement>(".cm-content")!.focus();
      const frame = (): Promise<unknown> => new Promise(resolve => requestAnimationFrame(resolve));
      await frame();
      await frame();
      return document.activeElement!.getAttribute("aria-label");
    });
    expect(where).toBe("Untitled");
  });

  it("is given up by Escape while it is still being fetched", async () => {
    const [alice] = await stage.pair("A fine day.");
    let arrives: () => void = () => undefined;
    const arrival = new Promise<void>(resolve => {
      arrives = resolve;
    });
    await alice.page.route(/history-page.*\.js$/, async route => {
      await arrival;
      await route.continue();
    });
    const opening = alice.page.getByText("Opening the history…");
    await alice.button("History").press("Enter");
    await opening.waitFor({ timeout: PATIENCE_MS });
    await alice.press("Escape");
    await opening.waitFor({ state: "detached", timeout: PATIENCE_MS });
    await alice.sees("A fine day.");
    arrives();
    await alice.putCaret(11);
    await alice.type(" Is it not?");
    await alice.sees("A fine day. Is it not?");
    await lookBack(alice);
    await seesPast(alice, "A fine day. Is it not?");
  });

  it("compares any two versions", async () => {
    const [alice] = await story();
    await lookBack(alice);
    await entries(alice).nth(2).click();
    await comparison(alice).selectOption({ label: "the text as it is now" });
    await seesPast(alice, "A fine day.");
    expect(await past(alice).locator("del").allTextContents()).toEqual(["foul", " Is it not?"]);
    expect(await past(alice).locator("ins").allTextContents()).toEqual(["fine"]);
    const first = await comparison(alice).locator("option").last().getAttribute("value");
    await entries(alice).nth(0).click();
    await comparison(alice).selectOption(first);
    await expect.poll(() => past(alice).locator("ins").allTextContents()).toEqual(["foul", " Is it not?"]);
    expect(await past(alice).locator("del").allTextContents()).toEqual(["fine"]);
  });

  it("compares with the version that was chosen, whatever others name", async () => {
    const [alice, bob] = await story();
    const name = async (person: Person, entry: number, called: string) => {
      await entries(person).nth(entry).click();
      await person.button("Name this version").click();
      await person.page.getByRole("textbox", { name: "Name of this version" }).fill(called);
      await person.press("Enter");
      await entries(alice).filter({ hasText: called }).waitFor({ timeout: PATIENCE_MS });
    };
    await lookBack(alice);
    await name(alice, 2, "Chosen");
    await slider(alice).press("End");
    await comparison(alice).selectOption({ label: "Chosen" });
    await expect.poll(() => inserted(alice)).toEqual(["foul", " Is it not?"]);
    await lookBack(bob);
    // In the list some of these come before the chosen one, some behind it.
    for (const [entry, called] of ["Foul", "Not fine", "Asked"].entries()) await name(bob, entry, called);
    expect([await compared(alice), await inserted(alice)]).toEqual(["Chosen", ["foul", " Is it not?"]]);
  });

  it("says what it compares with, also when the author of that typed on", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("A fine day.");
    await alice.isStored();
    await lookBack(alice);
    await comparison(alice).selectOption({ index: 3 });
    await expect.poll(() => inserted(alice)).toEqual([]);
    const words = await compared(alice);
    const tab = await (await alice.secondTab()).open(alice.page.url());
    await tab.press("Control+End");
    await tab.type(" Is it not?");
    await expect.poll(() => inserted(alice), { timeout: PATIENCE_MS }).toEqual([" Is it not?"]);
    expect(await compared(alice)).toBe(words);
  });

  it("shows a line in its own direction", async () => {
    const alice = await (await stage.person()).open();
    await alice.page.keyboard.insertText("שלום עולם.\nHello.");
    await alice.isStored();
    await lookBack(alice);
    const directions = () =>
      past(alice)
        .locator(".cm-line")
        .evaluateAll(all => all.map(each => getComputedStyle(each).direction));
    await expect.poll(directions).toEqual(["rtl", "ltr"]);
  });

  it("brings a version back as a new edit, which both see and nobody loses anything by", async () => {
    const [alice, bob] = await story();
    await lookBack(alice);
    expect(await alice.button("Restore this version").isDisabled()).toBe(true);
    await entries(alice).nth(2).click();
    await seesPast(alice, "A fine day.");
    await alice.button("Restore this version").click();
    await alice.sees("A fine day.");
    await bob.sees("A fine day.");
    await expect.poll(() => alice.isInText()).toBe(true);
    await alice.putCaret(0);
    await alice.type("So: ");
    await bob.sees("So: A fine day.");
    // What was there before stands in the history.
    await lookBack(bob);
    await entries(bob).nth(1).click();
    await seesPast(bob, "A fine day. Is it not?");
  });

  it("brings the title back with the text, and undo takes back both", async () => {
    const alice = await (await stage.person()).open();
    await alice.title.fill("Draft");
    await alice.press("Enter");
    await alice.type("One.");
    await alice.isStored();
    await alice.title.fill("Final");
    await alice.press("Enter");
    await alice.press("Control+End");
    await alice.type(" Two.");
    await alice.isStored();
    await lookBack(alice);
    await slider(alice).press("Home");
    for (let i = 0; i < 20 && (await pastText(alice)) !== "One."; i++)
      await slider(alice).press("ArrowRight");
    await seesPast(alice, "One.");
    await alice.page.getByRole("heading", { name: "Draft, as it was" }).waitFor();
    await alice.page.getByText("Its title was Draft.").waitFor();
    await alice.button("Restore this version").click();
    await alice.sees("One.");
    await expect.poll(() => alice.title.inputValue()).toBe("Draft");
    await alice.press("Control+z");
    await alice.sees("One. Two.");
    await expect.poll(() => alice.title.inputValue()).toBe("Final");
  });

  it("takes in what others write meanwhile, and stays where one looks", async () => {
    const [alice, bob] = await story();
    await lookBack(alice);
    await entries(alice).nth(1).click();
    await seesPast(alice, "A fine day. Is it not?");
    await bob.putCaret(22);
    await bob.type(" Yes.");
    await expect.poll(() => entries(alice).count(), { timeout: PATIENCE_MS }).toBe(4);
    await seesPast(alice, "A fine day. Is it not?");
    await slider(alice).press("End");
    await seesPast(alice, "A foul day. Is it not? Yes.");
    await alice.press("Escape");
    await alice.sees("A foul day. Is it not? Yes.");
  });

  it("stays at the version one looks at when others' older edits arrive, and brings that one back", async () => {
    const [alice, bob] = await stage.pair("A fine day.", { isCuttable: true });
    await bob.putCaret(11);
    await bob.type(" Is it not?");
    await alice.sees("A fine day. Is it not?");
    await bob.cut();
    await bob.page.context().setOffline(true);
    // These go on with Bob's last ones, and so come before what Alice writes.
    await bob.type(" Yes.");
    await alice.putCaret(2, 6);
    await alice.page.keyboard.insertText("foul");
    await alice.isStored();
    await alice.putCaret(0);
    await alice.page.keyboard.insertText("Well: ");
    await alice.isStored();
    await lookBack(alice);
    await slider(alice).press("ArrowLeft");
    await seesPast(alice, "A foul day. Is it not?");
    const max = await slider(alice).getAttribute("max");
    await bob.page.context().setOffline(false);
    await bob.mend();
    await expect.poll(() => slider(alice).getAttribute("max"), { timeout: 2 * PATIENCE_MS }).not.toBe(max);
    await seesPast(alice, "A foul day. Is it not?");
    // Nothing of Bob's was there before either.
    expect(await past(alice).locator("del").allTextContents()).toEqual(["fine"]);
    await alice.button("Restore this version").click();
    await alice.sees("A foul day. Is it not?");
  });

  it("of a blank document notices that somebody writes", async () => {
    const [alice, bob] = await stage.pair("");
    await alice.button("History").click();
    await alice.page.getByText("Nothing was written here yet.").waitFor({ timeout: PATIENCE_MS });
    await bob.type("Hello");
    await seesPast(alice, "Hello");
  });

  it("keeps names of versions in the document, for everybody and for a reload", async () => {
    const [alice, bob] = await story();
    await lookBack(alice);
    await entries(alice).nth(2).click();
    await alice.button("Name this version").press("Enter");
    await alice.page.getByRole("textbox", { name: "Name of this version" }).fill("First draft");
    await alice.press("Enter");
    await entries(alice).filter({ hasText: "First draft" }).waitFor();
    expect(await slider(alice).getAttribute("aria-valuetext")).toMatch(/^First draft: /);
    await lookBack(bob);
    await entries(bob).filter({ hasText: "First draft" }).click({ timeout: PATIENCE_MS });
    await seesPast(bob, "A fine day.");
    await comparison(bob).selectOption({ label: "First draft" });
    // A name is no entry: nothing of the text changed by it.
    expect(await entries(bob).count()).toBe(4);
    await bob.isStored();
    await bob.page.reload();
    await bob.canWrite();
    await lookBack(bob);
    await entries(bob)
      .filter({ hasText: /First draft.*named by/ })
      .waitFor();
  });

  it("tells who wrote a letter, when, and that the signature holds, by keys and by pointer", async () => {
    const [alice] = await story();
    const listed = (await alice.page.getByRole("list", { name: "People" }).textContent()) ?? "";
    await lookBack(alice);
    await alice.button("Who wrote this").press("Enter");
    await expect.poll(() => past(alice).evaluate(element => element === document.activeElement)).toBe(true);
    const answer = alice.page.locator("[aria-live=polite]", { hasText: "signature" });
    const holds = /^(.+), \d\d:\d\d✓ signature holds$/;
    const says = async () => holds.exec((await answer.textContent()) ?? "")?.[1] ?? null;
    await expect.poll(says, { timeout: PATIENCE_MS }).not.toBeNull();
    const me = (await says())!;
    await alice.press("Control+End");
    await expect.poll(async () => ![null, me].includes(await says()), { timeout: PATIENCE_MS }).toBe(true);
    const byBob = (await says())!;
    for (const name of [me, byBob]) expect(listed).toContain(name);
    await alice.press("Control+Home");
    await expect.poll(says, { timeout: PATIENCE_MS }).toBe(me);
    await past(alice).getByText("Is it not?").hover();
    await expect.poll(says, { timeout: PATIENCE_MS }).toBe(byBob);
    const tints = await past(alice)
      .locator(".author-tint")
      .evaluateAll(all => all.map(each => getComputedStyle(each).getPropertyValue("--hue")));
    expect(new Set(tints).size).toBe(2);
    // Nothing is written here: keys only move.
    await alice.type("x");
    await seesPast(alice, "A foul day. Is it not?");
  });

  it("is fit for assistive technology", async () => {
    const [alice] = await story();
    await lookBack(alice);
    await isFitEverywhere(alice, "history");
    await alice.button("Who wrote this").click();
    await alice.page.getByText("✓ signature holds").waitFor();
    await alice.button("Name this version").click();
    await isFitEverywhere(alice, "who wrote this, naming");
  });
});

describe("a long history", () => {
  it("is scrubbed without a stall", { timeout: 600_000 }, async () => {
    const replica = await written(EDITS);
    const alice = await (await stage.person()).open();
    await store(alice, replica);
    await alice.page.goto(`${stage.url}#${replica.doc}`);
    await alice.page.reload();
    await alice.page.locator(".cm-content").waitFor({ timeout: 120_000 });
    await expect
      .poll(() => alice.text(), { timeout: 120_000 })
      .toBe(JSON.parse(replica.canonicalJson()).body);
    await alice.page.evaluate(() => {
      const stalls: number[] = [];
      Object.assign(window, { stalls });
      new PerformanceObserver(list => {
        for (const { duration } of list.getEntries()) stalls.push(Math.round(duration));
      }).observe({ type: "longtask" });
    });
    const longest = () =>
      alice.page.evaluate(() => Math.max(0, ...(window as unknown as { stalls: number[] }).stalls.splice(0)));
    const startMs = performance.now();
    await alice.button("History").click();
    await slider(alice).waitFor({ timeout: 120_000 });
    const openMs = Math.round(performance.now() - startMs);
    report(`history of ${EDITS} edits`, `opened in ${openMs} ms, longest task ${await longest()} ms`);
    // From anywhere to anywhere, until the text stands there.
    const took = await slider(alice).evaluate(async element => {
      const input = element as HTMLInputElement;
      const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!;
      const times: number[] = [];
      for (const part of [0.5, 0.1, 0.9, 0.2, 0.21, 0.22, 0.23, 0.8, 0.4, 0.41, 0.42, 1, 0.05, 0.6]) {
        const start = performance.now();
        put.call(input, String(Math.round(Number(input.max) * part)));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
        times.push(Math.round(performance.now() - start));
      }
      return times;
    });
    const most = Math.max(...took);
    report(
      "a move of the slider to the next frame",
      `median ${median(took)} ms, most ${most} ms, longest task ${await longest()} ms`,
    );
    await slider(alice).press("End");
    await seesPast(alice, JSON.parse(replica.canonicalJson()).body);
    // However many there are, a key goes to the change before.
    const last = [...replica.changes()].at(-1)!;
    await slider(alice).press("ArrowLeft");
    await seesPast(alice, docOf(replica).history.text(last.change.parents, BODY_PATH));
    await slider(alice).press("End");
    await alice.button("Who wrote this").click();
    await alice.page.getByText(/signature (holds|does not hold)/).waitFor({ timeout: PATIENCE_MS });
    report("who wrote this", `longest task ${await longest()} ms`);
  });
});
