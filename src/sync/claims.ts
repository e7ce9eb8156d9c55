// What two ends of a link have told each other that they hold: each once, and then what has grown. Where lanes part (a
// device has two faces) rungs are asked for before anything is sent, once; who does not name them is waited for no longer
// than `RESEND_MS`, and then all is sent that may be missing.

import { type Bytes, type DeviceId, equalBytes, type Replica, type Slot } from "../crdt/index.ts";
import { COMPARED_REST_MS, FIRST_CLAIM_BYTES_MAX, LANE_REST_MS, LANES_MAX, RESEND_MS } from "./limits.ts";
import { encodeMessage, type HowHeld, type LaneClaim, type Message } from "./protocol.ts";
import { type Claim, compare, type Difference, frontierOf, rungsBelow } from "./reconcile.ts";

/** A difference, without what they lack until the link has rested; or until when it is waited for. With both the rungs that have to
 * be said, if any. */
export type Compared = { readonly rungs: readonly Claim[] } & (
  | { readonly type: "difference"; readonly difference: Difference; readonly restsUntil: number }
  | { readonly type: "waits"; readonly until: number }
);

export class Claims {
  readonly #key: Bytes;
  /** What they were told last; null before they were told anything. */
  #told: readonly Claim[] | null = null;
  /** By its frontier alone. */
  #isToldFrontier = false;
  #theirs: readonly LaneClaim[] | null = null;
  #theirRungs: readonly LaneClaim[] = [];
  /** Devices whose rungs they named, of those that they were told of: of tags there are 2³², and a link lives long. */
  readonly #answered = new Set<DeviceId>();
  /** When they were named ours, by device. */
  readonly #asked = new Map<DeviceId, number>();
  /** How often in a row frontiers differed where lanes did not. */
  #strikes = 0;
  // Lanes are not looked at before: to compare them, and for a frontier of theirs.
  #comparesAt = 0;
  #digestsAt = 0;
  /** What they lack is not looked for before: who claims to hold nothing, again and again, has a few bytes to send and we all of it to go
   * through. */
  #restsUntil = 0;

  // Of lanes of which nobody says anything (`compare` in reconcile.ts) what has come meanwhile is offered for `RESEND_MS` at least.
  #settled: Slot = 0;
  #seen: Slot | null = null;
  #settlesAt = 0;

  constructor(key: Bytes) {
    this.#key = key;
  }

  // --------------------------------------------------------------------------------------------------- said

  /** What to say of what is held here; null if they know. */
  next(lanes: readonly Claim[]): Extract<Message, { type: "have" | "frontier" }> | null {
    const told = this.#told;
    if (told === null || hasShrunk(told, lanes)) {
      const all = this.all(lanes);
      if (told !== null || encodeMessage(all).length <= FIRST_CLAIM_BYTES_MAX) return all;
      this.#isToldFrontier = true;
      return { type: "frontier", digest: frontierOf(this.#key, lanes) };
    }
    const known = new Set(told.map(({ id }) => id));
    const moved = new Set(lanes.filter(({ id }) => !known.has(id)).map(({ device }) => device));
    this.#told = lanes;
    if (moved.size === 0) return null;
    return said(
      "more",
      lanes.filter(({ device }) => moved.has(device)),
    );
  }

  /** Everything, whatever they know. */
  all(lanes: readonly Claim[], how: HowHeld = "all"): Extract<Message, { type: "have" }> {
    this.#told = lanes;
    this.#isToldFrontier = false;
    return said(how, lanes);
  }

  get isToldFrontier(): boolean {
    return this.#isToldFrontier;
  }

  /** For all that they were told; null if that is nothing. */
  get frontier(): Bytes | null {
    return this.#told === null || this.#told.length === 0 ? null : frontierOf(this.#key, this.#told);
  }

  // -------------------------------------------------------------------------------------------------- heard

  /** What they said that they hold; null before they did. */
  get theirs(): readonly LaneClaim[] | null {
    return this.#theirs;
  }

  heard({ how, lanes }: Extract<Message, { type: "have" }>): void {
    const devices = new Set(lanes.map(({ device }) => device));
    switch (how) {
      case "all":
      case "lost":
        // What they have lost they may not hold below a rung either.
        if (hasShrunk(this.#theirs ?? [], lanes)) {
          this.#theirRungs = [];
          this.#answered.clear();
          this.#asked.clear();
        }
        this.#theirs = lanes;
        break;
      case "more":
        // Before they said anything it says nothing: all of it will follow.
        if (this.#theirs !== null) this.#theirs = replaced(this.#theirs, lanes, devices);
        break;
      case "rungs":
        this.#theirRungs = replaced(this.#theirRungs, lanes, devices);
        for (const { device, author } of this.#told ?? [])
          if (devices.has(device)) this.#answered.add(author);
    }
  }

  /** Whether a frontier is to wait: of several the newest counts. */
  mustWait(now: number): boolean {
    return now < this.#digestsAt;
  }

  /** They say by a digest what they hold; `ours` is what they are told. Whether that is the same; then it is what they hold, whatever
   * came before: a long claim is overtaken by what is said after it. */
  heardFrontier(digest: Bytes, ours: readonly Claim[], now: number): boolean {
    this.#digestsAt = now + ours.length * LANE_REST_MS;
    const isSame = equalBytes(digest, frontierOf(this.#key, ours));
    if (!isSame) return false;
    this.#strikes = 0;
    this.#theirs = ours;
    return true;
  }

  /** Of a frontier that differs: whether lanes have been of no help twice in a row. */
  isAtLoss(replica: Replica, ours: readonly Claim[], now: number): boolean {
    if (now < this.#restsUntil) return false;
    const told = new Set(this.#told?.map(({ id }) => id));
    const isSaid = ours.every(({ id }) => told.has(id));
    const { missing, areAhead } = this.#compare(replica, now);
    this.#strikes = isSaid && !areAhead && missing?.length === 0 ? this.#strikes + 1 : 0;
    if (this.#strikes < 2) return false;
    this.#strikes = 0;
    return true;
  }

  get #known(): readonly LaneClaim[] {
    return this.#theirRungs.length === 0 ? (this.#theirs ?? []) : [...this.#theirs!, ...this.#theirRungs];
  }

  /** Once they have said what they hold. */
  compare(replica: Replica, now: number): Compared {
    if (now < this.#comparesAt) return { type: "waits", rungs: [], until: this.#comparesAt };
    const difference = this.#compare(replica, now);
    const waiting = difference.forked.filter(
      device => !this.#answered.has(device) && now - (this.#asked.get(device) ?? now) < RESEND_MS,
    );
    // Who named theirs is named ours, too.
    const rungs = this.#rungs(replica, new Set([...waiting, ...this.#answered]), now);
    if (waiting.length === 0) return { type: "difference", rungs, difference, restsUntil: this.#restsUntil };
    // Who names none is not waited for for ever.
    return { type: "waits", rungs, until: now + RESEND_MS };
  }

  #compare(replica: Replica, now: number): Difference {
    if (now >= this.#settlesAt) this.#settle(replica.ground.graph.reserved, now);
    const difference = compare(replica, this.#key, this.#known, now < this.#restsUntil, this.#settled);
    const lanes = replica.laneTips.length + this.#known.length;
    this.#comparesAt = Math.max(this.#comparesAt, now + lanes * LANE_REST_MS);
    if (difference.missing !== null) this.#restsUntil = now + difference.missing.length * COMPARED_REST_MS;
    return difference;
  }

  #settle(reserved: Slot, now: number): void {
    this.#settled = this.#seen ?? reserved;
    this.#seen = reserved;
    this.#settlesAt = now + RESEND_MS;
  }

  /** Ours, of devices of which they have not heard them: as many as a message takes. They count as lanes. */
  #rungs(replica: Replica, devices: ReadonlySet<DeviceId>, now: number): Claim[] {
    const unasked = new Set([...devices].filter(device => !this.#asked.has(device)));
    for (const device of unasked) this.#asked.set(device, now);
    const rungs: Claim[] = [];
    for (const lane of this.#told ?? [])
      if (unasked.has(lane.author) && rungs.length < LANES_MAX)
        rungs.push(...rungsBelow(replica, this.#key, lane));
    this.#comparesAt += rungs.length * LANE_REST_MS;
    return rungs.slice(0, LANES_MAX);
  }
}

function said(how: HowHeld, lanes: readonly Claim[]): Extract<Message, { type: "have" }> {
  return { type: "have", how, lanes: lanes.slice(-LANES_MAX) };
}

/** Of no lane less is held; otherwise the store has lost something, or they may know less from now on. */
function hasShrunk(told: readonly LaneClaim[], lanes: readonly LaneClaim[]): boolean {
  const newest = new Map<string, number>();
  for (const { device, seq } of lanes) newest.set(device, Math.max(seq, newest.get(device) ?? 0));
  return lanes.length < told.length || told.some(({ device, seq }) => (newest.get(device) ?? 0) < seq);
}

function replaced(
  lanes: readonly LaneClaim[],
  by: readonly LaneClaim[],
  devices: ReadonlySet<string>,
): readonly LaneClaim[] {
  return [...lanes.filter(({ device }) => !devices.has(device)), ...by].slice(-LANES_MAX);
}
