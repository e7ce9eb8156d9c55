// Runs the mesh: carries its effects out on a WebSocket, on WebRTC and on relayed links, and brings it what they
// report and what time it is. Every decision is the mesh's; this file has none but to stop.
//
// To the session above: of two direct links to one instance of the app keep the one that opened later. After the
// server was lost and found everybody has new ids and links anew; the mesh no longer knows the older link, and so
// does not replace it when it is closed.
import type { CloseReason, PeerId as ServerPeerId } from "../../../signalling/frames.ts";
import {
  type ConnectionId,
  type Envelope,
  openEnvelope,
  type PeerId,
  type RoomKeys,
  roomKeys,
  sealEnvelope,
} from "../envelope.ts";
import { Mesh, type MeshEffect, type MeshEvent } from "../mesh.ts";
import type { Bytes, Ciphers, Network, NetworkListener, PeerLink } from "../ports.ts";
import type { Search } from "../view.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type RelayCarrier, RelayLink } from "./relay.ts";
import { openSignal, type Signal, type SignalListener, type SocketConstructor } from "./signal.ts";
import { type Dial, dial } from "./webrtc.ts";

export interface NetworkOptions {
  /** 32 bytes, from the document's link. */
  readonly roomSecret: Bytes;
  /** Of the server's WebSocket, such as wss://notes.example/signal. */
  readonly url: string;
  /** Read for each direct link: more may be known by then. */
  readonly iceServers: readonly RTCIceServer[];
  /** Called at each attempt to reach the server, or somebody directly. */
  readonly attempting?: () => void;
  readonly ciphers: Ciphers;
  /** False: no direct links, by which others learn this device's network address; all goes through the server. */
  readonly isDirect?: boolean;
  /** Where the platform has none of its own. */
  readonly WebSocket?: SocketConstructor;
  readonly clock?: Clock;
}

/** For tests, and for people who ask why nothing works. */
export interface NetworkReport {
  /** Payloads that did not open. */
  readonly dropped: number;
  /** Why the server closed the last connection, where it said so. */
  readonly closeReason: CloseReason | null;
}

export function openNetwork(
  options: NetworkOptions,
  listener: NetworkListener,
): Network & { readonly report: NetworkReport } {
  return new MeshRunner(options, listener);
}

class MeshRunner implements Network {
  readonly #options: NetworkOptions;
  readonly #listener: NetworkListener;
  readonly #clock: Clock;
  readonly #keys: RoomKeys;
  readonly #mesh: Mesh;
  readonly #dials = new Map<ConnectionId, { readonly dial: Dial; link: PeerLink | null }>();
  readonly #relays = new Map<ConnectionId, RelayLink>();
  readonly #carrier: RelayCarrier;
  readonly #stopWatching: () => void;
  #signal: Signal | null = null;
  #self: PeerId | null = null;
  #events: MeshEvent[] = [];
  #isHandling = false;
  #isClosed = false;
  #told = "false connecting";
  #cancelTick: () => void = () => undefined;
  #dropped = 0;
  #closeReason: CloseReason | null = null;

  constructor(options: NetworkOptions, listener: NetworkListener) {
    this.#options = options;
    this.#listener = listener;
    this.#clock = options.clock ?? systemClock;
    this.#keys = roomKeys(options.ciphers, options.roomSecret);
    this.#mesh = new Mesh(
      length => options.ciphers.random(length),
      this.#clock.now(),
      options.isDirect ?? true,
    );
    this.#carrier = this.#relayCarrier();
    this.#stopWatching = watchWakeUps(() => this.nudge());
    this.#handle({ type: "start" });
  }

  get reachable(): boolean {
    return this.#self !== null;
  }

  get search(): Search {
    return this.#mesh.search;
  }

  get report(): NetworkReport {
    return { dropped: this.#dropped, closeReason: this.#closeReason };
  }

  nudge(): void {
    this.#signal?.probe();
    this.#handle({ type: "nudge" });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#self = null;
    this.#events = [];
    this.#cancelTick();
    this.#stopWatching();
    for (const { dial } of this.#dials.values()) dial.close();
    for (const relay of this.#relays.values()) relay.end("here");
    this.#dials.clear();
    this.#relays.clear();
    this.#signal?.close();
  }

  // Events that come while effects are carried out wait: the mesh is never entered twice.
  #handle(event: MeshEvent): void {
    if (this.#isClosed) return;
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of this.#mesh.handle(next, this.#clock.now())) this.#perform(effect);
      }
    } finally {
      this.#isHandling = false;
      this.#scheduleTick();
    }
    this.#tell();
  }

  #tell(): void {
    if (this.#isClosed) return;
    const facts = `${this.reachable} ${this.search}`;
    if (facts !== this.#told) this.#listener.changed();
    this.#told = facts;
  }

  // One timer at the time when there is something to do; none while there is nothing.
  #scheduleTick(): void {
    this.#cancelTick();
    const { nextAt } = this.#mesh;
    if (this.#isClosed || nextAt === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, nextAt - this.#clock.now());
    this.#cancelTick = this.#clock.after(delayMs, () => this.#handle({ type: "tick" }));
  }

  #perform(effect: MeshEffect): void {
    // The session may have closed us while it was handed a link.
    if (this.#isClosed) return;
    switch (effect.type) {
      case "connect":
        this.#connect();
        return;
      case "send":
        this.#send(effect.to, effect.envelope);
        return;
      case "dial":
        this.#dial(effect.connection, effect.initiator);
        return;
      case "signal":
        this.#dials.get(effect.connection)?.dial.signal(effect.signal);
        return;
      case "link": {
        const link = this.#dials.get(effect.connection)?.link;
        if (link) this.#hand(link, effect.connection);
        return;
      }
      case "close":
        this.#dials.get(effect.connection)?.dial.close();
        this.#dials.delete(effect.connection);
        return;
      case "open-relay": {
        const relay = new RelayLink(effect.peer, effect.connection, effect.initiator, this.#carrier);
        this.#relays.set(effect.connection, relay);
        this.#hand(relay, effect.connection);
        return;
      }
      case "close-relay":
        this.#relays.get(effect.connection)?.end("there");
        this.#relays.delete(effect.connection);
        return;
    }
  }

  #hand(link: PeerLink, connection: ConnectionId): void {
    link.judged = standing => this.#handle({ type: "judged", connection, standing });
    this.#listener.link(link);
  }

  #connect(): void {
    this.#options.attempting?.();
    const { seed, room } = this.#keys;
    const { url, ciphers, WebSocket = globalThis.WebSocket as SocketConstructor } = this.#options;
    const sign = (message: Bytes): Bytes => ciphers.seedSign(seed, message);
    this.#signal = openSignal({ url, room, sign, WebSocket, clock: this.#clock }, this.#signalListener());
  }

  #signalListener(): SignalListener {
    return {
      frame: frame => {
        if (frame.type === "from") {
          this.#payload(frame.peer, frame.payload);
          return;
        }
        if (frame.type === "welcome") this.#self = frame.self;
        this.#handle(frame);
      },
      carried: () => {
        for (const relay of [...this.#relays.values()]) relay.carried();
      },
      closed: reason => {
        this.#signal = null;
        this.#self = null;
        this.#closeReason = reason;
        this.#handle({ type: "server-closed" });
      },
    };
  }

  #payload(from: PeerId, payload: Bytes): void {
    if (this.#self === null) return;
    const { ciphers } = this.#options;
    const opened = openEnvelope(ciphers, this.#keys.signalKey, from, this.#self, payload);
    if (!opened.ok) {
      this.#dropped++;
      return;
    }
    const { envelope } = opened;
    if (envelope.type !== "relay-frame") {
      this.#handle({ type: "envelope", from, envelope });
      return;
    }
    const relay = this.#relays.get(envelope.connection);
    if (relay?.peer === from) relay.receive(envelope);
    else this.#handle({ type: "stray", from, connection: envelope.connection });
  }

  #dial(connection: ConnectionId, initiator: boolean): void {
    this.#options.attempting?.();
    const entry: { readonly dial: Dial; link: PeerLink | null } = {
      link: null,
      dial: dial(initiator, this.#options.iceServers, {
        signal: signal => this.#handle({ type: "signal", connection, signal }),
        opened: link => {
          entry.link = link;
          this.#handle({ type: "opened", connection });
        },
        closed: () => {
          this.#dials.delete(connection);
          this.#handle({ type: "closed", connection });
        },
      }),
    };
    this.#dials.set(connection, entry);
  }

  #relayCarrier(): RelayCarrier {
    const bufferedBytes = (): number => this.#signal?.bufferedBytes ?? 0;
    return {
      get bufferedBytes() {
        return bufferedBytes();
      },
      send: (to, piece) => this.#send(to, piece),
      closed: connection => {
        this.#relays.delete(connection);
        this.#handle({ type: "relay-closed", connection });
      },
    };
  }

  #send(to: PeerId, envelope: Envelope): void {
    if (this.#signal === null || this.#self === null) return;
    const payload = sealEnvelope(this.#options.ciphers, this.#keys.signalKey, this.#self, to, envelope);
    // Every peer id we know was named by the server.
    this.#signal.send(to as ServerPeerId, payload);
  }
}

// The network came back, or the page did; workers and Node have neither event.
function watchWakeUps(wake: () => void): () => void {
  if (typeof window === "undefined") return () => undefined;
  const visible = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", visible);
  return () => {
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", visible);
  };
}
