// What a local author holds in hand of a text.

import { checkInside } from "./draft.ts";
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
    if (!isWellFormed(text)) throw new TypeError("Expected text without lone surrogates");
    if (text !== "" && this.author.compose(node, this.path, index, 0, text)) return;
    checkIndex(index, node.length);
    if (text !== "") this.author.typeText(node, this.path, index, text);
  }

  /** `count` UTF-16 code units from `index`; both ends between characters. */
  delete(index: number, count: number): void {
    const node = this.known ?? this.node;
    const isCount = count >>> 0 === count && count > 0;
    if (isCount && this.author.compose(node, this.path, index, count, "")) return;
    checkRange(index, count, node.length);
    if (count === 0) return;
    checkInside(node.text, index);
    checkInside(node.text, index + count);
    this.author.cutText(node, this.path, index, index + count);
  }
}

/** As the platform says; of a single letter it is plain to see. */
function isWellFormed(text: string): boolean {
  return text.length === 1 ? (text.charCodeAt(0) & 0xf800) !== 0xd800 : text.isWellFormed();
}
