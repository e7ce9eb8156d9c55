// The graph of admitted changes: what came after what. Answers "is a in the past of b" with lane clocks: a lane is
// a fork-free stretch of one device's chain, so the past of a change is, per lane, a prefix. Knows nothing of what
// the changes mean or whether their authors may write, and keeps no bodies (archive.ts does): a change is a few
// numbers here, in columns that are read at its slot.
//
//     a is in the past of b  ⇔  seq(a) ≤ clock(b)[lane(a)]          (never by counting, always by hash links)

import { assert } from "../assert.ts";
import type { Slot, Stamps } from "../types/dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "../types/image.ts";
import { Ints } from "../types/ints.ts";
import type { Naming } from "./body.ts";
import { fromHex, type Writer } from "./bytes.ts";
import type { ChangeId, DeviceId } from "./change.ts";
import { type Clock, dumpClocks, EMPTY_CLOCK, join, loadClocks, seen, withSeen } from "./clock.ts";
import { compareHex } from "./hex.ts";
import { NAME_BYTES, Names, viewOf } from "./names.ts";
import { Past } from "./past.ts";
import type { Ancestors, WrittenChange } from "./written.ts";

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
  readonly author: DeviceId;
  readonly chain: Chain;
  readonly first: number;
  /** The change before the first, in another lane; -1 is none. */
  readonly before: Slot;
  readonly slots: Ints;
}

/** The newest change of a lane. */
export interface LaneTip {
  readonly author: DeviceId;
  /** The number of the lane's first change. */
  readonly first: number;
  readonly seq: number;
  readonly id: ChangeId;
  readonly slot: Slot;
}

/** What the next change of a chain goes on from. */
export interface ChainTip extends Omit<LaneTip, "first"> {
  readonly opTotal: number;
  readonly byteTotal: number;
}

const SLOTS_AT_FIRST = 64;

export class Graph implements Stamps, Naming {
  /** Numbers given out; changes that are here, or will be. */
  #reserved = 0;
  // One place for each slot. They grow together.
  #laneOf = new Int32Array(SLOTS_AT_FIRST);
  /** 0 for a slot that is only reserved. */
  #seqs = new Int32Array(SLOTS_AT_FIRST);
  #depths = new Int32Array(SLOTS_AT_FIRST);
  /** Fewer than the bytes that are here. */
  #opTotals = new Int32Array(SLOTS_AT_FIRST);
  #byteTotals = new Float64Array(SLOTS_AT_FIRST);
  /** Where in `#heads` a change stands, plus 1; 0 is nowhere. A column: a set would be built anew every few changes. */
  #headAt = new Int32Array(SLOTS_AT_FIRST);
  /** The past, but for the change's own lane, which is known up to the change itself: its number among the clocks. */
  #baseOf = new Int32Array(SLOTS_AT_FIRST);
  readonly #clocks: Clock[] = [EMPTY_CLOCK];

  readonly #names = new Names();
  #order = new Ints();
  readonly #lanes: LaneOfChanges[] = [];
  readonly #chains = new Map<DeviceId, Chain>();
  readonly #heads: Slot[] = [];
  #sortedHeads: readonly ChangeId[] | null = null;
  #laneTips: readonly LaneTip[] | null = null;

  /** A number for a change that has no id yet. It compares as the latest of all; of several the last one does. */
  reserve(): Slot {
    if (this.#reserved === this.#laneOf.length) this.#grow();
    this.#baseOf[this.#reserved] = 0;
    return this.#reserved++;
  }

  #grow(): void {
    const size = Math.max(this.#laneOf.length, SLOTS_AT_FIRST) * 2;
    this.#laneOf = into(new Int32Array(size), this.#laneOf);
    this.#seqs = into(new Int32Array(size), this.#seqs);
    this.#depths = into(new Int32Array(size), this.#depths);
    this.#opTotals = into(new Int32Array(size), this.#opTotals);
    this.#byteTotals = into(new Float64Array(size), this.#byteTotals);
    this.#headAt = into(new Int32Array(size), this.#headAt);
    this.#baseOf = into(new Int32Array(size), this.#baseOf);
  }

  /** The last number reserved, which nothing was made of. */
  giveBack(slot: Slot): void {
    assert(slot === this.#reserved - 1 && !this.isHere(slot), "the last reserved slot is given back");
    this.#reserved--;
  }

  /** Whether a slot is a change's, and not only reserved. */
  isHere(slot: Slot): boolean {
    return slot >= 0 && slot < this.#reserved && this.#seqs[slot]! > 0;
  }

  /** Every slot is less. */
  get reserved(): number {
    return this.#reserved;
  }

  get size(): number {
    return this.#order.length;
  }

  /** Sorted. */
  get heads(): readonly ChangeId[] {
    this.#sortedHeads ??= this.#heads.map(slot => this.idAt(slot)).sort();
    return this.#sortedHeads;
  }

  /** The same as slots, sorted by id. */
  headSlots(): readonly Slot[] {
    return this.#heads.length === 1 ? [this.#heads[0]!] : this.sorted([...this.#heads]);
  }

  /** Whether nothing that is here builds on a change; -1 is none. */
  isHead(slot: Slot): boolean {
    return slot >= 0 && this.#headAt[slot]! > 0;
  }

  /** By id; the list itself. */
  sorted(slots: Slot[]): Slot[] {
    return slots.sort((a, b) => this.#names.compare(a, b));
  }

  has(id: ChangeId): boolean {
    return this.slotOf(id) !== undefined;
  }

  slotOf(id: ChangeId): Slot | undefined {
    // Empty, or longer: the name of nothing.
    if (id.length !== NAME_BYTES * 2) return undefined;
    const bytes = fromHex(id);
    const slot = bytes === null ? -1 : this.find(viewOf(bytes), 0);
    return slot < 0 ? undefined : slot;
  }

  /** The change whose id the 32 bytes from `at` are; -1 if it is not here. */
  find(view: DataView, at: number): Slot {
    return this.#names.find(view, at);
  }

  /** What a change builds on, so far as it is here. */
  ancestorsOf(change: WrittenChange): Ancestors {
    const { view, prevAt, parentsAt, parentCount } = change;
    const prev = prevAt < 0 ? -1 : this.find(view, prevAt);
    if (change.isNext) return { prev, parents: prevAt < 0 ? [] : [prev] };
    const parents: Slot[] = [];
    for (let i = 0; i < parentCount; i++) parents.push(this.find(view, parentsAt + i * NAME_BYTES));
    return { prev, parents };
  }

  idAt(slot: Slot): ChangeId {
    assert(this.isHere(slot), "a slot names an admitted change");
    return this.#names.hexAt(slot);
  }

  writeId(slot: Slot, out: Writer): void {
    assert(this.isHere(slot), "a slot names an admitted change");
    this.#names.write(slot, out);
  }

  /** All that is here, in an order in which parents come first: the order of admission here. */
  get order(): Ints {
    return this.#order;
  }

  /** One for each stretch of a device's chain; more than one per device only after a fork. Sorted by author, then id. */
  laneTips(): readonly LaneTip[] {
    this.#laneTips ??= this.#lanes
      .map(({ chain, first, slots }) => {
        const slot = slots.last!;
        return { author: chain.author, first, seq: this.#seqs[slot]!, id: this.idAt(slot), slot };
      })
      .sort((a, b) => compareHex(a.author, b.author) || compareHex(a.id, b.id));
    return this.#laneTips;
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
    const [opTotal, byteTotal] = [this.opTotalAt(slot), this.byteTotalAt(slot)];
    return {
      slot,
      id: this.idAt(slot),
      author: this.authorAt(slot),
      seq: this.seqAt(slot),
      opTotal,
      byteTotal,
    };
  }

  authorAt(slot: Slot): DeviceId {
    return this.#lanes[this.#laneOf[slot]!]!.chain.author;
  }

  seqAt(slot: Slot): number {
    return this.#seqs[slot]!;
  }

  depthAt(slot: Slot): number {
    return this.#depths[slot]!;
  }

  opTotalAt(slot: Slot): number {
    return this.#opTotals[slot]!;
  }

  byteTotalAt(slot: Slot): number {
    return this.#byteTotals[slot]!;
  }

  /** The admitted changes of a device with a number: one, or several after a fork. */
  numbered(author: DeviceId, seq: number): ChangeId[] {
    const found: ChangeId[] = [];
    for (const lane of this.#chains.get(author)?.lanes ?? []) {
      const { first, slots } = this.#lanes[lane]!;
      const slot = slots.at(seq - first);
      if (slot !== undefined) found.push(this.idAt(slot));
    }
    return found;
  }

  /** The admitted changes of a device from a number on, on every branch if it forked. */
  *chain(author: DeviceId, fromSeq: number): Generator<ChangeId> {
    for (const lane of this.#chains.get(author)?.lanes ?? []) {
      const { first, slots } = this.#lanes[lane]!;
      for (let i = Math.max(0, fromSeq - first); i < slots.length; i++) yield this.idAt(slots.at(i)!);
    }
  }

  /** All stretches of chains without a fork, in the order in which they came. */
  get lanes(): readonly {
    readonly author: DeviceId;
    readonly first: number;
    readonly slots: Ints;
  }[] {
    return this.#lanes;
  }

  /** The numbers of a device's lanes. */
  lanesOf(author: DeviceId): readonly number[] {
    return this.#chains.get(author)?.lanes ?? [];
  }

  /** The change after a change in its lane, if there is one. */
  nextInLane(slot: Slot): Slot | undefined {
    const { first, slots } = this.#lanes[this.#laneOf[slot]!]!;
    return slots.at(this.#seqs[slot]! + 1 - first);
  }

  /** The number of a change's lane. */
  laneAt(slot: Slot): number {
    return this.#laneOf[slot]!;
  }

  /** What a lane goes on from: a change of another one; -1 is none. */
  beforeLane(lane: number): Slot {
    return this.#lanes[lane]!.before;
  }

  /** The previous change of the same device; -1 is none. */
  prevOf(slot: Slot): Slot {
    const { first, before, slots } = this.#lanes[this.#laneOf[slot]!]!;
    return slots.at(this.#seqs[slot]! - 1 - first) ?? before;
  }

  /** The change with a number on the way from a change down its own chain; -1 is none. */
  onChain(slot: Slot, seq: number): Slot {
    for (let at = slot; at >= 0; ) {
      const { first, before, slots } = this.#lanes[this.#laneOf[at]!]!;
      if (seq >= first) return seq > this.#seqs[at]! ? -1 : slots.at(seq - first)!;
      at = before;
    }
    return -1;
  }

  /** 1 + the deepest of changes that are here. */
  depthAbove(parents: readonly Slot[]): number {
    let deepest = 0;
    for (let i = 0; i < parents.length; i++) deepest = Math.max(deepest, this.#depths[parents[i]!]!);
    return deepest + 1;
  }

  /** Adds a change whose ancestors are all here. */
  add(change: WrittenChange, { prev, parents }: Ancestors, slot: Slot): void {
    const { view, end, seq } = change;
    assert(slot < this.#reserved && !this.isHere(slot), "a slot is used once");
    assert(this.#areHere(parents) && (change.prevAt < 0 || this.isHere(prev)), "a parent is here");
    const prevLane = prev < 0 ? -1 : this.#laneOf[prev]!;
    const continues = prev >= 0 && this.#lanes[prevLane]!.slots.last === prev;
    const lane = continues ? prevLane : this.#begin(change.author, seq, prev, slot);
    this.#names.set(slot, view, end);
    this.#laneOf[slot] = lane;
    this.#seqs[slot] = seq;
    this.#depths[slot] = change.depth;
    this.#opTotals[slot] = change.opTotal;
    this.#byteTotals[slot] = change.byteTotal;
    const isNext = parents.length === 1 && parents[0] === prev;
    this.#baseOf[slot] =
      continues && isNext ? this.#baseOf[prev]! : this.#clocks.push(this.#clockAbove(parents)) - 1;
    const { slots, chain } = this.#lanes[lane]!;
    slots.push(slot);
    this.#order.push(slot);
    const ahead = seq - this.#seqs[chain.newest]!;
    if (ahead > 0 || (ahead === 0 && this.compareIds(slot, chain.newest) < 0)) chain.newest = slot;
    for (let i = 0; i < parents.length; i++) this.#unhead(parents[i]!);
    this.#headAt[slot] = this.#heads.push(slot);
    this.#sortedHeads = null;
    this.#laneTips = null;
  }

  #areHere(parents: readonly Slot[]): boolean {
    for (let i = 0; i < parents.length; i++) if (!this.isHere(parents[i]!)) return false;
    return true;
  }

  /** The last head takes its place. */
  #unhead(slot: Slot): void {
    const at = this.#headAt[slot]!;
    if (at === 0) return;
    const last = this.#heads.pop()!;
    if (last !== slot) {
      this.#heads[at - 1] = last;
      this.#headAt[last] = at;
    }
    this.#headAt[slot] = 0;
  }

  #begin(author: DeviceId, first: number, before: Slot, slot: Slot): Lane {
    let chain = this.#chains.get(author);
    if (chain === undefined) {
      chain = { author, lanes: [], newest: slot };
      this.#chains.set(author, chain);
    }
    const lane = this.#lanes.push({ author, chain, first, before, slots: new Ints() }) - 1;
    chain.lanes.push(lane);
    return lane;
  }

  /** Of a change and everything below it. */
  clockUpTo(slot: Slot): Clock {
    return withSeen(this.#baseAt(slot), this.#laneOf[slot]!, this.#seqs[slot]!);
  }

  /** Of everything among `parents` and below them. */
  #clockAbove(parents: readonly Slot[]): Clock {
    let clock = EMPTY_CLOCK;
    for (const slot of parents) clock = join(clock, this.clockUpTo(slot));
    return clock;
  }

  #baseAt(slot: Slot): Clock {
    return this.#clocks[this.#baseOf[slot]!]!;
  }

  /** The parents must be here. */
  past(parents: readonly Slot[]): Past {
    return parents.length === 1
      ? new Past(this, parents[0]!, EMPTY_CLOCK)
      : new Past(this, -1, this.#clockAbove(parents));
  }

  isSeen(clock: Clock, slot: Slot): boolean {
    return this.#seqs[slot]! <= seen(clock, this.#laneOf[slot]!);
  }

  /** Whether none of a set is in the past of another: it can stand as parents. */
  isAntichain(slots: readonly Slot[]): boolean {
    return slots.every((a, i) => slots.every((b, j) => i === j || !this.reaches(b, a)));
  }

  /** An antichain with one more change taken in: what is in the past of another is left out. Sorted by id. */
  withTip(antichain: readonly Slot[], tip: Slot): readonly Slot[] {
    for (let i = 0; i < antichain.length; i++) if (this.reaches(antichain[i]!, tip)) return antichain;
    return this.sorted([...antichain.filter(slot => !this.reaches(tip, slot)), tip]);
  }

  compareIds(a: Slot, b: Slot): number {
    if (a === b) return 0;
    // As isHere says, without the calls: ties are broken at every other keystroke.
    const isLeftHere = a >= 0 && a < this.#reserved && this.#seqs[a]! > 0;
    const isRightHere = b >= 0 && b < this.#reserved && this.#seqs[b]! > 0;
    if (isLeftHere && isRightHere) return this.#names.compare(a, b);
    return isLeftHere === isRightHere ? a - b : isLeftHere ? -1 : 1;
  }

  compareDepths(a: Slot, b: Slot): number {
    return this.compareStamps(a, b) || this.compareIds(a, b);
  }

  compareStamps(a: Slot, b: Slot): number {
    return this.isHere(a) && this.isHere(b) ? this.#depths[a]! - this.#depths[b]! : this.compareIds(a, b);
  }

  /** Whether `to` is `from` or below it. */
  reaches(from: Slot, to: Slot): boolean {
    const lane = this.#laneOf[to]!;
    const known = lane === this.#laneOf[from] ? this.#seqs[from]! : seen(this.#baseAt(from), lane);
    return this.#seqs[to]! <= known;
  }

  dump(out: ImageOut): void {
    const count = this.#reserved;
    out.number(count);
    out.numbers(this.#laneOf, count);
    out.numbers(this.#seqs, count);
    out.numbers(this.#depths, count);
    out.numbers(this.#opTotals, count);
    out.numbers(this.#byteTotals, count);
    out.numbers(this.#headAt, count);
    out.numbers(this.#baseOf, count);
    dumpClocks(this.#clocks, out);
    this.#names.dump(out, count);
    out.row(this.#order);
    out.numbers(this.#heads);
    const chains = [...this.#chains.values()];
    out.json(chains.map(({ author, newest }) => [author, newest]));
    out.json(this.#lanes.map(({ chain, first, before }) => [chains.indexOf(chain), first, before]));
    for (const { slots } of this.#lanes) out.row(slots);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const count = from.number();
    this.#reserved = count;
    this.#laneOf = from.ints();
    // Nothing is written into these but behind the last, and so after they have grown, or where a number is only reserved.
    this.#seqs = from.lent();
    this.#depths = from.lent();
    this.#opTotals = from.lent();
    this.#byteTotals = from.doubles();
    this.#headAt = from.ints();
    this.#baseOf = from.ints();
    this.#clocks.length = 0;
    for (const clock of loadClocks(from)) this.#clocks.push(clock);
    this.#names.load(from);
    this.#order = from.row();
    if (this.#order.length < count) {
      this.#seqs = this.#seqs.slice();
      this.#depths = this.#depths.slice();
      this.#opTotals = this.#opTotals.slice();
    }
    this.#heads.push(...from.list());
    const chains = from.json() as [DeviceId, Slot][];
    for (const [author, newest] of chains) this.#chains.set(author, { author, lanes: [], newest });
    for (const [number, first, before] of from.json() as [number, number, Slot][]) {
      const [author] = chains[number]!;
      const chain = this.#chains.get(author)!;
      chain.lanes.push(this.#lanes.push({ author, chain, first, before, slots: from.row() }) - 1);
    }
    const columns = [this.#laneOf, this.#seqs, this.#depths, this.#opTotals, this.#byteTotals, this.#headAt];
    const isWhole = [...columns, this.#baseOf].every(column => column.length === count);
    if (!isWhole || !this.#heads.every(slot => this.isHere(slot)))
      throw new Unsound("a change without a number");
  }

  /** Throws on a broken invariant. For tests. */
  check(): void {
    this.#names.check();
    for (const [i, slot] of this.#heads.entries())
      assert(this.#headAt[slot] === i + 1, "a head knows its place");
    for (const { chain, first, slots } of this.#lanes) {
      for (const [i, slot] of [...slots].entries())
        assert(this.#seqs[slot] === first + i, "a lane has no gaps");
      assert(this.#seqs[chain.newest]! >= first + slots.length - 1, "the newest has the highest number");
    }
  }
}

function into<A extends Int32Array | Float64Array>(wide: A, column: A): A {
  wide.set(column);
  return wide;
}
