// Goal: two people in two browsers write one text: the link, who is there, and that the texts are equal
// whatever both do.

import { describe, expect, it } from "vitest";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage();

/** How many times slower than this machine. */
const SLOW_RATE = 4;

/** Their names as the list says them, without how they are connected. */
async function namesOf(person: Person): Promise<string[]> {
  return person.people.evaluateAll(items => items.map(item => item.querySelector("bdi")?.textContent ?? ""));
}

describe("a share link", () => {
  it("opens the document in another browser, with no step between, and both type at once", async () => {
    const [alice, bob] = await stage.pair("Hello");
    expect(await bob.page.getByRole("dialog").count()).toBe(0);
    await alice.putCaret(0);
    await bob.putCaret(5);
    // Where a page is busy, what came meanwhile is due with the next key: it must not come before the letter.
    for (const { devtools } of [alice, bob])
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOW_RATE });
    await Promise.all([alice.type("Alice writes at the start. ", 5), bob.type(" Bob writes at the end.", 5)]);
    expect(await untilEqual([alice, bob])).toBe("Alice writes at the start. Hello Bob writes at the end.");
    for (const person of [alice, bob]) await person.readsStatus("Shared with 1");
  });

  it("loses its secret from the address and the history at once, and opens again after a reload", async () => {
    const [alice, bob, link] = await stage.pair("Remember me");
    const secret = link.split("#")[1]!;
    expect(secret).toMatch(/^e\.[\w-]{128}$/);
    expect(new URL(bob.page.url()).hash).toBe(new URL(alice.page.url()).hash);
    const { entries } = await bob.devtools.send("Page.getNavigationHistory");
    for (const { url, userTypedURL } of entries) {
      expect(new URL(url === "about:blank" ? "http://x/" : url).hash).not.toContain(".");
      // What was typed is kept by the browser for its bar, beside what the page made of it.
      expect(typeof userTypedURL).toBe("string");
    }
    await bob.page.reload();
    await bob.canWrite();
    await bob.sees("Remember me");
    await alice.type("!");
    await bob.sees("Remember me!");
  });

  it("can be followed inside of a page that shows another document", async () => {
    const [alice, carol] = await Promise.all([stage.person(), stage.person()]);
    await alice.open();
    await alice.type("Come here");
    const link = await alice.share();
    await carol.open();
    await carol.type("My own");
    await carol.isStored();
    const own = carol.page.url();
    await carol.page.evaluate(hash => {
      location.hash = hash;
    }, new URL(link).hash);
    await carol.sees("Come here");
    expect(carol.page.url()).toBe(alice.page.url());
    await carol.press("Control+End");
    await carol.type(", I am here");
    await alice.sees("Come here, I am here");
    await carol.page.evaluate(hash => {
      location.hash = hash;
    }, new URL(own).hash);
    await carol.sees("My own");
  });

  it("that is not whole is refused with a sentence", async () => {
    const bob = await stage.person();
    await bob.page.goto(`${stage.url}#e.abc`);
    await bob.page.getByRole("heading", { name: "This link does not lead to a document" }).waitFor();
    await bob.button("New document").nth(1).click();
    await bob.canWrite();
  });

  it("waits for someone who has the document, and opens by itself when one comes", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("Worth waiting for");
    const link = await alice.share();
    await alice.isStored();
    const address = alice.page.url();
    await alice.page.goto("about:blank");
    const bob = await stage.person();
    await bob.page.goto(link);
    await bob.readsStatus("Waiting for someone who has this document");
    expect(await bob.editor.count()).toBe(0);
    expect(new URL(bob.page.url()).hash).not.toContain(".");
    await bob.page.reload();
    await bob.readsStatus("Waiting for someone who has this document");
    await alice.open(address);
    await bob.sees("Worth waiting for");
    await bob.canWrite();
  });
});

describe("who waits for a document", () => {
  it("is not told that nobody has it while somebody who has is being reached", async () => {
    const alice = await (await stage.person({ hasWebRtc: false })).open();
    await alice.type("On its way");
    const link = await alice.share();
    const bob = await stage.person({ hasWebRtc: false });
    // Or the document may be there before the page that waits for it is.
    await bob.page.routeWebSocket(/./, socket => {
      socket.connectToServer().onMessage(message => setTimeout(() => socket.send(message), 300));
    });
    await bob.page.addInitScript(() => {
      const said = new Set<string>();
      Object.assign(globalThis, { said });
      new MutationObserver(() => {
        said.add(document.querySelector(".plain")?.textContent ?? "");
        said.add(document.title);
      }).observe(document, { childList: true, characterData: true, subtree: true });
    });
    await bob.open(link);
    await bob.sees("On its way");
    const said = await bob.page.evaluate(() => [...(globalThis as unknown as { said: Set<string> }).said]);
    expect(said.join("\n")).toContain("Connecting…");
    expect(said.join("\n")).not.toContain("Nobody who is online now");
    expect(said.indexOf("Untitled · Chirograph")).toBe(said.length - 1);
  });

  it("is told that nobody is there, or that the server is not, as soon as that is known", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("Far away");
    const link = await alice.share();
    await alice.isStored();
    await alice.leave();
    const bob = await stage.person();
    await bob.page.goto(link);
    await bob.page.getByText(/^Nobody who is online now lets you in/).waitFor();
    expect(await bob.page.title()).toBe("Chirograph");
    await stage.stopServer();
    await bob.page.getByText(/^The server cannot be reached/).waitFor();
    await bob.readsStatus("Waiting for someone who has this document");
    await stage.startServer();
    await bob.page.getByText(/^Nobody who is online now lets you in/).waitFor();
    // Another one who only waits is asked, and changes nothing.
    const carol = await stage.person();
    await carol.page.goto(link);
    await carol.page.getByText(/^Nobody who is online now lets you in/).waitFor();
    await bob.page.getByText(/^Nobody who is online now lets you in/).waitFor();
  });
});

describe("the people", () => {
  it("are listed with me first, have two words for a name, and a new name is seen by the other", async () => {
    const [alice, bob] = await stage.pair("Who");
    await expect.poll(() => namesOf(alice), { timeout: PATIENCE_MS }).toHaveLength(2);
    const [mine, theirs] = await namesOf(alice);
    expect(mine).toMatch(/^[a-z]+ [a-z]+$/);
    expect(await namesOf(bob)).toEqual([theirs, mine]);
    await alice.page.getByRole("button", { name: /edit your name/ }).click();
    await alice.page.getByRole("textbox", { name: "Your name" }).fill("Alice Öztürk");
    await alice.press("Enter");
    await expect.poll(() => namesOf(bob), { timeout: PATIENCE_MS }).toEqual([theirs, "Alice Öztürk"]);
    expect((await namesOf(alice))[0]).toBe("Alice Öztürk");
    await alice.page.reload();
    await alice.canWrite();
    await expect.poll(() => namesOf(alice)).toContain("Alice Öztürk");
    // A name of which nothing shows is none, and an empty one takes back what was given.
    await alice.page.getByRole("button", { name: /edit your name/ }).click();
    const field = alice.page.getByRole("textbox", { name: "Your name" });
    await field.fill("✓✓");
    await alice.press("Enter");
    expect(await field.evaluate(input => (input as HTMLInputElement).validationMessage)).toBe(
      "Nothing of this name would show.",
    );
    await field.fill("");
    await alice.press("Enter");
    await expect.poll(() => namesOf(bob), { timeout: PATIENCE_MS }).toEqual([theirs, mine]);
    expect((await namesOf(alice))[0]).toBe(mine);
  });

  it("stand on the screen in the order of the list, and who comes moves nobody", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("Who");
    const link = await alice.share();
    const aloneAt = (await alice.people.first().boundingBox())!.x;
    await (await stage.person()).open(link);
    await (await stage.person()).open(link);
    await expect.poll(() => alice.people.count(), { timeout: PATIENCE_MS }).toBe(3);
    const boxes = await Promise.all((await alice.people.all()).map(person => person.boundingBox()));
    const lefts = boxes.map(box => box!.x);
    expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
    expect(lefts[0]).toBe(aloneAt);
    // Three have room for their names.
    for (const name of await alice.page.locator(".people .person-name").all())
      expect((await name.boundingBox())!.width).toBeGreaterThan(20);
  });

  it("are shown with all names, here or away, by a touch on a phone", async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const alice = await (await stage.person(phone)).open();
    await alice.type("Who");
    const link = await alice.share();
    const others = await Promise.all([stage.person(), stage.person()]);
    for (const other of others) {
      await other.open(link);
      await other.press("Control+End");
      await other.type("!");
    }
    await alice.sees("Who!!");
    await expect.poll(() => alice.people.count(), { timeout: PATIENCE_MS }).toBe(3);
    await others[1]!.leave();
    const list = alice.page.getByRole("list", { name: "Who is here" });
    const marks = (await alice.people.nth(1).boundingBox())!;
    await alice.page.touchscreen.tap(marks.x + marks.width / 2, marks.y + marks.height / 2);
    await expect
      .poll(() => list.locator(".person-where").allTextContents(), { timeout: PATIENCE_MS })
      .toEqual(["you", "here", "away"]);
    const box = (await list.boundingBox())!;
    expect(box.x).toBeGreaterThan(0);
    expect(box.x + box.width).toBeLessThan(390);
    expect(await list.locator("bdi").allTextContents()).toEqual(await namesOf(alice));
    await alice.press("Escape");
    await list.waitFor({ state: "detached" });
  });

  it("see each other's caret and selection, with the name and the colour of the key", async () => {
    const [alice, bob] = await stage.pair("One two three");
    await alice.page.getByRole("button", { name: /edit your name/ }).click();
    await alice.page.getByRole("textbox", { name: "Your name" }).fill("Alice");
    await alice.press("Enter");
    await alice.putCaret(4, 7);
    const flag = bob.page.locator(".person-caret .person-flag");
    await expect.poll(() => flag.allTextContents(), { timeout: PATIENCE_MS }).toEqual(["Alice"]);
    await bob.page.locator(".person-selection").first().waitFor({ state: "attached" });
    const hueOf = (css: string) =>
      bob.page
        .locator(css)
        .first()
        .evaluate(element => (element as HTMLElement).style.getPropertyValue("--hue"));
    expect(await hueOf(".person-caret")).toBe(await hueOf(".person:not(.person-me) .mark"));
    // The caret stands where she is: behind "two".
    const [caretX, wordX] = await bob.page.evaluate(() => {
      const line = document.querySelector(".cm-line")!;
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      range.setStart(walker.nextNode()!, 7);
      return [
        document.querySelector(".person-caret")!.getBoundingClientRect().left,
        range.getBoundingClientRect().left,
      ];
    });
    expect(Math.abs(caretX! - wordX!)).toBeLessThan(4);
    await alice.leave();
    await bob.page.locator(".person-caret").waitFor({ state: "detached", timeout: PATIENCE_MS });
  });
});

describe("what both write", () => {
  it("is equal after ten seconds of typing, deleting and moving about by both", async () => {
    const [alice, bob] = await stage.pair("The text that both of them work on.\nAnd a second line.\n");
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}`);
    const ends = performance.now() + 10_000;
    const actions = await Promise.all([alice, bob].map((person, i) => wander(person, seed + i, ends)));
    expect(Math.min(...actions)).toBeGreaterThan(20);
    const text = await untilEqual([alice, bob]);
    expect(text).not.toBe("");
    await alice.press("Control+End");
    await alice.type(" End.");
    expect(await untilEqual([alice, bob])).toBe(`${text} End.`);
  });

  it("is undone only by who wrote it", async () => {
    const [alice, bob] = await stage.pair("");
    await alice.type("mine ");
    await bob.sees("mine ");
    await bob.putCaret(5);
    await bob.type("theirs ");
    await alice.sees("mine theirs ");
    await alice.press("Control+z");
    await bob.sees("theirs ");
    await alice.press("Control+z");
    await alice.press("Control+z");
    await alice.sees("theirs ");
    await alice.press("Control+y");
    await bob.sees("mine theirs ");
    await bob.press("Control+z");
    await alice.sees("mine ");
  });
});

/** Types, deletes and moves as keys do, from a seed, until the time is up; returns how much was done. */
async function wander(person: Person, seed: number, ends: number): Promise<number> {
  let state = seed >>> 0;
  const below = (n: number): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
  const words = ["alpha ", "beta\n", "γ", "👩‍👩‍👧", "delta", "\n", "x"];
  let done = 0;
  for (; performance.now() < ends; done++) {
    switch (below(6)) {
      case 0:
      case 1:
        await person.type(words[below(words.length)]!);
        break;
      case 2:
        await person.press(below(2) === 0 ? "Backspace" : "Delete");
        break;
      case 3:
        await person.putCaret(below((await person.text()).length + 1));
        break;
      case 4:
        await person.press(...Array.from({ length: below(4) }, () => "Shift+ArrowLeft"), "Backspace");
        break;
      default:
        await person.press(
          below(2) === 0 ? "ArrowUp" : "Control+ArrowRight",
          below(8) === 0 ? "Control+z" : "ArrowLeft",
        );
    }
  }
  return done;
}
