// One IndexedDB database per profile: its object stores, the life of its handle, and what its failures mean. It
// knows nothing of what the records say. Browsers drop handles (storage server lost, another tab upgrading, site
// data cleared) and leave them dead for ever, so a dropped handle is opened anew and the database is never deleted.

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import type { StoredFork } from "../../crdt/index.ts";
import type { ChainHead, ChangeRecord, DocumentRecord, StoredImage, StoreError } from "../ports.ts";

export const DATABASE_NAME = "chirograph";

const VERSION = 3;

/** Times one call opens a dropped handle again before it gives up. */
const REOPENINGS_MAX = 3;

/** Milliseconds a database has to open: slow disks take one or two seconds, one that takes longer is held by a tab. */
const OPEN_MS_MAX = 5_000;

/** A stored change. Positions of one document count up from 0 and are used once; a replaced row leaves a gap. */
export interface ChangeRow extends ChangeRecord {
  readonly doc: string;
  readonly position: number;
}

/** My own chain in one document. */
export interface ChainRow extends ChainHead {
  /** And the device, where that is not the profile's (`chainOf`). */
  readonly doc: string;
}

/** What a document was when its log ended at `position`: one row at most, replaced as it is made again. */
export interface ImageRow extends Omit<StoredImage, "bytes"> {
  readonly doc: string;
  /** Read in half the time that bytes in the row take, which are copied twice more. */
  readonly bytes: Blob;
}

/** A proof that a device is two-faced: one row for each device and document. */
export interface ForkRow extends StoredFork {
  readonly doc: string;
}

/** What was written, that is; what a disk gives back is checked by the readers. */
export interface Schema extends DBSchema {
  documents: { key: string; value: DocumentRecord };
  changes: {
    key: [doc: string, position: number];
    value: ChangeRow;
    indexes: { id: [doc: string, id: string] };
  };
  chains: { key: string; value: ChainRow };
  images: { key: string; value: ImageRow };
  forks: { key: [doc: string, device: string]; value: ForkRow };
  keys: { key: string; value: unknown };
}

type Names = StoreNames<Schema>[];
type Handle = IDBPDatabase<Schema>;
/** What matters of a transaction for how it ends. */
type Ending = { readonly done: Promise<void>; abort(): void };

const SENTENCES: Readonly<Record<StoreError, string>> = {
  quota: "The browser has no more room for this site",
  closed: "The storage of this page was closed",
  blocked: "Another tab with an older version of the app holds the storage",
  unavailable: "The browser gives this page no storage",
  failed: "The browser could not read or write its storage",
};

/** Why a store could not do what it was asked. Nothing of the failed call was written. */
export class StoreFailure extends Error {
  readonly code: StoreError;

  /** `sentence`: of another store than a browser's. Without a full stop. */
  constructor(code: StoreError, cause?: unknown, sentence = SENTENCES[code]) {
    super(sentence, { cause });
    this.name = "StoreFailure";
    this.code = code;
  }
}

export class Database {
  readonly #name: string;
  #handle: Promise<Handle> | null = null;
  #isClosed = false;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Rejects with a `StoreFailure` where there is no storage to be had. */
  static async open(name: string): Promise<Database> {
    const database = new Database(name);
    await database.#open();
    return database;
  }

  /** `body` may await nothing but requests of its transaction: anything else would let it commit half-done. */
  read<T, N extends Names>(
    stores: N,
    body: (transaction: IDBPTransaction<Schema, N, "readonly">) => Promise<T>,
  ): Promise<T> {
    return this.#run(handle => handle.transaction(stores, "readonly"), body);
  }

  /**
   * As `read`. Resolves when the data is on the disk (strict durability, after `oncomplete`). If `body` throws, all
   * it wrote is undone and its error comes back as it is; a failure of the database comes back as `StoreFailure`.
   */
  write<T, N extends Names>(
    stores: N,
    body: (transaction: IDBPTransaction<Schema, N, "readwrite">) => Promise<T>,
  ): Promise<T> {
    return this.#run(handle => handle.transaction(stores, "readwrite", { durability: "strict" }), body);
  }

  /** Calls in flight still finish, later ones reject with "closed". */
  close(): void {
    this.#isClosed = true;
    if (this.#handle !== null) this.#drop(this.#handle);
  }

  async #run<T, Transaction extends Ending>(
    begin: (handle: Handle) => Transaction,
    body: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    for (let reopened = 0; ; reopened++) {
      const opening = this.#open();
      const handle = await opening;
      let transaction: Transaction;
      try {
        transaction = begin(handle);
      } catch (error) {
        // A dead handle shows itself here, before `body` was called: trying again repeats nothing.
        this.#drop(opening);
        if (reopened === REOPENINGS_MAX) throw failureOf(error, "failed");
        continue;
      }
      try {
        return await finish(transaction, body);
      } catch (error) {
        // WebKit goes on failing on a handle whose server is gone; a fresh one costs a millisecond.
        if (error instanceof StoreFailure && error.code !== "quota") this.#drop(opening);
        throw error;
      }
    }
  }

  #open(): Promise<Handle> {
    if (this.#isClosed) return Promise.reject(new StoreFailure("closed"));
    if (this.#handle !== null) return this.#handle;
    const forget = () => {
      if (this.#handle === opening) this.#handle = null;
    };
    const opening = openHandle(this.#name, forget);
    this.#handle = opening;
    // The caller has the error too; here it only must not be the answer to every later call.
    opening.catch(forget);
    return opening;
  }

  #drop(opening: Promise<Handle>): void {
    // Another call may have opened a new one since.
    if (this.#handle === opening) this.#handle = null;
    opening.then(
      handle => handle.close(),
      () => undefined, // It never opened, so there is nothing to close.
    );
  }
}

/** Resolves after `oncomplete` only. */
async function finish<T, Transaction extends Ending>(
  transaction: Transaction,
  body: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  // Taken before anything can fail. Quota and disk errors arrive here and nowhere else: the requests may all have
  // succeeded, or have failed with a mere AbortError.
  const aborted: Promise<unknown> = transaction.done.then(
    () => null,
    (reason: unknown) => reason,
  );
  let answer: T;
  try {
    answer = await body(transaction);
  } catch (error) {
    abort(transaction);
    const reason = await aborted;
    // Only the database throws DOMExceptions (or the null of a request without an error) inside of a transaction;
    // all else is the caller's own. An AbortError says no more than that the reason is the transaction's.
    if (error !== null && !(error instanceof DOMException)) throw error;
    throw failureOf(error === null || error.name === "AbortError" ? reason : error, "failed");
  }
  const reason = await aborted;
  if (reason !== null) throw failureOf(reason, "failed");
  return answer;
}

function abort(transaction: Ending): void {
  try {
    transaction.abort();
  } catch {
    // InvalidStateError: it was aborted already, which is all we want.
  }
}

function openHandle(name: string, dropped: () => void): Promise<Handle> {
  return new Promise((resolve, reject) => {
    let isGivenUp = false;
    const giveUp = () => {
      isGivenUp = true;
      reject(new StoreFailure("blocked"));
    };
    // Behind a deletion that another tab blocks no event tells us so: the request only waits.
    const patience = setTimeout(giveUp, OPEN_MS_MAX);
    // Asynchronous also in how it fails: where there is no IndexedDB at all, `openDB` throws at once.
    const open = async () =>
      openDB<Schema>(name, VERSION, {
        upgrade: createStores,
        blocked: giveUp,
        // Another tab wants to upgrade or to delete: who does not close blocks it for as long as this page lives.
        blocking(_from, _to, event) {
          (event.target as IDBDatabase).close();
          dropped();
        },
        terminated: dropped,
      });
    open()
      .then(
        // The browser still opens what was blocked, when the other tab goes: nobody waits for it any more.
        handle => (isGivenUp ? handle.close() : resolve(handle)),
        error => reject(failureOf(error, "unavailable")),
      )
      .finally(() => clearTimeout(patience));
  });
}

function createStores(handle: Handle, before: number): void {
  if (before < 3) handle.createObjectStore("forks", { keyPath: ["doc", "device"] });
  if (before < 2) handle.createObjectStore("images", { keyPath: "doc" });
  if (before >= 1) return;
  handle.createObjectStore("documents", { keyPath: "id" });
  const changes = handle.createObjectStore("changes", { keyPath: ["doc", "position"] });
  changes.createIndex("id", ["doc", "id"], { unique: true });
  handle.createObjectStore("chains", { keyPath: "doc" });
  handle.createObjectStore("keys");
}

/** The names are the only thing on which browsers agree. */
function failureOf(error: unknown, otherwise: StoreError): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const name = nameOf(error);
  if (name === "QuotaExceededError") return new StoreFailure("quota", error);
  // VersionError: a newer version of the app has upgraded the database meanwhile; only a reload helps.
  if (name === "VersionError") return new StoreFailure("closed", error);
  return new StoreFailure(otherwise, error);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}
