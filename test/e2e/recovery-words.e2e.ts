// Goal: who lost every device comes back with twelve words from paper, as the same person, and the lost ones are out.
// Method: real browsers, driven by keys; the words are read from the screen as somebody would write them down.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

async function openDevices(person: Person): Promise<void> {
  await person.button("Who is here").focus();
  await person.press("Enter");
  await person.page.getByRole("button", { name: /^My devices/ }).focus();
  await person.press("Enter");
  await person.page.getByRole("dialog", { name: "My devices" }).waitFor();
}

const press = async (person: Person, name: string) => {
  await person.button(name).focus();
  await person.press("Enter");
};

/** Types what stands on the paper into the three fields that are shown; `alter`s each. */
async function answer(
  person: Person,
  words: readonly string[],
  alter = (word: string) => word,
): Promise<void> {
  const labels = await person.page.locator(".device-fields label").allTextContents();
  expect(labels).toHaveLength(3);
  for (const label of labels) {
    const place = Number(/\d+/.exec(label)![0]);
    await person.page
      .getByRole("textbox", { name: `Word ${place}`, exact: true })
      .fill(alter(words[place - 1]!));
  }
  await press(person, "Check");
}

it("an owner who is about to let others in is offered them, until somebody has come", async () => {
  const alice = await stage.person();
  await alice.open();
  await alice.type("Mine so far.");
  await alice.button("Share").click();
  await alice.shownLink();
  await isFitEverywhere(alice, "sharing for the first time");
  await press(alice, "Recovery words");
  await alice.page.getByRole("dialog", { name: "My devices" }).waitFor();
  await alice.button("Make recovery words").waitFor();
  await alice.press("Escape");
  const bob = await (await stage.person()).open(await alice.share());
  await bob.sees("Mine so far.");
  await bob.editor.focus();
  await bob.press("Control+End");
  await bob.type(" And Bob's.");
  await alice.sees("Mine so far. And Bob's.");
  await alice.button("Share").click();
  await alice.shownLink();
  expect(await alice.button("Recovery words").count()).toBe(0);
});

it("words are selected with the pointer, to beside the dialog, without being thrown away", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("x");
  await alice.isStored();
  await alice.button("Share").click();
  await alice.button("My devices").click();
  await alice.button("Make recovery words").click();
  const list = alice.page.locator("ol.device-list");
  await list.waitFor();
  const box = (await list.boundingBox())!;
  await alice.page.mouse.move(box.x + box.width - 60, box.y + box.height - 8);
  await alice.page.mouse.down();
  await alice.page.mouse.move(box.x - 60, box.y + 4, { steps: 5 });
  await alice.page.mouse.up();
  await alice.page.waitForTimeout(300);
  expect(await list.isVisible()).toBe(true);
  await alice.page.mouse.click(box.x - 60, box.y + 4);
  await list.waitFor({ state: "detached" });
});

it("words are shown once, asked for, and make a new device the lost one's person", async () => {
  const [alice, bob, link] = await stage.pair("Ours.");
  await bob.page.getByRole("button", { name: /edit your name/ }).click();
  await bob.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
  await bob.press("Enter");
  await bob.editor.focus();
  await bob.press("Control+End");
  await bob.type(" Bob's.");
  await alice.sees("Ours. Bob's.");
  await openDevices(bob);
  await press(bob, "Make recovery words");
  const list = bob.page.locator(".device-list li");
  await expect.poll(() => list.count(), { timeout: PATIENCE_MS }).toBe(12);
  const words = await list.allTextContents();
  await isFitEverywhere(bob, "recovery words");
  await press(bob, "I have written them down");
  expect(await list.count()).toBe(0);
  await answer(bob, words, word => `${word}s`);
  await bob.page.getByText(/These are not the words that were shown/).waitFor();
  await isFitEverywhere(bob, "recovery words asked for");
  await answer(bob, words);
  await bob.page.getByText(/There are recovery words for you in this document/).waitFor();
  await alice.isSharedWith(1);
  await bob.leave();

  const found = await (await stage.person()).open(link);
  await found.sees("Ours. Bob's.");
  await openDevices(found);
  const field = found.page.getByRole("textbox", { name: /Your recovery words/ });
  await field.fill([...words.slice(0, 11), words[0] === "zoo" ? "zone" : "zoo"].join(" "));
  await press(found, "Enter the words");
  await found.page.getByText(/These (are not recovery words|words belong to nobody)/).waitFor();
  await field.fill(`  ${words.join("  ").toUpperCase()} `);
  await press(found, "Enter the words");
  await found.page.getByText("The words are those of Bob.").waitFor();
  await found.page.getByRole("checkbox", { name: /^Bob · / }).focus();
  await found.press("Space");
  await isFitEverywhere(found, "recovering");
  await press(found, "Make this device mine");
  const rows = found.page.getByRole("list", { name: "My devices" }).getByRole("listitem");
  await expect.poll(() => rows.allTextContents(), { timeout: PATIENCE_MS }).toHaveLength(1);
  expect(await rows.first().textContent()).toContain("this device");
  await found.press("Escape");
  await found.editor.focus();
  await found.press("Control+End");
  await found.type(" Back.");
  await alice.sees("Ours. Bob's. Back.");
  // For Alice it is Bob, who has one device.
  await alice.button("Who is here").click();
  const bobs = alice.page
    .getByRole("list", { name: "Who is here" })
    .getByRole("listitem")
    .filter({ hasText: "Bob" });
  await expect.poll(() => bobs.count(), { timeout: PATIENCE_MS }).toBe(1);
  expect(await bobs.textContent()).toContain("here");
});

it("words and a signed file bring the document back to who lost every device, with nobody else there", async () => {
  const [alice, bob] = await stage.pair("Ours.");
  await openDevices(alice);
  await press(alice, "Make recovery words");
  const list = alice.page.locator(".device-list li");
  await expect.poll(() => list.count(), { timeout: PATIENCE_MS }).toBe(12);
  const words = await list.allTextContents();
  await press(alice, "I have written them down");
  await answer(alice, words);
  await alice.page.getByText(/There are recovery words for you in this document/).waitFor();
  await alice.press("Escape");
  await alice.isStored();
  await alice.button("Export").click();
  const [download] = await Promise.all([
    alice.page.waitForEvent("download"),
    alice.page.getByRole("button", { name: "Signed file" }).click(),
  ]);
  const file = { name: "ours.chirograph", mimeType: "", buffer: await readFile(await download.path()) };
  await alice.leave();
  await bob.leave();

  const anew = await (await stage.person()).open();
  await anew.button("Documents").click();
  const [chooser] = await Promise.all([
    anew.page.waitForEvent("filechooser"),
    anew.page.getByRole("button", { name: "Import…" }).click(),
  ]);
  await chooser.setFiles(file);
  await anew.page.getByText(/You are no member of the document/).waitFor();
  const field = anew.page.getByRole("textbox", { name: /Your recovery words/ });
  await field.fill("no such words");
  await press(anew, "Enter the words");
  await anew.page.getByText(/These are not recovery words/).waitFor();
  await field.fill(words.join(" "));
  await press(anew, "Enter the words");
  await anew.page.getByRole("checkbox").first().focus();
  await anew.press("Space");
  await isFitEverywhere(anew, "coming back by a file");
  await press(anew, "Make this device mine");
  // The page that only shows the file has the same text, and takes no letters.
  await anew.button("Share").waitFor();
  await anew.sees("Ours.");
  await anew.editor.focus();
  await anew.press("Control+End");
  await anew.type(" Back.");
  await anew.isStored();
  await anew.page.reload();
  await anew.sees("Ours. Back.");
  // Still the owner, who shares it anew.
  const carol = await (await stage.person()).open(await anew.share());
  await carol.sees("Ours. Back.");
});
