// What a local author holds in hand of a text.

import { RUN_UNITS_MAX } from "../limits.ts";
import { checkIndex, checkRange, deleteAll, Handle } from "./handle.ts";
import { type TextNode, textOf } from "./node.ts";

export class TextEdit extends Handle<TextNode> {
  /** UTF-16 code units. */
  get length(): number {
    return this.node.text.length;
  }

  override toString(): string {
    return textOf(this.node);
  }

  /** At `index` (0 … length, UTF-16 code units; never inside a surrogate pair). */
  insert(index: number, text: string): void {
    checkIndex(index, this.length);
    if (!text.isWellFormed()) throw new TypeError("Expected text without lone surrogates");
    this.#checkPair(index);
    for (let i = 0; i < text.length; ) {
      let end = Math.min(i + RUN_UNITS_MAX, text.length);
      const isHigh = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
      if (isHigh) end--;
      const place = this.node.text.place(index + i);
      this.author.add({ type: "insertText", path: this.path, ...place, text: text.slice(i, end) });
      i = end;
    }
  }

  /** `count` UTF-16 code units from `index`; both ends between characters. */
  delete(index: number, count: number): void {
    checkRange(index, count, this.length);
    if (count === 0) return;
    this.#checkPair(index);
    this.#checkPair(index + count);
    deleteAll(this.author, this.path, this.node.text.spans(index, index + count));
  }

  #checkPair(index: number): void {
    if (index === 0 || index === this.length) return;
    const unit = this.node.text.at(this.node.text.dotAt(index))!;
    if ((unit.charCodeAt(0) & 0xfc00) === 0xdc00) {
      throw new RangeError(`Expected a position between characters, got ${index} inside a surrogate pair`);
    }
  }
}
