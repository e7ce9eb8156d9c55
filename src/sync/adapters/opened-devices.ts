// My own devices in an open document: the facts of the core, the device link by which a new one comes, and recovery words,
// which stand for a key that is kept nowhere. Loaded when somebody looks at their devices.

import {
  type DeviceId,
  introductionMessage,
  type People,
  type Replica,
  seedSign,
  toHex,
} from "../../crdt/index.ts";
import type { Asking } from "../introductions.ts";
import { encodeDeviceLink } from "../link.ts";
import type { ChangeRecord, Ciphers, DeviceKey, DocumentRecord } from "../ports.ts";
import type { Session } from "../session.ts";
import type { AskingDevice, DeviceEntry, DevicesState, DocumentDevices, Recovered } from "../view.ts";
import type { KeptLinks } from "./link-seeds.ts";
import { comeBack, keyOf, NO_WORDS, UNKNOWN_WORDS } from "./recovering.ts";
import { askingWords, newRecoveryWords, recoverySeed } from "./words.ts";

interface Platform {
  readonly ciphers: Ciphers;
  readonly key: DeviceKey;
  readonly pageUrl: string;
}

/** What may be done to the document. */
interface Wishes {
  nameOf(device: DeviceId): string | null;
  subscribe(listener: () => void): () => void;
  /** In one change, which is stored and signed when it is done. */
  say(say: (people: People) => void): Promise<void>;
  record(): DocumentRecord;
  keepLinks(links: KeptLinks): Promise<void>;
  /** Changes of somebody else's that were made here: stored, shown and passed on. */
  take(records: readonly ChangeRecord[]): Promise<void>;
  changed(): void;
}

/** What is shown while a new device is waited for. */
interface Adding {
  readonly address: string;
  readonly link: DeviceId;
  readonly came: readonly Asking[];
}

export class OpenedDevices implements DocumentDevices {
  readonly #replica: Replica;
  readonly #platform: Platform;
  readonly #session: Pick<Session, "introductions" | "openPeers">;
  readonly #wishes: Wishes;
  #adding: Adding | null = null;
  #state: DevicesState | null = null;
  #facts = "";

  constructor(
    replica: Replica,
    platform: Platform,
    session: Pick<Session, "introductions" | "openPeers">,
    wishes: Wishes,
  ) {
    this.#replica = replica;
    this.#platform = platform;
    this.#session = session;
    this.#wishes = wishes;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#wishes.subscribe(listener);

  readonly state = (): DevicesState => {
    const { device, people } = this.#replica;
    const own = this.#membersOf(device);
    const state: DevicesState = {
      devices: this.#entries(own),
      adding: this.#adding && {
        address: this.#adding.address,
        asking: this.#adding.came.map(asking => this.#askingOf(this.#adding!.link, asking)),
      },
      hasRecoveryWords: own.some(({ isRecovery }) => isRecovery),
      mayMakeRecoveryWords: this.#isMember && people.personOf(device) === device,
    };
    const facts = JSON.stringify(state);
    if (this.#state === null || facts !== this.#facts) this.#state = state;
    this.#facts = facts;
    return this.#state;
  };

  get #isMember(): boolean {
    return this.#replica.roleOf(this.#replica.device) !== null;
  }

  #membersOf(device: DeviceId) {
    const person = this.#replica.people.personOf(device);
    return this.#replica.members.filter(member => member.person === person);
  }

  #entries(members: Replica["members"]): DeviceEntry[] {
    const { device, people } = this.#replica;
    const here = new Set(this.#session.openPeers().map(peer => peer.device));
    return members
      .filter(({ role, isRecovery }) => role !== null && !isRecovery)
      .map(({ device: key }) => ({
        key,
        name: this.#wishes.nameOf(key),
        isThis: key === device,
        isHere: key === device || here.has(key),
        isReachable: people.mayDisown(key),
      }));
  }

  #askingOf(link: DeviceId, { device }: Asking): AskingDevice {
    const words = askingWords(this.#replica.doc, this.#replica.device, link, device);
    return { key: device, words, standing: this.#standingOf(device) };
  }

  #standingOf(device: DeviceId): AskingDevice["standing"] {
    const { people, members } = this.#replica;
    if (!members.some(member => member.device === device)) return "new";
    const isMine = people.personOf(device) === people.personOf(this.#replica.device);
    return isMine && this.#replica.roleOf(device) !== null ? "mine" : "elsewhere";
  }

  // ----------------------------------------------------------------------------------------------- a new device

  async startAdding(): Promise<void> {
    if (!this.#isMember) throw new Error("Nothing of yours is in this document yet: write something first.");
    const { ciphers, pageUrl } = this.#platform;
    const record = this.#wishes.record();
    const roomSecret = record.roomSecret ?? ciphers.random(32);
    if (record.roomSecret === null) await this.#wishes.keepLinks({ ...record, roomSecret });
    const seed = ciphers.random(32);
    const { doc, device: introducer } = this.#replica;
    const link = toHex(ciphers.seedPublicKey(seed)) as DeviceId;
    const address = `${pageUrl}#${encodeDeviceLink({ doc, roomSecret, seed, introducer })}`;
    this.#adding = { address, link, came: [] };
    this.#session.introductions.await(link, asking => {
      this.#adding = { address, link, came: [...this.#adding!.came, asking] };
      this.#wishes.changed();
    });
    this.#wishes.changed();
  }

  stopAdding(): void {
    this.#adding = null;
    this.#session.introductions.stop();
    this.#wishes.changed();
  }

  async add(key: string): Promise<void> {
    const asking = this.#adding?.came.find(({ device }) => device === key);
    if (asking === undefined) throw new Error("That device does not ask any more.");
    await this.#wishes.say(people => people.introduce(asking.device, asking.signature));
  }

  async disown(key: string): Promise<void> {
    await this.#wishes.say(people => people.disown(key as DeviceId));
  }

  // --------------------------------------------------------------------------------------------- recovery words

  async makeRecoveryWords(): Promise<readonly string[]> {
    return newRecoveryWords(length => this.#platform.ciphers.random(length));
  }

  async confirmRecoveryWords(words: readonly string[]): Promise<void> {
    const seed = recoverySeed(words.join(" "));
    if (seed === null) throw new Error(NO_WORDS);
    const { doc, device } = this.#replica;
    const signature = seedSign(seed, introductionMessage(doc, device));
    await this.#wishes.say(people => people.introduce(keyOf(seed), signature, { isRecovery: true }));
  }

  async findRecovered(words: string): Promise<Recovered | { readonly error: string }> {
    const seed = recoverySeed(words);
    if (seed === null) return { error: NO_WORDS };
    const { members, device } = this.#replica;
    if (!members.some(member => member.device === keyOf(seed) && member.isRecovery))
      return { error: UNKNOWN_WORDS };
    if (members.some(member => member.device === device))
      return {
        error:
          "This device has a part in this document already, and keeps it: it cannot become somebody else's. " +
          "Use the words in another browser.",
      };
    const devices = this.#entries(this.#membersOf(keyOf(seed)));
    return { name: devices[0]?.name ?? this.#wishes.nameOf(keyOf(seed)), devices };
  }

  /** A second copy of the document, in the hand of the recovery key, says it. */
  async recover(words: string, lost: readonly string[]): Promise<void> {
    const seed = recoverySeed(words);
    if (seed === null) throw new Error(NO_WORDS);
    const { doc, device } = this.#replica;
    const signature = await this.#platform.key.sign(introductionMessage(doc, keyOf(seed)));
    const now = Math.floor(Date.now() / 1000);
    await this.#wishes.take(comeBack(doc, this.#replica.changes(), device, { seed, signature, lost }, now));
  }
}
