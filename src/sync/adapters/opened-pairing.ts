// Pairing without a server, for the screen: gathers what the browser would say, makes one text of it, and takes the other's.
// The link that comes of it is one like any other, and proves who is there in the same handshake.

import { PAIRING_ATTEMPT_MS, PAIRING_GATHER_MS, PAIRING_QUIET_MS } from "../limits.ts";
import {
  type Description,
  decodeAnswer,
  decodeOffer,
  describe,
  encodeAnswer,
  encodeOffer,
  PAIRING_ID_BYTES,
  type PairingError,
  sdpOf,
} from "../pairing.ts";
import type { Bytes, PeerLink } from "../ports.ts";
import type { DocumentPairing, PairingAnswer, PairingOffer } from "../view.ts";
import { type Dial, dial, fingerprintOf } from "./webrtc.ts";

const NO_DIRECT = "This browser cannot make direct connections.";

export class OpenedPairing implements DocumentPairing {
  readonly #random: (length: number) => Bytes;
  readonly #pageUrl: string;
  readonly #link: (link: PeerLink) => void;

  constructor(random: (length: number) => Bytes, pageUrl: string, link: (link: PeerLink) => void) {
    this.#random = random;
    this.#pageUrl = pageUrl;
    this.#link = link;
  }

  async offer(address: string): Promise<PairingOffer | PairingError> {
    const end = new End(true, this.#link);
    const pairing = this.#random(PAIRING_ID_BYTES);
    const description = await end.describe(pairing);
    if (description === null) return { error: NO_DIRECT };
    let isAccepted = false;
    return {
      address: `${this.#pageUrl}#${encodeOffer(address.split("#")[1]!, description)}`,
      accept: text => {
        const answer = decodeAnswer(text, pairing);
        if ("error" in answer) return answer.error;
        if (!isAccepted) end.take("answer", answer);
        isAccepted = true;
        return null;
      },
      connected: end.connected,
      close: () => end.close(),
    };
  }

  async answer(offer: string): Promise<PairingAnswer | PairingError> {
    const offered = decodeOffer(offer);
    if ("error" in offered) return offered;
    const end = new End(false, this.#link);
    end.take("offer", offered);
    const description = await end.describe(offered.pairing);
    if (description === null) return { error: NO_DIRECT };
    return { text: encodeAnswer(description), connected: end.connected, close: () => end.close() };
  }
}

/** One end of a connection to be. */
class End {
  readonly #dial: Dial;
  /** True once it stands; false if it never will. */
  readonly connected: Promise<boolean>;
  #sdp: string | null = null;
  #isOver = false;
  readonly #candidates: string[] = [];
  #heard: () => void = () => undefined;
  #settle: (isConnected: boolean) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  constructor(isInitiator: boolean, link: (link: PeerLink) => void) {
    this.connected = new Promise(resolve => {
      this.#settle = resolve;
    });
    // No server of addresses either: these two are on one network, or have addresses of their own.
    this.#dial = dial(isInitiator, [], {
      signal: signal => {
        if (signal.type === "candidate") this.#candidates.push(signal.candidate);
        else this.#sdp = signal.sdp;
        this.#heard();
      },
      opened: opened => {
        this.#isOpen = true;
        clearTimeout(this.#timer);
        link(opened);
        this.#settle(true);
      },
      closed: () => {
        this.#isOver = true;
        clearTimeout(this.#timer);
        this.#heard();
        this.#settle(false);
      },
    });
  }

  take(type: "offer" | "answer", description: Description): void {
    this.#dial.signal({ type, sdp: sdpOf(type, description) });
    // Who answers has to wait until the answer was carried; who takes one knows soon.
    if (type === "answer") this.#timer = setTimeout(() => this.close(), PAIRING_ATTEMPT_MS);
  }

  /** What the browser says, once it says no more; null if it makes no direct connections. */
  async describe(pairing: Bytes): Promise<Description | null> {
    const until = Date.now() + PAIRING_GATHER_MS;
    while (Date.now() < until && !this.#isOver) {
      const before = this.#candidates.length;
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.min(PAIRING_QUIET_MS, until - Date.now()));
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.#sdp !== null && before > 0 && before === this.#candidates.length) break;
    }
    this.#heard = () => undefined;
    const fingerprint = this.#sdp === null ? null : fingerprintOf(this.#sdp);
    if (this.#isOver || fingerprint === null) {
      this.close();
      return null;
    }
    return describe(pairing, this.#sdp!, fingerprint, this.#candidates);
  }

  /** Unless it stands: then it is the session's. */
  close(): void {
    clearTimeout(this.#timer);
    if (!this.#isOpen) this.#dial.close();
  }
}
