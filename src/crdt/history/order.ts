// All changes one after the other, as people are shown them: parents first, alike on every replica that holds the same
// changes, and so that what one person wrote in a row stands in a row. Kahn's algorithm ("Topological sorting of large
// networks", 1962), where of several changes that may come next these are taken:
//
//     1. the next one on the chain of the last, unless its author paused before it
//     2. the one with the earliest stated time; of equal ones by author, number, id
//
// Times are what authors state, so a liar's changes stand where the liar wants them as far as causality lets them. Nothing
// follows from it but the order of a list.

import type { Graph } from "../graph/graph.ts";
import type { Slot } from "../types/dot.ts";
import type { Annals } from "./annals.ts";
import { Progress } from "./progress.ts";

/** Seconds without a change after which a person has paused. */
export const PAUSE_S = 300;

/** Changes between two reports. */
const SLICE = 4096;

export function* orderOf(graph: Graph, annals: Annals): Generator<Progress, Slot[]> {
  // What comes while this rests is for the next time.
  const slots = [...graph.order];
  const children: Slot[][] = [];
  const missing: number[] = [];
  const ready = new Heap((a, b) => compare(graph, annals, a, b));
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const parents = annals.parentsOf(slot);
    missing[slot] = parents.length;
    if (parents.length === 0) ready.push(slot);
    for (const parent of parents) {
      const list = children[parent];
      if (list === undefined) children[parent] = [slot];
      else list.push(slot);
    }
    if (i % SLICE === SLICE - 1) yield new Progress(i, 2 * slots.length);
  }
  const order: Slot[] = [];
  for (let next = ready.pop(); next !== undefined; ) {
    const last: Slot = next;
    order.push(last);
    let own: Slot | undefined;
    for (const child of children[last] ?? []) {
      missing[child]!--;
      if (missing[child]! > 0) continue;
      const goesOn = annals.prevOf(child) === last && annals.timeOf(child) - annals.timeOf(last) <= PAUSE_S;
      if (!goesOn) ready.push(child);
      else if (own === undefined) own = child;
      else {
        // A fork: one face after the other.
        const isFirst = graph.compareIds(child, own) < 0;
        ready.push(isFirst ? own : child);
        if (isFirst) own = child;
      }
    }
    next = own ?? ready.pop();
    if (order.length % SLICE === 0) yield new Progress(slots.length + order.length, 2 * slots.length);
  }
  return order;
}

function compare(graph: Graph, annals: Annals, a: Slot, b: Slot): number {
  const later = annals.timeOf(a) - annals.timeOf(b);
  if (later !== 0) return later;
  const [left, right] = [graph.authorAt(a), graph.authorAt(b)];
  if (left !== right) return left < right ? -1 : 1;
  return graph.seqAt(a) - graph.seqAt(b) || graph.compareIds(a, b);
}

/** The least first. */
class Heap {
  readonly #items: Slot[] = [];
  readonly #compare: (a: Slot, b: Slot) => number;

  constructor(compare: (a: Slot, b: Slot) => number) {
    this.#compare = compare;
  }

  push(slot: Slot): void {
    const items = this.#items;
    let at = items.push(slot) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#compare(items[above]!, slot) <= 0) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = slot;
  }

  pop(): Slot | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#compare(items[below + 1]!, items[below]!) < 0) below++;
      if (this.#compare(last, items[below]!) <= 0) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = last;
    return least;
  }
}
