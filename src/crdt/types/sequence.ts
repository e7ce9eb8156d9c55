// A text or a list as its document sees it: what shows where, and what typing and deleting do. It knows dots, positions
// and who deleted what; not what the elements are, who wrote them, or whether they may. Three files below it:
//
//     fugue.ts     where a new run hangs, so that everybody has one order
//     pieces.ts    the runs: which holds an element, which stands where; cut, joined and lengthened
//     order.ts     positions in O(log n), in a balanced tree with brackets

import { assert } from "../assert.ts";
import { type Contents, type Elements, Units, Values } from "./contents.ts";
import { type Causality, type Dot, type Slot, type Span, sameDot } from "./dot.ts";
import { Fugue } from "./fugue.ts";
import type { Place } from "./op.ts";
import type { Order } from "./order.ts";
import { Pieces } from "./pieces.ts";
import { Root, type Run } from "./run.ts";
import { type GrowingSpan, Strands } from "./strands.ts";

/** `removed` visible elements at `index` went away, or `inserted` came. */
export interface SequenceStep {
  readonly index: number;
  readonly removed: number;
  readonly inserted: number;
}

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
  readonly #order: Order<Run<C>>;
  readonly #fugue: Fugue<C>;

  // What was typed or deleted last by the local author goes on mostly, so it is put into the tree only when something
  // else is asked for or done (`#settle`): of 260,000 recorded keystrokes all but 11,000 touch nothing but these numbers
  // and the contents. One of the two is under way at most.

  /** The run that the last local insert made or lengthened; typing goes on at `#tipAt` (-1: nowhere), with position `#tipEnd`. */
  #tip: Run<C> | null = null;
  #tipAt = -1;
  #tipEnd = -1;
  /** How many elements its contents hold already, of which it does not know yet. */
  #typed = 0;
  /** `#cutCount` elements of this run from `#cutOffset` on are deleted; the first stood at visible index `#cutAt`. */
  #cut: Run<C> | null = null;
  #cutOffset = 0;
  #cutCount = 0;
  #cutAt = 0;
  #cutBy: Slot = -1;

  constructor(causality: Causality, strands: Strands, emptyContents: () => Contents<C>) {
    this.#strands = strands;
    this.#pieces = new Pieces(strands, emptyContents);
    this.#order = this.#pieces.order;
    this.#fugue = new Fugue(this.#pieces, causality);
  }

  /** Visible elements. */
  get length(): number {
    return this.#order.visible + this.#typed - this.#cutCount;
  }

  /** Puts what is under way into the tree. */
  #settle(): void {
    if (this.#typed > 0) {
      this.#pieces.lengthen(this.#tip!, this.#typed);
      this.#typed = 0;
    }
    if (this.#cut !== null) {
      const [run, count] = [this.#cut, this.#cutCount];
      this.#cut = null;
      this.#cutCount = 0;
      this.#deleteWithin(run, this.#cutOffset, count, this.#cutBy);
    }
  }

  /** The same before something else is changed: after it typing begins anew. */
  #interrupt(): void {
    this.#settle();
    this.#tipAt = -1;
  }

  // ------------------------------------------------------------------------------------------- what is there

  /** Whether all elements of the span were ever inserted here. */
  contains({ change, start, length }: Span): boolean {
    this.#settle();
    const column = this.#pieces.columnOf(change);
    if (column === null) return false;
    const end = this.#strands.position({ change, index: start }) + length;
    for (let next = end - length; next < end; ) {
      const run = column.find(next);
      if (run === null) return false;
      next = run.end;
    }
    return true;
  }

  has(dot: Dot): boolean {
    this.#settle();
    return this.#pieces.find(dot) !== null;
  }

  /** The content of one element, deleted or not. */
  at(dot: Dot): C[number] | null {
    this.#settle();
    const run = this.#pieces.find(dot);
    if (run === null) return null;
    return run.column.contents.at(run.at + this.#strands.position(dot) - run.start);
  }

  isVisible(dot: Dot): boolean {
    this.#settle();
    return this.#pieces.find(dot)?.isVisible ?? false;
  }

  /** Negative when `a` stands before `b`. Both must be here. Never changes, whatever comes. */
  compare(a: Dot, b: Dot): number {
    this.#settle();
    return this.#pieces.compare(a, b);
  }

  /** The visible contents in order, change by change. */
  *visible(): Generator<Shown<C>> {
    this.#settle();
    for (const run of this.#order) {
      if (!run.isVisible) continue;
      const spans: Span[] = [];
      run.column.strand.spans(run.start, run.end, spans);
      let offset = 0;
      for (const { change, start, length } of spans) {
        yield { content: run.contents(offset, length), change, start };
        offset += length;
      }
    }
  }

  /** The visible contents in order, in as few pieces as may be. */
  *contents(): Generator<C> {
    this.#settle();
    for (const run of this.#order) if (run.isVisible) yield run.contents();
  }

  /** The contents of elements that came in one run. */
  contentOf({ change, start, length }: Span): C {
    this.#settle();
    const run = this.#pieces.mustFind({ change, index: start });
    const at = run.at + this.#strands.position({ change, index: start }) - run.start;
    return run.column.contents.slice(at, at + length);
  }

  /** Whether a position lies between two elements that belong together. Both show or neither, so the one before tells. */
  isInside(index: number): boolean {
    this.#settle();
    if (index === 0 || !this.#pieces.hasHalves) return false;
    const run = this.#order.find(index - 1);
    return run.column.contents.isHalf(run.at + index - 1 - this.#order.foundAt);
  }

  /** The visible elements in [from, to), as spans of dots in document order. */
  spans(from: number, to: number): Span[] {
    this.#settle();
    const found: Span[] = [];
    if (from >= to) return found;
    let run: Run<C> | null = this.#order.find(from);
    for (let index = this.#order.foundAt; run !== null && index < to; run = this.#order.next(run)) {
      if (!run.isVisible) continue;
      const start = run.start + Math.max(from - index, 0);
      const end = run.start + Math.min(to - index, run.length);
      run.column.strand.spans(start, end, found);
      index += run.length;
    }
    return found;
  }

  /** The dot of the visible element at `index`. */
  dotAt(index: number): Dot {
    this.#settle();
    const run = this.#order.find(index);
    return run.column.strand.dotAt(run.start + index - this.#order.foundAt);
  }

  /** How many visible elements stand before `dot`, or null if it is not here. */
  indexOf(dot: Dot): number | null {
    this.#settle();
    const run = this.#pieces.find(dot);
    if (run === null) return null;
    const before = this.#order.visibleBefore(run);
    return before + (run.isVisible ? this.#strands.position(dot) - run.start : 0);
  }

  // ----------------------------------------------------------------------------------------------- inserting

  /** Where a local insert before visible index `index` hangs (Fugue, algorithm 1). */
  place(index: number): Place {
    this.#settle();
    return this.#rootAt(index, 0);
  }

  /** The same as the root of a run that begins at position `start`. */
  #rootAt(index: number, start: number): Root {
    if (index === 0) {
      const first = this.#order.first;
      return first === null
        ? new Root(start, null, "right", null)
        : new Root(start, first.head, "left", null);
    }
    const run = this.#order.find(index - 1);
    const position = run.start + index - 1 - this.#order.foundAt;
    const { strand } = run.column;
    if (position + 1 < run.end) return new Root(start, strand.dotAt(position + 1), "left", null);
    const next = this.#order.next(run);
    if (next === null) return new Root(start, strand.dotAt(position), "right", null);
    return this.#fugue.hasRight(run)
      ? new Root(start, next.head, "left", null)
      : new Root(start, strand.dotAt(position), "right", next.head);
  }

  /** Inserts new elements before visible index `index` and answers where they hang. */
  insertAt(index: number, dot: Dot, content: C): Place {
    this.#settle();
    const root = this.#rootAt(index, this.#strands.at(dot));
    this.#tip = this.#put(dot, root, content);
    this.#tipAt = index + content.length;
    this.#tipEnd = root.start + content.length;
    return root;
  }

  /**
   * Typing on: inserts new elements before visible index `index` if they only go on where the last `insertAt` or
   * `typeOn` ended. There a new place would be: right of the last element, with the right origin of its run.
   */
  typeOn(index: number, change: Slot, element: number, content: C): boolean {
    if (index !== this.#tipAt || this.#tipEnd !== this.#strands.start(change) + element) return false;
    const { length } = content;
    this.#tip!.column.contents.append(content);
    this.#typed += length;
    this.#tipAt += length;
    this.#tipEnd += length;
    return true;
  }

  /** After all that came since was taken back: typing goes on behind `last`, where it was. */
  resumeTyping(last: Dot): void {
    this.#interrupt();
    this.#tip = this.#pieces.mustFind(last);
    this.#tipEnd = this.#tip.end;
    this.#tipAt = this.#order.visibleBefore(this.#tip) + this.#tip.length;
  }

  /** Adds a run of new elements; the first is `dot`. Names in `place` must be here (graph/ and references.ts see to it). */
  insert(dot: Dot, place: Place, content: C): SequenceStep {
    this.#interrupt();
    const root = new Root(this.#strands.at(dot), place.parent, place.side, place.rightOrigin);
    const run = this.#put(dot, root, content);
    const before = this.#order.visibleBefore(run) + run.length - content.length;
    return { index: before, removed: 0, inserted: content.length };
  }

  /** The run whose last elements the new ones are. */
  #put(dot: Dot, root: Root, content: C): Run<C> {
    assert(content.length > 0, "a run has elements");
    const column = this.#pieces.columnOn(dot.change);
    const { start } = root;
    assert(column.find(start) === null, "an element is inserted once");
    const before = column.find(start - 1);
    if (before !== null && this.#isContinued(before, root)) {
      this.#pieces.append(column.contents, content);
      this.#pieces.lengthen(before, content.length);
      return before;
    }
    const run = this.#pieces.make(column, root, content);
    this.#fugue.hang(run);
    column.add(run);
    return run;
  }

  /** Whether elements at `place` that follow `run` on its strand are what its run goes on with. */
  #isContinued(run: Run<C>, { parent, side, rightOrigin }: Place): boolean {
    if (side !== "right" || parent === null || !run.isUntouched || run.rights !== null) return false;
    if (run.at + run.length !== run.column.contents.length) return false;
    const isLast =
      this.#strands.of(parent.change) === run.column.strand && this.#strands.position(parent) === run.end - 1;
    return isLast && sameDot(rightOrigin, run.root.rightOriginOfAll);
  }

  // ------------------------------------------------------------------------------------------------ deleting

  /** Deletes the visible elements in [from, to) and adds them to `spans`, joined to the last one where they touch it. */
  deleteAt(from: number, to: number, by: Slot, spans: GrowingSpan[]): void {
    if (this.#cutOn(from, to, by, spans)) return;
    this.#interrupt();
    let left = to - from;
    while (left > 0) {
      const run = this.#order.find(from);
      const offset = from - this.#order.foundAt;
      const count = Math.min(left, run.length - offset);
      assert(!run.revived, "elements that come back are deleted by name");
      run.column.strand.join(run.start + offset, run.start + offset + count, spans);
      left -= count;
      if (left > 0) {
        this.#deleteWithin(run, offset, count, by);
        continue;
      }
      this.#cut = run;
      this.#cutOffset = offset;
      this.#cutCount = count;
      this.#cutAt = from;
      this.#cutBy = by;
    }
  }

  /** Deleting on, backwards or forwards, within the run where that was begun. */
  #cutOn(from: number, to: number, by: Slot, spans: GrowingSpan[]): boolean {
    const run = this.#cut;
    if (run === null || by !== this.#cutBy) return false;
    const count = to - from;
    const end = this.#cutOffset + this.#cutCount;
    if (to === this.#cutAt && count <= this.#cutOffset) {
      this.#cutOffset -= count;
      this.#cutAt = from;
      run.column.strand.join(run.start + this.#cutOffset, run.start + this.#cutOffset + count, spans);
    } else if (from === this.#cutAt && end + count <= run.length)
      run.column.strand.join(run.start + end, run.start + end + count, spans);
    else return false;
    this.#cutCount += count;
    return true;
  }

  /** Idempotent per change. The steps hold one after the other. */
  delete(span: Span, by: Slot): SequenceStep[] {
    this.#interrupt();
    const steps: SequenceStep[] = [];
    const column = this.#pieces.mustColumn(span.change);
    const start = this.#strands.position({ change: span.change, index: span.start });
    for (let next = start; next < start + span.length; ) {
      const run = this.#pieces.mustHold(column, next);
      const offset = next - run.start;
      const count = Math.min(start + span.length - next, run.length - offset);
      if (run.isUntouched) {
        steps.push({ index: this.#order.visibleBefore(run) + offset, removed: count, inserted: 0 });
        this.#deleteWithin(run, offset, count, by);
      } else {
        // It was gone or hidden already, or has come back and stays: nothing shows differently.
        this.#pieces.isolate(run, offset, count).addDeleter(by);
      }
      next += count;
    }
    return steps;
  }

  /** Takes one change's delete back. */
  undelete(span: Span, by: Slot): SequenceStep[] {
    return this.#mark(span, run => {
      run.deleters = run.deleters.filter(slot => slot !== by);
    });
  }

  /** Shows one deleted element in spite of its deleters, or no longer. */
  revive(dot: Dot, revived: boolean): SequenceStep[] {
    this.#settle();
    const run = this.#pieces.find(dot);
    if (run === null || run.revived === revived) return [];
    return this.#mark({ change: dot.change, start: dot.index, length: 1 }, piece => {
      piece.revived = revived;
    });
  }

  /** Hides elements for a reason (`MASKED`, `MOVED`), or no longer for that one. They stay where they are, and what
   * hangs on them too. Idempotent per reason. */
  hide(span: Span, why: number, isHidden: boolean): SequenceStep[] {
    return this.#mark(span, run => {
      run.hidden = isHidden ? run.hidden | why : run.hidden & ~why;
    });
  }

  /** Forgets elements that nothing hangs on: a draft rolled back. They are the newest of their strand. */
  forget(span: Span): void {
    this.#interrupt();
    const column = this.#pieces.mustColumn(span.change);
    const start = this.#strands.position({ change: span.change, index: span.start });
    for (const run of this.#pieces.cover(column, start, start + span.length).reverse()) {
      this.#fugue.unhang(run);
      this.#pieces.remove(run);
    }
  }

  /** Elements that show and were never touched are deleted. A word deleted letter by letter becomes one piece again. */
  #deleteWithin(run: Run<C>, offset: number, count: number, by: Slot): void {
    const end = offset + count;
    if (count < run.length && end === run.length) {
      const next = this.#order.next(run);
      if (next !== null && run.isFollowedBy(next) && next.isGoneBy(by)) {
        run.length -= count;
        this.#order.resize(run, run.length);
        next.start -= count;
        next.at -= count;
        next.length += count;
        return;
      }
    }
    if (count < run.length && offset === 0) {
      const previous = this.#order.previous(run);
      if (previous?.isFollowedBy(run) && previous.isGoneBy(by)) {
        previous.length += count;
        run.start += count;
        run.at += count;
        run.length -= count;
        this.#order.resize(run, run.length);
        return;
      }
    }
    const piece = this.#pieces.isolate(run, offset, count);
    piece.addDeleter(by);
    this.#order.resize(piece, 0);
    const [previous, next] = [this.#order.previous(piece), this.#order.next(piece)];
    if (next !== null && piece.isFollowedBy(next) && next.isGoneBy(by)) this.#pieces.merge(piece, next);
    if (previous?.isFollowedBy(piece) && previous.isGoneBy(by)) this.#pieces.merge(previous, piece);
  }

  #mark(span: Span, change: (run: Run<C>) => void): SequenceStep[] {
    this.#interrupt();
    const column = this.#pieces.mustColumn(span.change);
    const start = this.#strands.position({ change: span.change, index: span.start });
    const steps: SequenceStep[] = [];
    for (const run of this.#pieces.cover(column, start, start + span.length)) {
      const before = run.visible;
      change(run);
      const after = run.isVisible ? run.length : 0;
      if (before === after) continue;
      const index = this.#order.visibleBefore(run);
      this.#order.resize(run, after);
      steps.push({ index, removed: before, inserted: after });
    }
    return steps;
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    this.#settle();
    this.#pieces.check();
    this.#fugue.check();
  }
}
