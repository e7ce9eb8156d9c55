// Texts, counters and sets in the plain spelling: the handles of types/edit-text.ts and edit-values.ts, but found when they
// are read, made when they are written to, and gone when the edit is over.

import type { TextEdit } from "../types/edit-text.ts";
import type { CounterEdit, SetEdit } from "../types/edit-values.ts";
import { checkIndex, checkRange } from "../types/handle.ts";
import type { Scalar } from "../types/op.ts";
import type { Held } from "./held.ts";

/** Positions are UTF-16 code units, never inside a surrogate pair. */
export class PlainText {
  readonly #held: Held;

  constructor(held: Held) {
    this.#held = held;
  }

  get length(): number {
    return (this.#held.peek() as TextEdit | null)?.length ?? 0;
  }

  toString(): string {
    return this.#held.peek()?.toString() ?? "";
  }

  toJSON(): string {
    return this.toString();
  }

  insert(index: number, text: string): void {
    checkIndex(index, this.length);
    if (text !== "") (this.#held.open() as TextEdit).insert(index, text);
  }

  delete(index: number, count: number): void {
    checkRange(index, count, this.length);
    if (count > 0) (this.#held.open() as TextEdit).delete(index, count);
  }

  /** Both: `text` stands where the `count` units from `index` stood. */
  splice(index: number, count: number, text = ""): void {
    checkRange(index, count, this.length);
    if (count > 0 || text !== "") (this.#held.open() as TextEdit).splice(index, count, text);
  }
}

export class PlainCounter {
  readonly #held: Held;

  constructor(held: Held) {
    this.#held = held;
  }

  get value(): number {
    return (this.#held.peek() as CounterEdit | null)?.value ?? 0;
  }

  toJSON(): number {
    return this.value;
  }

  increment(by = 1): void {
    (this.#held.open() as CounterEdit).increment(by);
  }

  decrement(by = 1): void {
    (this.#held.open() as CounterEdit).decrement(by);
  }
}

/** Reads like a `Set`. What others put in need not be of the schema's type. */
export class PlainSet<T extends Scalar = Scalar> {
  readonly #held: Held;

  constructor(held: Held) {
    this.#held = held;
  }

  get size(): number {
    return this.values().length;
  }

  has(value: Scalar): boolean {
    return (this.#held.peek() as SetEdit | null)?.has(value) ?? false;
  }

  /** Sorted by canonical JSON. */
  values(): Scalar[] {
    return (this.#held.peek() as SetEdit | null)?.values() ?? [];
  }

  [Symbol.iterator](): IterableIterator<Scalar> {
    return this.values()[Symbol.iterator]();
  }

  toJSON(): readonly Scalar[] {
    return this.values();
  }

  add(value: T): this {
    const { shape, place } = this.#held;
    const added = this.#held.scope.taking().takeMember(value, shape, place);
    (this.#held.open() as SetEdit).add(added);
    return this;
  }

  delete(value: Scalar): boolean {
    return (this.#held.peek() as SetEdit | null)?.delete(value) ?? false;
  }
}
