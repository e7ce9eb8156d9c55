// How a new device asks one of the same person to introduce it. It came by a device link, whose key it proves in the
// handshake, and sends the device that the link names its signature over `introductionMessage`. The other one judges it, and
// only if a person there is waiting for it; saying it in the document is left to that person.
//
//     laptop  ── device link (QR, paste) ──▶  phone
//     laptop  ◀── handshake: key of the phone, key of the link; introduction: signature of the phone ──
//     laptop: "is it the one that shows these words?"  ── introduce ──▶  everybody

import {
  type Bytes,
  type DeviceId,
  introductionMessage,
  mustFromHex,
  type Replica,
  type SignatureQuestion,
} from "../crdt/index.ts";
import type { Peer } from "./peer.ts";

export interface IntroductionsHost {
  sign(message: Bytes, then: (signature: Bytes) => void): void;
  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void;
}

/** A device that asked; its signature was judged. */
export interface Asking {
  readonly device: DeviceId;
  readonly signature: Bytes;
}

interface Awaited {
  readonly link: DeviceId;
  readonly came: (asking: Asking) => void;
  /** Told of already, or being judged. */
  readonly heard: Set<DeviceId>;
}

export class Introductions {
  readonly #replica: Replica;
  readonly #introducer: DeviceId | null;
  readonly #host: IntroductionsHost;
  #awaited: Awaited | null = null;

  constructor(replica: Replica, introducer: DeviceId | null, host: IntroductionsHost) {
    this.#replica = replica;
    this.#introducer = introducer;
    this.#host = host;
  }

  /** Tells, once each, of devices that come by the device link with this key, in place of any that was awaited before. */
  await(link: DeviceId, came: (asking: Asking) => void): void {
    this.#awaited = { link, came, heard: new Set() };
  }

  /** Nobody is waited for any more. */
  stop(): void {
    this.#awaited = null;
  }

  /** Past the handshake: the new device's turn. */
  opened(peer: Peer): void {
    if (this.#introducer === null || peer.device !== this.#introducer) return;
    const message = introductionMessage(this.#replica.doc, this.#introducer);
    this.#host.sign(message, signature => peer.send({ type: "introduction", signature }));
  }

  /** A device asks. Unasked for it is passed over: it may have been asked in another tab. */
  came(peer: Peer, signature: Bytes): void {
    const awaited = this.#awaited;
    const device = peer.device!;
    if (awaited === null || peer.invite !== awaited.link || awaited.heard.has(device)) return;
    awaited.heard.add(device);
    const message = introductionMessage(this.#replica.doc, this.#replica.device);
    this.#host.verify([{ key: mustFromHex(device), message, signature }], ([holds]) => {
      if (awaited !== this.#awaited) return;
      if (holds) awaited.came({ device, signature });
      else {
        awaited.heard.delete(device);
        peer.demerit();
      }
    });
  }
}
