// What the other side lacks. Every device's chain is linear, so what somebody holds is said by the newest change of
// each lane, and one message each way tells the difference exactly (docs/wire-format.md §7.3). Pure functions of a
// replica and a claim; a lying claim costs bytes, never correctness.
//
// A claim about a change we do not hold is taken at its word for the numbers below it: if they have number 12 of
// Alice's device they have our 8, unless Alice forked. Then they name, beside the newest, rungs down that lane:
//
//     1 … 60 … 85 … 96 97 98 99 100      each 1.25 times as far from the newest as the one before
//             ╲
//              61'… 90'                  ours: the highest rung that is here, 60, is at most 1.25 times as far down as the
//                                        fork, so one message each way finds it where a search by halves takes log₂ n

import {
  type Bytes,
  type ChangeId,
  concat,
  type DeviceId,
  type LaneTip,
  midstate,
  mustFromHex,
  type Replica,
  type Slot,
  sha256,
  sha256Behind,
  tag,
  toHex,
  Writer,
} from "../crdt/index.ts";
import { LANES_MAX, RUNG_LANES_MAX, TAGS_MAX } from "./limits.ts";
import type { LaneClaim } from "./protocol.ts";

const LANE_TAG = tag("chirograph lane 1");
const DEVICE_TAG = tag("chirograph device 1");
const FRONTIER_TAG = tag("chirograph frontier 1");
const ID_BYTES = 32;
const HASH_BYTES = 32;
const TAG_BYTES = 8;
const DEVICE_TAG_BYTES = 4;
/** How much farther from the newest change each rung is than the one before. */
const RUNG_STEP = 1.25;

/** A change's hash, shortened under a key that both ends of one session share: nobody can prepare collisions. */
export function laneTag(key: Bytes, id: ChangeId): Bytes {
  return sha256(concat(LANE_TAG, key, mustFromHex(id))).slice(0, TAG_BYTES);
}

/** The same of very many that are here, by their slots, each as a number, big endian. */
export function laneTagger(
  key: Bytes,
  graph: Pick<Replica["ground"]["graph"], "writeId">,
): (slot: Slot) => bigint {
  const begun = midstate(LANE_TAG);
  const end = key.length + ID_BYTES;
  const said = new Writer(end + HASH_BYTES);
  said.bytes(key);
  return slot => {
    said.length = key.length;
    graph.writeId(slot, said);
    sha256Behind(begun, said.view, 0, end);
    return said.view.getBigUint64(end);
  };
}

/** What was shortened of late under the key of a link, which is one object for as long as the link lives: a message of three bytes is
 * enough to have all lanes compared anew, and mostly few of them have moved. */
class Shortened {
  readonly #key: Bytes;
  readonly #devices = new Map<DeviceId, string>();
  readonly #lanes = new Map<ChangeId, Bytes>();

  constructor(key: Bytes) {
    this.#key = key;
  }

  device(device: DeviceId): string {
    const known = this.#devices.get(device);
    if (known !== undefined) return known;
    const name = toHex(sha256(concat(DEVICE_TAG, this.#key, mustFromHex(device))).slice(0, DEVICE_TAG_BYTES));
    this.#devices.set(device, name);
    return name;
  }

  /** As `laneTag`; never written to. */
  lane(id: ChangeId): Bytes {
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const tag = laneTag(this.#key, id);
    if (this.#lanes.size >= TAGS_MAX) this.#lanes.delete(this.#lanes.keys().next().value!);
    this.#lanes.set(id, tag);
    return tag;
  }
}

const shortened = new WeakMap<Bytes, Shortened>();

function under(key: Bytes): Shortened {
  const known = shortened.get(key) ?? new Shortened(key);
  shortened.set(key, known);
  return known;
}

/** A device's key, shortened likewise, in hex. Two devices may share one: the tags of their changes tell which is meant. */
export function deviceTag(key: Bytes, device: DeviceId): string {
  return under(key).device(device);
}

/** 8 bytes for all that is claimed: equal for those who hold the same. */
export function frontierOf(key: Bytes, lanes: readonly LaneClaim[]): Bytes {
  const tags = lanes.map(({ tag }) => toHex(tag)).sort();
  return sha256(concat(FRONTIER_TAG, key, mustFromHex(tags.join("")))).slice(0, TAG_BYTES);
}

/** What is claimed, with the change that it is claimed of. */
export interface Claim extends LaneClaim {
  readonly id: ChangeId;
  readonly author: DeviceId;
}

/** What a replica holds, but for changes in `without` (not stored yet) and what follows them on their lanes. `newest`: of what
 * lies down a chain the newest that is for them, or -1. Of more lanes than a message holds its last are for it. */
export function claim(
  replica: Replica,
  key: Bytes,
  without: ReadonlySet<Slot>,
  newest: (slot: Slot) => Slot = slot => slot,
): Claim[] {
  const { graph } = replica.ground;
  const lanes: Claim[] = [];
  for (const tip of compared(replica).told) {
    let slot = newest(tip.slot);
    while (slot >= 0 && without.has(slot)) slot = graph.prevOf(slot);
    if (slot >= 0) lanes.push(claimOf(replica, key, slot));
  }
  return lanes;
}

function claimOf({ ground: { graph } }: Replica, key: Bytes, slot: Slot): Claim {
  const [id, author] = [graph.idAt(slot), graph.authorAt(slot)];
  return { id, author, device: deviceTag(key, author), seq: graph.seqAt(slot), tag: under(key).lane(id) };
}

/** Rungs down from what is claimed of a lane, the newest first. */
export function rungsBelow(replica: Replica, key: Bytes, { id: newest }: Claim): Claim[] {
  const { graph } = replica.ground;
  const top = graph.slotOf(newest)!;
  const rungs: Claim[] = [];
  for (
    let below = 0, seq = graph.seqAt(top);
    below < seq;
    below = Math.max(below + 1, Math.floor(below * RUNG_STEP))
  )
    rungs.push(claimOf(replica, key, graph.onChain(top, seq - below)));
  return rungs;
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
      tags = new Map(ids.map(id => [toHex(under(this.#key).lane(id)), id]));
      this.#byNumber.set(name, tags);
    }
    return tags.get(toHex(tag));
  }
}

/** What of a replica is compared: of more lanes than a message holds those are left out that are loose, the last by author and
 * id, until something that counts stands on them. Without end they are made by two-faced devices alone. Where even those that count
 * are more, the longest come last: a message holds these, and a link that lets in very many, who write a word each, pushes out
 * nobody who writes. */
function compared({ laneTips, people }: Replica): {
  readonly told: readonly LaneTip[];
  readonly leftOut: readonly LaneTip[];
} {
  if (laneTips.length <= LANES_MAX) return { told: laneTips, leftOut: [] };
  const loose = laneTips.filter(({ slot }) => people.isLoose(slot));
  const leftOut = loose.slice(Math.max(0, LANES_MAX - (laneTips.length - loose.length)));
  const left = new Set(leftOut);
  const told = laneTips.filter(tip => !left.has(tip));
  return { told: told.length > LANES_MAX ? told.sort((a, b) => a.seq - b.seq) : told, leftOut };
}

/** The loose changes of lanes that are left out. */
function looseOn({ people, ground: { graph } }: Replica, lanes: readonly LaneTip[]): ReadonlySet<Slot> {
  const loose = new Set<Slot>();
  for (const { slot: newest, first } of lanes)
    for (
      let slot = newest;
      slot >= 0 && people.isLoose(slot) && graph.seqAt(slot) >= first;
      slot = graph.prevOf(slot)
    )
      loose.add(slot);
  return loose;
}

export interface Difference {
  /** The slots of what they lack of ours, parents first; null where that was not looked for. */
  readonly missing: readonly Slot[] | null;
  /** Whether they hold something we lack. */
  readonly areAhead: boolean;
  /** The newest changes of theirs that are here. */
  readonly common: readonly ChangeId[];
  /** The highest number of this replica's device that they hold. */
  readonly ownSeq: number;
  /** Devices of which they hold another change than ours with some number, with a few lanes here: rungs tell from where on. */
  readonly forked: readonly DeviceId[];
}

/** Without what they lack (`isBrief`) it costs no more than there are lanes. `settled`: of lanes of which neither end says anything
 * what is older than this slot is left for ranges to find (ranging.ts), unless something newer stands on it. */
export function compare(
  replica: Replica,
  key: Bytes,
  theirs: readonly LaneClaim[],
  isBrief = false,
  settled: Slot = 0,
): Difference {
  const { told: tips, leftOut } = compared(replica);
  const tagged = new Tagged(replica, key);
  const byAuthor = groupedByAuthor(tips);
  const authors = authorsByTag(byAuthor.keys(), key);
  const covered: ChangeId[] = [];
  const common: ChangeId[] = [];
  /** Claims of changes beyond those that are here. */
  const beyond: { readonly author: DeviceId; readonly seq: number }[] = [];
  /** The lowest number of which they hold another change than we do. */
  const doubted = new Map<DeviceId, number>();
  let areAhead = false;
  let ownSeq = 0;
  for (const { device, seq, tag: theirTag } of theirs) {
    const named = authors.get(device) ?? [];
    const author = named.find(one => tagged.find(one, seq, theirTag) !== undefined);
    if (author !== undefined) {
      const match = tagged.find(author, seq, theirTag)!;
      covered.push(match);
      common.push(match);
      if (author === replica.device) ownSeq = Math.max(ownSeq, seq);
      continue;
    }
    areAhead = true;
    // Of two devices with one tag nobody can say which is meant.
    const [only] = named.length === 1 ? named : [];
    if (only === undefined) continue;
    if (replica.numbered(only, seq).length === 0) beyond.push({ author: only, seq });
    else doubted.set(only, Math.min(seq, doubted.get(only) ?? seq));
  }
  // Of more lanes, rungs would cost what they save.
  const forked = [...doubted.keys()].filter(device => byAuthor.get(device)!.length <= RUNG_LANES_MAX);
  for (const { author, seq } of beyond) {
    const below = forked.includes(author) ? doubted.get(author)! : Number.POSITIVE_INFINITY;
    for (const tip of byAuthor.get(author)!) if (tip.seq < seq && tip.seq < below) covered.push(tip.id);
  }
  if (isBrief) return { missing: null, areAhead, common, ownSeq, forked };
  const known = new Set(covered);
  const isEqual = tips.every(tip => known.has(tip.id));
  const unsaid = isEqual ? null : looseOn(replica, leftOut);
  const lacked = unsaid === null ? [] : [...replica.slotsSince(covered)];
  const missing = unsaid === null || unsaid.size === 0 ? lacked : lacked.filter(slot => !unsaid.has(slot));
  // They leave unsaid what we do.
  const isCut = theirs.length >= LANES_MAX && tips.length > LANES_MAX;
  const told = (i: number): boolean => i >= tips.length - LANES_MAX;
  const open = isCut
    ? tips.filter(({ id, slot }, i) => !known.has(id) && (told(i) || slot >= settled))
    : null;
  return {
    missing: open === null ? missing : below(replica, open, missing),
    areAhead,
    common,
    ownSeq,
    forked,
  };
}

/** What stands among some lanes' newest changes or below them. */
function below(
  { ground: { graph } }: Replica,
  lanes: readonly LaneTip[],
  slots: readonly Slot[],
): readonly Slot[] {
  const past = graph.past(lanes.map(({ slot }) => slot));
  return slots.filter(slot => past.has(slot));
}

function groupedByAuthor(tips: readonly LaneTip[]): ReadonlyMap<DeviceId, readonly LaneTip[]> {
  const byAuthor = new Map<DeviceId, LaneTip[]>();
  for (const tip of tips) {
    const theirs = byAuthor.get(tip.author);
    if (theirs === undefined) byAuthor.set(tip.author, [tip]);
    else theirs.push(tip);
  }
  return byAuthor;
}

function authorsByTag(authors: Iterable<DeviceId>, key: Bytes): ReadonlyMap<string, readonly DeviceId[]> {
  const byTag = new Map<string, DeviceId[]>();
  for (const author of authors) {
    const name = deviceTag(key, author);
    byTag.set(name, [...(byTag.get(name) ?? []), author]);
  }
  return byTag;
}

/** How many changes of some devices somebody claims beyond those that are here: what they say, and no more. */
export function unseenIn(
  replica: Replica,
  key: Bytes,
  theirs: readonly LaneClaim[],
  devices: ReadonlySet<DeviceId>,
): number {
  let unseen = 0;
  for (const author of devices) {
    const name = deviceTag(key, author);
    const newest = Math.max(0, ...theirs.filter(({ device }) => device === name).map(({ seq }) => seq));
    unseen += Math.max(0, newest - newestIn(replica, author));
  }
  return unseen;
}

function newestIn({ laneTips }: Replica, device: DeviceId): number {
  return Math.max(0, ...laneTips.filter(({ author }) => author === device).map(({ seq }) => seq));
}
