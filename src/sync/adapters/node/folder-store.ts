// A store in a folder, for Node. Each document has a folder of its own:
//
//     documents/<id>/changes.log   its changes, appended and never altered (change-log.ts)
//     documents/<id>/document      what is remembered beside them
//     documents/<id>/image         a cache of the log (docs/decisions/0012)
//     documents/<id>/fork-<device> the proof that a device is two-faced
//
// Of one process at a time (folder-lock.ts). Several stores over one `Folder` behave as tabs of one profile. What the
// changes mean it does not know: damage is left out when read, so that peers can bring it again.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { StoredFork } from "../../../crdt/index.ts";
import type {
  Append,
  Bytes,
  ChangeRecord,
  DocumentFields,
  DocumentRecord,
  Store,
  StoredImage,
} from "../../ports.ts";
import { StoreFailure } from "../database.ts";
import { blankRecord } from "../document-record.ts";
import { ChangeLog } from "./change-log.ts";
import {
  decodeDocument,
  decodeFork,
  decodeImage,
  encodeDocument,
  encodeFork,
  encodeImage,
} from "./document-files.ts";
import {
  type FileSystem,
  FOLDER_MODE,
  failureOf,
  readWhole,
  replaceFile,
  syncFolder,
} from "./file-system.ts";

const DOCUMENTS = "documents";
const DELETED = "deleted-";
const ID = /^[0-9a-f]{1,64}$/;
const FORK = "fork-";

/** What the stores of one process share. */
export class Folder {
  readonly files: FileSystem;
  readonly stores = new Set<FolderStore>();
  readonly #path: string;
  readonly #logs = new Map<string, ChangeLog>();
  /** The last call about each document that is not done yet: they take effect whole, in the order they were made. */
  readonly #calls = new Map<string, Promise<unknown>>();

  private constructor(files: FileSystem, path: string) {
    this.files = files;
    this.#path = path;
  }

  /** `path`: of a folder that is there, and locked. */
  static async open(files: FileSystem, path: string): Promise<Folder> {
    const folder = new Folder(files, path);
    await files.mkdir(join(path, DOCUMENTS), { mode: FOLDER_MODE, recursive: true });
    await syncFolder(files, path);
    // What a process that was killed had not removed yet.
    for (const name of await files.readdir(path))
      if (name.startsWith(DELETED)) await files.rm(join(path, name), { recursive: true, force: true });
    return folder;
  }

  pathOf(doc: string, ...names: readonly string[]): string {
    // It becomes the name of a folder.
    if (!ID.test(doc)) throw new RangeError(`Expected a document's id, got "${doc}"`);
    return join(this.#path, DOCUMENTS, doc, ...names);
  }

  /** Calls about one document wait for each other, calls about two do not. Rejects with a `StoreFailure`. */
  async run<T>(doc: string, work: () => Promise<T>): Promise<T> {
    const before = this.#calls.get(doc) ?? Promise.resolve();
    const call = before.then(work);
    const done = call.then(
      () => undefined,
      () => undefined, // The caller hears of it.
    );
    this.#calls.set(doc, done);
    void done.then(() => {
      if (this.#calls.get(doc) === done) this.#calls.delete(doc);
    });
    try {
      return await call;
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Within `run`. Null if nothing of the document is there and nothing is to be. */
  async log(doc: string, isWanted = false): Promise<ChangeLog | null> {
    const known = this.#logs.get(doc);
    if (known !== undefined) return known;
    if (isWanted) await this.makeFolder(doc);
    const log = await ChangeLog.open(this.files, this.pathOf(doc), isWanted);
    if (log === null) return null;
    // An image of what is not all there any more would be found out late.
    if (log.damaged > 0) await this.#remove(doc, "image");
    this.#logs.set(doc, log);
    return log;
  }

  async makeFolder(doc: string): Promise<void> {
    await this.files.mkdir(this.pathOf(doc), { mode: FOLDER_MODE, recursive: true });
    await syncFolder(this.files, join(this.#path, DOCUMENTS));
  }

  async #remove(doc: string, name: string): Promise<void> {
    await this.files.rm(this.pathOf(doc, name), { recursive: true, force: true });
    await syncFolder(this.files, this.pathOf(doc));
  }

  async removeImage(doc: string): Promise<void> {
    if ((await readWhole(this.files, this.pathOf(doc, "image"))) !== null) await this.#remove(doc, "image");
  }

  /** Gone at once, whatever happens next: first it has another name, then its files go. */
  async delete(doc: string): Promise<void> {
    await this.#logs.get(doc)?.close();
    this.#logs.delete(doc);
    const deleted = join(this.#path, DELETED + randomUUID());
    await this.makeFolder(doc);
    await this.files.rename(this.pathOf(doc), deleted);
    await syncFolder(this.files, join(this.#path, DOCUMENTS));
    await this.files.rm(deleted, { recursive: true, force: true });
  }

  /** Of what is kept here, or was about to be. */
  async ids(): Promise<string[]> {
    const names = await this.files.readdir(join(this.#path, DOCUMENTS));
    return names.filter(name => ID.test(name)).sort();
  }

  /** Of the files of a document those whose names begin so, sorted. */
  async namesOf(doc: string, beginning: string): Promise<string[]> {
    const isThere = (await this.ids()).includes(doc);
    const names = isThere ? await this.files.readdir(this.pathOf(doc)) : [];
    return names.filter(name => name.startsWith(beginning)).sort();
  }

  /** Later, as a message between tabs would: never inside of the writer's call. */
  tell(writer: FolderStore, doc: string | null): void {
    for (const other of this.stores) if (other !== writer) queueMicrotask(() => other.hear(doc));
  }

  /** When every call that was begun is done. */
  async close(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls.values());
    // What a disk says now is about nothing: all that was said to be saved is on it.
    for (const log of this.#logs.values()) await log.close().catch(() => undefined);
    this.#logs.clear();
  }
}

export class FolderStore implements Store {
  readonly durable = true;
  readonly #folder: Folder;
  readonly #listeners = new Set<(doc: string | null) => void>();
  readonly #closed: () => void;
  #isClosed = false;

  /** `closed` is called once, by `close`. */
  constructor(folder: Folder, closed: () => void) {
    this.#folder = folder;
    this.#closed = closed;
    folder.stores.add(this);
  }

  async documents(): Promise<readonly DocumentRecord[]> {
    const ids = await this.#run("", () => this.#folder.ids());
    const records = await Promise.all(ids.map(doc => this.#run(doc, () => this.#document(doc))));
    return records.filter(record => record !== null);
  }

  async #document(doc: string): Promise<DocumentRecord | null> {
    const record = await this.#remembered(doc);
    if (record !== null) return record;
    const log = await this.#folder.log(doc);
    return log === null || log.position === 0 ? null : blankRecord(doc);
  }

  async #remembered(doc: string): Promise<DocumentRecord | null> {
    const bytes = await readWhole(this.#folder.files, this.#folder.pathOf(doc, "document"));
    const record = bytes === null ? null : decodeDocument(bytes);
    return record?.id === doc ? record : null;
  }

  async putDocument(fields: DocumentFields): Promise<void> {
    const { id } = fields;
    await this.#run(id, async () => {
      const record = { ...((await this.#remembered(id)) ?? blankRecord(id)), ...fields };
      await this.#folder.makeFolder(id);
      const path = this.#folder.pathOf(id, "document");
      await replaceFile(this.#folder.files, path, [encodeDocument(record)]);
    });
    this.#folder.tell(this, null);
  }

  async deleteDocument(id: string, removedAt?: number): Promise<void> {
    await this.#run(id, async () => {
      if (removedAt !== undefined && (await this.#remembered(id))?.removedAt !== removedAt) return;
      await this.#folder.delete(id);
    });
    this.#folder.tell(this, id);
    this.#folder.tell(this, null);
  }

  async read(
    doc: string,
    from: number,
    to?: number,
  ): Promise<{ records: readonly ChangeRecord[]; position: number }> {
    return await this.#run(doc, async () => {
      const log = await this.#folder.log(doc);
      if (log === null) return { records: [], position: 0 };
      return { records: await log.read(from, to), position: log.position };
    });
  }

  async image(doc: string): Promise<StoredImage | null> {
    return await this.#run(doc, async () => {
      const log = await this.#folder.log(doc);
      const bytes = await readWhole(this.#folder.files, this.#folder.pathOf(doc, "image"));
      const image = bytes === null ? null : decodeImage(bytes);
      return image !== null && image.position <= (log?.position ?? 0) ? image : null;
    });
  }

  async putImage(doc: string, image: StoredImage, size: number): Promise<void> {
    await this.#run(doc, async () => {
      const log = await this.#folder.log(doc);
      if (log === null || log.countBefore(image.position) !== size) return;
      if ((await this.#remembered(doc)) === null) return;
      await replaceFile(this.#folder.files, this.#folder.pathOf(doc, "image"), encodeImage(image));
    });
  }

  async dropImage(doc: string): Promise<void> {
    await this.#run(doc, () => this.#folder.removeImage(doc));
  }

  async append(
    doc: string,
    position: number,
    append: Append,
    chain: string | null = null,
  ): Promise<{ position: number }> {
    const { isWritten, ...answer } = await this.#run(doc, () => this.#append(doc, position, append, chain));
    if (isWritten) this.#folder.tell(this, doc);
    return answer;
  }

  async #append(doc: string, from: number, append: Append, chain: string | null) {
    const found = await this.#folder.log(doc);
    const before = found?.headOf(chain) ?? null;
    const unseen = (await found?.read(from)) ?? [];

    const { records, head } = append(before, unseen);

    const added = new Map<string, ChangeRecord>();
    for (const record of records) {
      const { id, bytes } = record;
      // An id is the hash of its bytes: what stands there with others is damaged, and this is its repair.
      if (added.has(id) || isSame((await found?.find(id))?.bytes, bytes)) continue;
      added.set(id, record);
    }
    const isMoved = head?.seq !== before?.seq || head?.id !== before?.id;
    if (added.size === 0 && !isMoved) return { position: found?.position ?? 0, isWritten: false };
    const log = found ?? (await this.#folder.log(doc, true))!;
    await log.append({ records: [...added.values()], head: isMoved ? head : undefined, chain });
    return { position: log.position, isWritten: true };
  }

  async putSignature(doc: string, id: string, signature: Bytes): Promise<void> {
    const isWritten = await this.#run(doc, async () => {
      const log = await this.#folder.log(doc);
      // Another store may have deleted the document or signed meanwhile.
      return log !== null && (await log.putSignature(id, signature));
    });
    if (isWritten) this.#folder.tell(this, doc);
  }

  async forks(doc: string): Promise<readonly StoredFork[]> {
    return await this.#run(doc, async () => {
      const forks: StoredFork[] = [];
      for (const name of await this.#folder.namesOf(doc, FORK)) {
        const bytes = await readWhole(this.#folder.files, this.#folder.pathOf(doc, name));
        const fork = bytes === null ? null : decodeFork(bytes);
        if (fork !== null && name === FORK + fork.device) forks.push(fork);
      }
      return forks;
    });
  }

  async putFork(doc: string, fork: StoredFork): Promise<void> {
    if (!ID.test(fork.device)) throw new RangeError(`Expected a device's key, got "${fork.device}"`);
    await this.#run(doc, async () => {
      await this.#folder.makeFolder(doc);
      const path = this.#folder.pathOf(doc, FORK + fork.device);
      await replaceFile(this.#folder.files, path, [encodeFork(fork)]);
    });
    this.#folder.tell(this, doc);
  }

  watch(listener: (doc: string | null) => void): () => void {
    // Wrapped, so that one function watching twice is two watches.
    const own = (doc: string | null) => listener(doc);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  hear(doc: string | null): void {
    for (const listener of [...this.#listeners]) listener(doc);
  }

  /** Calls in flight still finish, later ones reject with "closed". */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#folder.stores.delete(this);
    this.#closed();
  }

  async #run<T>(doc: string, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreFailure("closed", undefined, "The store was closed");
    return await this.#folder.run(doc, work);
  }
}

function isSame(stored: Bytes | undefined, bytes: Bytes): boolean {
  return stored !== undefined && Buffer.compare(stored, bytes) === 0;
}
