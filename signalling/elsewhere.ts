// Several instances as one server: who is in our rooms while connected to another instance. Instances say to each other
// who is at their side, whole each time, so that saying it again repairs whatever was lost; and they give signs of life,
// so that one that was killed takes its people with it. Nothing is stored anywhere. It knows no Redis: an exchange is
// anything that carries bytes on named channels to whoever listens, and may lose them while it is disconnected.
//
//   all             beats, and goodbyes
//   room:<key>      heard by every instance with somebody in the room: who is at whose side
//   instance:<id>   heard by one: answers, payloads for people there, and word that one reached nobody
import { randomBytes } from "node:crypto";
import {
  decodeExchangeFrame,
  type ExchangeFrame,
  encodeExchangeFrame,
  type InstanceId,
} from "./exchange-frames.ts";
import { PEER_BYTES, type PeerId, peerIdFromBytes, type ServerFrame } from "./frames.ts";
import type { ServerLimits } from "./limits.ts";
import type { Member, Rooms } from "./rooms.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Exchange {
  readonly isConnected: boolean;
  /** Resolves when the channel is heard; rejects when that cannot be, and is called again after `connected`. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** False when the message was dropped: not connected, or too much waits. */
  publish(channel: string, message: Bytes): boolean;
  close(): Promise<void>;
}

export interface ExchangeListener {
  message(bytes: Uint8Array): void;
  /** First and after every loss; nothing is subscribed to then. */
  connected(): void;
}

export type OpenExchange = (listener: ExchangeListener) => Exchange;

interface Instance {
  heardAt: number;
  /** Silent for too long. If it is heard again, it is asked who is there. */
  isGone: boolean;
  readonly rooms: Map<string, Map<PeerId, Member>>;
}

export class Elsewhere implements ExchangeListener {
  readonly id: InstanceId = peerIdFromBytes(randomBytes(PEER_BYTES));
  readonly #rooms: Rooms;
  readonly #limits: ServerLimits;
  readonly #now: () => number;
  readonly #exchange: Exchange;
  readonly #instances = new Map<InstanceId, Instance>();
  readonly #heard = new Set<string>();
  #tickedAt: number;
  #isClosed = false;

  constructor(open: OpenExchange, rooms: Rooms, limits: ServerLimits, now: () => number) {
    this.#rooms = rooms;
    this.#limits = limits;
    this.#now = now;
    this.#tickedAt = now();
    this.#exchange = open(this);
    rooms.onChange = name => this.#changed(name);
  }

  get isConnected(): boolean {
    return this.#exchange.isConnected;
  }

  get count(): number {
    return [...this.#instances.values()].filter(({ isGone }) => !isGone).length;
  }

  /** Once per beat. After a late one nobody is judged: what was not heard may wait behind it. */
  tick(): void {
    const now = this.#now();
    const isLate = now - this.#tickedAt > 2 * this.#limits.beatIntervalMs;
    this.#tickedAt = now;
    this.#publish("all", { type: "beat", from: this.id });
    if (isLate) return;
    for (const instance of this.#instances.values())
      if (!instance.isGone && now - instance.heardAt > this.#limits.silenceMs) this.#lose(instance);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#publish("all", { type: "gone", from: this.id });
    await this.#exchange.close();
  }

  connected(): void {
    this.#heard.clear();
    // First of all where answers come in.
    void Promise.all([this.#hear(`instance:${this.id}`), this.#hear("all")]).then(() => {
      this.#publish("all", { type: "back", from: this.id });
      for (const name of this.#rooms.names) this.#enter(name);
      for (const [id, instance] of this.#instances) this.#askAbout(id, instance);
    });
  }

  message(bytes: Uint8Array): void {
    const frame = decodeExchangeFrame(bytes, this.#limits.peersPerRoom);
    if (frame === null || frame.from === this.id || this.#isClosed) return;
    const instance = this.#instanceOf(frame.from);
    if (instance === undefined) return;
    switch (frame.type) {
      case "beat":
        return;
      case "gone":
        this.#lose(instance);
        return;
      case "back":
        this.#askAbout(frame.from, instance);
        return;
      case "members":
        this.#learn(instance, frame);
        return;
      case "relay":
        this.#rooms.receive(
          frame.room,
          this.#memberAt(frame.from, frame.room, frame.sender),
          frame.to,
          frame.payload,
        );
        return;
      case "unreachable":
        this.#rooms.unreachable(frame.room, frame.sender, frame.peer);
        return;
    }
  }

  /** Heard now. One that was thought gone is asked about all our rooms, for we have told people that its people left. */
  #instanceOf(id: InstanceId): Instance | undefined {
    const known = this.#instances.get(id);
    if (known === undefined) {
      if (!this.#hasPlace()) return undefined;
      const instance = { heardAt: this.#now(), isGone: false, rooms: new Map() };
      this.#instances.set(id, instance);
      return instance;
    }
    known.heardAt = this.#now();
    if (known.isGone) {
      known.isGone = false;
      for (const name of this.#rooms.names) this.#say(`instance:${id}`, name, true);
    }
    return known;
  }

  /** At the limit the one that has been gone longest is forgotten. */
  #hasPlace(): boolean {
    if (this.#instances.size < this.#limits.instances) return true;
    const gone = [...this.#instances].filter(([, { isGone }]) => isGone);
    const oldest = gone.sort(([, a], [, b]) => a.heardAt - b.heardAt)[0];
    return oldest !== undefined && this.#instances.delete(oldest[0]);
  }

  #lose(instance: Instance): void {
    instance.isGone = true;
    const { rooms } = instance;
    for (const [name, members] of rooms)
      for (const member of members.values()) this.#rooms.depart(name, member);
    rooms.clear();
  }

  #learn(instance: Instance, frame: Extract<ExchangeFrame, { type: "members" }>): void {
    const { from, room, peers } = frame;
    // Even if nobody is in it here: whoever asks may believe otherwise.
    if (frame.asks) this.#say(`instance:${from}`, room, false);
    // Of a room that nobody here is in there is nothing to remember.
    if (!this.#heard.has(`room:${room}`)) return;
    const before = instance.rooms.get(room) ?? new Map<PeerId, Member>();
    const after = new Map<PeerId, Member>();
    for (const [peer, member] of before) if (!peers.includes(peer)) this.#rooms.depart(room, member);
    for (const peer of peers) {
      const member = before.get(peer) ?? this.#memberAt(from, room, peer);
      if (before.has(peer) || this.#rooms.arrive(room, member)) after.set(peer, member);
    }
    if (after.size > 0) instance.rooms.set(room, after);
    else instance.rooms.delete(room);
  }

  /** Whoever we believe to be there may have left while one of us was cut off; who came says so by itself. */
  #askAbout(id: InstanceId, { rooms }: Instance): void {
    for (const name of rooms.keys()) this.#say(`instance:${id}`, name, true);
  }

  #memberAt(instance: InstanceId, room: string, id: PeerId): Member {
    const channel = `instance:${instance}`;
    const from = this.id;
    const deliver = (frame: ServerFrame): boolean => {
      if (frame.type === "from")
        return this.#publish(channel, {
          type: "relay",
          from,
          room,
          sender: frame.peer,
          to: id,
          payload: frame.payload,
        });
      if (frame.type !== "unreachable")
        throw new TypeError(`expected no "${frame.type}" for another instance`);
      return this.#publish(channel, { type: "unreachable", from, room, sender: id, peer: frame.peer });
    };
    return { id, deliver };
  }

  #changed(name: string): void {
    const channel = `room:${name}`;
    const isLeft = this.#rooms.here(name).length === 0;
    if (!isLeft && !this.#heard.has(channel)) {
      this.#enter(name);
      return;
    }
    this.#say(channel, name, false);
    if (!isLeft) return;
    this.#heard.delete(channel);
    this.#exchange.unsubscribe(channel);
    for (const { rooms } of this.#instances.values()) rooms.delete(name);
  }

  /** Listens first and asks then: of two that enter at once, at least one hears the other. */
  #enter(name: string): void {
    const channel = `room:${name}`;
    void this.#hear(channel).then(() => {
      if (this.#heard.has(channel)) this.#say(channel, name, true);
    });
  }

  /** Resolves when it is tried. What fails, fails because the connection is lost, and `connected` comes back to it. */
  async #hear(channel: string): Promise<void> {
    this.#heard.add(channel);
    try {
      await this.#exchange.subscribe(channel);
    } catch {
      this.#heard.delete(channel);
    }
  }

  #say(channel: string, room: string, asks: boolean): void {
    this.#publish(channel, { type: "members", from: this.id, asks, room, peers: this.#rooms.here(room) });
  }

  #publish(channel: string, frame: ExchangeFrame): boolean {
    return this.#exchange.publish(channel, encodeExchangeFrame(frame));
  }
}
