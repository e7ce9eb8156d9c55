// The graph of admitted changes: what came after what. Answers "is a in the past of b" with lane clocks: a lane is
// a fork-free stretch of one device's chain, so the past of a change is, per lane, a prefix. Knows nothing of what
// the changes mean or whether their authors may write, and keeps no bodies (archive.ts does): a change is a few
// numbers here, in columns that are read at its slot.
//
//     a is in the past of b  ⇔  seq(a) ≤ clock(b)[lane(a)]          (never by counting, always by hash links)

import { assert } from "../assert.ts";
import type { Slot, Stamps } from "../types/dot.ts";
import type { ChangeId, DeviceId, Header } from "./change.ts";
import { type Clock, EMPTY_CLOCK, join, seen, withSeen } from "./clock.ts";

type Lane = number;

/** All that is here of one device. */
interface Chain {
  readonly author: DeviceId;
  /** More than one only after a fork. */
  readonly lanes: Lane[];
  /** The highest number, ties by id. */
  newest: Slot;
}

/** A stretch of one device's chain: consecutive numbers from `first`. */
interface LaneOfChanges {
  readonly chain: Chain;
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

/** What the next change of a chain goes on from. */
export interface ChainTip extends LaneTip {
  readonly slot: Slot;
  readonly opTotal: number;
  readonly byteTotal: number;
}

export class Graph implements Stamps {
  // One place for each slot; an empty id is a reserved one.
  readonly #ids: (ChangeId | "")[] = [];
  readonly #laneOf: Lane[] = [];
  readonly #seqs: number[] = [];
  readonly #depths: number[] = [];
  readonly #opTotals: number[] = [];
  readonly #byteTotals: number[] = [];
  /** The past, but for the change's own lane, which is known up to the change itself. */
  readonly #bases: Clock[] = [];

  readonly #slots = new Map<ChangeId, Slot>();
  /** The change added last: what comes next mostly names it, several times. */
  #lastId: ChangeId | "" = "";
  #lastSlot: Slot = -1;
  readonly #order: Slot[] = [];
  readonly #lanes: LaneOfChanges[] = [];
  readonly #chains = new Map<DeviceId, Chain>();
  readonly #heads: Slot[] = [];
  /** Where in `#heads` a change stands; -1 is nowhere. A column: a set would be built anew every few changes. */
  readonly #headAt: number[] = [];
  #sortedHeads: readonly ChangeId[] | null = null;

  /** A number for a change that has no id yet. It compares as the latest of all; of several the last one does. */
  reserve(): Slot {
    this.#laneOf.push(-1);
    this.#seqs.push(0);
    this.#depths.push(0);
    this.#opTotals.push(0);
    this.#byteTotals.push(0);
    this.#bases.push(EMPTY_CLOCK);
    this.#headAt.push(-1);
    return this.#ids.push("") - 1;
  }

  /** The last number reserved, which nothing was made of. */
  giveBack(slot: Slot): void {
    assert(slot === this.#ids.length - 1 && this.#ids[slot] === "", "the last reserved slot is given back");
    this.#laneOf.pop();
    this.#seqs.pop();
    this.#depths.pop();
    this.#opTotals.pop();
    this.#byteTotals.pop();
    this.#bases.pop();
    this.#headAt.pop();
    this.#ids.pop();
  }

  get size(): number {
    return this.#order.length;
  }

  /** Sorted. */
  get heads(): readonly ChangeId[] {
    this.#sortedHeads ??= this.#heads.map(slot => this.idAt(slot)).sort();
    return this.#sortedHeads;
  }

  has(id: ChangeId): boolean {
    return this.slotOf(id) !== undefined;
  }

  slotOf(id: ChangeId): Slot | undefined {
    return id === this.#lastId ? this.#lastSlot : this.#slots.get(id);
  }

  idAt(slot: Slot): ChangeId {
    const id = this.#ids[slot];
    assert(id !== undefined && id !== "", "a slot names an admitted change");
    return id;
  }

  /** All that is here, in an order in which parents come first: the order of admission here. */
  get order(): readonly Slot[] {
    return this.#order;
  }

  /** One for each stretch of a device's chain; more than one per device only after a fork. Sorted by author, then id. */
  laneTips(): LaneTip[] {
    return this.#lanes
      .map(({ chain, slots }) => {
        const slot = slots.at(-1)!;
        return { author: chain.author, seq: this.#seqs[slot]!, id: this.idAt(slot) };
      })
      .sort((a, b) => compareStrings(a.author, b.author) || compareStrings(a.id, b.id));
  }

  /** The admitted change that follows no other here, of one device: its highest number, ties by id. */
  newestOf(author: DeviceId): ChainTip | null {
    const slot = this.newestSlotOf(author);
    return slot === null ? null : this.chainAt(slot);
  }

  newestSlotOf(author: DeviceId): Slot | null {
    return this.#chains.get(author)?.newest ?? null;
  }

  chainAt(slot: Slot): ChainTip {
    return {
      slot,
      id: this.idAt(slot),
      author: this.#lanes[this.#laneOf[slot]!]!.chain.author,
      seq: this.#seqs[slot]!,
      opTotal: this.#opTotals[slot]!,
      byteTotal: this.#byteTotals[slot]!,
    };
  }

  /** The admitted changes of a device with a number: one, or several after a fork. */
  numbered(author: DeviceId, seq: number): ChangeId[] {
    const found: ChangeId[] = [];
    for (const lane of this.#chains.get(author)?.lanes ?? []) {
      const { first, slots } = this.#lanes[lane]!;
      const slot = slots[seq - first];
      if (slot !== undefined) found.push(this.idAt(slot));
    }
    return found;
  }

  /** The admitted changes of a device from a number on, on every branch if it forked. */
  *chain(author: DeviceId, fromSeq: number): Generator<ChangeId> {
    for (const lane of this.#chains.get(author)?.lanes ?? []) {
      const { first, slots } = this.#lanes[lane]!;
      for (let i = Math.max(0, fromSeq - first); i < slots.length; i++) yield this.idAt(slots[i]!);
    }
  }

  /** The change after a change in its lane, if there is one. */
  nextInLane(slot: Slot): Slot | undefined {
    const { first, slots } = this.#lanes[this.#laneOf[slot]!]!;
    return slots[this.#seqs[slot]! + 1 - first];
  }

  /** 1 + the deepest of changes that are here. */
  depthAbove(parents: readonly ChangeId[]): number {
    let deepest = 0;
    for (const parent of parents) deepest = Math.max(deepest, this.#depths[this.#known(parent)]!);
    return deepest + 1;
  }

  /** Adds a change whose parents are all here. */
  add(change: Header & { readonly id: ChangeId }, slot = this.reserve()): Slot {
    const { id, author, seq, parents } = change;
    assert(!this.#slots.has(id), "a change is added once");
    assert(this.#ids[slot] === "", "a slot is used once");
    const prev = change.prev === null ? -1 : this.#known(change.prev);
    const prevLane = prev < 0 ? -1 : this.#laneOf[prev]!;
    const continues = prev >= 0 && this.#lanes[prevLane]!.slots.at(-1) === prev;
    const lane = continues ? prevLane : this.#begin(author, seq, slot);
    this.#ids[slot] = id;
    this.#laneOf[slot] = lane;
    this.#seqs[slot] = seq;
    this.#depths[slot] = change.depth;
    this.#opTotals[slot] = change.opTotal;
    this.#byteTotals[slot] = change.byteTotal;
    this.#bases[slot] =
      continues && parents.length === 1 && parents[0] === change.prev
        ? this.#bases[prev]!
        : this.#clockAbove(parents);
    this.#lanes[lane]!.slots.push(slot);
    this.#slots.set(id, slot);
    this.#lastId = id;
    this.#lastSlot = slot;
    this.#order.push(slot);
    const { chain } = this.#lanes[lane]!;
    const ahead = seq - this.#seqs[chain.newest]!;
    if (ahead > 0 || (ahead === 0 && id < this.idAt(chain.newest))) chain.newest = slot;
    for (const parent of parents) this.#unhead(this.#known(parent));
    this.#headAt[slot] = this.#heads.push(slot) - 1;
    this.#sortedHeads = null;
    return slot;
  }

  /** The last head takes its place. */
  #unhead(slot: Slot): void {
    const at = this.#headAt[slot]!;
    if (at < 0) return;
    const last = this.#heads.pop()!;
    if (last !== slot) {
      this.#heads[at] = last;
      this.#headAt[last] = at;
    }
    this.#headAt[slot] = -1;
  }

  #begin(author: DeviceId, first: number, slot: Slot): Lane {
    let chain = this.#chains.get(author);
    if (chain === undefined) {
      chain = { author, lanes: [], newest: slot };
      this.#chains.set(author, chain);
    }
    const lane = this.#lanes.push({ chain, first, slots: [] }) - 1;
    chain.lanes.push(lane);
    return lane;
  }

  /** Of everything among `parents` and below them. */
  #clockAbove(parents: readonly ChangeId[]): Clock {
    let clock = EMPTY_CLOCK;
    for (const parent of parents) {
      const slot = this.#known(parent);
      clock = withSeen(join(clock, this.#bases[slot]!), this.#laneOf[slot]!, this.#seqs[slot]!);
    }
    return clock;
  }

  /** The parents must be here. */
  past(parents: readonly ChangeId[]): Past {
    if (parents.length === 1) {
      const only = this.#known(parents[0]!);
      return { has: slot => this.#reaches(only, slot) };
    }
    const clock = this.#clockAbove(parents);
    return { has: slot => this.#seqs[slot]! <= seen(clock, this.#laneOf[slot]!) };
  }

  /** Whether `a` is in the past of `b`. Not of itself. */
  isAncestor(a: ChangeId, b: ChangeId): boolean {
    return a !== b && this.#reaches(this.#known(b), this.#known(a));
  }

  /** Whether none of a set is in the past of another: it can stand as parents. */
  isAntichain(ids: readonly ChangeId[]): boolean {
    const slots = ids.map(id => this.#known(id));
    return slots.every((a, i) => slots.every((b, j) => i === j || !this.#reaches(b, a)));
  }

  /** An antichain with one more change taken in: what is in the past of another is left out. Sorted. */
  withTip(antichain: readonly ChangeId[], tip: ChangeId): readonly ChangeId[] {
    if (antichain.some(id => id === tip || this.isAncestor(tip, id))) return antichain;
    return [...antichain.filter(id => !this.isAncestor(id, tip)), tip].sort();
  }

  compareIds(a: Slot, b: Slot): number {
    if (a === b) return 0;
    const left = this.#ids[a] ?? "";
    const right = this.#ids[b] ?? "";
    if (left === "" && right === "") return a - b;
    if (left === "" || right === "") return left === "" ? 1 : -1;
    return left < right ? -1 : 1;
  }

  compareDepths(a: Slot, b: Slot): number {
    return this.compareStamps(a, b) || this.compareIds(a, b);
  }

  compareStamps(a: Slot, b: Slot): number {
    const left = this.#depths[a] ?? 0;
    const right = this.#depths[b] ?? 0;
    return left === 0 || right === 0 ? this.compareIds(a, b) : left - right;
  }

  /** Whether `to` is `from` or below it. */
  #reaches(from: Slot, to: Slot): boolean {
    const lane = this.#laneOf[to]!;
    const known = lane === this.#laneOf[from] ? this.#seqs[from]! : seen(this.#bases[from]!, lane);
    return this.#seqs[to]! <= known;
  }

  #known(id: ChangeId): Slot {
    const slot = this.slotOf(id);
    assert(slot !== undefined, "a parent is here");
    return slot;
  }
}

function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
