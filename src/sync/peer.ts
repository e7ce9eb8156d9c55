// One remote end: the handshake, then messages both ways over its link. Keeps what is to be sent in two queues, so
// that small and urgent things overtake history, and never hands the link more than it can take. Bounded in both
// directions: a receiver that does not take gets no more, a sender that floods is cut off.

import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  describe,
  type Refusal,
  type Replica,
  type Slot,
  toHex,
} from "../crdt/index.ts";
import { Channel, type ChannelKeys } from "./channel.ts";
import { Claims } from "./claims.ts";
import { Distant } from "./distant.ts";
import { Handshake, type HandshakeOptions, type HandshakeStep, type Proven } from "./handshake.ts";
import { LaneTags } from "./lane-tags.ts";
import {
  BUFFERED_BYTES_HIGH,
  DEMERITS_MAX,
  HANDSHAKE_MS,
  MESSAGES_A_TURN,
  PRESENCE_GONE_MS,
  UNHEARD_FRAMES_MAX,
  UNJUDGED_BYTES_MAX,
  UNTAKEN_FRAMES_MAX,
  WINDOW_BYTES,
} from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { PeerHostOf } from "./peer-host.ts";
import type { PeerLink } from "./ports.ts";
import {
  decodeMessage,
  encodeMessage,
  type ForkClaim,
  type LaneClaim,
  type Message,
  type Presence,
} from "./protocol.ts";
import { Pulse } from "./pulse.ts";
import { Ranging } from "./ranging.ts";
import { Readers } from "./readers.ts";
import { type Claim, claim, type Difference, deviceTag, unseenIn } from "./reconcile.ts";
import { replaceLinks } from "./replace-links.ts";
import { Telling } from "./telling.ts";
import { shareForks } from "./told-forks.ts";
import { Turns } from "./turns.ts";

export type PeerHost = PeerHostOf<Peer>;

export class Peer {
  /** What comes with the first link. */
  static readonly Distant = Distant;
  static readonly Readers = Readers;
  static readonly Telling = Telling;
  static readonly Turns = Turns;

  readonly link: PeerLink;
  /** Names this link among the sources of changes. */
  readonly source: string;
  readonly #host: PeerHost;
  readonly #handshake: Handshake;
  readonly #isSealed: boolean;
  readonly #ciphers: HandshakeOptions["ciphers"];
  readonly #openedAt: number;
  readonly #pulse: Pulse;
  readonly #ownInstance: string;
  #channel: Channel | null = null;
  #keys: ChannelKeys | null = null;
  #proven: Proven | null = null;
  #isClosed = false;
  #early: Bytes[] = [];
  #demerits = 0;

  /** From the handshake on. */
  #claims: Claims | null = null;
  readonly #ranging: Ranging<Peer>;
  /** What they said that they hold, by its frontier, if that was not looked at yet. */
  #digest: Bytes | null = null;
  #urgent: Bytes[] = [];
  #bulk: Bytes[] = [];
  /** From the handshake on. */
  #outbox: Outbox | null = null;
  /** What they may call by its tag: they were told of it, or it came from them. */
  #tags: LaneTags | null = null;
  /** Proofs of two-faced devices on their way to them; they go before changes. */
  #proofs: Bytes[] = [];
  #sentBytes = 0;
  #takenBytes = 0;
  #receivedBytes = 0;
  #judgedBytes = 0;
  /** Changes wait that may go, and were left for the next tick: a whole document at once would keep the page from drawing. */
  isPacking = false;

  /** What they last said of two-faced devices. */
  forks: readonly ForkClaim[] = [];
  /** What they were told of them, and of each device what proof they were sent last, and when. */
  toldForks = "";
  readonly proved = new Map<DeviceId, { readonly name: string; readonly at: number }>();
  /** Whether they were told where we are. */
  isGreeted = false;
  /** By what changes they were removed, once they have said that they hold these; else empty. */
  toldEnds = "";
  /** When to compare again, for what others wrote meanwhile; null if there is nothing new. */
  offerAt: number | null = null;
  /** They asked for what they lack, and that is not answered yet. */
  isAsking = false;
  presence: Presence | null = null;
  presenceAt = 0;
  caretMovedAt = 0;

  constructor(
    link: PeerLink,
    source: string,
    host: PeerHost,
    options: Omit<HandshakeOptions, "isInitiator" | "fingerprints">,
  ) {
    this.link = link;
    this.source = source;
    this.#host = host;
    this.#ranging = new Ranging(this, host);
    this.#ciphers = options.ciphers;
    this.#ownInstance = toHex(options.instance);
    this.#isSealed = link.fingerprints === null;
    this.#openedAt = host.now;
    this.#pulse = new Pulse(host.now);
    this.#handshake = new Handshake({
      ...options,
      isInitiator: link.initiator,
      fingerprints: link.fingerprints,
    });
  }

  start(): void {
    this.link.listen({
      frame: bytes => this.#frame(bytes),
      drained: () => this.#pump(),
      closed: () => this.#end(null),
    });
    this.#take(this.#handshake.start());
  }

  get isOpen(): boolean {
    return this.#channel !== null && !this.#isClosed;
  }

  /** Who it is; only after the handshake. */
  get device(): DeviceId | null {
    return this.#proven?.device ?? null;
  }

  get instance(): string | null {
    return this.#proven?.instance ?? null;
  }

  get invite(): DeviceId | null {
    return this.#proven?.invite ?? null;
  }

  get tagKey(): Bytes {
    return this.#keys!.tags;
  }

  /** What they said they hold; null before they said so. */
  get lanes(): readonly LaneClaim[] | null {
    return this.#claims?.theirs ?? null;
  }

  // ---------------------------------------------------------------------------------------------- handshake

  #signed(signature: Bytes): void {
    if (!this.#isClosed) this.#take(this.#handshake.signed(signature));
  }

  #verified(verdicts: readonly boolean[]): void {
    if (!this.#isClosed) this.#take(this.#handshake.verified(verdicts));
  }

  #take(steps: readonly HandshakeStep[]): void {
    for (const step of steps) {
      switch (step.type) {
        case "send":
          this.link.send(step.frame);
          break;
        case "sign":
          this.#host.sign(step.message, signature => this.#signed(signature));
          break;
        case "verify":
          this.#host.verify(step.questions, verdicts => this.#verified(verdicts));
          break;
        case "failed":
          this.close(step.code);
          break;
        case "done": {
          this.#proven = step.proven;
          this.#keys = step.keys;
          this.#channel = new Channel(this.#ciphers, step.keys, this.#isSealed);
          this.#outbox = new Outbox(step.keys.tags, this.#host.pack);
          this.#tags = new LaneTags(step.keys.tags);
          this.#claims = new Claims(step.keys.tags);
          this.#host.distant?.judge(this);
          this.#host.opened(this);
          // They may have finished before us and gone on.
          const early = this.#early;
          this.#early = [];
          for (const frame of early) this.#frame(frame);
        }
      }
    }
  }

  /** Closes all links to the same page but the better one. `peers`: all there are. */
  replace(peers: readonly Peer[]): void {
    replaceLinks(peers, this, this.#ownInstance);
  }

  // ---------------------------------------------------------------------------------------------- receiving

  #frame(bytes: Bytes): void {
    if (this.#isClosed) return;
    this.#pulse.heard();
    if (this.#channel === null) {
      if (this.#handshake.wantsFrame) this.#take(this.#handshake.frame(bytes));
      else if (this.#early.length < UNHEARD_FRAMES_MAX) this.#early.push(bytes);
      else this.close("flood");
      return;
    }
    const received = this.#channel.receive(bytes);
    if (received === "broken") {
      this.close("broken frames");
      return;
    }
    if (received === null) return;
    const message = decodeMessage(received);
    if (message === null) this.demerit();
    else this.#message(message, received.length);
  }

  #message(message: Message, sizeBytes: number): void {
    switch (message.type) {
      case "ping":
        if (this.#pulse.answers()) this.send({ type: "pong" });
        break;
      case "pong":
        break;
      case "took":
        if (message.bytes < this.#takenBytes || message.bytes > this.#sentBytes) this.demerit();
        else {
          this.#takenBytes = message.bytes;
          this.#outbox!.took(message.bytes, this.#host.now);
          this.#pump();
        }
        break;
      case "presence":
        if (JSON.stringify(message.presence.caret) !== JSON.stringify(this.presence?.caret))
          this.caretMovedAt = this.#host.now;
        this.presence = message.presence;
        this.presenceAt = this.#host.now;
        this.#host.message(this, message, sizeBytes);
        break;
      case "introduction":
        this.#host.message(this, message, sizeBytes);
        break;
      case "ranges":
        this.#ranging.heard(message.ranges);
        break;
      case "word":
        this.#host.distant?.heard(this, message.word);
        break;
      case "changes":
      case "fork":
        this.#receivedBytes += sizeBytes;
        if (this.#receivedBytes - this.#judgedBytes > UNJUDGED_BYTES_MAX) {
          this.close("flood");
          return;
        }
        this.#host.message(this, message, sizeBytes);
        break;
      case "forks":
        this.forks = message.forks;
        this.#host.message(this, message, sizeBytes);
        break;
      case "frontier":
        this.#digest = message.digest;
        this.#frontier();
        this.#host.message(this, message, sizeBytes);
        break;
      case "have":
        if (message.how === "lost") this.#outbox!.forgetSent();
        // Of a frontier that waits: it was said before.
        if (this.lanes !== null) this.#digest = null;
        this.#have(message);
        this.#host.message(this, message, sizeBytes);
    }
  }

  /** The newest change of a run of theirs, which they may go on from. */
  came(id: ChangeId): void {
    this.#tags!.add(id);
  }

  /** What they call by a tag; undefined if they were told of no such change, or too long ago. */
  named(tag: Bytes): ChangeId | undefined {
    return this.#tags!.find(tag);
  }

  /** So many bytes of their changes and proofs are judged: they may send as many more. */
  judged(sizeBytes: number): void {
    this.#judgedBytes += sizeBytes;
    this.send({ type: "took", bytes: this.#judgedBytes });
  }

  /** Something senseless or refused came; too much of it and the link is closed. */
  demerit(): void {
    if (++this.#demerits >= DEMERITS_MAX) this.close("too many refusals");
  }

  /** Why something of theirs is refused. Said here, since the sentences come with the code that speaks with others. */
  wordsFor(refusal: Refusal, isDetailed = true): string {
    return describe(isDetailed ? refusal : { ...refusal, detail: "" });
  }

  // ------------------------------------------------------------------------------------------------ sending

  /** Small messages; they overtake changes. */
  send(message: Exclude<Message, { type: "changes" | "fork" }>): void {
    if (!this.isOpen) return;
    const pieces = this.#channel!.split(encodeMessage(message));
    // One long message is on its way at a time: another waits behind it.
    if (pieces.length === 1) this.#urgent.push(...pieces);
    else this.#bulk.push(...pieces);
    if (this.#urgent.length + this.#bulk.length > UNTAKEN_FRAMES_MAX) this.close("takes nothing");
    else this.#pump();
  }

  /** What is held here, as it is said on this link (`claim`). */
  claimOf(replica: Replica, without: ReadonlySet<Slot>, newest: (slot: Slot) => Slot): Claim[] {
    return claim(replica, this.tagKey, without, newest);
  }

  /** Says what is held, unless they know. */
  claim(lanes: readonly Claim[]): void {
    if (this.isOpen) this.#claim(this.#claims!.next(lanes), lanes);
  }

  /** Says it in any case: they believe otherwise. */
  answer(lanes: readonly Claim[], hasLost: boolean): void {
    if (this.isOpen) this.#claim(this.#claims!.all(lanes, hasLost ? "lost" : "all"), lanes);
  }

  #claim(message: ReturnType<Claims["next"]>, lanes: readonly Claim[]): void {
    for (const { id, tag } of lanes) this.#tags!.add(id, tag);
    if (message !== null) this.send(message);
  }

  #have(message: Extract<Message, { type: "have" }>): void {
    const claims = this.#claims!;
    claims.heard(message);
    // Who says all has found that a frontier is not theirs.
    if (message.how === "all" && claims.isToldFrontier) this.answer(this.#host.claimFor(this), false);
  }

  /** What they said of it last, once lanes may be looked at. */
  #frontier(): void {
    const claims = this.#claims!;
    const digest = this.#digest;
    if (digest === null || claims.mustWait(this.#host.now)) return;
    this.#digest = null;
    const ours = this.#host.claimFor(this);
    if (claims.heardFrontier(digest, ours, this.#host.now)) return;
    if (claims.theirs === null && claims.isToldFrontier) this.answer(ours, false);
    else if (claims.theirs !== null && claims.isAtLoss(this.#host.replica, ours, this.#host.now))
      this.#ranging.begin();
  }

  /** What they lack; null before they have said enough. */
  compare(): Difference | null {
    if (this.lanes === null) return null;
    const { now, replica } = this.#host;
    const compared = this.#claims!.compare(replica, now);
    const { rungs } = compared;
    if (rungs.length > 0) this.#claim({ type: "have", how: "rungs", lanes: rungs }, rungs);
    if (compared.type === "waits") {
      if (this.offerAt === null || this.offerAt > compared.until) {
        this.offerAt = compared.until;
        this.#host.unfinished(this);
      }
      return null;
    }
    if (compared.difference.missing === null) this.offerAt ??= compared.restsUntil;
    this.#outbox!.name(compared.difference.common);
    return compared.difference;
  }

  /** How many changes of some devices they claim beyond those that are here. */
  unseenOf(replica: Replica, devices: ReadonlySet<DeviceId>): number {
    return this.lanes === null ? 0 : unseenIn(replica, this.tagKey, this.lanes, devices);
  }

  /** Whether they claim to hold anything of a device. */
  claimsOf(device: DeviceId): boolean {
    const name = deviceTag(this.tagKey, device);
    return this.lanes?.some(lane => lane.device === name) ?? false;
  }

  /** Queues changes, parents first, but for those under way or taken since `since`. `isOnce`: they need not keep it. */
  offer(
    slots: readonly Slot[],
    since = Number.NEGATIVE_INFINITY,
    isOnce: (slot: Slot) => boolean = () => false,
  ): void {
    this.#outbox?.offer(slots, since, isOnce);
    this.#pump();
  }

  /** See told-forks.ts. */
  shareForks(): void {
    shareForks(this.#host.replica, this, this.#host.now);
  }

  /** A proof of two faces. */
  prove(proof: Bytes): void {
    this.#proofs.push(proof);
    this.#pump();
  }

  #pump(): void {
    let packed = 0;
    this.isPacking = false;
    while (!this.#isClosed && this.#channel !== null && this.link.bufferedBytes < BUFFERED_BYTES_HIGH) {
      const piece = this.#urgent.shift() ?? this.#bulk.shift();
      if (piece !== undefined) {
        this.link.send(this.#channel.seal(piece));
        continue;
      }
      if (this.#sentBytes - this.#takenBytes >= WINDOW_BYTES) return;
      if (packed++ === MESSAGES_A_TURN) {
        this.isPacking = !this.#outbox!.isEmpty || this.#proofs.length > 0;
        if (this.isPacking) this.#host.unfinished(this);
        return;
      }
      const proof = this.#proofs.shift();
      const runs = proof === undefined ? this.#outbox!.next() : [];
      if (proof === undefined && runs.length === 0) return;
      const message = encodeMessage(
        proof === undefined ? { type: "changes", runs } : { type: "fork", proof },
      );
      this.#sentBytes += message.length;
      if (proof === undefined) this.#outbox!.sent(this.#sentBytes);
      this.#bulk = this.#channel.split(message);
    }
  }

  // --------------------------------------------------------------------------------------------------- time

  tick(now: number): void {
    this.#ranging.tick(now);
    if (this.isPacking) this.#pump();
    if (this.#digest !== null) this.#frontier();
    if (this.#channel === null) {
      if (now - this.#openedAt > HANDSHAKE_MS) this.close("handshake too slow");
      return;
    }
    const due = this.#pulse.tick(now);
    if (due === "silent") {
      this.close("silent");
      return;
    }
    if (this.presence !== null && this.presence.caret !== null && now - this.presenceAt > PRESENCE_GONE_MS) {
      this.presence = { ...this.presence, caret: null };
      this.#host.message(this, { type: "presence", presence: this.presence }, 0);
    }
    if (due === "ping") {
      this.send({ type: "ping" });
      const digest = this.#claims!.frontier;
      if (digest !== null) this.send({ type: "frontier", digest });
    }
  }

  close(reason: string | null = null): void {
    this.link.close();
    this.#end(reason);
  }

  #end(reason: string | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ranging.end();
    this.#host.closed(this, reason);
  }
}
