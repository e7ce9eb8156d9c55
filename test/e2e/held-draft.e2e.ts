// Goal: whoever was let in by somebody who had been removed at that time reads why, writes on for themselves across a reload,
// and with one click of who manages all of it is there. Method: real browsers, one of which is away when it matters.

import { expect, it } from "vitest";
import { isFit } from "./fit.ts";
import { PATIENCE_MS, type Person, type PersonOptions, setStage } from "./people.ts";

const stage = setStage({ installs: true });

const ONLY_HERE = "Only on this device, until somebody lets you edit";

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

/** Its page comes back without a network. */
async function goesAway(person: Person): Promise<void> {
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  stage.wasCut = true;
  await person.page.context().setOffline(true);
  await person.page.goto("about:blank");
  await person.page.goBack();
  await person.canWrite();
}

async function comesBack(person: Person): Promise<void> {
  await person.page.context().setOffline(false);
  await person.page.evaluate(() => dispatchEvent(new Event("online")));
}

/** A link that can edit, made by somebody who manages. */
async function makeLink(person: Person): Promise<string> {
  await person.button("Share").click();
  await person.page.getByRole("textbox", { name: "Another link, for" }).fill("Bob");
  await person.button("Make link").click();
  const field = person.page.getByRole("listitem").filter({ hasText: "Bob" }).getByRole("textbox");
  await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#");
  const link = await field.inputValue();
  await person.press("Escape");
  return link;
}

/** How many pages left words that no transaction took, or keep them there. */
function entries(person: Person): Promise<number> {
  return person.page.evaluate(
    () => Object.keys(localStorage).filter(key => key.startsWith("chirograph.unsaved.")).length,
  );
}

const LOOKS: readonly (readonly [string, PersonOptions])[] = [
  ["in light", { colorScheme: "light" }],
  ["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

it.each(LOOKS)(
  "who was let in by somebody who had been removed writes on for themselves, and is let in with one click, %s",
  { timeout: 90_000 },
  async (look, options) => {
    const shoot = async (person: Person, name: string) => {
      if (process.env.SHOTS)
        await person.page.screenshot({ path: `${process.env.SHOTS}/${look} ${name}.png` });
    };
    const [alice, carol] = await stage.pair("Shared text.", options);
    await introduce(carol, "Carol");
    await carol.press("Control+End");
    await carol.type(" Yes.");
    await alice.sees("Shared text. Yes.");
    await openPeople(alice);
    await alice.page.getByRole("combobox", { name: "What Carol may do" }).selectOption("admin");
    await alice.press("Escape");
    await alice.isStored();
    await expect
      .poll(() => carol.page.evaluate(() => document.querySelector("[role=status]")?.textContent))
      .toContain("Shared");

    await goesAway(alice);
    const link = await makeLink(carol);
    const bob = await (await stage.person(options)).open(link);
    await bob.sees("Shared text. Yes.");
    await introduce(bob, "Bob");
    await bob.press("Control+End");
    await bob.type(" Bob came.");
    await carol.sees("Shared text. Yes. Bob came.");
    await openPeople(alice);
    await alice.button("Remove from the document: Carol").click();
    await alice.page.getByRole("dialog").getByRole("button", { name: "Remove from the document" }).click();
    await alice.page.getByRole("dialog").waitFor({ state: "detached" });
    await alice.press("Escape");
    await alice.isStored();
    await comesBack(alice);

    const note = bob.page.getByRole("region", { name: "What you may do here" });
    await note
      .getByText(/^Whoever let you edit could not do so any more\. .* kept on this device/)
      .waitFor({ timeout: PATIENCE_MS });
    expect(await bob.editor.getAttribute("aria-readonly")).toBe(null);
    await bob.sees("Shared text. Yes.");
    await bob.editor.focus();
    await bob.press("Control+End");
    await bob.type(" Held.");
    await bob.readsStatus(ONLY_HERE);
    await isFit(bob, "somebody who waits to be let edit");
    await shoot(bob, "held");
    // Looking back is looking at what others hold too.
    await bob.button("History").click();
    await bob.page.getByRole("region", { name: "History" }).waitFor();
    await bob.button("History").click();
    await bob.editor.waitFor();
    // A crash would lose a second's letters at most; another tab does not take them up as long as this one is open.
    await expect.poll(() => entries(bob), { timeout: PATIENCE_MS }).toBe(1);
    const tab = await bob.secondTab();
    await tab.open(bob.page.url());
    await tab.sees("Shared text. Yes.");
    await tab.page.close();
    await bob.page.bringToFront();
    await bob.page.reload();
    await bob.canWrite();
    await bob.sees("Shared text. Yes. Held.");
    await bob.readsStatus(ONLY_HERE);
    await bob.press("Control+End");
    await bob.type(" Twice.");
    await bob.sees("Shared text. Yes. Held. Twice.");
    expect(await alice.text()).toBe("Shared text. Yes.");

    await openPeople(alice);
    await alice.page
      .getByRole("list", { name: "Who asks to edit" })
      .getByText("Bob")
      .waitFor({ timeout: PATIENCE_MS });
    await isFit(alice, "people, one of whom asks to edit");
    await shoot(alice, "asking");
    await alice.button("Let them edit: Bob").click();
    await expect.poll(() => alice.text(), { timeout: PATIENCE_MS }).toContain("Held. Twice.");
    await expect.poll(() => alice.text()).toContain("Bob came.");
    await note.waitFor({ state: "detached" });
    await bob.sees(await alice.text());
    await expect.poll(() => entries(bob), { timeout: PATIENCE_MS }).toBe(0);
    await bob.press("Control+Home");
    await bob.type("In! ");
    await expect.poll(() => alice.text(), { timeout: PATIENCE_MS }).toContain("In! ");
  },
);
