// Goal: who lets people in, gives roles and removes them sees what it does, and so do those whom it concerns. Method: real
// browsers; what is refused, set aside and taken back in is read from the screen.

import { describe, expect, it } from "vitest";
import { isFit } from "./fit.ts";
import { PATIENCE_MS, type Person, type PersonOptions, setStage } from "./people.ts";

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
  await expect
    .poll(() => person.editor.getAttribute("aria-readonly"), { timeout: PATIENCE_MS })
    .toBe("true");
}

/** Says who one is, which others see in their panel of people. */
async function introduce(person: Person, name: string): Promise<void> {
  await person.page.getByRole("button", { name: /edit your name/ }).click();
  await person.page.getByRole("textbox", { name: "Your name" }).fill(name);
  await person.press("Enter");
  await person.editor.focus();
}

async function removeBob(alice: Person): Promise<void> {
  await alice.button("Who is here").click();
  await alice.button("Remove from the document: Bob").click();
  await alice.page.getByRole("dialog", { name: "Remove Bob?" }).waitFor();
  await alice.button("Remove from the document").click();
  await alice.page.getByRole("dialog").waitFor({ state: "detached" });
  await alice.press("Escape");
}

it("who is removed while typing offline has the words set aside, sees why, and they come back with one click", async () => {
  const [alice, bob] = await stage.pair("Shared text.");
  await introduce(bob, "Bob");
  await bob.press("Control+End");
  await bob.type(" Bob was here.");
  await alice.sees("Shared text. Bob was here.");
  await alice.isSharedWith(1);

  await bob.page.context().setOffline(true);
  await stage.stopServer();
  await bob.page.reload();
});

export { describe, isFit, isReadOnly, linkIn, note, type PersonOptions, removeBob, share, shutDialog };
