// Goal: one finds what is nowhere on the screen, and replaces it, by keys and without; what others write meanwhile is found
// too, and what was replaced is undone as one. Method: a text much longer than the window; two people in a short one.

import type { Locator } from "playwright-core";
import { expect, it } from "vitest";
import { isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage();

const field = ({ page }: Person, name: "Find" | "Replace"): Locator =>
  page.getByRole("textbox", { name, exact: true });
const count = ({ page }: Person): Locator => page.getByRole("search").locator("[aria-live]");

async function counts(person: Person, words: string): Promise<void> {
  await expect.poll(() => count(person).textContent(), { timeout: PATIENCE_MS }).toBe(words);
}

/** What the browser has selected, and whether it is on the screen. */
function selected({ page }: Person): Promise<readonly [string, boolean]> {
  return page.evaluate(() => {
    const selection = getSelection()!;
    const { top, bottom } = selection.getRangeAt(0).getBoundingClientRect();
    return [selection.toString(), top > 0 && bottom < innerHeight] as const;
  });
}

it("finds by keys what is far below the screen, and gives the keyboard back to the text with it selected", async () => {
  const alice = await stage.person();
  // What finds is slow to come.
  let come: () => void = () => undefined;
  const hasCome = new Promise<void>(resolve => {
    come = resolve;
  });
  await alice.page.route(/after-caret/, async route => {
    await hasCome;
    await route.continue();
  });
  await alice.open();
  const lines = Array.from({ length: 800 }, (_, i) => `Line ${i + 1} of a long text about rain.`);
  await alice.paste(`${lines.join("\n")}\nAnd the Heron.`);
  await alice.putCaret(0);
  await alice.press("Control+f");
  come();
  await field(alice, "Find").waitFor({ timeout: PATIENCE_MS });
  await alice.type("heron");
  await counts(alice, "1 of 1");
  await alice.press("Escape");
  expect(await selected(alice)).toEqual(["Heron", true]);
  expect(await alice.isInText()).toBe(true);
  expect(await field(alice, "Find").count()).toBe(0);

  // From elsewhere on the page, and round the end.
  await alice.title.focus();
  await alice.press("Control+f");
  await alice.type("rain.");
  await counts(alice, "1 of 800");
  await alice.press("Shift+Enter");
  await counts(alice, "800 of 800");
  await alice.press("F3");
  await counts(alice, "1 of 800");
  await alice.press("Enter", "Control+g");
  await counts(alice, "3 of 800");
  await isFitEverywhere(alice, "find");
  await alice.press("Control+f");
  await alice.type("LINE 40");
  await counts(alice, "1 of 11");
  await alice.button("Match case").click();
  await counts(alice, "Not found");
  await alice.button("Close").click();
  expect(await alice.isInText()).toBe(true);

  // A selection is what is looked for; where one only reads, nothing is replaced.
  await alice.putCaret(0, 4);
  await alice.button("Find").click();
  await counts(alice, "1 of 800");
  expect(await field(alice, "Replace").isVisible()).toBe(true);
  await alice.press("Escape");
  await alice.button("History").click();
  await alice.page.getByRole("slider", { name: "Moment" }).waitFor({ timeout: PATIENCE_MS });
  await alice.press("Control+f");
  await alice.type("heron");
  await counts(alice, "1 of 1");
  expect(await field(alice, "Replace").isVisible()).toBe(false);
  await alice.press("Escape", "Escape");

  // In prose a key for italics selects no paragraph.
  await alice.putCaret(5);
  await alice.press("Control+i");
  await alice.type("!");
  expect((await alice.text()).slice(0, 12)).toBe("Line !1 of a");
});

it("replaces one and all while another goes on typing, and all is undone at once", async () => {
  const [alice, bob] = await stage.pair("A cat and a Cat. ");
  await bob.press("Control+End");
  const typing = bob.type("Bob saw cats. ".repeat(4), 60);
  await alice.putCaret(0);
  await alice.press("Control+f");
  await alice.type("cat");
  await alice.press("Tab", "Tab", "Tab", "Tab", "Tab");
  expect(await field(alice, "Replace").evaluate(element => element === document.activeElement)).toBe(true);
  await alice.type("heron");
  await alice.press("Enter");
  await expect.poll(() => alice.text(), { timeout: PATIENCE_MS }).toMatch(/^A heron and a Cat\./);
  await typing;
  const before = await untilEqual([alice, bob]);
  expect(before).toBe(`A heron and a Cat. ${"Bob saw cats. ".repeat(4)}`);
  await counts(alice, "1 of 5");

  const more = bob.type("One more. ", 60);
  await alice.button("Replace all").click();
  await counts(alice, "5 replaced");
  await more;
  await bob.sees(`A heron and a heron. ${"Bob saw herons. ".repeat(4)}One more. `);
  await bob.type("Cat!");
  await counts(alice, "1 found");
  await alice.press("Escape");
  expect(await alice.isInText()).toBe(true);
  await alice.press("Control+z");
  await bob.sees(`${before}One more. Cat!`);
  await alice.sees(`${before}One more. Cat!`);
});
