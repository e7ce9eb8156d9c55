// The order of a text or a list: FugueMax (Weidner and Kleppmann, "The Art of the Fugue", 2023, §5), kept as runs.
// It knows dots and who deleted what; not what the elements are, who wrote them, or whether they may.
//
// Every element is a node of a tree and hangs left or right of its parent; the order is the walk
//
//     left children · self · right children
//
// Left siblings stand by dot; right siblings by right origin, the later first, then by dot. Each of these keys
// names earlier elements only and new elements are leaves, so two elements never change places:
//
//     insert(a) then insert(b) = insert(b) then insert(a)        when neither names the other
//
// for any parent, side and right origin, sensible or not. We differ from the paper's code in the tie-break: there
// it is (sender, counter), which a two-faced sender can mint twice; here it is the hash of the change.
//
// Elements typed in a row form a run: each but the first is the right child of the one before it, with the right
// origin of the run's root. This version keeps the runs in one array and scans it: simple, and linear per op.

import { assert } from "../assert.ts";
import { type Causality, compareDots, type Dot, type Slot, type Span, sameDot } from "./dot.ts";
import type { Place, Side } from "./op.ts";

interface Run<C> {
  readonly change: Slot;
  /** Index of the first element within its change. */
  readonly start: number;
  content: C;
  readonly parent: Dot | null;
  readonly side: Side;
  /** Of the first element as a right child; a left child's is its parent. */
  readonly rightOrigin: Dot | null;
  /** Every change that deleted these elements; not only whether, so that taking one author's deletes out does
   * not bring back what another deleted as well. */
  deleters: Slot[];
  /** A deleted list item comes back while a node inside it has content its deleter had not seen. */
  revived: boolean;
}

/** `length` visible elements at `index` went away or came. */
export interface SequenceStep {
  readonly index: number;
  readonly removed: number;
  readonly inserted: number;
}

interface Child {
  readonly dot: Dot;
  readonly side: Side;
  readonly rightOrigin: Dot | null;
}

type Sliceable = { readonly length: number; slice(start: number, end: number): Sliceable };

const NONE: Slot[] = [];

export class Sequence<C extends string | readonly unknown[]> {
  readonly #causality: Causality;
  /** In document order. */
  #runs: Run<C>[] = [];
  /** Per change, ascending by start. */
  readonly #bySlot = new Map<Slot, Run<C>[]>();
  #length = 0;

  constructor(causality: Causality) {
    this.#causality = causality;
  }

  /** Visible elements. */
  get length(): number {
    return this.#length;
  }

  // ------------------------------------------------------------------------------------------- what is there

  /** Whether all elements of the span were ever inserted here. */
  contains(span: Span): boolean {
    let next = span.start;
    const end = span.start + span.length;
    for (const run of this.#bySlot.get(span.change) ?? []) {
      if (run.start > next) break;
      next = Math.max(next, run.start + run.content.length);
      if (next >= end) return true;
    }
    return false;
  }

  has(dot: Dot): boolean {
    return this.#find(dot) !== null;
  }

  /** The content of one element, deleted or not. */
  at(dot: Dot): C[number] | null {
    const run = this.#find(dot);
    return run === null ? null : (run.content[dot.index - run.start] as C[number]);
  }

  isVisible(dot: Dot): boolean {
    const run = this.#find(dot);
    return run !== null && visible(run);
  }

  /** Negative when `a` stands before `b`. Both must be here. Never changes, whatever comes. */
  compare(a: Dot, b: Dot): number {
    if (sameDot(a, b)) return 0;
    const left = this.#mustFind(a);
    const right = this.#mustFind(b);
    return left === right ? a.index - b.index : this.#runs.indexOf(left) - this.#runs.indexOf(right);
  }

  /** The visible contents in order. */
  *visible(): Generator<{ readonly content: C; readonly change: Slot; readonly start: number }> {
    for (const run of this.#runs) if (visible(run)) yield run;
  }

  /** The visible elements in [from, to), as spans of dots in document order. */
  spans(from: number, to: number): Span[] {
    const found: Span[] = [];
    let index = 0;
    for (const run of this.#runs) {
      if (index >= to) break;
      if (!visible(run)) continue;
      const length = run.content.length;
      const start = Math.max(from - index, 0);
      const end = Math.min(to - index, length);
      if (start < end) found.push({ change: run.change, start: run.start + start, length: end - start });
      index += length;
    }
    return found;
  }

  /** The dot of the visible element at `index`. */
  dotAt(index: number): Dot {
    const span = this.spans(index, index + 1)[0];
    assert(span !== undefined, "a visible index names an element");
    return { change: span.change, index: span.start };
  }

  /** How many visible elements stand before `dot`, or null if it is not here. */
  indexOf(dot: Dot): number | null {
    const target = this.#find(dot);
    if (target === null) return null;
    let index = 0;
    for (const run of this.#runs) {
      if (run === target) return visible(run) ? index + dot.index - run.start : index;
      if (visible(run)) index += run.content.length;
    }
    return null;
  }

  // ----------------------------------------------------------------------------------------------- inserting

  /** Where a local insert before visible index `index` hangs (Fugue, algorithm 1). */
  place(index: number): Place {
    const left = index === 0 ? null : this.dotAt(index - 1);
    const next = this.#after(left);
    if (next === null) return { parent: left, side: "right", rightOrigin: null };
    return this.#childToward(left, next) === null
      ? { parent: left, side: "right", rightOrigin: next }
      : { parent: next, side: "left", rightOrigin: null };
  }

  /** Adds a run of new elements; the first is `dot`. Names in `place` must be here (graph/ and `document.ts` see to it). */
  insert(dot: Dot, place: Place, content: C): SequenceStep {
    assert(content.length > 0, "a run has elements");
    assert(!this.has(dot), "an element is inserted once");
    const run: Run<C> = {
      change: dot.change,
      start: dot.index,
      content,
      ...pick(place),
      deleters: NONE,
      revived: false,
    };
    const position =
      place.side === "right" ? this.#rightPosition(dot, place) : this.#leftPosition(dot, place.parent);
    this.#runs.splice(position, 0, run);
    this.#register(run);
    this.#length += content.length;
    return { index: this.#visibleBefore(position), removed: 0, inserted: content.length };
  }

  /** Whether text typed at `place` only continues the run that ends with `last`. */
  continues(last: Dot, place: Place): boolean {
    if (place.side !== "right" || !sameDot(place.parent, last)) return false;
    return sameDot(place.rightOrigin, rightOriginOf(this.#mustFind(last)));
  }

  /** Lengthens the run that ends with element `last` of the same change. */
  extend(last: Dot, content: C): SequenceStep {
    const run = this.#mustFind(last);
    assert(
      run.start + run.content.length - 1 === last.index && visible(run),
      "only the end of a run is extended",
    );
    const index = this.#visibleBefore(this.#runs.indexOf(run)) + run.content.length;
    run.content = join(run.content, content);
    this.#length += content.length;
    return { index, removed: 0, inserted: content.length };
  }

  //     p   [subtree of c1] [subtree of c2] …        right children of p, in their order; x goes before the
  //     ^ scan from here, a run at a time             first child that it precedes, or behind the last
  #rightPosition(x: Dot, place: Place): number {
    const parent = place.parent;
    let position = 0;
    if (parent !== null) {
      const run = this.#mustFind(parent);
      position = this.#runs.indexOf(run) + 1;
      const offset = parent.index - run.start + 1;
      if (offset < run.content.length) {
        const implicit: Child = {
          dot: { change: run.change, index: parent.index + 1 },
          side: "right",
          rightOrigin: rightOriginOf(run),
        };
        if (this.#precedes(x, place.rightOrigin, implicit)) return this.#split(position - 1, offset);
      }
    }
    for (; position < this.#runs.length; position++) {
      const child = this.#childToward(parent, head(this.#runs[position]!));
      if (child === null) break;
      // The root has left children of nobody: what hangs left of null was refused.
      if (this.#precedes(x, place.rightOrigin, child)) break;
    }
    return position;
  }

  #leftPosition(x: Dot, parent: Dot | null): number {
    assert(parent !== null, "a left child has a parent");
    const run = this.#mustFind(parent);
    let position = this.#runs.indexOf(run);
    if (parent.index > run.start) return this.#split(position, parent.index - run.start);
    for (; position > 0; position--) {
      const child = this.#childToward(parent, tail(this.#runs[position - 1]!));
      if (child === null || compareDots(x, child.dot, this.#causality) > 0) break;
    }
    return position;
  }

  /** Whether right child `x` stands before right child `child` of the same parent. */
  #precedes(x: Dot, rightOrigin: Dot | null, child: Child): boolean {
    if (sameDot(rightOrigin, child.rightOrigin)) return compareDots(x, child.dot, this.#causality) < 0;
    if (rightOrigin === null) return true;
    if (child.rightOrigin === null) return false;
    return this.compare(rightOrigin, child.rightOrigin) > 0;
  }

  /** The child of `ancestor` on the way up from `from`, or null if `from` is not below it. */
  #childToward(ancestor: Dot | null, from: Dot): Child | null {
    let index = from.index;
    let run = this.#mustFind(from);
    for (;;) {
      if (ancestor?.change === run.change && ancestor.index >= run.start && ancestor.index < index) {
        return {
          dot: { change: run.change, index: ancestor.index + 1 },
          side: "right",
          rightOrigin: rightOriginOf(run),
        };
      }
      if (sameDot(run.parent, ancestor))
        return { dot: head(run), side: run.side, rightOrigin: rightOriginOf(run) };
      if (run.parent === null) return null;
      index = run.parent.index;
      run = this.#mustFind(run.parent);
    }
  }

  // ------------------------------------------------------------------------------------------------ deleting

  /** Idempotent per change. The steps hold one after the other. */
  delete(span: Span, by: Slot): SequenceStep[] {
    return this.#mark(span, run => {
      if (run.deleters.includes(by)) return;
      run.deleters = [...run.deleters, by];
    });
  }

  /** Takes one change's delete back. */
  undelete(span: Span, by: Slot): SequenceStep[] {
    return this.#mark(span, run => {
      run.deleters = run.deleters.filter(slot => slot !== by);
    });
  }

  /** Shows one deleted element in spite of its deleters, or no longer. */
  revive(dot: Dot, revived: boolean): SequenceStep[] {
    const run = this.#find(dot);
    if (run === null || (run.revived === revived && (run.content.length === 1 || !revived))) return [];
    return this.#mark({ change: dot.change, start: dot.index, length: 1 }, piece => {
      piece.revived = revived;
    });
  }

  /** Forgets elements that nothing hangs on: a draft rolled back. */
  forget(span: Span): void {
    const pieces = this.#pieces(span);
    for (const run of pieces) {
      if (visible(run)) this.#length -= run.content.length;
      this.#runs.splice(this.#runs.indexOf(run), 1);
    }
    const left = (this.#bySlot.get(span.change) ?? []).filter(run => !pieces.includes(run));
    if (left.length === 0) this.#bySlot.delete(span.change);
    else this.#bySlot.set(span.change, left);
  }

  #mark(span: Span, change: (run: Run<C>) => void): SequenceStep[] {
    const steps: SequenceStep[] = [];
    for (const run of this.#pieces(span)) {
      const before = visible(run);
      change(run);
      const after = visible(run);
      if (before === after) continue;
      const length = run.content.length;
      const index = this.#visibleBefore(this.#runs.indexOf(run));
      this.#length += after ? length : -length;
      steps.push({ index, removed: after ? 0 : length, inserted: after ? length : 0 });
    }
    return steps;
  }

  /** The runs that make up exactly `span`, split at its ends where needed. */
  #pieces(span: Span): Run<C>[] {
    const end = span.start + span.length;
    for (const edge of [span.start, end]) {
      const run = this.#find({ change: span.change, index: edge });
      if (run !== null && run.start < edge) this.#split(this.#runs.indexOf(run), edge - run.start);
    }
    return (this.#bySlot.get(span.change) ?? []).filter(run => run.start >= span.start && run.start < end);
  }

  // ---------------------------------------------------------------------------------------------- the runs

  #visibleBefore(position: number): number {
    let index = 0;
    for (let i = 0; i < position; i++) {
      const run = this.#runs[i]!;
      if (visible(run)) index += run.content.length;
    }
    return index;
  }

  /** The element that stands right after `dot` (null: at the very start), deleted ones included. */
  #after(dot: Dot | null): Dot | null {
    if (dot === null) return this.#runs.length === 0 ? null : head(this.#runs[0]!);
    const run = this.#mustFind(dot);
    if (dot.index + 1 < run.start + run.content.length) return { change: dot.change, index: dot.index + 1 };
    const next = this.#runs[this.#runs.indexOf(run) + 1];
    return next === undefined ? null : head(next);
  }

  /** Cuts the run at `position` before its element `offset`; answers the position of the second half. */
  #split(position: number, offset: number): number {
    const run = this.#runs[position]!;
    assert(offset > 0 && offset < run.content.length, "a split leaves two halves");
    const second: Run<C> = {
      change: run.change,
      start: run.start + offset,
      content: cut(run.content, offset, run.content.length),
      parent: { change: run.change, index: run.start + offset - 1 },
      side: "right",
      rightOrigin: rightOriginOf(run),
      deleters: run.deleters,
      revived: run.revived,
    };
    run.content = cut(run.content, 0, offset);
    this.#runs.splice(position + 1, 0, second);
    this.#register(second);
    return position + 1;
  }

  #register(run: Run<C>): void {
    const runs = this.#bySlot.get(run.change);
    if (runs === undefined) {
      this.#bySlot.set(run.change, [run]);
      return;
    }
    let i = runs.length;
    while (i > 0 && runs[i - 1]!.start > run.start) i--;
    runs.splice(i, 0, run);
  }

  #find(dot: Dot): Run<C> | null {
    const runs = this.#bySlot.get(dot.change);
    if (runs === undefined) return null;
    let low = 0;
    let high = runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = runs[middle]!;
      if (dot.index < run.start) high = middle - 1;
      else if (dot.index >= run.start + run.content.length) low = middle + 1;
      else return run;
    }
    return null;
  }

  #mustFind(dot: Dot): Run<C> {
    const run = this.#find(dot);
    assert(run !== null, "a named element is here");
    return run;
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    let length = 0;
    let registered = 0;
    for (const runs of this.#bySlot.values()) registered += runs.length;
    assert(registered === this.#runs.length, "every run is registered once");
    this.#runs.forEach((run, position) => {
      assert(run.content.length > 0, "no run is empty");
      assert(this.#find(head(run)) === run && this.#find(tail(run)) === run, "a run is found by its dots");
      if (visible(run)) length += run.content.length;
      if (run.parent === null) return;
      const parent = this.#runs.indexOf(this.#mustFind(run.parent));
      assert(run.side === "right" ? parent < position : parent > position, "a child stands on its side");
    });
    assert(length === this.#length, "the count of visible elements is right");
  }
}

function visible(run: Run<unknown>): boolean {
  return run.deleters.length === 0 || run.revived;
}

function head(run: Run<unknown>): Dot {
  return { change: run.change, index: run.start };
}

function tail<C extends { readonly length: number }>(run: Run<C>): Dot {
  return { change: run.change, index: run.start + run.content.length - 1 };
}

/** Of every element of the run: a left child stands before its parent, so does what continues it. */
function rightOriginOf(run: Run<unknown>): Dot | null {
  return run.side === "right" ? run.rightOrigin : run.parent;
}

function pick(place: Place): Place {
  return { parent: place.parent, side: place.side, rightOrigin: place.rightOrigin };
}

// Strings and arrays cut and join alike; the type system cannot say "the same again".
function cut<C extends string | readonly unknown[]>(content: C, start: number, end: number): C {
  return (content as Sliceable).slice(start, end) as unknown as C;
}

function join<C extends string | readonly unknown[]>(a: C, b: C): C {
  return (typeof a === "string" ? a + (b as string) : [...a, ...(b as readonly unknown[])]) as C;
}
