// Goal: undo takes back what I wrote, all of it and nothing else, however it is asked for, before and after a reload and in
// every tab; and it shows me where.

import { expect, it } from "vitest";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage();

/** Longer than the pause that ends a step. */
const PAUSE_MS = 700;

async function pause(person: Person): Promise<void> {
  await person.page.waitForTimeout(PAUSE_MS);
}

/** Undoes step by step until a text shows: a page that stood still between two keys made two steps of one word. Answers how many. */
async function undoUntil(person: Person, text: string): Promise<number> {
  for (let steps = 1; ; steps++) {
    const before = await person.text();
    await person.press("Control+z");
    await expect.poll(() => person.text(), { timeout: PATIENCE_MS }).not.toBe(before);
    if ((await person.text()) === text) return steps;
    expect(steps).toBeLessThan(10);
  }
}

/** As a phone's keyboard, or the menu of a browser, asks for it. Answers whether the page took care of it. */
function beforeInput(person: Person, inputType: string): Promise<boolean> {
  return person.editor.evaluate(
    (element, type) =>
      !element.dispatchEvent(
        new InputEvent("beforeinput", { inputType: type, bubbles: true, cancelable: true }),
      ),
    inputType,
  );
}

function caret(person: Person): Promise<number> {
  return person.editor.evaluate(element => {
    const { view } = (
      element as unknown as {
        cmTile: { root: { view: { state: { selection: { main: { head: number } } } } } };
      }
    ).cmTile.root;
    return view.state.selection.main.head;
  });
}

it("undo and redo by keys, by what phones send and by buttons, which say whether there is anything", async () => {
  const alice = await (await stage.person()).open();
  await expect.poll(() => alice.button("Undo").isDisabled()).toBe(true);
  await alice.type("one");
  await pause(alice);
  await alice.type(" two");
  await pause(alice);
  await alice.type(" three");
  await alice.press("Control+z");
  await alice.sees("one two");
  await alice.press("Control+z");
  await alice.sees("one");
  await alice.press("Control+Shift+z");
  await alice.sees("one two");
  await alice.press("Control+y");
  await alice.sees("one two three");
  await alice.press("Control+z", "Control+Shift+Z");
  await alice.sees("one two three");
  expect(await beforeInput(alice, "historyUndo")).toBe(true);
  await alice.sees("one two");
  expect(await beforeInput(alice, "historyRedo")).toBe(true);
  await alice.sees("one two three");
  expect(await alice.button("Redo").isDisabled()).toBe(true);
  for (const text of ["one two", "one", ""]) {
    await alice.button("Undo").click();
    await alice.sees(text);
  }
  expect(await alice.isInText()).toBe(true);
  await expect.poll(() => alice.button("Undo").isDisabled()).toBe(true);
  // Nothing is left, and the browser's own undo is not asked.
  await alice.press("Control+z");
  await alice.button("Redo").click();
  await alice.sees("one");
  // The keyboard stays on the button, also where that was the last step.
  await alice.button("Undo").press("Enter");
  await alice.sees("");
  expect(await alice.page.evaluate(() => document.activeElement!.getAttribute("aria-label"))).toBe("Undo");
  await alice.button("Redo").press("Enter");
  await alice.sees("one");
  await alice.putCaret(3);
  // What is written now is all there is to be undone, and nothing to be brought back.
  await alice.type("!");
  await expect.poll(() => alice.button("Redo").isDisabled()).toBe(true);
  await alice.press("Control+y");
  await alice.sees("one!");
  // Over the past nobody undoes what is not seen.
  await alice.isStored();
  await alice.button("History").click();
  await alice.page.getByRole("slider", { name: "Moment" }).press("Home");
  expect(await alice.button("Undo").count()).toBe(0);
  await alice.press("Control+z");
  await alice.page.getByRole("textbox", { name: "The text as it was" }).focus();
  await alice.press("Control+z", "Escape");
  await alice.sees("one!");
  expect(await alice.button("Undo").isEnabled()).toBe(true);
});

it("each of two people who type at once undoes only what is their own, and both see it", async () => {
  const [alice, bob] = await stage.pair("Start.");
  await alice.putCaret(6);
  await bob.putCaret(0);
  await Promise.all([alice.type(" Alice was here", 20), bob.type("Bob too. ", 30)]);
  const both = await untilEqual([alice, bob]);
  expect(both).toBe("Bob too. Start. Alice was here");
  await bob.putCaret(both.indexOf("was"));
  await bob.type("really ", 10);
  await untilEqual([alice, bob]);
  const steps = await undoUntil(alice, "Bob too. Start.really ");
  await bob.sees("Bob too. Start.really ");
  await undoUntil(bob, "Bob too. Start.");
  await alice.sees("Bob too. Start.");
  for (let i = 0; i < steps; i++) await alice.press("Control+Shift+z");
  await Promise.all([alice.sees(both), bob.sees(both)]);
  await undoUntil(bob, "Start. Alice was here");
  await alice.sees("Start. Alice was here");
  await alice.isSharedWith(1);
});

it("what was written before a reload can be undone after it, and redone; a title is left alone", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("first line\nsecond line");
  await alice.title.fill("Diary");
  await alice.press("Enter");
  await alice.putCaret(22);
  await alice.press(..."second line".split("").map(() => "Backspace"));
  await alice.sees("first line\n");
  await alice.isStored();
  await alice.page.reload();
  await alice.canWrite();
  await alice.press("Control+z");
  await alice.sees("first line\nsecond line");
  await alice.press("Control+z");
  await alice.sees("first line");
  await alice.isStored();
  await alice.page.reload();
  await alice.canWrite();
  await alice.press("Control+Shift+z");
  await alice.sees("first line\nsecond line");
  await alice.press("Control+z", "Control+z");
  await alice.sees("");
  expect(await alice.title.inputValue()).toBe("Diary");
});

it("a paste is undone at once, also one that is many changes, and shows where it was", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("ab");
  await alice.putCaret(1);
  await alice.paste("pasted");
  await alice.type("typed");
  await alice.sees("apastedtypedb");
  await alice.press("Control+z");
  await alice.sees("apastedb");
  await alice.press("Control+z");
  await alice.sees("ab");
  const long = "a line of what is pasted\n".repeat(8_000);
  await alice.putCaret(1);
  await alice.paste(long);
  await expect.poll(async () => (await alice.text()).length, { timeout: PATIENCE_MS }).toBe(long.length + 2);
  await alice.putCaret(0);
  await alice.press("Control+z");
  await alice.sees("ab");
  await alice.press("Control+y");
  await alice.sees(`a${long}b`);
  expect(await caret(alice)).toBe(long.length + 1);
});

it("the caret goes to what changed, which is scrolled into view", async () => {
  const alice = await (await stage.person()).open();
  await alice.paste("line\n".repeat(300));
  await alice.putCaret(0);
  // At once: a page that stood still between two keys would make two steps of it.
  await alice.page.keyboard.insertText("at the top");
  await alice.putCaret(1_510);
  await alice.page.keyboard.press("Control+End");
  const top = alice.page.getByText("at the top");
  await expect.poll(() => top.count()).toBe(0);
  await alice.press("Control+z");
  await expect.poll(() => caret(alice)).toBe(0);
  await alice.press("Control+End");
  await alice.press("Control+y");
  await expect.poll(() => caret(alice)).toBe("at the top".length);
  await top.waitFor();
  const box = await top.boundingBox();
  expect(box!.y).toBeGreaterThan(0);
  expect(box!.y).toBeLessThan(alice.page.viewportSize()!.height);
});

it("in two tabs of one profile either undoes what was written in the other, and their chain does not fork", async () => {
  const left = await (await stage.person()).open();
  await left.type("left");
  await left.isStored();
  const right = await (await left.secondTab()).open(left.page.url());
  await right.sees("left");
  await right.putCaret(4);
  await right.type("\nright");
  await left.sees("left\nright");
  await left.press("Control+z");
  await right.sees("left");
  await right.press("Control+Shift+z");
  await left.sees("left\nright");
  // Both at once: either order is right, and both see the same.
  await Promise.all([left.press("Control+z"), right.press("Control+z")]);
  await untilEqual([left, right]);
  await expect.poll(() => left.text()).toMatch(/^(left)?$/);
  await right.page.reload();
  await right.canWrite();
  await untilEqual([left, right]);
});
