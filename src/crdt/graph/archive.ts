// What was admitted, as bytes. A change that has had its effect is looked at again only when it is sent, stored,
// or asked for, so nothing of it is kept but its bytes and its signature, one after the other in pages; what they say
// is read again on demand. Who is next to whom is the graph's affair.
//
//     page      │ bytes of slot 3 │ bytes of slot 4 │ …      64 KiB, or one large change
//     cells     │ signature │ signature │ …                  64 KiB, as most changes of a signed run have none

import { assert } from "../assert.ts";
import type { Slot } from "../types/dot.ts";
import type { Bytes } from "./bytes.ts";
import type { ChangeId } from "./change.ts";
import { SIGNATURE_BYTES } from "./ed25519.ts";
import { type Shelf, shelved, type VerifiedChange } from "./verify.ts";

/** Bytes of one page: large enough that the last, half-empty one does not count. */
const PAGE_BYTES = 64 * 1024;
const PAGE_CELLS = PAGE_BYTES / SIGNATURE_BYTES;

export class Archive implements Shelf {
  readonly #pages: Bytes[] = [];
  /** Bytes written in the last page. */
  #used = PAGE_BYTES;
  readonly #cells: Bytes[] = [];
  #signatures = 0;
  // One place for each slot that was added; a length of 0 is none.
  readonly #pageOf: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** Number of the cell; -1 is none. */
  readonly #cellOf: number[] = [];

  add(slot: Slot, { bytes, signature }: VerifiedChange): void {
    while (this.#pageOf.length <= slot) {
      this.#pageOf.push(0);
      this.#starts.push(0);
      this.#lengths.push(0);
      this.#cellOf.push(-1);
    }
    assert(this.#lengths[slot] === 0, "a change is archived once");
    if (this.#used + bytes.length > PAGE_BYTES) {
      this.#pages.push(new Uint8Array(Math.max(PAGE_BYTES, bytes.length)));
      this.#used = 0;
    }
    const page = this.#pages.length - 1;
    this.#pages[page]!.set(bytes, this.#used);
    this.#pageOf[slot] = page;
    this.#starts[slot] = this.#used;
    this.#lengths[slot] = bytes.length;
    this.#used += bytes.length;
    if (signature !== null) this.sign(slot, signature);
  }

  isSigned(slot: Slot): boolean {
    return this.#cellOf[slot]! >= 0;
  }

  sign(slot: Slot, signature: Bytes): void {
    if (!this.isSigned(slot)) this.#cellOf[slot] = this.#signatures++;
    const cell = this.#cellOf[slot]!;
    const page = Math.floor(cell / PAGE_CELLS);
    if (page === this.#cells.length) this.#cells.push(new Uint8Array(PAGE_BYTES));
    this.#cells[page]!.set(signature, (cell % PAGE_CELLS) * SIGNATURE_BYTES);
  }

  /** Its bytes are read when they are looked at, and each time anew. */
  get(slot: Slot, id: ChangeId): VerifiedChange {
    return shelved(id, slot, this);
  }

  // Copies: whoever stores or transfers bytes takes their whole buffer along.

  bytesAt(slot: Slot): Bytes {
    const start = this.#starts[slot]!;
    return this.#pages[this.#pageOf[slot]!]!.slice(start, start + this.#lengths[slot]!);
  }

  signatureAt(slot: Slot): Bytes | null {
    if (!this.isSigned(slot)) return null;
    const cell = this.#cellOf[slot]!;
    const start = (cell % PAGE_CELLS) * SIGNATURE_BYTES;
    return this.#cells[Math.floor(cell / PAGE_CELLS)]!.slice(start, start + SIGNATURE_BYTES);
  }
}
