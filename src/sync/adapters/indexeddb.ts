// The store of a browser profile in IndexedDB. Its one hard duty: all tabs share one chain, so `append` reads the
// head, asks the caller and writes within one readwrite transaction, and browsers run those of one store one after
// another. What the changes mean it does not know; damage is dropped when read, so that peers can bring it again.

import type { IDBPObjectStore } from "idb";
import type { StoredFork } from "../../crdt/index.ts";
import type {
  Append,
  Bytes,
  ChainHead,
  ChangeRecord,
  DocumentFields,
  DocumentRecord,
  Store,
  StoredImage,
} from "../ports.ts";
import { DATABASE_NAME, Database, type Schema } from "./database.ts";
import { blankRecord } from "./document-record.ts";
import {
  chainOf,
  chainsOf,
  devicesOf,
  emptyLostRows,
  fieldsOf,
  isChainHead,
  isChangeRecord,
  isDocumentRecord,
  isImageRow,
  isLossOfValue,
  isStoredFork,
  ROWS_PER_REQUEST,
  rangeOf,
  recordOf,
} from "./stored-rows.ts";

export { StoreFailure } from "./database.ts";

/** Rejects with a `StoreFailure` ("unavailable", "blocked", "quota") where nothing can be kept. */
export async function openIndexedDbStore(name = DATABASE_NAME): Promise<IndexedDbStore> {
  return new IndexedDbStore(await Database.open(name), new Tabs(name));
}

export class IndexedDbStore implements Store {
  readonly durable = true;
  readonly #database: Database;
  readonly #tabs: Tabs;
  #damaged = 0;

  constructor(database: Database, tabs: Tabs) {
    this.#database = database;
    this.#tabs = tabs;
  }

  /** How often a record was dropped because it was not whole, each reading counted. */
  get damaged(): number {
    return this.#damaged;
  }

  async documents(): Promise<readonly DocumentRecord[]> {
    return await this.#database.read(["documents", "changes"], async transaction => {
      const rows = await transaction.objectStore("documents").getAll();
      const listed = rows.filter(row => this.#isWhole(row, isDocumentRecord));
      const others = await documentsBeside(
        transaction.objectStore("changes"),
        listed.map(({ id }) => id),
      );
      return [...listed, ...others.map(blankRecord)].sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  async putDocument(fields: DocumentFields): Promise<void> {
    await this.#database.write(["documents"], async transaction => {
      const documents = transaction.objectStore("documents");
      const row: unknown = await documents.get(fields.id);
      const before = isDocumentRecord(row) ? row : blankRecord(fields.id);
      await documents.put({ ...before, ...fields });
    });
    this.#tabs.tell(null);
  }

  async deleteDocument(id: string, removedAt?: number): Promise<void> {
    await this.#database.write(["documents", "changes", "chains", "images", "forks"], async transaction => {
      const documents = transaction.objectStore("documents");
      if (removedAt !== undefined && (await documents.get(id))?.removedAt !== removedAt) return;
      await Promise.all([
        documents.delete(id),
        transaction.objectStore("changes").delete(rangeOf(id, 0, Infinity)),
        transaction.objectStore("chains").delete(chainsOf(id)),
        transaction.objectStore("images").delete(id),
        transaction.objectStore("forks").delete(devicesOf(id)),
      ]);
    });
    this.#tabs.tell(id);
    this.#tabs.tell(null);
  }

  async read(
    doc: string,
    from: number,
    to = Infinity,
  ): Promise<{ records: readonly ChangeRecord[]; position: number }> {
    return await this.#withoutLost(doc, () =>
      this.#database.read(["changes"], transaction =>
        this.#recordsFrom(transaction.objectStore("changes"), doc, from, to),
      ),
    );
  }

  async image(doc: string): Promise<StoredImage | null> {
    const image = await this.#database.read(["images", "changes"], async transaction => {
      const row = await transaction.objectStore("images").get(doc);
      if (row === undefined || !this.#isWhole(row, isImageRow)) return null;
      const last = await transaction.objectStore("changes").openKeyCursor(rangeOf(doc, 0, Infinity), "prev");
      const isOfLog = last !== null && row.position <= last.key[1] + 1;
      return isOfLog ? row : null;
    });
    if (image === null) return null;
    try {
      return { bytes: new Uint8Array(await image.bytes.arrayBuffer()), position: image.position };
    } catch {
      // The browser has lost the file, or another tab has just replaced it.
      return null;
    }
  }

  /** Not in one transaction: it takes a while, and nobody who stores an edit shall wait for it. */
  async putImage(doc: string, { bytes, position }: StoredImage, size: number): Promise<void> {
    const count = await this.#database.read(["changes"], transaction =>
      transaction.objectStore("changes").count(rangeOf(doc, 0, position)),
    );
    if (count !== size) return;
    await this.#database.write(["documents", "images"], async transaction => {
      const document = await transaction.objectStore("documents").getKey(doc);
      // Deleted meanwhile: nothing of it may stay.
      const row = { doc, bytes: new Blob([bytes]), position };
      if (document !== undefined) await transaction.objectStore("images").put(row);
    });
  }

  async dropImage(doc: string): Promise<void> {
    await this.#database.write(["images"], transaction => transaction.objectStore("images").delete(doc));
  }

  async append(
    doc: string,
    position: number,
    append: Append,
    chain: string | null = null,
  ): Promise<{ position: number }> {
    let isCalled = false;
    const once: Append = (head, unseen) => {
      isCalled = true;
      return append(head, unseen);
    };
    const name = chain === null ? doc : chainOf(doc, chain);
    const attempt = () => this.#appendOnce(doc, position, once, name);
    const { isWritten, ...answer } = await this.#withoutLost(doc, attempt, () => !isCalled);
    if (isWritten) this.#tabs.tell(doc);
    return answer;
  }

  async putSignature(doc: string, id: string, signature: Bytes): Promise<void> {
    const isWritten = await this.#database.write(["changes"], async transaction => {
      const changes = transaction.objectStore("changes");
      const row = await changes.index("id").get([doc, id]);
      // Another tab may have deleted the document or signed meanwhile; browsers that sign at random make two
      // signatures of one change, and both are right.
      if (row === undefined || row.signature !== null) return false;
      await changes.put({ ...row, signature });
      return true;
    });
    if (isWritten) this.#tabs.tell(doc);
  }

  async forks(doc: string): Promise<readonly StoredFork[]> {
    const rows = await this.#database.read(["forks"], transaction =>
      transaction.objectStore("forks").getAll(devicesOf(doc)),
    );
    const whole = rows.filter(row => this.#isWhole(row, isStoredFork));
    return whole.map(({ device, proof, held, after }) => ({ device, proof, held, after }));
  }

  async putFork(doc: string, { device, proof, held, after }: StoredFork): Promise<void> {
    await this.#database.write(["forks"], transaction =>
      transaction.objectStore("forks").put({ doc, device, proof, held, after }),
    );
    this.#tabs.tell(doc);
  }

  watch(listener: (doc: string | null) => void): () => void {
    return this.#tabs.watch(listener);
  }

  close(): void {
    this.#database.close();
    this.#tabs.close();
  }

  #appendOnce(
    doc: string,
    from: number,
    append: Append,
    name: string,
  ): Promise<{ position: number; isWritten: boolean }> {
    return this.#database.write(["chains", "changes"], async transaction => {
      const chains = transaction.objectStore("chains");
      const changes = transaction.objectStore("changes");
      const chain = await chains.get(name);
      const head = chain !== undefined && this.#isWhole(chain, isChainHead) ? headOf(chain) : null;
      const stored = await this.#recordsFrom(changes, doc, from);

      const answer = append(head, stored.records);

      const byId = changes.index("id");
      const known = await Promise.all(answer.records.map(({ id }) => byId.get([doc, id])));
      const added = new Set<string>();
      const writes: Promise<unknown>[] = [];
      let { position } = stored;
      for (const [i, record] of answer.records.entries()) {
        const row = known[i];
        const { id, bytes } = record;
        if (added.has(id) || isSameChange(row, bytes)) continue;
        added.add(id);
        // An id is the hash of its bytes: what stands there with others is damaged, and this is its repair.
        if (row !== undefined) writes.push(changes.delete([doc, row.position]));
        writes.push(changes.add({ doc, position: position++, ...recordOf(record) }));
      }
      if (answer.head === null) {
        if (chain !== undefined) writes.push(chains.delete(name));
      } else if (answer.head.seq !== head?.seq || answer.head.id !== head.id) {
        writes.push(chains.put({ doc: name, ...headOf(answer.head) }));
      }
      await Promise.all(writes);
      return { position, isWritten: writes.length > 0 };
    });
  }

  async #recordsFrom<Mode extends IDBTransactionMode>(
    changes: IDBPObjectStore<Schema, ("changes" | "chains")[], "changes", Mode>,
    doc: string,
    from: number,
    to = Infinity,
  ): Promise<{ records: ChangeRecord[]; position: number }> {
    const last = await changes.openKeyCursor(rangeOf(doc, 0, Infinity), "prev");
    const position = last === null ? 0 : last.key[1] + 1;
    const records: ChangeRecord[] = [];
    // A caller that is ahead remembers rows of before the document was deleted or the storage lost: it starts anew.
    let at = from <= position ? from : 0;
    const end = Math.min(position, to);
    for (; at < end; at += ROWS_PER_REQUEST) {
      for (const row of await changes.getAll(rangeOf(doc, at, Math.min(at + ROWS_PER_REQUEST, end)))) {
        if (!this.#isWhole(row, isChangeRecord)) continue;
        records.push(recordOf(row));
      }
    }
    return { records, position };
  }

  /** Tries once more if a lost row is all that was in the way, and if trying again repeats nothing. */
  async #withoutLost<T>(doc: string, attempt: () => Promise<T>, mayRepeat = () => true): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!isLossOfValue(error) || !mayRepeat()) throw error;
      await emptyLostRows(this.#database, doc);
      return await attempt();
    }
  }

  #isWhole<T>(row: unknown, isSound: (row: unknown) => row is T): row is T {
    const isWhole = isSound(row);
    if (!isWhole) this.#damaged++;
    return isWhole;
  }
}

/** The documents that have changes and are not among these (in order): one question for each gap, none of which is long. */
async function documentsBeside(
  changes: IDBPObjectStore<Schema, ("documents" | "changes")[], "changes", "readonly">,
  ids: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  const search = async (after: string, before: string | undefined) => {
    for (let last = after; ; ) {
      // Behind the last change of one document, before the first of another: positions are numbers.
      const from = [last, Infinity] as const;
      const range =
        before === undefined
          ? IDBKeyRange.lowerBound(from, true)
          : IDBKeyRange.bound(from, [before], true, true);
      const key = await changes.getKey(range);
      if (key === undefined) return;
      [last] = key;
      found.push(last);
    }
  };
  await Promise.all(["", ...ids].map((id, i) => search(id, ids[i])));
  return found;
}

function headOf({ seq, id }: ChainHead): ChainHead {
  return { seq, id };
}

function isSameChange(row: unknown, bytes: Bytes): boolean {
  if (!isChangeRecord(row) || row.bytes.length !== bytes.length) return false;
  return row.bytes.every((byte, i) => byte === bytes[i]);
}

/** The other tabs of the profile. They are told to look into the store, never what stands there. */
class Tabs {
  readonly #name: string;
  readonly #listeners = new Set<(doc: string | null) => void>();
  #channel: BroadcastChannel | null = null;

  constructor(name: string) {
    this.#name = name;
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const { doc } = fieldsOf(data);
      // Others may use the channel for other things, presence for one.
      if (typeof doc !== "string" && doc !== null) return;
      for (const listener of [...this.#listeners]) listener(doc);
    };
  }

  tell(doc: string | null): void {
    if (this.#channel !== null) {
      this.#channel.postMessage({ doc });
    } else if (typeof BroadcastChannel !== "undefined") {
      // A write outlived `close`. Its tab may be gone in a moment, the others should still hear of it.
      const channel = new BroadcastChannel(this.#name);
      channel.postMessage({ doc });
      channel.close();
    }
  }

  watch(listener: (doc: string | null) => void): () => void {
    // Wrapped, so that one function watching twice is two watches.
    const own = (doc: string | null) => listener(doc);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  close(): void {
    this.#listeners.clear();
    this.#channel?.close();
    this.#channel = null;
  }
}
