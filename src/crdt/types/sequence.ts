// A text or a list as its document sees it: what shows where, and what typing and deleting do. It knows dots, positions
// and who deleted what; not what the elements are, who wrote them, or whether they may. Five files below it:
//
//     fugue.ts     where a new run hangs, so that everybody has one order
//     showing.ts   what is deleted or hidden, and by whom
//     pieces.ts    the runs: which holds an element, which stands where; cut, joined and lengthened
//     order.ts     positions in O(log n), in a balanced tree with brackets
//     runs.ts      what all of them know of a run, as a row of numbers

import { assert } from "../assert.ts";
import type { Column } from "./column.ts";
import { type Contents, type Elements, Units, Values } from "./contents.ts";
import type { Causality, Dot, Slot, Span } from "./dot.ts";
import { Fugue, type IsUnseen } from "./fugue.ts";
import { type ImageIn, type ImageOut, stringOf, Unsound } from "./image.ts";
import type { Place } from "./op.ts";
import type { Order } from "./order.ts";
import { Pieces } from "./pieces.ts";
import {
  AT,
  DELETERS,
  LENGTH,
  NONE,
  ORIGIN,
  ORIGIN_COLUMN,
  REVIVED,
  RIGHTS,
  ROOT,
  type Run,
  type Runs,
  START,
  STATE,
  VISIBLE,
} from "./runs.ts";
import { type Deleted, type SequenceStep, Showing, type TellShown } from "./showing.ts";
import { type GrowingSpan, Strands } from "./strands.ts";

/** Visible elements of one change in a row. */
export interface Shown<C> {
  readonly content: C;
  readonly change: Slot;
  readonly start: number;
}

/** A sequence of UTF-16 units. `strands`: of the document it stands in. */
export function textSequence(causality: Causality, strands = new Strands()): Sequence<string> {
  return new Sequence(causality, strands, () => new Units());
}

/** A sequence of values. */
export function listSequence<V>(causality: Causality, strands = new Strands()): Sequence<readonly V[]> {
  return new Sequence(causality, strands, () => new Values() as Contents<readonly V[]>);
}

export class Sequence<C extends Elements> {
  readonly #strands: Strands;
  readonly #pieces: Pieces<C>;
  readonly #runs: Runs;
  readonly #order: Order;
  readonly #fugue: Fugue<C>;
  readonly #showing: Showing<C>;

  /** What shows of a text that was loaded, until something changes. */
  #text: string | null = null;

  constructor(causality: Causality, strands: Strands, emptyContents: () => Contents<C>) {
    this.#strands = strands;
    this.#pieces = new Pieces(strands, emptyContents);
    this.#runs = this.#pieces.runs;
    this.#order = this.#pieces.order;
    this.#fugue = new Fugue(this.#pieces, causality);
    this.#showing = new Showing(this.#pieces);
  }

  /** Visible elements. */
  get length(): number {
    return this.#order.visible;
  }

  /** Whether all elements of the span were ever inserted here. */
  contains({ change, start, length }: Span): boolean {
    const column = this.#pieces.columnOf(change);
    if (column === null) return false;
    const end = this.#strands.start(change) + start + length;
    if (column.strand.slotAt(end - 1) !== change) return false;
    for (let next = end - length; next < end; ) {
      const run = column.find(next);
      if (run === NONE) return false;
      next = this.#runs.end(run);
    }
    return true;
  }

  has(dot: Dot): boolean {
    return this.#pieces.find(dot) !== NONE && this.#strands.isOwn(dot);
  }

  /** The content of one element, deleted or not. */
  at(dot: Dot): C[number] | null {
    const column = this.#pieces.columnOf(dot.change);
    if (column === null) return null;
    const position = this.#strands.position(dot);
    const run = column.find(position);
    if (run === NONE || column.strand.slotAt(position) !== dot.change) return null;
    const { cells } = this.#runs;
    return column.contents.at(cells[run + AT]! + position - cells[run + START]!);
  }

  isVisible(dot: Dot): boolean {
    const run = this.#pieces.find(dot);
    return run !== NONE && this.#runs.shows(run);
  }

  /** Negative when `a` stands before `b`. Both must be here. Never changes, whatever comes. */
  compare(a: Dot, b: Dot): number {
    return this.#pieces.compare(a, b);
  }

  /** The visible contents in order, change by change. */
  *visible(): Generator<Shown<C>> {
    for (const run of this.#order.all(true)) {
      let offset = 0;
      for (const { change, start, length } of this.#spansOf(run)) {
        yield { content: this.#pieces.contents(run, offset, length), change, start };
        offset += length;
      }
    }
  }

  #spansOf(run: Run): Span[] {
    const spans: Span[] = [];
    this.#pieces.column(run).strand.spans(this.#runs.cells[run + START]!, this.#runs.end(run), spans);
    return spans;
  }

  /** The visible units of a text in order. */
  toText(): string {
    return this.#text ?? this.#gathered();
  }

  /** A text that was much edited stands in thousands of pieces, each of which would become a string of its own. */
  #gathered(): string {
    const units = new Uint16Array(this.length);
    let at = 0;
    for (const run of this.#order.all(true)) at += this.#pieces.copyTo(run, units, at);
    return stringOf(units);
  }

  /** All elements that ever were, gone and hidden ones too, in order; in pieces that show alike and the same changes deleted. */
  *everything(): Generator<{
    readonly content: C;
    readonly spans: readonly Span[];
    readonly shows: boolean;
    readonly deleters: readonly Slot[];
  }> {
    // Pieces that were deleted alike share a list: it may be as long as they are many.
    const lists = new Map<number, readonly Slot[]>();
    for (const run of this.#order.all()) {
      const shows = this.#runs.cells[run + VISIBLE] !== 0;
      const set = this.#runs.cells[run + DELETERS]!;
      const deleters = lists.get(set) ?? this.#runs.deletersIn(set);
      lists.set(set, deleters);
      yield { content: this.#pieces.contents(run), spans: this.#spansOf(run), shows, deleters };
    }
  }

  /** The contents of elements that came in one run. */
  contentOf({ change, start, length }: Span): C {
    const dot = { change, index: start };
    const run = this.#pieces.mustFind(dot);
    return this.#pieces.contents(run, this.#offsetOf(dot, run), length);
  }

  /** Where an element of a run stands in it. */
  #offsetOf(dot: Dot, run: Run): number {
    return this.#strands.position(dot) - this.#runs.cells[run + START]!;
  }

  /** Whether there may be elements that belong together, as the halves of a character do. */
  get hasHalves(): boolean {
    return this.#pieces.hasHalves;
  }

  /** Whether a position lies between two elements that belong together. Both show or neither: the one before tells. */
  isInside(index: number): boolean {
    if (index === 0 || !this.hasHalves) return false;
    const run = this.#order.find(index - 1);
    const at = this.#runs.cells[run + AT]! + index - 1 - this.#order.foundAt;
    return this.#pieces.column(run).contents.isHalf(at);
  }

  /** The visible elements in [from, to), as spans of dots in document order. */
  spans(from: number, to: number): Span[] {
    const found: Span[] = [];
    if (from >= to) return found;
    const { cells } = this.#runs;
    let run = this.#order.find(from);
    for (let index = this.#order.foundAt; run !== NONE && index < to; run = this.#order.next(run)) {
      const length = cells[run + VISIBLE]!;
      if (length === 0) continue;
      const start = cells[run + START]!;
      const first = start + Math.max(from - index, 0);
      this.#pieces.column(run).strand.spans(first, start + Math.min(to - index, length), found);
      index += length;
    }
    return found;
  }

  /** The dot of the visible element at `index`. */
  dotAt(index: number): Dot {
    const run = this.#order.find(index);
    return this.#dotIn(run, index - this.#order.foundAt);
  }

  #dotIn(run: Run, offset: number): Dot {
    return this.#pieces.column(run).strand.dotAt(this.#runs.cells[run + START]! + offset);
  }

  /** How many visible elements stand before `dot`, or null if it is not here. */
  indexOf(dot: Dot): number | null {
    const run = this.#pieces.find(dot);
    if (run === NONE || !this.#strands.isOwn(dot)) return null;
    const before = this.#order.visibleBefore(run);
    return before + (this.#runs.shows(run) ? this.#offsetOf(dot, run) : 0);
  }

  // ----------------------------------------------------------------------------------------------- inserting

  /** Where a local insert before visible index `index` hangs (Fugue, algorithm 1), as if what is unseen were not here. */
  place(index: number, isUnseen: IsUnseen = null): Place {
    return this.#fugue.place(index, isUnseen);
  }

  /**
   * Where it hangs if it replaces the visible element at `index`, and perhaps more: left of that one or, if something hangs there,
   * right behind it and what belongs to it; though it could hang right of the element before. That may be another's, who types on
   * there, and what came in its place would stand between their words.
   */
  placeInstead(index: number, isUnseen: IsUnseen = null): Place {
    return this.#fugue.placeLeftOf(index) ?? this.place(index + (this.isInside(index + 1) ? 2 : 1), isUnseen);
  }

  /** Where a run that is here would hang, of which `dot` is the first element, if it had been inserted last: in the same place. */
  placeOf(dot: Dot, isUnseen: IsUnseen): Place {
    const run = this.#pieces.mustFind(dot);
    return this.#fugue.placeOf(run, this.#offsetOf(dot, run), isUnseen);
  }

  /** Inserts new elements before visible index `index` and answers where they hang. */
  insertAt(index: number, dot: Dot, content: C, isUnseen: IsUnseen = null): Place {
    const place = this.place(index, isUnseen);
    this.put(dot, place, content);
    return place;
  }

  /** Inserts new elements at a place that was asked for, of which the first is `dot`. */
  put(dot: Dot, place: Place, content: C): void {
    this.#text = null;
    this.#put(this.#pieces.columnOn(dot.change), this.#strands.position(dot), place, content);
  }

  /** Adds a run of new elements; the first is `dot`. Names in `place` must be here. */
  insert(dot: Dot, place: Place, content: C): SequenceStep {
    this.#text = null;
    const column = this.#pieces.columnOn(dot.change);
    const run = this.#put(column, this.#strands.position(dot), place, content);
    const end = this.#order.visibleBefore(run) + this.#runs.cells[run + LENGTH]!;
    return { index: end - content.length, removed: 0, inserted: content.length };
  }

  /** The run whose last elements the new ones are, which begin at position `start`. */
  #put(column: Column<C>, start: number, place: Place, content: C): Run {
    assert(content.length > 0, "a run has elements");
    assert(column.find(start) === NONE, "an element is inserted once");
    const { parent, side, rightOrigin } = place;
    const parentColumn = parent === null ? null : this.#pieces.mustColumn(parent.change);
    const parentAt = parent === null ? NONE : this.#strands.position(parent);
    const originColumn = rightOrigin === null ? NONE : this.#pieces.mustColumn(rightOrigin.change).number;
    const originAt = rightOrigin === null ? NONE : this.#strands.position(rightOrigin);
    const before = side === "right" && parentColumn === column ? column.find(start - 1) : NONE;
    if (before !== NONE && this.#isContinued(before, parentAt, originColumn, originAt)) {
      this.#pieces.append(column.contents, content);
      this.#pieces.lengthen(before, content.length);
      return before;
    }
    const hangsOn = parentColumn === null ? NONE : parentColumn.number;
    const root = this.#runs.makeRoot(start, hangsOn, parentAt, side === "right", originColumn, originAt);
    const run = this.#pieces.make(column, root, start, content);
    this.#fugue.hang(run);
    column.add(run);
    return run;
  }

  /** Whether elements that follow `run` on its strand, and hang right of the element at `parent`, are what it goes on with. */
  #isContinued(run: Run, parent: number, originColumn: number, origin: number): boolean {
    const { cells, roots } = this.#runs;
    const root = cells[run + ROOT]!;
    return (
      parent === this.#runs.end(run) - 1 &&
      roots[root + ORIGIN_COLUMN] === originColumn &&
      roots[root + ORIGIN] === origin &&
      cells[run + RIGHTS] === NONE &&
      this.#runs.isUntouched(run) &&
      cells[run + AT]! + cells[run + LENGTH]! === this.#pieces.column(run).contents.length
    );
  }

  // ------------------------------------------------------------------------------------------------ deleting

  /** Deletes the visible elements in [from, to) and adds them to `spans`, joined to the last one where they touch it. */
  deleteAt(from: number, to: number, by: Slot, spans: GrowingSpan[]): void {
    this.#text = null;
    let left = to - from;
    while (left > 0) {
      const run = this.#order.find(from);
      const { cells } = this.#runs;
      const offset = from - this.#order.foundAt;
      const count = Math.min(left, cells[run + LENGTH]! - offset);
      assert((cells[run + STATE]! & REVIVED) === 0, "elements that come back are deleted by name");
      const start = cells[run + START]! + offset;
      this.#pieces.column(run).strand.join(start, start + count, spans);
      this.#showing.deleteWithin(run, offset, count, by);
      left -= count;
    }
  }

  /** Idempotent per change. The steps hold one after the other. */
  delete(span: Span, by: Slot): SequenceStep[] {
    this.#text = null;
    return this.#showing.delete(span, by);
  }

  /** Takes one change's delete back. */
  undelete(span: Span, by: Slot): SequenceStep[] {
    this.#text = null;
    return this.#showing.undelete(span, by);
  }

  /** Shows one deleted element in spite of its deleters, or no longer. */
  revive({ change, index }: Dot, revived: boolean): SequenceStep[] {
    return this.has({ change, index })
      ? this.hide({ change, start: index, length: 1 }, REVIVED, revived)
      : [];
  }

  /** Hides elements for a reason (`MASKED`, `MOVED`), or no longer for that one. What hangs on them stays. Idempotent. */
  hide(span: Span, why: number, isHidden: boolean): SequenceStep[] {
    this.#text = null;
    return this.#showing.hide(span, why, isHidden);
  }

  /** The same of very many in disjoint spans, while deletes that are here are taken back. */
  hideAll(
    spans: readonly Span[],
    why: number,
    isHidden: boolean,
    undeleted: readonly Deleted[],
    tell: TellShown<C>,
  ): void {
    this.#text = null;
    this.#showing.hideAll(spans, why, isHidden, undeleted, tell);
  }

  /** Forgets elements that nothing hangs on: a draft rolled back. They are the newest of their strand. */
  forget(span: Span): void {
    this.#text = null;
    for (const run of this.#pieces.covering(span).reverse()) {
      this.#fugue.unhang(run);
      this.#pieces.remove(run);
    }
  }

  dump(out: ImageOut): void {
    this.#pieces.dump(out);
    this.#fugue.dump(out);
  }

  /** Into one that is empty; the strands are loaded. `text`: what shows of a text, which so need not be gathered. */
  load(from: ImageIn, text: string | null = null): void {
    this.#pieces.load(from);
    this.#fugue.load(from);
    if (text !== null && text.length !== this.length) throw new Unsound("another text");
    this.#text = text;
  }

  /** An element of a list holds something else from now on: what an image cannot (`Values`). */
  become(dot: Dot, content: C[number]): void {
    this.#pieces.become(dot, content);
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    this.#pieces.check();
    this.#fugue.check();
    assert(this.#text === null || this.#text === this.#gathered(), "what is kept of a text is what shows");
  }
}
