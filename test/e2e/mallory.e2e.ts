// Goal: an invited member who lies hurts nobody. Mallory speaks through the real server, links and handshake; what
// she sends is refused or waits, is never shown, and two others go on writing to each other.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { toHex } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import type { SocketConstructor } from "../../src/sync/adapters/signal.ts";
import type { SignedChange } from "../../src/sync/protocol.ts";
import { LIES } from "./lies.ts";
import { Mallory } from "./mallory.ts";
import type { api as pageApi } from "./mallory-page.ts";
import { type ServedPage, servePage } from "./page.ts";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

declare const api: typeof pageApi;

const stage = setStage();
let mallory: Mallory | null = null;

afterEach(() => {
  mallory?.leave();
  mallory = null;
});

/** Alice and Bob are at work when Mallory joins by the link and writes one honest word. */
async function joined(): Promise<{ alice: Person; bob: Person; liar: Mallory }> {
  const [alice, bob, link] = await stage.pair("Honest. ");
  await bob.putCaret(8);
  await bob.type("Work. ");
  const liar = new Mallory(link, stage.url, WebSocket as unknown as SocketConstructor);
  mallory = liar;
  await expect.poll(() => liar.peers.size, { timeout: PATIENCE_MS }).toBe(2);
  await expect.poll(() => textOf(liar), { timeout: PATIENCE_MS }).toBe("Honest. Work. ");
  liar.send(liar.write("Hello. "));
  for (const person of [alice, bob]) await person.sees("Honest. Work. Hello. ");
  return { alice, bob, liar };
}

function textOf(liar: Mallory): unknown {
  return (liar.replica.toJson() as { body?: unknown }).body;
}

/** One calm line, and no more of it than that. */
async function isToldOfRefusal(person: Person, words: string, message: string): Promise<void> {
  await expect.poll(() => person.status.textContent(), { timeout: PATIENCE_MS, message }).toContain(words);
  expect(await person.page.getByRole("status").count()).toBe(1);
  expect(await person.page.getByRole("dialog").count()).toBe(0);
}

/** Both write, and read each other. */
async function goOn(alice: Person, bob: Person, before: string): Promise<void> {
  await alice.press("Control+End");
  await alice.type("A");
  await bob.sees(`${before}A`);
  await bob.press("Control+End");
  await bob.type("B");
  expect(await untilEqual([alice, bob])).toBe(`${before}AB`);
}

const BEFORE = "Honest. Work. Hello. ";

describe("a change from Mallory", () => {
  it("that is no true change is refused, never shown, and said in one calm line", async () => {
    const { alice, bob, liar } = await joined();
    let text = BEFORE;
    for (const { name, changes, told } of LIES) {
      let written: SignedChange | null = null;
      const honest = () => {
        written ??= liar.write("true. ");
        return written;
      };
      liar.send(...changes(liar, honest));
      for (const person of [alice, bob]) await isToldOfRefusal(person, told, name);
      // What is true behind a lie is believed all the same, and shows that the lie has been judged.
      liar.send(honest());
      text += "true. ";
      for (const person of [alice, bob])
        await expect.poll(() => person.text(), { timeout: PATIENCE_MS, message: name }).toBe(text);
    }
    await goOn(alice, bob, text);
    await alice.isStored();
    await alice.page.reload();
    await alice.canWrite();
    expect(await untilEqual([alice, bob])).toBe(`${text}AB`);
  });

  it("is shown once if it comes many times, waits if it comes before its parent, and for ever if that never comes", async () => {
    const { alice, bob, liar } = await joined();
    const change = liar.write("Again. ");
    liar.send(...Array.from({ length: 50 }, () => change));
    let text = `${BEFORE}Again. `;
    for (const person of [alice, bob]) await person.sees(text);
    liar.send(change, change);

    const [parent, ...children] = Array.from({ length: 8 }, (_, i) => liar.write(`${i} `));
    liar.send(...children.reverse());
    await goOn(alice, bob, text);
    liar.send(parent!);
    for (const person of [alice, bob])
      await expect.poll(() => person.text(), { timeout: PATIENCE_MS }).toContain("0 1 2 3 4 5 6 7 ");
    text = await untilEqual([alice, bob]);

    liar.write("Withheld. ");
    liar.send(liar.write("Orphan. "));
    await goOn(alice, bob, text);
    // Once she is gone, what waited for her is gone as well.
    liar.leave();
    await alice.press("Control+End");
    await alice.type("!");
    await bob.sees(`${text}AB!`);
    for (const person of [alice, bob]) expect(await person.status.textContent()).not.toContain("refused");
  });
});

describe("Mallory in a browser of her own", () => {
  let served: ServedPage;

  beforeAll(async () => {
    served = await servePage("./mallory-page.ts");
    await stage.stopServer();
    stage.allowedOrigins = [new URL(served.address).origin];
    await stage.startServer();
  });
  afterAll(() => served?.close());

  it.each([
    ["webrtc", true],
    ["relay", false],
  ])("is refused each of her lies over %s", async (kind, hasWebRtc) => {
    const [alice, bob, link] = await stage.pair("Honest. ");
    await bob.press("Control+End");
    await bob.type("Work. ");
    const { page } = await stage.person({ hasWebRtc });
    await page.goto(served.address);
    await page.waitForFunction(() => "api" in globalThis);
    await page.evaluate(([to, server]) => api.join(to, server), [link, stage.url] as const);
    await expect.poll(() => page.evaluate(() => api.links()), { timeout: PATIENCE_MS }).toEqual([kind, kind]);
    await expect.poll(() => page.evaluate(() => api.text()), { timeout: PATIENCE_MS }).toBe("Honest. Work. ");
    await page.evaluate(() => api.say("Hello. "));
    let text = BEFORE;
    for (const person of [alice, bob]) await person.sees(text);
    for (const [i, { name, told }] of LIES.entries()) {
      await page.evaluate(index => api.lie(index), i);
      for (const person of [alice, bob]) await isToldOfRefusal(person, told, name);
      await page.evaluate(() => api.tellTruth());
      text += "true. ";
      for (const person of [alice, bob])
        await expect.poll(() => person.text(), { timeout: PATIENCE_MS, message: name }).toBe(text);
    }
    await goOn(alice, bob, text);
  });
});

describe("Mallory's noise", () => {
  it("closes her link and nothing else", async () => {
    const { alice, bob, liar } = await joined();
    const links = [...liar.peers];
    liar.sendGarbage([
      new Uint8Array(0),
      new Uint8Array(1),
      ciphers.random(100),
      ciphers.random(16 * 1024),
      new Uint8Array(16 * 1024 + 1),
    ]);
    await expect.poll(() => links.some(link => liar.peers.has(link)), { timeout: PATIENCE_MS }).toBe(false);
    await goOn(alice, bob, BEFORE);
  });

  it("of senseless carets and claims moves nobody's text", async () => {
    const { alice, bob, liar } = await joined();
    for (const peer of liar.peers) {
      const anchor = { id: toHex(ciphers.random(32)) as never, index: 2 ** 40 };
      peer.send({
        type: "presence",
        presence: { name: "\u202eAlice\u200b", caret: { anchor, head: anchor } },
      });
      peer.send({
        type: "have",
        how: "all",
        lanes: Array.from({ length: 2_000 }, (_, seq) => ({
          device: toHex(ciphers.random(4)),
          seq: seq + 1,
          tag: ciphers.random(8),
        })),
      });
      peer.send({ type: "took", bytes: 2 ** 50 });
    }
    await goOn(alice, bob, BEFORE);
    await expect.poll(() => alice.people.allTextContents()).toHaveLength(3);
    for (const text of await alice.people.allTextContents()) expect(text).not.toMatch(/[\u202e\u200b]/);
  });
});
