// How the ops of a local author become a change: header, references, canonical order, bytes. The counterpart of
// admission: what is composed here is judged there, by every other replica.

import type { Slot } from "../types/dot.ts";
import { joinSpans } from "../types/draft.ts";
import { type ContentOp, mapDots } from "../types/op.ts";
import { encodeBody, impliedRefs } from "./body.ts";
import { type ChangeId, type DeviceId, type DocId, type Header, isContent, type Op } from "./change.ts";
import { encodeChange } from "./codec.ts";
import type { Graph } from "./graph.ts";
import { own, type VerifiedChange } from "./verify.ts";

/**
 * The next change of a device on top of `given` and its own newest one. In `ops` dots name changes by their slots;
 * `slot` is the change's own. `time`: seconds since 1970, or null where none is stated.
 */
export function compose(
  graph: Graph,
  doc: DocId,
  device: DeviceId,
  given: readonly ChangeId[],
  ops: readonly Op[],
  slot: Slot,
  time: number | null,
): VerifiedChange {
  const prev = graph.newestOf(device);
  const parents = prev === null ? given : graph.antichain([...given, prev.id]);
  const ancestors = { prev: prev?.id ?? null, parents };
  const { refs, local } = refer(other => graph.at(other).id, ops, slot, ancestors);
  const header = {
    doc,
    author: device,
    seq: (prev?.seq ?? 0) + 1,
    ...ancestors,
    depth: 1 + Math.max(...parents.map(parent => graph.get(parent)!.depth)),
    opTotal: (prev?.opTotal ?? 0) + ops.length,
    byteTotal: (prev?.byteTotal ?? 0) + encodeBody(refs, ancestors, local).length,
    time,
  };
  return own(encodeChange(header, refs, local));
}

/** Writes the slots in ops as numbers of references (wire §4), and sets and spans in their one order. */
export function refer(
  nameOf: (slot: Slot) => ChangeId,
  ops: readonly Op[],
  slot: Slot,
  ancestors: Pick<Header, "prev" | "parents">,
) {
  const implied = impliedRefs(ancestors).map(ref => ref ?? ("" as ChangeId));
  const named = new Set<ChangeId>();
  for (const op of ops) {
    if (!isContent(op)) continue;
    mapDots(op, other => {
      if (other !== slot) named.add(nameOf(other));
      return other;
    });
  }
  const refs = [...implied, ...[...named].filter(id => !implied.includes(id)).sort()];
  const numbers = new Map(refs.map((ref, i) => [ref, i]));
  const local = ops.map(op => {
    if (!isContent(op)) return op;
    return inOrder(mapDots(op, other => (other === slot ? 0 : numbers.get(nameOf(other))!)));
  });
  return { refs, local };
}

/** Sets of dots in their canonical order. */
function inOrder(op: ContentOp): ContentOp {
  if (op.type === "delete") return { ...op, spans: joinSpans(op.spans) };
  if (!("replaces" in op)) return op;
  return { ...op, replaces: [...op.replaces].sort((a, b) => a.change - b.change || a.index - b.index) };
}
