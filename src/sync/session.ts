// A shared document: one replica, what is kept of it (keeper.ts), its peers. A machine without a clock or a promise:
// it is told what happened (an edit, a frame, an answer, a tick) and answers with effects that an adapter carries
// out (adapters/host.ts in the app, the simulator in tests). The laws it keeps beside the keeper's:
//
//     a remote change is shown only when verified, and told on only when stored
//     content goes only to a member's device or to a holder of a live link

import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  type MapEdit,
  type Refusal,
  type Replica,
  type SignatureQuestion,
  type Slot,
  type StoredFork,
  toHex,
} from "../crdt/index.ts";
import { type Delivery, deliveryOf } from "./delivery.ts";
import type { Distant } from "./distant.ts";
import type { SessionListener, SessionOptions } from "./effects.ts";
import { Intake, type IntakeHost } from "./intake.ts";
import { Introductions } from "./introductions.ts";
import { Keeper, type KeeperHost, type LastWords } from "./keeper.ts";
import { IDLE_TICK_MS, LINKS_MAX, NOTICE_MS, PRESENCE_MS } from "./limits.ts";
import type { Pack } from "./outbox.ts";
import { OwnPresence } from "./own-presence.ts";
import type { Peer, PeerHost } from "./peer.ts";
import type { ChainHead, ChangeRecord, Ciphers, PeerLink, StoreError } from "./ports.ts";
import type { Message, Presence } from "./protocol.ts";
import { Questions } from "./questions.ts";
import type { Readers } from "./readers.ts";
import type { Claim } from "./reconcile.ts";
import { CLOSED_REASONS, STORE_DAMAGED, statusOf, WORDS_LEFT } from "./status.ts";
import type { Telling } from "./telling.ts";
import { Throttle } from "./throttle.ts";
import type { Turns } from "./turns.ts";
import { TwoFaced } from "./two-faced.ts";
import type { Search, Status } from "./view.ts";

export class Session implements PeerHost, KeeperHost, IntakeHost {
  readonly replica: Replica;
  readonly #ciphers: Ciphers;
  readonly #listener: SessionListener;
  readonly #isDurable: boolean;
  readonly #instance: Bytes;
  readonly #keeper: Keeper;
  readonly #intake: Intake;
  readonly #twoFaced: TwoFaced;
  // As `distant`, from the first link on.
  lists!: Turns;
  #readers!: Readers;
  #telling: Telling | null = null;
  readonly #presence = new OwnPresence();
  readonly #moving = new Throttle(PRESENCE_MS);
  /** Those of a crowd to whom there is no link. */
  distant: Distant | null = null;
  /** Of devices to each other. */
  readonly introductions: Introductions;
  readonly #signatures = new Questions<Bytes>();
  readonly #verdicts = new Questions<readonly boolean[]>();
  readonly #peers = new Set<Peer>();
  readonly #delivery: Delivery;
  #inviteSeed: Bytes | null;
  #now: number;
  #links = 0;
  #toldStatus = "";
  #notice: { readonly text: string; readonly until: number } | null = null;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.replica = options.replica;
    this.#ciphers = options.ciphers;
    this.#inviteSeed = options.inviteSeed;
    this.#isDurable = options.isDurable;
    this.#instance = options.ciphers.random(16);
    this.#now = options.now;
    this.#listener = listener;
    this.#delivery = deliveryOf(this.replica, options.delivered);
    this.#keeper = new Keeper(this.replica, this);
    this.#intake = new Intake(this.replica, this.#keeper, this);
    this.#twoFaced = new TwoFaced(this.replica, record => listener.effect({ type: "putFork", record }));
    this.introductions = new Introductions(this.replica, options.introducer ?? null, this);
  }

  get now(): number {
    return this.#now;
  }

  // ------------------------------------------------------------------------------------------------ editing

  edit(edit: (root: MapEdit) => void): void {
    this.amend(replica => replica.edit(edit));
  }

  /** The same of what is not written into the data: a name, an invite, an undo. Where a listener throws it is done all the same. */
  amend(amend: (replica: Replica) => void): void {
    try {
      amend(this.replica);
    } finally {
      this.#keeper.drafted();
    }
  }

  /** Closes the draft now rather than in `FLUSH_MS`. */
  flush(): void {
    if (this.replica.hasDraft) this.#keeper.append();
  }

  /** A genesis made just now; it is stored with the first edit. */
  adopt(id: ChangeId): void {
    this.#keeper.keep(this.replica.get(id)!);
  }

  get lastWords(): LastWords | null {
    return this.#keeper.lastWords;
  }

  /** Takes up what an earlier page could not store; after `restored`. False where it is to be kept: people are told
   * where they have no right to say it, and what waits for others' changes is taken up when they come. */
  recover(words: LastWords): boolean {
    const recovered = this.#keeper.recover(words);
    if (recovered === "forbidden") this.say(WORDS_LEFT);
    return recovered === "whole";
  }

  setInviteSeed(seed: Bytes): void {
    this.#inviteSeed = seed;
  }

  // ------------------------------------------------------------------------------------------------- keeping

  lookInStore(): void {
    this.#keeper.lookInStore();
  }

  append(position: number): void {
    this.#listener.effect({ type: "append", position });
  }

  read(position: number): void {
    this.#listener.effect({ type: "read", position });
  }

  signChange(id: ChangeId): void {
    this.sign(this.replica.messageOf(id), signature => this.#keeper.signed(id, signature));
  }

  putSignature(id: ChangeId, signature: Bytes): void {
    this.#listener.effect({ type: "putSignature", id, signature });
  }

  draftClosed(): void {
    this.#intake.admitJudged();
  }

  overtaken(): void {
    this.close();
    this.#listener.effect({ type: "leave" });
  }

  /** This page is over (`KeepingFailure`), and `lastWords` are for the next one. */
  get isOvertaken(): boolean {
    return this.#keeper.failure === "overtaken";
  }

  /** Says so, and offers it on: changes of others a little later than their author does. */
  stored(): void {
    this.#delivery.wrote(this.replica.ownHead?.seq ?? 0, this.#now);
    this.#twoFaced.keep();
    this.#telling?.stored();
    this.#listener.changed();
  }

  released(slots: readonly Slot[]): void {
    this.#telling?.released(slots);
  }

  // --------------------------------------------------------------------------------------------------- peers

  /** A link opened, by whatever way. `PeerOf`: what speaks with the other end. Who links with nobody does without it, and its code. */
  link(link: PeerLink, PeerOf: typeof Peer): void {
    if (this.#peers.size >= LINKS_MAX || this.isOvertaken) {
      link.close();
      return;
    }
    const peer = new PeerOf(link, `link ${++this.#links}`, this, {
      doc: this.replica.doc,
      device: this.replica.device,
      instance: this.#instance,
      inviteSeed: this.#inviteSeed,
      ciphers: this.#ciphers,
    });
    this.#readers ??= new PeerOf.Readers(this.replica, () => this.#now);
    this.#telling ??= new PeerOf.Telling(this, this.#keeper, this.#readers, this.#peers);
    this.distant ??= new PeerOf.Distant(this, toHex(this.#instance));
    this.lists ??= new PeerOf.Turns();
    this.#peers.add(peer);
    peer.start();
    this.#listener.changed();
  }

  sign(message: Bytes, then: (signature: Bytes) => void): void {
    this.#listener.effect({ type: "sign", token: this.#signatures.ask(then), message });
  }

  readonly pack: Pack = (queue, from, isNamed, room) =>
    this.replica.runs.next(queue, from, slot => this.#keeper.maySend(slot), isNamed, room);

  readonly unfinished = (): void => this.#listener.effect({ type: "soon" });

  opened(peer: Peer): void {
    // Tabs of one profile share a store and need no link; it is kept, idle, so that nobody dials it again.
    if (this.#readers.isTwin(peer)) return;
    peer.replace([...this.#peers]);
    this.#telling!.have(peer);
    this.introductions.opened(peer);
    this.#listener.changed();
  }

  closed(peer: Peer, reason: string | null): void {
    this.#peers.delete(peer);
    // Their last words are shown once the draft is closed; while that cannot be they would only pile up.
    this.#intake.left(peer, this.#keeper.failure === null);
    const isElsewhere = [...this.#peers].some(({ device }) => device === peer.device);
    if (peer.device !== null && !isElsewhere) this.distant?.carets.forget(peer.device);
    if (reason !== null && Object.hasOwn(CLOSED_REASONS, reason)) this.say(CLOSED_REASONS[reason]!);
    this.moved();
  }

  /** All that is drawn of others' carets and names is drawn anew by it, and any of them may say something else at any time. */
  moved(): void {
    if (!this.#moving.take(this.#now)) this.unfinished();
    else {
      this.#listener.presence();
      this.#listener.changed();
    }
  }

  message(peer: Peer, message: Message, sizeBytes: number): void {
    if (this.#readers.isTwin(peer)) return;
    // Who says all anew asks for what is missing.
    const asks = message.type === "have" && (message.how === "all" || message.how === "lost");
    if (message.type === "have" || message.type === "frontier") this.#telling!.compare(peer, asks);
    // Whether it comes from them is seen where it has not arrived.
    if (message.type === "have" && !this.replica.hasGenesis) this.#listener.changed();
    if (message.type === "forks" && this.#readers.mayRead(peer)) peer.shareForks();
    if (message.type === "changes") this.#intake.received(peer, message.runs, sizeBytes);
    if (message.type === "fork") this.#intake.received(peer, message.proof, sizeBytes);
    if (message.type === "introduction") this.introductions.came(peer, message.signature);
    if (message.type === "presence") {
      this.distant?.carets.heard(peer.device!, message.presence);
      this.moved();
    }
  }

  heard(device: DeviceId, seq: number): void {
    if (this.#delivery.heard(device, seq)) this.#listener.changed();
  }

  greeted(): void {
    this.#presence.repeat();
  }

  claimFor(peer: Peer): Claim[] {
    return this.#telling!.claimFor(peer);
  }

  reachOf(peer: Peer): string {
    return JSON.stringify(this.#readers.reach(peer));
  }

  heldFor(peer: Peer): readonly Slot[] | null {
    return this.#telling!.heldFor(peer);
  }

  // ----------------------------------------------------------------------------------------------- receiving

  /** See `Intake.take`. */
  take(...[file, load, listener]: Parameters<Intake["take"]>): void {
    this.#intake.take(file, load, listener);
  }

  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void {
    this.#listener.effect({ type: "verify", token: this.#verdicts.ask(then), questions });
  }

  admitted(): void {
    if (this.#keeper.hasUnstored) this.#keeper.append();
    this.#twoFaced.keep();
    for (const peer of this.openPeers()) peer.shareForks();
  }

  lacks(peer: Peer, hasLost: boolean): void {
    this.#telling!.lacks(peer, hasLost);
  }

  isLinked(peer: Peer): boolean {
    return this.#peers.has(peer);
  }

  refused(peer: Peer, refusal: Refusal): void {
    this.refusedOf(peer, peer.device!, refusal);
    peer.demerit();
  }

  refusedProof(peer: Peer, refusal: Refusal): void {
    const name = this.nameOf(peer.device!);
    this.say(`What ${name} says of another device is not so: ${peer.wordsFor(refusal)}.`);
    peer.demerit();
  }

  refusedOf(peer: Peer, device: DeviceId, refusal: Refusal): void {
    this.say(`An edit from ${this.nameOf(device)} was refused: ${peer.wordsFor(refusal, false)}.`);
  }

  /** Tells the person here something, for a while. */
  say(text: string): void {
    this.#notice = { text, until: this.#now + NOTICE_MS };
    this.#listener.changed();
  }

  // ------------------------------------------------------------------------------------------------ presence

  /** How to name the own caret by elements; null while it stands in a draft and has no name yet. */
  setPresence(make: () => Presence | null): void {
    this.#presence.set(make);
  }

  /** What a device last said of itself, its caret where it is shown, with the time it last moved; newest link first. */
  *presences(): Generator<{
    readonly device: DeviceId;
    readonly presence: Presence;
    readonly movedAt: number;
  }> {
    for (const peer of this.openPeers()) {
      if (peer.presence === null) continue;
      const caret = peer.presence.caret && this.distant!.carets.caretOf(peer.device!);
      yield { device: peer.device!, presence: { ...peer.presence, caret }, movedAt: peer.caretMovedAt };
    }
    if (this.distant !== null) yield* this.distant.presences();
  }

  // -------------------------------------------------------------------------------------------------- looking

  /** Those who are here, and may be: no strangers, no tabs of this profile. The newest of several links to one device. */
  openPeers(): Peer[] {
    const byDevice = new Map<DeviceId, Peer>();
    for (const peer of this.#peers) if (this.#readers.mayRead(peer)) byDevice.set(peer.device!, peer);
    return [...byDevice.values()];
  }

  /** Somebody who is linked has not said yet what they hold, or holds something that has not arrived. */
  get isAsking(): boolean {
    return [...this.#peers].some(
      peer => !this.#readers.isTwin(peer) && (!peer.isOpen || peer.lanes === null || peer.lanes.length > 0),
    );
  }

  /** The name a device goes by, or null if it never said one. */
  claimedName(device: DeviceId): string | null {
    const present = this.openPeers().find(peer => peer.device === device)?.presence?.name;
    return present || this.replica.members.find(member => member.device === device)?.name || null;
  }

  nameOf(device: DeviceId): string {
    return this.claimedName(device) ?? `somebody (${device.slice(0, 6)})`;
  }

  get notice(): string | null {
    return this.#notice?.text ?? null;
  }

  get storedHeads(): readonly ChangeId[] | null {
    return this.#keeper.held.size === 0 ? this.replica.heads : null;
  }

  /** Who is known to hold how much of what was written here. */
  get delivery(): Delivery {
    return this.#delivery;
  }

  statusWhile(search: Search): Status {
    const linked = new Set(this.openPeers().map(({ device }) => device!));
    return statusOf({
      now: this.#now,
      failure: this.#keeper.failure ?? (this.#isDurable ? null : "unavailable"),
      unsavedSince: this.#keeper.unsavedSince,
      hasGenesis: this.replica.hasGenesis,
      isKept: this.#keeper.isKept,
      isHeld: this.replica.isHeld,
      isOut: this.replica.role === null,
      links: linked.size,
      search: [...this.#peers].every(({ isOpen }) => isOpen) ? search : "connecting",
      waiting: this.#delivery.waiting,
      holders: this.#delivery.holders(linked),
      known: this.#delivery.known,
    });
  }

  // ---------------------------------------------------------------------------------------------------- time

  /** It is that time now, and nothing is done for it yet. */
  at(now: number): void {
    this.#now = Math.max(this.#now, now);
  }

  tick(now: number): void {
    this.at(now);
    this.#keeper.tick();
    for (const peer of [...this.#peers]) peer.tick(now);
    this.#telling?.tick();
    this.#intake.tick();
    const presence = this.#peers.size === 0 ? null : this.#presence.tick(this.#now);
    if (presence !== null) {
      this.distant?.told(presence);
      for (const peer of this.#peers)
        if (this.#readers.mayRead(peer)) peer.send({ type: "presence", presence });
    }
    this.distant?.tick();
    if (this.#moving.nextAt <= now) this.moved();
    if (this.#notice !== null && now >= this.#notice.until) {
      this.#notice = null;
      this.#listener.changed();
    }
    this.#delivery.wrote(this.replica.ownHead?.seq ?? 0, this.#now);
    // Some facts become true by waiting alone.
    const status = JSON.stringify(this.statusWhile("nobody"));
    if (status === this.#toldStatus) return;
    this.#toldStatus = status;
    this.#listener.changed();
  }

  /** When `tick` has something to do at the latest. Milliseconds since 1970. */
  get nextAt(): number {
    // A caret that cannot be named yet is asked for again with the draft's flush.
    const presenceAt =
      this.#peers.size === 0 ? Number.POSITIVE_INFINITY : Math.max(this.#presence.nextAt, this.#now + 10);
    const tellingAt = this.#telling?.nextAt ?? Number.POSITIVE_INFINITY;
    for (const { isPacking } of this.#peers) if (isPacking) return this.#now;
    const at = Math.min(this.#keeper.nextAt, this.#intake.nextAt, tellingAt, presenceAt);
    return Math.min(this.#now + IDLE_TICK_MS, at, this.#moving.nextAt);
  }

  /** Says goodbye to everybody; the last draft must have been flushed. */
  close(): void {
    for (const peer of [...this.#peers]) peer.close();
  }

  // ------------------------------------------------------------------------------------------------- answers

  signed(token: number, signature: Bytes): void {
    this.#signatures.answer(token, signature);
  }

  verified(token: number, verdicts: readonly boolean[]): void {
    this.#verdicts.answer(token, verdicts);
  }

  /** `append` in ports.ts calls this inside its transaction. */
  closeInTransaction(head: ChainHead | null, unseen: readonly ChangeRecord[]) {
    return this.#keeper.closeInTransaction(head, unseen);
  }

  appended(position: number): void {
    this.#keeper.appended(position);
  }

  appendFailed(code: StoreError): void {
    this.#keeper.appendFailed(code);
    this.#listener.changed();
  }

  /** The answer to `read`, and what the store holds at first. */
  restored(records: readonly ChangeRecord[], position: number, forks: readonly StoredFork[] = []): void {
    const isOpening = !this.replica.hasGenesis || (!this.replica.isWhole && !this.#keeper.isKept);
    this.#keeper.read(records, position);
    if (forks.length > 0) this.#intake.later(null, () => this.#twoFaced.recall(forks));
    if (isOpening) this.#delivery.opened(this.replica.ownHead?.seq ?? 0);
  }

  /** Records that the image stands for with which the document was opened; with the last of them everything is here. */
  filled(records: readonly ChangeRecord[], isLast: boolean): boolean {
    const isWhole = this.#keeper.fill(records) && (!isLast || this.replica.isWhole);
    if (!isWhole) this.say(STORE_DAMAGED);
    return isWhole;
  }

  get image() {
    return this.#keeper.image;
  }

  forkNotKept(device: string): void {
    this.#twoFaced.notKept(device);
  }

  signatureStored(id: ChangeId): void {
    this.#keeper.signatureStored(id);
  }
}
