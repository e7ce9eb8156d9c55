// The nodes of the tree of `order.ts`, all in one row of numbers: what stands where in them, and how they are made, filled and
// emptied.
//
//     numbers │ count, parent, visible, excess, lowest, lowest back, 17 items │ count, …      a node is the place of its count

import { type ImageIn, type ImageOut, Unsound } from "./image.ts";
import { grown, NONE } from "./runs.ts";

/** Items of a node at most. Fewer make the tree deeper, more make what is done in a node dearer; 8 to 32 are much alike. */
export const FAN_OUT = 16;

/** By the place of its first number: an inner node, whose items are nodes, or a leaf, whose items are runs. */
export type Node = number;

// What stands where in a node.
export const COUNT = 0;
export const PARENT = 1;
export const SEEN = 2;
/** Opening minus closing brackets. */
export const EXCESS = 3;
/** The lowest that the excess gets behind some piece, counted from the left; before some piece, from the right. */
export const LOWEST = 4;
export const LOWEST_BACK = 5;
export const ITEMS = 6;
/** One item more than may stay, until the node is split. */
const NODE = ITEMS + FAN_OUT + 1;

export class Nodes {
  /** Grows by being replaced: whoever holds it across `make` holds the old one. */
  numbers = new Int32Array(NODE);
  #used = 0;
  /** The first of the nodes given back; each names the next in its first number. */
  #free: Node = NONE;

  /** Without items and above it nothing. */
  make(): Node {
    let node = this.#free;
    if (node !== NONE) this.#free = this.numbers[node]!;
    else {
      node = this.#used;
      this.#used += NODE;
      if (this.#used > this.numbers.length) this.numbers = grown(this.numbers, this.#used);
    }
    this.numbers[node + COUNT] = 0;
    this.numbers[node + PARENT] = NONE;
    return node;
  }

  release(node: Node): void {
    this.numbers[node] = this.#free;
    this.#free = node;
  }

  dump(out: ImageOut): void {
    out.numbers([this.#free, this.#used]);
    out.ints(this.numbers.subarray(0, this.#used));
  }

  /** Into one that is empty, whatever was made in it before. */
  load(from: ImageIn): void {
    [this.#free, this.#used] = from.list() as [Node, number];
    this.numbers = from.ints();
    if (this.#used > this.numbers.length) throw new Unsound("half a node");
  }
}

/** Where an item of a node stands. */
export function placeIn(nodes: Int32Array, node: Node, item: number): number {
  let i = node + ITEMS;
  while (nodes[i] !== item) i++;
  return i;
}

export function takeOut(nodes: Int32Array, node: Node, item: number): void {
  const end = node + ITEMS + --nodes[node + COUNT]!;
  for (let i = placeIn(nodes, node, item); i < end; i++) nodes[i] = nodes[i + 1]!;
}
