// Goal: a page opens whatever its store and its clock do, and keeps what it holds of documents. Method: the workspace of a
// browser over a store in memory.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StoreFailure } from "../../src/sync/adapters/database.ts";
import { blankRecord } from "../../src/sync/adapters/document-record.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { openWorkspace } from "../../src/sync/adapters/workspace.ts";
import { encodeLink } from "../../src/sync/link.ts";
import type { DocumentRecord, Store } from "../../src/sync/ports.ts";
import type { OpenDocument } from "../../src/sync/view.ts";

const DOC = "d0".repeat(32);

/** A store over `memory` that holds one document. */
function storeOf(memory: Memory, fields: Partial<DocumentRecord> = {}): Store {
  memory.documents.set(DOC, { ...blankRecord(DOC), updatedAt: 1, title: "Plans", ...fields });
  return openMemoryStore(memory);
}

const open = (store: Store) =>
  openWorkspace(
    address => address,
    async () => store,
  );

test("a list that cannot be read is said to be missing, and nothing is remembered over it", async () => {
  const memory = new Memory();
  const roomSecret = new Uint8Array(32).fill(1);
  const store = storeOf(memory, { roomSecret });
  const { documents } = store;
  store.documents = () => Promise.reject(new StoreFailure("failed"));
  const workspace = await open(store);
  expect(workspace.documents()).toEqual([]);
  expect(workspace.missing.at(-1)).toMatch(/^This browser could not read which documents it holds/);
  const another = new Uint8Array(32).fill(2);
  const link = encodeLink({ doc: DOC as never, roomSecret: another, inviteSeed: another, server: null });
  await expect(workspace.join(link)).rejects.toThrow(StoreFailure);
  expect(memory.documents.get(DOC)).toMatchObject({ title: "Plans", roomSecret });
  store.documents = documents;
  // Word of another tab.
  await openMemoryStore(memory).putDocument({ id: DOC, title: "Other plans" });
  await vi.waitFor(() => expect(workspace.documents()).toMatchObject([{ title: "Other plans" }]));
});

test("a page asks before it goes away where what it has not stored would not be found by the next, and only there", async () => {
  const kept = new Map<string, string>();
  let isFull = false;
  vi.stubGlobal("localStorage", {
    setItem: (key: string, value: string) => {
      if (isFull) throw new DOMException("full", "QuotaExceededError");
      kept.set(key, value);
    },
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("location", new URL("http://localhost/"));
  vi.stubGlobal("navigator", {});
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  const asks = () => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  const workspace = await open(openMemoryStore(new Memory()));
  const document = await workspace.create();
  document.text.edit([{ from: 0, to: 0, insert: "Pasted" }]);
  expect(asks()).toBe(false);
  // It stayed, and goes on with it.
  expect(kept.size).toBe(0);
  isFull = true;
  expect(asks()).toBe(true);
  document.flush();
  await vi.waitFor(() => expect(asks()).toBe(false));
  vi.unstubAllGlobals();
});

describe("a removed document", () => {
  const YEARS_MS = 5 * 365 * 86_400_000;
  /** Longer than Undo is offered. */
  const GONE_MS = 12_000;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is deleted at the next start by a clock that is right, whatever the one said by which it was removed", async () => {
    for (const wrongMs of [-YEARS_MS, -GONE_MS, 0, GONE_MS, YEARS_MS]) {
      const memory = new Memory();
      await open(storeOf(memory, { removedAt: Date.now() + wrongMs }));
      await vi.advanceTimersByTimeAsync(GONE_MS);
      expect([wrongMs, memory.documents.size]).toEqual([wrongMs, 0]);
    }
  });

  test("is deleted though the clock is set back while Undo is offered, and stands until then", async () => {
    const memory = new Memory();
    const workspace = await open(storeOf(memory));
    await workspace.remove(DOC);
    vi.setSystemTime(Date.now() - YEARS_MS);
    await vi.advanceTimersByTimeAsync(workspace.undoMs);
    expect(memory.documents.size).toBe(1);
    await vi.advanceTimersByTimeAsync(GONE_MS);
    expect(memory.documents.size).toBe(0);
  });

  test("stays where it was restored, and is offered as long again where it was removed again", async () => {
    const memory = new Memory();
    const workspace = await open(storeOf(memory));
    await workspace.remove(DOC);
    await vi.advanceTimersByTimeAsync(workspace.undoMs);
    await workspace.restore(DOC);
    await workspace.remove(DOC);
    await vi.advanceTimersByTimeAsync(workspace.undoMs);
    await workspace.restore(DOC);
    await vi.advanceTimersByTimeAsync(GONE_MS);
    expect(workspace.documents()).toMatchObject([{ id: DOC }]);
  });

  test("is deleted also where the store takes no word of the removal, as a full one does", async () => {
    const memory = new Memory();
    const store = storeOf(memory);
    store.putDocument = () => Promise.reject(new StoreFailure("quota"));
    await (await open(store)).remove(DOC);
    await vi.advanceTimersByTimeAsync(GONE_MS);
    expect(memory.documents.size).toBe(0);
  });

  describe("that another tab shows", () => {
    beforeEach(() => {
      vi.stubGlobal("location", new URL("http://localhost/"));
      vi.stubGlobal("navigator", {});
    });
    afterEach(() => {
      vi.unstubAllGlobals();
    });

    const put = (document: OpenDocument, insert: string) => document.text.edit([{ from: 0, to: 0, insert }]);

    /** A document says "Hello", and one tab has just removed it. */
    async function removed() {
      const memory = new Memory();
      const [one, other] = [await open(openMemoryStore(memory)), await open(openMemoryStore(memory))];
      const document = await other.create();
      put(document, "Hello");
      await vi.advanceTimersByTimeAsync(1_000);
      await one.remove(document.id);
      await vi.advanceTimersByTimeAsync(1_000);
      return { memory, one, other, document };
    }

    test("stays in both where it is written on there while Undo is offered", async () => {
      const { memory, one, other, document } = await removed();
      put(document, "Oh! ");
      await vi.advanceTimersByTimeAsync(GONE_MS);
      expect(memory.journal(document.id).rows).toHaveLength(3);
      for (const workspace of [one, other])
        expect(workspace.documents()).toMatchObject([{ id: document.id }]);
      const again = await (await open(openMemoryStore(memory))).open(document.id);
      expect(again?.text.toString()).toBe("Oh! Hello");
    });

    test("stays where word of that comes too late to the one that deletes it", async () => {
      const { memory, one, document } = await removed();
      const { removedAt } = memory.documents.get(document.id)!;
      expect(removedAt).not.toBeNull();
      // Not told.
      memory.documents.set(document.id, { ...memory.documents.get(document.id)!, removedAt: null });
      await vi.advanceTimersByTimeAsync(GONE_MS);
      expect(memory.journal(document.id).rows).toHaveLength(2);
      expect(one.documents()).toMatchObject([{ id: document.id }]);
    });

    test("is gone where nobody writes on, and its page leaves nothing of it", async () => {
      const { memory, document } = await removed();
      const left: string[] = [];
      vi.stubGlobal("localStorage", { setItem: (key: string) => left.push(key) });
      await vi.advanceTimersByTimeAsync(GONE_MS);
      await document.close();
      expect(left.filter(key => key.includes("unsaved"))).toEqual([]);
      expect([memory.documents.size, memory.journal(document.id).rows]).toEqual([0, []]);
    });
  });
});
