// How the ops of a local author become a change: header, references, canonical order, bytes. The counterpart of
// admission: what is composed here is judged there, by every other replica. The author itself does not judge it; that
// every own change would be admitted is tested (test/crdt/own-changes.test.ts).

import { assert } from "../assert.ts";
import { CHANGE_BYTES_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import { joinSpans } from "../types/draft.ts";
import { type ContentOp, mapDots } from "../types/op.ts";
import { impliedRefs } from "./body.ts";
import {
  type ChangeId,
  type DeviceId,
  type DocId,
  type Header,
  isAuthority,
  isContent,
  type Op,
  startsOf,
} from "./change.ts";
import { decodeChange, encodeCounted, idOf } from "./codec.ts";
import type { Graph } from "./graph.ts";
import { own, type VerifiedChange } from "./verify.ts";

/**
 * The next change of a device on top of `given`, an antichain, and its own newest one. In `ops` dots name changes by
 * their slots; `slot` is the change's own. `time`: seconds since 1970, or null where none is stated.
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
  const parents = prev === null ? given : graph.withTip(given, prev.id);
  const ancestors = { prev: prev === null ? null : prev.id, parents };
  const { refs, local } = refer(other => graph.idAt(other), ops, slot, ancestors);
  const header = {
    doc,
    author: device,
    seq: prev === null ? 1 : prev.seq + 1,
    prev: ancestors.prev,
    parents,
    depth: graph.depthAbove(parents),
    opTotal: (prev === null ? 0 : prev.opTotal) + ops.length,
    byteTotal: prev === null ? 0 : prev.byteTotal,
    time,
  };
  return finish(header, refs, local);
}

/** The first change of a document. */
export function composeGenesis(author: DeviceId, op: Op, time: number): VerifiedChange {
  const chain = { author, seq: 1, prev: null, parents: [], depth: 1, opTotal: 1, byteTotal: 0 };
  // It cannot know its own id, by which it names the document.
  const nobody = "" as ChangeId;
  return finish({ ...chain, doc: nobody, time }, [nobody, nobody], [op]);
}

/** `byteTotal` is still without the body of this change. */
function finish(header: Header, refs: readonly ChangeId[], ops: readonly Op[]): VerifiedChange {
  const { bytes, bodyBytes } = encodeCounted(header, refs, ops);
  // The handles check what is written into the data. Ops about people are few and may be given beyond their limits.
  if (bytes.length > CHANGE_BYTES_MAX || ops.some(isAuthority))
    assert(!("ok" in decodeChange(bytes)), "an own change is well-formed");
  const id = idOf(bytes);
  return own(
    {
      doc: header.parents.length === 0 ? id : header.doc,
      author: header.author,
      seq: header.seq,
      prev: header.prev,
      parents: header.parents,
      depth: header.depth,
      opTotal: header.opTotal,
      byteTotal: header.byteTotal + bodyBytes,
      time: header.time,
      id,
      refs,
      ops,
      starts: startsOf(ops),
      bodyBytes,
    },
    bytes,
  );
}

/** Writes the slots in ops as numbers of references (wire §4), and sets and spans in their one order. */
export function refer(
  nameOf: (slot: Slot) => ChangeId,
  ops: readonly Op[],
  slot: Slot,
  ancestors: Pick<Header, "prev" | "parents">,
): { readonly refs: readonly ChangeId[]; readonly local: readonly Op[] } {
  const implied = impliedRefs(ancestors);
  const listed: ChangeId[] = [];
  const numbers = new Map<Slot, number>();
  // Most ops name one change, or two.
  let last = slot;
  let lastNumber = 0;
  const number = (other: Slot): number => {
    if (other === last) return lastNumber;
    if (other === slot) return 0;
    let found = numbers.get(other);
    if (found === undefined) {
      const id = nameOf(other);
      found = implied.indexOf(id, 1);
      if (found < 0) found = implied.length + listed.push(id) - 1;
      numbers.set(other, found);
    }
    last = other;
    lastNumber = found;
    return found;
  };
  let local = ops.map(op => (isContent(op) ? mapDots(op, number) : op));
  if (listed.length > 1) {
    const sorted = [...listed].sort();
    const places = new Map(sorted.map((id, i) => [id, implied.length + i]));
    const place = (ref: number): number =>
      ref < implied.length ? ref : places.get(listed[ref - implied.length]!)!;
    local = local.map(op => (isContent(op) ? mapDots(op, place) : op));
  }
  for (const id of listed.sort()) implied.push(id);
  return { refs: implied, local: local.map(op => (isContent(op) ? inOrder(op) : op)) };
}

/** Sets of dots in their canonical order. */
function inOrder(op: ContentOp): ContentOp {
  if (op.type === "delete") return op.spans.length === 1 ? op : { ...op, spans: joinSpans(op.spans) };
  if (!("replaces" in op) || op.replaces.length < 2) return op;
  return { ...op, replaces: [...op.replaces].sort((a, b) => a.change - b.change || a.index - b.index) };
}
