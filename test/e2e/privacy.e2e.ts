// Goal: the server learns nothing of what is written, nobody else is asked for anything, and the page works where
// browsers withhold something: direct connections, or all that they keep for secure pages.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fromBase64Url } from "../../src/sync/base64url.ts";
import { PATIENCE_MS, type Person, report, setStage, untilEqual } from "./people.ts";

const stage = setStage();

/** All that a page hands to the network or gets from it, apart from direct connections. */
function watch(person: Person): Buffer[] {
  const seen: Buffer[] = [];
  const note = (data: string | Buffer | null) => {
    if (data !== null) seen.push(Buffer.from(data));
  };
  person.page.on("websocket", socket => {
    note(socket.url());
    socket.on("framesent", ({ payload }) => note(payload));
    socket.on("framereceived", ({ payload }) => note(payload));
  });
  person.page.on("request", request => {
    note(request.url());
    note(JSON.stringify(request.headers()));
    note(request.postDataBuffer());
  });
  return seen;
}

/** A text or some bytes, in every way in which they might be written. */
function spellings(secret: string | Buffer): Buffer[] {
  const bytes = Buffer.from(secret as string);
  const spelled = [bytes, Buffer.from(bytes.toString("hex")), Buffer.from(bytes.toString("utf16le"))];
  // Base64 of what stands in the middle of something has one of three beginnings.
  for (const encoding of ["base64", "base64url"] as const) {
    for (let shift = 0; shift < 3; shift++) {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString(encoding)
        .replaceAll("=", "");
      spelled.push(Buffer.from(text.slice(shift === 0 ? 0 : shift + 1, -2)));
    }
  }
  return spelled.filter(({ length }) => length >= 6);
}

function found(seen: readonly Buffer[], secrets: Readonly<Record<string, string | Buffer>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    spellings(secret).some(spelled => seen.some(each => each.includes(spelled))) ? [name] : [],
  );
}

describe("what the server sees", () => {
  it.each([
    ["directly", true],
    ["through the server", false],
  ])(
    "is neither text, title, names nor any part of the link, when two are connected %s",
    async (_, hasWebRtc) => {
      const [alice, bob] = await Promise.all([stage.person(), stage.person({ hasWebRtc })]);
      const seen = [...[watch(alice)], ...[watch(bob)]];
      await alice.open();
      const known = Buffer.from("signal");
      await alice.type("Confidential paragraph. ");
      await alice.title.fill("Secret headline");
      await alice.press("Enter");
      for (const [person, name] of [
        [alice, "Alexandra Confident"],
        [bob, "Bartholomew Discreet"],
      ] as const) {
        if (person === bob) await bob.open(await alice.share());
        await person.page.getByRole("button", { name: /edit your name/ }).click();
        const field = person.page.getByRole("textbox", { name: "Your name" });
        await field.fill(name);
        await person.press("Enter");
        // The keyboard goes back to the button that opened the field, and from there to the text.
        await field.waitFor({ state: "detached" });
        await person.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
        await person.editor.focus();
      }
      await bob.sees("Confidential paragraph. ");
      await expect.poll(() => bob.isInText(), { timeout: PATIENCE_MS }).toBe(true);
      await bob.press("Control+End");
      await bob.type("Hidden answer.");
      await bob.sees("Confidential paragraph. Hidden answer.");
      expect(await untilEqual([alice, bob])).toBe("Confidential paragraph. Hidden answer.");
      await expect.poll(() => bob.title.inputValue(), { timeout: PATIENCE_MS }).toBe("Secret headline");
      await expect
        .poll(() => alice.people.allTextContents(), { timeout: PATIENCE_MS })
        .toEqual([expect.stringContaining("Alexandra"), expect.stringContaining("Bartholomew")]);
      await expect
        .poll(() => alice.people.nth(1).textContent(), { timeout: PATIENCE_MS })
        .toContain(hasWebRtc ? ", here" : "through the relay");

      await alice.button("Share").click();
      const fragment = new URL(await alice.shownLink()).hash.slice(1);
      const bytes = Buffer.from(fromBase64Url(fragment.split(".")[1]!)!);
      const secrets = {
        "the text": "Confidential paragraph",
        "a word of the text": "Hidden",
        "the title": "Secret headline",
        "one name": "Alexandra",
        "the other name": "Bartholomew",
        "the fragment": fragment,
        "the document": bytes.subarray(0, 32),
        "half the document": bytes.subarray(0, 16),
        "the room's secret": bytes.subarray(32, 64),
        "half the room's secret": bytes.subarray(48, 64),
        "the invitation": bytes.subarray(64),
        "half the invitation": bytes.subarray(64, 80),
        "the document's address": new URL(alice.page.url()).hash.slice(1),
      };
      for (const frames of seen) {
        // The net would catch a fish: the frames are there, and a word that does pass is found.
        expect(frames.length).toBeGreaterThan(20);
        expect(found(frames, { known })).toEqual(["known"]);
        expect(found(frames, secrets)).toEqual([]);
      }
    },
  );

  it("is found by this test where it would be sent", () => {
    const bytes = Buffer.from("Secret headline");
    for (const spelled of [bytes.toString(), bytes.toString("hex"), `x${bytes.toString("base64")}`])
      expect(found([Buffer.from(`{"a":"${spelled}"}`)], { it: bytes })).toEqual(["it"]);
    const inside = Buffer.concat([Buffer.from("ab"), bytes, Buffer.from("c")]).toString("base64url");
    expect(found([Buffer.from(inside)], { it: bytes })).toEqual(["it"]);
    expect(found([Buffer.from("nothing of it")], { it: bytes })).toEqual([]);
  });
});

describe("the page", () => {
  it("comes with its content policy, asks nobody but its server, and needs no more than 250 kB of script", async () => {
    const alice = await stage.person();
    const scripts: Promise<readonly [string, number]>[] = [];
    let headers: Record<string, string> = {};
    alice.page.on("response", response => {
      const { pathname } = new URL(response.url());
      if (pathname === "/") headers = response.headers();
      if (!pathname.endsWith(".js")) return;
      scripts.push(response.body().then(body => [pathname, gzipSync(body).length] as const));
    });
    await alice.page.addInitScript(() => {
      addEventListener("focusin", ({ target }) => {
        if ((target as Element).classList.contains("cm-content")) performance.mark("caret");
      });
    });
    await alice.open();
    // What is asked for when the caret stands already keeps nobody waiting: the grammar that makes headings large.
    const before = await alice.page.evaluate(() => {
      const [caret] = performance.getEntriesByName("caret");
      const asked = performance
        .getEntriesByType("resource")
        .filter(each => each.startTime < caret!.startTime);
      return asked.map(({ name }) => new URL(name).pathname);
    });
    const sizes = (await Promise.all(scripts.splice(0))).filter(([path]) => before.includes(path));
    const sum = sizes.reduce((total, [, size]) => total + size, 0);
    report("script before the caret, gzip", `${(sum / 1000).toFixed(1)} kB in ${sizes.length} files`);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(250_000);
    const policy = headers["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
    // A violation would fail this test: see that one is noticed.
    await alice.page.evaluate(() => {
      const image = new Image();
      image.src = "http://127.0.0.1:1/nothing.png";
    });
    await expect.poll(() => stage.faults.some(fault => fault.includes("content policy"))).toBe(true);
    stage.faults.length = 0;
  });

  it("makes direct connections without anybody's help", async () => {
    const [alice, bob] = await Promise.all([stage.person(), stage.person()]);
    for (const { page } of [alice, bob]) {
      await page.addInitScript(() => {
        const Original = RTCPeerConnection;
        const configurations: unknown[] = [];
        Object.assign(globalThis, { configurations });
        globalThis.RTCPeerConnection = new Proxy(Original, {
          construct: (target, args: [RTCConfiguration?]) => {
            configurations.push(args[0]?.iceServers ?? []);
            return new target(...args);
          },
        });
      });
    }
    await alice.open();
    await alice.type("x");
    await bob.open(await alice.share());
    await bob.sees("x");
    await expect.poll(() => bob.people.nth(1).textContent(), { timeout: PATIENCE_MS }).toMatch(/, here$/);
    for (const { page } of [alice, bob])
      expect(
        await page.evaluate(() => (globalThis as unknown as { configurations: unknown[] }).configurations),
      ).toEqual([[]]);
  });
});

describe("a network address", () => {
  it("is hidden from the others where somebody wishes it, also after a reload", async () => {
    const [alice, bob] = await Promise.all([stage.person(), stage.person()]);
    await bob.page.addInitScript(() => {
      const Original = RTCPeerConnection;
      Object.assign(globalThis, { constructed: 0 });
      globalThis.RTCPeerConnection = new Proxy(Original, {
        construct: (target, args: [RTCConfiguration?]) => {
          (globalThis as unknown as { constructed: number }).constructed++;
          return new target(...args);
        },
      });
    });
    const constructed = () =>
      bob.page.evaluate(() => (globalThis as unknown as { constructed: number }).constructed);
    await alice.open();
    await alice.type("x");
    await bob.open(await alice.share());
    await bob.sees("x");
    await expect.poll(() => alice.people.nth(1).textContent(), { timeout: PATIENCE_MS }).toMatch(/, here$/);
    await bob.page.getByRole("button", { name: "Share" }).click();
    const choice = bob.page.getByLabel("Hide my network address from the others");
    await choice.check();
    await bob.page.getByText("Everything goes through the server").waitFor();
    const before = await constructed();
    await bob.page.keyboard.press("Escape");
    const relayed = () =>
      expect
        .poll(() => alice.people.nth(1).textContent(), { timeout: PATIENCE_MS })
        .toContain("here, through the relay");
    await relayed();
    await bob.putCaret(1);
    await bob.type("y");
    await alice.sees("xy");
    await bob.page.reload();
    await bob.canWrite();
    await relayed();
    await bob.putCaret(2);
    await bob.type("z");
    await alice.sees("xyz");
    // Of the page before the reload none, after it none at all.
    expect([before, await constructed()]).toEqual([1, 0]);
  });
});

describe("a browser that withholds something", () => {
  it("has no direct connections: the server carries on by itself after about three seconds", async () => {
    const [alice, bob] = await Promise.all([stage.person(), stage.person({ hasWebRtc: false })]);
    await alice.open();
    await alice.type("By way of the server. ");
    const link = await alice.share();
    const openedAt = performance.now();
    await bob.open(link);
    await bob.sees("By way of the server. ");
    report(
      "first text through the server",
      `${((performance.now() - openedAt) / 1000).toFixed(1)} s after opening`,
    );
    await bob.press("Control+End");
    await Promise.all([alice.type("A".repeat(20), 10), bob.type("B".repeat(20), 12)]);
    expect(await untilEqual([alice, bob])).toHaveLength("By way of the server. ".length + 40);
    for (const person of [alice, bob]) await person.isSharedWith(1);
    expect(await alice.people.nth(1).textContent()).toContain("here, through the relay");
  });

  it("gives a page over plain http no crypto and no service worker: it says so once, and works", async () => {
    const plain = stage.url.replace("127.0.0.1", "plain.test");
    const [alice, bob] = await Promise.all([stage.person(), stage.person()]);
    await alice.open(plain);
    expect(
      await alice.page.evaluate(() => [isSecureContext, "subtle" in crypto && crypto.subtle !== undefined]),
    ).toEqual([false, false]);
    const missing = alice.page.getByRole("complementary", { name: "What this browser withholds" });
    await missing.getByText(/plain http/).waitFor();
    await missing.getByRole("button", { name: "Dismiss" }).click();
    await alice.editor.focus();
    await alice.type("Plain but signed.");
    await alice.isStored();
    await alice.page.reload();
    await alice.canWrite();
    await alice.sees("Plain but signed.");
    expect(await missing.count()).toBe(0);
    const link = await alice.share();
    await bob.open(link);
    await bob.sees("Plain but signed.");
    await bob.press("Control+End");
    await bob.type(" Indeed.");
    expect(await untilEqual([alice, bob])).toBe("Plain but signed. Indeed.");
    for (const person of [alice, bob]) await person.isSharedWith(1);
  });
});
