// What was admitted, as bytes. A change that has had its effect is looked at again only when it is sent, stored,
// or asked for, so nothing of it is kept but its bytes and its signature, one after the other in pages; what they say
// is read again on demand. Who is next to whom is the graph's affair.
//
//     page 0  │ bytes of slot 3 │ signature │ bytes of slot 4 │ …            64 KiB, or one large change

import { assert } from "../assert.ts";
import type { Slot } from "../types/dot.ts";
import type { Bytes } from "./bytes.ts";
import type { ChangeId } from "./change.ts";
import { SIGNATURE_BYTES } from "./ed25519.ts";
import { type Shelf, shelved, type VerifiedChange } from "./verify.ts";

/** Bytes of one page: large enough that the last, half-empty one does not count. */
const PAGE_BYTES = 64 * 1024;

export class Archive implements Shelf {
  readonly #pages: Bytes[] = [];
  /** Bytes written in the last page. */
  #used = PAGE_BYTES;
  // One place for each slot that was added; a length of 0 is none.
  readonly #pageOf: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #isSigned: boolean[] = [];

  add(slot: Slot, { bytes, signature }: VerifiedChange): void {
    while (this.#pageOf.length <= slot) {
      this.#pageOf.push(0);
      this.#starts.push(0);
      this.#lengths.push(0);
      this.#isSigned.push(false);
    }
    assert(this.#lengths[slot] === 0, "a change is archived once");
    const needed = bytes.length + SIGNATURE_BYTES;
    if (this.#used + needed > PAGE_BYTES) {
      this.#pages.push(new Uint8Array(Math.max(PAGE_BYTES, needed)));
      this.#used = 0;
    }
    const page = this.#pages.length - 1;
    this.#pages[page]!.set(bytes, this.#used);
    this.#pageOf[slot] = page;
    this.#starts[slot] = this.#used;
    this.#lengths[slot] = bytes.length;
    // A page that holds one large change is full.
    this.#used += needed;
    if (signature !== null) this.sign(slot, signature);
  }

  isSigned(slot: Slot): boolean {
    return this.#isSigned[slot] === true;
  }

  sign(slot: Slot, signature: Bytes): void {
    const start = this.#starts[slot]! + this.#lengths[slot]!;
    this.#pages[this.#pageOf[slot]!]!.set(signature, start);
    this.#isSigned[slot] = true;
  }

  /** Its bytes are read when they are looked at, and each time anew. */
  get(slot: Slot, id: ChangeId): VerifiedChange {
    return shelved(id, slot, this);
  }

  bytesAt(slot: Slot): Bytes {
    return this.#copy(slot, 0, this.#lengths[slot]!);
  }

  signatureAt(slot: Slot): Bytes | null {
    return this.isSigned(slot) ? this.#copy(slot, this.#lengths[slot]!, SIGNATURE_BYTES) : null;
  }

  /** A copy: whoever stores or transfers bytes takes their whole buffer along. */
  #copy(slot: Slot, offset: number, length: number): Bytes {
    const start = this.#starts[slot]! + offset;
    return this.#pages[this.#pageOf[slot]!]!.slice(start, start + length);
  }
}
