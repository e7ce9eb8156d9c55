// A row of integers that grows at its end. An array of numbers would do, but a quarter of a million of them would be pushed
// one by one when an image is loaded: of automerge-paper 210 ms of the processor, and 100 with rows (on a busy machine).

export class Ints {
  // Both are written here alone; every keystroke reads them several times.

  /** Behind the last of the row stands anything. Another one after it has grown. */
  numbers: Int32Array<ArrayBuffer>;
  length: number;
  /** They are others' as well, until the row has grown. */
  #isLent = false;

  /** The first `length` of them; they belong to the row from now on. */
  constructor(numbers: Int32Array<ArrayBuffer> = new Int32Array(4), length = 0) {
    this.numbers = numbers;
    this.length = length;
  }

  /** Of all of them, which nobody writes to any more. */
  static lent(numbers: Int32Array<ArrayBuffer>): Ints {
    const row = new Ints(numbers, numbers.length);
    row.#isLent = true;
    return row;
  }

  /** Undefined at no place of the row. */
  at(i: number): number | undefined {
    return i >= 0 && i < this.length ? this.numbers[i] : undefined;
  }

  get last(): number | undefined {
    return this.length > 0 ? this.numbers[this.length - 1] : undefined;
  }

  push(number: number): void {
    if (this.length === this.numbers.length) this.#own(widened(this.numbers, this.length * 2 + 4));
    this.numbers[this.length++] = number;
  }

  pop(): void {
    if (this.#isLent) this.#own(this.numbers.slice());
    this.length--;
  }

  #own(numbers: Int32Array<ArrayBuffer>): void {
    this.numbers = numbers;
    this.#isLent = false;
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.numbers.subarray(0, this.length)[Symbol.iterator]();
  }
}

export function widened(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(length);
  wide.set(numbers);
  return wide;
}
