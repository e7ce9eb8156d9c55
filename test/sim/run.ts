// One run drawn from a seed. First chaos: honest people write and come and go, disks, clocks and the network fail, some
// or all others lie, and the safety of everybody honest is checked at each step. Then everything heals, and all must hold
// the same within a bound. The code of replica, session, mesh and relay is the real one; clock, network, disks and keys
// are simulated, and in one run of fifty the keys are real.

import { keyNamed } from "../sync/lucky-ciphers.ts";
import { Puppet } from "../sync/puppet.ts";
import { wires } from "../sync/wires.ts";
import type { Tab } from "../sync/world.ts";
import { Profile } from "../sync/world.ts";
import { DEEDS, nameAt, type as typeSome } from "./actor.ts";
import { Liar, STRATEGIES } from "./byzantine.ts";
import { Checkers, isToReload } from "./checkers.ts";
import { FallenDice } from "./fallen.ts";
import { HARDSHIPS, HardshipDice } from "./hardships.ts";
import { BAD_DISKS, FAULTS, Stage } from "./world.ts";

/** Milliseconds after which healed people must hold the same. */
export const HEALS_WITHIN_MS = 60_000;
/** One run in so many has real keys: its signatures cost as much as the rest of it. */
const REAL_KEYS_EVERY = 50;
const LIARS_MAX = 4;

export class Run {
  readonly seed: number;
  readonly stage: Stage;
  /** Milliseconds that healing took. */
  healedMs = 0;
  readonly #checkers: Checkers;
  readonly #liars: Liar[] = [];
  readonly #dice: HardshipDice;
  readonly #fallen: FallenDice;

  constructor(seed: number) {
    this.seed = seed;
    this.#dice = new HardshipDice(seed);
    this.#fallen = new FallenDice(seed);
    this.stage = new Stage(seed, seed % REAL_KEYS_EVERY !== 0);
    this.#checkers = new Checkers(this.stage);
  }

  /** Throws with one sentence for the first promise that is broken. */
  play(): void {
    // The platform is simulated: a microtask is an event of the world's clock.
    const { queueMicrotask } = globalThis;
    globalThis.queueMicrotask = run => this.stage.world.after(0, run);
    try {
      this.#begin();
      this.#live();
      this.#heal();
      this.#conclude();
    } finally {
      globalThis.queueMicrotask = queueMicrotask;
    }
  }

  get tally(): ReadonlyMap<string, number> {
    return this.stage.tally;
  }

  get hash(): string {
    return this.stage.world.log.hash;
  }

  // ------------------------------------------------------------------------------------------------ beginning

  #begin(): void {
    const { stage } = this;
    const { world, luck, network } = stage;
    world.answerMs = () => luck.between(0, 20);
    this.#drawWeather();
    const owner = world.create(nameAt(0));
    stage.honest.push(owner.profile);
    stage.enter(owner);
    owner.write("Once upon a time");
    world.share(owner);
    stage.invites.push({ key: world.link, role: "editor" });
    // Mostly a few; a step costs as the square of them.
    const people = luck.chance(0.1) ? luck.between(5, 8) : luck.between(1, 4);
    for (let i = 1; i <= people; i++) {
      const profile = stage.newcomer(nameAt(i), world.link);
      stage.honest.push(profile);
      stage.open(profile);
    }
    for (const profile of stage.honest) profile.disk.delayMs = () => luck.between(0, 15);
    stage.open(luck.pick(stage.honest));
    const liars = luck.chance(0.6) ? luck.between(1, Math.min(LIARS_MAX, people + 1)) : 0;
    for (let i = 0; i < liars; i++) this.#addLiar(i, owner);
    network.opened = (station, wire) => this.#liars.find(({ tab }) => tab === station.tab)?.hold(wire);
    if (luck.chance(0.3)) this.#addStranger();
    world.run(luck.between(500, 3_000));
  }

  #drawWeather(): void {
    const { luck, network } = this.stage;
    this.stage.badDisks = luck.chance(0.2) ? luck.pick(BAD_DISKS) : [];
    network.lossShare = luck.chance(0.5) ? 0 : luck.below(31) / 100;
    network.repeatShare = luck.chance(0.5) ? 0 : luck.below(51) / 100;
    network.reorderMs = luck.chance(0.5) ? 0 : luck.between(1, 400);
    const slowMs = luck.pick([5, 50, 300]);
    network.latencyMs = () => luck.between(1, slowMs);
    const walls = luck.pick([0, 0, 0.3, 1]);
    // By their names, so that two never have a way in one direction alone.
    const blocked = new Map<string, boolean>();
    network.hasDirectWay = (a, b) => {
      const pair = [a, b].sort().join();
      const known = blocked.get(pair) ?? luck.chance(walls);
      blocked.set(pair, known);
      return !known;
    };
    const middleShare = luck.chance(0.1) ? 0.3 : 0;
    network.isIntercepted = () => middleShare > 0 && luck.chance(middleShare);
  }

  /** A device with an invite; some have two disks, of which one does not know what the other wrote. */
  #addLiar(index: number, owner: Tab): void {
    const { stage } = this;
    const { luck, world } = stage;
    const name = index === 0 ? "Mallory" : `Mallory ${index + 1}`;
    const first = stage.newcomer(name, world.link);
    const profiles = [first];
    if (luck.chance(0.4)) {
      const twin = new Profile(world, name, first.key);
      twin.doc = owner.replica.doc;
      twin.link = world.link;
      profiles.push(twin);
    }
    for (const profile of profiles) {
      const count = luck.between(1, 4);
      const strategies = Array.from({ length: count }, () => luck.pick(STRATEGIES));
      const tab = profile.open();
      stage.liars.push(tab);
      this.#liars.push(new Liar(stage, tab, [...new Set(strategies)]));
      stage.enter(tab);
    }
  }

  /** Somebody who found the meeting place and speaks by hand, with the key of a link that nobody made. */
  #addStranger(): void {
    const { stage } = this;
    const { world, luck } = stage;
    const isSealed = luck.chance(0.5);
    const ends = wires(world.after, isSealed ? { kind: "relay", fingerprints: null } : {});
    const options = {
      key: keyNamed("Trudy"),
      doc: stage.honest[0]!.doc!,
      inviteSeed: luck.chance(0.5) ? keyNamed("a link of Trudy's").seed : null,
    };
    stage.strangers.push(new Puppet(world, ends[0], options));
    luck.pick(stage.tabs).attach(ends[1]);
    stage.count("strangers");
  }

  // ---------------------------------------------------------------------------------------------------- chaos

  #live(): void {
    const { stage } = this;
    const { luck, world, network } = stage;
    const steps = luck.between(20, 50);
    for (let i = 0; i < steps; i++) {
      if (this.#dice.isNow) stage.step(HARDSHIPS);
      this.#fallen.act(stage);
      const what = luck.below(20);
      if (what < 10) stage.step(DEEDS);
      else if (what < 14 && this.#liars.length > 0) this.#lie();
      else if (what < 17) stage.step(stage.badDisks.length > 0 && luck.chance(0.3) ? stage.badDisks : FAULTS);
      else if (what < 18 && this.#liars.length > 0 && network.stations.length > 0) {
        if (luck.chance(0.5)) network.replay();
        else network.invent(luck.pick(network.stations));
      }
      world.run(luck.chance(0.05) ? luck.between(1_000, 20_000) : luck.between(0, 600));
      this.#checkers.check();
    }
  }

  #lie(): void {
    const liar = this.stage.luck.pick(this.#liars);
    if (this.stage.luck.chance(0.3) && liar.tab.replica.hasGenesis) typeSome(liar.tab, this.stage.luck);
    else liar.act();
  }

  // -------------------------------------------------------------------------------------------------- healing

  #heal(): void {
    const { stage } = this;
    const { world, luck, network } = stage;
    this.#checkers.healing();
    stage.heal();
    // Those who lie on do it by what they leave out and alter; they write nothing new, or nobody could ever be done.
    const staying = luck.chance(0.4);
    if (!staying) for (const { tab } of this.#liars) if (tab.isAlive) stage.crash(tab);
    world.note("everybody", "is healed");
    const from = world.now;
    world.run(3_000);
    for (const profile of stage.honest) if (stage.tabsOf(profile).length === 0) stage.open(profile);
    for (const station of network.stations) station.do({ type: "nudge" });
    if (!world.runUntil(() => this.#isHealed, HEALS_WITHIN_MS, 100)) throw new Error(this.#standing);
    this.healedMs = world.now - from;
  }

  get #isHealed(): boolean {
    const { stage } = this;
    // People who are told to reload do so.
    for (const tab of stage.tabs.filter(isToReload)) {
      stage.count("reloads");
      stage.leave(tab);
      stage.open(tab.profile);
    }
    const tabs = stage.members;
    return (
      tabs.length > 0 &&
      new Set(tabs.map(({ replica }) => replica.heads.join())).size === 1 &&
      tabs.every(tab => tab.isStill && tab.status.kind !== "not-saved" && tab.status.kind !== "saving")
    );
  }

  get #standing(): string {
    const standing = this.stage.members.map(({ name, replica, status, isStill }) => {
      const reason = status.kind === "not-saved" ? ` (${status.reason})` : "";
      const heads = replica.heads.map(id => id.slice(0, 6)).join("+");
      return `${name}: ${status.kind}${reason}${isStill ? "" : ", busy"}, ${heads}`;
    });
    return `They do not hold the same after ${HEALS_WITHIN_MS} ms: ${standing.join("; ")}`;
  }

  #conclude(): void {
    const { stage } = this;
    this.#checkers.finish();
    const authors = stage.members[0]!.replica.laneTips.map(({ author }) => author);
    stage.count("forks", authors.length - new Set(authors).size);
    stage.count("merges", this.#checkers.merges);
    stage.count("refusals", this.#checkers.refusals);
    for (const [what, count] of Object.entries(stage.network.counts)) stage.count(what, count);
    // Whoever is removed, or whose link is, before they have come hears of nothing.
    const isAlone = new Set(stage.members.map(({ profile }) => profile)).size === 1;
    if (this.#checkers.merges === 0 && !isAlone) throw new Error("Nothing happened");
  }
}

/** What came of one seed. */
export interface Result {
  readonly seed: number;
  readonly hash: string;
  /** Milliseconds of simulated time until all held the same again. */
  readonly healedMs: number;
  readonly tally: readonly (readonly [string, number])[];
  /** Null if every promise held. */
  readonly failure: string | null;
}

export function play(seed: number): { readonly run: Run; readonly result: Result } {
  const run = new Run(seed);
  let failure: string | null = null;
  try {
    run.play();
  } catch (error) {
    const { name, message, stack } = error as Error;
    // A promise says what broke; what else throws is a bug whose place is wanted.
    failure = name === "Error" ? message : `${stack}`;
  }
  const { hash, healedMs, tally } = run;
  return {
    run,
    result: { seed, hash, healedMs, tally: [...tally], failure },
  };
}
