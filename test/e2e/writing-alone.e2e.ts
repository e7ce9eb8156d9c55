// Goal: what one person alone can do: open, write, be told the truth about it, come back, and look after documents.

import { describe, expect, it } from "vitest";
import { PATIENCE_MS, type Person, setStage } from "./people.ts";

const stage = setStage();

/** The titles in the list, opened for it if it is not open yet. */
async function listed(person: Person): Promise<string[]> {
  const toggle = person.button("Documents");
  if ((await toggle.getAttribute("aria-expanded")) !== "true") await person.openDocuments();
  return await person.page
    .getByRole("navigation", { name: "Documents" })
    .locator(".document-title")
    .allInnerTexts();
}

async function untilListed(person: Person, titles: readonly string[]): Promise<void> {
  await expect.poll(() => listed(person), { timeout: PATIENCE_MS }).toEqual(titles);
}

/** A new document with a title and something in it, saved. */
async function write(person: Person, title: string): Promise<void> {
  await person.title.fill(title);
  await person.press("Enter");
  await person.type(`This is ${title}.`);
  await person.isStored();
  await expect.poll(() => person.page.title()).toContain(title);
}

describe("a first visit", () => {
  it("is an empty document with the caret in it, at an address of its own, without a dialog", async () => {
    const alice = await (await stage.person()).open();
    expect(await alice.text()).toBe("");
    expect(await alice.isInText()).toBe(true);
    expect(await alice.page.getByRole("dialog").count()).toBe(0);
    expect(new URL(alice.page.url()).hash).toMatch(/^#[0-9a-z]{20,}$/);
    expect(await alice.editor.getAttribute("aria-label")).toBe("Untitled");
    expect(await alice.page.getByRole("status").count()).toBe(1);
    await alice.type("Straight away.");
    await alice.sees("Straight away.");
  });
});

describe("what is written", () => {
  it("is not called saved before it is, and nothing is lost by reloading at once", async () => {
    const alice = await (await stage.person()).open();
    expect(await alice.status.textContent()).toBe("");
    const typed = ["First", " words", ", then", " more", " 😀", "."];
    // The first reload comes before anything was ever stored.
    for (const [i, words] of typed.entries()) {
      await alice.page.keyboard.insertText(words);
      if (i % 2 === 1) await alice.readsStatus("Saved on this device");
      await alice.page.reload();
      await alice.canWrite();
      await alice.sees(typed.slice(0, i + 1).join(""));
      await alice.press("Control+End");
    }
    await alice.title.fill("Kept");
    await alice.page.reload();
    await alice.canWrite();
    await expect.poll(() => alice.page.title()).toContain("Kept");
    await alice.sees(typed.join(""));
    await alice.isStored();
    const left = () =>
      alice.page.evaluate(() => Object.keys(localStorage).filter(key => key.includes("unsaved")));
    await expect.poll(left, { timeout: PATIENCE_MS }).toEqual([]);
  });

  it("is not lost by reloading at once where it is longer than what is left for the next page: the browser asks", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("x");
    await alice.isStored();
    const asked: string[] = [];
    alice.page.on("dialog", dialog => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await alice.page.evaluate(() => {
      // As many long last words leave it: a browser keeps five million characters there.
      for (let length = 4_000_000; length > 10_000; length = Math.floor(length / 2))
        try {
          localStorage.setItem(`filling ${length}`, "x".repeat(length));
        } catch {
          // That much more is not there; half of it may be.
        }
      document.addEventListener("paste", () => setTimeout(() => location.reload()), { once: true });
    });
    const words = "Pasted. ".repeat(10_000);
    await alice.paste(words);
    await expect.poll(() => asked, { timeout: PATIENCE_MS }).toEqual(["beforeunload"]);
    await alice.isStored();
    await alice.page.reload();
    await alice.canWrite();
    expect(asked).toHaveLength(1);
    await alice.sees(`x${words}`);
  });

  it("is there, though its page went away before the document was listed", async () => {
    const alice = await stage.person();
    await alice.page.addInitScript(() => {
      if (sessionStorage.getItem("was here") !== null) return;
      sessionStorage.setItem("was here", "yes");
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given) {
        return this.name === "documents" ? this.count() : put.apply(this, given);
      } as typeof put;
    });
    await alice.open();
    await alice.type("Not listed");
    await alice.readsStatus("Saved on this device");
    const address = alice.page.url();
    // Another tab: it knows of nothing but what is stored.
    const other = await (await alice.secondTab()).open();
    await untilListed(other, ["Untitled"]);
    await alice.page.reload();
    await alice.canWrite();
    await alice.sees("Not listed");
    expect(alice.page.url()).toBe(address);
    expect(await listed(alice)).toEqual(["Untitled"]);
    await other.page.getByRole("navigation", { name: "Documents" }).getByRole("link").click();
    await other.sees("Not listed");
  });

  it("is called saved only when the transaction is complete, however long that takes", async () => {
    const alice = await stage.person();
    await alice.page.addInitScript(() => {
      // What the disk has written and not yet confirmed: everything succeeded but for the word that it is complete.
      const held: (() => void)[] = [];
      const disk = {
        isSlow: false,
        held,
        confirm: () => {
          disk.isSlow = false;
          for (const tell of held.splice(0)) tell();
        },
      };
      Object.assign(globalThis, { disk });
      const listen = IDBTransaction.prototype.addEventListener;
      IDBTransaction.prototype.addEventListener = function (
        this: IDBTransaction,
        type: string,
        listener: EventListenerOrEventListenerObject,
        options?: AddEventListenerOptions | boolean,
      ) {
        const told = (event: Event) => {
          const tell = () => (listener as EventListener).call(this, event);
          if (disk.isSlow && type === "complete" && this.mode === "readwrite") held.push(tell);
          else tell();
        };
        listen.call(this, type, told, options);
      };
    });
    await alice.open();
    await alice.page.evaluate(() => {
      const said = new Set<string>();
      const status = document.querySelector("[role=status]")!;
      new MutationObserver(() => said.add(status.textContent ?? "")).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      const { disk } = globalThis as unknown as { disk: { isSlow: boolean } };
      disk.isSlow = true;
      Object.assign(globalThis, { said });
    });
    await alice.type("Not yet.");
    await alice.readsStatus("Saving…");
    await expect.poll(() => storedChanges(alice), { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    await alice.page.waitForTimeout(1_500);
    const said = () => alice.page.evaluate(() => [...(globalThis as unknown as { said: Set<string> }).said]);
    expect(await said()).toEqual(["Saving…"]);
    await alice.page.evaluate(() =>
      (globalThis as unknown as { disk: { confirm: () => void } }).disk.confirm(),
    );
    await alice.readsStatus("Saved on this device");
    expect(await said()).toEqual(["Saving…", "Saved on this device"]);
  });

  it("is saved on this device, and there after a reload", async () => {
    const alice = await (await stage.person()).open();
    const address = alice.page.url();
    await alice.type("First line\nsecond line");
    await alice.isStored();
    expect(alice.page.url()).toBe(address);
    await alice.page.reload();
    await alice.canWrite();
    await alice.sees("First line\nsecond line");
    expect(alice.page.url()).toBe(address);
  });

  it("is not listed while there is nothing, and listed after the first letter", async () => {
    const alice = await (await stage.person()).open();
    expect(await listed(alice)).toEqual([]);
    await alice.press("Escape");
    await alice.editor.focus();
    await alice.type("x");
    await untilListed(alice, ["Untitled"]);
    await alice.button("New document").click();
    await alice.sees("");
    await untilListed(alice, ["Untitled"]);
  });

  it("has a title that is the tab's and the text's name, and survives a reload", async () => {
    const alice = await (await stage.person()).open();
    await alice.title.fill("Minutes of Monday");
    await alice.press("Enter");
    expect(await alice.isInText()).toBe(true);
    await expect.poll(() => alice.page.title()).toContain("Minutes of Monday");
    await expect.poll(() => alice.editor.getAttribute("aria-label")).toBe("Minutes of Monday");
    await alice.isStored();
    await alice.page.reload();
    await alice.canWrite();
    expect(await alice.title.inputValue()).toBe("Minutes of Monday");
    expect(await alice.page.title()).toContain("Minutes of Monday");
    // Space alone is no name.
    await alice.title.fill("   ");
    await expect.poll(() => alice.page.title()).toBe("Untitled · Chirograph");
    await expect.poll(() => alice.editor.getAttribute("aria-label")).toBe("Untitled");
    await untilListed(alice, ["Untitled"]);
  });
});

describe("the documents of this device", () => {
  it("are listed newest first, opened from the list, and made by New document", async () => {
    const alice = await (await stage.person()).open();
    await write(alice, "One");
    const first = alice.page.url();
    await alice.button("New document").click();
    await expect.poll(() => alice.page.url()).not.toBe(first);
    await alice.sees("");
    await write(alice, "Two");
    await untilListed(alice, ["Two", "One"]);
    await alice.page.getByRole("link", { name: /^One/ }).click();
    await alice.sees("This is One.");
    expect(alice.page.url()).toBe(first);
    // Looking at it changes neither order nor date, which are remembered a moment after they changed.
    const dates = await storedDates(alice);
    await alice.page.waitForTimeout(600);
    expect(await storedDates(alice)).toEqual(dates);
    await untilListed(alice, ["Two", "One"]);
    await alice.press("Escape");
    await alice.editor.focus();
    await alice.press("Control+End");
    await alice.type(" More.");
    await untilListed(alice, ["One", "Two"]);
    await alice.page.goBack();
    await alice.sees("This is Two.");
  });

  it("can be removed, with a warning where edits are shared with nobody, and brought back", async () => {
    const alice = await (await stage.person()).open();
    await write(alice, "Keep me");
    await untilListed(alice, ["Keep me"]);
    await alice.button("Remove from this device: Keep me").click();
    await alice.page.getByText(/shared with nobody/).waitFor();
    await untilListed(alice, ["Keep me"]);
    await alice.button("Remove anyway").click();
    await untilListed(alice, []);
    await alice.sees("");
    await alice.button("Undo removing").click();
    await alice.sees("This is Keep me.");
    await untilListed(alice, ["Keep me"]);
    await alice.page.reload();
    await alice.canWrite();
    await alice.sees("This is Keep me.");
    // Also where its address was gone back to meanwhile.
    await listed(alice);
    await alice.button("Remove from this device: Keep me").click();
    await alice.button("Remove anyway").click();
    await alice.sees("");
    await alice.page.goBack();
    await alice.page.getByRole("heading", { name: "This device does not hold that document" }).waitFor();
    await alice.button("Undo removing").click();
    await alice.sees("This is Keep me.");
  });

  it("can be brought back together when a second one was removed within ten seconds", async () => {
    const alice = await (await stage.person()).open();
    await write(alice, "One");
    await alice.button("New document").click();
    await alice.sees("");
    await write(alice, "Two");
    await untilListed(alice, ["Two", "One"]);
    for (const title of ["One", "Two"]) {
      await alice.button(`Remove from this device: ${title}`).click();
      await alice.button("Remove anyway").click();
      const words = title === "One" ? "Removed." : "2 documents removed.";
      await alice.page.locator(".toast").getByText(words).waitFor();
      // And is heard, through the one region there is for it beside the editor's own.
      await expect
        .poll(() => alice.page.locator(".hidden[aria-live=polite]").allTextContents(), {
          timeout: PATIENCE_MS,
        })
        .toEqual([words]);
    }
    await untilListed(alice, []);
    await alice.button("Undo removing").click();
    // Two was on the screen.
    await alice.sees("This is Two.");
    await untilListed(alice, ["Two", "One"]);
    await alice.page.getByRole("link", { name: /^One/ }).click();
    await alice.sees("This is One.");
  });

  it("are gone for good ten seconds after they were removed", async () => {
    const alice = await (await stage.person()).open();
    await write(alice, "Gone");
    const address = alice.page.url();
    await untilListed(alice, ["Gone"]);
    await alice.button("Remove from this device: Gone").click();
    await alice.button("Remove anyway").click();
    await untilListed(alice, []);
    await alice.button("Undo removing").waitFor({ state: "detached", timeout: PATIENCE_MS });
    await expect.poll(() => storedChanges(alice), { timeout: PATIENCE_MS }).toBe(0);
    // Another tab: in its own the address of a document begun there, and never kept, is a new empty one.
    const tab = await alice.secondTab();
    await tab.page.goto(address);
    await tab.page.getByRole("heading", { name: "This device does not hold that document" }).waitFor();
  });
});

async function storedChanges(person: Person): Promise<number> {
  return (await stored(person, "changes")).length;
}

/** When each document was last edited, as the store says, by title. */
async function storedDates(person: Person): Promise<Record<string, number>> {
  const records = (await stored(person, "documents")) as { title: string; updatedAt: number }[];
  return Object.fromEntries(records.map(({ title, updatedAt }) => [title, updatedAt]));
}

function stored(person: Person, store: "changes" | "documents"): Promise<unknown[]> {
  return person.page.evaluate(
    name =>
      new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open("chirograph");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction(name).objectStore(name).getAll();
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result);
          };
        };
      }),
    store,
  );
}
