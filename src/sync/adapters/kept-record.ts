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
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    record: DocumentRecord,
    replica: Replica,
    delivery: Delivery,
    remember: (fields: DocumentFields) => void,
  ) {
    this.#record = record;
    this.#replica = replica;
    this.#delivery = delivery;
    this.#remember = remember;
  }

  get record(): DocumentRecord {
    return this.#record;
  }

  edited(): void {
    this.#record = { ...this.#record, updatedAt: Date.now() };
  }

  /** Of what another tab remembered. */
  learn(record: DocumentRecord): void {
    this.#record = { ...record, updatedAt: Math.max(record.updatedAt, this.#record.updatedAt) };
  }

  /** Remembers these at once. */
  put(fields: Partial<DocumentRecord>): void {
    this.#record = { ...this.#record, ...fields };
    this.#remember({ ...fields, id: this.#record.id });
  }

  writeSoon(): void {
    this.#timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  write(): void {
    this.stop();
    const { updatedAt, asking } = this.#record;
    const { waiting: unshared, heldUpTo: delivered } = this.#delivery;
    const isDone = asking !== undefined && !isAsking(this.#replica, this.#record);
    const title = titleOf(this.#replica);
    this.put({ updatedAt, title, unshared, delivered, ...(isDone ? { asking: undefined } : {}) });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
