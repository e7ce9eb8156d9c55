// What a local author holds in hand of a text.

import { checkIndex, checkRange, Handle } from "./handle.ts";
import { type TextNode, textOf } from "./node.ts";

export class TextEdit extends Handle<TextNode> {
  /** UTF-16 code units. */
  get length(): number {
    return this.node.length;
  }

  override toString(): string {
    return textOf(this.node);
  }

  /** At `index` (0 … length, UTF-16 code units; never inside a surrogate pair). */
  insert(index: number, text: string): void {
    const node = this.known ?? this.node;
    checkWellFormed(text);
    if (text !== "" && this.author.compose(node, this.path, index, 0, text)) return;
    checkIndex(index, node.length);
    if (text !== "") this.#replace(node, index, 0, text);
  }

  /** `count` UTF-16 code units from `index`; both ends between characters. */
  delete(index: number, count: number): void {
    const node = this.known ?? this.node;
    const isCount = count >>> 0 === count && count > 0;
    if (isCount && this.author.compose(node, this.path, index, count, "")) return;
    checkRange(index, count, node.length);
    if (count === 0) return;
    this.#replace(node, index, count, "");
  }

  /** Both: `text` stands where the `count` units from `index` stood, whatever others write beside it meanwhile. */
  splice(index: number, count: number, text: string): void {
    if (count === 0) this.insert(index, text);
    else if (text === "") this.delete(index, count);
    else {
      const { node } = this;
      checkRange(index, count, node.length);
      checkWellFormed(text);
      if (this.author.compose(node, this.path, index, count, text)) return;
      this.#replace(node, index, count, text);
    }
  }

  #replace(node: TextNode, index: number, removed: number, inserted: string): void {
    for (const end of [index, index + removed])
      if (node.text.isInside(end))
        throw new RangeError(`Expected a position between characters, got ${end} inside a surrogate pair`);
    this.author.replaceText(node, this.path, index, removed, inserted);
  }
}

/** As the platform says; of a single letter it is plain to see. */
function checkWellFormed(text: string): void {
  if (typeof text !== "string") throw new TypeError(`Expected a string, got ${typeof text}`);
  const holds = text.length === 1 ? (text.charCodeAt(0) & 0xf800) !== 0xd800 : text.isWellFormed();
  if (!holds) throw new TypeError("Expected text without lone surrogates");
}
