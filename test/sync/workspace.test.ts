// Goal: a page opens whatever its store and its clock do, and keeps what it holds of documents. Method: the workspace of a
// browser over a store in memory.
import { expect, test, vi } from "vitest";
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
