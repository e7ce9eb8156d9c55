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
import { type Causality, type Dot, sameDot } from "./dot.ts";
import type { Pieces } from "./pieces.ts";
import type { Children, Run } from "./run.ts";

export class Fugue<C extends Elements> {
  readonly #pieces: Pieces<C>;
  readonly #causality: Causality;
  /** Right children of the beginning. */
  #roots: Run<C>[] = [];

  constructor(pieces: Pieces<C>, causality: Causality) {
    this.#pieces = pieces;
    this.#causality = causality;
  }

  /** Whether the last element of a run has right children: then its subtree goes on behind it. */
  hasRight(run: Run<C>): boolean {
    return run.rights !== null || this.#pieces.continuation(run) !== null;
  }

  /** Puts a new run where its root says. */
  hang(run: Run<C>): void {
    const { parent, side } = run.root;
    if (side === "left") this.#insertLeft(run, parent);
    else if (parent === null) this.#insertRoot(run);
    else this.#insertRight(run, parent);
  }

  /** Takes a run out on which nothing hangs. */
  unhang(run: Run<C>): void {
    const { order } = this.#pieces;
    const [before, after] = [order.previous(run), order.next(run)];
    // One pair of brackets is the run's own; what else opens or closes here did so next to it before it came.
    const own = run.opens > 0 ? 1 : 0;
    if (after !== null) order.bracket(after, after.opens + run.opens - own, after.closes);
    if (before !== null) order.bracket(before, before.opens, before.closes + run.closes - own);
    if (run.isHead) this.#orphan(run);
  }

  #insertRight(run: Run<C>, parent: Dot): void {
    const above = this.#pieces.mustFind(parent);
    const offset = this.#pieces.strands.position(parent) + 1 - above.start;
    // The parent's own next element is a right child too.
    if (offset < above.length) this.#pieces.split(above, offset);
    const own = this.#pieces.continuation(above);
    const rights = listed(above.rights);
    if (rights.length === 0 && own === null) {
      // The only child continues its parent's chain: the subtree now ends behind it.
      run.closes = above.closes;
      above.closes = 0;
      this.#pieces.order.insertAfter(above, run);
      above.rights = run;
      return;
    }
    if (rights.length + (own === null ? 0 : 1) === 1) this.#bracketOnly(above);
    const at = lowerBound(rights, sibling => this.#precedes(run, sibling));
    let sibling = at > 0 ? rights[at - 1]! : null;
    const isOwnNext = own !== null && !this.#precedes(run, own);
    if (isOwnNext && (sibling === null || this.#precedes(sibling, own))) sibling = own;
    this.#insertAmong(run, above, sibling);
    above.rights = inserted(above.rights, run, at);
  }

  #insertRoot(run: Run<C>): void {
    const at = lowerBound(this.#roots, sibling => this.#precedes(run, sibling));
    this.#insertAmong(run, null, at > 0 ? this.#roots[at - 1]! : null);
    this.#roots.splice(at, 0, run);
  }

  /** The only right child so far becomes one of several: it gets brackets of its own. */
  #bracketOnly(above: Run<C>): void {
    const first = this.#pieces.order.next(above)!;
    const { piece } = this.#pieces.order.closing(above);
    this.#pieces.order.bracket(first, first.opens + 1, first.closes);
    this.#pieces.order.bracket(piece, piece.opens, piece.closes + 1);
  }

  /** Right behind `above` (null: at the start), or behind the subtree of a sibling. */
  #insertAmong(run: Run<C>, above: Run<C> | null, sibling: Run<C> | null): void {
    if (sibling === null) {
      run.opens = run.closes = 1;
      this.#pieces.order.insertAfter(above, run);
      return;
    }
    const { piece, count } = this.#pieces.order.closing(sibling);
    run.opens = 1;
    run.closes = 1 + piece.closes - count;
    piece.closes = count;
    this.#pieces.order.insertAfter(piece, run);
  }

  #insertLeft(run: Run<C>, parent: Dot | null): void {
    assert(parent !== null, "a left child has a parent");
    let below = this.#pieces.mustFind(parent);
    const offset = this.#pieces.strands.position(parent) - below.start;
    if (offset > 0) below = this.#pieces.split(below, offset);
    const lefts = listed(below.lefts);
    const at = lowerBound(lefts, sibling => this.#compareHeads(run, sibling) < 0);
    if (at > 0) this.#insertAmong(run, null, lefts[at - 1]!);
    else {
      // Before the first sibling's subtree, or before the parent; what opens there for more than these, opens here.
      const first = lefts.length === 0 ? null : this.#pieces.order.opening(lefts[0]!);
      const piece = first?.piece ?? below;
      const inner = first?.count ?? 0;
      const outer = piece.opens - inner;
      run.opens = 1 + outer;
      run.closes = 1;
      piece.opens = inner;
      this.#pieces.order.insertBefore(piece, run);
    }
    below.lefts = inserted(below.lefts, run, at);
  }

  /** Whether right child `x` stands before right child `child` of the same parent. */
  #precedes(x: Run<C>, child: Run<C>): boolean {
    const [mine, theirs] = [x.root.rightOrigin, child.root.rightOriginOfAll];
    if (sameDot(mine, theirs)) return this.#compareHeads(x, child) < 0;
    if (mine === null) return true;
    if (theirs === null) return false;
    return this.#pieces.compare(mine, theirs) > 0;
  }

  /** By change id, then index: the tie-break between siblings. */
  #compareHeads(a: Run<C>, b: Run<C>): number {
    const [left, right] = [a.head, b.head];
    return left.change === right.change
      ? left.index - right.index
      : this.#causality.compareIds(left.change, right.change);
  }

  /** Takes a run out of its parent's list of children. */
  #orphan(run: Run<C>): void {
    const { parent, side } = run.root;
    if (parent === null) this.#roots.splice(this.#roots.indexOf(run), 1);
    else {
      const above = this.#pieces.mustFind(parent);
      if (side === "left") above.lefts = without(above.lefts, run);
      else above.rights = without(above.rights, run);
    }
  }

  /** Throws on a broken invariant. For tests. */
  check(): void {
    for (const run of this.#pieces.order) {
      const { parent, side } = run.root;
      if (!run.isHead || parent === null) continue;
      const above = this.#pieces.mustFind(parent);
      assert(
        listed(side === "left" ? above.lefts : above.rights).includes(run),
        "a parent knows its children",
      );
      const order = this.#pieces.compare(parent, run.head);
      assert(side === "right" ? order < 0 : order > 0, "a child stands on its side");
    }
  }
}

/** How many of the sorted siblings stand before what `precedes` compares with. */
function lowerBound<R>(siblings: readonly R[], precedes: (sibling: R) => boolean): number {
  let low = 0;
  let high = siblings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (precedes(siblings[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function listed<C extends Elements>(children: Children<C>): readonly Run<C>[] {
  if (children === null) return NONE;
  return Array.isArray(children) ? children : [children];
}

const NONE: readonly never[] = [];

function inserted<C extends Elements>(children: Children<C>, run: Run<C>, at: number): Children<C> {
  if (children === null) return run;
  if (!Array.isArray(children)) return at === 0 ? [run, children] : [children, run];
  children.splice(at, 0, run);
  return children;
}

function without<C extends Elements>(children: Children<C>, run: Run<C>): Children<C> {
  if (!Array.isArray(children)) return null;
  children.splice(children.indexOf(run), 1);
  return children.length === 0 ? null : children;
}
