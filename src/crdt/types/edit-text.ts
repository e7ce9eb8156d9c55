// What a local author holds in hand of a text.

import { RUN_UNITS_MAX } from "../limits.ts";
import { checkInside } from "./draft.ts";
import { checkIndex, checkRange, Handle } from "./handle.ts";
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
    const node = this.known ?? this.node;
    if (!isWellFormed(text)) throw new TypeError("Expected text without lone surrogates");
    // Where the last keystroke ended is a place between characters, so most need not be looked at any further.
    if (text !== "" && this.author.typeOn(node, this.path, index, text)) return;
    checkIndex(index, node.text.length);
    if (text.length <= RUN_UNITS_MAX) {
      if (text !== "") this.author.typeText(node, this.path, index, text);
      return;
    }
    for (let i = 0; i < text.length; ) {
      let end = Math.min(i + RUN_UNITS_MAX, text.length);
      if (isHighSurrogate(text.charCodeAt(end - 1))) end--;
      this.author.typeText(node, this.path, index + i, text.slice(i, end));
      i = end;
    }
  }

  /** `count` UTF-16 code units from `index`; both ends between characters. */
  delete(index: number, count: number): void {
    const node = this.known ?? this.node;
    // The same of deleting: what goes on within one run is there.
    const isCount = index >>> 0 === index && count >>> 0 === count && count > 0;
    if (isCount && this.author.cutOn(node, this.path, index, index + count)) return;
    checkRange(index, count, node.text.length);
    if (count === 0) return;
    checkInside(node.text, index);
    checkInside(node.text, index + count);
    this.author.cutText(node, this.path, index, index + count);
  }
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** As the platform says; of a single letter it is plain to see. */
function isWellFormed(text: string): boolean {
  return text.length === 1 ? (text.charCodeAt(0) & 0xf800) !== 0xd800 : text.isWellFormed();
}
