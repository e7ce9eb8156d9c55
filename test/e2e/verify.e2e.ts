// Goal: two people compare words and see the same two rows; a tick stands beside the name from then on, on that device; a new
// device of the person, and another key by the name, are told. Method: real browsers, driven by keys.

import { expect, it } from "vitest";
import { isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

async function callOneself(person: Person, name: string): Promise<void> {
  await person.page.getByRole("button", { name: /edit your name/ }).click();
  await person.page.getByRole("textbox", { name: "Your name" }).fill(name);
  await person.press("Enter");
  await person.editor.focus();
}

async function openPeople(person: Person): Promise<void> {
  await person.button("Who is here").focus();
  await person.press("Enter");
  await person.page.getByRole("list", { name: "Who is here" }).waitFor();
}

const press = async (person: Person, name: string) => {
  await person.button(name).focus();
  await person.press("Enter");
};

const listed = (person: Person, text: string | RegExp) =>
  person.page.getByRole("list", { name: "Who is here" }).getByRole("listitem").filter({ hasText: text });

async function shownWords(person: Person): Promise<readonly string[]> {
  const rows = person.page.locator(".verify-words dd");
  await expect
    .poll(() => rows.last().textContent(), { timeout: PATIENCE_MS })
    .toMatch(/^[a-z]+( [a-z]+){4}$/);
  return rows.allTextContents();
}

it("both see the same words; then a tick, also after a reload, and news of keys that are not those", async () => {
  const [alice, bob, link] = await stage.pair("Ours.");
  await callOneself(alice, "Alice");
  await callOneself(bob, "Bob");
  await bob.press("Control+End");
  await bob.type(" Bob's.");
  await alice.sees("Ours. Bob's.");
  await openPeople(alice);
  await openPeople(bob);
  await press(alice, "Verify: Bob");
  await press(bob, "Verify: Alice");
  const hers = await shownWords(alice);
  const his = await shownWords(bob);
  expect(hers).toEqual(his.toReversed());
  expect(hers[0]).not.toBe(hers[1]);
  await isFitEverywhere(alice, "verifying");
  await press(bob, "They differ");
  await bob.page.getByText(/somebody may be pretending/).waitFor();
  expect(await bob.button("Both are the same").isDisabled()).toBe(true);
  await press(alice, "Both are the same");
  await expect.poll(() => listed(alice, "Bob").textContent()).toContain("✓");
  await isFitEverywhere(alice, "verified");
  await alice.press("Escape");
  await bob.press("Escape");
  await bob.press("Escape");
  expect(await bob.page.getByText("✓").count()).toBe(0);
  await alice.page.reload();
  await alice.canWrite();
  await expect
    .poll(() => alice.people.allTextContents(), { timeout: PATIENCE_MS })
    .toContainEqual(expect.stringMatching(/Bob ✓/));

  // Bob takes in a phone: it writes as he does, and has no tick yet.
  await openPeople(bob);
  await bob.page.getByRole("button", { name: /^My devices/ }).click();
  await bob.button("Add a device").click();
  const field = bob.page.getByRole("textbox", { name: "Link for your other device" });
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#d.");
  const phone = await stage.person();
  await phone.page.goto(await field.inputValue());
  await bob.button("Yes, add it").click({ timeout: PATIENCE_MS });
  await phone.canWrite();
  await alice.readsStatus("Bob has a new device since you verified them. People shows it.");
  await openPeople(alice);
  const news = listed(alice, "a new device, which came after you verified them");
  await news.waitFor({ timeout: PATIENCE_MS });
  await isFitEverywhere(alice, "a new device of somebody verified");
  await news.getByRole("button", { name: /^Verify: / }).focus();
  await alice.press("Enter");
  expect((await shownWords(alice))[1]).toBe(hers[1]);
  await press(alice, "Both are the same");
  await expect.poll(() => listed(alice, "✓").count()).toBe(2);
  await alice.press("Escape");

  // Mallory comes by the link and calls herself as he does, tick and all.
  const mallory = await (await stage.person()).open(link);
  await mallory.sees("Ours. Bob's.");
  await callOneself(mallory, "Bob ✓");
  await mallory.press("Control+End");
  await mallory.type("!");
  await alice.readsStatus(/Somebody is called Bob whose key is not the one that you verified/);
  await openPeople(alice);
  const other = listed(alice, "not the key that you verified by this name");
  await expect.poll(() => other.count(), { timeout: PATIENCE_MS }).toBe(1);
  expect(await other.textContent()).not.toContain("✓");
});
