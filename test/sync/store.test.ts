// The memory store keeps every promise of a store. IndexedDB runs the same cases in a browser (test/e2e).

import { describe, expect, it } from "vitest";
import { openIndexedDbStore } from "../../src/sync/adapters/indexeddb.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { STORE_CASES } from "./store-suite.ts";

describe("the memory store", () => {
  for (const { name, run } of STORE_CASES) {
    it(name, async () => {
      const memory = new Memory();
      await run(async () => openMemoryStore(memory));
    });
  }

  it("shares nothing unless told so", async () => {
    const [alice, bob] = [openMemoryStore(), openMemoryStore()];
    await alice.append("d0", 0, head => ({
      records: [{ id: "01", bytes: Uint8Array.of(1), signature: null }],
      head,
    }));
    expect(await bob.read("d0", 0)).toEqual({ records: [], position: 0 });
    expect(alice.durable).toBe(false);
  });
});

describe("the IndexedDB store", () => {
  it("says that it is unavailable where there is no IndexedDB", async () => {
    await expect(openIndexedDbStore()).rejects.toMatchObject({ name: "StoreFailure", code: "unavailable" });
  });
});
