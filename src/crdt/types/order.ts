// A balanced order of pieces: position ↔ piece in O(log n), whoever chose the positions. A B+-tree whose nodes sum up
// what is below them, all of it in one row of numbers. It knows nothing of elements, dots or deletion; of a piece only how
// much of it shows, how many brackets open before it and close behind it, and in which leaf it stands (runs.ts).
//
// The brackets hold the tree of `fugue.ts`: the pieces between an opening bracket and its closing one are one
// subtree. To find the other end of a subtree is to find the bracket that matches (a search for a depth among
// excesses, as in succinct trees: Munro and Raman 2001), so no walk ever goes down the tree itself, which a hostile
// author can make as deep as the text is long.
//
//     nodes │ count, parent, visible, excess, lowest, lowest back, 17 items │ count, …      a node is the place of its count

import { assert } from "../assert.ts";
import { CLOSES, grown, LEAF, NONE, OPENS, type Run, type Runs, VISIBLE } from "./runs.ts";

/** Items of a node at most. Fewer make the tree deeper, more make what is done in a node dearer; 8 to 32 are much alike. */
const FAN_OUT = 16;

/** A node, by the place of its first number: an inner node, whose items are nodes, or a leaf, whose items are runs. */
type Node = number;

// What stands where in a node.
const COUNT = 0;
const PARENT = 1;
const SEEN = 2;
/** Opening minus closing brackets. */
const EXCESS = 3;
/** The lowest that the excess gets behind some piece, counted from the left; before some piece, from the right. */
const LOWEST = 4;
const LOWEST_BACK = 5;
const ITEMS = 6;
/** One item more than may stay, until the node is split. */
const NODE = ITEMS + FAN_OUT + 1;

export class Order {
  readonly #runs: Runs;
  #nodes = new Int32Array(NODE);
  #used = NODE;
  /** The first of the nodes given back; each names the next in its first number. */
  #free: Node = NONE;
  #root: Node = 0;
  /** Levels of inner nodes above the leaves. */
  #height = 0;
  #first: Run = NONE;
  /** The piece that was asked for last and what is visible before it: it is asked for again mostly. */
  #cursor: Run = NONE;
  #cursorAt = 0;
  /** Of a search for a bracket: which of its kind at the piece found, counted from the piece outwards. */
  #bracketCount = 0;

  constructor(runs: Runs) {
    this.#runs = runs;
    this.#nodes[PARENT] = NONE;
  }

  get visible(): number {
    return this.#nodes[this.#root + SEEN]!;
  }

  get first(): Run {
    return this.#first;
  }

  next(run: Run): Run {
    const nodes = this.#nodes;
    const leaf = this.#runs.cells[run + LEAF]!;
    const at = placeIn(nodes, leaf, run) + 1;
    return at < leaf + ITEMS + nodes[leaf + COUNT]! ? nodes[at]! : this.#beyond(leaf, 1);
  }

  previous(run: Run): Run {
    const nodes = this.#nodes;
    const leaf = this.#runs.cells[run + LEAF]!;
    const at = placeIn(nodes, leaf, run) - 1;
    return at >= leaf + ITEMS ? nodes[at]! : this.#beyond(leaf, -1);
  }

  /** The nearest run of the next leaf, or of the one before. */
  #beyond(leaf: Node, by: 1 | -1): Run {
    const nodes = this.#nodes;
    let node = leaf;
    for (let level = 1; level <= this.#height; level++) {
      const up = nodes[node + PARENT]!;
      const beside = placeIn(nodes, up, node) + by;
      if (beside >= up + ITEMS && beside < up + ITEMS + nodes[up + COUNT]!) {
        let down = nodes[beside]!;
        for (; level > 1; level--) down = nodes[down + ITEMS + (by === 1 ? 0 : nodes[down + COUNT]! - 1)]!;
        return nodes[down + ITEMS + (by === 1 ? 0 : nodes[down + COUNT]! - 1)]!;
      }
      node = up;
    }
    return NONE;
  }

  /** All pieces in order. */
  all(): Run[] {
    const nodes = this.#nodes;
    let level: Node[] = [this.#root];
    for (let height = this.#height; height >= 0; height--) {
      const below: Node[] = [];
      for (const node of level)
        for (let i = node + ITEMS; i < node + ITEMS + nodes[node + COUNT]!; i++) below.push(nodes[i]!);
      level = below;
    }
    return level;
  }

  /** The piece that holds the visible element `index`; `foundAt` then tells where that piece begins. */
  find(index: number): Run {
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    const cursor = this.#cursor;
    if (cursor !== NONE && index >= this.#cursorAt && index < this.#cursorAt + cells[cursor + VISIBLE]!)
      return cursor;
    let node = this.#root;
    assert(index >= 0 && index < nodes[node + SEEN]!, "a visible index is in the order");
    let left = index;
    for (let level = this.#height; level > 0; level--) {
      let i = node + ITEMS;
      for (node = nodes[i]!; left >= nodes[node + SEEN]!; node = nodes[++i]!) left -= nodes[node + SEEN]!;
    }
    let i = node + ITEMS;
    let run = nodes[i]!;
    for (; left >= cells[run + VISIBLE]!; run = nodes[++i]!) left -= cells[run + VISIBLE]!;
    this.#cursor = run;
    this.#cursorAt = index - left;
    return run;
  }

  /** How many are visible before the piece that was found last. */
  get foundAt(): number {
    return this.#cursorAt;
  }

  visibleBefore(run: Run): number {
    if (run === this.#cursor) return this.#cursorAt;
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    let node = cells[run + LEAF]!;
    let before = 0;
    for (let i = node + ITEMS; nodes[i] !== run; i++) before += cells[nodes[i]! + VISIBLE]!;
    for (let up = nodes[node + PARENT]!; up !== NONE; up = nodes[node + PARENT]!) {
      for (let i = up + ITEMS; nodes[i] !== node; i++) before += nodes[nodes[i]! + SEEN]!;
      node = up;
    }
    this.#cursor = run;
    this.#cursorAt = before;
    return before;
  }

  /** Negative when `a` stands before `b`. */
  compare(a: Run, b: Run): number {
    if (a === b) return 0;
    const nodes = this.#nodes;
    let left = this.#runs.cells[a + LEAF]!;
    let right = this.#runs.cells[b + LEAF]!;
    if (left === right) return placeIn(nodes, left, a) - placeIn(nodes, left, b);
    // All leaves have one depth.
    while (nodes[left + PARENT] !== nodes[right + PARENT]) {
      left = nodes[left + PARENT]!;
      right = nodes[right + PARENT]!;
    }
    const up = nodes[left + PARENT]!;
    return placeIn(nodes, up, left) - placeIn(nodes, up, right);
  }

  // ----------------------------------------------------------------------------------------------- changing

  /** Puts a piece behind another (`NONE`: at the very start). It may have taken over brackets that the other had there. */
  insertAfter(anchor: Run, run: Run): void {
    const { cells } = this.#runs;
    if (anchor === NONE) {
      const leaf = this.#first === NONE ? this.#root : cells[this.#first + LEAF]!;
      this.#first = run;
      this.#insert(leaf, leaf + ITEMS, run, cells[run + VISIBLE]!);
    } else {
      const leaf = cells[anchor + LEAF]!;
      this.#insert(leaf, placeIn(this.#nodes, leaf, anchor) + 1, run, cells[run + VISIBLE]!);
    }
    // What comes behind the cursor does not move it.
    if (anchor !== this.#cursor) this.#cursor = NONE;
  }

  /** The same in front of another. */
  insertBefore(anchor: Run, run: Run): void {
    const { cells } = this.#runs;
    const leaf = cells[anchor + LEAF]!;
    if (anchor === this.#first) this.#first = run;
    this.#insert(leaf, placeIn(this.#nodes, leaf, anchor), run, cells[run + VISIBLE]!);
    this.#cursor = NONE;
  }

  /** Puts `second` behind `first`, of which it was a part: together they show what `first` did. */
  split(first: Run, second: Run): void {
    const leaf = this.#runs.cells[first + LEAF]!;
    this.#insert(leaf, placeIn(this.#nodes, leaf, first) + 1, second, 0);
    if (first !== this.#cursor) this.#cursor = NONE;
  }

  /**
   * Its brackets are a pair of its own and what it took over from the piece beside it, so a walk over the leaf comes just
   * as deep and just as low as before: the sums of brackets stay.
   */
  #insert(leaf: Node, at: number, run: Run, visible: number): void {
    const nodes = this.#nodes;
    for (let i = leaf + ITEMS + nodes[leaf + COUNT]!; i > at; i--) nodes[i] = nodes[i - 1]!;
    nodes[at] = run;
    this.#runs.cells[run + LEAF] = leaf;
    nodes[leaf + COUNT]!++;
    if (nodes[leaf + COUNT]! > FAN_OUT) this.#split(leaf);
    else this.#addVisible(leaf, visible);
  }

  remove(run: Run): void {
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    if (run === this.#first) this.#first = this.next(run);
    this.#cursor = NONE;
    let node = cells[run + LEAF]!;
    const leaf = node;
    cells[run + LEAF] = NONE;
    takeOut(nodes, leaf, run);
    while (nodes[node + COUNT] === 0 && node !== this.#root) {
      const up = nodes[node + PARENT]!;
      takeOut(nodes, up, node);
      nodes[node] = this.#free;
      this.#free = node;
      node = up;
    }
    if (node === this.#root && nodes[node + COUNT] === 0) this.#height = 0;
    if (node === leaf && cells[run + OPENS] === 0 && cells[run + CLOSES] === 0)
      this.#addVisible(leaf, 0 - cells[run + VISIBLE]!);
    else this.#summariseUp(node, node === leaf || this.#height === 0);
  }

  /** A piece shows more or less than before; nothing else about it changed. */
  resize(run: Run, visible: number): void {
    const { cells } = this.#runs;
    const by = visible - cells[run + VISIBLE]!;
    const leaf = cells[run + LEAF]!;
    this.#addVisible(leaf, by);
    cells[run + VISIBLE] = visible;
    const cursor = this.#cursor;
    if (cursor === NONE || run === cursor) return;
    // Typing and deleting in one place stay within one leaf mostly.
    if (leaf !== cells[cursor + LEAF]) this.#cursor = NONE;
    else if (placeIn(this.#nodes, leaf, run) < placeIn(this.#nodes, leaf, cursor)) this.#cursorAt += by;
  }

  bracket(run: Run, opens: number, closes: number): void {
    const { cells } = this.#runs;
    if (cells[run + OPENS] === opens && cells[run + CLOSES] === closes) return;
    cells[run + OPENS] = opens;
    cells[run + CLOSES] = closes;
    this.#summariseUp(cells[run + LEAF]!, true);
  }

  #addVisible(node: Node, by: number): void {
    const nodes = this.#nodes;
    for (let up = node; up !== NONE; up = nodes[up + PARENT]!) nodes[up + SEEN]! += by;
  }

  /** Moves the second half of a full node into one behind it, and so on upwards. */
  #split(full: Node): void {
    let first = full;
    for (let level = 0; ; level++) {
      const second = this.#makeNode();
      const nodes = this.#nodes;
      const kept = (FAN_OUT + 1) >> 1;
      const moved = nodes[first + COUNT]! - kept;
      nodes[first + COUNT] = kept;
      nodes[second + COUNT] = moved;
      const { cells } = this.#runs;
      for (let i = 0; i < moved; i++) {
        const item = nodes[first + ITEMS + kept + i]!;
        nodes[second + ITEMS + i] = item;
        if (level === 0) cells[item + LEAF] = second;
        else nodes[item + PARENT] = second;
      }
      this.#summarise(first, level === 0);
      this.#summarise(second, level === 0);
      if (first === this.#root) this.#raise(first);
      const up = this.#nodes[first + PARENT]!;
      this.#adopt(up, first, second);
      if (this.#nodes[up + COUNT]! <= FAN_OUT) {
        this.#summariseUp(up, false);
        return;
      }
      first = up;
    }
  }

  #adopt(up: Node, first: Node, second: Node): void {
    const nodes = this.#nodes;
    const at = placeIn(nodes, up, first) + 1;
    for (let i = up + ITEMS + nodes[up + COUNT]!; i > at; i--) nodes[i] = nodes[i - 1]!;
    nodes[at] = second;
    nodes[up + COUNT]!++;
    nodes[second + PARENT] = up;
  }

  /** A root above the one there was. */
  #raise(only: Node): void {
    const root = this.#makeNode();
    const nodes = this.#nodes;
    nodes[root + COUNT] = 1;
    nodes[root + PARENT] = NONE;
    nodes[root + ITEMS] = only;
    nodes[only + PARENT] = root;
    this.#root = root;
    this.#height++;
    this.#summarise(root, false);
  }

  #makeNode(): Node {
    const node = this.#free;
    if (node !== NONE) {
      this.#free = this.#nodes[node]!;
      return node;
    }
    this.#used += NODE;
    if (this.#used > this.#nodes.length) this.#nodes = grown(this.#nodes, this.#used);
    return this.#used - NODE;
  }

  // ----------------------------------------------------------------------------------------------- summing up

  #summariseUp(node: Node, isLeaf: boolean): void {
    const nodes = this.#nodes;
    for (let up = node; up !== NONE; up = nodes[up + PARENT]!) {
      const visible = nodes[up + SEEN]!;
      if (this.#summarise(up, isLeaf && up === node)) continue;
      // Plain typing: brackets are as before, so above only the count is other. Halved the cost of an insert.
      const parent = nodes[up + PARENT]!;
      if (parent !== NONE) this.#addVisible(parent, nodes[up + SEEN]! - visible);
      return;
    }
  }

  /** Whether the sums of brackets are others than before. */
  #summarise(node: Node, isLeaf: boolean): boolean {
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    let visible = 0;
    let excess = 0;
    let lowest = 0;
    const end = node + ITEMS + nodes[node + COUNT]!;
    for (let i = node + ITEMS; i < end; i++) {
      const item = nodes[i]!;
      if (isLeaf) {
        visible += cells[item + VISIBLE]!;
        excess += cells[item + OPENS]! - cells[item + CLOSES]!;
        if (excess < lowest) lowest = excess;
      } else {
        visible += nodes[item + SEEN]!;
        const below = excess + nodes[item + LOWEST]!;
        if (below < lowest) lowest = below;
        excess += nodes[item + EXCESS]!;
      }
    }
    let back = 0;
    let lowestBack = 0;
    for (let i = end - 1; i >= node + ITEMS; i--) {
      const item = nodes[i]!;
      if (isLeaf) {
        back += cells[item + CLOSES]! - cells[item + OPENS]!;
        if (back < lowestBack) lowestBack = back;
      } else {
        const below = back + nodes[item + LOWEST_BACK]!;
        if (below < lowestBack) lowestBack = below;
        back -= nodes[item + EXCESS]!;
      }
    }
    const isOther =
      nodes[node + EXCESS] !== excess ||
      nodes[node + LOWEST] !== lowest ||
      nodes[node + LOWEST_BACK] !== lowestBack;
    nodes[node + SEEN] = visible;
    nodes[node + EXCESS] = excess;
    nodes[node + LOWEST] = lowest;
    nodes[node + LOWEST_BACK] = lowestBack;
    return isOther;
  }

  // ----------------------------------------------------------------------------------------------- brackets

  /** The piece with the closing bracket of the innermost subtree that holds the last element of `run`; `bracketCount`
   * then tells which of its closing brackets it is, counted from the piece outwards. */
  closing(run: Run): Run {
    return this.#matching(run, 1);
  }

  /** The same of the opening bracket of the innermost subtree that holds the first element of `run`. */
  opening(run: Run): Run {
    return this.#matching(run, -1);
  }

  get bracketCount(): number {
    return this.#bracketCount;
  }

  /** Walks to the right (1) or to the left (-1): first up to a node that reaches low enough, then down in it. */
  #matching(run: Run, by: 1 | -1): Run {
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    const [away, home, lowest] = by === 1 ? [OPENS, CLOSES, LOWEST] : [CLOSES, OPENS, LOWEST_BACK];
    let depth = 1 - cells[run + home]!;
    if (depth <= 0) {
      this.#bracketCount = 1;
      return run;
    }
    let item = run;
    let node = cells[run + LEAF]!;
    let level = 0;
    for (;;) {
      const begin = node + ITEMS;
      const end = begin + nodes[node + COUNT]!;
      for (let i = placeIn(nodes, node, item) + by; i >= begin && i < end; i += by) {
        item = nodes[i]!;
        if (level === 0) {
          depth += cells[item + away]! - cells[item + home]!;
          if (depth <= 0) {
            this.#bracketCount = depth + cells[item + home]!;
            return item;
          }
        } else if (depth + nodes[item + lowest]! <= 0) return this.#matchingBelow(item, level - 1, depth, by);
        else depth += by * nodes[item + EXCESS]!;
      }
      item = node;
      node = nodes[node + PARENT]!;
      level++;
      assert(node !== NONE, "every bracket has its counterpart");
    }
  }

  #matchingBelow(start: Node, height: number, from: number, by: 1 | -1): Run {
    const nodes = this.#nodes;
    const { cells } = this.#runs;
    const [away, home, lowest] = by === 1 ? [OPENS, CLOSES, LOWEST] : [CLOSES, OPENS, LOWEST_BACK];
    let node = start;
    let depth = from;
    for (let level = height; level > 0; level--) {
      let i = by === 1 ? node + ITEMS : node + ITEMS + nodes[node + COUNT]! - 1;
      for (node = nodes[i]!; depth + nodes[node + lowest]! > 0; node = nodes[i]!) {
        depth += by * nodes[node + EXCESS]!;
        i += by;
      }
    }
    for (let i = by === 1 ? node + ITEMS : node + ITEMS + nodes[node + COUNT]! - 1; ; i += by) {
      const item = nodes[i]!;
      depth += cells[item + away]! - cells[item + home]!;
      if (depth > 0) continue;
      this.#bracketCount = depth + cells[item + home]!;
      return item;
    }
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    const nodes = this.#nodes;
    const walk = (node: Node, level: number): void => {
      const sums = [SEEN, EXCESS, LOWEST, LOWEST_BACK].map(place => nodes[node + place]);
      for (let i = node + ITEMS; i < node + ITEMS + nodes[node + COUNT]!; i++) {
        const item = nodes[i]!;
        if (level === 0) assert(this.#runs.cells[item + LEAF] === node, "a piece knows its leaf");
        else {
          assert(nodes[item + PARENT] === node, "a node knows its parent");
          walk(item, level - 1);
        }
      }
      assert(node === this.#root || nodes[node + COUNT]! > 0, "no node is empty");
      this.#summarise(node, level === 0);
      const isSame = [SEEN, EXCESS, LOWEST, LOWEST_BACK].every((place, i) => nodes[node + place] === sums[i]);
      assert(isSame, "a node sums up what is below it");
    };
    walk(this.#root, this.#height);
    assert(nodes[this.#root + PARENT] === NONE, "the root has no parent");
    assert(nodes[this.#root + EXCESS] === 0 && nodes[this.#root + LOWEST]! >= 0, "brackets match");
    const [first = NONE] = this.all();
    assert(first === this.#first, "the first piece is known");
  }
}

/** Where an item of a node stands. */
function placeIn(nodes: Int32Array, node: Node, item: number): number {
  let i = node + ITEMS;
  while (nodes[i] !== item) i++;
  return i;
}

function takeOut(nodes: Int32Array, node: Node, item: number): void {
  const end = node + ITEMS + --nodes[node + COUNT]!;
  for (let i = placeIn(nodes, node, item); i < end; i++) nodes[i] = nodes[i + 1]!;
}
