// What the elements of a sequence hold, in the order of arrival and never moved again. The tree of `order.ts` holds no
// text; a run is three integers into one of these.

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
}

/** UTF-16 units, two bytes each. */
export class Units implements Contents<string> {
  hasHalves = false;
  #units = new Uint16Array(8);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(text: string): void {
    const length = this.#length + text.length;
    if (length > this.#units.length) {
      const grown = new Uint16Array(Math.max(length, this.#units.length + (this.#units.length >> 2) + 8));
      grown.set(this.#units);
      this.#units = grown;
    }
    const units = this.#units;
    for (let i = 0, at = this.#length; i < text.length; i++, at++) {
      const unit = text.charCodeAt(i);
      units[at] = unit;
      if ((unit & 0xf800) === 0xd800) this.hasHalves = true;
    }
    this.#length = length;
  }

  slice(from: number, to: number): string {
    if (to - from === 1) return this.at(from);
    let text = "";
    // Arguments travel on the stack: a chunk at a time.
    for (let i = from; i < to; i += CHUNK)
      text += String.fromCharCode.apply(null, this.#units.subarray(i, Math.min(i + CHUNK, to)) as never);
    return text;
  }

  at(index: number): string {
    return String.fromCharCode(this.#units[index]!);
  }

  isHalf(index: number): boolean {
    return (this.#units[index]! & 0xfc00) === 0xd800;
  }

  truncate(length: number): void {
    this.#length = length;
  }
}

const CHUNK = 4_096;

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
}
