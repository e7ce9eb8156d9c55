// A balanced order of pieces: position ↔ piece in O(log n), whoever chose the positions. A B+-tree whose nodes sum up
// what is below them. It knows nothing of elements, dots or deletion; only how much of a piece is visible, and how
// many brackets open before it and close behind it.
//
// The brackets hold the tree of `sequence.ts`: the pieces between an opening bracket and its closing one are one
// subtree. To find the other end of a subtree is to find the bracket that matches (a search for a depth among
// excesses, as in succinct trees: Munro and Raman 2001), so no walk ever goes down the tree itself, which a hostile
// author can make as deep as the text is long.

import { assert } from "../assert.ts";

/** Children of a node at most. Fewer make the tree deeper, more make inserting into a node dearer; 32 was fastest. */
const FAN_OUT = 32;

/** What stands in the order. `order.ts` alone writes `leaf`; the rest is changed through `Order`. */
export interface Piece {
  leaf: Leaf<this> | null;
  /** Visible elements. */
  visible: number;
  /** Brackets that open right before the piece, and that close right behind it. */
  opens: number;
  closes: number;
}

/** What a node knows of everything below it. */
abstract class Summary {
  parent: Inner | null = null;
  visible = 0;
  /** Opening minus closing brackets. */
  excess = 0;
  /** The lowest that the excess gets behind some piece, counted from the left; before some piece, from the right. */
  lowest = 0;
  lowestBack = 0;
}

export class Leaf<P = unknown> extends Summary {
  readonly items: P[] = [];
}

class Inner extends Summary {
  readonly items: (Inner | Leaf)[] = [];
}

/** Where a bracket stands: the `count`-th of its kind at the piece, counted from the piece outwards. */
export interface Bracket<P> {
  readonly piece: P;
  readonly count: number;
}

export class Order<P extends Piece> {
  #root: Inner | Leaf<P> = new Leaf<P>();
  #first: P | null = null;
  /** The piece that was asked for last and what is visible before it: typing asks for it again. */
  #cursor: P | null = null;
  #cursorAt = 0;

  get visible(): number {
    return this.#root.visible;
  }

  get first(): P | null {
    return this.#first;
  }

  next(piece: P): P | null {
    return neighbour(piece, 1);
  }

  previous(piece: P): P | null {
    return neighbour(piece, -1);
  }

  *[Symbol.iterator](): Generator<P> {
    for (let piece = this.#first; piece !== null; piece = this.next(piece)) yield piece;
  }

  /** The piece that holds the visible element `index`; `foundAt` then tells where that piece begins. */
  find(index: number): P {
    const cursor = this.#cursor;
    if (cursor !== null && index >= this.#cursorAt && index < this.#cursorAt + cursor.visible) return cursor;
    assert(index >= 0 && index < this.#root.visible, "a visible index is in the order");
    let before = 0;
    let node: Inner | Leaf = this.#root;
    while (node instanceof Inner) {
      for (const child of node.items) {
        if (index < before + child.visible) {
          node = child;
          break;
        }
        before += child.visible;
      }
    }
    for (const piece of (node as Leaf<P>).items) {
      if (index < before + piece.visible) {
        this.#remember(piece, before);
        return piece;
      }
      before += piece.visible;
    }
    throw new Error("Invariant broken: sums are right");
  }

  /** How many are visible before the piece that was found last. */
  get foundAt(): number {
    return this.#cursorAt;
  }

  visibleBefore(piece: P): number {
    if (piece === this.#cursor) return this.#cursorAt;
    let before = 0;
    const leaf = piece.leaf!;
    for (const other of leaf.items) {
      if (other === piece) break;
      before += other.visible;
    }
    for (let node: Inner | Leaf = leaf; node.parent !== null; node = node.parent) {
      for (const other of node.parent.items) {
        if (other === node) break;
        before += other.visible;
      }
    }
    this.#remember(piece, before);
    return before;
  }

  /** Negative when `a` stands before `b`. */
  compare(a: P, b: P): number {
    if (a === b) return 0;
    let left: Inner | Leaf = a.leaf!;
    let right: Inner | Leaf = b.leaf!;
    if (left === right) return (left as Leaf<P>).items.indexOf(a) - (left as Leaf<P>).items.indexOf(b);
    // All leaves have one depth.
    while (left.parent !== right.parent) {
      left = left.parent!;
      right = right.parent!;
    }
    return left.parent!.items.indexOf(left) - left.parent!.items.indexOf(right);
  }

  // ----------------------------------------------------------------------------------------------- changing

  /** Puts a piece behind another; null: at the very start. It may have taken over brackets that the other had there. */
  insertAfter(anchor: P | null, piece: P): void {
    const leaf = ((anchor ?? this.#first)?.leaf ?? this.#root) as Leaf<P>;
    if (anchor === null) this.#first = piece;
    this.#insert(leaf, anchor === null ? 0 : leaf.items.indexOf(anchor) + 1, piece, piece.visible);
    // What comes behind the cursor does not move it.
    if (anchor !== this.#cursor) this.#cursor = null;
  }

  /** The same in front of another. */
  insertBefore(anchor: P, piece: P): void {
    const leaf = anchor.leaf as Leaf<P>;
    if (anchor === this.#first) this.#first = piece;
    this.#insert(leaf, leaf.items.indexOf(anchor), piece, piece.visible);
    this.#cursor = null;
  }

  /** Puts `second` behind `first`, of which it was a part: together they show what `first` did. */
  split(first: P, second: P): void {
    const leaf = first.leaf as Leaf<P>;
    this.#insert(leaf, leaf.items.indexOf(first) + 1, second, 0);
    if (first !== this.#cursor) this.#cursor = null;
  }

  /**
   * Its brackets are a pair of its own and what it took over from the piece beside it, so a walk over the leaf comes just
   * as deep and just as low as before: the sums of brackets stay.
   */
  #insert(leaf: Leaf<P>, at: number, piece: P, visible: number): void {
    insertAt(leaf.items, at, piece);
    piece.leaf = leaf as never;
    if (leaf.items.length > FAN_OUT) this.#splitLeaf(leaf);
    else addVisible(leaf, visible);
  }

  remove(piece: P): void {
    const leaf = piece.leaf as Leaf<P>;
    if (piece === this.#first) this.#first = this.next(piece);
    leaf.items.splice(leaf.items.indexOf(piece), 1);
    piece.leaf = null;
    this.#cursor = null;
    let node: Inner | Leaf = leaf;
    while (node.items.length === 0 && node.parent !== null) {
      const parent: Inner = node.parent;
      parent.items.splice(parent.items.indexOf(node), 1);
      node = parent;
    }
    if (node === this.#root && node.items.length === 0) this.#root = new Leaf<P>();
    else if (node === leaf && piece.opens === 0 && piece.closes === 0) addVisible(leaf, 0 - piece.visible);
    else summariseUp(node);
  }

  /** A piece shows more or less than before; nothing else about it changed. */
  resize(piece: P, visible: number): void {
    const by = visible - piece.visible;
    addVisible(piece.leaf!, by);
    piece.visible = visible;
    const cursor = this.#cursor;
    if (cursor === null || piece === cursor) return;
    // Typing and deleting in one place stay within one leaf mostly.
    if (piece.leaf !== cursor.leaf) this.#cursor = null;
    else if (isBefore(piece, cursor)) this.#cursorAt += by;
  }

  bracket(piece: P, opens: number, closes: number): void {
    if (piece.opens === opens && piece.closes === closes) return;
    piece.opens = opens;
    piece.closes = closes;
    summariseUp(piece.leaf!);
  }

  #remember(piece: P, before: number): void {
    this.#cursor = piece;
    this.#cursorAt = before;
  }

  #splitLeaf(leaf: Leaf<P>): void {
    const second = new Leaf<P>();
    for (const piece of leaf.items.splice(leaf.items.length >> 1)) {
      second.items.push(piece);
      piece.leaf = second as never;
    }
    this.#adopt(leaf, second);
  }

  /** Hangs `second` into the tree right behind `first`, splitting upwards where a node is full. */
  #adopt(first: Inner | Leaf, second: Inner | Leaf): void {
    summarise(first);
    summarise(second);
    let parent = first.parent;
    if (parent === null) {
      parent = new Inner();
      parent.items.push(first);
      first.parent = parent;
      this.#root = parent;
    }
    parent.items.splice(parent.items.indexOf(first) + 1, 0, second);
    second.parent = parent;
    if (parent.items.length <= FAN_OUT) {
      summariseUp(parent);
      return;
    }
    const sibling = new Inner();
    for (const child of parent.items.splice(parent.items.length >> 1)) {
      sibling.items.push(child);
      child.parent = sibling;
    }
    this.#adopt(parent, sibling);
  }

  // ----------------------------------------------------------------------------------------------- brackets

  /** The closing bracket of the innermost subtree that holds the last element of `piece`. */
  closing(piece: P): Bracket<P> {
    let depth = 1;
    if (piece.closes >= depth) return { piece, count: depth };
    depth -= piece.closes;
    let node: Inner | Leaf | Piece = piece;
    let parent: Inner | Leaf = piece.leaf!;
    for (;;) {
      const items = parent.items as (Inner | Leaf | Piece)[];
      for (let i = items.indexOf(node) + 1; i < items.length; i++) {
        const item = items[i]!;
        if (item instanceof Summary) {
          if (depth + item.lowest <= 0) return this.#closingBelow(item as Inner | Leaf<P>, depth);
          depth += item.excess;
        } else {
          depth += item.opens;
          if (item.closes >= depth) return { piece: item as P, count: depth };
          depth -= item.closes;
        }
      }
      assert(parent.parent !== null, "every bracket is closed");
      node = parent;
      parent = parent.parent;
    }
  }

  #closingBelow(start: Inner | Leaf<P>, depth: number): Bracket<P> {
    let node: Inner | Leaf = start;
    while (node instanceof Inner) {
      for (const child of node.items) {
        if (depth + child.lowest <= 0) {
          node = child;
          break;
        }
        depth += child.excess;
      }
    }
    for (const piece of (node as Leaf<P>).items) {
      depth += piece.opens;
      if (piece.closes >= depth) return { piece, count: depth };
      depth -= piece.closes;
    }
    throw new Error("Invariant broken: summaries are right");
  }

  /** The opening bracket of the innermost subtree that holds the first element of `piece`. */
  opening(piece: P): Bracket<P> {
    let depth = 1;
    if (piece.opens >= depth) return { piece, count: depth };
    depth -= piece.opens;
    let node: Inner | Leaf | Piece = piece;
    let parent: Inner | Leaf = piece.leaf!;
    for (;;) {
      const items = parent.items as (Inner | Leaf | Piece)[];
      for (let i = items.indexOf(node) - 1; i >= 0; i--) {
        const item = items[i]!;
        if (item instanceof Summary) {
          if (depth + item.lowestBack <= 0) return this.#openingBelow(item as Inner | Leaf<P>, depth);
          depth -= item.excess;
        } else {
          depth += item.closes;
          if (item.opens >= depth) return { piece: item as P, count: depth };
          depth -= item.opens;
        }
      }
      assert(parent.parent !== null, "every bracket is opened");
      node = parent;
      parent = parent.parent;
    }
  }

  #openingBelow(start: Inner | Leaf<P>, depth: number): Bracket<P> {
    let node: Inner | Leaf = start;
    while (node instanceof Inner) {
      for (let i = node.items.length - 1; i >= 0; i--) {
        const child: Inner | Leaf = node.items[i]!;
        if (depth + child.lowestBack <= 0) {
          node = child;
          break;
        }
        depth -= child.excess;
      }
    }
    const { items } = node as Leaf<P>;
    for (let i = items.length - 1; i >= 0; i--) {
      const piece = items[i]!;
      depth += piece.closes;
      if (piece.opens >= depth) return { piece, count: depth };
      depth -= piece.opens;
    }
    throw new Error("Invariant broken: summaries are right");
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    const walk = (node: Inner | Leaf): void => {
      const { visible, excess, lowest, lowestBack } = node;
      for (const item of node.items) {
        if (node instanceof Leaf) assert((item as P).leaf === node, "a piece knows its leaf");
        else {
          assert((item as Inner).parent === node, "a node knows its parent");
          walk(item as Inner | Leaf);
        }
      }
      assert(node === this.#root || node.items.length > 0, "no node is empty");
      summarise(node);
      const isSame = node.visible === visible && node.excess === excess && node.lowest === lowest;
      assert(isSame && node.lowestBack === lowestBack, "a node sums up what is below it");
    };
    walk(this.#root);
    assert(this.#root.excess === 0 && this.#root.lowest >= 0, "brackets match");
  }
}

function neighbour<P extends Piece>(piece: P, by: 1 | -1): P | null {
  const leaf = piece.leaf as Leaf<P>;
  const at = leaf.items.indexOf(piece) + by;
  if (at >= 0 && at < leaf.items.length) return leaf.items[at]!;
  let node: Inner | Leaf = leaf;
  for (let up = node.parent; up !== null; up = node.parent) {
    const beside = up.items.indexOf(node) + by;
    if (beside >= 0 && beside < up.items.length) {
      let down: Inner | Leaf = up.items[beside]!;
      while (down instanceof Inner) down = down.items[by === 1 ? 0 : down.items.length - 1]!;
      return down.items[by === 1 ? 0 : down.items.length - 1] as P;
    }
    node = up;
  }
  return null;
}

function addVisible(node: Inner | Leaf, by: number): void {
  for (let up: Inner | Leaf | null = node; up !== null; up = up.parent) up.visible += by;
}

/** Of two pieces in one leaf. */
function isBefore(a: Piece, b: Piece): boolean {
  for (const item of a.leaf!.items as Piece[]) {
    if (item === a) return true;
    if (item === b) return false;
  }
  throw new Error("Invariant broken: both pieces are in the leaf");
}

/** `splice` without the array it answers. */
function insertAt<T>(items: T[], at: number, item: T): void {
  items.push(item);
  for (let i = items.length - 1; i > at; i--) items[i] = items[i - 1]!;
  items[at] = item;
}

function summariseUp(node: Inner | Leaf): void {
  for (let up: Inner | Leaf | null = node; up !== null; up = up.parent) {
    const { visible, excess, lowest, lowestBack } = up;
    summarise(up);
    if (up.excess !== excess || up.lowest !== lowest || up.lowestBack !== lowestBack) continue;
    // Plain typing: brackets are as before, so above only the count is other. Halved the cost of an insert.
    if (up.parent !== null) addVisible(up.parent, up.visible - visible);
    return;
  }
}

function summarise(node: Inner | Leaf): void {
  let visible = 0;
  let excess = 0;
  let lowest = 0;
  const { items } = node;
  if (node instanceof Leaf) {
    for (const piece of items as Piece[]) {
      visible += piece.visible;
      excess += piece.opens - piece.closes;
      if (excess < lowest) lowest = excess;
    }
    let back = 0;
    let lowestBack = 0;
    for (let i = items.length - 1; i >= 0; i--) {
      const piece = items[i] as Piece;
      back += piece.closes - piece.opens;
      if (back < lowestBack) lowestBack = back;
    }
    node.lowestBack = lowestBack;
  } else {
    for (const child of items as Summary[]) {
      visible += child.visible;
      if (excess + child.lowest < lowest) lowest = excess + child.lowest;
      excess += child.excess;
    }
    let back = 0;
    let lowestBack = 0;
    for (let i = items.length - 1; i >= 0; i--) {
      const child = items[i] as Summary;
      if (back + child.lowestBack < lowestBack) lowestBack = back + child.lowestBack;
      back -= child.excess;
    }
    node.lowestBack = lowestBack;
  }
  node.visible = visible;
  node.excess = excess;
  node.lowest = lowest;
}
