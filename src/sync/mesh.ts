// Who is at the meeting place, and the way there. A pure machine: it takes events with the time they happened and
// answers with effects; sockets, WebRTC and timers are in adapters/network.ts. What goes on with each peer is in
// pair.ts, and with whom to be linked in overlay.ts; here are the connection to the server, the table of peers and the
// page's budget for new connections.
//
// Law: dials in any t seconds <= DIALS_BURST + t · DIALS_PER_SECOND, whatever the server and the peers do.
import type { ConnectionId, PeerId, Signal } from "./envelope.ts";
import * as limits from "./limits.ts";
import { Overlay } from "./overlay.ts";
import { jitteredBackoffMs, type MeshEnvelope, Pair, type PairEffect, type PairHost } from "./pair.ts";
import type { Bytes, Standing } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { Search } from "./view.ts";

export type MeshEvent =
  | { readonly type: "start" }
  | { readonly type: "welcome"; readonly self: PeerId; readonly peers: readonly PeerId[] }
  | { readonly type: "server-closed" }
  | { readonly type: "arrived" | "left" | "unreachable"; readonly peer: PeerId }
  /** An envelope that opened under the room's key. */
  | { readonly type: "envelope"; readonly from: PeerId; readonly envelope: MeshEnvelope }
  /** Our end of a direct connection wants this carried over. */
  | { readonly type: "signal"; readonly connection: ConnectionId; readonly signal: Signal }
  /** A direct connection opened; it failed or closed. */
  | { readonly type: "opened" | "closed"; readonly connection: ConnectionId }
  /** Our end of a relayed link closed. */
  | { readonly type: "relay-closed"; readonly connection: ConnectionId }
  /** The session says who is at the other end of a link. */
  | { readonly type: "judged"; readonly connection: ConnectionId; readonly standing: Standing }
  /** A relay-frame came for a link that we do not hold. */
  | { readonly type: "stray"; readonly from: PeerId; readonly connection: ConnectionId }
  /** Network back, page visible: forget the backoffs. */
  | { readonly type: "nudge" }
  | { readonly type: "tick" };

export type MeshEffect = { readonly type: "connect" } | PairEffect;

const NEVER = Number.POSITIVE_INFINITY;

export class Mesh {
  readonly #host: PairHost;
  readonly #dials: TokenBucket;
  readonly #overlay: Overlay;
  readonly #pairs = new Map<PeerId, Pair>();
  /**
   * Whom the server no longer names, or we lost the server, and a direct connection remains. Kept apart from the
   * table, because the same peer is met anew under a new id of its own, or of ours.
   */
  readonly #parted = new Set<Pair>();
  #names = 0;
  #self: PeerId | null = null;
  #server: "closed" | "connecting" | "open" = "closed";
  /** Lost connections since one stood for a while: the backoff's exponent. */
  #serverTries = 0;
  #serverSince = 0;
  #serverAt = NEVER;
  #effects: MeshEffect[] = [];

  /** `isDirect`: whether direct links may be made; else all goes through the server. */
  constructor(random: (length: number) => Bytes, now: number, isDirect = true) {
    this.#dials = new TokenBucket(limits.DIALS_BURST, limits.DIALS_PER_SECOND, now);
    this.#host = {
      isDirect,
      random,
      effect: effect => this.#effects.push(effect),
      mayDial: at => this.#alive() < limits.DIRECT_MAX && this.#dials.take(1, at),
      mayTake: (name, at) => this.#overlay.called(name, at),
      declined: (name, at) => this.#overlay.closed(name, at),
    };
    this.#overlay = new Overlay(random, now);
  }

  /** The time of the next tick that will do something; Infinity if only events can. */
  get nextAt(): number {
    let at = Math.min(this.#serverAt, this.#overlay.nextAt);
    for (const pair of this.#all()) at = Math.min(at, pair.nextAt);
    return at;
  }

  /** How far we are from a link with everybody at the meeting place with whom we want one. */
  get search(): Search {
    if (this.#server !== "open") return this.#serverTries === 0 ? "connecting" : "unreachable";
    return [...this.#pairs.values()].some(pair => pair.isMeeting) ? "connecting" : "nobody";
  }

  handle(event: MeshEvent, now: number): readonly MeshEffect[] {
    this.#handle(event, now);
    // In a crowd most of what happens is a hello, and looking at everybody each time would be the work of it.
    const isTalk = event.type === "tick" || event.type === "envelope" || event.type === "signal";
    if (!isTalk || this.#effects.some(isOfLinks) || this.#overlay.nextAt <= now) this.#choose(now);
    for (const pair of this.#parted) if (pair.connection === null) this.#parted.delete(pair);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: MeshEvent, now: number): void {
    switch (event.type) {
      case "start":
        this.#connect();
        return;
      case "welcome":
        this.#server = "open";
        this.#serverSince = now;
        this.#self = event.self;
        for (const peer of event.peers) this.#arrived(peer, now);
        return;
      case "server-closed":
        this.#serverClosed(now);
        return;
      case "arrived":
        this.#arrived(event.peer, now);
        return;
      case "left":
        this.#left(event.peer);
        return;
      case "unreachable":
        // What we sent is lost: a relayed link has a gap, anything else is tried again by its own deadline.
        this.#pairs.get(event.peer)?.relayEnded("lost", now);
        return;
      case "envelope":
        // Who was beyond PEERS_MAX when the server named them may find room now: they know the secret.
        if (event.envelope.type === "hello") this.#arrived(event.from, now);
        this.#envelope(event.from, event.envelope, now);
        return;
      case "signal":
        this.#pairOf(event.connection)?.sendSignal(event.signal);
        return;
      case "opened":
        this.#pairOf(event.connection)?.directOpened(now);
        return;
      case "closed":
        this.#pairOf(event.connection)?.directEnded("here", now);
        return;
      case "relay-closed":
        for (const pair of this.#pairs.values()) {
          if (pair.relayConnection === event.connection) pair.relayEnded("here", now);
        }
        return;
      case "judged":
        for (const pair of this.#all())
          if (pair.connection === event.connection || pair.relayConnection === event.connection)
            this.#overlay.judged(pair.name, event.standing, now);
        return;
      case "stray":
        this.#pairs.get(event.from)?.strayed(event.connection);
        return;
      case "nudge":
        this.#nudge(now);
        return;
      case "tick":
        if (this.#serverAt <= now) this.#connect();
        for (const pair of this.#all()) pair.tick(now);
        return;
    }
  }

  #connect(): void {
    this.#server = "connecting";
    this.#serverAt = NEVER;
    this.#effects.push({ type: "connect" });
  }

  #serverClosed(now: number): void {
    if (this.#server === "open" && now - this.#serverSince >= limits.STABLE_MS) this.#serverTries = 0;
    this.#server = "closed";
    this.#self = null;
    const random = this.#host.random(1)[0]! / 256;
    this.#serverAt =
      now +
      jitteredBackoffMs(this.#serverTries++, limits.SERVER_RETRY_MS, limits.SERVER_RETRY_MS_MAX, random);
    for (const peer of [...this.#pairs.keys()]) this.#left(peer);
  }

  #nudge(now: number): void {
    if (this.#serverAt !== NEVER) {
      this.#serverTries = 0;
      this.#connect();
    }
    for (const pair of this.#pairs.values()) pair.nudge(now);
  }

  #arrived(peer: PeerId, now: number): void {
    if (this.#self === null || peer === this.#self || this.#pairs.has(peer)) return;
    if (this.#pairs.size >= limits.PEERS_MAX) return;
    const name = `${peer} ${this.#names++}`;
    this.#overlay.arrived(name, now);
    this.#pairs.set(peer, new Pair(peer, name, this.#self < peer, this.#host, now));
  }

  #envelope(from: PeerId, envelope: MeshEnvelope, now: number): void {
    const pair = this.#pairs.get(from);
    pair?.envelope(envelope, now);
    if (pair?.isMet) this.#overlay.met(pair.name);
  }

  #left(peer: PeerId): void {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return;
    this.#pairs.delete(peer);
    pair.left();
    this.#parted.add(pair);
    this.#overlay.left(pair.name);
  }

  /** Tells the overlay what became of the links, and does what it wishes. */
  #choose(now: number): void {
    for (const pair of this.#all())
      if (pair.isLinked) this.#overlay.opened(pair.name, now);
      else if (this.#overlay.isOpen(pair.name)) this.#overlay.closed(pair.name, now);
    while (this.#overlay.nextAt <= now) {
      const { call, drop } = this.#overlay.wishes(now);
      for (const pair of this.#all()) {
        if (drop.includes(pair.name)) pair.rest();
        if (call.includes(pair.name)) pair.want(!this.#overlay.isSmall, now);
      }
    }
    for (const pair of this.#pairs.values()) if (!this.#overlay.wants(pair.name)) pair.rest();
  }

  #all(): readonly Pair[] {
    return [...this.#pairs.values(), ...this.#parted];
  }

  #alive(): number {
    return this.#all().filter(pair => pair.connection !== null).length;
  }

  #pairOf(connection: ConnectionId): Pair | undefined {
    return this.#all().find(pair => pair.connection === connection);
  }
}

function isOfLinks({ type }: MeshEffect): boolean {
  return type !== "send";
}
