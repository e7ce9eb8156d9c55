// Where chains fork, and what stands on top of all others: questions about a graph that are seldom asked.

import type { Slot } from "../types/dot.ts";
import type { DeviceId } from "./change.ts";
import type { Graph } from "./graph.ts";

/** The lowest number of which there are two changes of a device; null if there is none. */
export function forkOf(graph: Graph, device: DeviceId): number | null {
  const lanes = graph.lanesOf(device);
  if (lanes.length < 2) return null;
  // One lane begins with the chain; where any other does, there is another change of that number.
  let [lowest, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const lane of lanes) {
    const { first } = graph.lanes[lane]!;
    if (first < lowest) [lowest, second] = [first, lowest];
    else if (first < second) second = first;
  }
  return second;
}

/** Of some changes those that no other of them is above, sorted by id. */
export function antichainOf(graph: Graph, slots: readonly Slot[]): readonly Slot[] {
  const tips: Slot[] = [];
  let past = graph.past([]);
  // What is above another is deeper.
  for (const slot of [...slots].sort((a, b) => graph.depthAt(b) - graph.depthAt(a))) {
    if (past.has(slot)) continue;
    tips.push(slot);
    past = past.with(slot);
  }
  return graph.sorted(tips);
}
