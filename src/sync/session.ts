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
  describe,
  type MapEdit,
  type Refusal,
  type Replica,
  type SignatureQuestion,
  toHex,
  type VerifiedChange,
} from "../crdt/index.ts";
import { Delivery, otherPerson } from "./delivery.ts";
import type { SessionListener, SessionOptions } from "./effects.ts";
import { Intake, type IntakeHost } from "./intake.ts";
import { Introductions } from "./introductions.ts";
import { Keeper, type KeeperHost, type LastWords } from "./keeper.ts";
import { IDLE_TICK_MS, LINKS_MAX, NOTICE_MS, RELAY_CHANGES_MS, RESEND_MS } from "./limits.ts";
import type { Pack } from "./outbox.ts";
import { OwnPresence } from "./own-presence.ts";
import { Peer, type PeerHost } from "./peer.ts";
import type { ChainHead, ChangeRecord, Ciphers, PeerLink, StoreError } from "./ports.ts";
import type { Message, Presence } from "./protocol.ts";
import { Questions } from "./questions.ts";
import { mayHear, type Reach, reachOf } from "./readers.ts";
import { type Claim, claim, compare } from "./reconcile.ts";
import { replaceLinks } from "./replace-links.ts";
import { CLOSED_REASONS, STORE_DAMAGED, STORE_REASONS, statusOf } from "./status.ts";
import { TheirCarets } from "./their-carets.ts";
import type { Status } from "./view.ts";

export class Session implements PeerHost, KeeperHost, IntakeHost {
  readonly replica: Replica;
  readonly #ciphers: Ciphers;
  readonly #listener: SessionListener;
  readonly #isDurable: boolean;
  readonly #instance: Bytes;
  readonly #keeper: Keeper;
  readonly #intake: Intake;
  readonly #presence = new OwnPresence();
  readonly #carets: TheirCarets;
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
    this.#delivery = new Delivery(options.delivered, device => otherPerson(this.replica, device));
    this.#carets = new TheirCarets(this.replica);
    this.#keeper = new Keeper(this.replica, this);
    this.#intake = new Intake(this.replica, this);
    this.introductions = new Introductions(this.replica, options.introducer ?? null, this);
  }

  get now(): number {
    return this.#now;
  }

  // ------------------------------------------------------------------------------------------------ editing

  edit(edit: (root: MapEdit) => void): void {
    this.replica.edit(edit);
    this.#keeper.drafted();
  }

  /** Adds to the draft what is not written into the data: a name, an invite, an undo. */
  amend(amend: (replica: Replica) => void): void {
    amend(this.replica);
    this.#keeper.drafted();
  }

  /** Closes the draft now rather than in `FLUSH_MS`. */
  flush(): void {
    if (this.replica.hasDraft) this.#keeper.append();
  }

  /** A genesis made just now; it is stored with the first edit. */
  adopt(id: ChangeId): void {
    this.#keeper.keep(this.replica.get(id)!);
  }

  /** What would be lost if the page went away at this moment, or null. */
  get lastWords(): LastWords | null {
    return this.#keeper.lastWords;
  }

  /** Takes up what an earlier page could not store; after `restored`. */
  recover(words: LastWords): void {
    this.#keeper.recover(words);
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

  /** Says so, and offers it on: changes of others a little later than their author does. */
  stored(): void {
    this.#delivery.wrote(this.replica.ownHead?.seq ?? 0, this.#now);
    this.#tellHave();
    for (const peer of this.#peers) peer.offerAt ??= this.#now + RELAY_CHANGES_MS;
    this.#listener.changed();
  }

  released(changes: readonly VerifiedChange[]): void {
    for (const peer of this.#peers) {
      if (this.#mayRead(peer)) peer.offer(changes);
      else if (!this.#isToldOff(peer)) this.#compare(peer);
    }
    this.#tellHave();
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
      instance: this.#instance,
      inviteSeed: this.#inviteSeed,
      ciphers: this.#ciphers,
    });
    this.#peers.add(peer);
    peer.start();
    this.#listener.changed();
  }

  signProof(peer: Peer, message: Bytes): void {
    this.sign(message, signature => peer.signed(signature));
  }

  sign(message: Bytes, then: (signature: Bytes) => void): void {
    this.#listener.effect({ type: "sign", token: this.#signatures.ask(then), message });
  }

  verifyProof(peer: Peer, questions: readonly SignatureQuestion[]): void {
    this.verify(questions, verdicts => peer.verified(verdicts));
  }

  readonly pack: Pack = (queue, from, isNamed, room) =>
    this.replica.runs.next(queue, from, id => this.#keeper.maySend(id), isNamed, room);

  opened(peer: Peer): void {
    // Tabs of one profile share a store and need no link; it is kept, idle, so that nobody dials it again.
    if (this.#isTwin(peer)) return;
    replaceLinks([...this.#peers], peer, toHex(this.#instance));
    this.#have(peer);
    this.introductions.opened(peer);
    this.#listener.changed();
  }

  closed(peer: Peer, reason: string | null): void {
    this.#peers.delete(peer);
    // Their last words are shown once the draft is closed; while that cannot be they would only pile up.
    this.#intake.left(peer, this.#keeper.failure === null);
    const { device } = peer;
    if (device !== null && ![...this.#peers].some(other => other.device === device))
      this.#carets.forget(device);
    const said = reason === null ? undefined : CLOSED_REASONS[reason];
    if (said !== undefined) this.#say(said);
    this.#listener.changed();
    this.#listener.presence();
  }

  message(peer: Peer, message: Message, sizeBytes: number): void {
    if (this.#isTwin(peer)) return;
    if (message.type === "have") this.#compare(peer);
    // Whether it comes from them is seen where it has not arrived.
    if (message.type === "have" && !this.replica.hasGenesis) this.#listener.changed();
    if (message.type === "changes") this.#intake.received(peer, message.runs, sizeBytes);
    if (message.type === "introduction") this.introductions.came(peer, message.signature);
    if (message.type === "presence") {
      this.#carets.heard(peer.device!, message.presence);
      this.#listener.presence();
      this.#listener.changed();
    }
  }

  #isTwin(peer: Peer): boolean {
    return peer.device === this.replica.device;
  }

  #reach(peer: Peer): Reach {
    return peer.isOpen && !this.#isTwin(peer) ? reachOf(this.replica, peer, this.#now) : "nothing";
  }

  /** Whether content may go to them: a member's device, or a holder of a link that is alive as far as we know. */
  #mayRead(peer: Peer): boolean {
    return this.#reach(peer) === "all";
  }

  /** They were removed, and know it. */
  #isToldOff(peer: Peer): boolean {
    const reach = this.#reach(peer);
    return typeof reach !== "string" && peer.toldEnds === reach.ends.join();
  }

  // ---------------------------------------------------------------------------------------------- comparing

  #have(peer: Peer): void {
    const mayRead = this.#mayRead(peer);
    peer.claim(this.#claimFor(peer));
    // For a newcomer nobody is known until the document is there.
    if (mayRead && !peer.isGreeted) this.#presence.repeat();
    peer.isGreeted ||= mayRead;
  }

  #claimFor(peer: Peer): Claim[] {
    const reach = this.#reach(peer);
    if (reach === "nothing") return [];
    const { held } = this.#keeper;
    const isUnsaid = (id: ChangeId) => held.has(id) || !mayHear(this.replica, peer, reach, id);
    return claim(this.replica, peer.tagKey, reach === "all" ? held : { has: isUnsaid });
  }

  #tellHave(): void {
    for (const peer of this.#peers)
      if (this.#reach(peer) !== "nothing" && !this.#isToldOff(peer)) this.#have(peer);
  }

  /** What was taken a while ago and is still missing is offered again. */
  #compare(peer: Peer): void {
    const reach = this.#reach(peer);
    if (peer.lanes === null || reach === "nothing") return;
    const { missing, common, ownSeq } = compare(this.replica, peer.tagKey, peer.lanes);
    peer.shares(common);
    if (reach === "all" && this.#delivery.heard(peer.device!, ownSeq)) this.#listener.changed();
    const due = missing.filter(
      ({ id }) => this.#keeper.maySend(id) && mayHear(this.replica, peer, reach, id),
    );
    if (reach !== "all" && !missing.some(({ id }) => reach.ends.includes(id)))
      peer.toldEnds = reach.ends.join();
    peer.offer(due, this.#now - RESEND_MS);
  }

  // ----------------------------------------------------------------------------------------------- receiving

  /** See `Intake.take`. */
  take(...[file, load, listener]: Parameters<Intake["take"]>): void {
    this.#intake.take(file, load, listener);
  }

  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void {
    this.#listener.effect({ type: "verify", token: this.#verdicts.ask(then), questions });
  }

  /** It is closed in a transaction, which calls `draftClosed`. */
  closeDraft(): void {
    this.#keeper.append();
  }

  keep(verified: VerifiedChange): void {
    this.#keeper.keep(verified);
  }

  admitted(): void {
    if (this.#keeper.hasUnstored) this.#keeper.append();
  }

  /** Tells them what we hold, and they will see what we lack. */
  lacks(peer: Peer, hasLost: boolean): void {
    if (this.#reach(peer) !== "nothing") peer.answer(this.#claimFor(peer), hasLost);
  }

  isLinked(peer: Peer): boolean {
    return this.#peers.has(peer);
  }

  refused(peer: Peer, refusal: Refusal): void {
    this.refusedOf(peer.device!, refusal);
    peer.demerit();
  }

  refusedOf(device: DeviceId, refusal: Refusal): void {
    this.#say(`An edit from ${this.nameOf(device)} was refused: ${describe({ ...refusal, detail: "" })}.`);
  }

  #say(text: string): void {
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
      const caret = peer.presence.caret && this.#carets.caretOf(peer.device!);
      yield { device: peer.device!, presence: { ...peer.presence, caret }, movedAt: peer.caretMovedAt };
    }
  }

  // -------------------------------------------------------------------------------------------------- looking

  /** Those who are here, and may be: no strangers, no tabs of this profile. The newest of several links to one device. */
  openPeers(): Peer[] {
    const byDevice = new Map<DeviceId, Peer>();
    for (const peer of this.#peers) if (this.#mayRead(peer)) byDevice.set(peer.device!, peer);
    return [...byDevice.values()];
  }

  /** Somebody who is linked has not said yet what they hold, or holds something that has not arrived. */
  get isAsking(): boolean {
    return [...this.#peers].some(
      peer => !this.#isTwin(peer) && (!peer.isOpen || peer.lanes === null || peer.lanes.length > 0),
    );
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
    return this.#delivery.waiting;
  }

  get delivered(): Readonly<Record<string, number>> {
    return this.#delivery.heldUpTo;
  }

  get status(): Status {
    const reason = this.#keeper.failure ?? (this.#isDurable ? null : "unavailable");
    const linked = new Set(this.openPeers().map(({ device }) => device!));
    return statusOf({
      now: this.#now,
      failure: reason === null ? null : STORE_REASONS[reason],
      unsavedSince: this.#keeper.unsavedSince,
      hasGenesis: this.replica.hasGenesis,
      isKept: this.#keeper.isKept,
      links: linked.size,
      waiting: this.#delivery.waiting,
      holders: this.#delivery.holders(linked),
      known: this.#delivery.known,
    });
  }

  // ---------------------------------------------------------------------------------------------------- time

  tick(now: number): void {
    this.#now = Math.max(this.#now, now);
    this.#keeper.tick();
    for (const peer of [...this.#peers]) {
      peer.tick(now);
      if (peer.offerAt === null || peer.offerAt > now) continue;
      peer.offerAt = null;
      if (!this.#isToldOff(peer)) this.#compare(peer);
    }
    const presence = this.#peers.size === 0 ? null : this.#presence.tick(this.#now);
    if (presence !== null)
      for (const peer of this.#peers) if (this.#mayRead(peer)) peer.send({ type: "presence", presence });
    if (this.#notice !== null && now >= this.#notice.until) {
      this.#notice = null;
      this.#listener.changed();
    }
    this.#delivery.wrote(this.replica.ownHead?.seq ?? 0, this.#now);
    // Some facts become true by waiting alone.
    const status = JSON.stringify(this.status);
    if (status === this.#toldStatus) return;
    this.#toldStatus = status;
    this.#listener.changed();
  }

  /** When `tick` has something to do at the latest. Milliseconds since 1970. */
  get nextAt(): number {
    // A caret that cannot be named yet is asked for again with the draft's flush.
    const presenceAt =
      this.#peers.size === 0 ? Number.POSITIVE_INFINITY : Math.max(this.#presence.nextAt, this.#now + 10);
    return Math.min(this.#now + IDLE_TICK_MS, this.#keeper.nextAt, presenceAt);
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

  /** The answer to `read`, and the store's records when the document is opened. */
  restored(records: readonly ChangeRecord[], position: number): void {
    const isOpening = !this.replica.hasGenesis || (!this.replica.isWhole && !this.#keeper.isKept);
    this.#keeper.read(records, position);
    if (isOpening) this.#delivery.opened(this.replica.ownHead?.seq ?? 0);
  }

  /** Records that the image stands for with which the document was opened; with the last of them everything is here. */
  filled(records: readonly ChangeRecord[], isLast: boolean): boolean {
    const isWhole = this.#keeper.fill(records) && (!isLast || this.replica.isWhole);
    if (!isWhole) this.#say(STORE_DAMAGED);
    return isWhole;
  }

  /** What may be kept beside the log, or null. */
  get image() {
    return this.#keeper.image;
  }

  signatureStored(id: ChangeId): void {
    this.#keeper.signatureStored(id);
  }
}
