// The connection to the signalling server: proves that we know the room, keeps itself alive, and paces what we send
// below what the server cuts off for. One WebSocket, used once; the mesh decides when there is another. It does not
// know what the payloads mean.
import {
  type CloseReason,
  closeReason,
  decodeServerFrame,
  encodeClientFrame,
  joinMessage,
  type PeerId,
  type ServerFrame,
  TRAFFIC_LIMITS,
} from "../../../signalling/frames.ts";
import * as limits from "../limits.ts";
import type { Bytes } from "../ports.ts";
import { TokenBucket } from "../token-bucket.ts";
import type { Clock } from "./clock.ts";

/** As much of a WebSocket as we use: the browser's, or that of `ws` in Node. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: Bytes): void;
  close(): void;
}

/** `WebSocket.OPEN`. */
const OPEN = 1;

export type SocketConstructor = new (url: string) => Socket;

export interface SignalOptions {
  readonly url: string;
  /** The room's public key, and a signature by its private half. */
  readonly room: Bytes;
  sign(message: Bytes): Bytes;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
}

export interface SignalListener {
  /** `welcome` comes first. Challenges and pongs are not passed on. */
  frame(frame: Exclude<ServerFrame, { type: "challenge" | "pong" }>): void;
  /** Bytes were taken that had waited. */
  carried(): void;
  /** Once, whoever closed; never from inside `openSignal` or `close`. */
  closed(reason: CloseReason | null): void;
}

export interface Signal {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Silently dropped before the welcome and after the end. */
  send(to: PeerId, payload: Bytes): void;
  /** Something woke us up: finds out soon whether the server is still there. */
  probe(): void;
  close(): void;
}

export function openSignal(options: SignalOptions, listener: SignalListener): Signal {
  return new SignalClient(options, listener);
}

class SignalClient implements Signal {
  readonly #options: SignalOptions;
  readonly #listener: SignalListener;
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  #socket: Socket | null = null;
  #hasSigned = false;
  #isJoined = false;
  #isEnded = false;
  #queue: Bytes[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  #unansweredPings = 0;
  #cancelPump: (() => void) | null = null;
  /** The join's deadline, then the next ping. */
  #cancelTimer: () => void;
  #cancelProbe: (() => void) | null = null;

  constructor(options: SignalOptions, listener: SignalListener) {
    this.#options = options;
    this.#listener = listener;
    const now = options.clock.now();
    const { framesBurst, framesPerSecond, bytesBurst, bytesPerSecond } = TRAFFIC_LIMITS;
    const share = limits.PACE_SHARE;
    this.#frames = new TokenBucket(framesBurst * share, framesPerSecond * share, now);
    this.#bytes = new TokenBucket(bytesBurst * share, bytesPerSecond * share, now);
    this.#cancelTimer = options.clock.after(limits.JOIN_MS, () => this.#end(null));
    try {
      this.#socket = new options.WebSocket(options.url);
    } catch {
      // A malformed address, or one this page's policy forbids: an attempt that failed like any other.
      queueMicrotask(() => this.#end(null));
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = event => this.#message(event.data);
    this.#socket.onclose = event => this.#end(closeReason(event.code) ?? null);
    // A close event follows and says more; without a handler `ws` would throw.
    this.#socket.onerror = () => undefined;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes + (this.#socket?.bufferedAmount ?? 0);
  }

  send(to: PeerId, payload: Bytes): void {
    if (!this.#isJoined || this.#isEnded) return;
    const frame = encodeClientFrame({ type: "send", to, payload });
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    if (this.#cancelPump === null) this.#pump();
  }

  probe(): void {
    if (!this.#isJoined || this.#isEnded || this.#cancelProbe !== null) return;
    this.#sendPing();
    this.#cancelProbe = this.#options.clock.after(limits.PROBE_MS, () => this.#end(null));
  }

  close(): void {
    if (!this.#isEnded) queueMicrotask(() => this.#end(null));
  }

  #message(data: unknown): void {
    if (this.#isEnded) return;
    const decoded = data instanceof ArrayBuffer ? decodeServerFrame(new Uint8Array(data)) : null;
    // A server that speaks something else will not get better by listening on.
    if (decoded === null || !decoded.ok) {
      this.#end(null);
      return;
    }
    const { frame } = decoded;
    if (frame.type === "challenge") {
      this.#join(frame.nonce);
    } else if (frame.type === "pong") {
      this.#unansweredPings = 0;
      this.#cancelProbe?.();
      this.#cancelProbe = null;
    } else if (frame.type === "welcome" ? !this.#isJoined : this.#isJoined) {
      if (frame.type === "welcome") this.#welcome();
      this.#listener.frame(frame);
    }
  }

  #join(nonce: Bytes): void {
    // One connection is one signature: a server that asks for more is after our time.
    if (this.#hasSigned) {
      this.#end(null);
      return;
    }
    this.#hasSigned = true;
    const { room } = this.#options;
    const signature = this.#options.sign(joinMessage(nonce, room));
    this.#put(encodeClientFrame({ type: "join", room, signature }));
  }

  #welcome(): void {
    this.#isJoined = true;
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(limits.PING_MS, () => this.#ping());
  }

  #ping(): void {
    if (this.#unansweredPings >= limits.PINGS_MISSED_MAX) {
      this.#end(null);
      return;
    }
    this.#sendPing();
    this.#cancelTimer = this.#options.clock.after(limits.PING_MS, () => this.#ping());
  }

  #sendPing(): void {
    this.#unansweredPings++;
    // Counted, and past the queue: it must say how the server is, not how long our queue is.
    this.#frames.take(1, this.#options.clock.now());
    this.#put(encodeClientFrame({ type: "ping" }));
  }

  /** Not where the server closes already: the browser would complain, and the close event is on its way. */
  #put(frame: Bytes): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(frame);
  }

  // Sends what the pace and the socket allow now, and comes back for the rest. The socket is kept shallow, so that
  // a ping is not behind megabytes; neither it nor the pace tells when there is room again, so we look.
  #pump(): void {
    this.#cancelPump = null;
    const socket = this.#socket;
    if (this.#isEnded || socket === null) return;
    const now = this.#options.clock.now();
    while (this.#queueHead < this.#queue.length && socket.bufferedAmount < limits.BUFFERED_BYTES_LOW) {
      const frame = this.#queue[this.#queueHead]!;
      if (!this.#frames.has(1, now) || !this.#bytes.take(frame.length, now)) break;
      this.#frames.take(1, now);
      this.#queueHead++;
      this.#queuedBytes -= frame.length;
      this.#put(frame);
    }
    if (this.#queueHead === this.#queue.length || this.#queueHead > 1024) {
      this.#queue = this.#queue.slice(this.#queueHead);
      this.#queueHead = 0;
    }
    if (this.bufferedBytes === 0) return;
    this.#cancelPump = this.#options.clock.after(limits.POLL_MS, () => {
      this.#pump();
      if (!this.#isEnded) this.#listener.carried();
    });
  }

  #end(reason: CloseReason | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#cancelTimer();
    this.#cancelPump?.();
    this.#cancelProbe?.();
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      // The closing handshake with a dead server takes minutes; we are done with it now.
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    this.#listener.closed(reason);
  }
}
