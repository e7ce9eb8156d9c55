// An open draft: local ops that already show but are not yet a signed change. Ops that continue each other are
// joined, so that a word typed in a row is one op.

import { RUN_UNITS_MAX } from "../limits.ts";
import type { DocumentTree, Patch } from "./document.ts";
import type { Dot, Slot, Span } from "./dot.ts";
import { type ContentOp, elementCount, samePath } from "./op.ts";

/** Takes one op of the local author, applies it, and answers the dot of its first element. */
export interface Author {
  readonly tree: DocumentTree;
  add(op: ContentOp): Dot;
}

/** Where a draft stood before an edit. Ops are only added, and only the last one is ever replaced by a longer one. */
export interface Mark {
  readonly count: number;
  readonly last: ContentOp | undefined;
  readonly next: number;
  readonly size: number;
}

export class Draft {
  readonly tree: DocumentTree;
  readonly slot: Slot;
  readonly #ops: ContentOp[] = [];
  /** Number of the first element of each op. */
  readonly #starts: number[] = [];
  #next = 0;
  #size = 0;

  constructor(tree: DocumentTree, slot: Slot) {
    this.tree = tree;
    this.slot = slot;
  }

  get ops(): readonly ContentOp[] {
    return this.#ops;
  }

  get starts(): readonly number[] {
    return this.#starts;
  }

  /** A bound on its bytes, as the caller counts them. */
  get size(): number {
    return this.#size;
  }

  mark(): Mark {
    return { count: this.#ops.length, last: this.#ops.at(-1), next: this.#next, size: this.#size };
  }

  /** Forgets what was added since the mark; the tree must have been reverted. */
  reset(mark: Mark, patches: Patch[]): void {
    this.#ops.length = this.#starts.length = mark.count;
    if (mark.last !== undefined) this.#ops[mark.count - 1] = mark.last;
    this.#next = mark.next;
    this.#size = mark.size;
    // An item may be deleted twice by one draft, having come back in between; taking the second delete back took
    // back the first. Deleting is idempotent per change.
    for (const [i, op] of this.#ops.entries())
      if (op.type === "delete") this.tree.apply(op, this.slot, this.#starts[i]!, patches);
  }

  /** Applies one op, `size` bytes at most; answers the dot of its first element. */
  add(op: ContentOp, size: number, patches: Patch[]): Dot {
    const dot = { change: this.slot, index: this.#next };
    if (!this.#extend(op, patches)) {
      this.tree.apply(op, this.slot, dot.index, patches);
      if (!this.#joinDelete(op)) {
        this.#ops.push(op);
        this.#starts.push(dot.index);
      }
    }
    this.#next += elementCount(op);
    this.#size += size;
    return dot;
  }

  /** Typing on: lengthens the last run instead of starting another. */
  #extend(op: ContentOp, patches: Patch[]): boolean {
    const last = this.#ops.at(-1);
    if (op.type !== "insertText" || last?.type !== "insertText" || !samePath(op.path, last.path))
      return false;
    if (last.text.length + op.text.length > RUN_UNITS_MAX) return false;
    const node = this.tree.node(op.path);
    const end = { change: this.slot, index: this.#next - 1 };
    if (node.kind !== "text" || !node.text.isVisible(end) || !node.text.continues(end, op)) return false;
    const step = node.text.extend(end, op.text);
    patches.push({ type: "text", path: op.path, index: step.index, removed: 0, inserted: op.text });
    this.#ops[this.#ops.length - 1] = { ...last, text: last.text + op.text };
    return true;
  }

  /** Deleting on: one delete with more spans. */
  #joinDelete(op: ContentOp): boolean {
    const last = this.#ops.at(-1);
    if (op.type !== "delete" || last?.type !== "delete" || !samePath(op.path, last.path)) return false;
    this.#ops[this.#ops.length - 1] = {
      ...last,
      spans: longer(last.spans, op.spans) ?? joinSpans([...last.spans, ...op.spans]),
    };
    return true;
  }
}

/** Backspacing or deleting on in one run, without sorting anything; null where it is not as simple as that. */
function longer(spans: readonly Span[], [more, ...others]: readonly Span[]): Span[] | null {
  const last = spans.length === 1 ? spans[0]! : null;
  if (last === null || more === undefined || others.length > 0 || more.change !== last.change) return null;
  const length = last.length + more.length;
  if (more.start + more.length === last.start) return [{ change: last.change, start: more.start, length }];
  return last.start + last.length === more.start ? [{ ...last, length }] : null;
}

/** The same dots as few spans, sorted by change and start. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.change - b.change || a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && last.change === span.change && last.start + last.length >= span.start) {
      const end = Math.max(last.start + last.length, span.start + span.length);
      joined[joined.length - 1] = { ...last, length: end - last.start };
    } else joined.push(span);
  }
  return joined;
}
