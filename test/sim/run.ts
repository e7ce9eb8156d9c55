// One run drawn from a seed: a few honest people, one of them with two tabs, perhaps one who lies, on disks and links
// that fail as real ones do. First chaos, with the safety of everybody checked at each step; then everything heals,
// and all must hold the same within a bound. What liars believe is not checked.

import { type ChangeId, toHex } from "../../src/crdt/index.ts";
import type { Bytes, StoreError } from "../../src/sync/ports.ts";
import { decodeMessage, encodeMessage, runOf, type SentRun } from "../../src/sync/protocol.ts";
import { cachedChange } from "../sync/overheard.ts";
import type { Wire } from "../sync/wires.ts";
import { Profile, type Tab, World } from "../sync/world.ts";

/** Milliseconds after which healed people must hold the same. */
const HEALS_WITHIN_MS = 30_000;
const LETTERS = [..."abcdefghij klmnop\n", "é", "😀"];
const STORE_ERRORS: readonly StoreError[] = ["quota", "failed", "closed", "blocked"];

/** What happened in a run, or in many. */
export interface Tally {
  edits: number;
  deletes: number;
  pastes: number;
  links: number;
  cuts: number;
  crashes: number;
  storeFailures: number;
  conflicts: number;
  lies: number;
  refusals: number;
  forks: number;
}

export function nothingYet(): Tally {
  return {
    edits: 0,
    deletes: 0,
    pastes: 0,
    links: 0,
    cuts: 0,
    crashes: 0,
    storeFailures: 0,
    conflicts: 0,
    lies: 0,
    refusals: 0,
    forks: 0,
  };
}

export class Run {
  readonly world: World;
  readonly tally = nothingYet();
  readonly #honest: Profile[] = [];
  readonly #liars: Tab[] = [];
  /** What a document reads like, by its heads: equal sets of changes are equal documents. */
  readonly #documents = new Map<string, string>();
  /** The change with a number, by honest device and number. */
  readonly #numbers = new Map<string, string>();
  readonly #kept = new Map<Profile, Set<string>>();
  readonly #checked = new WeakMap<object, number>();
  readonly #checkedRows = new WeakSet<object>();
  readonly #opened = new WeakSet<Tab>();

  constructor(seed: number) {
    this.world = new World(seed, true);
  }

  /** Throws with one sentence for the first promise that is broken. */
  play(): void {
    this.#begin();
    const steps = this.world.luck.between(20, 40);
    for (let step = 0; step < steps; step++) {
      this.#step();
      this.world.run(this.world.luck.between(0, 400));
      this.#check();
    }
    this.#heal();
  }

  #begin(): void {
    const { world } = this;
    const { luck } = world;
    world.answerMs = () => luck.between(0, 20);
    const owner = world.create("Alice");
    owner.write("Once upon a time");
    world.share(owner);
    this.#honest.push(owner.profile);
    const names = ["Bob", "Carol", "Dave", "Erin", "Frank"].slice(0, luck.between(2, 4));
    for (const name of names) this.#honest.push(world.join(name, owner).profile);
    const twice = luck.pick(this.#honest);
    twice.open();
    for (const profile of this.#honest) profile.disk.delayMs = () => luck.between(0, 15);
    if (luck.chance(0.6)) this.#addLiar(owner);
    for (let i = 0; i < 4; i++) this.#meet();
  }

  /** A device with an invite and two disks: what one tab writes the other does not know, so they fork. */
  #addLiar(owner: Tab): void {
    const first = this.world.join("Mallory", owner);
    this.#liars.push(first);
    if (!this.world.luck.chance(0.7)) return;
    const twin = new Profile(this.world, "Mallory", first.profile.key);
    twin.doc = owner.replica.doc;
    twin.hasLink = true;
    const second = twin.open();
    this.#liars.push(second);
  }

  get #tabs(): Tab[] {
    return this.world.tabs.filter(tab => this.#honest.includes(tab.profile));
  }

  // ------------------------------------------------------------------------------------------------------ chaos

  #step(): void {
    const { luck } = this.world;
    const tab = luck.pick(this.#tabs.filter(({ replica }) => replica.hasGenesis));
    const what = luck.below(20);
    if (what < 9) this.#edit(tab);
    else if (what < 12 && this.#liars.length > 0) this.#edit(luck.pick(this.#liars));
    else if (what < 14) this.#meet();
    else if (what < 15) this.#cut(tab);
    else if (what < 17) this.#harm(tab.profile);
    else if (what < 18) this.#crash(tab.profile);
    else if (what < 19) tab.act(session => session.flush());
    else tab.caret(luck.below(tab.text.length + 1), tab.name);
  }

  #edit(tab: Tab): void {
    const { luck } = this.world;
    if (!tab.replica.hasGenesis) return;
    for (let i = luck.between(1, 4); i > 0; i--) {
      const { text } = tab;
      const at = luck.below(text.length + 1);
      const kind = luck.below(10);
      if (kind < 6 || text.length === 0) {
        tab.write(luck.pick(LETTERS), wholeAt(text, at));
        this.tally.edits++;
      } else if (kind < 9) {
        const from = wholeAt(text, at);
        const to = wholeAt(text, Math.min(text.length, from + luck.between(1, 5)));
        if (to > from) tab.replace(from, to, luck.chance(0.3) ? "new" : "");
        this.tally.deletes++;
      } else {
        tab.write(
          luck.pick(LETTERS).repeat(luck.between(20, luck.chance(0.05) ? 30_000 : 200)),
          wholeAt(text, at),
        );
        this.tally.pastes++;
      }
    }
  }

  #meet(): void {
    const { luck } = this.world;
    const tab = luck.pick(this.#tabs);
    const others = [...this.#tabs, ...this.#liars].filter(other => other.profile !== tab.profile);
    const other = luck.pick(others);
    const isLiar = this.#liars.includes(other);
    const isSealed = !isLiar && luck.chance(0.3);
    const [, theirs] = this.world.connect(tab, other, {
      kind: isSealed ? "relay" : "webrtc",
      delayMs: luck.between(1, 300),
      ...(isSealed ? { fingerprints: null } : {}),
    });
    this.tally.links++;
    if (isLiar) this.#tamper(theirs);
  }

  #cut(tab: Tab): void {
    for (const wire of tab.wires) if (!wire.isClosed && this.world.luck.chance(0.6)) this.#end(wire);
  }

  #end(wire: Wire): void {
    if (this.world.luck.chance(0.5)) wire.cut();
    else wire.close();
    this.tally.cuts++;
  }

  /** For a while the disk is slow, stalls, or refuses. */
  #harm({ disk }: Profile): void {
    const { luck, after } = this.world;
    const forMs = luck.between(50, 3_000);
    this.tally.storeFailures++;
    switch (luck.below(4)) {
      case 0:
        disk.stall();
        after(forMs, () => disk.resume());
        break;
      case 1:
        disk.refuses = luck.pick(STORE_ERRORS);
        after(forMs, () => {
          disk.refuses = null;
        });
        break;
      case 2:
        // While one tab cannot complete, the other may take its number.
        disk.failsToComplete = luck.pick(STORE_ERRORS);
        for (const tab of this.world.tabs) if (tab.profile.disk === disk) this.#edit(tab);
        after(luck.between(5, 400), () => {
          disk.failsToComplete = null;
        });
        break;
      default:
        disk.refusesSignatures = true;
        after(forMs, () => {
          disk.refusesSignatures = false;
        });
    }
  }

  /** The whole browser dies; its tabs come back one by one. */
  #crash(profile: Profile): void {
    const tabs = this.world.tabs.filter(tab => tab.profile === profile);
    for (const tab of tabs) tab.crash();
    for (const _ of tabs) profile.open();
    this.tally.crashes += tabs.length;
  }

  // ------------------------------------------------------------------------------------------------------- lies

  #tamper(wire: Wire): void {
    const { luck } = this.world;
    const past: SentRun[] = [];
    let frames = 0;
    wire.tamper = frame => {
      // An honest handshake: the rest is about members who lie.
      if (++frames <= 2 || frame[0] !== 0) return [frame];
      const message = decodeMessage(frame.slice(1));
      if (message?.type !== "changes")
        return luck.chance(0.02) ? this.#lie([luck.bytes(luck.below(60))]) : [frame];
      past.push(...message.runs);
      const say = (...runs: SentRun[]): Bytes =>
        Uint8Array.of(0, ...encodeMessage({ type: "changes", runs }));
      const [first, ...rest] = message.runs;
      switch (luck.below(12)) {
        case 0:
          return this.#lie([say(bent(first!, luck.below(1_000)), ...rest)]);
        case 1:
          return this.#lie([
            say({ ...first!, signature: flipped(first!.signature, luck.below(64)) }, ...rest),
          ]);
        case 2:
          return this.#lie([say(...message.runs.toReversed())]);
        case 3:
          return this.#lie([frame, say(luck.pick(past)), frame]);
        case 4:
          return this.#lie([]);
        case 5:
          return this.#lie([frame.slice(0, luck.below(frame.length))]);
        case 6:
          return this.#lie([
            say(runOf({ bytes: luck.bytes(luck.below(200)), signature: luck.bytes(64) })),
            frame,
          ]);
        case 7:
          return this.#lie([say({ ...first!, signature: luck.pick(past).signature }, ...rest)]);
        default:
          return [frame];
      }
    };
  }

  #lie(frames: readonly Bytes[]): readonly Bytes[] {
    this.tally.lies++;
    return frames;
  }

  // ----------------------------------------------------------------------------------------------------- safety

  #check(): void {
    const [early] = this.world.toldTooEarly;
    if (early !== undefined) throw new Error(early);
    for (const profile of this.#honest) this.#checkDisk(profile);
    for (const tab of this.#tabs) this.#checkTab(tab);
  }

  #checkDisk(profile: Profile): void {
    const { rows } = profile.disk.journal;
    if (this.#checkedRows.has(rows)) return;
    this.#checkedRows.add(rows);
    const kept = this.#kept.get(profile) ?? new Set();
    this.#kept.set(profile, kept);
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of kept) if (!ids.has(id)) throw new Error(`${profile.name} lost what was stored`);
    for (const { id, bytes } of rows) {
      if (kept.has(id)) continue;
      kept.add(id);
      this.#number(cachedChange(id, bytes));
    }
  }

  /** No honest device gives a number twice. */
  #number({ id, author, seq }: { readonly id: string; readonly author: string; readonly seq: number }): void {
    if (!this.#honest.some(({ key }) => key.id === author)) return;
    const name = `${author}:${seq}`;
    const known = this.#numbers.get(name);
    if (known !== undefined && known !== id) throw new Error(`${name.slice(0, 6)}… used number ${seq} twice`);
    this.#numbers.set(name, id);
  }

  #checkTab(tab: Tab): void {
    const { replica } = tab;
    if (tab.session.notice?.includes("refused")) this.tally.refusals++;
    for (const id of this.#opened.has(tab) ? [] : tab.openedOn)
      if (!replica.has(id as ChangeId)) throw new Error(`${tab.name} opened without what it had stored`);
    this.#opened.add(tab);
    if (hasConflict(tab)) return;
    const size = replica.laneTips.reduce((sum, { seq }) => sum + seq, 0);
    if (replica.hasDraft || this.#checked.get(replica) === size) return;
    this.#checked.set(replica, size);
    const heads = replica.heads.join();
    const document = replica.canonicalJson();
    const known = this.#documents.get(heads);
    if (known !== undefined && known !== document)
      throw new Error(`${tab.name} reads the same changes otherwise`);
    this.#documents.set(heads, document);
    for (const { change } of replica.changes()) {
      const isAbroad = change.author !== replica.device;
      if (isAbroad) this.#number(change);
    }
  }

  // ---------------------------------------------------------------------------------------------------- healing

  #heal(): void {
    const { world } = this;
    for (const liar of [...this.#liars]) liar.crash();
    for (const profile of this.#honest) {
      const { disk } = profile;
      disk.refuses = disk.failsToComplete = null;
      disk.refusesSignatures = false;
      disk.resume();
    }
    world.run(3_000);
    // People who are told to reload do so.
    for (const tab of this.#tabs.filter(hasConflict)) {
      this.tally.conflicts++;
      tab.crash();
      tab.profile.open();
    }
    const tabs = this.#tabs;
    for (const [i, tab] of tabs.entries())
      for (const other of tabs.slice(i + 1)) if (other.profile !== tab.profile) world.connect(tab, other);
    const isHealed = (): boolean =>
      new Set(tabs.map(({ replica }) => replica.heads.join())).size === 1 &&
      tabs.every(({ replica, status }) => !replica.hasDraft && status.kind === "shared");
    if (!world.runUntil(isHealed, HEALS_WITHIN_MS, 100)) {
      const standing = tabs.map(
        ({ name, replica, status }) =>
          `${name}: ${status.kind}, ${replica.laneTips.map(({ seq }) => seq).join("+")}`,
      );
      throw new Error(`They do not hold the same after ${HEALS_WITHIN_MS} ms: ${standing.join("; ")}`);
    }
    this.#check();
    const [first] = tabs;
    if (new Set(tabs.map(({ replica }) => replica.canonicalJson())).size !== 1)
      throw new Error("They read the same changes otherwise");
    const authors = first!.replica.laneTips.map(({ author }) => author);
    if (new Set(authors).size < authors.length) this.tally.forks++;
    if (this.tally.edits + this.tally.pastes === 0 || this.tally.links === 0)
      throw new Error("Nothing happened");
  }

  /** The last lines of what happened. */
  get trace(): string {
    return this.world.trace.slice(-40).join("\n");
  }
}

function hasConflict({ status }: Tab): boolean {
  return status.kind === "not-saved" && status.reason.startsWith("another tab went on");
}

/** Not between the halves of a character. */
function wholeAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

/** One bit of its rows or, where there are none, of its change. */
function bent(run: SentRun, at: number): SentRun {
  const { start, rows } = run;
  if (rows.length > 0) return { ...run, rows: flipped(rows, at % rows.length) };
  if (start.type === "after") return run;
  return { ...run, start: { ...start, bytes: flipped(start.bytes, at % start.bytes.length) } };
}

function flipped(bytes: Bytes, at: number): Bytes {
  return bytes.with(at, bytes[at]! ^ (1 << (at % 8))) as Bytes;
}

/** For comparing two runs. */
export function digest(run: Run): string {
  return toHex(run.world.ciphers.sha256(new TextEncoder().encode(run.world.trace.join("\n")))).slice(0, 16);
}
