// The image of one open document (docs/decisions/0012): made when nothing was stored for a while and the log has grown
// by enough, and, where the document was opened with one, the reading of the log behind it, in slices between which the page
// lives. It is a convenience: whatever fails here, the log is there, and nobody is told but where a record is damaged.

import type { Replica } from "../../crdt/index.ts";
import { FILL_RECORDS, IMAGE_CHANGES_MIN, IMAGE_GROWTH, IMAGE_IDLE_MS, STORE_RETRY_MS } from "../limits.ts";
import type { Store } from "../ports.ts";
import type { Session } from "../session.ts";
import { StoreFailure } from "./database.ts";

export class DocumentImage {
  readonly #store: Store;
  readonly #replica: Replica;
  readonly #act: <T>(act: (session: Session) => T) => T;
  /** How many changes the image that is kept stands for. */
  #size: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Settles once the bytes of all changes are here; never where a record is damaged. */
  readonly whole: Promise<void>;

  /** `position`: up to where the log is to be read behind the image that was loaded; 0 if none was. */
  constructor(store: Store, replica: Replica, position: number, act: <T>(act: (session: Session) => T) => T) {
    this.#store = store;
    this.#replica = replica;
    this.#act = act;
    this.#size = position > 0 ? replica.size : 0;
    this.whole = position > 0 ? this.#fill(position) : Promise.resolve();
  }

  /** Something was stored, or read. */
  stored(): void {
    clearTimeout(this.#timer);
    const { size } = this.#replica;
    const isDue = size >= IMAGE_CHANGES_MIN && size >= this.#size * (1 + IMAGE_GROWTH);
    if (isDue && !this.#isClosed) this.#timer = setTimeout(() => void this.#make(), IMAGE_IDLE_MS);
  }

  async #make(): Promise<void> {
    const made = this.#act(session => session.image);
    // Something is under way, after which `stored` is called again.
    if (made === null) return;
    this.#size = made.size;
    await this.#quietly(() => this.#store.putImage(this.#replica.doc, made.image, made.size));
  }

  async #fill(position: number): Promise<void> {
    const { doc } = this.#replica;
    for (let at = 0; at < position; ) {
      const to = Math.min(at + FILL_RECORDS, position);
      const read = await this.#quietly(() => this.#store.read(doc, at, to));
      if (this.#isClosed) return await new Promise<never>(() => undefined);
      if (read === null) {
        await new Promise(later => setTimeout(later, STORE_RETRY_MS));
        continue;
      }
      if (!this.#act(session => session.filled(read.records, to === position))) {
        await this.#quietly(() => this.#store.dropImage(doc));
        return await new Promise<never>(() => undefined);
      }
      at = to;
    }
  }

  async #quietly<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      // What the disk does not do now is done later, or was only a convenience.
      if (error instanceof StoreFailure) return null;
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
