// What all that is here of a device with two faces comes to, over its branches. The quota of a change (admission.ts) is that of
// one chain, since a verdict knows no more than a change's own past; so by forking again and again a device could make others
// keep any number of chains. What no verdict can bound is bounded here, by each copy for itself: branches share one quota. It is
// asked for loose changes alone (receiving.ts), which nothing depends on, so copies that keep different ones agree on all
// that counts (design: "Removal, and what it leaves").

import type { Graph } from "../graph/graph.ts";
import type { Retracts } from "../graph/retracts.ts";
import type { Ancestors, WrittenChange } from "../graph/written.ts";
import { BRANCHES_MAX } from "../limits.ts";
import type { Quota } from "./members.ts";

/** Whether a change that is not here yet would be more than one quota for all branches of its author, or one branch more than
 * anybody keeps. */
export function exceedsBranches(
  { author, ops, bodyBytes }: WrittenChange,
  { prev }: Ancestors,
  { opsMax, bytesMax }: Quota,
  graph: Graph,
  retracts: Retracts,
): boolean {
  const lanes = graph.lanesOf(author);
  const isBranch = prev < 0 || graph.nextInLane(prev) !== undefined;
  if (isBranch && lanes.length >= BRANCHES_MAX) return true;
  let used = ops.length + 1;
  let bytes = bodyBytes;
  for (const lane of lanes) {
    const [upTo, below] = [
      retracts.sum(graph.lanes[lane]!.slots.last!),
      retracts.sum(graph.beforeLane(lane)),
    ];
    used += upTo.ops - below.ops;
    bytes += upTo.bytes - below.bytes;
  }
  // Changes are counted beside their ops, or empty ones would cost nothing: a chain of one op in each has twice its quota.
  return used > 2 * opsMax || bytes > bytesMax;
}
