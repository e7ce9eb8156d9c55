// A balanced order of pieces: position ↔ piece in O(log n), whoever chose the positions. A B+-tree whose nodes sum up
// what is below them, all of it in one row of numbers. It knows nothing of elements, dots or deletion; of a piece only how
// much of it shows, how many brackets open before it and close behind it, and in which leaf it stands (runs.ts).
// The nodes are in nodes.ts; the brackets, in brackets.ts.

import { assert } from "../assert.ts";
import { Brackets } from "./brackets.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import {
  COUNT,
  EXCESS,
  FAN_OUT,
  ITEMS,
  LOWEST,
  LOWEST_BACK,
  type Node,
  Nodes,
  PARENT,
  placeIn,
  SEEN,
  takeOut,
} from "./nodes.ts";
import { CLOSES, LEAF, LENGTH, NONE, OPENS, type Run, type Runs, VISIBLE } from "./runs.ts";

export class Order {
  readonly #runs: Runs;
  readonly #nodes = new Nodes();
  readonly #brackets: Brackets;
  #root: Node = this.#nodes.make();
  /** Levels of inner nodes above the leaves. */
  #height = 0;
  #first: Run = NONE;
  /** The piece that was asked for last and what is visible before it: it is asked for again mostly. */
  #cursor: Run = NONE;
  #cursorAt = 0;

  constructor(runs: Runs) {
    this.#runs = runs;
    this.#brackets = new Brackets(this.#nodes, runs);
  }

  get visible(): number {
    return this.#nodes.numbers[this.#root + SEEN]!;
  }

  get first(): Run {
    return this.#first;
  }

  next(run: Run): Run {
    const nodes = this.#nodes.numbers;
    const leaf = this.#runs.cells[run + LEAF]!;
    const at = placeIn(nodes, leaf, run) + 1;
    return at < leaf + ITEMS + nodes[leaf + COUNT]! ? nodes[at]! : this.#beyond(leaf, 1);
  }

  previous(run: Run): Run {
    const nodes = this.#nodes.numbers;
    const leaf = this.#runs.cells[run + LEAF]!;
    const at = placeIn(nodes, leaf, run) - 1;
    return at >= leaf + ITEMS ? nodes[at]! : this.#beyond(leaf, -1);
  }

  /** The nearest run of the next leaf, or of the one before. */
  #beyond(leaf: Node, by: 1 | -1): Run {
    const nodes = this.#nodes.numbers;
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

  /** All pieces in order; or those that show: what was deleted leaves whole leaves without any, which are passed over. */
  all(isShown = false): Run[] {
    const nodes = this.#nodes.numbers;
    const { cells } = this.#runs;
    let level: Node[] = [this.#root];
    for (let height = this.#height; height >= 0; height--) {
      const below: Node[] = [];
      for (const node of level)
        for (let i = node + ITEMS; i < node + ITEMS + nodes[node + COUNT]!; i++) {
          const item = nodes[i]!;
          const shown = height > 0 ? nodes[item + SEEN]! : cells[item + VISIBLE]!;
          if (!isShown || shown > 0) below.push(item);
        }
      level = below;
    }
    return level;
  }

  /** The piece that holds the visible element `index`; `foundAt` then tells where that piece begins. */
  find(index: number): Run {
    const nodes = this.#nodes.numbers;
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
    const nodes = this.#nodes.numbers;
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
    const nodes = this.#nodes.numbers;
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
      this.#insert(leaf, placeIn(this.#nodes.numbers, leaf, anchor) + 1, run, cells[run + VISIBLE]!);
    }
    // What comes behind the cursor does not move it.
    if (anchor !== this.#cursor) this.#cursor = NONE;
  }

  /** The same in front of another. */
  insertBefore(anchor: Run, run: Run): void {
    const { cells } = this.#runs;
    const leaf = cells[anchor + LEAF]!;
    if (anchor === this.#first) this.#first = run;
    this.#insert(leaf, placeIn(this.#nodes.numbers, leaf, anchor), run, cells[run + VISIBLE]!);
    this.#cursor = NONE;
  }

  /** Puts `second` behind `first`, of which it was a part: together they show what `first` did. */
  split(first: Run, second: Run): void {
    const leaf = this.#runs.cells[first + LEAF]!;
    this.#insert(leaf, placeIn(this.#nodes.numbers, leaf, first) + 1, second, 0);
    if (first !== this.#cursor) this.#cursor = NONE;
  }

  /**
   * Its brackets are a pair of its own and what it took over from the piece beside it, so a walk over the leaf comes just
   * as deep and just as low as before: the sums of brackets stay.
   */
  #insert(leaf: Node, at: number, run: Run, visible: number): void {
    const nodes = this.#nodes.numbers;
    for (let i = leaf + ITEMS + nodes[leaf + COUNT]!; i > at; i--) nodes[i] = nodes[i - 1]!;
    nodes[at] = run;
    this.#runs.cells[run + LEAF] = leaf;
    nodes[leaf + COUNT]!++;
    if (nodes[leaf + COUNT]! > FAN_OUT) this.#split(leaf);
    else this.#addVisible(leaf, visible);
  }

  remove(run: Run): void {
    const nodes = this.#nodes.numbers;
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
      this.#nodes.release(node);
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
    else if (placeIn(this.#nodes.numbers, leaf, run) < placeIn(this.#nodes.numbers, leaf, cursor))
      this.#cursorAt += by;
  }

  /**
   * Sees to it that runs which were hidden, or are no longer, count so. Leaf by leaf, and what is above is summed up once for
   * each: 100,000 letters strewn over a text of as many took 190 ms one by one. `tell` hears of each run before it counts,
   * with the visible index where it stands by then.
   */
  refresh(changed: readonly Run[], tell: (index: number, run: Run, shows: boolean) => void): void {
    const { cells } = this.#runs;
    for (const one of changed) {
      if ((cells[one + VISIBLE] !== 0) === this.#runs.shows(one)) continue;
      const nodes = this.#nodes.numbers;
      const leaf = cells[one + LEAF]!;
      let index = this.visibleBefore(nodes[leaf + ITEMS]!);
      let by = 0;
      for (let i = leaf + ITEMS; i < leaf + ITEMS + nodes[leaf + COUNT]!; i++) {
        const run = nodes[i]!;
        const was = cells[run + VISIBLE]!;
        const is = this.#runs.shows(run) ? cells[run + LENGTH]! : 0;
        if (was !== is) tell(index, run, is > 0);
        cells[run + VISIBLE] = is;
        index += is;
        by += is - was;
      }
      this.#addVisible(leaf, by);
      this.#cursor = NONE;
    }
  }

  /** The piece with the closing bracket of the innermost subtree that holds the last element of `run`; `bracketCount`
   * then tells which of its closing brackets it is, counted from the piece outwards. */
  closing(run: Run): Run {
    return this.#brackets.matching(run, 1);
  }

  /** The same of the opening bracket of the innermost subtree that holds the first element of `run`. */
  opening(run: Run): Run {
    return this.#brackets.matching(run, -1);
  }

  get bracketCount(): number {
    return this.#brackets.count;
  }

  bracket(run: Run, opens: number, closes: number): void {
    const { cells } = this.#runs;
    if (cells[run + OPENS] === opens && cells[run + CLOSES] === closes) return;
    cells[run + OPENS] = opens;
    cells[run + CLOSES] = closes;
    this.#summariseUp(cells[run + LEAF]!, true);
  }

  #addVisible(node: Node, by: number): void {
    const nodes = this.#nodes.numbers;
    for (let up = node; up !== NONE; up = nodes[up + PARENT]!) nodes[up + SEEN]! += by;
  }

  /** Moves the second half of a full node into one behind it, and so on upwards. */
  #split(full: Node): void {
    let first = full;
    for (let level = 0; ; level++) {
      const second = this.#nodes.make();
      const nodes = this.#nodes.numbers;
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
      const up = this.#nodes.numbers[first + PARENT]!;
      this.#adopt(up, first, second);
      if (this.#nodes.numbers[up + COUNT]! <= FAN_OUT) {
        this.#summariseUp(up, false);
        return;
      }
      first = up;
    }
  }

  #adopt(up: Node, first: Node, second: Node): void {
    const nodes = this.#nodes.numbers;
    const at = placeIn(nodes, up, first) + 1;
    for (let i = up + ITEMS + nodes[up + COUNT]!; i > at; i--) nodes[i] = nodes[i - 1]!;
    nodes[at] = second;
    nodes[up + COUNT]!++;
    nodes[second + PARENT] = up;
  }

  /** A root above the one there was. */
  #raise(only: Node): void {
    const root = this.#nodes.make();
    const nodes = this.#nodes.numbers;
    nodes[root + COUNT] = 1;
    nodes[root + PARENT] = NONE;
    nodes[root + ITEMS] = only;
    nodes[only + PARENT] = root;
    this.#root = root;
    this.#height++;
    this.#summarise(root, false);
  }

  // ----------------------------------------------------------------------------------------------- summing up

  #summariseUp(node: Node, isLeaf: boolean): void {
    const nodes = this.#nodes.numbers;
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
    const nodes = this.#nodes.numbers;
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

  dump(out: ImageOut): void {
    out.numbers([this.#root, this.#height, this.#first]);
    this.#nodes.dump(out);
  }

  /** Into one that is empty; the runs are loaded. */
  load(from: ImageIn): void {
    [this.#root, this.#height, this.#first] = from.list() as [Node, number, Run];
    this.#nodes.load(from);
  }

  /** Walks the whole structure and throws on a broken invariant. For tests. */
  check(): void {
    const nodes = this.#nodes.numbers;
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
