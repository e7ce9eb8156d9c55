// Goal: a page meets the others whatever its host answers about ICE servers, and links as its person wishes, in every tab.
// Method: workspaces of browsers over stores in memory, whose direct links are seen being begun and fail; a real server on
// loopback introduces them, or a socket that never opens.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createServer } from "../../signalling/server.ts";
import { blankRecord } from "../../src/sync/adapters/document-record.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { openWorkspace } from "../../src/sync/adapters/workspace.ts";
import { CONFIGURATION_MS, SERVER_RETRY_MS_MAX } from "../../src/sync/limits.ts";
import type { OpenDocument } from "../../src/sync/view.ts";

const DOC = "d0".repeat(32);
const SLOT = "chirograph.direct";
const ICE_SERVERS = [{ urls: "stun:stun.example:3478" }];
const told = () => new Response(JSON.stringify({ iceServers: ICE_SERVERS }));

/** Milliseconds until somebody has been met who is there, on a busy machine. */
const WAIT_MS = 20_000;
vi.setConfig({ testTimeout: 3 * WAIT_MS });

const failed = () => Promise.reject(new TypeError("Failed to fetch"));
const unanswered = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** What each direct link that was begun was given. */
let begun: unknown[] = [];
const opened: OpenDocument[] = [];

/** A browser with the document, which it shares with all others here. */
async function openDocument(): Promise<OpenDocument> {
  const memory = new Memory();
  const roomSecret = new Uint8Array(32).fill(7);
  memory.documents.set(DOC, { ...blankRecord(DOC), updatedAt: 1, roomSecret });
  const store = openMemoryStore(memory);
  const workspace = await openWorkspace(
    address => address,
    async () => store,
  );
  const document = (await workspace.open(DOC))!;
  opened.push(document);
  return document;
}

/** `answer`: what the host says at the nth question from 0. Answered are the times of the questions. */
function host(url: string, answer: (nth: number, signal: AbortSignal) => Response | Promise<Response>) {
  const askedAt: number[] = [];
  vi.stubGlobal("location", { href: url });
  vi.stubGlobal("document", { baseURI: url });
  vi.stubGlobal("fetch", async (_: string, { signal }: { signal: AbortSignal }) =>
    answer(askedAt.push(Date.now()) - 1, signal),
  );
  return askedAt;
}

beforeEach(() => {
  begun = [];
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal(
    "RTCPeerConnection",
    class {
      constructor({ iceServers }: RTCConfiguration) {
        begun.push(iceServers);
        throw new Error("no WebRTC in Node");
      }
    },
  );
});
afterEach(async () => {
  for (const document of opened.splice(0)) await document.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function withServer(body: (url: string) => Promise<void>): Promise<void> {
  const server = createServer({ folder: "none", port: 0 });
  const { url } = await server.listen();
  try {
    await body(url);
  } finally {
    await server.close();
  }
}

describe("ICE servers", () => {
  test("that could not be asked for are used as soon as they are told, and nobody waits for them", () =>
    withServer(async url => {
      host(url, nth => (nth < 4 ? failed() : told()));
      await Promise.all([openDocument(), openDocument()]);
      await vi.waitFor(() => expect(begun).not.toEqual([]), WAIT_MS);
      expect(begun[0]).toEqual([]);
      await vi.waitFor(() => expect(begun).toContainEqual(ICE_SERVERS), WAIT_MS);
    }));

  test("about which no answer comes are waited for so long and asked for again, until they are told", async () => {
    vi.useFakeTimers();
    const triedAt: number[] = [];
    vi.stubGlobal(
      "WebSocket",
      class {
        constructor() {
          triedAt.push(Date.now());
          throw new Error("no server");
        }
      },
    );
    const askedAt = host("http://notes.example/", (nth, signal) => (nth < 2 ? unanswered(signal) : told()));
    await openDocument();
    await vi.waitFor(() => expect(askedAt).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(CONFIGURATION_MS);
    expect(triedAt[0]! - askedAt[0]!).toBe(CONFIGURATION_MS);
    await vi.advanceTimersByTimeAsync(CONFIGURATION_MS + SERVER_RETRY_MS_MAX);
    expect(askedAt).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(10 * SERVER_RETRY_MS_MAX);
    expect([askedAt.length, triedAt.length > 10]).toEqual([3, true]);
  });
});

describe("who hides their address", () => {
  const shelf = new Map<string, string>();
  const page = new EventTarget();

  /** What another tab of this browser remembers. */
  function elsewhere(write: () => void): void {
    write();
    page.dispatchEvent(Object.assign(new Event("storage"), { key: SLOT }));
  }

  beforeEach(() => {
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => shelf.get(key) ?? null,
      setItem: (key: string, value: string) => shelf.set(key, value),
      removeItem: (key: string) => shelf.delete(key),
    });
  });

  test("in one tab hides it in all, whatever was chosen there before, and shows it in all again", () =>
    withServer(async url => {
      const askedAt = host(url, told);
      const [alice] = await Promise.all([openDocument(), openDocument()]);
      alice.setDirect(true);
      await vi.waitFor(() => expect(begun).not.toEqual([]), WAIT_MS);
      const before = askedAt.length;
      elsewhere(() => shelf.set(SLOT, "no"));
      expect(alice.isDirect).toBe(false);
      // Each of both begins its links anew.
      await vi.waitFor(() => expect(askedAt).toHaveLength(before + 2), WAIT_MS);
      await new Promise(resolve => setTimeout(resolve, 500));
      begun = [];
      // Direct ones would be tried again in two seconds.
      await new Promise(resolve => setTimeout(resolve, 2_000));
      expect(begun).toEqual([]);
      elsewhere(() => shelf.delete(SLOT));
      expect(alice.isDirect).toBe(true);
      await vi.waitFor(() => expect(begun).not.toEqual([]), WAIT_MS);
    }));
});
