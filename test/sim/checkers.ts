// What must hold of honest people at every step of a run, and what must hold in the end. Each check throws one sentence
// for the first promise that is broken. They look only at what a page, a disk or a link shows; what liars believe is
// not looked at.

import type { Op } from "../../src/crdt/graph/change.ts";
import { type ChangeId, type DeviceId, type RefusalCode, Replica } from "../../src/crdt/index.ts";
import { BUFFERED_BYTES_HIGH, FRAME_BYTES_MAX } from "../../src/sync/limits.ts";
import { STORE_REASONS } from "../../src/sync/status.ts";
import { checkDocument } from "../model/check-document.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { asideOf } from "../model/naive-effects.ts";
import { cachedChange } from "../sync/overheard.ts";
import type { Profile, Tab } from "../sync/world.ts";
import type { Stage } from "./world.ts";

/** About the signature a change came with, or the room that is here, not about the change: the next sender may bring a sound
 * one, and others may have room. */
const NO_VERDICT: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "SignatureWrong",
  "BytesMalformed",
  "BranchesExceeded",
]);
/** Bytes that somebody must have sent for each signature that is judged: the signature itself. */
const BYTES_PER_QUESTION = 64;
/** Changes up to which it is worked out from scratch what of them counts: that is cubic. */
const NAIVE_CHANGES_MAX = 150;
/** Bytes of ops up to which the laws are asked from scratch as well: that is cubic. */
const NAIVE_BYTES_MAX = 1_500;

export class Checkers {
  readonly #stage: Stage;
  /** What a document reads like, by its heads and what is set aside: equal sets of changes are equal documents. */
  readonly #documents = new Map<string, string>();
  /** The change with a number, by honest device and number. */
  readonly #numbers = new Map<string, string>();
  readonly #verdicts = new Map<ChangeId, { readonly isAdmitted: boolean; readonly who: string }>();
  /** What stands complete on each disk. */
  readonly #kept = new Map<Profile, Map<string, { readonly author: DeviceId; readonly seq: number }>>();
  /** Whose changes may be gone, and numbers used twice: an old disk, a damaged row. */
  readonly #excused = new Set<Profile>();
  /** What open pages still held for their disks when all was well again: changes, and up to which number they went. */
  readonly #owed: { readonly tab: Tab; readonly ids: readonly string[]; readonly seq: number }[] = [];
  /** What counts by some changes and proofs. */
  readonly #asides = new Map<string, string>();
  readonly #reputation = new Reputation();
  readonly #heads = new WeakMap<Tab, readonly ChangeId[]>();
  readonly #shown = new WeakMap<Tab, string>();
  readonly #rows = new WeakSet<object>();
  readonly #opened = new WeakSet<Tab>();
  /** Changes that others made and an honest replica took. */
  merges = 0;
  refusals = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    stage.opened = tab => this.#watch(tab);
    stage.forgive = (profile, ids) => {
      this.#excused.add(profile);
      for (const id of ids) this.#kept.get(profile)?.delete(id);
    };
  }

  // ------------------------------------------------------------------------------------------------- each step

  check(): void {
    const [early] = this.#stage.world.toldTooEarly;
    if (early !== undefined) throw new Error(early);
    for (const profile of this.#stage.honest) this.#checkDisk(profile);
    for (const tab of this.#stage.tabs) this.#checkTab(tab);
    for (const { heard } of this.#stage.strangers)
      for (const message of heard)
        if (message.type !== "have" || message.lanes.length > 0)
          if (message.type !== "ping" && message.type !== "took")
            throw new Error(`a stranger was told: ${message.type}`);
  }

  /** All that a replica is asked to judge is judged alike by all, for ever. */
  #watch(tab: Tab): void {
    const { replica } = tab;
    const admitRun = replica.admitRun.bind(replica);
    replica.admitRun = (inspected, verdicts, source) => {
      const reception = admitRun(inspected, verdicts, source);
      this.merges += reception.admitted.length;
      for (const { change } of reception.admitted) this.#judged(tab, change.id, true);
      for (const { id, refusal } of reception.refused) {
        this.refusals++;
        if (id !== null && !NO_VERDICT.has(refusal.code)) this.#judged(tab, id, false, refusal.code);
      }
      return reception;
    };
  }

  #judged({ name }: Tab, id: ChangeId, isAdmitted: boolean, code = ""): void {
    const known = this.#verdicts.get(id);
    if (known === undefined) this.#verdicts.set(id, { isAdmitted, who: name });
    else if (known.isAdmitted !== isAdmitted)
      throw new Error(
        `${id.slice(0, 6)}… is ${isAdmitted ? "taken" : `refused (${code})`} by ${name}, not so by ${known.who}`,
      );
  }

  #checkDisk(profile: Profile): void {
    const { rows } = profile.disk.journal;
    if (this.#rows.has(rows)) return;
    this.#rows.add(rows);
    const kept = this.#kept.get(profile) ?? new Map();
    this.#kept.set(profile, kept);
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of kept.keys()) if (!ids.has(id)) throw new Error(`${profile.name} lost what was stored`);
    for (const { id, bytes } of rows) {
      if (kept.has(id)) continue;
      const change = cachedChange(id, bytes);
      kept.set(id, change);
      this.#number(change);
    }
  }

  /** No honest device gives a number twice. */
  #number({
    id,
    author,
    seq,
  }: {
    readonly id: string;
    readonly author: DeviceId;
    readonly seq: number;
  }): void {
    const profile = this.#honest(author);
    if (profile === undefined || this.#excused.has(profile)) return;
    const name = `${author}:${seq}`;
    const known = this.#numbers.get(name);
    if (known !== undefined && known !== id) throw new Error(`${profile.name} used number ${seq} twice`);
    this.#numbers.set(name, id);
  }

  #honest(device: DeviceId): Profile | undefined {
    return this.#stage.honest.find(({ key }) => key.id === device);
  }

  #checkTab(tab: Tab): void {
    this.#checkBounds(tab);
    this.#checkDelivery(tab);
    checkToldUnsaved(tab);
    const { replica } = tab;
    if (!this.#opened.has(tab) && !this.#excused.has(tab.profile))
      for (const id of tab.openedOn)
        if (!replica.has(id as ChangeId)) throw new Error(`${tab.name} opened without what it had stored`);
    this.#opened.add(tab);
    if (replica.hasDraft || isToReload(tab)) return;
    this.#setAside(tab);
    const aside = [...this.#stage.setAside].join();
    const state = `${knowledgeOf(replica)} ${aside}`;
    if (this.#shown.get(tab) === state) return;
    this.#shown.set(tab, state);
    const document = replica.canonicalJson();
    const known = this.#documents.get(state);
    if (known !== undefined && known !== document)
      throw new Error(`${tab.name} reads the same changes otherwise`);
    this.#documents.set(state, document);
    for (const { change } of replica.changesSince(this.#heads.get(tab) ?? [])) {
      this.#judged(tab, change.id, true);
      if (change.isAboutPeople) this.#reputation.hear(change.author, change.ops);
      if (change.author !== replica.device) this.#number(change);
      if (replica.isMasked(change.id) && this.#honest(change.author) !== undefined)
        throw new Error(`${tab.name} masks what ${this.#honest(change.author)!.name} wrote`);
    }
    this.#heads.set(tab, replica.heads);
    this.#checkAside(tab);
  }

  /** Equal changes, equal effects; and nothing of anybody honest is set aside against whom nothing was ever said. */
  #checkAside({ name, replica }: Tab): void {
    const { aside } = replica.people;
    const heads = knowledgeOf(replica);
    const ids = aside
      .map(({ id }) => id)
      .sort()
      .join();
    const known = this.#asides.get(heads);
    if (known !== undefined && known !== ids) throw new Error(`${name} sets other changes aside`);
    this.#asides.set(heads, ids);
    for (const { author, reason } of aside) {
      const profile = this.#honest(author);
      if (profile === undefined || this.#excused.has(profile)) continue;
      // While another page took its number, and it is about to find out.
      if (author === replica.device) continue;
      if (this.#reputation.isSpotless(author, device => this.#isTrusted(device)))
        throw new Error(`${name} sets aside what ${profile.name} wrote: ${reason}`);
    }
  }

  /** Honest, and with one face. */
  #isTrusted(device: DeviceId): boolean {
    const profile = this.#honest(device);
    return profile !== undefined && !this.#excused.has(profile);
  }

  /** What everybody agreed to set aside is masked here as well, whenever it came. */
  #setAside({ replica }: Tab): void {
    for (const [device, from] of this.#stage.setAside) {
      replica.maskLane(device, 1, false);
      if (from !== Number.POSITIVE_INFINITY) replica.maskLane(device, from, true);
    }
  }

  /** Nothing is kept without end for anybody, and nothing is judged that nobody sent. */
  #checkBounds(tab: Tab): void {
    let receivedBytes = this.#stage.network.stationOf(tab).relayedBytes;
    for (const wire of tab.wires) {
      receivedBytes += wire.receivedBytes;
      if (!wire.isClosed && wire.bufferedBytes > BUFFERED_BYTES_HIGH + FRAME_BYTES_MAX)
        throw new Error(`${tab.name} hands over ${wire.bufferedBytes} bytes that nobody takes`);
    }
    if (tab.questions * BYTES_PER_QUESTION > receivedBytes)
      throw new Error(`${tab.name} judged ${tab.questions} signatures in ${receivedBytes} bytes`);
  }

  /** The delivery meter tells no lie: who is said to hold what I wrote does. */
  #checkDelivery(tab: Tab): void {
    if (this.#excused.size > 0) return;
    const { device } = tab.replica;
    for (const [other, seq] of Object.entries(tab.session.delivery.heldUpTo)) {
      const profile = this.#honest(other as DeviceId);
      if (profile === undefined || seq === 0) continue;
      const id = this.#numbers.get(`${device}:${seq}`);
      if (id === undefined || !this.#kept.get(profile)!.has(id))
        throw new Error(`${tab.name} says that ${profile.name} holds number ${seq}`);
    }
  }

  // ------------------------------------------------------------------------------------------------ in the end

  /** From here on everything works: what a page could not store so far it must. */
  healing(): void {
    for (const tab of this.#stage.tabs) {
      const words = tab.session.lastWords;
      if (words === null || isToReload(tab) || this.#excused.has(tab.profile)) continue;
      // What is held waits for somebody who lets its author in.
      const seq = words.after + (words.draft === null || tab.replica.isHeld ? 0 : 1);
      this.#owed.push({ tab, ids: words.changes.map(({ id }) => id), seq });
    }
  }

  /** Unless another page took their numbers, and they were told so. */
  #checkOwed(): void {
    for (const { tab, ids, seq } of this.#owed) {
      const { profile } = tab;
      if (!tab.isAlive || this.#excused.has(profile)) continue;
      this.#stage.count("unsaved pages saved");
      const kept = this.#kept.get(profile);
      const { head } = profile.disk.journal;
      if (!ids.every(id => kept?.has(id)) || (head?.seq ?? 0) < seq)
        throw new Error(`${tab.name} had written what its disk does not hold`);
    }
  }

  finish(): void {
    this.check();
    this.#checkOwed();
    const { members: tabs } = this.#stage;
    const honest = [...new Set(tabs.map(({ profile }) => profile))];
    const documents = tabs.map(({ replica }) => replica.canonicalJson());
    if (new Set(documents).size !== 1) throw new Error("They read the same changes otherwise");
    for (const profile of honest)
      for (const id of this.#kept.get(profile)?.keys() ?? [])
        for (const tab of tabs)
          if (!tab.replica.has(id as ChangeId) && !this.#stage.gone.has(id))
            throw new Error(
              `${tab.name} lacks ${this.#nameOf(profile, id)}, which ${profile.name} had stored`,
            );
    const [first] = tabs;
    const changes = [...first!.replica.changes()].map(({ change }) => change);
    checkCausality(changes);
    checkDocument(first!.replica);
    const aside = new Set(first!.replica.people.aside.map(({ id }) => id));
    this.#stage.count("changes set aside", aside.size);
    if (changes.length <= NAIVE_CHANGES_MAX) {
      this.#stage.count("effects asked");
      const proven = new Map(first!.replica.forks.all.map(({ device, seq }) => [device, seq]));
      const expected = asideOf(changes, proven);
      if (aside.size !== expected.size || ![...aside].every(id => expected.has(id)))
        throw new Error(
          `Asked from scratch, ${expected.size} changes are set aside, not these ${aside.size}`,
        );
    }
    if (changes.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) <= NAIVE_BYTES_MAX) {
      this.#stage.count("laws asked");
      const masked = new Set(
        changes.map(({ id }) => id).filter(id => aside.has(id) || first!.replica.isMasked(id)),
      );
      if (new NaiveDocument(changes, masked, aside).json() !== documents[0])
        throw new Error("The laws, asked from scratch, give another document");
    }
    for (const profile of honest) this.#checkReading(profile, first!.replica);
  }

  #nameOf(profile: Profile, id: string): string {
    const { author, seq } = this.#kept.get(profile)!.get(id)!;
    return `number ${seq} of ${this.#honest(author)?.name ?? "somebody"}`;
  }

  /** What is on disk is what shows. */
  #checkReading({ key, disk, doc, name }: Profile, shown: Replica): void {
    const replica = Replica.open(key.id, doc!);
    let { rows } = disk.journal;
    // A damaged row that was repaired stands behind what builds on it.
    for (let before = rows.length + 1; rows.length < before; ) {
      before = rows.length;
      replica.restore(rows, 0);
      rows = rows.filter(({ id }) => !replica.has(id as ChangeId));
    }
    if (replica.heads.join() !== shown.heads.join()) throw new Error(`${name} has other changes on disk`);
  }
}

/** Whoever has a disk that does not take the text is told so, and why. */
function checkToldUnsaved(tab: Tab): void {
  const { refusedBy, status } = tab;
  if (refusedBy === null || isToReload(tab)) return;
  if (status.kind !== "not-saved" || status.reason !== STORE_REASONS[refusedBy])
    throw new Error(`${tab.name} says "${status.kind}" while its disk answers "${refusedBy}"`);
}

/** What decides what counts: changes, and proofs of two-faced devices. */
function knowledgeOf({ heads, forks }: Replica): string {
  return `${heads.join()} ${forks.all.map(({ device, seq, ids }) => `${device} ${seq} ${ids.join()}`).join()}`;
}

/** What was ever said about people, by whomever, and whether it counts or not. */
class Reputation {
  #owner: DeviceId | null = null;
  readonly #named = new Set<DeviceId>();
  readonly #revoked = new Set<DeviceId>();
  /** The link by which each device came, and who made each link. */
  readonly #links = new Map<DeviceId, DeviceId>();
  readonly #makers = new Map<DeviceId, DeviceId>();

  hear(author: DeviceId, ops: readonly Op[]): void {
    for (const op of ops)
      if (op.type === "genesis") this.#owner = author;
      else if (op.type === "join") this.#links.set(author, op.invite);
      else if (op.type === "invite") this.#makers.set(op.key, author);
      else if (op.type === "revoke") this.#revoked.add(op.invite);
      else if (op.type === "dismiss" || op.type === "role") this.#named.add(op.person);
  }

  /** The owner, whatever is said; and whom nobody named who came by a link that stands, made by somebody as spotless. */
  isSpotless(device: DeviceId, isTrusted: (device: DeviceId) => boolean): boolean {
    if (device === this.#owner) return true;
    const link = this.#links.get(device);
    if (link === undefined || this.#named.has(device) || this.#revoked.has(link)) return false;
    const maker = this.#makers.get(link);
    return maker !== undefined && isTrusted(maker) && this.isSpotless(maker, isTrusted);
  }
}

/** Nothing is stored by it any more. */
export function isToReload({ status }: Tab): boolean {
  return status.kind === "not-saved" && /reload/i.test(status.reason);
}

function checkCausality(
  changes: readonly { readonly id: ChangeId; readonly parents: readonly ChangeId[] }[],
): void {
  const before = new Set<ChangeId>();
  for (const { id, parents } of changes) {
    for (const parent of parents)
      if (!before.has(parent)) throw new Error("A change stands before its parent");
    before.add(id);
  }
}
