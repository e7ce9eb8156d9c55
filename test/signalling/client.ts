// A small honest client over a real WebSocket, and the room keys it signs with. Frames queue up until asked for, so
// a test reads like the conversation it checks.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { WebSocket } from "ws";
import {
  type ClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  joinMessage,
  type PeerId,
  type ServerFrame,
  SIGNAL_PATH,
} from "../../signalling/frames.ts";
import { createServer, type Server, type ServerOptions } from "../../signalling/server.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface RoomKey {
  readonly publicKey: Bytes;
  readonly privateKey: KeyObject;
}

export function createRoomKey(): RoomKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32)),
    privateKey,
  };
}

export function signJoin(nonce: Bytes, key: RoomKey): Bytes {
  return new Uint8Array(sign(null, joinMessage(nonce, key.publicKey), key.privateKey));
}

export class Client {
  readonly webSocket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #frames: ServerFrame[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.webSocket = new WebSocket(url.replace(/^http/, "ws").replace(/\/$/, "") + SIGNAL_PATH, { headers });
    this.webSocket.on("message", data => {
      const result = decodeServerFrame(data as Buffer);
      if (!result.ok) throw new Error(`the server sent no frame: ${result.code}`);
      this.#frames.push(result.frame);
      this.#wake();
    });
    this.webSocket.on("error", () => this.#wake());
    this.closed = new Promise(resolve => {
      this.webSocket.on("close", code => {
        this.#isClosed = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  /** The next frame, of whatever type. */
  async any(wanted = "anything"): Promise<ServerFrame> {
    while (this.#frames.length === 0) {
      if (this.#isClosed) throw new Error(`closed while waiting for "${wanted}"`);
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift()!;
  }

  async next<Type extends ServerFrame["type"]>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    const frame = await this.any(type);
    if (frame.type !== type) throw new Error(`expected "${type}", got "${frame.type}"`);
    return frame as Extract<ServerFrame, { type: Type }>;
  }

  /** Everything that has come so far, after the server has certainly handled what we sent. */
  async settle(): Promise<ServerFrame[]> {
    this.send({ type: "ping" });
    while (this.#frames.at(-1)?.type !== "pong") {
      if (this.#isClosed) throw new Error("closed while settling");
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    return this.#frames.splice(0).slice(0, -1);
  }

  send(frame: ClientFrame): void {
    this.webSocket.send(encodeClientFrame(frame));
  }

  async join(key: RoomKey): Promise<{ self: PeerId; peers: readonly PeerId[] }> {
    const { nonce } = await this.next("challenge");
    this.send({ type: "join", room: key.publicKey, signature: signJoin(nonce, key) });
    return this.next("welcome");
  }

  close(): Promise<number> {
    this.webSocket.close();
    return this.closed;
  }
}

/** Runs `body` against a server of its own on a free port, and closes it whatever happens. */
export async function withServer(
  options: Partial<ServerOptions>,
  body: (url: string, server: Server) => Promise<void>,
): Promise<void> {
  const server = createServer({ folder: "does-not-exist", port: 0, ...options });
  const { url } = await server.listen();
  try {
    await body(url, server);
  } finally {
    await server.close();
  }
}

export function text(words: string): Bytes {
  return new Uint8Array(Buffer.from(words));
}
