// Where a run hangs: FugueMax (Weidner and Kleppmann, "The Art of the Fugue", 2023, §5), kept as runs. It knows dots
// and brackets; not what shows, what the elements are, who wrote them, or whether they may.
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
// Elements typed in a row form a run, whatever changes they came in: each but the first is the right child of the one
// before it, stands behind it on its strand (strands.ts) and has the right origin of the run's root. Runs stand in a
// balanced order (order.ts) whose brackets mark where subtrees begin and end. An only right child needs none, for it
// ends where its parent ends; so plain typing has no brackets at all:
//
//     a b c          one chain, no bracket                a b c x   and x a second right child of a:
//                                                         a(b c)(x)  each contested sibling gets its own
//
// Every op is O(log n), and O(log n · log s) among s siblings, whatever the shape of the tree.

import { assert } from "../assert.ts";
import type { Elements } from "./contents.ts";
import type { Causality, Dot, Slot } from "./dot.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import type { Place } from "./op.ts";
import type { Pieces } from "./pieces.ts";
import {
  CLOSES,
  COLUMN,
  IS_RIGHT,
  LEFTS,
  LENGTH,
  NONE,
  OPENS,
  ORIGIN,
  ORIGIN_COLUMN,
  PARENT,
  PARENT_COLUMN,
  RIGHTS,
  ROOT,
  type Run,
  START,
} from "./runs.ts";

/** Of changes that are here: those that what is written now does not build on, and cannot name. Null: of none. */
export type IsUnseen = ((change: Slot) => boolean) | null;

export class Fugue<C extends Elements> {
  readonly #pieces: Pieces<C>;
  readonly #causality: Causality;
  /** Right children of the beginning. */
  readonly #roots: Run[] = [];

  constructor(pieces: Pieces<C>, causality: Causality) {
    this.#pieces = pieces;
    this.#causality = causality;
  }

  /** Whether the last element of a run has right children: then its subtree goes on behind it. */
  #hasRight(run: Run): boolean {
    return this.#pieces.runs.cells[run + RIGHTS] !== NONE || this.#pieces.continuation(run) !== NONE;
  }

  // ------------------------------------------------------------------------------------------------- places

  /** See `Sequence.place`. */
  place(index: number, isUnseen: IsUnseen): Place {
    const { order, runs } = this.#pieces;
    if (index === 0) return this.#placeFirst(this.#seenFrom(order.first, isUnseen));
    const run = order.find(index - 1);
    const offset = index - 1 - order.foundAt;
    if (offset + 1 < runs.cells[run + LENGTH]!) {
      const parent = this.#dotIn(run, offset + 1);
      if (isUnseen === null || !isUnseen(parent.change)) return { parent, side: "left", rightOrigin: null };
    }
    const next = this.#seenFrom(order.next(run), isUnseen);
    const hangsThere = isUnseen === null ? this.#hasRight(run) : this.#isBelow(next, run);
    return this.#placeBetween(run, offset, next, hangsThere);
  }

  /** Left of the visible element at `index`; null where something hangs there, which may be what shows before it. */
  placeLeftOf(index: number): Place | null {
    const { order, runs } = this.#pieces;
    const run = order.find(index);
    const offset = index - order.foundAt;
    if (offset === 0 && runs.cells[run + LEFTS] !== NONE) return null;
    return { parent: this.#dotIn(run, offset), side: "left", rightOrigin: null };
  }

  /** See `Sequence.placeOf`; it begins `offset` behind the beginning of a run. */
  placeOf(run: Run, offset: number, isUnseen: IsUnseen): Place {
    const { order, runs } = this.#pieces;
    const next = this.#seenFrom(order.next(run), isUnseen);
    let [before, end] = [run, offset];
    for (;;) {
      // What is seen of a run is its beginning.
      while (end > 0 && isUnseen?.(this.#dotIn(before, end - 1).change)) end--;
      if (end > 0) return this.#placeBetween(before, end - 1, next, this.#isBelow(next, before));
      before = order.previous(before);
      if (before === NONE) return this.#placeFirst(next);
      end = runs.cells[before + LENGTH]!;
    }
  }

  #placeFirst(first: Run): Place {
    if (first === NONE) return { parent: null, side: "right", rightOrigin: null };
    return { parent: this.head(first), side: "left", rightOrigin: null };
  }

  /** Behind an element, and before a run, of which nothing that is seen stands in between. `hangsThere`: the run hangs right of
   * the element, or left of what does. */
  #placeBetween(run: Run, offset: number, next: Run, hangsThere: boolean): Place {
    if (next !== NONE && hangsThere) return { parent: this.head(next), side: "left", rightOrigin: null };
    const rightOrigin = next === NONE ? null : this.head(next);
    return { parent: this.#dotIn(run, offset), side: "right", rightOrigin };
  }

  /** Whether a run behind a piece stands in what hangs right of an element of the piece: up to where that ends, in the order. */
  #isBelow(run: Run, piece: Run): boolean {
    const { order } = this.#pieces;
    return run !== NONE && order.compare(run, order.closing(piece)) <= 0;
  }

  #dotIn(run: Run, offset: number): Dot {
    return this.#pieces.column(run).strand.dotAt(this.#pieces.runs.cells[run + START]! + offset);
  }

  /** From a run on the first that is seen: what follows an unseen element on its run is unseen as well. */
  #seenFrom(run: Run, isUnseen: IsUnseen): Run {
    if (isUnseen === null) return run;
    let seen = run;
    while (seen !== NONE && isUnseen(this.head(seen).change)) seen = this.#pieces.order.next(seen);
    return seen;
  }

  // ------------------------------------------------------------------------------------------------ hanging

  /** Puts a new run where its root says. */
  hang(run: Run): void {
    const { cells, roots } = this.#pieces.runs;
    const root = cells[run + ROOT]!;
    const column = roots[root + PARENT_COLUMN]!;
    const position = roots[root + PARENT]!;
    if (roots[root + IS_RIGHT] === 0) this.#insertLeft(run, column, position);
    else if (column === NONE) this.#insertRoot(run);
    else this.#insertRight(run, column, position);
  }

  /** Takes a run out on which nothing hangs. */
  unhang(run: Run): void {
    const { order, runs } = this.#pieces;
    const { cells } = runs;
    const before = order.previous(run);
    const after = order.next(run);
    // One pair of brackets is the run's own; what else opens or closes here did so next to it before it came.
    const own = cells[run + OPENS]! > 0 ? 1 : 0;
    if (after !== NONE)
      order.bracket(after, cells[after + OPENS]! + cells[run + OPENS]! - own, cells[after + CLOSES]!);
    if (before !== NONE)
      order.bracket(before, cells[before + OPENS]!, cells[before + CLOSES]! + cells[run + CLOSES]! - own);
    if (runs.isHead(run)) this.#orphan(run);
  }

  #insertRight(run: Run, column: number, position: number): void {
    const { order, runs } = this.#pieces;
    const above = this.#pieces.holding(column, position);
    const offset = position + 1 - runs.cells[above + START]!;
    // The parent's own next element is a right child too.
    if (offset < runs.cells[above + LENGTH]!) this.#pieces.split(above, offset);
    const own = this.#pieces.continuation(above);
    const count = runs.childCount(above, RIGHTS);
    const { cells } = runs;
    if (count === 0 && own === NONE) {
      // The only child continues its parent's chain: the subtree now ends behind it.
      cells[run + CLOSES] = cells[above + CLOSES]!;
      cells[above + CLOSES] = 0;
      order.insertAfter(above, run);
      cells[above + RIGHTS] = run;
      return;
    }
    if (count + (own === NONE ? 0 : 1) === 1) this.#bracketOnly(above);
    const at = lowerBound(count, i => this.#precedes(run, runs.child(above, RIGHTS, i)));
    let sibling = at > 0 ? runs.child(above, RIGHTS, at - 1) : NONE;
    const isOwnNext = own !== NONE && !this.#precedes(run, own);
    if (isOwnNext && (sibling === NONE || this.#precedes(sibling, own))) sibling = own;
    this.#insertAmong(run, above, sibling);
    runs.insertChild(above, RIGHTS, at, run);
  }

  #insertRoot(run: Run): void {
    const roots = this.#roots;
    const at = lowerBound(roots.length, i => this.#precedes(run, roots[i]!));
    this.#insertAmong(run, NONE, at > 0 ? roots[at - 1]! : NONE);
    roots.splice(at, 0, run);
  }

  /** The only right child so far becomes one of several: it gets brackets of its own. */
  #bracketOnly(above: Run): void {
    const { order, runs } = this.#pieces;
    const { cells } = runs;
    const first = order.next(above);
    const last = order.closing(above);
    order.bracket(first, cells[first + OPENS]! + 1, cells[first + CLOSES]!);
    order.bracket(last, cells[last + OPENS]!, cells[last + CLOSES]! + 1);
  }

  /** Right behind `above` (`NONE`: at the start), or behind the subtree of a sibling. */
  #insertAmong(run: Run, above: Run, sibling: Run): void {
    const { order, runs } = this.#pieces;
    const { cells } = runs;
    cells[run + OPENS] = cells[run + CLOSES] = 1;
    if (sibling === NONE) {
      order.insertAfter(above, run);
      return;
    }
    const last = order.closing(sibling);
    const inner = order.bracketCount;
    cells[run + CLOSES] = 1 + cells[last + CLOSES]! - inner;
    cells[last + CLOSES] = inner;
    order.insertAfter(last, run);
  }

  #insertLeft(run: Run, column: number, position: number): void {
    assert(column !== NONE, "a left child has a parent");
    const { order, runs } = this.#pieces;
    let below = this.#pieces.holding(column, position);
    const offset = position - runs.cells[below + START]!;
    if (offset > 0) below = this.#pieces.split(below, offset);
    const { cells } = runs;
    const at = lowerBound(
      runs.childCount(below, LEFTS),
      i => this.#compareHeads(run, runs.child(below, LEFTS, i)) < 0,
    );
    if (at > 0) this.#insertAmong(run, NONE, runs.child(below, LEFTS, at - 1));
    else {
      // Before the first sibling's subtree, or before the parent; what opens there for more than these, opens here.
      const isFirst = cells[below + LEFTS] === NONE;
      const piece = isFirst ? below : order.opening(runs.child(below, LEFTS, 0));
      const inner = isFirst ? 0 : order.bracketCount;
      cells[run + OPENS] = 1 + cells[piece + OPENS]! - inner;
      cells[run + CLOSES] = 1;
      cells[piece + OPENS] = inner;
      order.insertBefore(piece, run);
    }
    runs.insertChild(below, LEFTS, at, run);
  }

  /** Whether right child `x` stands before right child `child` of the same parent. */
  #precedes(x: Run, child: Run): boolean {
    const { cells, roots } = this.#pieces.runs;
    const mine = cells[x + ROOT]!;
    const theirs = cells[child + ROOT]!;
    const column = roots[mine + ORIGIN_COLUMN]!;
    const position = roots[mine + ORIGIN]!;
    const otherColumn = roots[theirs + ORIGIN_COLUMN]!;
    const otherPosition = roots[theirs + ORIGIN]!;
    if (column === otherColumn && position === otherPosition) return this.#compareHeads(x, child) < 0;
    if (column === NONE) return true;
    if (otherColumn === NONE) return false;
    const left = this.#pieces.holding(column, position);
    const right = this.#pieces.holding(otherColumn, otherPosition);
    return left === right ? position > otherPosition : this.#pieces.order.compare(left, right) > 0;
  }

  /** By change id, then index: the tie-break between siblings. */
  #compareHeads(a: Run, b: Run): number {
    const left = this.head(a);
    const right = this.head(b);
    return left.change === right.change
      ? left.index - right.index
      : this.#causality.compareIds(left.change, right.change);
  }

  /** The first element of a run. */
  head(run: Run): Dot {
    const { cells } = this.#pieces.runs;
    return this.#pieces.dotAt(cells[run + COLUMN]!, cells[run + START]!);
  }

  /** Takes a run out of its parent's list of children. */
  #orphan(run: Run): void {
    const { runs } = this.#pieces;
    const root = runs.cells[run + ROOT]!;
    const column = runs.roots[root + PARENT_COLUMN]!;
    if (column === NONE) this.#roots.splice(this.#roots.indexOf(run), 1);
    else {
      const above = this.#pieces.holding(column, runs.roots[root + PARENT]!);
      runs.removeChild(above, runs.roots[root + IS_RIGHT] === 1 ? RIGHTS : LEFTS, run);
    }
  }

  dump(out: ImageOut): void {
    out.numbers(this.#roots);
  }

  /** Into one that is empty; the pieces are loaded. */
  load(from: ImageIn): void {
    for (const run of from.ints()) this.#roots.push(run);
  }

  /** Throws on a broken invariant. For tests. */
  check(): void {
    const { order, runs } = this.#pieces;
    const { cells, roots } = runs;
    for (const run of order.all()) {
      const root = cells[run + ROOT]!;
      if (!runs.isHead(run) || roots[root + PARENT_COLUMN] === NONE) continue;
      const position = roots[root + PARENT]!;
      const above = this.#pieces.holding(roots[root + PARENT_COLUMN]!, position);
      const side = roots[root + IS_RIGHT] === 1 ? RIGHTS : LEFTS;
      assert(runs.hasChild(above, side, run), "a parent knows its children");
      const way = order.compare(above, run);
      assert(side === RIGHTS ? way < 0 : way > 0, "a child stands on its side");
    }
  }
}

/** How many of `count` sorted siblings stand before what `precedes` compares the i-th with. */
function lowerBound(count: number, precedes: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (precedes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
