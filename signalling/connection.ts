// One browser's connection: challenge, join, then directed frames until it ends. A union of three states and one
// switch. It sees bytes and a room key; what the payloads mean it cannot know, since they are encrypted.
import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import {
  CLOSE_CODES,
  type ClientFrame,
  type CloseReason,
  decodeClientFrame,
  encodeServerFrame,
  joinMessage,
  NONCE_BYTES,
  PEER_BYTES,
  peerIdFromBytes,
  type ServerFrame,
} from "./frames.ts";
import type { ServerLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import { type Counters, type Ending, increment } from "./metrics.ts";
import { Allowance, mayWait, waitingBytes } from "./pace.ts";
import type { MemberHere, Rooms } from "./rooms.ts";

/** What all connections of a server share. */
export interface Shared {
  readonly limits: ServerLimits;
  readonly rooms: Rooms;
  readonly counters: Counters;
  readonly log: Log;
  /** What waits for the operating system to take it, over all connections; see `waitingBytes`. */
  bufferedBytes: number;
}

type OpenState =
  | { readonly kind: "challenged"; readonly nonce: Uint8Array<ArrayBuffer> }
  | { readonly kind: "joined"; readonly room: string };
type State = OpenState | { readonly kind: "closing" };

type JoinFrame = Extract<ClientFrame, { type: "join" }>;

export class Connection implements MemberHere {
  readonly id = peerIdFromBytes(randomBytes(PEER_BYTES));
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #allowance: Allowance;
  readonly #joinTimer: NodeJS.Timeout;
  #state: State;
  #waitingBytes = 0;
  /** Pings of ours: so many pongs cost nothing. */
  #unansweredPings = 0;
  #progress = { read: 0, flushed: 0, isWaiting: false };

  constructor(webSocket: WebSocket, socket: Socket, address: string, shared: Shared) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#shared = shared;
    this.#allowance = new Allowance(shared.limits, performance.now());
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    this.#state = { kind: "challenged", nonce };
    this.#joinTimer = setTimeout(() => this.close("JoinTimeout"), shared.limits.joinTimeoutMs);

    webSocket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    // `ws` answers pings by itself; here they only cost what any frame costs.
    webSocket.on("ping", data => this.#spend(data.length));
    webSocket.on("pong", data => {
      if (this.#unansweredPings > 0) this.#unansweredPings--;
      else this.#spend(data.length);
    });
    webSocket.on("close", () => this.#end("Left"));
    // A malformed or oversized frame: `ws` closes with the protocol's own code (1002, 1009), then emits "close".
    webSocket.on("error", () => this.#end("BadWebSocket"));
    this.deliver({ type: "challenge", nonce });
  }

  deliver(frame: ServerFrame): boolean {
    if (this.#state.kind === "closing") return false;
    const bytes = encodeServerFrame(frame);
    const { limits, bufferedBytes, counters } = this.#shared;
    const size = waitingBytes(limits, bytes.length);
    if (!mayWait(limits, this.#waitingBytes, bufferedBytes, size)) {
      this.close("TooSlow");
      return false;
    }
    if (frame.type === "unreachable") counters.unreachable++;
    if (frame.type === "from") {
      counters.relayed++;
      counters.relayedBytes += frame.payload.length;
    }
    this.#waitingBytes += size;
    this.#shared.bufferedBytes += size;
    // Called once in any case, with an error when the socket is gone.
    this.#webSocket.send(bytes, () => {
      this.#waitingBytes -= size;
      this.#shared.bufferedBytes -= size;
    });
    return true;
  }

  /** Leaves the room at once and says why; `ws` destroys the socket if the other end does not answer in time. */
  close(reason: CloseReason | "GoingAway"): void {
    if (this.#state.kind === "closing") return;
    this.#end(reason);
    this.#webSocket.close(reason === "GoingAway" ? 1001 : CLOSE_CODES[reason].code, reason);
  }

  /**
   * Called once an interval: asks for a sign of life, and ends the connection if none came since the last call.
   * Anything read is one. While bytes wait, so is anything that left: on a slow line our ping stands in the queue
   * behind a paste, and its answer may take longer than an interval. With nothing waiting, bytes that left prove
   * nothing, for the operating system takes a ping also for a peer that is gone.
   */
  checkAlive(): void {
    const before = this.#progress;
    const read = this.#socket.bytesRead;
    const flushed = this.#socket.bytesWritten - this.#socket.writableLength;
    const isAlive = read > before.read || (before.isWaiting && flushed > before.flushed);
    if (!isAlive) {
      this.#end("NoAnswer");
      this.#webSocket.terminate();
      return;
    }
    this.#webSocket.ping();
    this.#unansweredPings++;
    this.#progress = { read, flushed, isWaiting: this.#socket.writableLength > 0 };
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === "closing" || !this.#spend(data.length)) return;
    this.#shared.counters.received++;
    const result = isBinary ? decodeClientFrame(data) : undefined;
    const reason = result?.ok ? this.#handle(result.frame, this.#state) : "BadFrame";
    if (reason !== undefined) this.close(reason);
  }

  /** Why the connection has to end, or undefined. */
  #handle(frame: ClientFrame, state: OpenState): CloseReason | undefined {
    switch (frame.type) {
      case "ping":
        this.deliver({ type: "pong" });
        return undefined;
      case "join":
        return state.kind === "challenged" ? this.#join(frame, state.nonce) : "OutOfTurn";
      case "send":
        if (state.kind !== "joined") return "OutOfTurn";
        this.#shared.rooms.send(state.room, this, frame.to, frame.payload);
        return undefined;
    }
  }

  #join(frame: JoinFrame, nonce: Uint8Array<ArrayBuffer>): CloseReason | undefined {
    if (!isJoinSignatureValid(frame, nonce)) return "BadSignature";
    clearTimeout(this.#joinTimer);
    const room = Buffer.from(frame.room).toString("hex");
    this.#state = { kind: "joined", room };
    this.#shared.log("debug", "joined", { peer: this.id, room });
    const joined = this.#shared.rooms.join(room, this);
    return joined.ok ? undefined : joined.code;
  }

  #spend(sizeBytes: number): boolean {
    const isWithin = this.#allowance.takeFrame(sizeBytes, performance.now());
    if (!isWithin) this.close("TooFast");
    return isWithin;
  }

  #end(ending: Ending): void {
    const state = this.#state;
    if (state.kind === "closing") return;
    this.#state = { kind: "closing" };
    clearTimeout(this.#joinTimer);
    increment(this.#shared.counters.closed, ending);
    this.#shared.log("debug", "ended", { peer: this.id, reason: ending });
    if (state.kind === "joined") this.#shared.rooms.leave(state.room, this);
  }
}

function isJoinSignatureValid(frame: JoinFrame, nonce: Uint8Array): boolean {
  const x = Buffer.from(frame.room).toString("base64url");
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, joinMessage(nonce, frame.room), key, frame.signature);
  } catch {
    // Not a point on the curve, or a signature OpenSSL does not read: whoever sent it has not proved anything.
    return false;
  }
}
