// Goal: a page opens whatever its store and its clock do, and keeps what it holds of documents. Method: the workspace of a
// browser over a store in memory.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StoreFailure } from "../../src/sync/adapters/database.ts";
import { blankRecord } from "../../src/sync/adapters/document-record.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { openWorkspace } from "../../src/sync/adapters/workspace.ts";
import { encodeLink } from "../../src/sync/link.ts";
import type { DocumentRecord, Store } from "../../src/sync/ports.ts";

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
});
