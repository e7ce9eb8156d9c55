// Many clients in one process. A machine has some 28,000 ports for each of its addresses, and the server counts
// connections by address; so the crowd comes from all over 127.0.0.0/8, which is this machine.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type ClientOptions, WebSocket } from "ws";
import { decodeServerFrame, encodeClientFrame, joinMessage, type PeerId, SIGNAL_PATH } from "../frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface RoomKey {
  readonly publicKey: Bytes;
  readonly privateKey: KeyObject;
}

/** As many of a crowd as share an address: fewer than the server allows. */
const PER_ADDRESS = 200;
/** Connections being opened at once. */
const OPENING = 64;

export function createRoomKey(): RoomKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32)),
    privateKey,
  };
}

/** The address from which the `index`-th of a crowd comes. 127.0.0.1 is left to honest people. */
export function addressOf(index: number): string {
  const block = 2 + Math.floor(index / PER_ADDRESS);
  return `127.0.${block >> 8}.${block & 255}`;
}

export function open(url: string, index: number, options: ClientOptions = {}): WebSocket {
  const address = url.replace(/^http/, "ws").replace(/\/$/, "") + SIGNAL_PATH;
  const socket = new WebSocket(address, {
    localAddress: addressOf(index),
    perMessageDeflate: false,
    ...options,
  });
  // "close" follows, and whoever cares listens to that.
  socket.on("error", () => undefined);
  return socket;
}

export interface Joined {
  readonly socket: WebSocket;
  readonly self: PeerId;
  readonly peers: readonly PeerId[];
}

/** Resolves when welcomed; rejects when the connection ends before. */
export function join(url: string, index: number, key: RoomKey): Promise<Joined> {
  const socket = open(url, index);
  return new Promise((resolve, reject) => {
    const closed = (code: number) => reject(new Error(`closed with ${code} before the welcome`));
    socket.once("close", closed);
    const receive = (data: Buffer) => {
      const decoded = decodeServerFrame(data);
      if (!decoded.ok) return reject(new Error(`the server sent no frame: ${decoded.code}`));
      const { frame } = decoded;
      if (frame.type === "challenge") {
        const signature = new Uint8Array(sign(null, joinMessage(frame.nonce, key.publicKey), key.privateKey));
        socket.send(encodeClientFrame({ type: "join", room: key.publicKey, signature }));
      }
      if (frame.type !== "welcome") return;
      socket.off("message", receive);
      socket.off("close", closed);
      resolve({ socket, self: frame.self, peers: frame.peers });
    };
    socket.on("message", receive);
  });
}

/** Runs `body` for 0 … count - 1, so many at once. */
export async function each<T>(
  count: number,
  body: (index: number) => Promise<T>,
  atOnce = OPENING,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await body(index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return results;
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** The value below which the share of all values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
