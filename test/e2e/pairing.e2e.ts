// Goal: two who can reach no server meet by carrying two texts between them, and write together. Method: both pages are there,
// the server is stopped, and what each shows is pasted to the other.

import { expect, it } from "vitest";
import { isFit } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage({ installs: true });

async function fieldOf({ page }: Person, name: string): Promise<string> {
  const field = page.getByRole("textbox", { name, exact: true });
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).not.toBe("");
  return field.inputValue();
}

async function offer(alice: Person): Promise<string> {
  await alice.button("Share").click();
  await alice.shownLink();
  await alice.button("Pair without a server").click();
  return fieldOf(alice, "1. Send them this, in any way");
}

it("two without a server write together by an invitation and an answer", { timeout: 90_000 }, async () => {
  const [alice, bob] = await Promise.all([stage.person(), stage.person()]);
  await alice.open();
  await alice.type("On a train. ");
  await bob.open();
  // What Bob's browser needs comes from its cache.
  for (const person of [alice, bob])
    await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await stage.stopServer();

  const invitation = await offer(alice);
  await isFit(alice, "an invitation to pair");
  await alice.button("QR code").last().click();
  await alice.page.getByRole("img", { name: "QR code of the invitation" }).waitFor();
  await bob.page.goto("about:blank");
  await bob.page.goto(invitation);
  const answer = await fieldOf(bob, "Send this back to who invited you");
  await isFit(bob, "an answer to an invitation");
  expect(bob.page.url()).not.toContain("p.");

  const pasted = alice.page.getByRole("textbox", { name: "2. Paste what they send back" });
  await pasted.fill(invitation);
  await alice.button("Connect").click();
  await alice.page.getByText("This is an invitation.").waitFor({ timeout: PATIENCE_MS });
  await pasted.fill(answer);
  await alice.button("Connect").click();
  await alice.page
    .getByText("Connected. What you both write is shared directly.")
    .waitFor({ timeout: PATIENCE_MS });
  await alice.press("Escape");
  await bob.canWrite();
  await bob.sees("On a train. ");
  await bob.press("Control+End");
  await alice.editor.focus();
  await alice.press("Control+End");
  await Promise.all([alice.type("Alice. "), bob.type("Bob. ")]);
  expect(await untilEqual([alice, bob])).toHaveLength("On a train. Alice. Bob. ".length);
  await alice.readsStatus("Shared with 1");
});

it("an invitation that is cut short is refused with a sentence", async () => {
  const alice = await (await stage.person()).open();
  await alice.type("Here.");
  const invitation = await offer(alice);
  const bob = await stage.person();
  await bob.page.goto(invitation.slice(0, -6));
  await bob.page.getByText("This text is not whole.").waitFor({ timeout: PATIENCE_MS });
});
