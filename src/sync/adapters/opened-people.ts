// Who may do what in an open document, for the screen: the facts of the core by person, the links with their secrets where
// those are here, and what is set aside in words that can be read. Loaded when somebody shares or looks at people.

import {
  ADMITTED_HEADS_MAX,
  type Bytes,
  type ChangeId,
  type DeviceId,
  fallenOf,
  mayGive,
  type People,
  type PersonId,
  type Replica,
  type Role,
  type SetAside,
  toHex,
} from "../../crdt/index.ts";
import { encodeLink } from "../link.ts";
import type { Ciphers, DocumentRecord } from "../ports.ts";
import { BODY_KEY } from "../text.ts";
import type {
  AsideEntry,
  Comparison,
  DocumentPeople,
  LinkEnds,
  LinkEntry,
  PeopleState,
  PersonEntry,
  RemovalPreview,
} from "../view.ts";
import { devicesOf } from "./document-people.ts";
import { forkProof } from "./fork-proof.ts";
import { type KeptLinks, seedsOf, withSeeds } from "./link-seeds.ts";
import type { Verified } from "./verified.ts";

/** What may be done to the document. */
interface Wishes {
  nameOf(device: DeviceId): string | null;
  /** Edits of mine that a device is not known to hold; null for one that never said. */
  lackedBy(device: DeviceId): number | null;
  subscribe(listener: () => void): () => void;
  /** In one change, which is stored and signed when it is done. */
  say(say: (people: People) => void): Promise<void>;
  /** The most that anybody who is linked says to hold of some devices and that is not here, in changes. */
  unseenOf(devices: ReadonlySet<DeviceId>): number;
  record(): DocumentRecord;
  keepLinks(links: KeptLinks): Promise<void>;
  readonly verified: Verified;
  changed(): void;
}

/** In the order in which they are offered. */
const ROLES: readonly Role[] = ["editor", "commenter", "reader", "admin"];
/** What Share shows without being asked. */
const USUAL: readonly Role[] = ["editor", "reader"];
/** Whoever lost the right to let people in can still make any number of these. */
const ASKING_SHOWN_MAX = 20;
const ENDLESS: LinkEnds = { afterSeconds: null, uses: null };

export class OpenedPeople implements DocumentPeople {
  readonly #replica: Replica;
  readonly #ciphers: Ciphers;
  readonly #pageUrl: string;
  readonly #wishes: Wishes;
  #state: PeopleState | null = null;
  #facts = "";
  readonly #keys = new Map<string, DeviceId>();
  #preparing: Promise<void> | null = null;

  constructor(replica: Replica, ciphers: Ciphers, pageUrl: string, wishes: Wishes) {
    this.#replica = replica;
    this.#ciphers = ciphers;
    this.#pageUrl = pageUrl;
    this.#wishes = wishes;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#wishes.subscribe(listener);

  readonly state = (): PeopleState => {
    const { people } = this.#replica;
    const [persons, links, asking] = [this.#persons(), this.#links(), this.#asking()];
    const facts = JSON.stringify([persons, links, asking, people.asideCount, people.forks]);
    if (this.#state !== null && facts === this.#facts) return this.#state;
    this.#facts = facts;
    this.#state = {
      mayRule: people.mayRule,
      roles: this.#roles(),
      persons,
      links,
      aside: this.#aside(),
      asking,
      twoFaced: people.forks.map(({ device }) => device),
      lacksWords: this.#lacksWords(),
    };
    return this.#state;
  };

  #lacksWords(): boolean {
    const { role, members, people, device } = this.#replica;
    const mine = people.personOf(device);
    return role === "owner" && members.every(({ person, isRecovery }) => person === mine && !isRecovery);
  }

  /** A role that may write nothing here but could elsewhere is not offered. */
  #roles(): Role[] {
    const { role, policy } = this.#replica;
    if (role === null || !this.#replica.people.mayRule) return [];
    return ROLES.filter(
      given => mayGive(role, given) && (given !== "commenter" || policy.commenter !== undefined),
    );
  }

  #persons(): PersonEntry[] {
    const { people, members, device } = this.#replica;
    const byPerson = grouped(members, ({ person }) => person);
    const live = people.links.filter(link => link.isLive && people.mayRevoke(link.invite));
    return [...byPerson].map(([key, devices]) => ({
      key,
      name: devices.map(each => this.#wishes.nameOf(each.device)).find(name => name !== null) ?? null,
      me: people.personOf(device) === key,
      role: devices.find(({ role }) => role !== null)?.role ?? null,
      lacks: leastOf(devices.map(each => this.#wishes.lackedBy(each.device))),
      devices: devices.filter(({ isRecovery }) => !isRecovery).map(each => each.device),
      isReachable: people.personOf(device) !== key && people.mayReach(key),
      links: live
        .filter(({ joined }) => devices.some(each => joined.includes(each.device)))
        .map(({ invite }) => invite),
    }));
  }

  #asking(): PeopleState["asking"] {
    const byPerson = grouped(fallenOf(this.#replica.ground), ({ person }) => person);
    return [...byPerson].slice(0, ASKING_SHOWN_MAX).map(([key, devices]) => ({
      key,
      name: devices.map(({ device, name }) => this.#wishes.nameOf(device) ?? name).find(name => name) ?? null,
    }));
  }

  #links(): LinkEntry[] {
    const record = this.#wishes.record();
    const seeds = new Map(seedsOf(record).map(seed => [this.#keyOf(seed), seed]));
    return this.#replica.people.links
      .filter(({ isLive }) => isLive)
      .map(({ invite, role, label, joined, expires, uses }) => {
        const seed = seeds.get(invite);
        const address =
          seed === undefined || record.roomSecret === null ? null : this.#address(record.roomSecret, seed);
        const isReachable = this.#replica.people.mayRevoke(invite);
        return {
          key: invite,
          role,
          label,
          joined: joined.length,
          expires: expires === 0 ? null : expires * 1000,
          uses: uses === 0 ? null : uses,
          address,
          isReachable,
        };
      });
  }

  /** Worked out once: it takes a millisecond, and is asked at each keystroke while links are shown. */
  #keyOf(seed: Bytes): DeviceId {
    const name = toHex(seed);
    const key = this.#keys.get(name) ?? (toHex(this.#ciphers.seedPublicKey(seed)) as DeviceId);
    this.#keys.set(name, key);
    return key;
  }

  #address(roomSecret: Bytes, inviteSeed: Bytes): string {
    return `${this.#pageUrl}#${encodeLink({ doc: this.#replica.doc, roomSecret, inviteSeed, server: null })}`;
  }

  // ------------------------------------------------------------------------------------------------ set aside

  #aside(): AsideEntry[] {
    const { people } = this.#replica;
    const groups = grouped(people.aside, ({ author, reason }) => `${people.personOf(author)} ${reason}`);
    return [...groups.values()].map(group => {
      const { author, reason } = group[0]!;
      return {
        author: people.personOf(author),
        reason,
        changes: group.length,
        heads: this.#headsOf(group),
        text: this.#textOf(group),
      };
    });
  }

  /** Of each chain the newest. */
  #headsOf(group: readonly SetAside[]): ChangeId[] {
    const followed = new Set(group.map(({ id }) => this.#replica.get(id)!.change.prev));
    return group.map(({ id }) => id).filter(id => !followed.has(id));
  }

  /** What was inserted, one passage to a line; a passage goes on where a letter was typed behind the author's last. */
  #textOf(group: readonly SetAside[]): string {
    let text = "";
    for (const { id } of group)
      for (const op of this.#replica.get(id)!.change.ops) {
        if (op.type !== "insertText" || op.path[0]?.at !== BODY_KEY) continue;
        // wire §4: 0 is the change itself, 1 the author's change before it.
        const goesOn = op.parent !== null && op.side === "right" && op.parent.change <= 1;
        text += text === "" || goesOn ? op.text : `\n${op.text}`;
      }
    return text;
  }

  // ------------------------------------------------------------------------------------------------- the wishes

  prepareLinks(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = null;
    });
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    const shown = this.#links().filter(
      ({ address, label, expires, uses }) =>
        address !== null && label === "" && expires === null && uses === null,
    );
    const missing = USUAL.filter(
      role => this.#roles().includes(role) && !shown.some(link => link.role === role),
    );
    if (missing.length > 0) await this.#make(missing.map(role => [role, ""]));
  }

  async makeLink(role: Role, label: string, ends: LinkEnds): Promise<void> {
    await this.#make([[role, label.trim().toWellFormed()]], ends);
  }

  /** Kept before it is said: a link that is listed and can never be shown would be of no use. */
  async #make(
    links: readonly (readonly [role: Role, label: string])[],
    { afterSeconds, uses }: LinkEnds = ENDLESS,
  ): Promise<void> {
    const expires = afterSeconds === null ? 0 : Math.floor(Date.now() / 1000) + afterSeconds;
    const record = this.#wishes.record();
    const made = links.map(([role, label]) => ({ role, label, seed: this.#ciphers.random(32) }));
    const linkSeeds = withSeeds(seedsOf(record), ...made.map(({ seed }) => seed));
    await this.#wishes.say(people => {
      for (const { role, label, seed } of made)
        people.invite(this.#keyOf(seed), role, label, { expires, uses: uses ?? 0 });
    });
    await this.#wishes.keepLinks({
      roomSecret: record.roomSecret ?? this.#ciphers.random(32),
      inviteSeed: record.inviteSeed ?? made[0]!.seed,
      linkSeeds,
    });
  }

  async revoke(link: string): Promise<void> {
    await this.#wishes.say(people => people.revoke(link as DeviceId));
  }

  async setRole(person: string, role: Role): Promise<void> {
    await this.#wishes.say(people => people.setRole(person as PersonId, role));
  }

  removal(person: string): RemovalPreview {
    const { people, members } = this.#replica;
    const theirs = members.filter(member => member.person === person).map(({ device }) => device);
    return {
      ...people.uncounted(person as PersonId),
      unseen: this.#wishes.unseenOf(new Set(theirs)),
    };
  }

  async remove(person: string, links: readonly string[]): Promise<void> {
    await this.#wishes.say(people => {
      people.dismiss(person as PersonId);
      for (const link of links) people.revoke(link as DeviceId);
    });
  }

  async takeIn({ heads }: AsideEntry): Promise<void> {
    await this.#admit(heads as readonly string[] as readonly ChangeId[], null);
  }

  /** Also what counts already for having been written in good faith: that is only of those who were given no role since. */
  async letIn(person: string): Promise<void> {
    const { people, laneTips } = this.#replica;
    const theirs = laneTips.filter(({ author }) => people.personOf(author) === person);
    await this.#admit(
      theirs.map(({ id }) => id),
      person as PersonId,
    );
  }

  async #admit(heads: readonly ChangeId[], person: PersonId | null): Promise<void> {
    const roles = this.#roles();
    const role = roles.includes("editor") ? "editor" : roles[0]!;
    for (let from = 0; from < heads.length; from += ADMITTED_HEADS_MAX)
      await this.#wishes.say(people => {
        if (from === 0 && person !== null) people.setRole(person, role);
        people.admit(heads.slice(from, from + ADMITTED_HEADS_MAX));
      });
  }

  async compare(device: string): Promise<Comparison> {
    const { personWords } = await import("./words.ts");
    const { people, device: own } = this.#replica;
    return {
      mine: personWords(people.personOf(own)),
      theirs: personWords(people.personOf(device as DeviceId)),
    };
  }

  verify(device: string): void {
    const key = device as DeviceId;
    const name = this.#wishes.nameOf(key);
    this.#wishes.verified.remember({ devices: devicesOf(this.#replica, key), name });
    this.#wishes.changed();
  }

  unverify(device: string): void {
    this.#wishes.verified.forget(devicesOf(this.#replica, device as DeviceId));
    this.#wishes.changed();
  }

  proof(device: string): Uint8Array<ArrayBuffer> {
    return forkProof(this.#replica, device as DeviceId);
  }
}

/** Of those that are known. */
function leastOf(counts: readonly (number | null)[]): number | null {
  const known = counts.filter(count => count !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function grouped<T, K extends string>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
  }
  return groups;
}
