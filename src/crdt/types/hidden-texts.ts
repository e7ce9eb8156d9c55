// What changes did to texts, collected from very many of them, to be taken out of what shows all at once, or put back.
// 100,000 letters strewn over a text of as many took twice as long one by one.

import type { Slot, Span } from "./dot.ts";
import type { TextNode } from "./node.ts";
import type { Path } from "./op.ts";
import type { Deleted } from "./showing.ts";
import type { GrowingSpan } from "./strands.ts";

interface Hidden {
  readonly node: TextNode;
  readonly path: Path;
  readonly inserted: GrowingSpan[];
  readonly deleted: Deleted[];
}

export class HiddenTexts implements Iterable<Hidden> {
  readonly #all = new Map<TextNode, Hidden>();
  /** Most changes are about one text. */
  #last: Hidden | null = null;

  /** A change put `length` elements into a text, the first of them with the number `start`. */
  insert(node: TextNode, path: Path, change: Slot, start: number, length: number): void {
    const { inserted } = this.#of(node, path);
    // What was typed at many places one after the other has numbers in a row.
    const before = inserted[inserted.length - 1];
    if (before?.change === change && before.start + before.length === start) before.length += length;
    else inserted.push({ change, start, length });
  }

  delete(node: TextNode, path: Path, spans: readonly Span[], by: Slot): void {
    const { deleted } = this.#of(node, path);
    for (const { change, start, length } of spans) deleted.push({ change, start, length, by });
  }

  #of(node: TextNode, path: Path): Hidden {
    if (this.#last?.node === node) return this.#last;
    let hidden = this.#all.get(node);
    if (hidden === undefined) {
      hidden = { node, path, inserted: [], deleted: [] };
      this.#all.set(node, hidden);
    }
    this.#last = hidden;
    return hidden;
  }

  [Symbol.iterator](): Iterator<Hidden> {
    return this.#all.values();
  }
}
