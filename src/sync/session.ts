// A shared document: one replica, its store, its peers. A machine without a clock or a promise: it is told what
// happened (an edit, a frame, an answer, a tick) and answers with effects that an adapter carries out
// (adapters/host.ts in the app, the simulator in tests). The laws it keeps:
//
//     an own change is numbered and stored in one transaction, then signed, its signature stored, and only then sent
//     a remote change is shown only when verified, told on only when stored
//     a draft is closed inside the store's transaction, so that two tabs of one profile never fork
//     content goes only to a member's device or to a holder of a live link

import {
  assert,
  type Bytes,
  type ChangeId,
  type DeviceId,
  describe,
  type Inspected,
  type MapEdit,
  type Reception,
  type Refusal,
  type Replica,
  type SignatureQuestion,
  type VerifiedChange,
} from "../crdt/index.ts";
import {
  FLUSH_MS,
  IDLE_TICK_MS,
  LINKS_MAX,
  NOTICE_MS,
  PRESENCE_MS,
  PRESENCE_REPEAT_MS,
  RELAY_CHANGES_MS,
  RESEND_MS,
  STORE_RETRY_MS,
} from "./limits.ts";
import { Peer, type PeerHost } from "./peer.ts";
import type { ChainHead, ChangeRecord, Ciphers, PeerLink, StoreError } from "./ports.ts";
import type { LaneClaim, Message, Presence, SignedChange } from "./protocol.ts";
import { claim, compare } from "./reconcile.ts";
import { deliveryOf, statusOf } from "./status.ts";
import type { Status } from "./view.ts";

export type Effect =
  /** Open a transaction and call `closeInTransaction` in it; answer `appended` or `appendFailed`. */
  | { readonly type: "append"; readonly position: number }
  /** Answer `read`. */
  | { readonly type: "read"; readonly position: number }
  /** Ask the device key; answer `signed`. */
  | { readonly type: "sign"; readonly token: number; readonly message: Bytes }
  /** Ask the signature rule; answer `verified`. */
  | { readonly type: "verify"; readonly token: number; readonly questions: readonly SignatureQuestion[] }
  /** Answer `signatureStored`. */
  | { readonly type: "putSignature"; readonly id: ChangeId; readonly signature: Bytes };

export interface SessionOptions {
  readonly replica: Replica;
  readonly ciphers: Ciphers;
  /** The seed of the link this device came by or made; proves to strangers that we may read. */
  readonly inviteSeed: Bytes | null;
  /** Milliseconds since 1970: for people's eyes (changes state it in seconds) and for intervals. */
  readonly now: number;
  /** False: nothing outlives the page, and people are told so. */
  readonly isDurable: boolean;
  /** What earlier sessions knew of who holds what. */
  readonly delivered: Readonly<Record<string, number>>;
  readonly name: string | null;
}

/** Something that shows differently: the text and fields come through the replica's own subscription. */
export interface SessionListener {
  effect(effect: Effect): void;
  /** Status, people or notice. */
  changed(): void;
  /** Somebody's caret. */
  presence(): void;
}

interface Judged {
  readonly peer: Peer;
  readonly changes: readonly SignedChange[];
  readonly inspected: readonly Inspected[];
  readonly verdicts: readonly boolean[];
}

const STORE_REASONS: Readonly<Record<StoreError | "conflict", string>> = {
  quota: "the browser's storage is full. Free some space; this page keeps trying",
  closed: "the browser closed its storage. This page keeps trying",
  blocked: "another tab holds the storage. Close other tabs of this page",
  unavailable: "this browser keeps nothing for this page",
  failed: "the browser could not write. This page keeps trying",
  conflict: "another tab went on while this one could not save. Copy what you wrote here, then reload",
};

export class Session implements PeerHost {
  readonly replica: Replica;
  readonly #ciphers: Ciphers;
  readonly #listener: SessionListener;
  readonly #isDurable: boolean;
  #inviteSeed: Bytes | null;
  #name: string | null;
  #now: number;

  #position = 0;
  /** Admitted or closed here, not stored yet; parents first. */
  #unstored: VerifiedChange[] = [];
  readonly #unstoredIds = new Set<ChangeId>();
  /** Own changes whose signature is not stored yet: they are not sent. */
  readonly #unsigned = new Set<ChangeId>();
  #inTransaction: readonly ChangeId[] = [];
  #isAppending = false;
  #isReading = false;
  #lookAgain = false;
  #failure: StoreError | "conflict" | null = null;
  #retryAt = 0;
  #draftedAt: number | null = null;
  #unsavedSince: number | null = null;

  readonly #peers = new Set<Peer>();
  #links = 0;
  #tokens = 0;
  readonly #signing = new Map<number, (signature: Bytes) => void>();
  readonly #verifying = new Map<number, (verdicts: readonly boolean[]) => void>();
  #judged: Judged[] = [];
  readonly #delivered: Map<DeviceId, number>;
  #waitingSince: number | null = null;
  #notice: { readonly text: string; readonly until: number } | null = null;

  #presence: Presence | null = null;
  #presenceDirty = false;
  #presenceSentAt = 0;
  #makePresence: (() => Presence | null) | null = null;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.replica = options.replica;
    this.#ciphers = options.ciphers;
    this.#inviteSeed = options.inviteSeed;
    this.#isDurable = options.isDurable;
    this.#now = options.now;
    this.#name = options.name;
    this.#listener = listener;
    this.#delivered = new Map(Object.entries(options.delivered) as [DeviceId, number][]);
  }

  get now(): number {
    return this.#now;
  }

  // ------------------------------------------------------------------------------------------------ editing

  edit(edit: (root: MapEdit) => void): void {
    this.replica.edit(edit);
    this.#drafted();
  }

  /** Adds to the draft what is not data: a name, an invite. */
  amend(amend: (replica: Replica) => void): void {
    amend(this.replica);
    this.#drafted();
  }

  #drafted(): void {
    if (!this.replica.hasDraft || this.#draftedAt !== null) return;
    this.#draftedAt = this.#now;
    this.#unsavedSince ??= this.#now;
  }

  /** Closes the draft now rather than in `FLUSH_MS`. */
  flush(): void {
    if (this.replica.hasDraft) this.#append();
  }

  /** A genesis made just now; it is stored with the first edit. */
  adopt(id: ChangeId): void {
    this.#store(this.replica.get(id)!);
  }

  setInviteSeed(seed: Bytes): void {
    this.#inviteSeed = seed;
  }

  setName(name: string | null): void {
    this.#name = name;
    this.#presenceDirty = true;
  }

  // ------------------------------------------------------------------------------------------------- storing

  /** The store's records when the document is opened, and whenever `read` was asked for. */
  read(records: readonly ChangeRecord[], position: number): void {
    this.#isReading = false;
    // A draft is closed in a transaction only; it will see the same records.
    if (this.replica.hasDraft) this.#append();
    else {
      this.#restored(records);
      this.#position = position;
      this.#compareAll();
    }
    if (this.#lookAgain) this.lookInStore();
    this.#listener.changed();
  }

  /** Another tab wrote. */
  lookInStore(): void {
    this.#lookAgain = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#listener.effect({ type: "read", position: this.#position });
  }

  #append(): void {
    if (this.#isAppending || this.#failure === "conflict") return;
    this.#isAppending = true;
    this.#unsavedSince ??= this.#now;
    this.#listener.effect({ type: "append", position: this.#position });
  }

  /** Called inside the store's transaction; must answer at once (`Append` in ports.ts). */
  closeInTransaction(
    head: ChainHead | null,
    unseen: readonly ChangeRecord[],
  ): { records: readonly ChangeRecord[]; head: ChainHead | null } {
    this.#restored(unseen, () => this.#continues(head));
    if (this.#failure === "conflict") return { records: [], head };
    this.#draftedAt = null;
    this.#admitJudged();
    this.#inTransaction = this.#unstored.map(({ change }) => change.id);
    const records = this.#unstored.map(({ change, bytes, signature }) => ({
      id: change.id,
      bytes,
      signature,
    }));
    const own = this.replica.ownHead;
    return { records, head: own === null ? null : { seq: own.seq, id: own.id } };
  }

  /** Whether what this tab is about to close continues the chain that the store knows. */
  #continues(head: ChainHead | null): boolean {
    const firstUnstored = this.#unstored.find(({ change }) => change.author === this.replica.device)?.change;
    const known = firstUnstored === undefined ? (this.replica.ownHead?.id ?? null) : firstUnstored.prev;
    // An empty store: the document was removed in another tab. It is written again, whole.
    if (head === null || head.id === known) return true;
    this.#failure = "conflict";
    return false;
  }

  #restored(records: readonly ChangeRecord[], mayClose?: () => boolean): void {
    const { closed } = this.replica.restore(records, Math.floor(this.#now / 1000), mayClose);
    for (const { id, signature } of records) {
      const known = this.replica.get(id as ChangeId);
      if (known === undefined) continue;
      this.#unstoredIds.delete(known.change.id);
      if (signature === null) this.#sign(known);
    }
    this.#unstored = this.#unstored.filter(({ change }) => this.#unstoredIds.has(change.id));
    for (const { id } of closed) this.#store(this.replica.get(id)!);
  }

  #store(verified: VerifiedChange): void {
    this.#unstored.push(verified);
    this.#unstoredIds.add(verified.change.id);
    if (verified.change.author === this.replica.device) {
      this.#unsigned.add(verified.change.id);
      this.#waitingSince ??= this.#now;
    }
  }

  /** The transaction is complete. */
  appended(position: number): void {
    this.#isAppending = false;
    if (this.#failure !== "conflict") this.#failure = null;
    for (const id of this.#inTransaction) {
      this.#unstoredIds.delete(id);
      const verified = this.replica.get(id)!;
      if (verified.signature === null) this.#sign(verified);
    }
    this.#inTransaction = [];
    this.#unstored = this.#unstored.filter(({ change }) => this.#unstoredIds.has(change.id));
    if (position < this.#position) for (const verified of this.replica.changes()) this.#store(verified);
    this.#position = position;
    this.#unsavedSince = this.replica.hasDraft || this.#unstored.length > 0 ? this.#now : null;
    if (this.replica.hasDraft) this.#draftedAt ??= this.#now;
    if (this.#unstored.length > 0) this.#append();
    this.#compareAll();
    this.#listener.changed();
  }

  appendFailed(code: StoreError): void {
    this.#isAppending = false;
    this.#inTransaction = [];
    this.#failure = code;
    this.#retryAt = this.#now + STORE_RETRY_MS;
    this.#listener.changed();
  }

  #sign({ change }: VerifiedChange): void {
    this.#unsigned.add(change.id);
    this.#ask(
      this.#signing,
      signature => {
        this.replica.sign(change.id, signature);
        this.#listener.effect({ type: "putSignature", id: change.id, signature });
      },
      token => ({ type: "sign", token, message: this.replica.messageOf(change.id) }),
    );
  }

  /** Only now may the change leave this device. */
  signatureStored(id: ChangeId): void {
    this.#unsigned.delete(id);
    const verified = this.replica.get(id)!;
    for (const peer of this.#peers) if (this.#mayRead(peer)) peer.offer([verified]);
    this.#tellHave();
  }

  #maySend({ change, signature }: VerifiedChange): boolean {
    return signature !== null && !this.#unstoredIds.has(change.id) && !this.#unsigned.has(change.id);
  }

  // --------------------------------------------------------------------------------------------------- peers

  /** A link opened, by whatever way. */
  link(link: PeerLink): void {
    if (this.#peers.size >= LINKS_MAX) {
      link.close();
      return;
    }
    const peer = new Peer(link, `link ${++this.#links}`, this, {
      doc: this.replica.doc,
      device: this.replica.device,
      inviteSeed: this.#inviteSeed,
      ciphers: this.#ciphers,
    });
    this.#peers.add(peer);
    peer.start();
  }

  sign(peer: Peer, message: Bytes): void {
    this.#ask(
      this.#signing,
      signature => peer.signed(signature),
      token => ({ type: "sign", token, message }),
    );
  }

  verify(peer: Peer, questions: readonly SignatureQuestion[]): void {
    this.#ask(
      this.#verifying,
      verdicts => peer.verified(verdicts),
      token => ({ type: "verify", token, questions }),
    );
  }

  opened(peer: Peer): void {
    // Tabs of one profile share a store and need no link; it is kept, idle, so that nobody dials it again.
    if (this.#isTwin(peer)) return;
    // A better way to the same person replaces the worse one.
    for (const other of this.#peers) {
      if (other === peer || other.device !== peer.device || !other.isOpen) continue;
      if (peer.link.kind === "webrtc" && other.link.kind === "relay") other.close();
    }
    this.#have(peer);
    this.#presenceDirty = true;
    this.#presenceSentAt = 0;
    this.#listener.changed();
  }

  closed(peer: Peer, reason: string | null): void {
    this.#peers.delete(peer);
    this.replica.forget(peer.source);
    this.#judged = this.#judged.filter(judged => judged.peer !== peer);
    if (reason === "intercepted")
      this.#say("A connection was intercepted and closed; nothing was sent over it.");
    if (reason === "version") this.#say("The other side uses a different version; reload.");
    this.#listener.changed();
    this.#listener.presence();
  }

  message(peer: Peer, message: Message): void {
    if (this.#isTwin(peer)) return;
    if (message.type === "have") this.#compare(peer);
    if (message.type === "changes") this.#received(peer, message.changes);
    if (message.type === "presence") {
      this.#listener.presence();
      this.#listener.changed();
    }
  }

  #isTwin(peer: Peer): boolean {
    return peer.device === this.replica.device;
  }

  /** Whether content may go to them: a member's device, or a holder of a link that is alive as far as we know. */
  #mayRead(peer: Peer): boolean {
    if (!peer.isOpen || peer.device === null || this.#isTwin(peer)) return false;
    if (this.replica.roleOf(peer.device) !== null) return true;
    return peer.invite !== null && this.replica.inviteRole(peer.invite) !== null;
  }

  // ---------------------------------------------------------------------------------------------- comparing

  #have(peer: Peer): void {
    const lanes: LaneClaim[] = this.#mayRead(peer) ? claim(this.replica, peer.tagKey, this.#held()) : [];
    peer.send({ type: "have", lanes });
  }

  /** What must not be claimed yet: not on disk, or not free to go. */
  #held(): ReadonlySet<ChangeId> {
    return new Set([...this.#unstoredIds, ...this.#unsigned]);
  }

  #tellHave(): void {
    for (const peer of this.#peers) if (this.#mayRead(peer)) this.#have(peer);
  }

  /** What was offered a while ago and is still missing is offered again. */
  #compare(peer: Peer): void {
    if (peer.lanes === null || !this.#mayRead(peer)) return;
    const { missing, ownSeq } = compare(this.replica, peer.tagKey, peer.lanes);
    this.#delivers(peer.device!, ownSeq);
    peer.offer(
      missing.filter(verified => this.#maySend(verified)),
      this.#now - RESEND_MS,
    );
  }

  #delivers(device: DeviceId, seq: number): void {
    const known = this.#delivered.get(device);
    if (known !== undefined && known >= seq) return;
    this.#delivered.set(device, seq);
    const { waiting } = deliveryOf(this.replica, this.#delivered);
    if (waiting === 0) this.#waitingSince = null;
    this.#listener.changed();
  }

  /** After the store took something: say so, and offer it on, others' changes a little later than their author. */
  #compareAll(): void {
    this.#tellHave();
    for (const peer of this.#peers) peer.offerAt ??= this.#now + RELAY_CHANGES_MS;
  }

  // ----------------------------------------------------------------------------------------------- receiving

  #received(peer: Peer, changes: readonly SignedChange[]): void {
    const inspected: Inspected[] = [];
    for (const { bytes, signature } of changes) {
      const result = this.replica.inspect(bytes, signature);
      if (!result.ok) this.#refuse(peer, result);
      else if (!this.replica.has(result.change.id)) inspected.push(result);
    }
    if (inspected.length === 0) {
      peer.judged(changes);
      return;
    }
    this.#ask(
      this.#verifying,
      verdicts => {
        this.#judged.push({ peer, changes, inspected, verdicts });
        if (this.replica.hasDraft || this.#failure === "conflict") this.#append();
        else this.#admitJudged();
      },
      token => ({ type: "verify", token, questions: inspected.flatMap(({ questions }) => questions) }),
    );
  }

  /** Only while no draft is open. */
  #admitJudged(): void {
    const judged = this.#judged;
    this.#judged = [];
    for (const { peer, changes, inspected, verdicts } of judged) {
      let at = 0;
      for (const one of inspected) {
        const mine = verdicts.slice(at, at + one.questions.length);
        at += one.questions.length;
        this.#admitted(peer, this.replica.admit(one, mine, peer.source));
      }
      peer.judged(changes);
    }
    if (this.#unstored.length > 0) this.#append();
  }

  #admitted(peer: Peer, { admitted, refused, missing }: Reception): void {
    for (const verified of admitted) this.#store(verified);
    for (const { refusal } of refused) this.#refuse(peer, refusal);
    // They sent a change without its past: tell them what we hold, and they will see what we lack.
    if (missing !== null) this.#have(peer);
  }

  #refuse(peer: Peer, refusal: Refusal): void {
    this.#say(
      `An edit from ${this.nameOf(peer.device!)} was refused: ${describe({ ...refusal, detail: "" })}.`,
    );
    peer.demerit();
  }

  #say(text: string): void {
    this.#notice = { text, until: this.#now + NOTICE_MS };
    this.#listener.changed();
  }

  // ------------------------------------------------------------------------------------------------ presence

  /** `make` names the own caret by elements; null while it stands in a draft and cannot be named yet. */
  setPresence(make: () => Presence | null): void {
    this.#makePresence = make;
    this.#presenceDirty = true;
  }

  /** What a device last said of itself, with the time its caret last moved; newest link first. */
  *presences(): Generator<{
    readonly device: DeviceId;
    readonly presence: Presence;
    readonly movedAt: number;
  }> {
    for (const peer of this.openPeers()) {
      if (peer.presence !== null)
        yield { device: peer.device!, presence: peer.presence, movedAt: peer.caretMovedAt };
    }
  }

  #sendPresence(): void {
    const isStale = this.#now - this.#presenceSentAt >= PRESENCE_REPEAT_MS;
    if (!isStale && (!this.#presenceDirty || this.#now - this.#presenceSentAt < PRESENCE_MS)) return;
    const made = this.#makePresence?.() ?? null;
    if (made === null && this.#makePresence !== null && !isStale) return;
    this.#presence = made ?? this.#presence ?? { name: this.#name ?? "", caret: null };
    this.#presenceDirty = false;
    this.#presenceSentAt = this.#now;
    for (const peer of this.#peers)
      if (this.#mayRead(peer)) peer.send({ type: "presence", presence: this.#presence });
  }

  // -------------------------------------------------------------------------------------------------- looking

  /** Past the handshake and not a tab of this profile; the newest of several links to one device. */
  openPeers(): Peer[] {
    const byDevice = new Map<DeviceId, Peer>();
    for (const peer of this.#peers) if (peer.isOpen && !this.#isTwin(peer)) byDevice.set(peer.device!, peer);
    return [...byDevice.values()];
  }

  /** The name a device goes by, or null if it never said one. */
  claimedName(device: DeviceId): string | null {
    const present = this.openPeers().find(peer => peer.device === device)?.presence?.name;
    const name = present || this.replica.members.find(member => member.device === device)?.name;
    return name || null;
  }

  nameOf(device: DeviceId): string {
    return this.claimedName(device) ?? `somebody (${device.slice(0, 6)})`;
  }

  get notice(): string | null {
    return this.#notice?.text ?? null;
  }

  /** Changes of mine that nobody else is known to hold. */
  get waiting(): number {
    return deliveryOf(this.replica, this.#delivered).waiting;
  }

  get delivered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#delivered);
  }

  get status(): Status {
    const reason = this.#failure ?? (this.#isDurable ? null : "unavailable");
    return statusOf({
      ...deliveryOf(this.replica, this.#delivered),
      now: this.#now,
      failure: reason === null ? null : STORE_REASONS[reason],
      unsavedSince: this.#unsavedSince,
      hasGenesis: this.replica.hasGenesis,
      links: this.openPeers().filter(peer => this.#mayRead(peer)).length,
      waitingSince: this.#waitingSince,
    });
  }

  // ---------------------------------------------------------------------------------------------------- time

  tick(now: number): void {
    this.#now = Math.max(this.#now, now);
    const isDue = this.#draftedAt !== null && now - this.#draftedAt >= FLUSH_MS;
    if (this.#failure === null ? isDue : now >= this.#retryAt) this.#append();
    for (const peer of [...this.#peers]) {
      peer.tick(now);
      if (peer.offerAt === null || peer.offerAt > now) continue;
      peer.offerAt = null;
      this.#compare(peer);
    }
    this.#sendPresence();
    if (this.#notice !== null && now >= this.#notice.until) {
      this.#notice = null;
      this.#listener.changed();
    }
  }

  /** When `tick` has something to do at the latest. Milliseconds since 1970. */
  get nextAt(): number {
    const idle = this.#now + IDLE_TICK_MS;
    const flushAt = this.#draftedAt === null || this.#isAppending ? idle : this.#draftedAt + FLUSH_MS;
    const presenceAt =
      this.#presenceDirty && this.#peers.size > 0 ? this.#presenceSentAt + PRESENCE_MS : idle;
    return Math.min(idle, flushAt, Math.max(presenceAt, this.#now + PRESENCE_MS / 2));
  }

  /** Says goodbye to everybody; the last draft must have been flushed. */
  close(): void {
    for (const peer of [...this.#peers]) peer.close();
  }

  // ------------------------------------------------------------------------------------------------- answers

  signed(token: number, signature: Bytes): void {
    this.#answer(this.#signing, token)(signature);
  }

  verified(token: number, verdicts: readonly boolean[]): void {
    this.#answer(this.#verifying, token)(verdicts);
  }

  #ask<T>(
    waiting: Map<number, (answer: T) => void>,
    then: (answer: T) => void,
    effect: (token: number) => Effect,
  ): void {
    const token = ++this.#tokens;
    waiting.set(token, then);
    this.#listener.effect(effect(token));
  }

  #answer<T>(waiting: Map<number, (answer: T) => void>, token: number): (answer: T) => void {
    const then = waiting.get(token);
    assert(then !== undefined, "a question is answered once");
    waiting.delete(token);
    return then;
  }
}
