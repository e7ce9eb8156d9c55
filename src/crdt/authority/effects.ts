// Tier T3: what of all that was admitted counts. A change that does not is set aside: it stays in the graph, what others
// wrote on top of it stays too, and nothing of it shows. A function of the set of admitted changes and of the proofs of
// two-faced devices, whatever came in what order; test/model/naive-effects.ts works it out from scratch.
//
//     counts(c)  ⇔  its author held the role in c that c needs          the fold over all ops about people
//                   or c was taken back in, or written in good faith
//                   and, if its device is two-faced, c is anchored
//
// A device that signed two changes with one number is two-faced, whether both are here or a proof says so; from the lowest such number on it is retired. A change of
// its from there on is anchored if a change that is not such lies above it: for ops about people any, for content one that
// counts. So its harm is bounded by what honest devices had taken in before they knew (design: "Two-faced authors").

import type { DeviceId, Role } from "../graph/change.ts";
import { antichainOf, forkOf } from "../graph/forks.ts";
import type { Graph } from "../graph/graph.ts";
import type { Past } from "../graph/past.ts";
import type { WrittenChange } from "../graph/written.ts";
import type { Slot } from "../types/dot.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";
import type { Ints } from "../types/ints.ts";
import { type Act, RANK } from "./acts.ts";
import type { Equivocation } from "./equivocation.ts";
import type { Members } from "./members.ts";
import { judgeContent } from "./rights.ts";

/** Why a change is set aside, in the words of the person who reads it. */
export type Reason = "removed" | "demoted" | "disowned" | "never let in" | "two-faced";

/** Changes that counted and do not any more, and the other way round. */
export interface Turned {
  readonly aside: readonly Slot[];
  readonly back: readonly Slot[];
}

const NOTHING: Turned = { aside: [], back: [] };
const NOBODY: readonly Slot[] = [];

export class Effects {
  readonly #graph: Graph;
  readonly #members: Members;
  readonly #equivocation: Equivocation;
  readonly #changeAt: (slot: Slot) => WrittenChange | null;
  #reasons = new Map<Slot, Reason>();
  /** The lowest number of which a device has two changes, here or by a proof. */
  readonly #forks = new Map<DeviceId, number>();
  /** Of devices that turned out to be two-faced since the last own change: what was here of them before, on each branch the
   * newest. It was received in good faith, so the next own change names it. */
  readonly #inGoodFaith = new Map<DeviceId, readonly Slot[]>();
  /** Whose changes may be set aside, and the lanes of these; nobody's as long as nobody was removed or two-faced. */
  #inDoubt: ReadonlySet<DeviceId> = new Set();
  #isPlain = true;
  /** Whether something could not be judged for want of its bytes. */
  #lacksBytes = false;
  /** Everything below changes that count, of devices that are not retired. */
  #anchored: Past;
  /** Everything below changes of devices that are not retired, whether they count or not; kept once there is a fork. */
  #belowOthers: Past;

  /** `changeAt`: null where the bytes are not here yet. */
  constructor(
    graph: Graph,
    members: Members,
    equivocation: Equivocation,
    changeAt: (slot: Slot) => WrittenChange | null,
  ) {
    this.#graph = graph;
    this.#members = members;
    this.#equivocation = equivocation;
    this.#changeAt = changeAt;
    this.#anchored = graph.past([]);
    this.#belowOthers = this.#anchored;
  }

  /** All that does not count, and why. */
  get aside(): ReadonlyMap<Slot, Reason> {
    return this.#reasons;
  }

  /** The devices that wrote two changes with one number, and the lowest such number of each. */
  get forks(): ReadonlyMap<DeviceId, number> {
    return this.#forks;
  }

  #isRetired(slot: Slot): boolean {
    return this.#forks.size > 0 && this.retires(this.#graph.authorAt(slot), this.#graph.seqAt(slot));
  }

  /** Whether a change with that number is retired by what is known of its device; it may be one that is not here. */
  retires(device: DeviceId, seq: number): boolean {
    const fork = this.#forks.get(device);
    return fork !== undefined && seq >= fork;
  }

  /** Set aside, and below nothing that counts: nobody has to keep it, and nothing is to be written on top of it. */
  isLoose(slot: Slot): boolean {
    return this.#reasons.has(slot) && !this.#anchored.has(slot);
  }

  /** What the next change of a device here is to be made on top of, sorted by id: the newest of all that is not loose, and what
   * was received in good faith, unless that says that the device may not write so much any more: in its past that would hold,
   * and everybody would refuse the change. */
  tips(device: DeviceId): readonly Slot[] {
    if (this.#reasons.size === 0) return this.#graph.headSlots();
    const tips: Slot[] = [];
    for (const [lane, { first, slots }] of this.#graph.lanes.entries()) {
      const newest = slots.last!;
      const tip = this.isLoose(newest) ? slots.at(this.#anchored.upTo(lane) - first) : newest;
      if (tip !== undefined) tips.push(tip);
    }
    let kept = antichainOf(this.#graph, tips);
    for (const slot of [...this.#inGoodFaith.values()].flat()) {
      if (this.#reasons.get(slot) !== "two-faced") continue;
      const more = antichainOf(this.#graph, [...kept, slot]);
      if (this.#rankAbove(more, device) >= this.#rankAbove(kept, device)) kept = more;
    }
    return kept;
  }

  #rankAbove(slots: readonly Slot[], device: DeviceId): number {
    const role = this.#members.standingAbove(slots).roleOf(device);
    return role === null ? -1 : RANK[role];
  }

  /** An own change was made on top of `tips`: nothing more is taken in of those who were two-faced by then. */
  named(): void {
    // Clearing makes a new table, also of an empty map.
    if (this.#inGoodFaith.size > 0) this.#inGoodFaith.clear();
  }

  /** What the next own change names of a two-faced device beside what counts; empty once it was named. */
  inGoodFaith(device: DeviceId): readonly Slot[] {
    return this.#inGoodFaith.get(device) ?? [];
  }

  /** The same, as it was when an earlier page met the proof. */
  recall(device: DeviceId, slots: readonly Slot[]): void {
    if (this.#forks.has(device)) this.#inGoodFaith.set(device, slots);
  }

  /** Something was proven of a device. */
  meet(device: DeviceId): Turned {
    return this.#findFork(device, NOBODY) ? this.#turn() : NOTHING;
  }

  /** Changes were admitted; `hasActs`: with ops about people among them. */
  settle(slots: readonly Slot[], hasActs: boolean): Turned {
    let isAnew = hasActs;
    let last: DeviceId | null = null;
    for (const slot of slots) {
      const author = this.#graph.authorAt(slot);
      // What comes in a row is mostly of one device, and all of it is in the graph.
      if (author !== last && this.#findFork(author, slots)) isAnew = true;
      last = author;
    }
    if (!isAnew && this.#isPlain) return NOTHING;
    if (isAnew) return this.#turn();
    const aside: Slot[] = [];
    for (const slot of slots) {
      const reason = this.#reasonOf(slot);
      if (reason !== null) {
        this.#reasons.set(slot, reason);
        aside.push(slot);
      }
      if (this.#isRetired(slot)) continue;
      // It may be what others had to have above them; for ops about people, even if it is set aside itself.
      if (reason === null && this.#anchorsMore(slot, this.#anchored)) return this.#turn(aside);
      if (this.#forks.size > 0 && this.#anchorsMore(slot, this.#belowOthers)) return this.#turn(aside);
      if (reason === null) this.#anchored = this.#anchored.with(slot);
      this.#belowOthers = this.#belowOthers.with(slot);
    }
    return { aside, back: [] };
  }

  /** Whether more is known of the faces of a device; `news`: what came just now. */
  #findFork(device: DeviceId, news: readonly Slot[]): boolean {
    const here = forkOf(this.#graph, device) ?? Number.POSITIVE_INFINITY;
    const fork = Math.min(here, this.#equivocation.of(device)?.seq ?? Number.POSITIVE_INFINITY);
    const known = this.#forks.get(device);
    if (fork === Number.POSITIVE_INFINITY || fork === known) return false;
    // Of one who was two-faced already only what was not retired by that.
    this.#inGoodFaith.set(device, [
      ...this.inGoodFaith(device),
      ...this.#newestBefore(device, new Set(news)),
    ]);
    this.#forks.set(device, fork);
    return true;
  }

  /** On each branch of a device the newest change that counts, or did as far as its faces go, and is not among `news`. */
  #newestBefore(device: DeviceId, news: ReadonlySet<Slot>): Slot[] {
    return this.#graph.lanesOf(device).flatMap(lane => {
      const { slots } = this.#graph.lanes[lane]!;
      return lastOf(slots, slot => !news.has(slot) && !this.#reasons.has(slot)) ?? [];
    });
  }

  #anchorsMore(slot: Slot, anchored: Past): boolean {
    const past = this.#graph.past([slot]);
    for (const [lane, { author }] of this.#graph.lanes.entries())
      if (
        this.#inDoubt.has(author) &&
        past.upTo(lane) > anchored.upTo(lane) &&
        lane !== this.#graph.laneAt(slot)
      )
        return true;
    return false;
  }

  /** All bytes are here: what could not be judged before is now. */
  complete(): Turned {
    if (!this.#lacksBytes) return NOTHING;
    this.#lacksBytes = false;
    return this.#turn();
  }

  dump(out: ImageOut): void {
    const reasons = [...this.#reasons].sort(([a], [b]) => a - b);
    out.json([reasons, [...this.#forks].sort(), [...this.#inGoodFaith].sort()]);
  }

  /** Into one that is empty, when graph and members are loaded. */
  load(from: ImageIn): void {
    const [reasons, forks, inGoodFaith] = from.json() as [
      [Slot, Reason][],
      [DeviceId, number][],
      [DeviceId, Slot[]][],
    ];
    for (const [device, fork] of forks) this.#forks.set(device, fork);
    for (const [device, slots] of inGoodFaith) this.#inGoodFaith.set(device, slots);
    this.#fold();
    for (const [slot, reason] of reasons) this.#reasons.set(slot, reason);
    this.#anchored = this.#anchors();
  }

  /** Works everything out again. `told`: what was found already since it was done last. */
  #turn(told: readonly Slot[] = []): Turned {
    const before = this.#reasons;
    for (const slot of told) before.delete(slot);
    this.#evaluate();
    const aside: Slot[] = [];
    const back: Slot[] = [];
    for (const slot of this.#reasons.keys()) if (!before.has(slot)) aside.push(slot);
    for (const slot of before.keys()) if (!this.#reasons.has(slot)) back.push(slot);
    return { aside, back };
  }

  #evaluate(): void {
    this.#reasons = new Map();
    this.#fold();
    if (this.#isPlain) return;
    const doubtful = this.#graph.lanes
      .filter(({ author }) => this.#inDoubt.has(author))
      .flatMap(({ slots }) => [...slots]);
    for (const slot of doubtful) {
      const reason = this.#reasonByFold(slot);
      if (reason !== null) this.#reasons.set(slot, reason);
    }
    // What was written in good faith counts by what stands on it and counts without it: one pass, not recursive.
    const known = this.#anchors();
    for (const [slot, reason] of this.#reasons)
      if (reason === "never let in" && known.has(slot)) this.#reasons.delete(slot);
    this.#anchored = this.#anchors();
    for (const slot of doubtful)
      if (this.#isRetired(slot) && !this.#anchored.has(slot)) this.#reasons.set(slot, "two-faced");
  }

  #fold(): void {
    this.#members.current = this.#members.fold(this.#actsThatCount());
    const authors = new Set(this.#graph.lanes.map(({ author }) => author));
    this.#inDoubt = new Set(
      [...authors].filter(device => this.#forks.has(device) || this.#members.current.isInDoubt(device)),
    );
    this.#isPlain = this.#inDoubt.size === 0;
  }

  /** Ops about people of a retired device take effect where anything of others stands on them. */
  #actsThatCount(): readonly Act[] {
    const { acts } = this.#members;
    if (this.#forks.size === 0) return acts;
    this.#belowOthers = this.#pastOf(slot => !this.#isRetired(slot));
    return acts.filter(({ slot }) => !this.#isRetired(slot) || this.#belowOthers.has(slot));
  }

  #anchors(): Past {
    return this.#pastOf(slot => !this.#reasons.has(slot) && !this.#isRetired(slot));
  }

  /** Of the newest wanted change of each lane: the others lie below it. */
  #pastOf(isWanted: (slot: Slot) => boolean): Past {
    return this.#graph.past(this.#graph.lanes.flatMap(({ slots }) => lastOf(slots, isWanted) ?? []));
  }

  #reasonOf(slot: Slot): Reason | null {
    if (!this.#inDoubt.has(this.#graph.authorAt(slot))) return null;
    if (this.#isRetired(slot)) return "two-faced";
    return this.#reasonByFold(slot);
  }

  #reasonByFold(slot: Slot): Reason | null {
    const device = this.#graph.authorAt(slot);
    const { current } = this.#members;
    const role = current.roleIn(device, slot);
    const reason =
      role === null ? current.whyNot(device, slot) : this.#isEnough(role, device, slot) ? null : "demoted";
    return reason === null || this.#isTakenIn(slot) ? null : reason;
  }

  /** Whether a role that may be lower than what its author knew of lets a change say what it says. */
  #isEnough(role: Role, device: DeviceId, slot: Slot): boolean {
    const change = this.#changeAt(slot);
    if (change === null) {
      this.#lacksBytes = true;
      return true;
    }
    const { parents } = this.#graph.ancestorsOf(change);
    const believed = this.#members.standingAbove(parents).roleOf(device);
    if (believed !== null && RANK[role] >= RANK[believed]) return true;
    const { policy } = this.#members;
    return change.ops.every(op => judgeContent(op, role, policy) === null);
  }

  /** Whether somebody took it back in, who knew of what speaks against it. */
  #isTakenIn(slot: Slot): boolean {
    const { current } = this.#members;
    const person = current.persons.personOf(this.#graph.authorAt(slot));
    return current.admittances.some(admittance =>
      admittance.act.op.heads.some(id => {
        const head = this.#graph.slotOf(id);
        if (head === undefined || !this.#graph.reaches(head, slot)) return false;
        if (current.persons.personOf(this.#graph.authorAt(head)) !== person) return false;
        return current.yieldsTo(admittance, this.#graph.authorAt(slot));
      }),
    );
  }
}

function lastOf(slots: Ints, isWanted: (slot: Slot) => boolean): Slot | undefined {
  for (let i = slots.length - 1; i >= 0; i--) if (isWanted(slots.at(i)!)) return slots.at(i);
  return undefined;
}
