// What goes on between us and one peer at the meeting place: which link is wanted and when to try again. A pure
// machine driven by mesh.ts, which owns the budget for new connections and the way to the server.
//
// The peer with the lower id is the initiator of everything between two. Nothing is constructed for an announcement,
// which the server could invent by the thousand, nor for a repeated conversation:
//
//   initiator                         answerer
//      │ hello (half a) ─────────────▶  │     tiny, sealed with the room's key
//      │ ◀────────── hello-back (a‖b)   │     now both know that the other is there and knows the secret
//      │ offer (a‖b) ────────────────▶  │     WebRTC begins: at most one connection between two peers
//      │ relay-open (a‖b) ───────────▶  │     3 s after hello if no direct link stands, or once it has failed
//
// Everybody says hello to everybody, and a link is made where one of both wants it and the other has a place (overlay.ts).
// An answerer that wants one says call (a‖b), and who has no place for what was asked says decline (a‖b).
//
// A link that closes, direct or relayed, is tried again from hello with a backoff that doubles until a link has
// stood for a while. The relay does not end the attempts at a direct link; the session above closes the relay
// once a direct link has proved who is there.
import {
  type ConnectionId,
  type Envelope,
  hexOf,
  type PeerId,
  type RelayFrame,
  type Signal,
} from "./envelope.ts";
import * as limits from "./limits.ts";
import type { Bytes } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";

export type PairEffect =
  | { readonly type: "send"; readonly to: PeerId; readonly envelope: Envelope }
  /** Construct a WebRTC connection. Its end is told once by `closed`, whatever happens. */
  | { readonly type: "dial"; readonly connection: ConnectionId; readonly initiator: boolean }
  | { readonly type: "signal"; readonly connection: ConnectionId; readonly signal: Signal }
  /** The direct link counts: hand it to the session. */
  | { readonly type: "link"; readonly connection: ConnectionId }
  | { readonly type: "close"; readonly connection: ConnectionId }
  | {
      readonly type: "open-relay";
      readonly peer: PeerId;
      readonly connection: ConnectionId;
      readonly initiator: boolean;
    }
  | { readonly type: "close-relay"; readonly connection: ConnectionId };

/** What a pair is lent by the mesh. */
export interface PairHost {
  /** Whether direct links may be made at all: at their other end our network address is seen. */
  readonly isDirect: boolean;
  random(length: number): Bytes;
  effect(effect: PairEffect): void;
  /** Takes from the page's budget for new connections, or answers false. */
  mayDial(now: number): boolean;
  /** They want a link: whether there is a place for it. */
  mayTake(name: string, now: number): boolean;
  /** They have no place for us. */
  declined(name: string, now: number): void;
}

/** Everything but relay-frames, which go to their link without passing through the machine. */
export type MeshEnvelope = Exclude<Envelope, RelayFrame>;

interface Direct {
  readonly connection: ConnectionId;
  open: boolean;
  /** When it was dialled, then when it opened. */
  since: number;
  /** The other end's description came: there is one, ever. */
  described: boolean;
  candidates: number;
}

interface Meeting {
  readonly connection: ConnectionId;
  readonly since: number;
  dialled: boolean;
  relayed: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

export class Pair {
  readonly #id: PeerId;
  /** Of this pair alone: a peer that is met again has the same id, and this not. */
  readonly name: string;
  readonly #isInitiator: boolean;
  readonly #host: PairHost;
  readonly #dials: TokenBucket;
  /** As answerer; an initiator's relayed links come no faster than its hellos. */
  readonly #relays: TokenBucket;
  /** Announced by the server and not gone. A direct link outlives this. */
  #present = true;
  /** A link with them has a place. Without one nothing is dialled, and what stands is closed. */
  #isWanted = false;
  /** Initiator: our half in a hello that has no answer yet. */
  #half: string | null = null;
  /** The last hello that was answered: good for one direct attempt and one relayed link. */
  #meeting: Meeting | null = null;
  /** Candidates that overtook their offer. */
  #early: Signal[] = [];
  #direct: Direct | null = null;
  #relay: { readonly connection: ConnectionId; readonly since: number } | null = null;
  /** Hellos since a link stood for a while: the backoff's exponent. */
  #tries = 0;
  #saidHelloAt = 0;
  /** Initiator: when to say hello, and from when on to relay. */
  #helloAt = NEVER;
  #relayAt = NEVER;
  /** Without a link: until when one is to be expected. */
  #giveUpAt: number;

  constructor(id: PeerId, name: string, isInitiator: boolean, host: PairHost, now: number) {
    this.#id = id;
    this.name = name;
    this.#giveUpAt = now + limits.MEETING_MS;
    this.#isInitiator = isInitiator;
    this.#host = host;
    this.#dials = new TokenBucket(limits.PEER_DIALS_BURST, limits.PEER_DIALS_PER_SECOND, now);
    this.#relays = new TokenBucket(limits.PEER_RELAYS_BURST, limits.PEER_RELAYS_PER_SECOND, now);
    if (isInitiator) this.#sayHello(now);
  }

  /** The direct connection, open or being attempted. */
  get connection(): ConnectionId | null {
    return this.#direct?.connection ?? null;
  }

  get relayConnection(): ConnectionId | null {
    return this.#relay?.connection ?? null;
  }

  get isLinked(): boolean {
    return this.#relay !== null || this.#direct?.open === true;
  }

  /** They answered: they know the room's secret. */
  get isMet(): boolean {
    return this.#meeting !== null;
  }

  /** No link stands, and one may any moment. */
  get isMeeting(): boolean {
    return this.#giveUpAt !== NEVER;
  }

  get nextAt(): number {
    const attemptEndsAt =
      this.#direct !== null && !this.#direct.open ? this.#direct.since + limits.ATTEMPT_MS : NEVER;
    return Math.min(this.#helloAt, this.#canRelay() ? this.#relayAt : NEVER, attemptEndsAt, this.#giveUpAt);
  }

  tick(now: number): void {
    const direct = this.#direct;
    if (direct !== null && !direct.open && direct.since + limits.ATTEMPT_MS <= now) {
      this.#host.effect({ type: "close", connection: direct.connection });
      this.directEnded("here", now);
    }
    if (this.#helloAt <= now) this.#sayHello(now);
    if (this.#relayAt <= now && this.#canRelay()) this.#openRelay(now);
    if (this.#giveUpAt <= now) this.#giveUpAt = NEVER;
  }

  /** Makes a link, at once if they were met. `isCalling`: the choice is ours alone, and they have to be told. */
  want(isCalling: boolean, now: number): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (!this.#present) return;
    this.#giveUpAt = now + limits.MEETING_MS;
    const meeting = this.#meeting;
    if (!this.#isInitiator) {
      if (isCalling && meeting !== null) this.#send({ type: "call", connection: meeting.connection });
    } else if (meeting === null || meeting.dialled || meeting.relayed) this.#sayHello(now);
    else this.#begin(meeting, meeting.since === now ? this.#saidHelloAt : now, now);
  }

  /** Closes what stands and makes no more. */
  rest(): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#helloAt = NEVER;
    this.#relayAt = NEVER;
    this.#giveUpAt = NEVER;
    if (this.#relay !== null) {
      const { connection } = this.#relay;
      this.#relay = null;
      this.#host.effect({ type: "close-relay", connection });
      if (this.#present) this.#send({ type: "relay-close", connection });
    }
    if (this.#direct === null) return;
    const { connection } = this.#direct;
    this.#direct = null;
    this.#host.effect({ type: "close", connection });
    if (this.#present) this.#send({ type: "close", connection });
  }

  /** Forgets the backoff and tries a direct link at once, if none stands. */
  nudge(now: number): void {
    if (!this.#present || !this.#isInitiator || this.#direct !== null || !this.#isWanted) return;
    this.#tries = 0;
    this.#helloAt = now;
  }

  /** The peer left, or the server is lost: whatever needs the server ends. */
  left(): void {
    if (this.#relay !== null) this.#host.effect({ type: "close-relay", connection: this.#relay.connection });
    this.#relay = null;
    this.#present = false;
    this.#half = null;
    this.#meeting = null;
    this.#helloAt = NEVER;
    this.#relayAt = NEVER;
    this.#giveUpAt = NEVER;
  }

  envelope(envelope: MeshEnvelope, now: number): void {
    if (!this.#present) return;
    switch (envelope.type) {
      case "hello":
        this.#hello(envelope.half, now);
        return;
      case "hello-back":
        this.#helloBack(envelope.connection, now);
        return;
      case "offer":
      case "answer":
      case "candidate": {
        const { connection, ...signal } = envelope;
        this.#signal(connection, signal, now);
        return;
      }
      case "close":
        if (this.#direct?.connection !== envelope.connection) return;
        this.#host.effect({ type: "close", connection: envelope.connection });
        this.directEnded("there", now);
        return;
      case "relay-open":
        this.#relayOpen(envelope.connection, now);
        return;
      case "relay-close":
        if (this.#relay?.connection === envelope.connection) this.relayEnded("there", now);
        return;
      case "call":
        this.#called(envelope.connection, now);
        return;
      case "decline":
        this.#declined(envelope.connection, now);
        return;
    }
  }

  /** Our end of the direct connection wants this carried over. */
  sendSignal(signal: Signal): void {
    if (this.#present && this.#direct) this.#send({ ...signal, connection: this.#direct.connection });
  }

  directOpened(now: number): void {
    const direct = this.#direct;
    if (direct === null || direct.open) return;
    direct.open = true;
    direct.since = now;
    this.#helloAt = NEVER;
    this.#relayAt = NEVER;
    this.#giveUpAt = NEVER;
    this.#host.effect({ type: "link", connection: direct.connection });
  }

  /** The direct connection failed or closed, at our end or by word of the other. */
  directEnded(where: "here" | "there", now: number): void {
    if (this.#direct === null) return;
    const { connection, open, since } = this.#direct;
    this.#direct = null;
    if (!this.#present) return;
    if (where === "here") this.#send({ type: "close", connection });
    if (open && now - since >= limits.STABLE_MS) this.#tries = 0;
    if (open && this.#relay === null) this.#giveUpAt = now + limits.MEETING_MS;
    if (!this.#isInitiator || !this.#isWanted) return;
    this.#helloAt = Math.min(this.#helloAt, now + this.#backoffMs());
    if (open && this.#relay === null) this.#relayAt = now + limits.RELAY_AFTER_MS;
    // There is nothing to wait for.
    if (!open && this.#canRelay()) this.#relayAt = now;
  }

  /** The relayed link closed here, closed there, or has lost a frame. */
  relayEnded(where: "here" | "there" | "lost", now: number): void {
    if (this.#relay === null) return;
    const { connection, since } = this.#relay;
    this.#relay = null;
    if (!this.#direct?.open) this.#giveUpAt = now + limits.MEETING_MS;
    if (where !== "here") this.#host.effect({ type: "close-relay", connection });
    if (where !== "there") this.#send({ type: "relay-close", connection });
    if (!this.#isInitiator || this.#direct?.open || !this.#isWanted) return;
    if (now - since >= limits.STABLE_MS) this.#tries = 0;
    // A meeting is good for one relayed link, so the next one begins with a hello, also under a pending attempt.
    this.#helloAt = Math.min(this.#helloAt, now + this.#backoffMs());
    this.#relayAt = Math.max(now + limits.RELAY_AFTER_MS, this.#helloAt);
  }

  /** A relay-frame came for a link that we do not hold: its open or its close was lost, and the other end waits. */
  strayed(connection: ConnectionId): void {
    if (this.#present && this.#relay?.connection !== connection)
      this.#send({ type: "relay-close", connection });
  }

  #sayHello(now: number): void {
    this.#half = hexOf(this.#host.random(8));
    // The answerer keeps only the newest meeting, so an older one must not be used from here on.
    this.#meeting = null;
    this.#saidHelloAt = now;
    this.#helloAt = now + limits.HELLO_MS + this.#backoffMs();
    this.#tries++;
    this.#send({ type: "hello", half: this.#half });
  }

  #hello(half: string, now: number): void {
    if (this.#isInitiator) return;
    const connection = half + hexOf(this.#host.random(8));
    this.#meeting = { connection, since: now, dialled: false, relayed: false };
    this.#early = [];
    this.#send({ type: "hello-back", connection });
  }

  #helloBack(connection: ConnectionId, now: number): void {
    if (this.#half === null || !connection.startsWith(this.#half)) return;
    this.#half = null;
    this.#meeting = { connection, since: now, dialled: false, relayed: false };
    this.#helloAt = NEVER;
    if (this.#isWanted) this.#begin(this.#meeting, this.#saidHelloAt, now);
    else this.#giveUpAt = NEVER;
  }

  /** `since`: from when on the relay's time counts. */
  #begin(meeting: Meeting, since: number, now: number): void {
    const relayAt = this.#host.isDirect ? since + limits.RELAY_AFTER_MS : now;
    if (this.#relay === null && this.#relayAt === NEVER) this.#relayAt = relayAt;
    if (this.#direct === null) meeting.dialled = this.#dial(meeting.connection, now);
    const hasAll = this.#direct !== null || (this.#relay !== null && !this.#host.isDirect);
    this.#helloAt = hasAll ? NEVER : now + this.#backoffMs();
  }

  #called(connection: ConnectionId, now: number): void {
    if (!this.#isInitiator || this.#meeting?.connection !== connection || this.#isWanted) return;
    if (this.#host.mayTake(this.name, now)) this.want(false, now);
    else this.#send({ type: "decline", connection });
  }

  /** They go ahead: an answerer that did not call has to find a place, or says that it has none. */
  #isTaken(connection: ConnectionId, now: number): boolean {
    this.#isWanted ||= this.#host.mayTake(this.name, now);
    if (!this.#isWanted) this.#send({ type: "decline", connection });
    return this.#isWanted;
  }

  #declined(connection: ConnectionId, now: number): void {
    if (this.#meeting?.connection !== connection || this.#direct?.open) return;
    if (this.#direct !== null) {
      this.#host.effect({ type: "close", connection: this.#direct.connection });
      this.directEnded("there", now);
    }
    if (this.#relay?.connection === connection) this.relayEnded("there", now);
    this.#host.declined(this.name, now);
  }

  /** Answers false, constructing nothing, where a limit stands against it. */
  #dial(connection: ConnectionId, now: number): boolean {
    if (!this.#host.isDirect || !this.#dials.has(1, now) || !this.#host.mayDial(now)) return false;
    this.#dials.take(1, now);
    this.#direct = { connection, open: false, since: now, described: false, candidates: 0 };
    this.#host.effect({ type: "dial", connection, initiator: this.#isInitiator });
    return true;
  }

  #signal(connection: ConnectionId, signal: Signal, now: number): void {
    if (signal.type === "offer") {
      this.#offer(connection, signal, now);
    } else if (this.#direct?.connection === connection) {
      if (signal.type === "candidate" || this.#isInitiator) this.#passSignal(this.#direct, signal);
    } else if (signal.type === "candidate" && this.#meeting?.connection === connection) {
      const isExpected = !this.#isInitiator && !this.#meeting.dialled;
      if (isExpected && this.#early.length < limits.CANDIDATES_MAX) this.#early.push(signal);
    }
  }

  #offer(connection: ConnectionId, offer: Signal, now: number): void {
    const meeting = this.#meeting;
    if (this.#isInitiator || meeting?.connection !== connection || meeting.dialled) return;
    meeting.dialled = true;
    if (!this.#isTaken(connection, now)) return;
    // The initiator offers only when it holds nothing: what we still hold is a leftover.
    if (this.#direct !== null) this.#host.effect({ type: "close", connection: this.#direct.connection });
    this.#direct = null;
    const early = this.#early;
    this.#early = [];
    if (!this.#dial(connection, now)) this.#send({ type: "close", connection });
    for (const signal of [offer, ...early]) if (this.#direct !== null) this.#passSignal(this.#direct, signal);
  }

  #passSignal(direct: Direct, signal: Signal): void {
    if (signal.type === "candidate" ? direct.candidates >= limits.CANDIDATES_MAX : direct.described) return;
    if (signal.type === "candidate") direct.candidates++;
    else direct.described = true;
    this.#host.effect({ type: "signal", connection: direct.connection, signal });
  }

  /** Whether a relayed link could be opened; whether it should be is a matter of `#relayAt`. */
  #canRelay(): boolean {
    return this.#meeting !== null && !this.#meeting.relayed && this.#relay === null && !this.#direct?.open;
  }

  #openRelay(now: number): void {
    const meeting = this.#meeting!;
    const { connection } = meeting;
    meeting.relayed = true;
    this.#relay = { connection, since: now };
    this.#relayAt = NEVER;
    // It is all there is to be.
    if (!this.#host.isDirect) this.#helloAt = NEVER;
    this.#giveUpAt = NEVER;
    if (this.#isInitiator) this.#send({ type: "relay-open", connection });
    this.#host.effect({ type: "open-relay", peer: this.#id, connection, initiator: this.#isInitiator });
  }

  #relayOpen(connection: ConnectionId, now: number): void {
    if (this.#isInitiator || this.#meeting?.connection !== connection || this.#meeting.relayed) return;
    if (!this.#isTaken(connection, now)) return;
    // The initiator opens one only when it holds none: what we still hold is a leftover.
    if (this.#relay !== null) this.relayEnded("there", now);
    if (!this.#direct?.open && this.#relays.take(1, now)) this.#openRelay(now);
    else this.#send({ type: "relay-close", connection });
  }

  #send(envelope: Envelope): void {
    this.#host.effect({ type: "send", to: this.#id, envelope });
  }

  #backoffMs(): number {
    return jitteredBackoffMs(
      this.#tries,
      limits.RETRY_MS,
      limits.RETRY_MS_MAX,
      this.#host.random(1)[0]! / 256,
    );
  }
}

/** Between half of min(max, first · 2^tries) and all of it: those who lost the same server do not come back as one. */
export function jitteredBackoffMs(tries: number, firstMs: number, maxMs: number, random: number): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** tries);
  return fullMs / 2 + (fullMs / 2) * random;
}
