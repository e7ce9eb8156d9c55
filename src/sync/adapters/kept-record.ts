// What is remembered of an open document beside its changes. Each tab writes what it knows better than the others and
// learns the rest from them: whole records would undo what another tab has just remembered, the secret of a link say.

import type { Replica } from "../../crdt/index.ts";
import type { Delivery } from "../delivery.ts";
import type { DocumentFields, DocumentRecord } from "../ports.ts";
import { titleOf } from "../text.ts";
import { isAsking } from "./document-people.ts";

/** Milliseconds between writes: a convenience, not the text. */
const WRITE_MS = 300;

export class KeptRecord {
  readonly #replica: Replica;
  readonly #delivery: Delivery;
  readonly #remember: (fields: DocumentFields) => void;
  #record: DocumentRecord;
  #isListed: boolean;
  /** Another tab has removed the document. Whoever did that wanted it gone: it is listed again when it is written on. */
  #isRemoved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `isListed`: whether it is remembered already. */
  constructor(
    record: DocumentRecord,
    isListed: boolean,
    replica: Replica,
    delivery: Delivery,
    remember: (fields: DocumentFields) => void,
  ) {
    this.#record = record;
    this.#isListed = isListed;
    this.#replica = replica;
    this.#delivery = delivery;
    this.#remember = remember;
  }

  get record(): DocumentRecord {
    return this.#record;
  }

  get isListed(): boolean {
    return this.#isListed;
  }

  /** `isMine`: by who types here. Others keep what they write, also where this device lets go of it. */
  edited(isMine: boolean): void {
    this.#isRemoved = false;
    this.#record = { ...this.#record, updatedAt: Date.now() };
    // Another tab has removed it, and would soon delete it. Said before the edit is stored: whichever comes first, deletion or this,
    // the document is whole in the end.
    if (isMine && this.#record.removedAt !== null) this.put({ removedAt: null });
  }

  /** Something is in the store. Whether that is new. */
  stored(): boolean {
    if (this.#isListed || this.#isRemoved) return false;
    this.#isListed = true;
    this.write();
    return true;
  }

  /** What another tab remembered; null where it has removed the document. */
  learn(record: DocumentRecord | null): void {
    if (record === null) {
      this.#isRemoved ||= this.#isListed;
      this.#isListed = false;
      this.#stop();
      return;
    }
    this.#isListed = true;
    this.#isRemoved = false;
    const { roomSecret, inviteSeed, linkSeeds, updatedAt } = this.#record;
    this.#record = { ...record, updatedAt: Math.max(record.updatedAt, updatedAt) };
    // It was removed and listed again by somebody who did not know of the link.
    if (record.roomSecret === null && roomSecret !== null) this.put({ roomSecret, inviteSeed, linkSeeds });
  }

  /** Remembers these at once. */
  put(fields: Partial<DocumentRecord>): void {
    this.#record = { ...this.#record, ...fields };
    this.#remember({ ...fields, id: this.#record.id });
  }

  writeSoon(): void {
    if (this.#isListed) this.#timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  write(): void {
    this.#stop();
    const { updatedAt, asking } = this.#record;
    const { waiting: unshared, heldUpTo: delivered } = this.#delivery;
    const isDone = asking !== undefined && !isAsking(this.#replica, this.#record);
    const title = titleOf(this.#replica);
    this.put({ updatedAt, title, unshared, delivered, ...(isDone ? { asking: undefined } : {}) });
  }

  end(): void {
    this.#stop();
    if (this.#isListed) this.write();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
