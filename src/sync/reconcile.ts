// What the other side lacks. Every device's chain is linear, so what somebody holds is said by the newest change of
// each lane, and one message each way tells the difference exactly (docs/wire-format.md §7.3). Pure functions of a
// replica and a claim; a lying claim costs bytes, never correctness.
//
// A claim about a change we do not hold is taken at its word for the numbers below it: if they have number 12 of
// Alice's device they have our 8, unless Alice forked. Then the next comparison shows it, for by then we hold 12.

import {
  type Bytes,
  type Change,
  type ChangeId,
  concat,
  type DeviceId,
  type LaneTip,
  mustFromHex,
  type Replica,
  sha256,
  tag,
  toHex,
  type VerifiedChange,
} from "../crdt/index.ts";
import { LANES_MAX } from "./limits.ts";
import type { LaneClaim } from "./protocol.ts";

const LANE_TAG = tag("chirograph lane 0");
const TAG_BYTES = 8;

/** A change's hash, shortened under a key that both ends of one session share: nobody can prepare collisions. */
export function laneTag(key: Bytes, id: ChangeId): Bytes {
  return sha256(concat(LANE_TAG, key, mustFromHex(id))).slice(0, TAG_BYTES);
}

/** What is claimed, with the change that it is claimed of. */
export interface Claim extends LaneClaim {
  readonly id: ChangeId;
}

/** What a replica holds, but for changes in `without` (not stored yet, or not for them) and what follows them on their lanes. */
export function claim(replica: Replica, key: Bytes, without: Pick<ReadonlySet<ChangeId>, "has">): Claim[] {
  const lanes: Claim[] = [];
  for (const tip of compared(replica).told) {
    let id: ChangeId | null = tip.id;
    while (id !== null && without.has(id)) id = replica.get(id)!.change.prev;
    if (id === null) continue;
    const { author, seq } = replica.get(id)!.change;
    lanes.push({ id, author, seq, tag: laneTag(key, id) });
  }
  return lanes;
}

/** Changes by number and tag. The tags of one number are made once: of a device with thousands of faces each claim would else
 * hash all of them, and a comparison took 40 s where it takes 40 ms. */
class Tagged {
  readonly #replica: Replica;
  readonly #key: Bytes;
  readonly #byNumber = new Map<string, ReadonlyMap<string, ChangeId>>();

  constructor(replica: Replica, key: Bytes) {
    this.#replica = replica;
    this.#key = key;
  }

  find(author: DeviceId, seq: number, tag: Bytes): ChangeId | undefined {
    const name = `${author} ${seq}`;
    let tags = this.#byNumber.get(name);
    if (tags === undefined) {
      const ids = this.#replica.numbered(author, seq);
      tags = new Map(ids.map(id => [toHex(laneTag(this.#key, id)), id]));
      this.#byNumber.set(name, tags);
    }
    return tags.get(toHex(tag));
  }
}

/** What of a replica is compared: of more lanes than a message holds those are left out that are loose, the last by author and
 * id, until something that counts stands on them. Without end they are made by two-faced devices alone. */
function compared({ laneTips, people }: Replica): {
  readonly told: readonly LaneTip[];
  readonly leftOut: readonly LaneTip[];
} {
  if (laneTips.length <= LANES_MAX) return { told: laneTips, leftOut: [] };
  const loose = laneTips.filter(({ id }) => people.isLoose(id));
  const leftOut = loose.slice(Math.max(0, LANES_MAX - (laneTips.length - loose.length)));
  const left = new Set(leftOut);
  return { told: laneTips.filter(tip => !left.has(tip)), leftOut };
}

/** The loose changes of lanes that are left out. */
function looseOn(replica: Replica, lanes: readonly LaneTip[]): ReadonlySet<ChangeId> {
  const loose = new Set<ChangeId>();
  for (const { id: newest, first } of lanes) {
    let id: ChangeId | null = newest;
    while (id !== null && replica.people.isLoose(id)) {
      loose.add(id);
      const change: Change = replica.get(id)!.change;
      id = change.seq === first ? null : change.prev;
    }
  }
  return loose;
}

export interface Difference {
  /** What they lack of ours, parents first. */
  readonly missing: readonly VerifiedChange[];
  /** Whether they hold something we lack. */
  readonly areAhead: boolean;
  /** The newest changes of theirs that are here. */
  readonly common: readonly ChangeId[];
  /** The highest number of this replica's device that they hold. */
  readonly ownSeq: number;
}

export function compare(replica: Replica, key: Bytes, theirs: readonly LaneClaim[]): Difference {
  const { told: tips, leftOut } = compared(replica);
  const tagged = new Tagged(replica, key);
  const covered: ChangeId[] = [];
  const common: ChangeId[] = [];
  let areAhead = false;
  let ownSeq = 0;
  for (const { author, seq, tag: theirTag } of theirs) {
    const match = tagged.find(author, seq, theirTag);
    if (match !== undefined) {
      covered.push(match);
      common.push(match);
      if (author === replica.device) ownSeq = Math.max(ownSeq, seq);
      continue;
    }
    areAhead = true;
    for (const tip of tips) if (tip.author === author && tip.seq < seq) covered.push(tip.id);
  }
  const known = new Set(covered);
  const isEqual = tips.every(tip => known.has(tip.id));
  const unsaid = isEqual ? null : looseOn(replica, leftOut);
  const missing = unsaid && [...replica.changesSince(covered)].filter(({ id }) => !unsaid.has(id));
  return { missing: missing ?? [], areAhead, common, ownSeq };
}

/** How many changes of some devices somebody claims beyond those that are here: what they say, and no more. */
export function unseenIn(
  replica: Replica,
  theirs: readonly LaneClaim[],
  devices: ReadonlySet<DeviceId>,
): number {
  const newest = new Map<DeviceId, number>();
  for (const { author, seq } of theirs)
    if (devices.has(author)) newest.set(author, Math.max(seq, newest.get(author) ?? 0));
  let unseen = 0;
  for (const [device, seq] of newest) unseen += Math.max(0, seq - newestIn(replica, device));
  return unseen;
}

function newestIn({ laneTips }: Replica, device: DeviceId): number {
  return Math.max(0, ...laneTips.filter(({ author }) => author === device).map(({ seq }) => seq));
}
