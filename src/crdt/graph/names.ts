// The ids of changes by slot, and the slots by id, as bytes: 32 of them for each change in one column, and a table with
// open places that says where in it an id stands. As strings of hex each id cost a string, its hash and a place in a map
// whenever a change came by; hex is for people and for the interface, and made when it is asked for.
//
//     column   id of slot 0 │ id of slot 1 │ …
//     table    – │ 1 + 1 │ – │ 1 + 0 │ …          the place is that of the id's first bytes, or one of the next few
//
// Ids are hashes, so their first bytes spread by themselves. Whoever computes long enough can find many ids that begin
// alike: of these, all but a few stand in a map of strings, whose hash nobody outside can know.

import { assert } from "../assert.ts";
import type { Slot } from "../types/dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "../types/image.ts";
import type { Bytes, Writer } from "./bytes.ts";
import type { ChangeId } from "./change.ts";
import { nameAt } from "./hex.ts";

export const NAME_BYTES = 32;
/** Places in a row that are looked at for an id before it is looked for among the crowded. */
const PLACES_IN_A_ROW = 16;
const SLOTS_AT_FIRST = 64;

export class Names {
  #column: Bytes = new Uint8Array(SLOTS_AT_FIRST * NAME_BYTES);
  /** Of the column. */
  #view = viewOf(this.#column);
  /** Slot + 1; 0 is an open place. Never more than half full. */
  #table = new Int32Array(SLOTS_AT_FIRST * 2);
  #count = 0;
  readonly #crowded = new Map<ChangeId, Slot>();
  /** The change named last: what comes next mostly names it, several times. */
  #last: Slot = -1;

  /** The 32 bytes from `at` of a view are the id of a change that had none. */
  set(slot: Slot, view: DataView, at: number): void {
    this.put(slot, view, at);
    this.enter(slot);
    this.#last = slot;
  }

  /** The same of a slot behind all others; it is not found before it is entered, in its turn. */
  put(slot: Slot, view: DataView, at: number): void {
    const from = slot * NAME_BYTES;
    while (from >= this.#column.length) this.#grow();
    copyName(view, at, this.#view, from);
  }

  enter(slot: Slot): void {
    this.#count++;
    // The new one among them.
    if (this.#count * 2 > this.#table.length) this.#widen();
    else this.#enter(slot, true);
  }

  #grow(): void {
    const column = this.#column;
    this.#column = new Uint8Array(Math.max(column.length, SLOTS_AT_FIRST * NAME_BYTES) * 2);
    this.#column.set(column);
    this.#view = viewOf(this.#column);
  }

  #enter(slot: Slot, isNew: boolean): void {
    const table = this.#table;
    let place = placeOf(this.#view, slot * NAME_BYTES) & (table.length - 1);
    for (let left = PLACES_IN_A_ROW; left > 0; left--) {
      const entry = table[place]!;
      if (entry === 0) {
        table[place] = slot + 1;
        return;
      }
      assert(!isNew || !this.is(entry - 1, this.#view, slot * NAME_BYTES), "a change is added once");
      place = (place + 1) & (table.length - 1);
    }
    const id = this.hexAt(slot);
    assert(!this.#crowded.has(id), "a change is added once");
    this.#crowded.set(id, slot);
  }

  /** In the order of the slots: the column is read from one end to the other then, and only the table is jumped about in. */
  #widen(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    this.#crowded.clear();
    let left = this.#count;
    for (let slot = 0; left > 0; slot++) {
      if (!this.#isNamed(slot)) continue;
      this.#enter(slot, false);
      left--;
    }
  }

  /** A slot without a name has none but zeros, which no hash is. */
  #isNamed(slot: Slot): boolean {
    const from = slot * NAME_BYTES;
    for (let i = 0; i < NAME_BYTES; i += 4) if (this.#view.getInt32(from + i, true) !== 0) return true;
    return false;
  }

  /** The change whose id the 32 bytes from `at` are; -1 for none. */
  find(view: DataView, at: number): Slot {
    if (this.#last >= 0 && this.is(this.#last, view, at)) return this.#last;
    const table = this.#table;
    let place = placeOf(view, at) & (table.length - 1);
    for (let left = PLACES_IN_A_ROW; left > 0; left--) {
      const entry = table[place]!;
      // Nothing is taken out but to widen the table, so behind an open place there is none either.
      if (entry === 0) return -1;
      if (this.is(entry - 1, view, at)) return entry - 1;
      place = (place + 1) & (table.length - 1);
    }
    if (this.#crowded.size === 0) return -1;
    return this.#crowded.get(nameAt(bytesOf(view), at) as ChangeId) ?? -1;
  }

  is(slot: Slot, view: DataView, at: number): boolean {
    return isSameName(this.#view, slot * NAME_BYTES, view, at);
  }

  compare(a: Slot, b: Slot): number {
    return compareNames(this.#column, a * NAME_BYTES, this.#column, b * NAME_BYTES);
  }

  hexAt(slot: Slot): ChangeId {
    return nameAt(this.#column, slot * NAME_BYTES) as ChangeId;
  }

  write(slot: Slot, out: Writer): void {
    out.copy(this.#column, slot * NAME_BYTES, (slot + 1) * NAME_BYTES);
  }

  copyTo(slot: Slot, view: DataView, at: number): void {
    copyName(this.#view, slot * NAME_BYTES, view, at);
  }

  /** Of the first `count` slots, some of which may have no name. */
  dump(out: ImageOut, count: number): void {
    out.numbers([this.#count]);
    out.bytes(this.#column.subarray(0, count * NAME_BYTES));
    out.ints(this.#table);
    out.numbers([...this.#crowded.values()]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    this.#count = from.number();
    this.#column = from.bytes();
    if (this.#column.length < this.#count * NAME_BYTES) throw new Unsound("a change without a name");
    this.#view = viewOf(this.#column);
    this.#table = from.ints();
    for (const slot of from.ints()) this.#crowded.set(this.hexAt(slot), slot);
  }

  /** Walks the whole table and throws on a broken invariant. For tests. */
  check(): void {
    let count = this.#crowded.size;
    for (const entry of this.#table) {
      if (entry === 0) continue;
      count++;
      assert(this.find(this.#view, (entry - 1) * NAME_BYTES) === entry - 1, "a name leads to its slot");
    }
    for (const [id, slot] of this.#crowded) {
      assert(this.hexAt(slot) === id, "the crowded have their own names");
      assert(this.find(this.#view, slot * NAME_BYTES) === slot, "a crowded name leads to its slot");
    }
    assert(count === this.#count, "each name stands in one place");
  }
}

function placeOf(view: DataView, at: number): number {
  return view.getInt32(at, true);
}

/** Of the same stretch. Names are read and compared by words: 13 ns, and 31 byte by byte. */
export function viewOf({ buffer, byteOffset, byteLength }: Bytes): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The 32 bytes from `i` in `a` to `j` in `b`. */
export function copyName(a: DataView, i: number, b: DataView, j: number): void {
  for (let k = 0; k < NAME_BYTES; k += 4) b.setInt32(j + k, a.getInt32(i + k, true), true);
}

/** Whether the 32 bytes from `i` in `a` are those from `j` in `b`. */
export function isSameName(a: DataView, i: number, b: DataView, j: number): boolean {
  for (let k = 0; k < NAME_BYTES; k += 4)
    if (a.getInt32(i + k, true) !== b.getInt32(j + k, true)) return false;
  return true;
}

/** The order of the bytes, which is that of the hex. */
export function compareNames(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  for (let k = 0; k < NAME_BYTES; k++) {
    const difference = a[i + k]! - b[j + k]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
