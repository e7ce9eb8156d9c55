// Goal: who lets people in, gives roles and removes them sees what it does, and so do those whom it concerns. Method: real
// browsers; what is refused, set aside and taken back in is read from the screen.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isFit, isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

async function share(person: Person): Promise<void> {
  await person.button("Share").click();
  await person.page.getByRole("dialog", { name: "Share" }).waitFor();
}

/** What stands in the field of a link, once it does. */
async function linkIn(person: Person, name: string): Promise<string> {
  const field = person.page.getByRole("textbox", { name, exact: true });
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#");
  return field.inputValue();
}

async function shutDialog(person: Person): Promise<void> {
  await person.press("Escape");
  await person.page.getByRole("dialog").waitFor({ state: "detached" });
}

const note = (person: Person) => person.page.getByRole("region", { name: "What you may do here" });

async function isReadOnly(person: Person): Promise<void> {
  await expect.poll(() => person.editor.getAttribute("aria-readonly"), { timeout: PATIENCE_MS }).toBe("true");
}

/** Says who one is, which others see in their panel of people. */
async function introduce(person: Person, name: string): Promise<void> {
  await person.page.getByRole("button", { name: /edit your name/ }).click();
  await person.page.getByRole("textbox", { name: "Your name" }).fill(name);
  await person.press("Enter");
  await person.editor.focus();
}

async function openPeople(person: Person): Promise<void> {
  await person.button("Who is here").click();
  await person.page.getByRole("list", { name: "Who is here" }).waitFor();
}

async function openAside(person: Person): Promise<void> {
  await openPeople(person);
  await person.page.getByRole("button", { name: /^Set aside/ }).click();
  await person.page.getByRole("region", { name: "Set aside" }).waitFor();
}

it("who is removed while typing offline has the words set aside and sees why; one click takes them back in", async () => {
  const [alice, bob] = await stage.pair("Shared text.", { installs: true });
  await introduce(bob, "Bob");
  await bob.press("Control+End");
  await bob.type(" Bob was here.");
  await alice.sees("Shared text. Bob was here.");
  await bob.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  // Bob's page comes back without a network, and he writes on; Alice removes him meanwhile.
  await stage.stopServer();
  await bob.page.goto("about:blank");
  await bob.page.goBack();
  await bob.canWrite();
  await bob.press("Control+End");
  await bob.type(" Unheard of.");
  await bob.isStored();
  await openPeople(alice);
  await alice.button("Remove from the document: Bob").click();
  const dialog = alice.page.getByRole("dialog", { name: "Remove Bob?" });
  await dialog.getByText(/The link by which they came is revoked with it: Link that can edit/).waitFor();
  await dialog.getByText(/Nobody else is here now/).waitFor();
  await dialog.getByRole("button", { name: "Remove from the document" }).click();
  await dialog.waitFor({ state: "detached" });
  await alice.press("Escape");
  expect(await alice.text()).toBe("Shared text. Bob was here.");

  await stage.startServer();
  await alice.page.evaluate(() => dispatchEvent(new Event("online")));
  await bob.page.evaluate(() => dispatchEvent(new Event("online")));
  await bob.sees("Shared text. Bob was here.");
  await note(bob)
    .getByText(/^Your edits are not taken by the others: you were removed from this document\./)
    .waitFor({ timeout: PATIENCE_MS });
  // What nobody takes is on its way to nobody.
  await bob.readsStatus("Saved on this device");
  await isReadOnly(bob);
  await bob.editor.focus();
  await bob.type("More.");
  expect(await bob.text()).toBe("Shared text. Bob was here.");
  const [saved] = await Promise.all([
    bob.page.waitForEvent("download"),
    note(bob).getByRole("button", { name: "Save your words" }).click(),
  ]);
  expect(readFileSync((await saved.path())!, "utf8")).toBe(" Unheard of.\n");

  await alice.readsStatus(/\d edits? by Bob set aside\. People shows them\./);
  await openAside(alice);
  await alice.page.getByText("Bob wrote this without knowing of having been removed.").waitFor();
  await expect.poll(() => alice.page.locator("blockquote").textContent()).toBe(" Unheard of.");
  await isFit(alice, "set aside");
  await alice.button("Take back in").click();
  await alice.page.getByText("Nothing is set aside.").waitFor();
  await alice.press("Escape");
  await alice.sees("Shared text. Bob was here. Unheard of.");
});

it("a link for reading lets read and not type, until it is revoked or the role is raised", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("For many eyes.");
  await share(alice);
  const editing = await linkIn(alice, "Link that can edit");
  const reading = await linkIn(alice, "Link that can only read");
  await shutDialog(alice);

  const carol = await stage.person();
  await carol.page.goto(reading);
  await carol.sees("For many eyes.");
  await isReadOnly(carol);
  await note(carol)
    .getByText(/^You can read this document\./)
    .waitFor();
  await carol.editor.focus();
  await carol.type("Mine!");
  expect(await carol.text()).toBe("For many eyes.");
  expect(await carol.title.getAttribute("readonly")).not.toBe(null);
  await carol.press("Control+f");
  await carol.type("eyes");
  await carol.page.getByRole("search").getByText("1 of 1").waitFor();
  expect(await carol.page.getByRole("textbox", { name: "Replace" }).count()).toBe(0);
  await isFit(carol, "a reader");
  await alice.editor.focus();
  await alice.press("Control+End");
  await alice.type(" And on.");
  await carol.sees("For many eyes. And on.");

  await share(alice);
  await alice.button("Revoke: Link that can only read").click();
  await alice.button("Revoke this link").click();
  await expect
    .poll(() => alice.page.getByRole("textbox", { name: "Link that can only read" }).count())
    .toBe(0);
  await shutDialog(alice);
  await note(carol)
    .getByText(/the link by which you came was revoked/)
    .waitFor({ timeout: PATIENCE_MS });
  await alice.editor.focus();
  await alice.press("Control+End");
  await alice.type(" In private.");
  const dave = await stage.person();
  await dave.page.goto(reading);
  // Alice is online, and must not be said to be away.
  await dave.page
    .getByText("Nobody who is online now lets you in by this link.")
    .waitFor({ timeout: PATIENCE_MS });
  await dave.readsStatus("Waiting for someone who has this document");
  const erin = await (await stage.person()).open(editing);
  await erin.sees("For many eyes. And on. In private.");
  expect(await carol.text()).toBe("For many eyes. And on.");
});

/** "Ours. Yes.", the latter by Bob, who so is a member. */
async function bothWrote(): Promise<readonly [Person, Person]> {
  const [alice, bob] = await stage.pair("Ours.");
  await introduce(bob, "Bob");
  await bob.press("Control+End");
  await bob.type(" Yes.");
  await alice.sees("Ours. Yes.");
  return [alice, bob];
}

it("a role is changed by keys alone, and who may only read from then on sees it at once", async () => {
  const [alice, bob] = await bothWrote();
  await alice.button("Who is here").focus();
  await alice.press("Enter");
  const role = alice.page.getByRole("combobox", { name: "What Bob may do" });
  await role.waitFor();
  expect(await role.inputValue()).toBe("editor");
  await alice.press("Tab");
  expect(await role.evaluate(element => element === document.activeElement)).toBe(true);
  // A letter picks the option that begins with it, as "can only read" does not alone.
  await alice.type("can o");
  await alice.press("Enter");
  await isReadOnly(bob);
  await note(bob)
    .getByText(/^You can read this document\./)
    .waitFor();
  await role.selectOption("editor");
  await expect.poll(() => bob.editor.getAttribute("aria-readonly"), { timeout: PATIENCE_MS }).toBe(null);
  await bob.editor.focus();
  await bob.press("Control+End");
  await bob.type(" Again.");
  await alice.sees("Ours. Yes. Again.");
});

it("a role is come by with the arrow keys without being given, until the one that is meant is asked for", async () => {
  const [alice, bob] = await bothWrote();
  await openPeople(alice);
  const role = alice.page.getByRole("combobox", { name: "What Bob may do" });
  await role.focus();
  await alice.press("ArrowDown");
  const passed = await role.inputValue();
  await alice.press("ArrowDown");
  const meant = await role.inputValue();
  expect(new Set(["editor", passed, meant]).size).toBe(3);
  await alice.page.waitForTimeout(1_500);
  expect(await bob.editor.getAttribute("aria-readonly")).toBe(null);
  expect(await role.evaluate(element => element === document.activeElement)).toBe(true);
  await alice.press("ArrowUp", "Tab", "Enter");
  await isReadOnly(bob);
  expect(await role.evaluate(element => element === document.activeElement)).toBe(true);
  expect(await role.inputValue()).toBe("reader");
});

it("who may only read from now on keeps no name of a version, and undoes nothing", async () => {
  const [alice, bob] = await bothWrote();
  await bob.button("History").click();
  await bob.page.getByRole("slider", { name: "Moment" }).waitFor();
  await bob.button("Name this version").click();
  const name = bob.page.getByRole("textbox", { name: "Name of this version" });
  await name.fill("Mine");
  await openPeople(alice);
  await alice.page.getByRole("combobox", { name: "What Bob may do" }).selectOption("reader");
  await note(bob).waitFor({ timeout: PATIENCE_MS });
  await name.press("Enter");
  const undo = bob.page.getByRole("button", { name: "Undo", exact: true, includeHidden: true });
  expect([await name.inputValue(), await undo.isEnabled()]).toEqual(["Mine", false]);
  await bob.press("Escape");
  await name.waitFor({ state: "detached" });
  expect(await bob.page.getByRole("slider").evaluate(one => one === document.activeElement)).toBe(true);
  await bob.isSharedWith(1);
});

it("assistive technology finds nothing serious: links, roles, the question before a removal", async () => {
  const [alice, bob] = await bothWrote();
  await share(alice);
  await linkIn(alice, "Link that can only read");
  await alice.page.getByRole("textbox", { name: "Another link, for" }).fill("The garden club");
  await alice.page.getByRole("combobox", { name: "What it lets people do" }).selectOption("admin");
  await alice.button("Make link").click();
  await linkIn(alice, "Link that can manage");
  await alice.page.getByText("The garden club").waitFor();
  await alice.button("QR code").last().click();
  await alice.page.getByRole("img", { name: "QR code of the link that can manage" }).waitFor();
  await alice.button("Revoke: The garden club").click();
  await isFitEverywhere(alice, "links");
  await shutDialog(alice);
  await openPeople(alice);
  await alice.page.getByRole("combobox", { name: "What Bob may do" }).waitFor();
  await isFitEverywhere(alice, "people");
  await alice.button("Remove from the document: Bob").click();
  await alice.page.getByRole("dialog", { name: "Remove Bob?" }).waitFor();
  await isFitEverywhere(alice, "removal");
  await alice.page.getByRole("checkbox", { name: /The garden club/ }).check();
  await alice.page.getByRole("dialog").getByRole("button", { name: "Remove from the document" }).click();
  await note(bob)
    .getByText(/you were removed/)
    .waitFor({ timeout: PATIENCE_MS });
  await isFitEverywhere(bob, "a removed person");
});

it("one is told what each has of one's edits, here and away", async () => {
  const [alice, bob] = await stage.pair("Hello. ");
  await bob.press("Control+End");
  await bob.type("Hi.");
  await alice.sees("Hello. Hi.");
  await openPeople(alice);
  await alice.page.getByText("has all your edits").waitFor({ timeout: PATIENCE_MS });
  await bob.leave();
  await alice.editor.focus();
  await alice.type("x");
  await alice.isStored();
  await alice.page.getByText("has not seen your last edit").waitFor({ timeout: PATIENCE_MS });
  await isFit(alice, "people, one of them behind");
});
