// Goal: every screen is fit for assistive technology, in light and dark and on a phone, and all of it can be done by
// keys alone. axe-core judges what a machine can.

import { describe, expect, it } from "vitest";
import { hasClearBar, isFit, isWithin } from "./fit.ts";
import { PATIENCE_MS, type Person, type PersonOptions, setStage } from "./people.ts";

const stage = setStage();

const LOOKS: readonly (readonly [string, PersonOptions])[] = [
  ["in light", { colorScheme: "light" }],
  ["in dark", { colorScheme: "dark" }],
  ["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

describe("assistive technology finds nothing serious", () => {
  it.each(LOOKS)(
    "%s: on an empty page, with two people, sharing, documents, waiting, unknown",
    async (_, options) => {
      const alice = await (await stage.person(options)).open();
      await isFit(alice, "empty document");
      await alice.type(
        "# A heading\n\nSome *text* with a [link](https://example.org), and `code`.\n\n> Quoted\n",
      );
      await alice.title.fill("A title");
      await alice.press("Enter");
      const link = await alice.share();

      const bob = await (await stage.person(options)).open(link);
      await bob.putCaret(3, 9);
      await bob.type("B");
      await alice.page.locator(".person-caret").waitFor({ state: "attached" });
      await isFit(alice, "text with two people");
      await alice.button("Who is here").click();
      await alice.page.getByRole("list", { name: "Who is here" }).waitFor();
      await isFit(alice, "who is here");
      await alice.press("Escape");
      await alice.button("Share").click();
      await alice.shownLink();
      await isFit(alice, "share dialog");
      await alice.press("Escape");

      await alice.openDocuments();
      await alice.page.getByRole("link", { name: /A title/ }).waitFor();
      await isFit(alice, "documents");
      await alice.button("Remove from this device: A title").click();
      await alice.page.locator(".toast, .document-warning").waitFor();
      await isFit(alice, "documents, removed or asked");
      await Promise.all([alice.leave(), bob.leave()]);

      const carol = await stage.person(options);
      await carol.page.goto(link);
      await carol.readsStatus("Waiting for someone who has this document");
      await carol.page.getByRole("heading", { name: "Not here yet" }).waitFor();
      await carol.page.waitForTimeout(1_500);
      await isFit(carol, "waiting");
      const dave = await stage.person(options);
      await dave.page.goto(`${stage.url}#${"0".repeat(64)}`);
      await dave.page.getByRole("heading", { name: "This device does not hold that document" }).waitFor();
      await isFit(dave, "unknown document");
      expect(await dave.status.count()).toBe(1);
    },
  );

  it.each(LOOKS)(
    "%s: on a bad link, in the name's field, alone, after a removal, over plain http",
    async (_, options) => {
      const erin = await stage.person(options);
      await erin.page.goto(`${stage.url}#e.abc`);
      await erin.page.getByRole("heading", { name: "This link does not lead to a document" }).waitFor();
      await isFit(erin, "bad link");
      expect(await erin.status.count()).toBe(1);

      const alice = await (await stage.person(options)).open();
      await alice.type("Once shared");
      const bob = await (await stage.person(options)).open(await alice.share());
      await alice.readsStatus("Shared with 1");
      await alice.page.getByRole("button", { name: /edit your name/ }).click();
      await alice.page.getByRole("textbox", { name: "Your name" }).waitFor();
      await isFit(alice, "my name's field");
      await alice.press("Escape");
      await bob.leave();
      await alice.readsStatus("Nobody else is here");
      await isFit(alice, "alone");
      await alice.openDocuments();
      await alice.button("Remove from this device: Untitled").click();
      await alice.page.locator(".toast").waitFor();
      await isFit(alice, "removed");

      const dave = await stage.person(options);
      await dave.open(stage.url.replace("127.0.0.1", "plain.test"));
      await dave.page.getByRole("complementary", { name: "What this browser withholds" }).waitFor();
      await isFit(dave, "plain http");
    },
  );

  it("and would find a button without a name", async () => {
    const alice = await (await stage.person()).open();
    await alice.page.evaluate(() => document.querySelector(".bar")!.append(document.createElement("button")));
    await expect(isFit(alice, "a bare button")).rejects.toThrow("a bare button");
  });
});

it("on a phone the title's field stands clear of the status, and title, status and text begin on one line", async () => {
  const alice = await (await stage.person(LOOKS[2]![1])).open();
  await alice.type("Text");
  await alice.title.fill("Title");
  await alice.readsStatus("Saved on this device");
  const box = async (css: string) => (await alice.page.locator(css).boundingBox())!;
  const field = await box(".title-field");
  const status = await box(".status");
  const line = await box(".cm-line");
  expect(field.height).toBeGreaterThanOrEqual(44);
  expect(field.y + field.height).toBeLessThanOrEqual(status.y);
  const insets = await alice.page.evaluate(() =>
    [".title-field", ".status", ".cm-line"].map(css => {
      const style = getComputedStyle(document.querySelector(css)!);
      return Number.parseFloat(style.paddingInlineStart) + Number.parseFloat(style.borderInlineStartWidth);
    }),
  );
  const starts = [field.x, status.x, line.x].map((x, i) => x + insets[i]!);
  expect(new Set(starts)).toEqual(new Set([starts[0]]));
});

describe("where there is little room", () => {
  it("every button can be pressed on a narrow phone, and Share fits", async () => {
    const [alice, bob] = await stage.pair("Text");
    await bob.type("!");
    await alice.sees("!Text");
    await alice.devtools.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    for (const width of [390, 360, 320]) {
      await alice.page.setViewportSize({ width, height: 640 });
      await hasClearBar(alice, `bar ${width}`);
      const room = (await alice.button("Who is here").boundingBox())!;
      expect(room.width).toBeGreaterThanOrEqual(44);
    }
    await alice.button("Share").click();
    await alice.shownLink();
    await isWithin(alice, "share 320");
    await alice.button("Pair without a server").click();
    await alice.page.getByRole("textbox", { name: /Paste what they send back/ }).waitFor();
    await isWithin(alice, "pairing 320");
    await alice.button("My devices").click();
    await alice.button("Add a device").click();
    await alice.page.getByRole("textbox", { name: "Link for your other device" }).waitFor();
    await isWithin(alice, "devices 320");
  });

  it.each([360, 390])("one sees the name one types on a phone of %d px", async width => {
    const alice = await (await stage.person()).open();
    await alice.type("Text");
    await alice.devtools.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    await alice.page.setViewportSize({ width, height: 700 });
    await alice.page.getByRole("button", { name: /edit your name/ }).click();
    const field = (await alice.page.getByRole("textbox", { name: "Your name" }).boundingBox())!;
    expect(field.width).toBeGreaterThan(100);
    await isWithin(alice, `name ${width}`);
  });

  it.each([24, 32])("every button can be pressed on a desk with letters of %d px", async standard => {
    const [alice] = await stage.pair("Text");
    await alice.devtools.send("Page.setFontSizes", { fontSizes: { standard } });
    await alice.page.setViewportSize({ width: 1280, height: 720 });
    await expect
      .poll(() => alice.page.evaluate(() => getComputedStyle(document.documentElement).fontSize))
      .toBe(`${standard}px`);
    await hasClearBar(alice, `letters of ${standard}`);
  });
});

describe("by keys alone", () => {
  /** Tab, or Shift-Tab, until something with that name has the keyboard. */
  async function tabTo(person: Person, name: string | RegExp, key = "Shift+Tab"): Promise<void> {
    const seen: string[] = [];
    for (let i = 0; i < 25; i++) {
      const focused = await focusedName(person);
      if (typeof name === "string" ? focused === name : name.test(focused)) return;
      seen.push(focused);
      await person.press(key);
    }
    throw new Error(`never came to ${name}: ${seen.join(", ")}`);
  }

  function focusedName(person: Person): Promise<string> {
    return person.page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
    });
  }

  /** What a screen reader is told while a dialog is open. */
  function heard(person: Person): Promise<string | null> {
    return person.page.getByRole("dialog").locator("[aria-live=polite]").textContent();
  }

  it("somebody shares: to Share, open, copy, make and revoke a link, hear who comes, and back with Escape", async () => {
    const alice = await stage.person({ permissions: ["clipboard-read", "clipboard-write"] });
    await alice.open();
    await alice.type("Keys only");
    await tabTo(alice, "Share");
    await alice.press("Enter");
    await alice.page.getByRole("dialog", { name: "Share" }).waitFor();
    const link = await alice.shownLink();
    await tabTo(alice, "Copy", "Tab");
    await alice.press("Enter");
    await alice.page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await alice.page.evaluate(() => navigator.clipboard.readText())).toBe(link);
    await expect.poll(() => heard(alice)).toBe("Copied");
    // What was pressed may go, and the keyboard still stands in the dialog.
    const label = alice.page.getByRole("textbox", { name: "Another link, for" });
    await label.fill("Bob");
    await tabTo(alice, "Make link", "Tab");
    await alice.press("Enter");
    await alice.button("Revoke: Bob").waitFor({ timeout: PATIENCE_MS });
    expect(await focusedName(alice)).toBe("Make link");
    await alice.button("Revoke: Bob").press("Enter");
    await alice.button("Revoke this link").press("Enter");
    await alice.button("Revoke: Bob").waitFor({ state: "detached", timeout: PATIENCE_MS });
    expect(await alice.page.evaluate(() => document.activeElement!.className)).toBe("share-links");
    // While the dialog is open, nothing outside of it is read.
    const bob = await (await stage.person()).open(link);
    await expect.poll(() => heard(alice), { timeout: PATIENCE_MS }).toMatch(/ joined$/);
    await bob.leave();
    await alice.press("Escape");
    await alice.page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusedName(alice)).toBe("Share");
    // The focus can be seen.
    const outline = await alice.page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    expect(outline).not.toBe("none");
  });

  it("somebody gives Share up while it is still being fetched, and goes on writing", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("x");
    let arrives: () => void = () => undefined;
    const arrival = new Promise<void>(resolve => {
      arrives = resolve;
    });
    await alice.page.route(/share-dialog.*\.js$/, async route => {
      await arrival;
      await route.continue();
    });
    await alice.button("Share").press("Enter");
    await alice.press("Escape");
    await alice.button("Share").press("Enter");
    const dialog = alice.page.getByRole("dialog", { name: "Share" });
    await dialog.getByText("Opening…").waitFor({ timeout: PATIENCE_MS });
    await alice.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await alice.putCaret(1);
    const arrived = alice.page.waitForResponse(/share-dialog.*\.js$/);
    arrives();
    await arrived;
    await alice.page.waitForTimeout(300);
    await alice.type(" typed");
    await alice.sees("x typed");
  });

  it("somebody goes through the documents: new, open, remove, undo", async () => {
    const alice = await (await stage.person()).open();
    for (const title of ["First", "Second"]) {
      await tabTo(alice, "Title");
      await alice.type(title);
      await alice.press("Enter");
      await alice.type(`Text of ${title}`);
      await alice.isStored();
      if (title === "Second") break;
      await tabTo(alice, "New document");
      await alice.press("Enter");
      await alice.canWrite();
      await alice.sees("");
    }
    await tabTo(alice, "Documents");
    await alice.press("Enter");
    await alice.page.getByRole("link", { name: /First/ }).waitFor();
    await tabTo(alice, /^First/, "Tab");
    await alice.press("Enter");
    await alice.sees("Text of First");
    // Whoever chooses what is open already is where the list was opened from.
    await tabTo(alice, "Documents", "Shift+Tab");
    await alice.press("Enter");
    await tabTo(alice, /^First/, "Tab");
    await alice.press("Enter");
    expect(await focusedName(alice)).toBe("Documents");

    await tabTo(alice, "Documents", "Shift+Tab");
    await alice.press("Enter");
    await tabTo(alice, "Remove from this device: Second", "Tab");
    await alice.press("Enter");
    expect(await focusedName(alice)).toBe("Keep");
    await tabTo(alice, "Remove anyway", "Tab");
    await alice.press("Enter");
    await alice.page.getByRole("link", { name: /Second/ }).waitFor({ state: "detached" });
    await tabTo(alice, "Undo removing", "Tab");
    await alice.press("Enter");
    await expect.poll(() => focusedName(alice), { timeout: PATIENCE_MS }).toBe("Documents");
    if ((await alice.button("Documents").getAttribute("aria-expanded")) !== "true")
      await alice.press("Enter");
    await alice.page.getByRole("link", { name: /Second/ }).waitFor();
    await alice.press("Escape");
    expect(await focusedName(alice)).toBe("Documents");
  });

  it("somebody looks who is here, and is back where she was with Escape", async () => {
    const [alice] = await stage.pair("Who");
    await tabTo(alice, "Who is here");
    await alice.press("Enter");
    await alice.page.getByRole("list", { name: "Who is here" }).waitFor();
    await alice.press("Escape");
    await alice.page.getByRole("list", { name: "Who is here" }).waitFor({ state: "detached" });
    expect(await focusedName(alice)).toBe("Who is here");
    // And who goes on with Tab, past what can be done there, closes it too.
    await alice.press("Enter");
    await alice.page.getByRole("list", { name: "Who is here" }).waitFor();
    await tabTo(alice, "Export", "Tab");
    await alice.page.getByRole("list", { name: "Who is here" }).waitFor({ state: "detached" });
  });

  it("somebody exports a text and keeps a document, and stands where she was", async () => {
    const alice = await (await stage.person()).open();
    await alice.title.fill("Mine");
    await alice.isStored();
    await alice.button("Export").press("Enter");
    const download = alice.page.waitForEvent("download");
    await alice.page.getByRole("button", { name: /^Text/ }).press("Enter");
    await download;
    await expect.poll(() => focusedName(alice)).toBe("Export");
    await alice.button("Documents").press("Enter");
    await alice.button("Remove from this device: Mine").press("Enter");
    await alice.button("Keep").press("Enter");
    expect(await focusedName(alice)).toBe("Remove from this device: Mine");
  });

  it("somebody looks at the words of another, who then leaves: the panel stays, and the keyboard in it", async () => {
    const [alice, bob] = await stage.pair("Who");
    await alice.button("Who is here").press("Enter");
    const verify = alice.page.getByRole("button", { name: /^Verify/ });
    await verify.press("Enter");
    await alice.page.getByRole("dialog").waitFor();
    await alice.press("Escape");
    await alice.page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusedName(alice)).toMatch(/^Verify/);
    await bob.leave();
    await verify.waitFor({ state: "detached", timeout: PATIENCE_MS });
    // On the list of that name, in the panel.
    await expect.poll(() => focusedName(alice)).toBe("Who is here");
    expect(await alice.button("Who is here").count()).toBe(1);
    await alice.press("Escape");
    await alice.page.getByRole("list", { name: "Who is here" }).waitFor({ state: "detached" });
    expect(await focusedName(alice)).toBe("Who is here");
  });

  it("somebody takes another name", async () => {
    const alice = await (await stage.person()).open();
    await tabTo(alice, /edit your name/);
    await alice.press("Enter");
    await alice.type("Typed name");
    await alice.press("Enter");
    await expect.poll(() => focusedName(alice)).toBe("Typed name (you), edit your name");
    await alice.press("Enter");
    await alice.type("Not this");
    await alice.press("Escape");
    await expect.poll(() => focusedName(alice)).toBe("Typed name (you), edit your name");
  });

  it("somebody leaves the text with Tab, which is no trap", async () => {
    const alice = await (await stage.person()).open();
    await alice.type("x");
    await alice.press("Tab");
    expect(await alice.isInText()).toBe(false);
    expect(await alice.text()).toBe("x");
  });
});
