// What those at the ends of a session's links are told: which changes are held here, and the changes that they lack. An author
// pushes to all links; whoever has stored a change says so to all, and offers it a little later, each at another time, to who has
// not said by then that they have it. Who asks, by saying anew all that they hold, is answered at once.

import type { ChangeId, DeviceId, Replica, Slot } from "../crdt/index.ts";
import type { Keeper } from "./keeper.ts";
import { LANE_REST_MS, RELAY_CHANGES_MS, RELAY_STEPS, RESEND_MS, TELL_MS } from "./limits.ts";
import type { Asker, Readers } from "./readers.ts";
import type { Claim, Difference } from "./reconcile.ts";
import { Throttle } from "./throttle.ts";

/** A remote end (peer.ts). */
interface Told extends Asker {
  /** When to compare again, for what others wrote meanwhile; null if there is nothing new. */
  offerAt: number | null;
  /** They asked for what they lack, and that is not answered yet. */
  isAsking: boolean;
  /** Whether they were told where we are. */
  isGreeted: boolean;
  compare(): Difference | null;
  claim(lanes: readonly Claim[]): void;
  answer(lanes: readonly Claim[], hasLost: boolean): void;
  offer(slots: readonly Slot[], since?: number, isOnce?: (slot: Slot) => boolean): void;
  shareForks(): void;
}

/** The session around it. */
interface TellingHost {
  readonly now: number;
  readonly replica: Replica;
  /** They hold the own changes up to this number. */
  heard(device: DeviceId, seq: number): void;
  /** Somebody may read who does not know where we are. */
  greeted(): void;
  /** Something waits for a tick that is due sooner than the last one said (`nextAt`). */
  unfinished(): void;
}

export class Telling {
  readonly #host: TellingHost;
  readonly #keeper: Keeper;
  readonly #readers: Readers;
  readonly #peers: ReadonlySet<Told>;
  readonly #throttle = new Throttle(TELL_MS);
  #step = 0;
  /** Who is to be told what is held, since something is missing; whether what they sent was lost. */
  readonly #lacking = new Map<Told, boolean>();
  /** Not before, of those who were told so: a few bytes ask for it. */
  readonly #asksAt = new WeakMap<Told, number>();

  /** `peers`: those of the session, at any time. */
  constructor(host: TellingHost, keeper: Keeper, readers: Readers, peers: ReadonlySet<Told>) {
    this.#host = host;
    this.#keeper = keeper;
    this.#readers = readers;
    this.#peers = peers;
  }

  get #now(): number {
    return this.#host.now;
  }

  /** More is held here. */
  stored(): void {
    this.#all();
    for (const peer of this.#peers) this.#offerLater(peer);
  }

  /** Own changes may go. */
  released(slots: readonly Slot[]): void {
    for (const peer of this.#peers) {
      if (this.#readers.mayRead(peer)) peer.offer(slots);
      else if (!this.#readers.isToldOff(peer)) this.compare(peer);
    }
    this.#all();
  }

  #all(): void {
    if (!this.#throttle.take(this.#now)) return;
    for (const peer of this.#peers)
      if (this.#readers.reach(peer) !== "nothing" && !this.#readers.isToldOff(peer)) this.have(peer);
  }

  /** Says what is held, unless they know. */
  have(peer: Told): void {
    const mayRead = this.#readers.mayRead(peer);
    if (mayRead) peer.shareForks();
    peer.claim(this.claimFor(peer));
    // For a newcomer nobody is known until the document is there.
    if (mayRead && !peer.isGreeted) this.#host.greeted();
    peer.isGreeted ||= mayRead;
  }

  /** What is said to them of what is held here. */
  claimFor(peer: Asker): Claim[] {
    return this.#readers.claimFor(peer, this.#keeper.held);
  }

  /** The slots of all that may be sent to them; null if they may not read. */
  heldFor(peer: Asker): readonly Slot[] | null {
    return this.#readers.heldFor(peer, slot => this.#keeper.maySend(slot));
  }

  /** Tells them what we hold, and they will see what we lack: soon, and once for all of theirs that went on from what is not here. */
  lacks(peer: Told, hasLost: boolean): void {
    this.#lacking.set(peer, hasLost || this.#lacking.get(peer) === true);
    this.#ask(peer);
    if (this.#lacking.has(peer)) this.#host.unfinished();
  }

  #ask(peer: Told): void {
    if (this.#now < (this.#asksAt.get(peer) ?? 0)) return;
    const hasLost = this.#lacking.get(peer)!;
    this.#lacking.delete(peer);
    if (this.#readers.reach(peer) === "nothing") return;
    const lanes = this.claimFor(peer);
    this.#asksAt.set(peer, this.#now + Math.max(TELL_MS, lanes.length * LANE_REST_MS));
    peer.answer(lanes, hasLost);
  }

  /** Offers what they lack, also what was taken a while ago and is still missing; but only if they asked (`isAsked`) what others
   * may be telling them at this moment. */
  compare(peer: Told, isAsked = false): void {
    const reach = this.#readers.reach(peer);
    if (reach === "nothing") return;
    peer.isAsking ||= isAsked;
    const difference = peer.compare();
    if (difference === null) return;
    const { missing, ownSeq } = difference;
    if (reach === "all") {
      peer.shareForks();
      this.#host.heard(peer.device!, ownSeq);
    } else if (missing !== null && !this.#slotsOf(reach.ends).some(end => missing.includes(end)))
      this.#readers.told(peer, reach.ends);
    const due: Slot[] = [];
    for (const slot of missing ?? []) {
      if (!this.#keeper.maySend(slot) || !this.#readers.mayHear(peer, reach, slot)) continue;
      if (peer.isAsking || !this.#keeper.isFresh(slot)) due.push(slot);
      else this.#offerLater(peer);
    }
    if (missing !== null) peer.isAsking = false;
    peer.offer(due, this.#now - RESEND_MS, slot => this.#host.replica.people.isUnanchored(slot));
  }

  #slotsOf(ids: readonly ChangeId[]): Slot[] {
    const { graph } = this.#host.replica.ground;
    return ids.map(id => graph.slotOf(id)!);
  }

  /** Not to all at one time: of those who hold it one would do. */
  #offerLater(peer: Told): void {
    if (peer.offerAt !== null) return;
    this.#step = (this.#step + 1) % RELAY_STEPS;
    peer.offerAt = this.#now + RELAY_CHANGES_MS * (1 + this.#step / RELAY_STEPS);
  }

  tick(): void {
    if (this.#throttle.nextAt <= this.#now) this.#all();
    for (const peer of [...this.#lacking.keys()]) this.#ask(peer);
    for (const peer of [...this.#peers]) {
      if (peer.offerAt === null || peer.offerAt > this.#now) continue;
      peer.offerAt = null;
      if (!this.#readers.isToldOff(peer)) this.compare(peer);
    }
  }

  /** When `tick` has something to do; Infinity if nothing is owed. */
  get nextAt(): number {
    let at = this.#throttle.nextAt;
    for (const peer of this.#lacking.keys()) at = Math.min(at, this.#asksAt.get(peer)!);
    for (const { offerAt } of this.#peers) if (offerAt !== null) at = Math.min(at, offerAt);
    return at;
  }
}
