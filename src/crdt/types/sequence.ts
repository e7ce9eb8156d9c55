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
// origin of the run's root. Runs stand in a balanced order (order.ts) whose brackets mark where subtrees begin and
// end. An only right child needs none, for it ends where its parent ends; so plain typing has no brackets at all:
//
//     a b c          one chain, no bracket                a b c x   and x a second right child of a:
//                                                         a(b c)(x)  each contested sibling gets its own
//
// Every op is O(log n), and O(log n · log s) among s siblings, whatever the shape of the tree.

import { assert } from "../assert.ts";
import { type Causality, compareDots, type Dot, type Slot, type Span, sameDot } from "./dot.ts";
import type { Place } from "./op.ts";
import { Order } from "./order.ts";
import { cut, type Elements, join, NO_DOTS, Run, Runs } from "./run.ts";

/** `removed` visible elements at `index` went away, or `inserted` came. */
export interface SequenceStep {
  readonly index: number;
  readonly removed: number;
  readonly inserted: number;
}

export class Sequence<C extends Elements> {
  readonly #causality: Causality;
  readonly #order = new Order<Run<C>>();
  readonly #runs = new Runs<C>();
  /** Right children of the beginning. */
  #roots: Dot[] = [];

  constructor(causality: Causality) {
    this.#causality = causality;
  }

  /** Visible elements. */
  get length(): number {
    return this.#order.visible;
  }

  // ------------------------------------------------------------------------------------------- what is there

  /** Whether all elements of the span were ever inserted here. */
  contains(span: Span): boolean {
    let next = span.start;
    for (const run of this.#runs.over(span)) {
      if (run.start > next) return false;
      next = run.end;
    }
    return next >= span.start + span.length;
  }

  has(dot: Dot): boolean {
    return this.#runs.find(dot) !== null;
  }

  /** The content of one element, deleted or not. */
  at(dot: Dot): C[number] | null {
    const run = this.#runs.find(dot);
    return run === null ? null : (run.content[dot.index - run.start] as C[number]);
  }

  isVisible(dot: Dot): boolean {
    return this.#runs.find(dot)?.isVisible ?? false;
  }

  /** Negative when `a` stands before `b`. Both must be here. Never changes, whatever comes. */
  compare(a: Dot, b: Dot): number {
    const left = this.#mustFind(a);
    const right = this.#mustFind(b);
    return left === right ? a.index - b.index : this.#order.compare(left, right);
  }

  /** The visible contents in order. */
  *visible(): Generator<{ readonly content: C; readonly change: Slot; readonly start: number }> {
    for (const run of this.#order) if (run.isVisible) yield run;
  }

  /** The visible elements in [from, to), as spans of dots in document order. */
  spans(from: number, to: number): Span[] {
    const found: Span[] = [];
    if (from >= to) return found;
    const { piece, before } = this.#order.find(from);
    let index = before;
    for (let run: Run<C> | null = piece; run !== null && index < to; run = this.#order.next(run)) {
      if (!run.isVisible) continue;
      const start = Math.max(from - index, 0);
      const end = Math.min(to - index, run.content.length);
      found.push({ change: run.change, start: run.start + start, length: end - start });
      index += run.content.length;
    }
    return found;
  }

  /** The dot of the visible element at `index`. */
  dotAt(index: number): Dot {
    const { piece, before } = this.#order.find(index);
    return { change: piece.change, index: piece.start + index - before };
  }

  /** How many visible elements stand before `dot`, or null if it is not here. */
  indexOf(dot: Dot): number | null {
    const run = this.#runs.find(dot);
    if (run === null) return null;
    return this.#order.visibleBefore(run) + (run.isVisible ? dot.index - run.start : 0);
  }

  // ----------------------------------------------------------------------------------------------- inserting

  /** Where a local insert before visible index `index` hangs (Fugue, algorithm 1). */
  place(index: number): Place {
    if (index === 0) {
      const first = this.#order.first;
      return first === null
        ? { parent: null, side: "right", rightOrigin: null }
        : { parent: first.head, side: "left", rightOrigin: null };
    }
    const { piece, before } = this.#order.find(index - 1);
    const left = { change: piece.change, index: piece.start + index - 1 - before };
    if (left.index + 1 < piece.end) {
      return { parent: { change: left.change, index: left.index + 1 }, side: "left", rightOrigin: null };
    }
    const next = this.#order.next(piece);
    if (next === null) return { parent: left, side: "right", rightOrigin: null };
    return this.#hasRight(piece)
      ? { parent: next.head, side: "left", rightOrigin: null }
      : { parent: left, side: "right", rightOrigin: next.head };
  }

  /** Adds a run of new elements; the first is `dot`. Names in `place` must be here (graph/ and references.ts see to it). */
  insert(dot: Dot, place: Place, content: C): SequenceStep {
    assert(content.length > 0, "a run has elements");
    assert(!this.has(dot), "an element is inserted once");
    const run = new Run(dot.change, dot.index, content, place);
    if (place.side === "left") this.#insertLeft(run, place.parent);
    else if (place.parent === null) this.#insertRoot(run);
    else this.#insertRight(run, place.parent);
    this.#runs.add(run);
    return { index: this.#order.visibleBefore(run), removed: 0, inserted: content.length };
  }

  /** Whether text typed at `place` only continues the run that ends with `last`. */
  continues(last: Dot, place: Place): boolean {
    if (place.side !== "right" || !sameDot(place.parent, last)) return false;
    return sameDot(place.rightOrigin, this.#mustFind(last).rightOriginOfAll);
  }

  /** Lengthens the run that ends with element `last` of the same change and has no right child. */
  extend(last: Dot, content: C): SequenceStep {
    const run = this.#mustFind(last);
    assert(
      run.end - 1 === last.index && run.isVisible && !this.#hasRight(run),
      "only the end of a run is extended",
    );
    const index = this.#order.visibleBefore(run) + run.content.length;
    run.content = join(run.content, content);
    this.#order.resize(run, run.content.length);
    return { index, removed: 0, inserted: content.length };
  }

  /** Whether the last element of a run has right children: then its subtree goes on behind it. */
  #hasRight(run: Run<C>): boolean {
    return run.rights.length > 0 || this.#continuation(run) !== null;
  }

  /** The piece that the same run goes on with, where it was cut. */
  #continuation(run: Run<C>): Run<C> | null {
    const next = this.#runs.find({ change: run.change, index: run.end });
    return next !== null && next.side === "right" && next.start === run.end && sameDot(next.parent, run.tail)
      ? next
      : null;
  }

  #insertRight(run: Run<C>, parent: Dot): void {
    let above = this.#mustFind(parent);
    if (parent.index + 1 < above.end) {
      // The parent's own next element is a right child too.
      this.#split(above, parent.index + 1 - above.start);
      above = this.#mustFind(parent);
    }
    const own = this.#continuation(above);
    if (above.rights.length === 0 && own === null) {
      // The only child continues its parent's chain: the subtree now ends behind it.
      run.closes = above.closes;
      above.closes = 0;
      this.#order.insertAfter(above, run);
      above.rights = [run.head];
      return;
    }
    if (above.rights.length + (own === null ? 0 : 1) === 1) this.#bracketOnly(above);
    const at = lowerBound(above.rights, sibling => this.#precedes(run, this.#mustFind(sibling)));
    let sibling = above.rights[at - 1] ?? null;
    const isOwnNext = own !== null && !this.#precedes(run, own);
    if (isOwnNext && (sibling === null || this.#precedes(this.#mustFind(sibling), own))) sibling = own.head;
    this.#insertAmong(run, above, sibling);
    above.rights = inserted(above.rights, run.head, at);
  }

  #insertRoot(run: Run<C>): void {
    const at = lowerBound(this.#roots, sibling => this.#precedes(run, this.#mustFind(sibling)));
    this.#insertAmong(run, null, this.#roots[at - 1] ?? null);
    this.#roots = inserted(this.#roots, run.head, at);
  }

  /** The only right child so far becomes one of several: it gets brackets of its own. */
  #bracketOnly(above: Run<C>): void {
    const first = this.#order.next(above)!;
    const { piece } = this.#order.closing(above);
    this.#order.bracket(first, first.opens + 1, first.closes);
    this.#order.bracket(piece, piece.opens, piece.closes + 1);
  }

  /** Right behind `above` (null: at the start), or behind the subtree of a sibling. */
  #insertAmong(run: Run<C>, above: Run<C> | null, sibling: Dot | null): void {
    if (sibling === null) {
      run.opens = run.closes = 1;
      this.#order.insertAfter(above, run);
      return;
    }
    const { piece, count } = this.#order.closing(this.#mustFind(sibling));
    run.opens = 1;
    run.closes = 1 + piece.closes - count;
    piece.closes = count;
    this.#order.insertAfter(piece, run);
  }

  #insertLeft(run: Run<C>, parent: Dot | null): void {
    assert(parent !== null, "a left child has a parent");
    let below = this.#mustFind(parent);
    if (parent.index > below.start) below = this.#split(below, parent.index - below.start);
    const at = lowerBound(below.lefts, sibling => compareDots(run.head, sibling, this.#causality) < 0);
    if (at > 0) this.#insertAmong(run, null, below.lefts[at - 1]!);
    else {
      // Before the first sibling's subtree, or before the parent; what opens there for more than these, opens here.
      const first = below.lefts[0] === undefined ? null : this.#order.opening(this.#mustFind(below.lefts[0]));
      const piece = first?.piece ?? below;
      const inner = first?.count ?? 0;
      const outer = piece.opens - inner;
      run.opens = 1 + outer;
      run.closes = 1;
      this.#order.bracket(piece, inner, piece.closes);
      this.#order.insertAfter(this.#order.previous(piece), run);
    }
    below.lefts = inserted(below.lefts, run.head, at);
  }

  /** Whether right child `x` stands before right child `child` of the same parent. */
  #precedes(x: Run<C>, child: Run<C>): boolean {
    const [mine, theirs] = [x.rightOrigin, child.rightOriginOfAll];
    if (sameDot(mine, theirs)) return compareDots(x.head, child.head, this.#causality) < 0;
    if (mine === null) return true;
    if (theirs === null) return false;
    return this.compare(mine, theirs) > 0;
  }

  // ------------------------------------------------------------------------------------------------ deleting

  /** Idempotent per change. The steps hold one after the other. */
  delete(span: Span, by: Slot): SequenceStep[] {
    return this.#mark(span, run => {
      if (!run.deleters.includes(by)) run.deleters = [...run.deleters, by];
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
    const run = this.#runs.find(dot);
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

  /** Forgets elements that nothing hangs on: a draft rolled back. */
  forget(span: Span): void {
    for (const run of this.#pieces(span).reverse()) {
      const [before, after] = [this.#order.previous(run), this.#order.next(run)];
      // One pair of brackets is the run's own; what else opens or closes here did so next to it before it came.
      const own = run.opens > 0 ? 1 : 0;
      if (after !== null) this.#order.bracket(after, after.opens + run.opens - own, after.closes);
      if (before !== null) this.#order.bracket(before, before.opens, before.closes + run.closes - own);
      this.#order.remove(run);
      this.#orphan(run);
      this.#runs.remove(run);
    }
  }

  /** Takes a run out of its parent's list of children. */
  #orphan(run: Run<C>): void {
    const without = (dots: Dot[]): Dot[] => dots.filter(dot => !sameDot(dot, run.head));
    if (run.parent === null) this.#roots = without(this.#roots);
    else {
      const parent = this.#mustFind(run.parent);
      if (run.side === "left") parent.lefts = without(parent.lefts);
      else parent.rights = without(parent.rights);
    }
  }

  #mark(span: Span, change: (run: Run<C>) => void): SequenceStep[] {
    const steps: SequenceStep[] = [];
    for (const run of this.#pieces(span)) {
      const before = run.visible;
      change(run);
      const after = run.isVisible ? run.content.length : 0;
      if (before === after) continue;
      const index = this.#order.visibleBefore(run);
      this.#order.resize(run, after);
      steps.push({ index, removed: before, inserted: after });
    }
    return steps;
  }

  /** The runs that make up exactly `span`, split at its ends where needed. */
  #pieces(span: Span): Run<C>[] {
    const end = span.start + span.length;
    for (const edge of [span.start, end]) {
      const run = this.#runs.find({ change: span.change, index: edge });
      if (run !== null && run.start < edge) this.#split(run, edge - run.start);
    }
    return this.#runs.over(span);
  }

  // ---------------------------------------------------------------------------------------------- the runs

  /** Cuts a run before its element `offset`; answers the second half. */
  #split(run: Run<C>, offset: number): Run<C> {
    assert(offset > 0 && offset < run.content.length, "a split leaves two halves");
    const parent = { change: run.change, index: run.start + offset - 1 };
    const place: Place = { parent, side: "right", rightOrigin: run.rightOriginOfAll };
    const second = new Run(
      run.change,
      run.start + offset,
      cut(run.content, offset, run.content.length),
      place,
    );
    second.deleters = run.deleters;
    second.revived = run.revived;
    second.hidden = run.hidden;
    second.rights = run.rights;
    second.visible = run.isVisible ? second.content.length : 0;
    run.rights = NO_DOTS;
    run.content = cut(run.content, 0, offset);
    run.visible = run.isVisible ? offset : 0;
    second.closes = run.closes;
    run.closes = 0;
    this.#order.insertAfter(run, second);
    this.#runs.add(second);
    return second;
  }

  #mustFind(dot: Dot): Run<C> {
    const run = this.#runs.find(dot);
    assert(run !== null, "a named element is here");
    return run;
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    this.#order.check();
    let registered = this.#runs.size;
    for (const run of this.#order) {
      registered--;
      assert(run.content.length > 0, "no run is empty");
      assert(
        run.visible === (run.isVisible ? run.content.length : 0),
        "a run shows what is neither deleted nor hidden",
      );
      assert(
        this.#runs.find(run.head) === run && this.#runs.find(run.tail) === run,
        "a run is found by its dots",
      );
      if (run.parent === null) continue;
      const side = this.compare(run.parent, run.head);
      assert(run.side === "right" ? side < 0 : side > 0, "a child stands on its side");
    }
    assert(registered === 0, "every run is registered once");
  }
}

/** How many of the sorted siblings stand before what `precedes` compares with. */
function lowerBound(siblings: readonly Dot[], precedes: (sibling: Dot) => boolean): number {
  let low = 0;
  let high = siblings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (precedes(siblings[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function inserted(dots: Dot[], dot: Dot, at: number): Dot[] {
  if (dots === NO_DOTS) return [dot];
  dots.splice(at, 0, dot);
  return dots;
}
