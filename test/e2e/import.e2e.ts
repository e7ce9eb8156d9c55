// Goal: a file comes in by the list, by a drop and by keys alone; what holds is there, what does not is refused with a
// sentence, and cancelling leaves nothing behind. Files are made by pages, or by hand where they must be bad or large.

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type DeviceId, Replica, save, seedPublicKey, seedSign, toHex } from "../../src/crdt/index.ts";
import { isFit } from "./fit.ts";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

interface Given {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const given = (name: string, content: string | Uint8Array): Given => ({
  name,
  mimeType: "",
  buffer: Buffer.from(content as string),
});

async function signedFile(person: Person): Promise<Given> {
  await person.isStored();
  await person.button("Export").click();
  const [download] = await Promise.all([
    person.page.waitForEvent("download"),
    person.page.getByRole("button", { name: "Signed file" }).click(),
  ]);
  return given(download.suggestedFilename(), await readFile(await download.path()));
}

async function choose(person: Person, file: Given): Promise<void> {
  await person.openDocuments();
  const [chooser] = await Promise.all([
    person.page.waitForEvent("filechooser"),
    person.page.getByRole("button", { name: "Import…" }).click(),
  ]);
  await chooser.setFiles(file);
}

/** As the browser tells it when something is let go over the text. */
async function drop(person: Person, ...files: readonly Given[]): Promise<void> {
  const told = files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
  await person.page.evaluate(some => {
    const dataTransfer = new DataTransfer();
    for (const { name, base64 } of some) {
      const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name));
    }
    const target = document.querySelector(".cm-content") ?? document.body;
    for (const type of ["dragenter", "dragover", "drop"])
      target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }, told);
}

const toast = ({ page }: Person, words: string) => page.locator(".toast", { hasText: words }).waitFor();
const dialog = ({ page }: Person) => page.getByRole("dialog");
/** Out of the page, and not only closed: until then a file that is dropped is not taken. */
const dialogIsGone = ({ page }: Person) => page.locator("dialog").waitFor({ state: "detached" });
const foreign = ({ page }: Person) => page.getByRole("textbox", { name: "Minutes" });
const listed = async (person: Person): Promise<number> => {
  await person.openDocuments();
  const count = await person.page.locator(".document-item").count();
  await person.press("Escape");
  return count;
};

async function refuses(person: Person, reason: string): Promise<void> {
  await dialog(person).getByText(reason).waitFor({ timeout: PATIENCE_MS });
  expect(await dialog(person).textContent()).toContain("Nothing of it was kept.");
}

/** Alice's, with a title and a line. */
async function minutes(): Promise<readonly [Person, Given]> {
  const alice = await (await stage.person()).open();
  await alice.title.fill("Minutes");
  await alice.press("Enter");
  await alice.type("Alice was here.");
  return [alice, await signedFile(alice)];
}

/** A long document of somebody else, each letter a change, and each at another place: what types on is checked in no time. */
function long(count: number): Given {
  const seed = new Uint8Array(32).fill(9);
  const author = toHex(seedPublicKey(seed)) as DeviceId;
  const { replica, genesis } = Replica.create(author, new Uint8Array(16), 1_700_000_000);
  replica.sign(genesis.id, seedSign(seed, genesis.message));
  replica.edit(root => root.set("title", "Minutes"));
  for (let i = 0; i < count; i++) {
    const place = (i * 7_919) % (i + 1);
    replica.edit(root => root.text("body").insert(place, i % 60 === 59 ? "\n" : "abcdefg"[i % 7]!));
    for (const { id, message } of replica.closeDraft(1_700_000_000 + i))
      if (i % 50 === 0 || i === count - 1) replica.sign(id, seedSign(seed, message));
  }
  return given("long.chirograph", save(replica));
}

describe("a file", () => {
  it("of text or JSON begins a document, chosen in the list or dropped on the text", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("What stood here.");
    await alice.isStored();
    const before = alice.page.url();
    await choose(alice, given("Shopping list.md", "# Buy\r\n- bread 🍞"));
    await alice.sees("# Buy\n- bread 🍞");
    expect(await alice.title.inputValue()).toBe("Shopping list");
    await alice.isStored();
    await drop(alice, given("x.json", JSON.stringify({ title: "From JSON", body: "data" })));
    await alice.sees("data");
    expect(await alice.title.inputValue()).toBe("From JSON");
    await alice.isStored();
    // Nothing of it went into the text on which it was dropped.
    await alice.page.goBack();
    await alice.sees("# Buy\n- bread 🍞");
    await alice.page.goBack();
    await alice.sees("What stood here.");
    expect(alice.page.url()).toBe(before);
    expect(await listed(alice)).toBe(3);
  });

  it("that is not what it says is refused with a sentence, and nothing is kept of it", async () => {
    const [alice, file] = await minutes();
    const bob = await (await stage.person()).open();
    const altered = Buffer.from(file.buffer);
    altered[altered.length - 20]! ^= 1;
    const bad: readonly (readonly [Given, string])[] = [
      [given("x.txt", Uint8Array.of(0xff, 0xfe, 0x41)), "It is not text in UTF-8."],
      [given("x.pdf", "%PDF"), "Only files that end in"],
      [given("x.chirograph", "# Hello"), "It is not a Chirograph file."],
      [{ ...file, buffer: file.buffer.subarray(0, 200) }, "The file ends too early."],
      [{ ...file, buffer: altered }, "Bytes of the file were altered."],
    ];
    for (const [one, reason] of bad) {
      await drop(bob, one);
      await refuses(bob, reason);
      await bob.press("Escape");
      await dialogIsGone(bob);
    }
    await drop(bob, file, file);
    await refuses(bob, "One file is opened at a time.");
    await bob.button("Close").click();
    await bob.sees("");
    expect(await listed(bob)).toBe(0);
    expect(await listed(alice)).toBe(1);
  });

  it("of somebody else's document opens to read, by keys alone, with who wrote it; a copy is one's own", async () => {
    const [alice, bob] = await stage.pair("Alice was here.");
    await alice.title.fill("Minutes");
    await alice.press("Enter");
    await bob.putCaret(15);
    await bob.type(" So was Bob.");
    await alice.sees("Alice was here. So was Bob.");
    const file = await signedFile(alice);

    const carol = await (await stage.person()).open();
    // Asked for early: it takes a moment until the browser tells of choosers.
    const choosing = carol.page.waitForEvent("filechooser");
    await carol.button("Documents").focus();
    await carol.press("Enter");
    await carol.page.getByRole("button", { name: "Import…" }).waitFor();
    for (let i = 0; i < 9; i++) {
      if (await carol.page.evaluate(() => document.activeElement?.textContent?.startsWith("Import"))) break;
      await carol.press("Tab");
    }
    await carol.press("Enter");
    await (await choosing).setFiles(file);
    await foreign(carol).waitFor({ timeout: PATIENCE_MS });
    expect(await foreign(carol).textContent()).toBe("Alice was here. So was Bob.");
    expect(
      await carol.page.getByRole("list", { name: "Who wrote in it" }).getByRole("listitem").count(),
    ).toBe(2);
    await carol.readsStatus("Read only");
    const answer = carol.page.locator(".author-answer");
    await expect.poll(() => answer.textContent(), { timeout: PATIENCE_MS }).toContain("✓ signature holds");
    const first = await answer.textContent();
    await carol.press("Control+End");
    await expect.poll(() => answer.textContent(), { timeout: PATIENCE_MS }).not.toBe(first);
    await carol.type("x");
    expect(await foreign(carol).textContent()).toBe("Alice was here. So was Bob.");
    expect(await listed(carol)).toBe(0);
    await isFit(carol, "a foreign file");
    await carol.page.emulateMedia({ media: "print" });
    await carol.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const sheet = carol.page.locator(".print-page");
    expect(await sheet.isVisible()).toBe(true);
    expect(await sheet.textContent()).toBe("MinutesAlice was here. So was Bob.");
    expect(await foreign(carol).isVisible()).toBe(false);
    await carol.page.evaluate(() => dispatchEvent(new Event("afterprint")));
    // Nothing is on a sheet of its own now, and paper shows what the screen does.
    expect(await foreign(carol).isVisible()).toBe(true);
    await carol.page.emulateMedia({ media: null });
    await carol.button("Make a copy").press("Enter");
    await carol.canWrite();
    await carol.sees("Alice was here. So was Bob.");
    expect(await carol.title.inputValue()).toBe("Minutes");
    await carol.press("Control+End");
    await carol.type(" And Carol.");
    await carol.isStored();
    await carol.page.reload();
    await carol.canWrite();
    await carol.sees("Alice was here. So was Bob. And Carol.");
    // Back at the file it is said that it is not kept.
    await carol.page.goto(`${stage.url}#file`);
    await carol.page.reload();
    await carol.page.getByRole("heading", { name: "That file is not open any more" }).waitFor();
    await bob.leave();
  });

  it("brings what others wrote into a document that is open here, under the hands of who writes", async () => {
    const [alice, bob] = await stage.pair("Alice was here.", { installs: true });
    await bob.isSharedWith(1);
    await stage.stopServer();
    await bob.page.context().setOffline(true);
    await alice.page.reload();
    await alice.canWrite();
    await bob.putCaret(15);
    await bob.type(" So was Bob.");
    const file = await signedFile(bob);
    await alice.putCaret(0);
    await alice.type("Look: ");
    await drop(alice, file);
    await alice.sees("Look: Alice was here. So was Bob.");
    await toast(alice, "from the file.");
    await alice.type("again ");
    await alice.sees("Look: again Alice was here. So was Bob.");
    await drop(alice, file);
    await toast(alice, "Nothing new: all that holds in the file is here already.");
    await alice.isStored();
    await alice.page.reload();
    await alice.sees("Look: again Alice was here. So was Bob.");
  });

  it("whose progress was shown gives the text its caret back when it is in", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("Alice was here.");
    const file = await signedFile(alice);
    await alice.putCaret(0);
    await alice.page.evaluate(() => {
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (...given: unknown[]) {
        setTimeout(() => Reflect.apply(postMessage, this, given), 1_000);
      };
    });
    await drop(alice, file);
    await dialog(alice).getByText("Opening").waitFor();
    await toast(alice, "Nothing new: all that holds in the file is here already.");
    await alice.type("Look: ");
    await alice.sees("Look: Alice was here.");
  });

  it("of one's own document brings it back after it was removed here, and one writes on; an earlier one is only read", async () => {
    const [alice, early] = await minutes();
    await alice.putCaret(15);
    await alice.type(" Later.");
    const file = await signedFile(alice);
    const remove = async () => {
      await alice.openDocuments();
      await alice.button("Remove from this device: Minutes").click();
      await alice.button("Remove anyway").click();
      await alice.canWrite();
      await alice.sees("");
    };
    await remove();
    await alice.button("Undo removing").waitFor();
    await choose(alice, file);
    await alice.sees("Alice was here. Later.");
    // It is back: there is nothing to undo.
    expect(await alice.button("Undo removing").count()).toBe(0);
    await remove();
    await alice.page.waitForTimeout(12_000);
    // From the earlier file she would give numbers away twice.
    await choose(alice, early);
    await alice.page.getByText("This device wrote more in the document than the file has").waitFor();
    await choose(alice, file);
    await alice.sees("Alice was here. Later.");
    await toast(alice, "The document is kept on this device now.");
    expect(await alice.title.inputValue()).toBe("Minutes");
    await alice.putCaret(22);
    await alice.type(" Again.");
    await alice.isStored();
    await alice.page.reload();
    await alice.sees("Alice was here. Later. Again.");
    expect(await listed(alice)).toBe(1);
  });

  it("that takes long shows how far it is, can be cancelled and leaves nothing behind, and then is opened after all", async () => {
    const file = long(60_000);
    const carol = await (await stage.person()).open();
    await carol.type("Mine.");
    await drop(carol, file);
    await dialog(carol).getByText("Opening").waitFor();
    const progress = carol.page.getByRole("progressbar", { name: "Opening the file" });
    await progress.waitFor();
    await carol.press("Escape");
    await dialogIsGone(carol);
    await expect.poll(() => carol.isInText()).toBe(true);
    await carol.type(" On.");
    await carol.sees("Mine. On.");
    await carol.isStored();
    expect(await listed(carol)).toBe(1);
    await drop(carol, file);
    await progress.waitFor();
    // It takes about as long as the file does: not before Escape.
    await isFit(carol, "an import under way");
    await foreign(carol).waitFor({ timeout: 60_000 });
    expect(await carol.page.locator(".foreign-about").textContent()).toContain("60,001 changes");
  });
});
