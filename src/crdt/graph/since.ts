// What of a graph is not in a past: of each lane what stands above, so it costs as much as is found, and a look at every lane.

import type { Slot } from "../types/dot.ts";
import type { Graph } from "./graph.ts";
import type { Past } from "./past.ts";

export class Since {
  readonly #graph: Graph;
  /** Whether changes were admitted in the order of their slots, up to the `#checked`-th. A draft that was held is not: its slot
   * was given out long before. */
  #isInOrder = true;
  #checked = 1;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** In the order of admission, so parents first. */
  slots(past: Past): Iterable<Slot> {
    return this.#isSorted() ? this.#above(past) : this.#filtered(past);
  }

  #isSorted(): boolean {
    const { order } = this.#graph;
    for (; this.#isInOrder && this.#checked < order.length; this.#checked++)
      this.#isInOrder = order.at(this.#checked - 1)! < order.at(this.#checked)!;
    return this.#isInOrder;
  }

  #above(past: Past): readonly Slot[] {
    const found: Slot[] = [];
    let lanes = 0;
    for (const { slots } of this.#graph.lanes) {
      if (past.has(slots.last!)) continue;
      let [low, high] = [0, slots.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (past.has(slots.at(middle)!)) low = middle + 1;
        else high = middle;
      }
      for (let i = low; i < slots.length; i++) found.push(slots.at(i)!);
      lanes++;
    }
    return lanes > 1 ? found.sort((a, b) => a - b) : found;
  }

  *#filtered(past: Past): Generator<Slot> {
    for (const slot of this.#graph.order) if (!past.has(slot)) yield slot;
  }
}
