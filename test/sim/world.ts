// Everybody in a simulated run, and what befalls them: pages that come and go, disks that fail, a network that is cut.
// The clock, the disks and the links are those of test/sync/world.ts; the meeting place is network.ts. Each fault is one
// row of `FAULTS`, drawn by its weight; what people and liars do of themselves is in actor.ts and byzantine.ts.

import type { DeviceId, Role } from "../../src/crdt/index.ts";
import type { StoreError } from "../../src/sync/ports.ts";
import type { Key } from "../crdt/people.ts";
import type { Journal } from "../sync/disk.ts";
import type { Puppet } from "../sync/puppet.ts";
import { Profile, type Tab, World } from "../sync/world.ts";
import { Network, SERVER } from "./network.ts";
import type { Prng } from "./prng.ts";

/** Something that may happen in a step, and how often beside the others. */
export interface Step {
  readonly name: string;
  readonly weight: number;
  /** False if there was no occasion. */
  readonly act: (stage: Stage) => boolean;
}

/** A link that somebody may come by. */
export interface Invite {
  readonly key: Key;
  readonly role: Role;
}

const STORE_ERRORS: readonly StoreError[] = ["quota", "failed", "closed", "blocked"];
/** Until the app has opened a document anew. */
const OPENS_ANEW_MS = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export class Stage {
  readonly world: World;
  readonly luck: Prng;
  readonly network: Network;
  readonly honest: Profile[] = [];
  readonly liars: Tab[] = [];
  /** Who knows the meeting place and has no invite. */
  readonly strangers: Puppet[] = [];
  readonly invites: Invite[] = [];
  /** Devices that everybody set aside, and from which number on; from none on after they thought better of it. */
  readonly setAside = new Map<DeviceId, number>();
  /** How often each thing happened. */
  readonly tally = new Map<string, number>();
  /** Of `BAD_DISKS`, in some runs. */
  badDisks: readonly Step[] = [];
  /** A page of somebody honest was opened. */
  opened: (tab: Tab) => void = () => undefined;
  /** What stood on a disk and may be gone: a backup was restored, bits rotted. */
  forgive: (profile: Profile, ids: readonly string[]) => void = () => undefined;
  readonly #backups = new Map<Profile, Journal>();
  /** What nobody can bring back. */
  readonly gone = new Set<string>();
  /** Changes of which a row was damaged anywhere: the other copy has to last. */
  readonly #rotten = new Set<string>();

  constructor(seed: number, isQuick: boolean) {
    this.world = new World(seed, isQuick);
    this.luck = this.world.luck;
    this.network = new Network(this.world);
  }

  count(what: string, by = 1): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + by);
  }

  /** One of the steps, by weight. */
  step(steps: readonly Step[]): void {
    let at = this.luck.below(steps.reduce((sum, { weight }) => sum + weight, 0));
    const drawn = steps.find(({ weight }) => {
      at -= weight;
      return at < 0;
    })!;
    if (drawn.act(this)) this.count(drawn.name);
  }

  // ------------------------------------------------------------------------------------------------------ people

  /** The open pages of honest people. */
  get tabs(): Tab[] {
    return this.world.tabs.filter(({ profile }) => this.honest.includes(profile));
  }

  /** Those that do not stand still. */
  get awake(): Tab[] {
    return this.tabs.filter(({ isFrozen }) => !isFrozen);
  }

  /** Those that can be written in. */
  get writers(): Tab[] {
    return this.awake.filter(({ replica }) => replica.hasGenesis && replica.mayWrite);
  }

  /** Pages of those who are let read in the end: whoever has a role, or a link that is alive and was never removed, by the
   * fullest copy of anybody honest. The owner's own may lack a damaged row, and with it everybody. */
  get members(): Tab[] {
    if (!this.tabs.some(({ profile }) => profile === this.honest[0])) return [];
    const [{ replica }] = this.tabs
      .filter(({ profile }) => this.honest.includes(profile))
      .toSorted((a, b) => b.replica.size - a.replica.size) as [Tab];
    return this.tabs.filter(
      ({ profile: { key, link } }) =>
        replica.roleOf(key.id) !== null ||
        (link !== null && replica.inviteRole(link.id) !== null && replica.people.endsOf(key.id).length === 0),
    );
  }

  tabsOf(profile: Profile): Tab[] {
    return this.world.tabs.filter(tab => tab.profile === profile);
  }

  /** A page of somebody, and its way to the others. */
  enter(tab: Tab): Tab {
    if (this.honest.includes(tab.profile)) {
      this.opened(tab);
      tab.overtaken = () => this.world.after(OPENS_ANEW_MS, () => tab.whenAwake(() => this.#openAnew(tab)));
    }
    this.network.enter(tab);
    return tab;
  }

  /** As the app does when another tab went on while this one could not store. */
  #openAnew(tab: Tab): void {
    if (!tab.isAlive) return;
    this.count("conflicts");
    this.leave(tab);
    this.open(tab.profile);
  }

  open(profile: Profile): Tab {
    return this.enter(profile.open());
  }

  /** Somebody new, by a link; their page is not open yet. */
  newcomer(name: string, link: Key): Profile {
    const profile = new Profile(this.world, name);
    profile.link = link;
    profile.doc = this.honest[0]!.doc;
    return profile;
  }

  crash(tab: Tab): void {
    tab.crash(this.luck.chance(0.3));
    this.network.exit(tab);
  }

  leave(tab: Tab): void {
    // A page that stands still says no goodbye.
    if (tab.isFrozen) tab.crash();
    else tab.leave();
    this.network.exit(tab);
  }

  /** Every page of a profile, and no word to anybody. */
  crashAll(profile: Profile): number {
    const tabs = this.tabsOf(profile);
    for (const tab of tabs) this.crash(tab);
    return tabs.length;
  }

  // ------------------------------------------------------------------------------------------------------- disks

  backUp(profile: Profile): void {
    this.#backups.set(profile, profile.disk.journal);
  }

  /** The disk is as it was; false if there is no older state. */
  restoreBackup(profile: Profile): boolean {
    const backup = this.#backups.get(profile);
    const { journal } = profile.disk;
    if (backup === undefined || backup.rows.length >= journal.rows.length) return false;
    const tabs = this.crashAll(profile);
    const kept = new Set(backup.rows.map(({ id }) => id));
    profile.disk.journal = backup;
    this.world.note(profile.name, "comes back with an old disk");
    this.forgive(
      profile,
      journal.rows.map(({ id }) => id).filter(id => !kept.has(id)),
    );
    for (let i = 0; i < tabs; i++) this.open(profile);
    return true;
  }

  /** Of what somebody else has as well, and can prove by itself: a change that was nowhere else, or is covered there by another
   * that rots next, cannot be brought back by anybody. */
  rot(profile: Profile): boolean {
    const { disk } = profile;
    const { rows } = disk.journal;
    const others = this.honest.filter(other => other !== profile);
    const proven = others.flatMap(other =>
      other.disk.journal.rows.filter(({ signature, tail }) => signature !== null || tail !== undefined),
    );
    const elsewhere = new Set(proven.map(({ id }) => id));
    const candidates = rows.flatMap(({ id }, row) =>
      row > 0 && elsewhere.has(id) && !this.#rotten.has(id) ? [row] : [],
    );
    if (candidates.length === 0) return false;
    const row = this.luck.pick(candidates);
    const { id } = rows[row]!;
    this.#rotten.add(id);
    // Who is not let in any more, or was never, has nobody to bring it back to; and then nothing that builds on it comes back.
    const letIn = this.members.filter(tab => tab.profile !== profile);
    const isBack = letIn.some(tab => tab.profile.disk.journal.rows.some(other => other.id === id));
    if (!isBack) for (const other of rows.slice(row)) this.gone.add(other.id);
    const tabs = this.crashAll(profile);
    this.world.note(profile.name, "has a damaged row");
    disk.damage(row, this.luck.below(1_000));
    // What builds on it cannot be read either, until it is brought back.
    this.forgive(
      profile,
      rows.map(({ id }) => id),
    );
    for (let i = 0; i < tabs; i++) this.open(profile);
    return true;
  }

  /** From now on everything works. */
  heal(): void {
    const { network } = this;
    network.lossShare = network.repeatShare = network.reorderMs = 0;
    network.isIntercepted = () => false;
    network.mendAll();
    // Whom a lying server named stays in the tables of pages until they lose it.
    if (network.counts.invented > 0) network.stopServer();
    network.startServer();
    for (const tab of this.tabs) tab.thaw();
    for (const { disk } of this.honest) {
      disk.refuses = disk.failsToComplete = disk.breaks = null;
      disk.roomBytes = Number.POSITIVE_INFINITY;
      disk.refusesSignatures = false;
      disk.resume();
    }
  }
}

/** All faults but those of `BAD_DISKS`. */
export const FAULTS: readonly Step[] = [
  { name: "links cut", weight: 4, act: cutLinks },
  { name: "ways cut", weight: 4, act: cutWays },
  { name: "crashes", weight: 4, act: crash },
  { name: "disk failures", weight: 6, act: harmDisk },
  { name: "clock jumps", weight: 1, act: jumpClock },
  { name: "server outages", weight: 1, act: stopServer },
  { name: "server connections lost", weight: 2, act: loseServer },
];

/** An honest device does not survive these unharmed: it may fork, and what nobody else holds is gone. One kind in a run,
 * since each relies on what others still have. */
export const BAD_DISKS: readonly (readonly Step[])[] = [
  [
    {
      name: "backups made",
      weight: 4,
      act(stage) {
        stage.backUp(stage.luck.pick(stage.honest));
        return true;
      },
    },
    { name: "backups restored", weight: 3, act: stage => stage.restoreBackup(stage.luck.pick(stage.honest)) },
  ],
  [{ name: "rows damaged", weight: 1, act: stage => stage.rot(stage.luck.pick(stage.honest)) }],
];

function cutLinks({ luck, network }: Stage): boolean {
  if (network.stations.length === 0) return false;
  const wires = luck.pick(network.stations).links.filter(({ wire }) => !wire.isClosed && luck.chance(0.6));
  for (const { wire } of wires)
    if (luck.chance(0.4)) wire.cut();
    else if (luck.chance(0.5)) wire.close();
    else wire.vanish();
  return wires.length > 0;
}

/** Some on one side, the others and perhaps the server on the other, in one direction or both. */
function cutWays({ world, luck, network, honest, liars }: Stage): boolean {
  const names = [...honest, ...new Set(liars.map(({ profile }) => profile))].map(({ name }) => name);
  const here = names.filter(() => luck.chance(0.5));
  const there = [...names.filter(name => !here.includes(name)), ...(luck.chance(0.5) ? [SERVER] : [])];
  if (here.length === 0 || there.length === 0) return false;
  const isOneWay = luck.chance(0.4);
  const ways = here.flatMap(a =>
    there.flatMap(b =>
      isOneWay
        ? [[a, b]]
        : [
            [a, b],
            [b, a],
          ],
    ),
  );
  world.note("network", `${isOneWay ? "loses" : "parts"} ${here.join(" ")}`, there.join(" "));
  for (const [from, to] of ways) network.cut(from!, to!);
  world.after(luck.between(200, luck.chance(0.2) ? 40_000 : 4_000), () => {
    world.note("network", "mends a cut");
    for (const [from, to] of ways) if (network.isCut(from!, to!)) network.mend(from!, to!);
  });
  return true;
}

/** The whole browser dies; its tabs come back one by one. */
function crash(stage: Stage): boolean {
  const profile = stage.luck.pick(stage.honest);
  const tabs = stage.crashAll(profile);
  for (let i = 0; i < tabs; i++) stage.open(profile);
  return tabs > 0;
}

/** For a while a disk is slow, stalls, or refuses. */
function harmDisk({ luck, world, honest }: Stage): boolean {
  const { disk } = luck.pick(honest);
  const forMs = luck.between(50, 3_000);
  switch (luck.below(4)) {
    case 0:
      disk.stall();
      world.after(forMs, () => disk.resume());
      break;
    case 1:
      disk.refuses = luck.pick(STORE_ERRORS);
      world.after(forMs, () => {
        disk.refuses = null;
      });
      break;
    case 2:
      // While one tab cannot complete, another may take its number.
      disk.failsToComplete = luck.pick(STORE_ERRORS);
      world.after(luck.between(5, 400), () => {
        disk.failsToComplete = null;
      });
      break;
    default:
      disk.refusesSignatures = true;
      world.after(forMs, () => {
        disk.refusesSignatures = false;
      });
  }
  return true;
}

/** By seconds, or by years: a clock that was set. */
function jumpClock({ luck, honest }: Stage): boolean {
  const reach = luck.pick([10_000, HOUR_MS, 4_000 * DAY_MS]);
  luck.pick(honest).skewMs = luck.between(-reach, reach);
  return true;
}

function stopServer({ luck, world, network }: Stage): boolean {
  network.stopServer();
  world.after(luck.between(100, 8_000), () => network.startServer());
  return true;
}

function loseServer({ luck, network }: Stage): boolean {
  if (network.stations.length === 0) return false;
  const station = luck.pick(network.stations);
  network.lose(station);
  return true;
}
