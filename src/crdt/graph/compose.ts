// How the ops of a local author become a change: header, references, canonical order, bytes. The counterpart of
// admission: what is composed here is judged there, by every other replica. The author itself judges only whether it may
// say that (closing.ts); that every own change would be admitted is tested (test/crdt/own-changes.test.ts).

import { assert } from "../assert.ts";
import { CHANGE_BYTES_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import { joinSpans } from "../types/draft.ts";
import { type ContentOp, mapDots, type Numbers } from "../types/op.ts";
import type { Naming } from "./body.ts";
import { type DeviceId, type DocId, isContent, type Op } from "./change.ts";
import { decodeChange, writeChange } from "./codec.ts";
import type { Graph } from "./graph.ts";
import { own, type VerifiedChange } from "./verify.ts";
import type { Ancestors, WrittenChange } from "./written.ts";

/**
 * The next change of a device on top of `given`, an antichain, and its own newest one. In `ops` dots name changes by
 * their slots; `slot` is the change's own. `time`: seconds since 1970, or null where none is stated.
 */
export function compose(
  graph: Graph,
  doc: DocId,
  device: DeviceId,
  { prev, parents }: Ancestors,
  ops: readonly Op[],
  slot: Slot,
  time: number | null,
): VerifiedChange {
  const { listed, local } = refer(graph, ops, slot, prev, parents);
  const heading = {
    doc,
    author: device,
    seq: prev < 0 ? 1 : graph.seqAt(prev) + 1,
    prev,
    parents,
    depth: graph.depthAbove(parents),
    opTotal: (prev < 0 ? 0 : graph.opTotalAt(prev)) + ops.length,
    byteTotal: prev < 0 ? 0 : graph.byteTotalAt(prev),
    time,
  };
  return finish(writeChange(heading, graph, listed, local));
}

/** Names nothing: a genesis has no past. */
const NOBODY: Naming = {
  writeId: () => assert(false, "a genesis names no change"),
  compareIds: () => 0,
};

/** The first change of a document. It cannot know its own id, by which it names the document. */
export function composeGenesis(author: DeviceId, op: Op, time: number): VerifiedChange {
  const chain = { author, seq: 1, prev: -1, parents: [], depth: 1, opTotal: 1, byteTotal: 0 };
  return finish(writeChange({ ...chain, doc: "" as DocId, time }, NOBODY, [], [op]));
}

function finish(change: WrittenChange): VerifiedChange {
  // The handles check what is written into the data. Ops about people are few and may be given beyond their limits.
  if (change.end - change.start > CHANGE_BYTES_MAX || change.isAboutPeople)
    assert(!("ok" in decodeChange(change.bytes)), "an own change is well-formed");
  return own(change);
}

/** Writes the slots in ops as numbers of references (wire §4), and sets and spans in their one order. `prev` -1 is none.
 * Answers the references that the change has to list, sorted by id. */
export function refer(
  naming: Naming,
  ops: readonly Op[],
  slot: Slot,
  prev: Slot,
  parents: readonly Slot[],
): { readonly listed: readonly Slot[]; readonly local: readonly Op[] } {
  const numbering = new Numbering(slot, prev, parents);
  const local = ops.map(op => (isContent(op) ? mapDots(op, numbering) : op));
  const { listed, implied } = numbering;
  if (listed.length > 1) {
    const found = [...listed];
    listed.sort((a, b) => naming.compareIds(a, b));
    const places = new Map(listed.map((other, i) => [other, implied + i]));
    const place = {
      of: (ref: number): number => (ref < implied ? ref : places.get(found[ref - implied]!)!),
    };
    for (const [i, op] of local.entries()) if (isContent(op)) local[i] = mapDots(op, place);
  }
  for (let i = 0; i < local.length; i++) {
    const op = local[i]!;
    if (isContent(op)) local[i] = inOrder(op);
  }
  return { listed, local };
}

/** From so many on, references are found in a map. Most ops name one change, or two. */
const MANY = 8;
const NOTHING: Slot[] = [];

/** Numbers of references in the order of their first use. */
class Numbering implements Numbers {
  listed: Slot[] = NOTHING;
  /** How many have a number without being listed. */
  readonly implied: number;
  readonly #self: Slot;
  readonly #prev: Slot;
  readonly #parents: readonly Slot[];
  /** Places in `listed`, once there are many. */
  #places: Map<Slot, number> | null = null;

  constructor(self: Slot, prev: Slot, parents: readonly Slot[]) {
    this.#self = self;
    this.#prev = prev;
    this.#parents = parents;
    this.implied = 2 + parents.length - (prev >= 0 && parents.includes(prev) ? 1 : 0);
  }

  of(other: Slot): number {
    if (other === this.#self) return 0;
    if (other === this.#prev) return 1;
    const known = this.#placeOf(other);
    if (known >= 0) return this.implied + known;
    const number = this.#parentNumber(other);
    if (number !== null) return number;
    const place = this.listed.length;
    if (place === 0) this.listed = [other];
    else this.listed.push(other);
    this.#places?.set(other, place);
    return this.implied + place;
  }

  #placeOf(other: Slot): number {
    if (this.listed.length < MANY) return this.listed.indexOf(other);
    this.#places ??= new Map(this.listed.map((slot, i) => [slot, i]));
    return this.#places.get(other) ?? -1;
  }

  #parentNumber(other: Slot): number | null {
    let number = 2;
    for (const parent of this.#parents) {
      if (parent === other) return number;
      if (parent !== this.#prev) number++;
    }
    return null;
  }
}

/** Sets of dots in their canonical order. */
function inOrder(op: ContentOp): ContentOp {
  if (op.type === "delete") return op.spans.length === 1 ? op : { ...op, spans: joinSpans(op.spans) };
  if (!("replaces" in op) || op.replaces.length < 2) return op;
  return { ...op, replaces: [...op.replaces].sort((a, b) => a.change - b.change || a.index - b.index) };
}
