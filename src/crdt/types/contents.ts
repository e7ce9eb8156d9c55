// What the elements of a sequence hold, in the order of arrival and never moved again. The tree of `order.ts` holds no
// text; a run is three integers into one of these.

import { type ImageIn, type ImageOut, stringOf, Unsound } from "./image.ts";

/** What the elements hold: text, one UTF-16 unit each, or values. */
export type Elements = string | readonly unknown[];

/** An append-only row of contents. */
export interface Contents<C extends Elements> {
  readonly length: number;
  append(content: C): void;
  slice(from: number, to: number): C;
  at(index: number): C[number];
  /** Whether any elements belong together: the halves of surrogate pairs. Most texts have none. */
  readonly hasHalves: boolean;
  /** Whether the element and the next one do. */
  isHalf(index: number): boolean;
  /** Drops what a draft had added and takes back. */
  truncate(length: number): void;
  /** Where an element may become another one; units of text may not. */
  set?(index: number, element: C[number]): void;
  /** Where elements are units: puts those in [from, to) into `units`, from `at` on. */
  copyTo?(from: number, to: number, units: Uint16Array, at: number): void;
  dump(out: ImageOut): void;
  /** Into one that is empty. */
  load(from: ImageIn): void;
}

/** Units in one page. */
const PAGE = 2_048;
/** In the first one at first: a document may have thousands of texts of a few words. */
const FIRST_PAGE = 32;

/**
 * UTF-16 units in pages, a byte each while all of a page are below 256 and two bytes otherwise: what was typed and deleted
 * stays here for ever, and most of it is one byte wide. Pages are filled and never moved, so that there is little room unused.
 */
export class Units implements Contents<string> {
  hasHalves = false;
  readonly #pages: (Uint8Array | Uint16Array)[] = [];
  /** The one that is being filled. */
  #page: Uint8Array | Uint16Array = NO_PAGE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(text: string): void {
    for (let i = 0; i < text.length; ) {
      let at = this.#length % PAGE;
      if (at === this.#page.length || at === 0) this.#makeRoom(at);
      let page = this.#page;
      const begin = i;
      for (; i < text.length && at < page.length; i++, at++) {
        const unit = text.charCodeAt(i);
        if (unit > 0xff) {
          this.#widen(unit);
          page = this.#page;
        }
        page[at] = unit;
      }
      this.#length += i - begin;
    }
  }

  /** A new page, or a larger one where the first is full. */
  #makeRoom(at: number): void {
    const count = this.#pages.length;
    if (at === 0) {
      this.#page = new Uint8Array(count === 0 ? FIRST_PAGE : PAGE);
      this.#pages.push(this.#page);
      return;
    }
    const size = Math.min(PAGE, at * 4);
    const larger = this.#page.BYTES_PER_ELEMENT === 2 ? new Uint16Array(size) : new Uint8Array(size);
    larger.set(this.#page);
    this.#page = larger;
    this.#pages[count - 1] = larger;
  }

  #widen(unit: number): void {
    if ((unit & 0xf800) === 0xd800) this.hasHalves = true;
    if (this.#page.BYTES_PER_ELEMENT === 2) return;
    this.#page = new Uint16Array(this.#page);
    this.#pages[this.#pages.length - 1] = this.#page;
  }

  slice(from: number, to: number): string {
    if (to - from === 1) return this.at(from);
    const units = new Uint16Array(to - from);
    this.copyTo(from, to, units, 0);
    return stringOf(units);
  }

  copyTo(from: number, to: number, units: Uint16Array, at: number): void {
    for (let start = from; start < to; ) {
      const page = this.#pages[Math.floor(start / PAGE)]!;
      const begin = start % PAGE;
      const end = Math.min(begin + to - start, PAGE);
      for (let i = begin; i < end; i++) units[at++] = page[i]!;
      start += end - begin;
    }
  }

  at(index: number): string {
    return String.fromCharCode(this.#unit(index));
  }

  isHalf(index: number): boolean {
    return (this.#unit(index) & 0xfc00) === 0xd800;
  }

  #unit(index: number): number {
    return this.#pages[Math.floor(index / PAGE)]![index % PAGE]!;
  }

  truncate(length: number): void {
    this.#length = length;
    this.#pages.length = Math.ceil(length / PAGE);
    this.#page = this.#pages.at(-1) ?? NO_PAGE;
  }

  dump(out: ImageOut): void {
    const isWide = this.#pages.map(page => (page.BYTES_PER_ELEMENT === 2 ? 1 : 0));
    const used = this.#pages.map((_, i) => Math.min(PAGE, this.#length - i * PAGE));
    const narrow = new Uint8Array(sumOf(used, i => isWide[i] === 0));
    const wide = new Uint16Array(sumOf(used, i => isWide[i] === 1));
    const at = [0, 0];
    for (const [i, page] of this.#pages.entries()) {
      const width = isWide[i]!;
      (width === 1 ? wide : narrow).set(page.subarray(0, used[i]), at[width]);
      at[width]! += used[i]!;
    }
    out.numbers([this.#length, this.hasHalves ? 1 : 0]);
    out.numbers(isWide);
    out.bytes(narrow);
    out.units(wide);
  }

  load(from: ImageIn): void {
    const [length, hasHalves] = from.list() as [number, number];
    const widths = from.ints();
    // One array for all pages of a width: those that are full are never written to, and the last one makes itself larger.
    const sources = [from.bytes(), from.units()] as const;
    const at: [number, number] = [0, 0];
    for (const [i, width] of widths.entries()) {
      const source = sources[width];
      const used = Math.min(PAGE, length - i * PAGE);
      if (source === undefined || used <= 0) throw new Unsound("a page too many");
      this.#pages.push(source.subarray(at[width]!, at[width]! + used));
      at[width]! += used;
    }
    if (at[0] !== sources[0].length || at[1] !== sources[1].length) throw new Unsound("a page too few");
    this.#length = length;
    this.#page = this.#pages.at(-1) ?? NO_PAGE;
    this.hasHalves = hasHalves === 1;
  }
}

function sumOf(numbers: readonly number[], isCounted: (i: number) => boolean): number {
  return numbers.reduce((sum, number, i) => sum + (isCounted(i) ? number : 0), 0);
}

const NO_PAGE = new Uint8Array(0);

export class Values implements Contents<readonly unknown[]> {
  readonly hasHalves = false;
  readonly #values: unknown[] = [];

  get length(): number {
    return this.#values.length;
  }

  append(values: readonly unknown[]): void {
    for (const value of values) this.#values.push(value);
  }

  slice(from: number, to: number): readonly unknown[] {
    return this.#values.slice(from, to);
  }

  at(index: number): unknown {
    return this.#values[index];
  }

  isHalf(): boolean {
    return false;
  }

  truncate(length: number): void {
    this.#values.length = length;
  }

  set(index: number, value: unknown): void {
    this.#values[index] = value;
  }

  /** What is no plain value stands as null: whoever put it there puts it there again (`moves.ts`). */
  dump(out: ImageOut): void {
    out.json(this.#values.map(value => (isPlain(value) ? value : null)));
  }

  load(from: ImageIn): void {
    for (const value of from.json() as unknown[]) this.#values.push(value);
  }
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object" || Object.getPrototypeOf(value) === Object.prototype;
}
