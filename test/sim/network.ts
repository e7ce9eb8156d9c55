// The meeting place of a simulated world and the links that come of it: the real mesh (src/sync/mesh.ts) and the real
// relayed link (adapters/relay.ts) of every tab, over a server and connections that fail. On which layer what acts:
//
//     through the server      each envelope (hello, offer, answer, candidate, relay-frame) may be lost, repeated or
//                             overtaken. TCP does none of it; a server that restarts, sheds load or lies does (A2).
//     on a direct link        nothing of the kind: SCTP sends again, so a lost packet is a later one. A link is held up
//                             while the way is cut, in one direction or both, and closes, or dies without a word.
//     above the links         repeating and dropping messages is what liars do (byzantine.ts).
//
// Envelopes are not sealed here: one that was altered does not open and is dropped, so altering is losing.

import { RelayLink } from "../../src/sync/adapters/relay.ts";
import { type ConnectionId, type Envelope, hexOf, type PeerId } from "../../src/sync/envelope.ts";
import { Mesh, type MeshEffect, type MeshEvent } from "../../src/sync/mesh.ts";
import { type Fingerprints, type Wire, wires } from "../sync/wires.ts";
import type { Tab, World } from "../sync/world.ts";

/** What the server is called among those whom a cut separates. */
export const SERVER = "server";
const CONNECT_MS = 30;
const ICE_MS = 60;
const SIGNAL = { sdp: "v=0" } as const;
const CANDIDATE = { type: "candidate", candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 } as const;
const PRINTS = [1, 2, 3].map(n => new Uint8Array(32).fill(n));
const HONEST: Fingerprints = [PRINTS[0]!, PRINTS[1]!];

interface Sent {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly envelope: Envelope;
}

export class Network {
  /** Of envelopes, each between 0 and 1. */
  lossShare = 0;
  repeatShare = 0;
  /** Milliseconds by which some envelopes may be overtaken. */
  reorderMs = 0;
  /** One way, for a new link or an envelope. */
  latencyMs: () => number = () => 20;
  /** Whom no direct link ever joins, such as two behind strict routers. */
  hasDirectWay: (a: string, b: string) => boolean = () => true;
  /** What becomes of a new direct link, from the first one's point of view; the server's doing. */
  isIntercepted: () => boolean = () => false;
  /** A direct link of this station opened: whoever lies takes hold of it. */
  opened: (station: Station, wire: Wire) => void = () => undefined;
  readonly world: World;
  readonly counts = { lost: 0, repeated: 0, relays: 0, directs: 0, intercepted: 0, replayed: 0, invented: 0 };
  readonly #stations = new Map<Tab, Station>();
  readonly #present = new Map<PeerId, Station>();
  /** How many cuts separate two, by "from>to". */
  readonly #cuts = new Map<string, number>();
  /** The last envelopes, for a server that plays them again. */
  readonly #past: Sent[] = [];
  #isServerUp = true;

  constructor(world: World) {
    this.world = world;
  }

  // ------------------------------------------------------------------------------------------------- stations

  enter(tab: Tab): Station {
    const station = new Station(this, tab);
    this.#stations.set(tab, station);
    station.do({ type: "start" });
    return station;
  }

  stationOf(tab: Tab): Station {
    return this.#stations.get(tab)!;
  }

  /** The page is gone; the server notices. */
  exit(tab: Tab): void {
    const station = this.#stations.get(tab);
    if (station === undefined) return;
    this.#stations.delete(tab);
    station.stop();
    this.#dismiss(station);
  }

  get stations(): readonly Station[] {
    return [...this.#stations.values()];
  }

  // --------------------------------------------------------------------------------------------------- server

  connect(station: Station): void {
    this.world.after(CONNECT_MS, () => {
      if (!station.isAlive) return;
      if (!this.#isServerUp || this.isCut(station.owner, SERVER) || this.isCut(SERVER, station.owner)) {
        station.do({ type: "server-closed" });
        return;
      }
      const id = hexOf(this.world.luck.bytes(8));
      const peers = [...this.#present.keys()];
      for (const other of this.#present.values()) this.#tell(other, { type: "arrived", peer: id });
      station.id = id;
      station.hearsAt = this.world.now;
      this.#present.set(id, station);
      station.do({ type: "welcome", self: id, peers });
    });
  }

  #dismiss(station: Station): void {
    const { id } = station;
    if (id === null) return;
    station.id = null;
    this.#present.delete(id);
    for (const other of this.#present.values()) this.#tell(other, { type: "left", peer: id });
  }

  #tell(station: Station, event: MeshEvent): void {
    const { id } = station;
    this.#inOrder(station, CONNECT_MS, () => {
      if (station.id === id) station.do(event);
    });
  }

  /** What the server sends one page stands in one order. */
  #inOrder(station: Station, delayMs: number, run: () => void): void {
    const { world } = this;
    station.hearsAt = Math.max(station.hearsAt, world.now + delayMs);
    world.after(station.hearsAt - world.now, run);
  }

  /** Its connection to the server ends. */
  lose(station: Station): void {
    if (station.id === null) return;
    this.#dismiss(station);
    station.do({ type: "server-closed" });
  }

  stopServer(): void {
    this.world.note(SERVER, "stops");
    this.#isServerUp = false;
    for (const station of this.stations) this.lose(station);
  }

  startServer(): void {
    this.#isServerUp = true;
  }

  carry(from: Station, to: PeerId, envelope: Envelope): void {
    const { luck } = this.world;
    const receiver = this.#present.get(to);
    this.world.note(from.tab.name, envelope.type, receiver?.tab.name ?? "nobody");
    if (receiver === undefined) {
      this.#tell(from, { type: "unreachable", peer: to });
      return;
    }
    const sent = { from: from.id!, to, envelope };
    this.#past.push(sent);
    if (this.#past.length > 100) this.#past.shift();
    if (luck.chance(this.lossShare) || this.isCut(from.owner, SERVER)) {
      this.counts.lost++;
      return;
    }
    const isRepeated = luck.chance(this.repeatShare);
    if (isRepeated) this.counts.repeated++;
    for (let copy = 0; copy <= (isRepeated ? 1 : 0); copy++) this.#deliver(sent);
  }

  #deliver({ from, to, envelope }: Sent): void {
    const { world, reorderMs } = this;
    const station = this.#present.get(to);
    if (station === undefined) return;
    const arrive = (): void => {
      if (station.id !== to) return;
      if (this.isCut(SERVER, station.owner)) this.counts.lost++;
      else station.hear(from, envelope);
    };
    const isLate = reorderMs > 0 && world.luck.chance(0.3);
    if (isLate) world.after(this.latencyMs() + world.luck.below(reorderMs), arrive);
    else this.#inOrder(station, this.latencyMs(), arrive);
  }

  /** A server that lies: what it once carried comes again. */
  replay(): void {
    const { luck } = this.world;
    for (let i = luck.between(1, 20); i > 0 && this.#past.length > 0; i--) {
      this.counts.replayed++;
      this.#deliver(luck.pick(this.#past));
    }
  }

  /** A server that lies: it names people who are not there. */
  invent(station: Station): void {
    for (let i = this.world.luck.between(1, 100); i > 0; i--) {
      this.counts.invented++;
      this.#tell(station, { type: "arrived", peer: hexOf(this.world.luck.bytes(8)) });
    }
  }

  // ----------------------------------------------------------------------------------------------------- cuts

  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0;
  }

  /** Nothing gets from one to the other, until `mend`. */
  cut(from: string, to: string): void {
    this.#cuts.set(`${from}>${to}`, (this.#cuts.get(`${from}>${to}`) ?? 0) + 1);
    this.#eachWire(from, to, wire => wire.hold());
  }

  mend(from: string, to: string): void {
    const count = (this.#cuts.get(`${from}>${to}`) ?? 0) - 1;
    this.#cuts.set(`${from}>${to}`, Math.max(0, count));
    if (count === 0) this.#eachWire(from, to, wire => wire.release());
  }

  mendAll(): void {
    for (const [way, count] of [...this.#cuts]) {
      const [from, to] = way.split(">") as [string, string];
      if (count > 0) this.#eachWire(from, to, wire => wire.release());
    }
    this.#cuts.clear();
  }

  #eachWire(from: string, to: string, act: (wire: Wire) => void): void {
    for (const station of this.stations)
      if (station.owner === from) for (const { wire, other } of station.links) if (other === to) act(wire);
  }

  // --------------------------------------------------------------------------------------------------- direct

  /** Both ends know each other's description: a connection comes of it, or nothing does. */
  join(initiator: Station, connection: ConnectionId): void {
    this.world.after(ICE_MS, () => {
      const answerer = this.stations.find(one => one !== initiator && one.dials.has(connection));
      const ends = [initiator, answerer] as const;
      if (answerer === undefined || !ends.every(one => one!.dials.get(connection) === null)) return;
      const [a, b] = [initiator.owner, answerer.owner];
      if (this.isCut(a, b) || this.isCut(b, a) || !this.hasDirectWay(a, b)) return;
      const isIntercepted = this.isIntercepted();
      if (isIntercepted) this.counts.intercepted++;
      this.counts.directs++;
      const pair = wires(this.world.after, {
        delayMs: this.latencyMs(),
        fingerprints: isIntercepted
          ? [
              [PRINTS[0]!, PRINTS[2]!],
              [PRINTS[2]!, PRINTS[1]!],
            ]
          : [HONEST, HONEST],
      });
      for (const [i, wire] of pair.entries()) {
        wire.isIntercepted = isIntercepted;
        ends[i]!.take(connection, wire, ends[1 - i]!.owner);
      }
    });
  }
}

/** What one page has of the network: does what adapters/network.ts does, on a simulated platform. */
export class Station {
  readonly tab: Tab;
  readonly owner: string;
  /** Null while the server is lost. */
  id: PeerId | null = null;
  isAlive = true;
  /** Being attempted (null) or open. */
  readonly dials = new Map<ConnectionId, Wire | null>();
  /** When the last of what the server sent is there. */
  hearsAt = 0;
  /** Bytes that came over relayed links. */
  relayedBytes = 0;
  readonly #network: Network;
  readonly #mesh: Mesh;
  readonly #relays = new Map<ConnectionId, RelayLink>();
  readonly #others = new Map<ConnectionId, string>();
  readonly #paired = new Map<Wire, string>();
  readonly #events: MeshEvent[] = [];
  #isHandling = false;
  #tickAt = Number.POSITIVE_INFINITY;

  constructor(network: Network, tab: Tab) {
    this.#network = network;
    this.tab = tab;
    this.owner = tab.profile.name;
    const { luck, now } = network.world;
    this.#mesh = new Mesh(length => luck.bytes(length), now);
  }

  /** The open direct links, with who is at the other end. */
  get links(): { readonly wire: Wire; readonly other: string }[] {
    const met = [...this.dials].flatMap(([connection, wire]) =>
      wire === null ? [] : [{ wire, other: this.#others.get(connection)! }],
    );
    return [...met, ...[...this.#paired].map(([wire, other]) => ({ wire, other }))];
  }

  /** A link without the meeting place: it was paired by hand. */
  pair(wire: Wire, other: string): void {
    this.#paired.set(wire, other);
    wire.ended = () => this.#paired.delete(wire);
    this.tab.attach(wire);
  }

  do(event: MeshEvent): void {
    this.tab.whenAwake(() => this.#do(event));
  }

  #do(event: MeshEvent): void {
    if (!this.isAlive) return;
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift())
      for (const effect of this.#mesh.handle(next, this.#network.world.now)) this.#perform(effect);
    this.#isHandling = false;
    this.#schedule();
  }

  #schedule(): void {
    const { world } = this.#network;
    const at = Math.max(this.#mesh.nextAt, world.now + 1);
    if (at === Number.POSITIVE_INFINITY || at >= this.#tickAt) return;
    this.#tickAt = at;
    world.after(at - world.now, () => {
      if (this.#tickAt !== at) return;
      this.#tickAt = Number.POSITIVE_INFINITY;
      this.do({ type: "tick" });
    });
  }

  #perform(effect: MeshEffect): void {
    if (!this.isAlive) return;
    const { world } = this.#network;
    switch (effect.type) {
      case "connect":
        this.#network.connect(this);
        return;
      case "send":
        if (this.id !== null) this.#network.carry(this, effect.to, effect.envelope);
        return;
      case "dial":
        this.dials.set(effect.connection, null);
        if (effect.initiator) this.#describe(effect.connection, "offer");
        return;
      case "signal":
        if (effect.signal.type === "offer") this.#describe(effect.connection, "answer");
        else if (effect.signal.type === "answer") this.#network.join(this, effect.connection);
        return;
      case "link": {
        const wire = this.dials.get(effect.connection);
        if (!wire || wire.isClosed) return;
        wire.judged = standing => this.do({ type: "judged", connection: effect.connection, standing });
        this.tab.attach(wire);
        this.#network.opened(this, wire);
        return;
      }
      case "close": {
        const wire = this.dials.get(effect.connection);
        this.dials.delete(effect.connection);
        wire?.close();
        return;
      }
      case "open-relay": {
        const { peer, connection, initiator } = effect;
        const relay = new RelayLink(peer, connection, initiator, this.#carrier());
        this.#network.counts.relays++;
        this.#relays.set(connection, relay);
        world.note(this.tab.name, "opens a relay");
        relay.judged = standing => this.do({ type: "judged", connection, standing });
        this.tab.link(relay);
        return;
      }
      case "close-relay":
        this.#relays.get(effect.connection)?.end("there");
        this.#relays.delete(effect.connection);
    }
  }

  #describe(connection: ConnectionId, type: "offer" | "answer"): void {
    this.#network.world.after(1, () => {
      this.do({ type: "signal", connection, signal: CANDIDATE });
      this.do({ type: "signal", connection, signal: { type, ...SIGNAL } });
    });
  }

  #carrier(): ConstructorParameters<typeof RelayLink>[3] {
    return {
      bufferedBytes: 0,
      send: (to, piece) => {
        if (this.id !== null) this.#network.carry(this, to, piece);
      },
      closed: connection => {
        this.#relays.delete(connection);
        this.do({ type: "relay-closed", connection });
      },
    };
  }

  /** The connection stands at both ends. */
  take(connection: ConnectionId, wire: Wire, other: string): void {
    this.dials.set(connection, wire);
    this.#others.set(connection, other);
    wire.whenAwake = this.tab.whenAwake;
    wire.ended = () => {
      this.dials.delete(connection);
      this.do({ type: "closed", connection });
    };
    this.do({ type: "opened", connection });
  }

  hear(from: PeerId, envelope: Envelope): void {
    this.tab.whenAwake(() => this.#hear(from, envelope));
  }

  #hear(from: PeerId, envelope: Envelope): void {
    if (!this.isAlive) return;
    if (envelope.type !== "relay-frame") {
      this.do({ type: "envelope", from, envelope });
      return;
    }
    const relay = this.#relays.get(envelope.connection);
    if (relay?.peer !== from) {
      this.do({ type: "stray", from, connection: envelope.connection });
      return;
    }
    this.relayedBytes += envelope.bytes.length;
    relay.receive(envelope);
  }

  stop(): void {
    this.isAlive = false;
    for (const relay of this.#relays.values()) relay.end("here");
  }
}
