// Mallory was invited and lies. She speaks through the project's own links, handshake and messages, so that her lies
// get as far as lies can; only what she sends as changes is whatever a test gives her.

import { Standing } from "../../src/crdt/authority/fold.ts";
import {
  type Closed,
  type DeviceId,
  joinMessage,
  Replica,
  type Slot,
  seedPublicKey,
  seedSign,
  type Ticket,
  toHex,
} from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { openNetwork } from "../../src/sync/adapters/network.ts";
import type { SocketConstructor } from "../../src/sync/adapters/signal.ts";
import { decodeLink } from "../../src/sync/link.ts";
import type { Pack } from "../../src/sync/outbox.ts";
import { Peer, type PeerHost } from "../../src/sync/peer.ts";
import type { Bytes, Network } from "../../src/sync/ports.ts";
import type { Message, SentRun, SignedChange } from "../../src/sync/protocol.ts";
import { type Claim, claim } from "../../src/sync/reconcile.ts";
import { packedOf } from "../../src/sync/sent-run.ts";
import { editBody } from "../../src/sync/text.ts";

const NOBODY: ReadonlySet<Slot> = new Set();

export class Mallory implements PeerHost {
  readonly replica: Replica;
  readonly seed = ciphers.random(32);
  readonly device = deviceOf(this.seed);
  /** Past the handshake. */
  readonly peers = new Set<Peer>();
  readonly #instance = ciphers.random(16);
  readonly #network: Network;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #lies: SignedChange[] = [];
  readonly lists = new Peer.Turns();

  /** `WebSocket` where the platform has none of its own. */
  constructor(link: string, server: string, WebSocket?: SocketConstructor) {
    const read = decodeLink(new URL(link).hash);
    if ("error" in read) throw new Error(read.error);
    const { doc, inviteSeed, roomSecret } = read;
    const ticket: Ticket = {
      invite: deviceOf(inviteSeed),
      signature: seedSign(inviteSeed, joinMessage(doc, this.device)),
    };
    this.replica = Replica.open(this.device, doc, ticket);
    const url = new URL("signal", server);
    url.protocol = "ws";
    this.#network = openNetwork(
      {
        roomSecret,
        url: url.href,
        iceServers: [],
        ciphers,
        ...(WebSocket === undefined ? {} : { WebSocket }),
      },
      {
        changed: () => undefined,
        link: link =>
          new Peer(link, "link", this, {
            doc,
            device: this.device,
            instance: this.#instance,
            inviteSeed,
            ciphers,
          }).start(),
      },
    );
    this.#timer = setInterval(() => {
      for (const peer of this.peers) peer.tick(Date.now());
    }, 250);
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#network.close();
  }

  // ------------------------------------------------------------------------------------------- her honest half

  get now(): number {
    return Date.now();
  }

  sign(message: Bytes, then: (signature: Bytes) => void): void {
    queueMicrotask(() => then(seedSign(this.seed, message)));
  }

  verify(_: unknown, then: (verdicts: readonly boolean[]) => void): void {
    queueMicrotask(() => then([true, true]));
  }

  unfinished(peer: Peer): void {
    setTimeout(() => peer.tick(Date.now()));
  }

  opened(peer: Peer): void {
    this.peers.add(peer);
    peer.claim(this.claimFor(peer));
    peer.send({ type: "presence", presence: { name: "Mallory", caret: null } });
  }

  claimFor(peer: Peer): readonly Claim[] {
    return claim(this.replica, peer.tagKey, NOBODY);
  }

  reachOf(): string {
    return "all";
  }

  heldFor(): readonly number[] {
    return [...this.replica.ground.graph.order];
  }

  closed(peer: Peer): void {
    this.peers.delete(peer);
  }

  message(peer: Peer, message: Message, sizeBytes: number): void {
    if (message.type !== "changes") return;
    for (const run of message.runs) this.#admit(peer, run);
    peer.judged(sizeBytes);
  }

  /** Into her own copy. */
  #admit(peer: Peer, run: SentRun): void {
    const base = run.start.type === "whole" ? null : peer.named(run.start.tag)!;
    const inspected = this.replica.runs.inspect(packedOf(run), base);
    if (!inspected.ok) throw new Error(`Mallory was sent what cannot be: ${inspected.code}`);
    const verdicts = inspected.questions.map(() => true);
    this.replica.admitRun(inspected, verdicts, "others");
    peer.came(inspected.changes.at(-1)!.id);
  }

  /** Whatever she says is one change that stands for itself. */
  readonly pack: Pack = (queue, from) => {
    const number = queue[from]!;
    const { bytes, signature } = this.#lies[number]!;
    const packed = { first: bytes, count: 0, rows: new Uint8Array(0), signature };
    return { packed, slots: [number], base: null, newest: null, sizeBytes: bytes.length };
  };

  /** A change of hers that would be taken, put at the end of the text; not sent. */
  write(text: string): SignedChange {
    const change = signed(writeIn(this.replica, text), this.seed);
    this.replica.sign(this.replica.ownHead!.id, change.signature);
    return change;
  }

  /** The same by a device that nobody invited, over everything that she has seen. */
  writeAs(seed: Bytes, text: string, ticket: Ticket | null): SignedChange {
    const stranger = Replica.open(deviceOf(seed), this.replica.doc, ticket);
    for (const { id } of this.replica.changes()) {
      const { changes, signature } = this.replica.proofOf(id)!;
      const inspected = stranger.inspectRun(changes, signature);
      if (inspected.ok)
        stranger.admitRun(
          inspected,
          inspected.questions.map(() => true),
          "Mallory",
        );
    }
    const write = () => signed(writeIn(stranger, text), seed);
    return ticket === null ? asOwner(write) : write();
  }

  // ---------------------------------------------------------------------------------------------- what she sends

  /** To everybody she is linked with, exactly as given and in that order. */
  send(...changes: readonly SignedChange[]): void {
    // Numbers of their own each time: a peer does not queue a change twice.
    for (const peer of this.peers) for (const change of changes) peer.offer([this.#lies.push(change) - 1]);
  }

  /** Below the messages: bytes that no channel has sealed. */
  sendGarbage(frames: readonly Bytes[]): void {
    for (const peer of this.peers) for (const frame of frames) peer.link.send(frame);
  }
}

export function deviceOf(seed: Bytes): DeviceId {
  return toHex(seedPublicKey(seed)) as DeviceId;
}

/** A client that asks nobody whether its device may do something. An honest one closes nothing that others would refuse. */
function asOwner<T>(act: () => T): T {
  const { roleOf } = Standing.prototype;
  Standing.prototype.roleOf = () => "owner";
  try {
    return act();
  } finally {
    Standing.prototype.roleOf = roleOf;
  }
}

function writeIn(replica: Replica, text: string): Closed {
  replica.edit(root => {
    const { length } = root.text("body");
    editBody(root, [{ from: length, to: length, insert: text }]);
  });
  const [closed] = replica.closeDraft(Math.floor(Date.now() / 1000));
  return closed!;
}

function signed({ bytes, message }: Closed, seed: Bytes): SignedChange {
  return { bytes, signature: seedSign(seed, message) };
}
