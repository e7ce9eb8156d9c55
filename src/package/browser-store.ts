// The store of a browser profile, behind the port alone: what it is made of is nobody's to build on.

import { openIndexedDbStore } from "../sync/adapters/indexeddb.ts";
import type { Store } from "../sync/ports.ts";
import { storeFailure } from "./error.ts";

/**
 * In IndexedDB, in the database `name`; tabs of one profile share it and stay one author. Rejects with a `ChirographError`
 * ("StoreUnavailable", "StoreBlocked", "StoreFull") where nothing can be kept: `openMemoryStore` works everywhere.
 */
export async function openStore(name = "chirograph"): Promise<Store> {
  try {
    return await openIndexedDbStore(name);
  } catch (error) {
    throw storeFailure(error);
  }
}
