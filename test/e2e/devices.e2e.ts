// Goal: a person takes a further device of theirs in, and a lost one out, by keys alone, and both devices say what happens.
// Method: real browsers, a profile for each device.

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

const rows = (person: Person) => person.page.getByRole("list", { name: "My devices" }).getByRole("listitem");

async function shownWords(person: Person): Promise<string> {
  const words = person.page.locator(".device-words");
  await expect.poll(() => words.textContent(), { timeout: PATIENCE_MS }).toMatch(/^[a-z]+( [a-z]+){3}$/);
  return (await words.textContent())!;
}

it("a phone is added by link, writes as the same person, and is taken out of use from the laptop", async () => {
  const [alice, laptop] = await stage.pair("Ours.");
  await laptop.page.getByRole("button", { name: /edit your name/ }).click();
  await laptop.page.getByRole("textbox", { name: "Your name" }).fill("Bob");
  await laptop.press("Enter");
  await laptop.editor.focus();
  await laptop.press("Control+End");
  await laptop.type(" Laptop.");
  await alice.sees("Ours. Laptop.");

  await openDevices(laptop);
  await expect.poll(() => rows(laptop).count()).toBe(1);
  await laptop.button("Add a device").focus();
  await laptop.press("Enter");
  const field = laptop.page.getByRole("textbox", { name: "Link for your other device" });
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#d.");
  await laptop.page.getByRole("img", { name: /QR code/ }).waitFor();
  const phone = await stage.person();
  await phone.page.goto(await field.inputValue());
  await phone.page.getByRole("heading", { name: "Adding this device" }).waitFor();
  expect(await shownWords(phone)).toBe(await shownWords(laptop));
  // The document is not there before the laptop says yes, and the address keeps no secret.
  expect(await phone.editor.count()).toBe(0);
  expect(phone.page.url()).not.toContain("d.");
  await isFitEverywhere(laptop, "a device asks");
  await isFitEverywhere(phone, "asking");
  await laptop.button("Yes, add it").focus();
  await laptop.press("Enter");
  await laptop.page.getByText("It is one of your devices now").waitFor({ timeout: PATIENCE_MS });
  await expect.poll(() => rows(laptop).count()).toBe(2);
  await phone.canWrite();
  await phone.sees("Ours. Laptop.");
  await phone.press("Control+End");
  await phone.type(" Phone.");
  await alice.sees("Ours. Laptop. Phone.");

  // For Alice it is Bob's.
  await alice.button("Who is here").click();
  const bobs = alice.page.getByRole("list", { name: "Who is here" }).getByRole("listitem");
  await expect.poll(() => bobs.filter({ hasText: /Bob.*device [12] of 2/ }).count()).toBe(2);
  await alice.press("Escape");

  // The junior cannot remove the senior.
  await openDevices(phone);
  await expect.poll(() => rows(phone).count()).toBe(2);
  expect(await phone.page.getByRole("button", { name: /^Remove: / }).count()).toBe(0);
  await phone.press("Escape");
  await laptop.page.getByRole("button", { name: /^Remove: / }).focus();
  await laptop.press("Enter");
  await isFitEverywhere(laptop, "removing a device");
  await laptop.button("Remove this device").focus();
  await laptop.press("Enter");
  await expect.poll(() => rows(laptop).count(), { timeout: PATIENCE_MS }).toBe(1);
  await phone.page
    .getByText(/another device of yours took this one out of use/)
    .waitFor({ timeout: PATIENCE_MS });
  expect(await phone.editor.getAttribute("aria-readonly")).toBe("true");
  expect(await alice.text()).toBe("Ours. Laptop. Phone.");
});

it("a device that is denied gets nothing, and neither does one that comes when the window is closed", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("Mine.");
  await alice.button("Share").click();
  await alice.button("My devices").click();
  await alice.button("Add a device").click();
  const field = alice.page.getByRole("textbox", { name: "Link for your other device" });
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#d.");
  const address = await field.inputValue();
  const mallory = await stage.person();
  await mallory.page.goto(address);
  await shownWords(alice);
  await alice.button("No, it shows others").click();
  await alice.page.getByText("The link is good for nothing any more").waitFor();
  const late = await stage.person();
  await late.page.goto(address);
  await shownWords(late);
  await late.page.waitForTimeout(1_500);
  expect(await alice.button("Yes, add it").count()).toBe(0);
  expect([await mallory.editor.count(), await late.editor.count()]).toEqual([0, 0]);
  // Asking can be given up; then it is a document that nobody here has.
  await late.button("Do not add it").click();
  await late.readsStatus("Waiting for someone who has this document");
  // The device that made the link is told what the link is for.
  await alice.page.goto("about:blank");
  await alice.page.goto(address);
  await alice.page.getByText("This link is for another device of yours").waitFor({ timeout: PATIENCE_MS });
});
