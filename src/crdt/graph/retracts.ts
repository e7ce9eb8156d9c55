// Which changes their own authors took back. A retract names changes of its author's chain by their numbers, so it can
// name neither what others wrote nor what is still to come; and since it comes later than what it names, one walk from
// the newest down settles everything. Knows chains and numbers, not what changes do.
//
//     effective(c)  ⇔  c is not masked, and no effective d whose chain leads down to c retracts it
//
//     Alice   1 "a"   2 "b"   3 retract 2   4 retract 3        4 counts, so 3 does not, so 2 does: undone and redone
//
// After a fork each branch is a chain of its own, and what lies below both is taken back if either does. So what counts
// depends on the set of changes and of masked ones alone.
//
// The work one retract causes is bounded by its reach: what it names, and what retracts among that reach in turn. All that
// a chain's retracts reach is charged to its author as if it had been written again (authority/admission.ts).

import { assert } from "../assert.ts";
import type { Slot } from "../types/dot.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";
import type { RetractOp } from "./change.ts";
import type { Graph } from "./graph.ts";
import type { WrittenChange } from "./written.ts";

/** What retracts reach, those of retracted retracts included. */
export interface Reach {
  /** Changes, and the ops in them. */
  readonly ops: number;
  /** Bytes of bodies. */
  readonly bytes: number;
}

const NOTHING: Reach = { ops: 0, bytes: 0 };

interface Retraction {
  readonly named: readonly Slot[];
  isEffective: boolean;
}

export class Retracts {
  readonly #graph: Graph;
  readonly #retractions = new Map<Slot, Retraction>();
  /** By how many effective changes a change is retracted; one that is not here by none. */
  readonly #covers = new Map<Slot, number>();
  /** The changes of a lane that retract, in a row. */
  readonly #ofLane = new Map<number, Slot[]>();
  /** Of each of these: all that its chain's retracts reach, its own included. */
  readonly #charges = new Map<Slot, Reach>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  // ------------------------------------------------------------------------------------------------ looking

  isRetracted(slot: Slot): boolean {
    return this.#covers.size > 0 && this.#covers.has(slot);
  }

  /** The changes that a change retracts; none if it retracts nothing. */
  namedBy(slot: Slot): readonly Slot[] {
    return this.#retractions.get(slot)?.named ?? [];
  }

  /** All changes that retract, drafts included, and what they name. */
  laterFirst(): { readonly slot: Slot; readonly named: readonly Slot[] }[] {
    return [...this.#retractions]
      .map(([slot, { named }]) => ({ slot, named }))
      .sort((a, b) => b.slot - a.slot);
  }

  /** The changes that the retracts of a change name, by the chain below it. They must be there. */
  nameAll(change: WrittenChange, prev: Slot): readonly Slot[] {
    const named: Slot[] = [];
    for (const { first, count } of retractsOf(change)) {
      const { length } = named;
      for (let slot = this.#graph.onChain(prev, first + count - 1); named.length < length + count; ) {
        assert(slot >= 0, "what is retracted is on the own chain");
        named.push(slot);
        slot = this.#graph.prevOf(slot);
      }
    }
    return named;
  }

  /** What the retracts of a change on top of `prev` reach. What they name must be there. */
  reachOf(change: WrittenChange, prev: Slot): Reach {
    let { ops, bytes } = NOTHING;
    for (const { first, count } of retractsOf(change)) {
      const above = this.sum(this.#graph.onChain(prev, first + count - 1));
      const below = this.sum(first > 1 ? this.#graph.onChain(prev, first - 1) : -1);
      ops += above.ops - below.ops;
      bytes += above.bytes - below.bytes;
    }
    return { ops, bytes };
  }

  /** All that the retracts of a chain reach, up to a change; -1 is none. */
  chargeAt(slot: Slot): Reach {
    if (this.#ofLane.size === 0) return NOTHING;
    for (let at = slot; at >= 0; ) {
      const lane = this.#graph.laneAt(at);
      const retracting = this.#ofLane.get(lane);
      const last = retracting === undefined ? -1 : this.#lastUpTo(retracting, this.#graph.seqAt(at));
      if (last >= 0) return this.#charges.get(last)!;
      at = this.#graph.beforeLane(lane);
    }
    return NOTHING;
  }

  /** Everything from the start of a chain up to a change: the changes and their ops, and what its retracts reach. -1 is none. */
  sum(slot: Slot): Reach {
    if (slot < 0) return NOTHING;
    const { ops, bytes } = this.chargeAt(slot);
    const graph = this.#graph;
    return {
      ops: ops + graph.seqAt(slot) + graph.opTotalAt(slot),
      bytes: bytes + graph.byteTotalAt(slot),
    };
  }

  /** The last one with at most that number; -1 is none. */
  #lastUpTo(slots: readonly Slot[], seq: number): Slot {
    let [low, high] = [0, slots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#graph.seqAt(slots[middle]!) <= seq) low = middle + 1;
      else high = middle;
    }
    return slots[low - 1] ?? -1;
  }

  // ------------------------------------------------------------------------------------------------- taking in

  /** A change that retracts has entered the graph; what it takes back is said by `add`. */
  enter(change: WrittenChange, prev: Slot, slot: Slot): void {
    const reach = this.reachOf(change, prev);
    const before = this.chargeAt(prev);
    this.#charges.set(slot, { ops: before.ops + reach.ops, bytes: before.bytes + reach.bytes });
    const lane = this.#graph.laneAt(slot);
    const others = this.#ofLane.get(lane);
    if (others === undefined) this.#ofLane.set(lane, [slot]);
    else others.push(slot);
  }

  /** Says what a change retracts, which may be a draft still. It counts once `turn` hears of it. */
  add(slot: Slot, named: readonly Slot[]): void {
    // Slots are given out as changes come, and a retract comes after what it names, so going through slots from the
    // highest down meets every retract before what it retracts.
    for (const other of named) assert(other < slot, "what is retracted was here before");
    assert(!this.#retractions.has(slot), "a change says once what it retracts");
    this.#retractions.set(slot, { named, isEffective: false });
  }

  /**
   * Settles what counts when some changes have come, or were masked or unmasked. Answers all changes that may count now and
   * did not before, or the other way round, without repeats.
   */
  turn(changes: readonly Slot[], isMasked: (slot: Slot) => boolean): Set<Slot> {
    const touched = new Set(changes);
    if (this.#retractions.size === 0) return touched;
    for (const slot of this.#affected(changes)) {
      const retraction = this.#retractions.get(slot)!;
      const isEffective = !isMasked(slot) && !this.isRetracted(slot);
      if (isEffective === retraction.isEffective) continue;
      retraction.isEffective = isEffective;
      for (const other of retraction.named) {
        this.#cover(other, isEffective ? 1 : -1);
        touched.add(other);
      }
    }
    return touched;
  }

  /** The retracting ones among some changes, and those below them that they reach; the later first. */
  #affected(changes: readonly Slot[]): Slot[] {
    const found = new Set(changes.filter(slot => this.#retractions.has(slot)));
    // What is found on the way is visited too.
    for (const slot of found)
      for (const other of this.#retractions.get(slot)!.named)
        if (this.#retractions.has(other)) found.add(other);
    return [...found].sort((a, b) => b - a);
  }

  dump(out: ImageOut): void {
    out.json([
      [...this.#retractions].map(([slot, { named, isEffective }]) => [slot, named, isEffective]),
      [...this.#covers],
      [...this.#ofLane],
      [...this.#charges],
    ]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const [retractions, covers, ofLane, charges] = from.json() as [
      [Slot, Slot[], boolean][],
      [Slot, number][],
      [number, Slot[]][],
      [Slot, Reach][],
    ];
    for (const [slot, named, isEffective] of retractions) this.#retractions.set(slot, { named, isEffective });
    for (const [slot, count] of covers) this.#covers.set(slot, count);
    for (const [lane, slots] of ofLane) this.#ofLane.set(lane, slots);
    for (const [slot, reach] of charges) this.#charges.set(slot, reach);
  }

  #cover(slot: Slot, by: number): void {
    const count = (this.#covers.get(slot) ?? 0) + by;
    assert(count >= 0, "what is given back was taken");
    if (count === 0) this.#covers.delete(slot);
    else this.#covers.set(slot, count);
  }
}

/** The one way to name changes by their numbers. */
export function retractsFor(seqs: readonly number[]): RetractOp[] {
  const ops: { type: "retract"; first: number; count: number }[] = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const last = ops.at(-1);
    if (last !== undefined && last.first + last.count === seq) last.count++;
    else ops.push({ type: "retract", first: seq, count: 1 });
  }
  return ops;
}

export function retractsOf({ ops }: WrittenChange): RetractOp[] {
  return ops.filter(op => op.type === "retract");
}
