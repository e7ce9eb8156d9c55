// Goal: what is written can be carried away: as text, as data, as a file that anybody can verify, on paper. The file is
// checked here as a stranger would check it.

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { codeOf, mustRead } from "../crdt/file/files.ts";
import { type Person, setStage } from "./people.ts";

const stage = setStage();

async function written(): Promise<Person> {
  const alice = await (await stage.person()).open();
  await alice.title.fill("The minutes: 1/2");
  await alice.press("Enter");
  await alice.type("Alice was here.\nAnd wrote two lines.");
  await alice.isStored();
  return alice;
}

/** Its name, and its bytes. */
async function exported(person: Person, kind: string): Promise<{ name: string; bytes: Uint8Array }> {
  await person.button("Export").click();
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    person.page.getByRole("button", { name: kind }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(await readFile(await download.path())) };
}

describe("a document", () => {
  it("is exported as text and as data", async () => {
    const alice = await written();
    const text = await exported(alice, "Text");
    expect(text.name).toBe("The minutes- 1-2.md");
    expect(Buffer.from(text.bytes).toString()).toBe("Alice was here.\nAnd wrote two lines.");
    const json = await exported(alice, "JSON");
    expect(json.name).toBe("The minutes- 1-2.json");
    expect(JSON.parse(Buffer.from(json.bytes).toString())).toMatchObject({ title: "The minutes: 1/2" });
  });

  it("is exported as a file in which everything holds, the letters typed just now included", async () => {
    const alice = await written();
    await alice.press("Control+End");
    await alice.type(" And this.");
    const { name, bytes } = await exported(alice, "Signed file");
    expect(name).toBe("The minutes- 1-2.chirograph");
    const answer = mustRead(bytes);
    expect(codeOf(answer)).toBe(null);
    expect(JSON.parse(answer.replica.canonicalJson())).toMatchObject({
      title: "The minutes: 1/2",
      body: "Alice was here.\nAnd wrote two lines. And this.",
    });
  });

  it("is printed with every line in its own direction", async () => {
    const alice = await (await stage.person()).open();
    await alice.page.keyboard.insertText("Hello.\nשלום.");
    await alice.page.emulateMedia({ media: "print" });
    await alice.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    // How far from the left edge of the sheet the letters of a line begin.
    const insets = await alice.page.evaluate(() => {
      const sheet = document.querySelector(".print-page div")!;
      const [text] = sheet.childNodes;
      return [0, 7].map(from => {
        const letters = document.createRange();
        letters.setStart(text!, from);
        letters.setEnd(text!, from + 4);
        return letters.getBoundingClientRect().left - sheet.getBoundingClientRect().left;
      });
    });
    expect(insets[0]).toBeLessThan(1);
    expect(insets[1]).toBeGreaterThan(100);
  });

  it("is printed whole, with its title on top and nothing else on the page", async () => {
    const alice = await written();
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i + 1}`).join("\n");
    await alice.press("Control+End");
    await alice.page.keyboard.insertText(`\n${lines}`);
    await alice.page.emulateMedia({ media: "print" });
    await alice.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const sheet = alice.page.locator(".print-page");
    expect(await sheet.locator("h1").textContent()).toBe("The minutes: 1/2");
    expect(await sheet.textContent()).toContain("line 400");
    expect(await alice.page.locator(".bar").isVisible()).toBe(false);
    expect(await alice.editor.isVisible()).toBe(false);
    await alice.page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await alice.page.emulateMedia({ media: null });
    expect(await sheet.count()).toBe(0);
    expect(await alice.editor.isVisible()).toBe(true);
  });
});
