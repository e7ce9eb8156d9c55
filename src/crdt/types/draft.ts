// An open draft: local ops that already show but are not yet a signed change. Ops that continue each other are
// joined, so that a word typed in a row is one op, and so is one deleted letter by letter. The op that may still be
// continued is kept apart, as numbers.

import { RUN_UNITS_MAX } from "../limits.ts";
import type { DocumentTree, Patch } from "./document.ts";
import type { Dot, Slot, Span } from "./dot.ts";
import type { IsUnseen } from "./fugue.ts";
import type { ListNode, TextNode } from "./node.ts";
import { type ContentOp, elementCount, type Path, type Place, samePath } from "./op.ts";
import type { GrowingSpan } from "./strands.ts";

/** Takes the edits of the local author and applies them. */
export interface Author {
  readonly tree: DocumentTree;
  readonly isUnseen: IsUnseen;
  /** Answers the dot of the first element. */
  add(op: ContentOp): Dot;
  /** Replaces visible units by others, well formed, if that composes with what is done to the text; false if it does not, and
   * then nothing has happened. */
  compose(node: TextNode, path: Path, index: number, removed: number, inserted: string): boolean;
  /** The same in the tree: `removed` visible units from `index` give way to `inserted`. */
  replaceText(node: TextNode, path: Path, index: number, removed: number, inserted: string): void;
}

type PlacedOp = Extract<ContentOp, Place>;

/** An insert that typing may still lengthen. */
interface Typing {
  readonly node: TextNode;
  readonly path: Path;
  readonly place: Place;
  /** Number of the first element. */
  readonly start: number;
  text: string;
}

/** A delete that deleting on may still lengthen: its last span, or by further ones. */
interface Cutting {
  readonly path: Path;
  readonly start: number;
  readonly spans: GrowingSpan[];
}

/** Where a draft stood before an edit. */
interface Mark {
  count: number;
  next: number;
  size: number;
  typing: Typing | null;
  cutting: Cutting | null;
  /** Elements of a typing, or spans of a cutting; and of these the last one as it was. */
  length: number;
  lastStart: number;
  lastLength: number;
}

/** Where every draft begins. */
const EMPTY: Mark = {
  count: 0,
  next: 0,
  size: 0,
  typing: null,
  cutting: null,
  length: 0,
  lastStart: 0,
  lastLength: 0,
};

/** Bytes of one reference with the numbers beside it, at most. */
const NAME_BYTES = 48;
/** Bytes of an insert besides its text and path. */
const INSERT_BYTES = 16 + 2 * NAME_BYTES;

export class Draft {
  readonly tree: DocumentTree;
  readonly slot: Slot;
  readonly #ops: ContentOp[] = [];
  /** Number of the first element of each op. */
  readonly #starts: number[] = [];
  // The op that may be continued is one of the two, or there is none.
  #typing: Typing | null = null;
  #cutting: Cutting | null = null;
  #next = 0;
  #size = 0;
  /** Most drafts of somebody who types slowly are closed before there is anything to go back to. */
  #mark: Mark | null = null;

  constructor(tree: DocumentTree, slot: Slot) {
    this.tree = tree;
    this.slot = slot;
  }

  get ops(): readonly ContentOp[] {
    if (!this.#isOpen) return this.#ops;
    return this.#ops.length === 0 ? [this.#openOp()] : [...this.#ops, this.#openOp()];
  }

  get count(): number {
    return this.#ops.length + (this.#isOpen ? 1 : 0);
  }

  get #isOpen(): boolean {
    return this.#typing !== null || this.#cutting !== null;
  }

  /** A bound on its bytes. */
  get size(): number {
    return this.#size;
  }

  // ------------------------------------------------------------------------------------------------- adding

  /** Applies one op, `size` bytes at most; answers the dot of its first element. */
  add(op: ContentOp, size: number, patches: Patch[]): Dot {
    const dot = { change: this.slot, index: this.#next };
    this.tree.apply(op, this.slot, dot.index, patches);
    if (op.type === "delete") {
      const { spans } = this.#cut(op.path);
      for (const span of op.spans) spans.push({ ...span });
    } else {
      this.close();
      this.#ops.push(op);
      this.#starts.push(dot.index);
    }
    this.#grow(elementCount(op), size);
    return dot;
  }

  /** At most `RUN_UNITS_MAX` units. Where it goes on with what was typed last it lengthens that. */
  typeText(node: TextNode, path: Path, index: number, text: string, isUnseen: IsUnseen): void {
    const place = node.text.insertAt(index, { change: this.slot, index: this.#next }, text, isUnseen);
    this.#typed(node, path, place, text);
  }

  /** The same at a place that was asked for. */
  typeAt(node: TextNode, path: Path, place: Place, text: string): void {
    node.text.put({ change: this.slot, index: this.#next }, place, text);
    this.#typed(node, path, place, text);
  }

  #typed(node: TextNode, path: Path, place: Place, text: string): void {
    let size = text.length * 3;
    if (this.#isTypedOn(node, place, text.length)) this.#typing!.text += text;
    else {
      this.close();
      this.#typing = { node, path, place, start: this.#next, text };
      size += INSERT_BYTES + pathBytes(path);
    }
    this.#grow(text.length, size);
  }

  /** Whether new elements go on where what was typed last ends: right of its last one, with the right origin of its run. */
  #isTypedOn(node: TextNode, { parent, side, rightOrigin }: Place, length: number): boolean {
    const open = this.#typing;
    return (
      open !== null &&
      open.node === node &&
      open.text.length + length <= RUN_UNITS_MAX &&
      side === "right" &&
      parent !== null &&
      parent.change === this.slot &&
      parent.index === this.#next - 1 &&
      isSameDot(rightOrigin, open.place.rightOrigin)
    );
  }

  cutText(node: TextNode, path: Path, from: number, to: number): void {
    const { spans } = this.#cut(path);
    const before = spans.length;
    node.text.deleteAt(from, to, this.slot, spans);
    this.#size += (spans.length - before) * NAME_BYTES;
  }

  /** Deleting on makes one delete with more spans. */
  #cut(path: Path): Cutting {
    let open = this.#cutting;
    if (open !== null && samePath(path, open.path)) return open;
    this.close();
    open = { path, start: this.#next, spans: [] };
    this.#cutting = open;
    this.#size += pathBytes(path);
    return open;
  }

  #grow(elements: number, size: number): void {
    this.#next += elements;
    this.#size += size;
  }

  /** Another draft may go on behind it: its elements stand on the strand after those that are here. */
  claim(): void {
    this.tree.strands.claim(this.slot, this.#next);
  }

  /** What was open is an op like the others now. */
  close(): void {
    if (!this.#isOpen) return;
    this.#starts.push((this.#typing ?? this.#cutting)!.start);
    this.#ops.push(this.#openOp());
    this.#typing = this.#cutting = null;
  }

  #openOp(): ContentOp {
    if (this.#typing !== null) {
      const { path, place, text } = this.#typing;
      const { parent, side, rightOrigin } = place;
      return { type: "insertText", path, parent, side, rightOrigin, text };
    }
    const { path, spans } = this.#cutting!;
    return {
      type: "delete",
      path,
      spans: spans.map(({ change, start, length }) => ({ change, start, length })),
    };
  }

  /**
   * Brings back what was taken out of the tree, each piece where it stood, but as it would be typed there now: what others wrote
   * beside it meanwhile is known by now. By its old place it would stand beside that by the order of names, which it has none of
   * yet; what was typed between the two then would stand in between no longer once it had.
   */
  put(patches: Patch[], isUnseen: IsUnseen): void {
    for (const [i, op] of this.#ops.entries()) {
      const start = this.#starts[i]!;
      const anew = "side" in op ? { ...op, ...this.#placeNow(op, start, isUnseen) } : op;
      this.#ops[i] = anew;
      this.tree.apply(anew, this.slot, start, patches);
    }
  }

  #placeNow(op: PlacedOp, start: number, isUnseen: IsUnseen): Place {
    const { tree, slot } = this;
    const node = tree.node(op.path) as TextNode | ListNode;
    const elements = node.kind === "text" ? node.text : node.items;
    tree.apply(op, slot, start, []);
    const place = elements.placeOf({ change: slot, index: start }, isUnseen);
    tree.revert(op, slot, start, []);
    return place;
  }

  // ------------------------------------------------------------------------------------------ taking it back

  /** Remembers where the draft stands. Every edit does so and few are taken back, so it makes nothing. */
  mark(): void {
    this.#mark ??= { ...EMPTY };
    const mark = this.#mark;
    mark.count = this.#ops.length;
    mark.next = this.#next;
    mark.size = this.#size;
    mark.typing = this.#typing;
    mark.cutting = this.#cutting;
    if (this.#typing !== null) mark.length = this.#typing.text.length;
    else if (this.#cutting !== null) {
      const { spans } = this.#cutting;
      const last = spans[spans.length - 1]!;
      mark.length = spans.length;
      mark.lastStart = last.start;
      mark.lastLength = last.length;
    }
  }

  /** Takes back what was added since the mark. */
  rollBack(patches: Patch[]): void {
    const mark = this.#mark ?? EMPTY;
    const { count, next, size, typing, cutting } = mark;
    const wasOpen = typing !== null || cutting !== null;
    this.close();
    for (let i = this.#ops.length - 1; i >= count + (wasOpen ? 1 : 0); i--)
      this.tree.revert(this.#ops[i]!, this.slot, this.#starts[i]!, patches);
    if (typing !== null) this.#shorten(typing, mark, patches);
    if (cutting !== null) this.#undelete(cutting, mark, patches);
    this.#ops.length = this.#starts.length = count;
    this.#typing = typing;
    this.#cutting = cutting;
    this.#next = next;
    this.#size = size;
    // An item may be deleted twice by one draft, having come back in between; taking the second delete back took
    // back the first. Deleting is idempotent per change.
    for (const op of this.ops) if (op.type === "delete") this.tree.apply(op, this.slot, this.#next, patches);
  }

  #shorten(open: Typing, mark: Mark, patches: Patch[]): void {
    const text = open.text.slice(mark.length);
    if (text === "") return;
    open.text = open.text.slice(0, mark.length);
    const op: ContentOp = { type: "insertText", path: open.path, ...open.place, text };
    this.tree.revert(op, this.slot, open.start + mark.length, patches);
  }

  /** The last span as it was then is deleted again by `rollBack`, with all the others. */
  #undelete(open: Cutting, mark: Mark, patches: Patch[]): void {
    const { length, lastStart: start, lastLength } = mark;
    const spans = open.spans.splice(length - 1);
    open.spans.push({ change: spans[0]!.change, start, length: lastLength });
    this.tree.revert({ type: "delete", path: open.path, spans }, this.slot, open.start, patches);
  }
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

/** Bytes of a path, at most. */
export function pathBytes(path: Path): number {
  let bytes = 8;
  for (const { at } of path) bytes += typeof at === "string" ? at.length * 3 + 4 : NAME_BYTES;
  return bytes;
}

function isSameDot(a: Dot | null, b: Dot | null): boolean {
  return a === null || b === null ? a === b : a.change === b.change && a.index === b.index;
}
