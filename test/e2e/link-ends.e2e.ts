// Goal: a link that is to end by itself does, and its end is seen where links are listed. Method: real browsers; Alice's
// links are made by keys alone, and her page is opened again with a clock that stands two days later.

import { expect, it } from "vitest";
import { isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

const DAYS_2_MS = 2 * 24 * 3_600_000;

async function share(person: Person): Promise<void> {
  await person.button("Share").click();
  await person.page.getByRole("textbox", { name: "Link that can edit" }).first().waitFor();
}

/** The address of the link with a label, and what is said about it. */
async function linkOf(person: Person, label: string): Promise<{ address: string; about: string }> {
  const item = person.page.getByRole("listitem").filter({ hasText: label });
  const field = item.getByRole("textbox");
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#");
  return { address: await field.inputValue(), about: (await item.locator(".quiet").textContent())! };
}

/** From the label's field on, by keys: what it lets do, how long, for how many, the button. */
async function makeByKeys(person: Person, label: string, term: string, places: string): Promise<void> {
  await person.page.getByRole("textbox", { name: "Another link, for" }).focus();
  await person.type(label);
  await person.press("Tab", "Tab");
  await person.type(term);
  await person.press("Tab");
  await person.type(places);
  await person.press("Tab", "Enter");
  await linkOf(person, label);
}

it("a link ends with the number of people or the day that was chosen, and says so", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("Ours.");
  await share(alice);
  await makeByKeys(alice, "Bob only", "until", "for 1 p");
  await makeByKeys(alice, "Guests", "for 1 day", "for any");
  const bobs = await linkOf(alice, "Bob only");
  const guests = await linkOf(alice, "Guests");
  expect(bobs.about).toContain("1 of 1 place left");
  expect(guests.about).toMatch(/ · until .*\d/);
  expect(guests.about).not.toContain("place");
  await alice.page.getByRole("combobox", { name: "What it lets people do" }).selectOption("reader");
  expect(await alice.page.getByRole("combobox", { name: "How many may come by it" }).count()).toBe(0);
  await alice.page.getByRole("combobox", { name: "What it lets people do" }).selectOption("editor");
  await isFitEverywhere(alice, "links with ends");

  const bob = await (await stage.person()).open(bobs.address);
  await bob.press("Control+End");
  await bob.type(" And mine.");
  await alice.sees("Ours. And mine.");
  await alice.page.getByText("no place left").waitFor({ timeout: PATIENCE_MS });
  const carol = await stage.person();
  await carol.page.goto(bobs.address);
  await carol.readsStatus("Waiting for someone who has this document");
  const dave = await (await stage.person()).open(guests.address);
  await dave.sees("Ours. And mine.");
  expect(await carol.editor.count()).toBe(0);

  await bob.leave();
  await dave.leave();
  await alice.page.addInitScript(ahead => {
    const now = Date.now;
    Date.now = () => now() + ahead;
  }, DAYS_2_MS);
  await alice.page.reload();
  await alice.canWrite();
  await share(alice);
  expect((await linkOf(alice, "Guests")).about).toContain(" · ended ");
  const erin = await stage.person();
  await erin.page.goto(guests.address);
  await erin.readsStatus("Waiting for someone who has this document");
  // The same page lets somebody in by a link that has no end.
  const usual = await alice.page.getByRole("textbox", { name: "Link that can edit" }).first().inputValue();
  await erin.open(usual);
  await erin.sees("Ours. And mine.");
});
