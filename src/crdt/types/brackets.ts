// The brackets among the pieces of an order hold the tree of `fugue.ts`: the pieces between an opening bracket and its closing
// one are one subtree. To find the other end of a subtree is to find the bracket that matches (a search for a depth among
// excesses, as in succinct trees: Munro and Raman 2001), so no walk ever goes down the tree itself, which a hostile
// author can make as deep as the text is long.

import { assert } from "../assert.ts";
import {
  COUNT,
  EXCESS,
  ITEMS,
  LOWEST,
  LOWEST_BACK,
  type Node,
  type Nodes,
  PARENT,
  placeIn,
} from "./nodes.ts";
import { CLOSES, LEAF, NONE, OPENS, type Run, type Runs } from "./runs.ts";

export class Brackets {
  readonly #nodes: Nodes;
  readonly #runs: Runs;
  #count = 0;

  constructor(nodes: Nodes, runs: Runs) {
    this.#nodes = nodes;
    this.#runs = runs;
  }

  /** Of the bracket found last: which of its kind at its piece, counted from the piece outwards. */
  get count(): number {
    return this.#count;
  }

  /** Walks to the right (1) or to the left (-1): first up to a node that reaches low enough, then down in it. */
  matching(run: Run, by: 1 | -1): Run {
    const nodes = this.#nodes.numbers;
    const { cells } = this.#runs;
    const [away, home, lowest] = by === 1 ? [OPENS, CLOSES, LOWEST] : [CLOSES, OPENS, LOWEST_BACK];
    let depth = 1 - cells[run + home]!;
    if (depth <= 0) {
      this.#count = 1;
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
            this.#count = depth + cells[item + home]!;
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
    const nodes = this.#nodes.numbers;
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
      this.#count = depth + cells[item + home]!;
      return item;
    }
  }
}
