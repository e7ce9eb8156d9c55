// What befalls pages and disks that is neither a crash nor a refusal: a page that stands still, two links at once, a disk
// that is full, a write that is half there. Half of the runs have them, by dice of their own, so that the other runs are
// what they were before these were thought of.
//
//     frozen      the browser lets nothing run in a page, or the machine sleeps: its timers and all that was said to it
//                 wait, up to 40 s, and then come at once. Others may have given it up by then
//     glare       two pages that are linked, or not, open two links at once, one from each side (by hand), or come back
//                 to the meeting place together under other names: the handshakes cross
//     full        a transaction that needs more room than there is aborts when it should complete, as in IndexedDB; reading
//                 goes on, and so does what is small enough
//     torn        the machine dies in the middle of a write. A write with a new head is all there or not at all; of changes
//                 of others the first few may be there (`ChangeLog`, held to it by test/sync/node/fragile.test.ts).
//                 Nobody has heard that anything is stored, also where all of it is

import type { Journal } from "../sync/disk.ts";
import { cachedChange } from "../sync/overheard.ts";
import { wires } from "../sync/wires.ts";
import type { Profile, Tab } from "../sync/world.ts";
import { type } from "./actor.ts";
import { Prng } from "./prng.ts";
import type { Stage, Step } from "./world.ts";

const FROZEN_MS_MAX = 40_000;
/** Of the steps of a run that has hardships. */
const SHARE = 0.2;
/** Such that none of the seeds that failed before there were hardships has any. */
const OWN_DICE = 0xface;

export const HARDSHIPS: readonly Step[] = [
  { name: "pages frozen", weight: 3, act: freeze },
  { name: "links crossed", weight: 2, act: crossLinks },
  { name: "returns at once", weight: 1, act: returnTogether },
  { name: "full disks", weight: 3, act: fillDisk },
  { name: "torn writes", weight: 3, act: tearWrite },
];

/** Whether a run has hardships, and when. */
export class HardshipDice {
  readonly #luck: Prng;
  readonly #isHard: boolean;

  constructor(seed: number) {
    this.#luck = new Prng(seed ^ OWN_DICE);
    this.#isHard = this.#luck.chance(0.5);
  }

  get isHard(): boolean {
    return this.#isHard;
  }

  /** Asked once in each step. */
  get isNow(): boolean {
    return this.#isHard && this.#luck.chance(SHARE);
  }
}

/** One page, or all of somebody's. */
function freeze(stage: Stage): boolean {
  const { luck, world, awake } = stage;
  if (awake.length === 0) return false;
  const one = luck.pick(awake);
  const frozen = luck.chance(0.5) ? [one] : awake.filter(({ profile }) => profile === one.profile);
  const forMs = luck.between(200, luck.chance(0.5) ? FROZEN_MS_MAX : 4_000);
  for (const tab of frozen) {
    world.note(tab.name, "is frozen");
    tab.freeze();
  }
  const isSeen = luck.chance(0.5);
  world.after(forMs, () => {
    for (const tab of frozen) if (tab.isAlive && tab.isFrozen) thaw(stage, tab, isSeen);
  });
  return true;
}

function thaw({ world, network }: Stage, tab: Tab, isSeen: boolean): void {
  world.note(tab.name, "is thawed");
  tab.thaw();
  // As when the page becomes visible.
  if (isSeen && tab.isAlive) network.stationOf(tab).do({ type: "nudge" });
}

function crossLinks(stage: Stage): boolean {
  const pair = twoAwake(stage);
  if (pair === null) return false;
  const { luck, world, network } = stage;
  const [a, b] = pair;
  if (network.isCut(a.profile.name, b.profile.name) || network.isCut(b.profile.name, a.profile.name))
    return false;
  world.note(a.name, "crosses links", b.name);
  for (const [first, second] of [pair, [b, a]] as const) {
    const ends = wires(world.after, { delayMs: luck.between(1, 300) });
    world.after(luck.between(0, 50), () => {
      if (!first.isAlive || !second.isAlive) return;
      network.stationOf(first).pair(ends[0], second.profile.name);
      network.stationOf(second).pair(ends[1], first.profile.name);
    });
  }
  return true;
}

function returnTogether(stage: Stage): boolean {
  const pair = twoAwake(stage);
  if (pair === null) return false;
  for (const tab of pair) stage.network.lose(stage.network.stationOf(tab));
  return true;
}

/** Pages of two people. */
function twoAwake({ luck, awake }: Stage): readonly [Tab, Tab] | null {
  if (awake.length === 0) return null;
  const a = luck.pick(awake);
  const others = awake.filter(({ profile }) => profile !== a.profile);
  return others.length === 0 ? null : [a, luck.pick(others)];
}

function fillDisk(stage: Stage): boolean {
  const { luck, world } = stage;
  const profile = luck.pick(stage.honest);
  const { disk, name } = profile;
  world.note(name, "has a full disk");
  disk.roomBytes = luck.between(0, 600);
  world.after(luck.between(500, 10_000), () => {
    world.note(name, "has room again");
    disk.roomBytes = Number.POSITIVE_INFINITY;
  });
  typeAt(stage, profile);
  return true;
}

/** The next one. */
function tearWrite(stage: Stage): boolean {
  const { luck, world } = stage;
  const profile = luck.pick(stage.honest);
  profile.disk.breaks = (before, after) => {
    world.note(profile.name, "dies in the middle of a write");
    const left = provable(stage, before, torn(before, after, luck.next()));
    const tabs = stage.crashAll(profile);
    profile.disk.journal = left;
    stage.count("writes broken off");
    if (left !== before) stage.count("writes that nobody heard of");
    if (left !== before && left !== after) stage.count("writes half there");
    for (let i = 0; i < tabs; i++) stage.open(profile);
  };
  typeAt(stage, profile);
  return true;
}

/** Perhaps, so that there is something to write. */
function typeAt({ writers, luck }: Stage, profile: Profile): void {
  const tab = writers.find(one => one.profile === profile);
  if (tab !== undefined && luck.chance(0.5)) type(tab, luck);
}

/** Of the run of a liar, who may be gone by then, nobody would say again what proves it. */
function provable({ honest }: Stage, before: Journal, { rows, ...rest }: Journal): Journal {
  let left = rows.length;
  for (; left > before.rows.length; left--) {
    const { id, bytes, signature, tail } = rows[left - 1]!;
    const { author } = cachedChange(id, bytes);
    if (signature !== null || tail !== undefined || honest.some(({ key }) => key.id === author)) break;
  }
  return left === rows.length ? { rows, ...rest } : { ...rest, rows: rows.slice(0, left) };
}

function torn(before: Journal, after: Journal, drawn: number): Journal {
  const more = after.rows.length - before.rows.length;
  const isWhole = more === 0 || after.head?.id !== before.head?.id;
  if (isWhole) return drawn % 2 === 0 ? before : after;
  const left = drawn % (more + 1);
  if (left === 0) return before;
  return left === more ? after : { ...after, rows: after.rows.slice(0, before.rows.length + left) };
}
