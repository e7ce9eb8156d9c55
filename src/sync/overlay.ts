// With whom to be linked, of those at a meeting place. To eight people everybody is linked with everybody; beyond that each
// keeps a few links, about half of them of its own choice, so that the whole hangs together though half of it goes away at
// once, and nobody is surrounded by whoever calls most. A pure machine: it is told who is there and what became of its
// wishes, and knows neither servers nor links (mesh.ts). Why so: docs/decisions/0016-overlay.md.
//
// Own choices are drawn from a secret source when a place is free, and stay while the link does. No order of ranks: one who
// comes back under new names would draw again each time, and the best rank would be theirs in the end. In how many places
// who stands, at most:
//
//     ours ours ours (ours)  theirs theirs theirs theirs (theirs)      8 in all
//
// After HyParView (Leitão 2007), which keeps no places for own choices, and what Bitcoin's nodes learned of eclipses
// (Heilman 2015): calls of others never take the place of what we chose, and people known from before go before strangers.

import * as limits from "./limits.ts";
import type { Bytes, Standing } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";

const NEVER = Number.POSITIVE_INFINITY;

interface Other {
  /** At the meeting place; a link may outlive this. */
  isPresent: boolean;
  /** They know the room's secret. */
  isMet: boolean;
  /** Waited for: we called, or took their call. */
  link: "none" | "waited" | "open";
  isOurs: boolean;
  /** Null until they have proved who they are. */
  standing: Standing | null;
  since: number;
  /** Not called again until then. */
  restUntil: number;
  /** Nor taken when they call: a link with them ended. That they had no place for us says nothing against theirs for them. */
  barUntil: number;
  misses: number;
}

/** What is to be done: links to be made, and links to be closed. */
export interface Wishes {
  readonly call: readonly string[];
  readonly drop: readonly string[];
}

export class Overlay {
  readonly #random: (length: number) => Bytes;
  readonly #others = new Map<string, Other>();
  /** Calls of others that may be taken. */
  readonly #calls: TokenBucket;
  #settledAt: number | null = null;
  #exchangeAt = NEVER;
  #exchangeMs = limits.OVERLAY_EXCHANGE_MS_FIRST;
  /** To be closed when the link that takes its place is open. */
  #leaving: string | null = null;
  #drops: string[] = [];
  #isDue = true;

  /** `random`: from a source that nobody can foresee. */
  constructor(random: (length: number) => Bytes, now: number) {
    this.#random = random;
    this.#calls = new TokenBucket(limits.OVERLAY_CALLS_BURST, limits.OVERLAY_CALLS_PER_SECOND, now);
  }

  // ------------------------------------------------------------------------------------------- what happened

  /** The server names somebody. */
  arrived(id: string, now: number): void {
    const other = this.#others.get(id);
    if (other !== undefined) other.isPresent = true;
    else
      this.#others.set(id, {
        isPresent: true,
        isMet: false,
        link: "none",
        isOurs: false,
        standing: null,
        since: now,
        restUntil: 0,
        barUntil: 0,
        misses: 0,
      });
    if (this.#settledAt === null && this.#count(isPresent) > limits.MESH_OTHERS_MAX)
      this.#settledAt = now + limits.OVERLAY_SETTLE_MS;
    this.#isDue = true;
  }

  /** The server names them no longer. */
  left(id: string): void {
    const other = this.#others.get(id);
    if (other === undefined) return;
    other.isPresent = false;
    if (other.link !== "open") this.#others.delete(id);
    if (this.#count(isPresent) <= limits.MESH_OTHERS_MAX) this.#settledAt = null;
    this.#isDue = true;
  }

  /** They answered, so they know the room's secret. */
  met(id: string): void {
    const other = this.#others.get(id);
    if (other === undefined || other.isMet) return;
    other.isMet = true;
    this.#isDue ||= this.isSmall || this.#isWanting;
  }

  /** They chose us: whether there is a place for them. */
  called(id: string, now: number): boolean {
    const other = this.#others.get(id);
    if (other === undefined) return false;
    if (other.link === "none") {
      if (!this.isSmall && !this.#mayTake(other, now)) return false;
      this.#await(other, false, now);
    }
    return true;
  }

  opened(id: string, now: number): void {
    const other = this.#others.get(id);
    if (other === undefined || other.link === "open") return;
    other.link = "open";
    other.since = now;
    this.#isDue = true;
    if (!other.isOurs || this.#leaving === null) return;
    const leaving = this.#others.get(this.#leaving);
    if (leaving !== undefined && isUnmet(leaving)) this.#drop(this.#leaving, leaving, now);
    this.#leaving = null;
  }

  /** There is no link: it ended, came to nothing, or they have no place for us. */
  closed(id: string, now: number): void {
    const other = this.#others.get(id);
    if (other === undefined || other.link === "none") return;
    if (other.link === "open" && now - other.since >= limits.STABLE_MS) other.misses = 0;
    if (other.isPresent) this.#release(other, now);
    else this.#others.delete(id);
    this.#isDue = true;
  }

  /** Who is at the other end of a link proved it, or it is seen otherwise now. */
  judged(id: string, standing: Standing, now: number): void {
    const other = this.#others.get(id);
    if (other === undefined) return;
    other.standing = standing;
    if (standing === "known" && other.isOurs) {
      this.#exchangeMs = limits.OVERLAY_EXCHANGE_MS;
      this.#exchangeAt = Math.min(this.#exchangeAt, now + this.#exchangeMs);
    }
    this.#isDue = true;
    if (this.isSmall) return;
    if (!this.#isAmongFriends) return;
    const strangers = this.#list(one => isUnmet(one) && !one.isOurs);
    for (const [key, one] of strangers.slice(limits.OVERLAY_STRANGERS_MAX)) this.#drop(key, one, now);
  }

  /** Whether there is a link with them, or is to be one. */
  wants(id: string): boolean {
    return (this.#others.get(id)?.link ?? "none") !== "none";
  }

  isOpen(id: string): boolean {
    return this.#others.get(id)?.link === "open";
  }

  // --------------------------------------------------------------------------------------------- what to do

  /** The time of the next wish; Infinity if only what happens can bring one. */
  get nextAt(): number {
    if (this.#isDue) return 0;
    const settledAt = this.#settledAt ?? NEVER;
    if (this.isSmall) return settledAt;
    let at = settledAt === NEVER ? this.#exchangeAt : settledAt;
    const isWanting = settledAt === NEVER && this.#isWanting;
    for (const other of this.#others.values()) {
      if (other.link === "waited") at = Math.min(at, other.since + limits.OVERLAY_CALL_MS);
      if (isWanting && isFree(other)) at = Math.min(at, other.restUntil);
    }
    return at;
  }

  wishes(now: number): Wishes {
    const call: string[] = [];
    const isSmall = this.isSmall;
    if (!isSmall) this.#giveUp(now);
    if (this.#settledAt !== null && this.#settledAt <= now) this.#settledAt = NEVER;
    if (this.#settledAt === null || this.#settledAt === NEVER) {
      if (isSmall) this.#callAll(call, now);
      else this.#choose(call, now);
    }
    const drop = this.#drops;
    this.#drops = [];
    this.#isDue = false;
    return { call, drop };
  }

  #callAll(call: string[], now: number): void {
    this.#exchangeAt = NEVER;
    for (const [id, other] of this.#others) {
      if (!other.isPresent || !other.isMet || other.link !== "none") continue;
      this.#await(other, true, now);
      call.push(id);
    }
  }

  #giveUp(now: number): void {
    for (const [id, other] of [...this.#others])
      if (other.link === "waited" && other.since + limits.OVERLAY_CALL_MS <= now) {
        this.#drops.push(id);
        this.#release(other, now);
      }
  }

  #choose(call: string[], now: number): void {
    for (const [id, other] of this.#list(isRemoved)) this.#drop(id, other, now);
    while (this.#isWanting) if (!this.#draw(call, now)) break;
    this.#exchange(call, now);
  }

  /** One of our own choice gives way to another, while there are strangers among them: ever more seldom, unless there is no
   * member at any end, of whom something could come. */
  #exchange(call: string[], now: number): void {
    const unmet = this.#list(one => isUnmet(one) && one.isOurs);
    if (unmet.length === 0) {
      this.#exchangeAt = NEVER;
      return;
    }
    // Of members whom we know as little as all others one is as good as another.
    if (unmet.every(([, one]) => one.standing === "member"))
      this.#exchangeMs = Math.max(this.#exchangeMs, limits.OVERLAY_EXCHANGE_MS);
    if (this.#exchangeAt === NEVER) this.#exchangeAt = now + this.#exchangeMs;
    if (this.#exchangeAt > now) return;
    const most = this.#count(isMember) > 0 ? limits.OVERLAY_EXCHANGE_MS_MAX : limits.OVERLAY_EXCHANGE_MS;
    this.#exchangeMs = Math.min(this.#exchangeMs * 2, most);
    this.#exchangeAt = now + this.#exchangeMs;
    const strangers = unmet.filter(([, one]) => !isMember(one));
    const among = strangers.length > 0 ? strangers : unmet;
    const [id, other] = among[this.#below(among.length)]!;
    const own = this.#count(one => one.link === "open" && one.isOurs && one.isPresent);
    // Among friends a stranger more is one too many.
    if (own > limits.OVERLAY_OWN_MIN && this.#isAmongFriends) this.#drop(id, other, now);
    else if (this.#linked < limits.OVERLAY_LINKS_MAX && this.#draw(call, now)) this.#leaving = id;
    else if (this.#count(one => isFree(one) && one.restUntil <= now) > 0) {
      this.#drop(id, other, now);
      this.#draw(call, now);
    }
  }

  #draw(call: string[], now: number): boolean {
    const free = this.#list(one => isFree(one) && one.restUntil <= now);
    if (free.length === 0) return false;
    if (this.#linked >= limits.OVERLAY_LINKS_MAX && !this.#dropParted(now)) return false;
    const [id, other] = free[this.#below(free.length)]!;
    this.#await(other, true, now);
    call.push(id);
    return true;
  }

  // ------------------------------------------------------------------------------------------------ the places

  /** Everybody is linked with everybody. By those whom the server names: it could make a crowd of few, who would still be
   * linked, and otherwise those who answer first would be taken for all there are. */
  get isSmall(): boolean {
    return this.#count(isPresent) <= limits.MESH_OTHERS_MAX;
  }

  get #linked(): number {
    return this.#count(one => one.link !== "none");
  }

  get #isWanting(): boolean {
    const parted = this.#count(one => one.link === "open" && !one.isPresent);
    if (this.#linked - parted >= limits.OVERLAY_LINKS_MAX) return false;
    const own = this.#count(one => one.link !== "none" && one.isOurs && one.isPresent);
    if (own < limits.OVERLAY_OWN_MIN) return true;
    return own < limits.OVERLAY_OWN_MAX && this.#linked < limits.OVERLAY_LINKS_ENOUGH;
  }

  get #isAmongFriends(): boolean {
    return (
      this.#count(one => one.link === "open" && one.standing === "known") >= limits.OVERLAY_STRANGERS_MAX
    );
  }

  /** Somebody who called. */
  #mayTake(other: Other, now: number): boolean {
    if (other.barUntil > now || !this.#calls.has(1, now)) return false;
    const taken = this.#list(one => one.link !== "none" && !one.isOurs && one.isPresent);
    const own = this.#count(one => one.link === "open" && one.isOurs && one.isPresent);
    const takenMax = own < limits.OVERLAY_OWN_MIN ? limits.OVERLAY_TAKEN_FIRST_MAX : limits.OVERLAY_TAKEN_MAX;
    if (taken.length >= takenMax) return false;
    // Who called is not known before the link is there; to try them all would let liars make us dial all the time.
    const strangers = taken.filter(([, one]) => one.standing !== "known").length;
    if (strangers >= limits.OVERLAY_STRANGERS_MAX && this.#isAmongFriends) return false;
    const isFull = this.#linked >= limits.OVERLAY_LINKS_MAX;
    if (isFull && !this.#dropParted(now) && !this.#dropSurplus(now)) return false;
    return this.#calls.take(1, now);
  }

  /** Links from before the server was lost: those at their ends come again, or have others. */
  #dropParted(now: number): boolean {
    const parted = this.#list(one => one.link === "open" && !one.isPresent);
    if (parted.length === 0) return false;
    this.#drop(...parted[this.#below(parted.length)]!, now);
    return true;
  }

  /** Of our own what a full mesh left behind. Among friends the fourth as well, since a newcomer needs the place more; among
   * strangers that would let whoever calls push out what we chose. */
  #dropSurplus(now: number): boolean {
    const own = this.#list(one => one.link === "open" && one.isOurs && one.isPresent);
    const kept = this.#isAmongFriends ? limits.OVERLAY_OWN_MIN : limits.OVERLAY_OWN_MAX;
    if (own.length <= kept) return false;
    const strangers = own.filter(([, one]) => one.standing !== "known");
    const from = strangers.length > 0 ? strangers : own;
    this.#drop(...from[this.#below(from.length)]!, now);
    return true;
  }

  #await(other: Other, isOurs: boolean, now: number): void {
    other.link = "waited";
    other.isOurs = isOurs;
    other.standing = null;
    other.since = now;
  }

  #drop(id: string, other: Other, now: number): void {
    this.#drops.push(id);
    this.#isDue = true;
    if (other.isPresent) this.#release(other, now);
    else this.#others.delete(id);
  }

  #release(other: Other, now: number): void {
    const fullMs = Math.min(limits.OVERLAY_REST_MS * 2 ** other.misses++, limits.OVERLAY_REST_MS_MAX);
    other.restUntil = now + (fullMs / 2) * (1 + this.#below(256) / 256);
    const wasCalled = other.link === "waited" && other.isOurs;
    if (!wasCalled) other.barUntil = other.restUntil;
    other.link = "none";
    other.isOurs = false;
  }

  #list(holds: (other: Other) => boolean): [string, Other][] {
    return [...this.#others].filter(([, other]) => holds(other));
  }

  #count(holds: (other: Other) => boolean): number {
    let count = 0;
    for (const other of this.#others.values()) if (holds(other)) count++;
    return count;
  }

  /** Even: of 2³² values, so few are left over for 256 that nobody can use it. */
  #below(limit: number): number {
    const [a, b, c, d] = this.#random(4) as unknown as [number, number, number, number];
    return (a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d) % limit;
  }
}

function isPresent(other: Other): boolean {
  return other.isPresent;
}

function isFree(other: Other): boolean {
  return other.isPresent && other.isMet && other.link === "none";
}

/** Nothing goes to them nor comes of them: in a crowd somebody else needs the place. */
function isRemoved(other: Other): boolean {
  return other.link === "open" && other.standing === "removed";
}

function isMember({ link, standing }: Other): boolean {
  return link === "open" && (standing === "known" || standing === "unknown" || standing === "member");
}

function isUnmet({ link, standing }: Other): boolean {
  return link === "open" && (standing === "unknown" || standing === "member" || standing === "stranger");
}
