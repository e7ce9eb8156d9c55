// Numbers and bytes of one kind, one after the other, as a segment of a file keeps them (docs/wire-format.md §13.4):
// equal things stand together, so that a run of them is two numbers and what is left deflates well. A column is read to
// its end, and nothing is made of a number before it is known to be bounded.

import { Malformed, Reader, type Writer } from "../graph/bytes.ts";

/** Values that mostly repeat: of each run the value and how often it comes after the first time. */
export class RunsOut {
  readonly #out: Writer;
  #value = 0;
  #length = 0;

  constructor(out: Writer) {
    this.#out = out;
  }

  push(value: number): void {
    if (this.#length > 0 && value === this.#value) {
      this.#length++;
      return;
    }
    this.finish();
    this.#value = value;
    this.#length = 1;
  }

  finish(): void {
    if (this.#length === 0) return;
    this.#out.varint(this.#value);
    this.#out.varint(this.#length - 1);
    this.#length = 0;
  }
}

export class RunsIn {
  readonly #in: Reader;
  #value = 0;
  #left = 0;

  constructor(bytes: Uint8Array) {
    this.#in = new Reader(bytes);
  }

  next(): number {
    if (this.#left === 0) {
      this.#value = this.#in.varint();
      this.#left = this.#in.varint() + 1;
    }
    this.#left--;
    return this.#value;
  }

  /** How often the value comes again that was read last, so far as this run says. */
  get left(): number {
    return this.#left;
  }

  /** Passes over so many of those. */
  skip(count: number): void {
    this.#left -= count;
  }

  end(): void {
    if (this.#left > 0) throw new Malformed("run beyond the end");
    this.#in.end();
  }
}

/** The same of values below `base`: value and length are one number, mostly one byte. */
export class CodesOut {
  readonly #out: Writer;
  readonly #base: number;
  #value = 0;
  #length = 0;

  constructor(out: Writer, base: number) {
    this.#out = out;
    this.#base = base;
  }

  push(value: number): void {
    if (this.#length > 0 && value === this.#value) {
      this.#length++;
      return;
    }
    this.finish();
    this.#value = value;
    this.#length = 1;
  }

  finish(): void {
    if (this.#length === 0) return;
    this.#out.varint((this.#length - 1) * this.#base + this.#value);
    this.#length = 0;
  }
}

export class CodesIn {
  readonly #in: Reader;
  readonly #base: number;
  #value = 0;
  #left = 0;

  constructor(bytes: Uint8Array, base: number) {
    this.#in = new Reader(bytes);
    this.#base = base;
  }

  next(): number {
    if (this.#left === 0) {
      const code = this.#in.varint();
      this.#value = code % this.#base;
      this.#left = Math.floor(code / this.#base) + 1;
    }
    this.#left--;
    return this.#value;
  }

  /** What was read last. */
  get value(): number {
    return this.#value;
  }

  /** As in `RunsIn`. */
  get left(): number {
    return this.#left;
  }

  skip(count: number): void {
    this.#left -= count;
  }

  end(): void {
    if (this.#left > 0) throw new Malformed("run beyond the end");
    this.#in.end();
  }
}

/** Where things stand that most changes do not have: the distance to the next of them, then what it is. */
export class RareOut {
  readonly out: Writer;
  #last = -1;

  constructor(out: Writer) {
    this.out = out;
  }

  /** What is written next into `out` is about a change; changes come in order. */
  at(change: number): void {
    this.out.varint(change - this.#last - 1);
    this.#last = change;
  }
}

export class RareIn {
  readonly in: Reader;
  #next = -1;

  constructor(bytes: Uint8Array) {
    this.in = new Reader(bytes);
    this.#advance();
  }

  #advance(): void {
    this.#next = this.in.left === 0 ? Number.POSITIVE_INFINITY : this.#next + 1 + this.in.varint();
  }

  /** Whether the column says something about a change; then it is read from `in`, and after that comes `done`. */
  isAt(change: number): boolean {
    return this.#next === change;
  }

  done(): void {
    this.#advance();
  }

  /** Changes from this one on of which it says nothing. */
  leftFrom(change: number): number {
    return this.#next - change;
  }

  end(): void {
    if (this.#next !== Number.POSITIVE_INFINITY) throw new Malformed("beyond the last change");
  }
}
