// A world for real sessions: one clock, one source of luck, disks, keys and links that answer later. Nothing in it
// waits for anything but its own clock, so that equal seeds give equal traces. What crosses a link is listened to:
// the law "stored before told" is checked here for every frame of every test.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { decodeChange, idOf } from "../../src/crdt/graph/codec.ts";
import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  equalBytes,
  joinMessage,
  mustFromHex,
  Replica,
  type SignatureQuestion,
} from "../../src/crdt/index.ts";
import { ciphers as realCiphers } from "../../src/sync/adapters/ciphers.ts";
import { Channel } from "../../src/sync/channel.ts";
import type { Ciphers } from "../../src/sync/ports.ts";
import { decodeMessage, type Message } from "../../src/sync/protocol.ts";
import { type Effect, Session } from "../../src/sync/session.ts";
import { anchorAt, bodyText, editBody } from "../../src/sync/text.ts";
import { Key, verify } from "../crdt/people.ts";
import { Prng } from "../sim/prng.ts";
import { appended, Disk, rowsFrom, withSignature } from "./disk.ts";
import { type Wire, type WireOptions, wires } from "./wires.ts";

const START = 1_700_000_000_000;

interface Event {
  readonly at: number;
  readonly run: () => void;
}

export class World {
  readonly luck: Prng;
  readonly ciphers: Ciphers;
  /** Milliseconds since 1970. */
  now = START;
  /** One line for each thing that happened. */
  readonly trace: string[] = [];
  /** The first words said although they were not stored; must stay empty. */
  readonly toldTooEarly: string[] = [];
  readonly tabs: Tab[] = [];
  /** The invite's key pair, once the document is shared. */
  readonly link = keyNamed("the link of the world");
  readonly after = (delayMs: number, run: () => void): void => this.#plan(this.now + delayMs, run);
  /** Milliseconds until a key or the signature rule answers. */
  answerMs: () => number = () => 1;
  #events: Event[] = [];

  readonly #isQuick: boolean;

  /** Quick: signatures and agreement by hashes that fail when they should and keep no secret, for runs in bulk. */
  constructor(seed = 1, isQuick = false) {
    this.luck = new Prng(seed);
    this.#isQuick = isQuick;
    const sign = (message: Uint8Array): Bytes => this.sign(this.link, message);
    this.ciphers = deterministicCiphers(this.luck, this.link, sign, isQuick);
  }

  sign(key: Key, message: Uint8Array): Bytes {
    return this.#isQuick ? quickSignature(mustFromHex(key.id), message) : key.sign(message);
  }

  verify({ key, message, signature }: SignatureQuestion): boolean {
    return this.#isQuick
      ? equalBytes(signature, quickSignature(key, message))
      : verify({ key, message, signature });
  }

  // Kept in order; what comes later at the same time stands behind.
  #plan(at: number, run: () => void): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, run });
  }

  note(line: string): void {
    this.trace.push(`${this.now - START} ${line}`);
  }

  /** Lets time pass, everything planned for it included. */
  run(forMs: number): void {
    const until = this.now + forMs;
    for (let next = this.#events[0]; next !== undefined && next.at <= until; next = this.#events[0]) {
      this.#events.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  /** Lets time pass until something holds; false if it does not within `boundMs`. */
  runUntil(holds: () => boolean, boundMs = 10_000, stepMs = 10): boolean {
    for (let passed = 0; passed < boundMs; passed += stepMs) {
      if (holds()) return true;
      this.run(stepMs);
    }
    return holds();
  }

  // -------------------------------------------------------------------------------------------------- people

  /** A new document, written by somebody and nobody else yet. */
  create(name: string): Tab {
    const profile = new Profile(this, name);
    const nonce = this.luck.bytes(16);
    const { replica, genesis } = Replica.create(profile.key.id, nonce, Math.floor(this.now / 1000));
    const tab = new Tab(profile, replica, false);
    tab.act(session => session.adopt(genesis.id));
    return tab;
  }

  /** Makes the link that everybody else comes by, and waits until it is stored. */
  share(owner: Tab): void {
    owner.act(session => {
      session.amend(replica => replica.invite(this.link.id, "editor"));
      session.setInviteSeed(this.link.seed);
      session.flush();
    });
    owner.profile.hasLink = true;
    this.runUntil(() => owner.isStill, 1_000);
  }

  /** Somebody who opened the link, on a device that holds nothing. */
  join(name: string, owner: Tab, hasLink = true): Tab {
    const profile = new Profile(this, name);
    profile.hasLink = hasLink;
    profile.doc = owner.replica.doc;
    return profile.open();
  }

  connect(a: Tab, b: Tab, options: WireOptions = {}): readonly [Wire, Wire] {
    // The lower name at the meeting place begins.
    const [first, second] = a.name < b.name ? [a, b] : [b, a];
    const ends = wires(this.after, options);
    this.note(`${first.name} meets ${second.name}`);
    first.attach(ends[0]);
    second.attach(ends[1]);
    return a === first ? ends : [ends[1], ends[0]];
  }
}

/** A browser profile: one key, one disk, any number of tabs. */
export class Profile {
  readonly world: World;
  readonly name: string;
  readonly key: Key;
  readonly disk: Disk;
  /** What was never told to the disk but has to be known again after a crash. */
  doc: Replica["doc"] | null = null;
  hasLink = false;
  /** Changes whose signature the disk refused: they may go, since they will be signed alike. */
  readonly signedAlike = new Set<string>();
  tabs = 0;

  constructor(world: World, name: string, key = keyNamed(name)) {
    this.world = world;
    this.name = name;
    this.key = key;
    this.disk = new Disk(world.after);
  }

  /** One more tab, or the first one after a crash. */
  open(): Tab {
    const { world, key, doc } = this;
    const signature = world.sign(world.link, joinMessage(doc!, key.id));
    const ticket = this.hasLink ? { invite: world.link.id, signature } : null;
    return new Tab(this, Replica.open(key.id, doc!, ticket), true);
  }
}

export class Tab {
  readonly profile: Profile;
  readonly name: string;
  readonly replica: Replica;
  readonly session: Session;
  readonly world: World;
  readonly wires = new Set<Wire>();
  isAlive = true;
  /** The changes it was opened on. */
  readonly openedOn: readonly string[];
  /** How often the session was woken by the clock. */
  ticks = 0;
  /** Says what it shows; grows with `changed`. */
  changes = 0;
  presences = 0;
  readonly said = { have: 0, changes: 0, took: 0, presence: 0, ping: 0, pong: 0 };
  #tickAt = Number.POSITIVE_INFINITY;
  #asked = 0;

  constructor(profile: Profile, replica: Replica, isReopened: boolean) {
    this.profile = profile;
    this.world = profile.world;
    this.replica = replica;
    this.name = profile.tabs === 0 ? profile.name : `${profile.name}/${profile.tabs}`;
    this.openedOn = isReopened ? profile.disk.journal.rows.map(({ id }) => id) : [];
    profile.tabs++;
    profile.doc = replica.doc;
    const { world } = this;
    this.session = new Session(
      {
        replica,
        ciphers: world.ciphers,
        inviteSeed: profile.hasLink ? world.link.seed : null,
        now: world.now,
        isDurable: true,
        delivered: {},
      },
      {
        effect: effect => this.#carryOut(effect),
        changed: () => {
          this.changes++;
        },
        presence: () => {
          this.presences++;
        },
      },
    );
    profile.disk.watch(this, () => {
      if (this.isAlive) this.act(session => session.lookInStore());
    });
    world.tabs.push(this);
    if (isReopened) {
      const { rows } = profile.disk.journal;
      this.act(session => session.restored(rows, rows.length));
    } else this.#schedule();
  }

  /** As adapters/host.ts does: at the present time, and its next tick comes. */
  act<T>(act: (session: Session) => T): T {
    this.session.tick(this.world.now);
    const result = act(this.session);
    this.#schedule();
    return result;
  }

  #schedule(): void {
    const at = Math.max(this.session.nextAt, this.world.now + 1);
    if (!this.isAlive || at >= this.#tickAt) return;
    this.#tickAt = at;
    this.world.after(at - this.world.now, () => {
      if (!this.isAlive || this.#tickAt !== at) return;
      this.#tickAt = Number.POSITIVE_INFINITY;
      this.ticks++;
      this.act(() => undefined);
    });
  }

  #later(run: () => void): void {
    this.#asked++;
    this.world.after(this.world.answerMs(), () => {
      this.#asked--;
      if (this.isAlive) run();
    });
  }

  #carryOut(effect: Effect): void {
    const { disk, key } = this.profile;
    const { world } = this;
    world.note(`${this.name} ${effect.type}`);
    switch (effect.type) {
      case "append":
        this.#begin(
          "append",
          journal => {
            this.session.tick(world.now);
            const unseen = rowsFrom(journal, effect.position);
            return appended(journal, this.session.closeInTransaction(journal.head, unseen));
          },
          session => session.appended(disk.journal.rows.length),
          (session, code) => session.appendFailed(code),
        );
        break;
      case "read":
        this.#begin(
          "read",
          journal => journal,
          session => session.restored(rowsFrom(disk.journal, effect.position), disk.journal.rows.length),
          session => session.restored([], effect.position),
        );
        break;
      case "sign":
        this.#later(() => this.act(session => session.signed(effect.token, world.sign(key, effect.message))));
        break;
      case "verify":
        this.#later(() =>
          this.act(session =>
            session.verified(
              effect.token,
              effect.questions.map(question => world.verify(question)),
            ),
          ),
        );
        break;
      case "putSignature":
        this.#begin(
          "putSignature",
          journal => withSignature(journal, effect.id, effect.signature),
          session => session.signatureStored(effect.id),
          session => {
            this.profile.signedAlike.add(effect.id);
            session.signatureStored(effect.id);
          },
        );
    }
  }

  #begin(
    kind: Parameters<Disk["begin"]>[0]["kind"],
    change: Parameters<Disk["begin"]>[0]["change"],
    done: (session: Session) => void,
    failed: (session: Session, code: Parameters<Session["appendFailed"]>[0]) => void,
  ): void {
    this.#asked++;
    this.profile.disk.begin({
      owner: this,
      kind,
      change,
      done: () => {
        this.#asked--;
        this.act(done);
      },
      failed: code => {
        this.#asked--;
        this.world.note(`${this.name} ${kind} failed: ${code}`);
        this.act(session => failed(session, code));
      },
    });
  }

  // ------------------------------------------------------------------------------------------------- writing

  get text(): string {
    return bodyText(this.replica);
  }

  get status(): Session["status"] {
    return this.session.status;
  }

  /** Nothing asked is unanswered and nothing typed is open. */
  get isStill(): boolean {
    return this.#asked === 0 && !this.replica.hasDraft;
  }

  replace(from: number, to: number, insert: string): void {
    this.act(session => session.edit(root => editBody(root, [{ from, to, insert }])));
  }

  /** At the end unless said otherwise. */
  write(text: string, at = this.text.length): void {
    this.replace(at, at, text);
  }

  caret(at: number | null, name = ""): void {
    const { replica } = this;
    this.act(session =>
      session.setPresence(() => {
        if (at === null) return { name, caret: null };
        const anchor = anchorAt(replica, at);
        return anchor === "draft" ? null : { name, caret: { anchor, head: anchor } };
      }),
    );
  }

  // ------------------------------------------------------------------------------------------------- meeting

  attach(wire: Wire): void {
    this.wires.add(wire);
    listenIn(wire, this);
    this.act(session => session.link(wire));
  }

  /** What is gone: the page at once, with all that it had not completed. */
  crash(): void {
    this.world.note(`${this.name} crashes`);
    this.isAlive = false;
    for (const wire of this.wires) wire.cut();
    this.profile.disk.leave(this);
    this.world.tabs.splice(this.world.tabs.indexOf(this), 1);
  }
}

// ------------------------------------------------------------------------------------------------- listening in

/** Checks what a tab says over a link that is not sealed against what its disk has completed. */
function listenIn(wire: Wire, tab: Tab): void {
  const channel = new Channel(tab.world.ciphers, { send: NO_KEY, receive: NO_KEY, tags: NO_KEY }, false);
  let frames = 0;
  wire.heard = frame => {
    // Hello and proof.
    if (++frames <= 2) return;
    tab.world.note(`${tab.name} sends ${frame.length}`);
    if (wire.fingerprints === null) return;
    const whole = channel.receive(frame);
    if (whole === null) return;
    const message = whole === "broken" ? null : decodeMessage(whole);
    if (message === null) throw new Error(`${tab.name} sent what cannot be read`);
    tab.said[message.type]++;
    for (const sentence of tooEarly(tab, message)) tab.world.toldTooEarly.push(sentence);
  };
}

function* tooEarly({ profile, name }: Tab, message: Message): Generator<string> {
  const held = heldBy(profile);
  if (message.type === "have") {
    for (const { author, seq } of message.lanes) {
      const best = Math.max(0, ...(held.seqs.get(author) ?? []));
      if (best < seq) yield `${name} claimed ${author.slice(0, 6)}:${seq} and holds ${best}`;
    }
  }
  if (message.type !== "changes") return;
  for (const { bytes } of message.changes) {
    const { id, author, seq } = cachedChange(idOf(bytes), bytes);
    if (!held.ids.has(id)) yield `${name} sent ${author.slice(0, 6)}:${seq}, which it has not stored`;
  }
}

const remembered = new WeakMap<
  object,
  { ids: ReadonlySet<ChangeId>; seqs: ReadonlyMap<DeviceId, readonly number[]> }
>();

/** What stands complete on a disk: stored, and of the own changes those with their signatures. */
function heldBy(profile: Profile) {
  const { rows } = profile.disk.journal;
  const known = remembered.get(rows);
  if (known !== undefined) return known;
  const ids = new Set<ChangeId>();
  const seqs = new Map<DeviceId, number[]>();
  for (const { bytes, signature, id } of rows) {
    if (signature === null && !profile.signedAlike.has(id)) continue;
    const change = cachedChange(id, bytes);
    ids.add(change.id);
    const list = seqs.get(change.author) ?? [];
    list.push(change.seq);
    seqs.set(change.author, list);
  }
  if (rows.every(({ signature }) => signature !== null)) remembered.set(rows, { ids, seqs });
  return { ids, seqs };
}

const decoded = new Map<string, { readonly id: ChangeId; readonly author: DeviceId; readonly seq: number }>();

export function cachedChange(id: string, bytes: Bytes) {
  const known = decoded.get(id);
  if (known !== undefined) return known;
  const change = decodeChange(bytes);
  if ("ok" in change) throw new Error("Expected a change that can be read");
  if (decoded.size > 20_000) decoded.clear();
  const kept = { id: change.id, author: change.author, seq: change.seq };
  decoded.set(id, kept);
  return kept;
}

// -------------------------------------------------------------------------------------------------------- ciphers

const NO_KEY: Bytes = new Uint8Array(32);
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b656e032100", "hex");

/** The real algorithms, by the platform where it is faster, with luck from the seed. */
function deterministicCiphers(
  luck: Prng,
  link: Key,
  sign: (message: Uint8Array) => Bytes,
  isQuick: boolean,
): Ciphers {
  const isLink = (seed: Bytes): boolean => equalBytes(seed, link.seed);
  return {
    ...realCiphers,
    random: length => luck.bytes(length),
    hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
    agreementKeys() {
      const secret = luck.bytes(32);
      const spki = createPublicKey(agreementKey(secret)).export({ format: "der", type: "spki" });
      return { secret, publicKey: new Uint8Array(spki.subarray(SPKI_HEAD.length)) };
    },
    agree(secret, publicKey) {
      try {
        const key = createPublicKey({
          key: Buffer.concat([SPKI_HEAD, publicKey]),
          format: "der",
          type: "spki",
        });
        return new Uint8Array(diffieHellman({ privateKey: agreementKey(secret), publicKey: key }));
      } catch {
        // A point of small order.
        return null;
      }
    },
    seedPublicKey: seed => (isLink(seed) ? mustFromHex(link.id) : realCiphers.seedPublicKey(seed)),
    seedSign: (seed, message) => (isLink(seed) ? sign(message) : realCiphers.seedSign(seed, message)),
    ...(isQuick ? quickAgreement(luck) : {}),
  };
}

// A platform key takes longer to make than to use.
const agreementKeys = new WeakMap<Bytes, KeyObject>();
const deviceKeys = new Map<string, Key>();

function agreementKey(secret: Bytes): KeyObject {
  const known = agreementKeys.get(secret);
  if (known !== undefined) return known;
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: "der", type: "pkcs8" });
  agreementKeys.set(secret, key);
  return key;
}

function keyNamed(name: string): Key {
  const key = deviceKeys.get(name) ?? new Key(name);
  deviceKeys.set(name, key);
  return key;
}

function quickSignature(key: Uint8Array, message: Uint8Array): Bytes {
  return new Uint8Array(createHash("sha512").update(key).update(message).digest());
}

/** Multiplication instead of a curve: a · (b · G) = b · (a · G) is all that two honest ends need. */
function quickAgreement(luck: Prng): Pick<Ciphers, "agreementKeys" | "agree"> {
  const read = (bytes: Bytes): bigint => Buffer.from(bytes).readBigUInt64LE();
  const write = (value: bigint): Bytes => {
    const bytes = Buffer.alloc(32);
    bytes.writeBigUInt64LE(value & 0xffff_ffff_ffff_ffffn);
    return new Uint8Array(bytes);
  };
  return {
    agreementKeys() {
      const secret = luck.bytes(32);
      return { secret, publicKey: write(read(secret) * 0x9e37_79b9_7f4a_7c15n) };
    },
    agree: (secret, publicKey) => write(read(secret) * read(publicKey)),
  };
}
