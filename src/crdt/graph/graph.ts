// The graph of admitted changes: what came after what. Answers "is a in the past of b" with lane clocks: a lane is
// a fork-free stretch of one device's chain, so the past of a change is, per lane, a prefix. Knows nothing of what
// the changes mean or whether their authors may write.
//
//     a is in the past of b  ⇔  seq(a) ≤ clock(b)[lane(a)]          (never by counting, always by hash links)

import { assert } from "../assert.ts";
import type { Slot, Stamps } from "../types/dot.ts";
import type { Change, ChangeId, DeviceId } from "./change.ts";

type Lane = number;
/** Highest sequence number seen, per lane. Shared between changes, so never written to after it was made. */
type Clock = ReadonlyMap<Lane, number>;

interface Vertex {
  readonly change: Change;
  readonly slot: Slot;
  readonly lane: Lane;
  /** The past, but for the change's own lane, which is known up to the change itself. */
  readonly base: Clock;
}

/** A stretch of one device's chain: consecutive numbers from `first`. */
interface LaneOfChanges {
  readonly author: DeviceId;
  readonly first: number;
  readonly slots: Slot[];
}

/** The causal past that a set of parents stands for. */
export interface Past {
  /** Whether an admitted change is among the parents or below them. */
  has(slot: Slot): boolean;
}

/** The newest change of a lane. */
export interface LaneTip {
  readonly author: DeviceId;
  readonly seq: number;
  readonly id: ChangeId;
}

export class Graph implements Stamps {
  readonly #vertices: (Vertex | undefined)[] = [];
  readonly #slots = new Map<ChangeId, Slot>();
  readonly #order: Slot[] = [];
  readonly #lanes: LaneOfChanges[] = [];
  readonly #heads = new Set<ChangeId>();

  /** A number for a change that has no id yet. It compares as the latest of all; of several the last one does. */
  reserve(): Slot {
    return this.#vertices.push(undefined) - 1;
  }

  get size(): number {
    return this.#order.length;
  }

  /** Sorted. */
  get heads(): ChangeId[] {
    return [...this.#heads].sort();
  }

  has(id: ChangeId): boolean {
    return this.#slots.has(id);
  }

  slotOf(id: ChangeId): Slot | undefined {
    return this.#slots.get(id);
  }

  get(id: ChangeId): Change | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.at(slot);
  }

  at(slot: Slot): Change {
    return this.#vertex(slot).change;
  }

  /** In an order in which parents come first: the order of admission here. */
  *changes(): Generator<Change> {
    for (const slot of this.#order) yield this.at(slot);
  }

  /** One for each stretch of a device's chain; more than one per device only after a fork. Sorted by author, then id. */
  laneTips(): LaneTip[] {
    return this.#lanes
      .map(lane => this.at(lane.slots.at(-1)!))
      .map(({ author, seq, id }) => ({ author, seq, id }))
      .sort((a, b) => compareStrings(a.author, b.author) || compareStrings(a.id, b.id));
  }

  /** The admitted change that follows no other here, of one device: its highest number, ties by id. */
  newestOf(author: DeviceId): Change | null {
    let newest: Change | null = null;
    for (const lane of this.#lanes) {
      const change = this.at(lane.slots.at(-1)!);
      if (change.author === author && (newest === null || change.seq > newest.seq)) newest = change;
    }
    return newest;
  }

  newestSlotOf(author: DeviceId): Slot | null {
    const newest = this.newestOf(author);
    return newest === null ? null : this.#slots.get(newest.id)!;
  }

  /** The admitted changes of a device with a number: one, or several after a fork. */
  numbered(author: DeviceId, seq: number): ChangeId[] {
    const found: ChangeId[] = [];
    for (const lane of this.#lanes) {
      const slot = lane.author === author ? lane.slots[seq - lane.first] : undefined;
      if (slot !== undefined) found.push(this.at(slot).id);
    }
    return found;
  }

  /** The admitted changes of a device from a number on, on every branch if it forked. */
  *chain(author: DeviceId, fromSeq: number): Generator<ChangeId> {
    for (const lane of this.#lanes) {
      if (lane.author !== author) continue;
      for (let i = Math.max(0, fromSeq - lane.first); i < lane.slots.length; i++)
        yield this.at(lane.slots[i]!).id;
    }
  }

  /** Adds a change whose parents are all here. */
  add(change: Change, slot = this.reserve()): Slot {
    assert(!this.#slots.has(change.id), "a change is added once");
    assert(this.#vertices[slot] === undefined, "a slot is used once");
    const parents = change.parents.map(parent => this.#vertexOf(parent));
    const prev = change.prev === null ? null : this.#vertexOf(change.prev);
    const continues = prev !== null && this.#lanes[prev.lane]!.slots.at(-1) === prev.slot;
    const lane = continues ? prev.lane : this.#lanes.length;
    const base =
      prev !== null && continues && parents.length === 1 && parents[0] === prev ? prev.base : join(parents);
    this.#vertices[slot] = { change, slot, lane, base };
    if (continues) this.#lanes[lane]!.slots.push(slot);
    else this.#lanes.push({ author: change.author, first: change.seq, slots: [slot] });
    this.#slots.set(change.id, slot);
    this.#order.push(slot);
    for (const parent of change.parents) this.#heads.delete(parent);
    this.#heads.add(change.id);
    return slot;
  }

  /** The parents must be here. */
  past(parents: readonly ChangeId[]): Past {
    const vertices = parents.map(parent => this.#vertexOf(parent));
    const only = vertices.length === 1 ? vertices[0]! : null;
    if (only !== null) return { has: slot => this.#reaches(only, this.#vertex(slot)) };
    const clock = join(vertices);
    return {
      has: slot => {
        const { lane, change } = this.#vertex(slot);
        return change.seq <= (clock.get(lane) ?? 0);
      },
    };
  }

  /** Whether `a` is in the past of `b`. Not of itself. */
  isAncestor(a: ChangeId, b: ChangeId): boolean {
    return a !== b && this.#reaches(this.#vertexOf(b), this.#vertexOf(a));
  }

  /** The members of a set that are in the past of no other: what can stand as parents. Sorted. */
  antichain(ids: Iterable<ChangeId>): ChangeId[] {
    const set = [...new Set(ids)].sort();
    return set.filter(id => !set.some(other => this.isAncestor(id, other)));
  }

  compareIds(a: Slot, b: Slot): number {
    if (a === b) return 0;
    const left = this.#vertices[a];
    const right = this.#vertices[b];
    if (left === undefined && right === undefined) return a - b;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    return left.change.id < right.change.id ? -1 : 1;
  }

  compareDepths(a: Slot, b: Slot): number {
    return this.compareStamps(a, b) || this.compareIds(a, b);
  }

  compareStamps(a: Slot, b: Slot): number {
    const left = this.#vertices[a];
    const right = this.#vertices[b];
    if (left === undefined || right === undefined) return this.compareIds(a, b);
    return left.change.depth - right.change.depth;
  }

  #reaches(from: Vertex, to: Vertex): boolean {
    const seen = from.lane === to.lane ? from.change.seq : (from.base.get(to.lane) ?? 0);
    return to.change.seq <= seen;
  }

  #vertex(slot: Slot): Vertex {
    const vertex = this.#vertices[slot];
    assert(vertex !== undefined, "a slot names an admitted change");
    return vertex;
  }

  #vertexOf(id: ChangeId): Vertex {
    const slot = this.#slots.get(id);
    assert(slot !== undefined, "a parent is here");
    return this.#vertex(slot);
  }
}

function join(vertices: readonly Vertex[]): Clock {
  const clock = new Map<Lane, number>();
  const see = (lane: Lane, seq: number): void => {
    if (seq > (clock.get(lane) ?? 0)) clock.set(lane, seq);
  };
  for (const { base, lane, change } of vertices) {
    for (const [other, seq] of base) see(other, seq);
    see(lane, change.seq);
  }
  return clock;
}

function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
