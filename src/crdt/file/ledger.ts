// What both who writes a file and who reads one know of the changes in it, in the order in which they stand there. Changes
// are named by their numbers in that order, elements by theirs: all elements of all changes are counted through. Who
// wrote last, where a hand was last and what stood right of what is guessed from it by both alike, so that a file need
// say only where a guess fails (docs/wire-format.md §13.5).
//
//     change     0 │ 1   │ 2 │ 3      a change makes none, one or many
//     element      │ 0 1 │ 2 │ 3 4 5

import type { Naming } from "../graph/body.ts";
import type { Writer } from "../graph/bytes.ts";
import type { DeviceId } from "../graph/change.ts";
import { Names } from "../graph/names.ts";
import type { WrittenChange } from "../graph/written.ts";

/** The number of no change, and of no element. */
export const NONE = -1;
/** What stands right of an element is not guessed. */
export const UNKNOWN = -2;

const AT_FIRST = 64;

export class Ledger implements Naming {
  readonly #names = new Names();
  #count = 0;
  /** So many of them are found by name: in a file of one person nobody is looked for. */
  #found = 0;
  #elements = 0;
  // One place for each change. They grow together.
  #authors = new Int32Array(AT_FIRST);
  #seqs = new Float64Array(AT_FIRST);
  #depths = new Float64Array(AT_FIRST);
  #opTotals = new Float64Array(AT_FIRST);
  #byteTotals = new Float64Array(AT_FIRST);
  /** Number of the first element. */
  #firsts = new Float64Array(AT_FIRST);
  /** Author numbers, by device; their devices; and of each the change and the element that came last. */
  readonly #numbers = new Map<DeviceId, number>();
  readonly devices: DeviceId[] = [];
  readonly #newest: number[] = [];
  readonly #hands: number[] = [];
  // One place for each insert of text: its first element, how many it made, what stood right of them.
  #inserts = 0;
  #insertStarts = new Float64Array(AT_FIRST);
  #insertLengths = new Int32Array(AT_FIRST);
  #insertRights = new Float64Array(AT_FIRST);

  get count(): number {
    return this.#count;
  }

  /** So many elements do the changes make, and this is the number of the next. */
  get elements(): number {
    return this.#elements;
  }

  /** The next change. Its author is known by now. */
  add(change: WrittenChange): void {
    const at = this.#count;
    if (at === this.#authors.length) this.#grow();
    const author = this.#numbers.get(change.author)!;
    this.#names.put(at, change.view, change.end);
    this.#authors[at] = author;
    this.#seqs[at] = change.seq;
    this.#depths[at] = change.depth;
    this.#opTotals[at] = change.opTotal;
    this.#byteTotals[at] = change.byteTotal;
    this.#firsts[at] = this.#elements;
    this.#elements += change.elements;
    this.#newest[author] = at;
    this.#count++;
  }

  #grow(): void {
    const size = this.#authors.length * 2;
    this.#authors = into(new Int32Array(size), this.#authors);
    this.#seqs = into(new Float64Array(size), this.#seqs);
    this.#depths = into(new Float64Array(size), this.#depths);
    this.#opTotals = into(new Float64Array(size), this.#opTotals);
    this.#byteTotals = into(new Float64Array(size), this.#byteTotals);
    this.#firsts = into(new Float64Array(size), this.#firsts);
  }

  // ------------------------------------------------------------------------------------------------ changes

  /** The change whose id the 32 bytes from `at` are; -1 if it is not in the file. */
  find(view: DataView, at: number): number {
    for (; this.#found < this.#count; this.#found++) this.#names.enter(this.#found);
    return this.#names.find(view, at);
  }

  writeId(change: number, out: Writer): void {
    this.#names.write(change, out);
  }

  copyId(change: number, view: DataView, at: number): void {
    this.#names.copyTo(change, view, at);
  }

  compareIds(a: number, b: number): number {
    return this.#names.compare(a, b);
  }

  isChange(number: number): boolean {
    return number >= 0 && number < this.#count;
  }

  /** 0 for no change: what the first of a device goes on from. */
  seqAt(change: number): number {
    return change < 0 ? 0 : this.#seqs[change]!;
  }

  opTotalAt(change: number): number {
    return change < 0 ? 0 : this.#opTotals[change]!;
  }

  byteTotalAt(change: number): number {
    return change < 0 ? 0 : this.#byteTotals[change]!;
  }

  authorAt(change: number): number {
    return this.#authors[change]!;
  }

  depthAbove(parents: readonly number[]): number {
    let deepest = 0;
    for (let i = 0; i < parents.length; i++) deepest = Math.max(deepest, this.#depths[parents[i]!]!);
    return deepest + 1;
  }

  /** The number of a device, a new one if it was not there yet. */
  authorOf(device: DeviceId): number {
    const known = this.#numbers.get(device);
    if (known !== undefined) return known;
    this.#newest.push(NONE);
    this.#hands.push(NONE);
    const number = this.devices.push(device) - 1;
    this.#numbers.set(device, number);
    return number;
  }

  hasAuthor(device: DeviceId): boolean {
    return this.#numbers.has(device);
  }

  /** The change of an author that stands last in the file. */
  newestOf(author: number): number {
    return this.#newest[author]!;
  }

  // ----------------------------------------------------------------------------------------------- elements

  firstOf(change: number): number {
    return this.#firsts[change]!;
  }

  /** The number after that of the last element. */
  endOf(change: number): number {
    return change + 1 < this.#count ? this.#firsts[change + 1]! : this.#elements;
  }

  /** The change that makes an element, which is below `elements`: of those that begin there or before it the last. */
  makerOf(element: number): number {
    return lastUpTo(this.#firsts, this.#count, element);
  }

  /** Whether an element is one of a change, which may be none. */
  makes(change: number, element: number): boolean {
    return this.isChange(change) && element >= this.firstOf(change) && element < this.endOf(change);
  }

  /** The element where an author last typed or deleted. */
  handOf(author: number): number {
    return this.#hands[author]!;
  }

  touch(author: number, element: number): void {
    this.#hands[author] = element;
  }

  /** Text was put left of the element `right`; `NONE` is the end. */
  insert(start: number, length: number, right: number): void {
    const at = this.#inserts;
    if (at === this.#insertStarts.length) {
      this.#insertStarts = into(new Float64Array(at * 2), this.#insertStarts);
      this.#insertLengths = into(new Int32Array(at * 2), this.#insertLengths);
      this.#insertRights = into(new Float64Array(at * 2), this.#insertRights);
    }
    this.#insertStarts[at] = start;
    this.#insertLengths[at] = length;
    this.#insertRights[at] = right;
    this.#inserts++;
  }

  /** What stood right of an element when it was put there, so far as an insert of text says so. */
  rightOf(element: number): number {
    if (this.#inserts === 0) return UNKNOWN;
    // Mostly asked of what was typed last.
    const last = this.#inserts - 1;
    const at =
      element >= this.#insertStarts[last]! ? last : lastUpTo(this.#insertStarts, this.#inserts, element);
    if (at < 0 || element >= this.#insertStarts[at]! + this.#insertLengths[at]!) return UNKNOWN;
    return this.#insertRights[at]!;
  }
}

function into<A extends Int32Array | Float64Array>(wide: A, column: A): A {
  wide.set(column);
  return wide;
}

/** Where in the first `count` numbers, which do not descend, the last one stands that is not above `limit`; -1 is nowhere. */
function lastUpTo(numbers: Float64Array, count: number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
