// Somebody who speaks the protocol by hand: says what no session would, and writes down what it is told.

import type { Bytes, DeviceId, DocId } from "../../src/crdt/index.ts";
import { Channel, type ChannelKeys } from "../../src/sync/channel.ts";
import { Handshake, type HandshakeFailure, type HandshakeStep } from "../../src/sync/handshake.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/sync/protocol.ts";
import { lengthOf } from "../../src/sync/sent-run.ts";
import type { Key } from "../crdt/people.ts";
import type { Wire } from "./wires.ts";
import type { Tab, World } from "./world.ts";

export interface PuppetOptions {
  readonly key: Key;
  readonly doc: DocId;
  readonly inviteSeed: Bytes | null;
  /** Whom it says it is; its key's owner unless given. */
  readonly device?: DeviceId;
  /** Replaces a frame of the handshake: 0 is the hello, 1 the proof. */
  readonly alter?: (frame: Bytes, which: number) => Bytes;
}

export class Puppet {
  readonly wire: Wire;
  readonly heard: Message[] = [];
  failure: HandshakeFailure | null = null;
  isClosed = false;
  keys: ChannelKeys | null = null;
  readonly #options: PuppetOptions;
  readonly #handshake: Handshake;
  readonly #isSealed: boolean;
  readonly #world: World;
  #channel: Channel | null = null;
  #said = 0;

  constructor(world: World, wire: Wire, options: PuppetOptions) {
    this.wire = wire;
    this.#options = options;
    this.#isSealed = wire.fingerprints === null;
    this.#world = world;
    this.#handshake = new Handshake({
      doc: options.doc,
      device: options.device ?? options.key.id,
      instance: world.luck.bytes(16),
      inviteSeed: options.inviteSeed,
      isInitiator: wire.initiator,
      fingerprints: wire.fingerprints,
      ciphers: world.ciphers,
    });
    wire.listen({
      frame: bytes => this.#frame(bytes),
      drained: () => undefined,
      closed: () => {
        this.isClosed = true;
      },
    });
    this.#take(this.#handshake.start());
  }

  #frame(bytes: Bytes): void {
    if (this.#channel === null) {
      this.#take(this.#handshake.frame(bytes));
      return;
    }
    const whole = this.#channel.receive(bytes);
    if (whole === null || whole === "broken") return;
    const message = decodeMessage(whole);
    if (message !== null) this.heard.push(message);
  }

  #take(steps: readonly HandshakeStep[]): void {
    for (const step of steps) {
      switch (step.type) {
        case "send":
          this.wire.inject(this.#options.alter?.(step.frame, this.#said) ?? step.frame);
          this.#said++;
          break;
        case "sign":
          this.#take(this.#handshake.signed(this.#world.sign(this.#options.key, step.message)));
          break;
        case "verify":
          this.#take(this.#handshake.verified(step.questions.map(one => this.#world.verify(one))));
          break;
        case "failed":
          this.failure = step.code;
          break;
        case "done":
          this.keys = step.keys;
          this.#channel = new Channel(this.#world.ciphers, step.keys, this.#isSealed);
      }
    }
  }

  get isOpen(): boolean {
    return this.#channel !== null && !this.isClosed;
  }

  say(...messages: readonly Message[]): void {
    for (const message of messages) this.sayBytes(encodeMessage(message));
  }

  sayBytes(message: Bytes): void {
    for (const piece of this.#channel!.split(message)) this.sayFrame(piece);
  }

  /** Sealed where the link wants it. */
  sayFrame(piece: Bytes): void {
    this.wire.inject(this.#channel!.seal(piece));
  }

  heardOf<T extends Message["type"]>(type: T): Extract<Message, { type: T }>[] {
    return this.heard.filter((message): message is Extract<Message, { type: T }> => message.type === type);
  }

  /** Ids of nothing: how many changes it was given. */
  get changes(): number {
    const runs = this.heardOf("changes").flatMap(({ runs }) => runs);
    return runs.reduce((sum, run) => sum + lengthOf(run), 0);
  }
}

/** Puts somebody who speaks by hand at the other end of a new link to a tab. */
export function meet(world: World, tab: Tab, ends: readonly [Wire, Wire], options: PuppetOptions): Puppet {
  const puppet = new Puppet(world, ends[0], options);
  tab.attach(ends[1]);
  world.run(100);
  return puppet;
}
