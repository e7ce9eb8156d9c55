// What the other side lacks. Every device's chain is linear, so what somebody holds is said by the newest change of
// each lane, and one message each way tells the difference exactly (docs/wire-format.md §7.3). Pure functions of a
// replica and a claim; a lying claim costs bytes, never correctness.
//
// A claim about a change we do not hold is taken at its word for the numbers below it: if they have number 12 of
// Alice's device they have our 8, unless Alice forked. Then the next comparison shows it, for by then we hold 12.

import {
  type Bytes,
  type ChangeId,
  concat,
  equalBytes,
  mustFromHex,
  type Replica,
  sha256,
  tag,
  type VerifiedChange,
} from "../crdt/index.ts";
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
  for (const tip of replica.laneTips) {
    let id: ChangeId | null = tip.id;
    while (id !== null && without.has(id)) id = replica.get(id)!.change.prev;
    if (id === null) continue;
    const { author, seq } = replica.get(id)!.change;
    lanes.push({ id, author, seq, tag: laneTag(key, id) });
  }
  return lanes;
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
  const tips = replica.laneTips;
  const covered: ChangeId[] = [];
  const common: ChangeId[] = [];
  let areAhead = false;
  let ownSeq = 0;
  for (const { author, seq, tag: theirTag } of theirs) {
    const match = replica.numbered(author, seq).find(id => equalBytes(laneTag(key, id), theirTag));
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
  return { missing: isEqual ? [] : [...replica.changesSince(covered)], areAhead, common, ownSeq };
}
