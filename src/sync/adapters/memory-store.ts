// The store of a page that may keep nothing, and of tests: the same promises as the IndexedDB one but durability.
// Two stores over one `Memory` behave as two tabs of one profile.

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
import { StoreFailure } from "./database.ts";
import { blankRecord } from "./document-record.ts";

/** What the stores of one profile share. */
export class Memory {
  readonly documents = new Map<string, DocumentRecord>();
  readonly journals = new Map<string, Journal>();
  readonly images = new Map<string, StoredImage>();
  /** By document and device. */
  readonly forks = new Map<string, Map<string, StoredFork>>();
  readonly stores = new Set<MemoryStore>();

  journal(doc: string): Journal {
    return this.journals.get(doc) ?? { head: null, heads: new Map(), rows: [], positions: new Map() };
  }
}

/** The changes of one document. Records are taken as they are, not copied: nobody writes into one. */
interface Journal {
  head: ChainHead | null;
  /** Of other devices of this profile. */
  readonly heads: Map<string, ChainHead | null>;
  /** By position; null where a damaged change was replaced by a later row. */
  readonly rows: (ChangeRecord | null)[];
  readonly positions: Map<string, number>;
}

/** A store over `memory`, which forgets with it; two over one are as two tabs of one profile. */
export function openMemoryStore(memory = new Memory()): Store {
  return new MemoryStore(memory);
}

class MemoryStore implements Store {
  readonly durable = false;
  readonly #memory: Memory;
  readonly #listeners = new Set<(doc: string | null) => void>();
  #isClosed = false;

  constructor(memory: Memory) {
    this.#memory = memory;
    memory.stores.add(this);
  }

  async documents(): Promise<readonly DocumentRecord[]> {
    await this.#begin();
    const { documents, journals } = this.#memory;
    const stored = [...journals].filter(([, { rows }]) => rows.length > 0).map(([id]) => id);
    const ids = [...new Set([...documents.keys(), ...stored])].sort();
    return ids.map(id => documents.get(id) ?? blankRecord(id));
  }

  async putDocument(fields: DocumentFields): Promise<void> {
    await this.#begin();
    const { documents } = this.#memory;
    documents.set(fields.id, { ...(documents.get(fields.id) ?? blankRecord(fields.id)), ...fields });
    this.#tell(null);
  }

  async deleteDocument(id: string, removedAt?: number): Promise<void> {
    await this.#begin();
    if (removedAt !== undefined && this.#memory.documents.get(id)?.removedAt !== removedAt) return;
    this.#memory.documents.delete(id);
    this.#memory.journals.delete(id);
    this.#memory.images.delete(id);
    this.#memory.forks.delete(id);
    this.#tell(id);
    this.#tell(null);
  }

  async read(
    doc: string,
    from: number,
    to?: number,
  ): Promise<{ records: readonly ChangeRecord[]; position: number }> {
    await this.#begin();
    const { rows } = this.#memory.journal(doc);
    return { records: recordsFrom(rows, from, to), position: rows.length };
  }

  async image(doc: string): Promise<StoredImage | null> {
    await this.#begin();
    const image = this.#memory.images.get(doc);
    if (image === undefined || image.position > this.#memory.journal(doc).rows.length) return null;
    // A copy, as from a disk: whoever loads it writes on in it.
    return { ...image, bytes: image.bytes.slice() };
  }

  async putImage(doc: string, image: StoredImage, size: number): Promise<void> {
    await this.#begin();
    if (recordsFrom(this.#memory.journal(doc).rows, 0, image.position).length !== size) return;
    if (this.#memory.documents.has(doc)) this.#memory.images.set(doc, image);
  }

  async dropImage(doc: string): Promise<void> {
    await this.#begin();
    this.#memory.images.delete(doc);
  }

  async append(
    doc: string,
    position: number,
    append: Append,
    chain: string | null = null,
  ): Promise<{ position: number }> {
    await this.#begin();
    const journal = this.#memory.journal(doc);
    const before = chain === null ? journal.head : (journal.heads.get(chain) ?? null);
    // No other store comes between what the caller sees and what it answers.
    const { records, head } = append(before, recordsFrom(journal.rows, position));
    const isMoved = head?.seq !== before?.seq || head?.id !== before?.id;
    const added = records.filter(record => add(journal, record));
    if (chain === null) journal.head = head;
    else journal.heads.set(chain, head);
    if (added.length > 0 || isMoved) {
      this.#memory.journals.set(doc, journal);
      this.#tell(doc);
    }
    return { position: journal.rows.length };
  }

  async putSignature(doc: string, id: string, signature: Bytes): Promise<void> {
    await this.#begin();
    const { rows, positions } = this.#memory.journal(doc);
    const position = positions.get(id) ?? -1;
    const row = rows[position];
    if (!row || row.signature !== null) return;
    rows[position] = { ...row, signature };
    this.#tell(doc);
  }

  async forks(doc: string): Promise<readonly StoredFork[]> {
    await this.#begin();
    return [...(this.#memory.forks.get(doc)?.values() ?? [])];
  }

  async putFork(doc: string, fork: StoredFork): Promise<void> {
    await this.#begin();
    const kept = this.#memory.forks.get(doc) ?? new Map<string, StoredFork>();
    this.#memory.forks.set(doc, kept.set(fork.device, fork));
    this.#tell(doc);
  }

  watch(listener: (doc: string | null) => void): () => void {
    // Wrapped, so that one function watching twice is two watches.
    const own = (doc: string | null) => listener(doc);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  close(): void {
    this.#isClosed = true;
    this.#memory.stores.delete(this);
    this.#listeners.clear();
  }

  // Every call waits for exactly one turn and then for nothing: calls take effect whole and in the order in which they
  // were made, as transactions do, also one made inside of another's callback.
  async #begin(): Promise<void> {
    if (this.#isClosed) throw new StoreFailure("closed");
  }

  /** Later, as a message between tabs would: never inside of the writer's call. */
  #tell(doc: string | null): void {
    for (const other of this.#memory.stores) {
      if (other === this) continue;
      queueMicrotask(() => {
        for (const listener of [...other.#listeners]) listener(doc);
      });
    }
  }
}

function recordsFrom(rows: Journal["rows"], from: number, to?: number): ChangeRecord[] {
  // A caller that is ahead remembers rows of before the document was deleted: it starts anew.
  return rows.slice(from <= rows.length ? from : 0, to).filter(row => row !== null);
}

/** False if the change was there already. */
function add({ rows, positions }: Journal, record: ChangeRecord): boolean {
  const position = positions.get(record.id);
  if (position !== undefined) {
    const { bytes } = rows[position]!;
    const isSame = bytes.length === record.bytes.length && bytes.every((byte, i) => byte === record.bytes[i]);
    if (isSame) return false;
    // An id is the hash of its bytes: what stands there with others is damaged, and this is its repair.
    rows[position] = null;
  }
  positions.set(record.id, rows.length);
  rows.push(record);
  return true;
}
