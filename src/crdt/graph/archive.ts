// What was admitted, as bytes. A change that has had its effect is looked at again only when it is sent, stored,
// or asked for, so nothing of it is kept but its bytes and its signature, one after the other in pages; what they say
// is read again on demand. Who is next to whom is the graph's affair.
//
//     page      │ bytes of slot 3 │ bytes of slot 4 │ …      64 KiB, or one large change; or a sheet of who read a file
//     cells     │ signature │ signature │ …                  64 KiB, as most changes of a signed run have none

import { assert } from "../assert.ts";
import type { Slot } from "../types/dot.ts";
import { type Bytes, copyBytes, type Writer } from "./bytes.ts";
import { SIGNATURE_BYTES } from "./ed25519.ts";
import { viewOf } from "./names.ts";
import { WrittenChange } from "./written.ts";

/** Bytes of one page: large enough that the last, half-empty one does not count. */
const PAGE_BYTES = 64 * 1024;
const PAGE_CELLS = PAGE_BYTES / SIGNATURE_BYTES;
const SLOTS_AT_FIRST = 64;

export class Archive {
  readonly #pages: Bytes[] = [];
  /** Of the pages that something was read from. */
  readonly #views: DataView[] = [];
  /** The page that is written, and how many bytes of it are. */
  #page = -1;
  #used = PAGE_BYTES;
  /** The page that was taken over last. */
  #adopted = -1;
  readonly #cells: Bytes[] = [];
  #signatures = 0;
  /** Changes that were added. */
  #count = 0;
  // One place for each slot. They grow together.
  #pageOf = new Int32Array(SLOTS_AT_FIRST);
  #starts = new Int32Array(SLOTS_AT_FIRST);
  /** 0 where nothing was added. */
  #lengths = new Int32Array(SLOTS_AT_FIRST);
  /** Number of the cell, plus 1; 0 is none. */
  #cellOf = new Int32Array(SLOTS_AT_FIRST);

  add(slot: Slot, { buffer, start, end }: Pick<WrittenChange, "buffer" | "start" | "end">): void {
    const length = end - start;
    if (this.#used + length > PAGE_BYTES) {
      this.#page = this.#pages.push(new Uint8Array(Math.max(PAGE_BYTES, length))) - 1;
      this.#used = 0;
    }
    copyBytes(buffer, start, end, this.#pages[this.#page]!, this.#used);
    this.#place(slot, this.#page, this.#used, length);
    this.#used += length;
  }

  /** The same without a copy, of a buffer that is full of changes that are added so; where one stands nothing is written again. */
  adopt(slot: Slot, { buffer, start, end }: Pick<WrittenChange, "buffer" | "start" | "end">): void {
    if (this.#pages[this.#adopted] !== buffer) this.#adopted = this.#pages.push(buffer) - 1;
    this.#place(slot, this.#adopted, start, end - start);
  }

  #place(slot: Slot, page: number, start: number, length: number): void {
    while (slot >= this.#lengths.length) this.#grow();
    assert(this.#lengths[slot] === 0, "a change is archived once");
    this.#pageOf[slot] = page;
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether the bytes of a change are here: after an image was loaded they come later (`fill` in replica.ts). */
  has(slot: Slot): boolean {
    return slot < this.#lengths.length && this.#lengths[slot]! > 0;
  }

  #grow(): void {
    this.#pageOf = doubled(this.#pageOf);
    this.#starts = doubled(this.#starts);
    this.#lengths = doubled(this.#lengths);
    this.#cellOf = doubled(this.#cellOf);
  }

  isSigned(slot: Slot): boolean {
    return this.#cellOf[slot]! > 0;
  }

  sign(slot: Slot, signature: Bytes): void {
    while (slot >= this.#cellOf.length) this.#grow();
    if (!this.isSigned(slot)) this.#cellOf[slot] = ++this.#signatures;
    const cell = this.#cellOf[slot]! - 1;
    const page = Math.floor(cell / PAGE_CELLS);
    if (page === this.#cells.length) this.#cells.push(new Uint8Array(PAGE_BYTES));
    this.#cells[page]!.set(signature, (cell % PAGE_CELLS) * SIGNATURE_BYTES);
  }

  // Copies: whoever stores or transfers bytes takes their whole buffer along.

  bytesAt(slot: Slot): Bytes {
    assert(this.has(slot), "what is read is here");
    const start = this.#starts[slot]!;
    return this.#pages[this.#pageOf[slot]!]!.slice(start, start + this.#lengths[slot]!);
  }

  write(slot: Slot, out: Writer): void {
    const start = this.#starts[slot]!;
    out.copy(this.#pages[this.#pageOf[slot]!]!, start, start + this.#lengths[slot]!);
  }

  /** A copy of the change, to be read, with room for its id. */
  copyAt(slot: Slot): WrittenChange {
    const { buffer, start, end } = this.writtenAt(slot);
    return WrittenChange.of(buffer.subarray(start, end));
  }

  /** The change where it stands, to be read. Its id is not behind it: `id` and a genesis's `doc` are not to be asked for. */
  writtenAt(slot: Slot): WrittenChange {
    assert(this.has(slot), "what is read is here");
    const page = this.#pageOf[slot]!;
    const start = this.#starts[slot]!;
    return new WrittenChange(this.#pages[page]!, this.#viewOf(page), start, start + this.#lengths[slot]!);
  }

  #viewOf(page: number): DataView {
    while (this.#views.length <= page) this.#views.push(viewOf(this.#pages[this.#views.length]!));
    return this.#views[page]!;
  }

  signatureAt(slot: Slot): Bytes | null {
    if (!this.isSigned(slot)) return null;
    const cell = this.#cellOf[slot]! - 1;
    const start = (cell % PAGE_CELLS) * SIGNATURE_BYTES;
    return this.#cells[Math.floor(cell / PAGE_CELLS)]!.slice(start, start + SIGNATURE_BYTES);
  }
}

function doubled(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(column.length * 2);
  wide.set(column);
  return wide;
}
