// Direct links by simple-peer, which is loaded with the first one. Its limits shape this file: it neither bounds nor
// fragments, throws when used after its end, dies of a signal it does not know, and asks a foreign STUN server unless
// told otherwise. What it does well, the negotiation, is left to it; when to try again is the mesh's business.
//
// A peer that sleeps goes through "disconnected" and may come back on the same connection after half a minute, so
// we wait for simple-peer to say that it failed (about 16 s) and do not give up earlier.
import type { Instance, SignalData, SimplePeer } from "simple-peer";
import type { Signal } from "../envelope.ts";
import {
  BUFFERED_BYTES_HIGH,
  BUFFERED_BYTES_LOW,
  BUFFERED_BYTES_MAX,
  DIALS_PER_COLLECTION,
  FRAME_BYTES_MAX,
} from "../limits.ts";
import type { Bytes, LinkListener, PeerLink, Standing } from "../ports.ts";
import { Inbox } from "./inbox.ts";

export interface DialListener {
  /** To be carried to the other end. */
  signal(signal: Signal): void;
  opened(link: PeerLink): void;
  /** Once, and never from inside `dial`: the attempt failed or the link closed. */
  closed(): void;
}

/** One connection, being attempted or open. */
export interface Dial {
  signal(signal: Signal): void;
  close(): void;
}

// Of this page, over all documents: Chromium counts per renderer process.
let constructedCount = 0;

/** How many connections this page has constructed. */
export function constructedConnections(): number {
  return constructedCount;
}

export function dial(initiator: boolean, iceServers: readonly RTCIceServer[], listener: DialListener): Dial {
  return new WebRtcLink(initiator, iceServers, listener);
}

/**
 * The SHA-256 fingerprint that a session description names, or null where it names none, another hash, several
 * different ones, or one in a form that a browser might read otherwise than we do: the handshake above signs what
 * this says, so the two must not differ.
 */
export function fingerprintOf(sdp: string): Bytes | null {
  const lines = sdp.split("\r\n");
  if (lines.some(line => /[\r\n]/.test(line))) return null;
  const named = lines.filter(line => /fingerprint/i.test(line));
  const [first] = named;
  if (first === undefined || named.some(line => line.toLowerCase() !== first.toLowerCase())) return null;
  const hex = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i.exec(first)?.[1];
  return hex === undefined ? null : Uint8Array.from(hex.split(":"), byte => Number.parseInt(byte, 16));
}

class WebRtcLink implements Dial, PeerLink {
  readonly kind = "webrtc";
  readonly initiator: boolean;
  judged: (standing: Standing) => void = () => undefined;
  readonly #listener: DialListener;
  readonly #inbox = new Inbox();
  /** Signals that came while simple-peer was loading; the mesh bounds them. */
  #early: Signal[] = [];
  #peer: Instance | null = null;
  #channel: RTCDataChannel | null = null;
  #local: Bytes | null = null;
  #remote: Bytes | null = null;
  #isOpen = false;
  #isAboveHigh = false;
  #isClosed = false;

  constructor(initiator: boolean, iceServers: readonly RTCIceServer[], listener: DialListener) {
    this.initiator = initiator;
    this.#listener = listener;
    import("simple-peer/simplepeer.min.js")
      .then(module => this.#construct(simplePeerOf(module), iceServers))
      // Not loaded (offline, and not in the cache), no WebRTC here, or Chromium's 500: an attempt that failed.
      .catch(() => this.#end("here"));
  }

  get fingerprints(): PeerLink["fingerprints"] {
    return this.#local && this.#remote ? { local: this.#local, remote: this.#remote } : null;
  }

  get bufferedBytes(): number {
    return this.#channel?.bufferedAmount ?? 0;
  }

  signal(signal: Signal): void {
    if (this.#isClosed) return;
    if (this.#peer === null) {
      this.#early.push(signal);
      return;
    }
    if (signal.type !== "candidate") {
      this.#remote = fingerprintOf(signal.sdp);
      if (this.#remote === null) {
        this.close();
        return;
      }
    }
    this.#attempt(peer => peer.signal(toSimplePeer(signal)));
  }

  send(frame: Bytes): void {
    if (!this.#isOpen || this.#isClosed) return;
    if (frame.length > FRAME_BYTES_MAX || this.bufferedBytes > BUFFERED_BYTES_MAX) {
      this.close();
      return;
    }
    this.#attempt(peer => peer.send(frame));
    if (this.bufferedBytes > BUFFERED_BYTES_HIGH) this.#isAboveHigh = true;
  }

  close(): void {
    this.#end("here");
  }

  listen(listener: LinkListener): void {
    this.#inbox.listen(listener);
  }

  #construct(SimplePeer: SimplePeer, iceServers: readonly RTCIceServer[]): void {
    if (this.#isClosed) return;
    constructedCount++;
    if (constructedCount % DIALS_PER_COLLECTION === 0) coaxCollection();
    const peer = new SimplePeer({
      initiator: this.initiator,
      // Always given: the library's default asks servers of Google and Twilio.
      config: { iceServers: [...iceServers] },
      trickle: true,
      objectMode: true,
      channelConfig: { ordered: true },
    });
    // First of all: an error without a listener is thrown. It is followed by "close", which is what we act on.
    peer.on("error", () => undefined);
    peer.on("close", () => this.#end("there"));
    peer.on("signal", data => this.#localSignal(data));
    peer.on("data", chunk => this.#data(chunk));
    peer.on("connect", () => this.#connected(peer));
    this.#peer = peer;
    const early = this.#early;
    this.#early = [];
    for (const signal of early) this.signal(signal);
  }

  #localSignal(data: SignalData): void {
    if (this.#isClosed) return;
    const signal = fromSimplePeer(data);
    // Renegotiation is for media, and we have none.
    if (signal === null) return;
    if (signal.type !== "candidate") this.#local = fingerprintOf(signal.sdp);
    this.#listener.signal(signal);
  }

  #connected(peer: Instance): void {
    if (this.#isClosed || this.#isOpen) return;
    // A link whose ends are not known cannot be authenticated.
    const channel = channelOf(peer);
    if (this.fingerprints === null || channel === null) {
      this.close();
      return;
    }
    this.#isOpen = true;
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = BUFFERED_BYTES_LOW;
    channel.addEventListener("bufferedamountlow", () => {
      if (!this.#isAboveHigh || this.#isClosed) return;
      this.#isAboveHigh = false;
      this.#inbox.drained();
    });
    this.#listener.opened(this);
  }

  #data(chunk: unknown): void {
    if (this.#isClosed) return;
    // Text, or a frame that no honest peer sends.
    if (!(chunk instanceof Uint8Array) || chunk.length > FRAME_BYTES_MAX) {
      this.close();
      return;
    }
    // It comes as the bundle's own Buffer, on memory that is ours alone; as a plain array it can travel further.
    const frame = new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
    if (!this.#inbox.push(frame)) this.close();
  }

  // simple-peer throws when it or its channel is past its end, and so does a channel whose queue is full: in each
  // case the link is over.
  #attempt(act: (peer: Instance) => void): void {
    try {
      if (this.#peer !== null) act(this.#peer);
    } catch {
      this.close();
    }
  }

  #end(closedBy: "here" | "there"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#early = [];
    this.#channel = null;
    this.#inbox.end(closedBy);
    const peer = this.#peer;
    this.#peer = null;
    if (peer !== null) {
      // The listener for errors stays: some come after the end.
      for (const event of ["close", "signal", "data", "connect"]) peer.removeAllListeners(event);
      peer.destroy();
    }
    queueMicrotask(() => this.#listener.closed());
  }
}

// Bundlers disagree on what importing a CommonJS file yields.
function simplePeerOf(module: { readonly default: SimplePeer }): SimplePeer {
  return module.default ?? (module as unknown as SimplePeer);
}

// The channel itself, because the library has no event for a buffer that emptied to a level of our choice.
function channelOf(peer: Instance): RTCDataChannel | null {
  return (peer as unknown as { readonly _channel: RTCDataChannel | null })._channel;
}

function toSimplePeer(signal: Signal): SignalData {
  if (signal.type !== "candidate") return signal;
  const { candidate, sdpMid, sdpMLineIndex } = signal;
  return { type: "candidate", candidate: { candidate, sdpMid, sdpMLineIndex } as RTCIceCandidate };
}

function fromSimplePeer(data: SignalData): Signal | null {
  if (data.type === "candidate") {
    const { candidate, sdpMid, sdpMLineIndex } = data.candidate;
    return { type: "candidate", candidate, sdpMid, sdpMLineIndex };
  }
  if (data.type !== "offer" && data.type !== "answer") return null;
  return { type: data.type, sdp: data.sdp ?? "" };
}

// Chromium frees closed connections only in a major collection, which a page may not see for minutes, and refuses
// the 501st. Large buffers bring one about (measured; small garbage does not).
function coaxCollection(): void {
  for (let i = 0; i < 4; i++) new ArrayBuffer(50_000_000);
}
