// Everything that has brought down a signalling server somewhere, at once, while Alice and Bob go on talking. What
// counts: the process lives, the pair loses nothing, and the memory comes back.
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import {
  decodeServerFrame,
  encodeClientFrame,
  FRAME_BYTES_MAX,
  ROOM_BYTES,
  SIGNAL_PATH,
  SIGNATURE_BYTES,
  TRAFFIC_LIMITS,
} from "../frames.ts";
import { addressOf, createRoomKey, each, type Joined, join, open, pause, type RoomKey } from "./crowd.ts";
import { leave, WARM_FRAMES, warm } from "./idle.ts";
import type { ServerProcess } from "./process.ts";

export interface AbuseResult {
  readonly isAlive: boolean;
  /** Malformed frames written. */
  readonly malformed: number;
  readonly told: number;
  readonly lost: number;
  /** Bytes of resident memory above what it was before: at the worst moment, and when all is over. */
  readonly peakBytes: number;
  readonly endBytes: number;
  /** What was withstood, and bytes of resident memory above before when it was over. */
  readonly attacks: readonly { readonly name: string; readonly bytes: number }[];
}

export interface AbuseScale {
  readonly warmFrames: number;
  readonly malformed: number;
  /** Of each kind of attack that takes one. */
  readonly sockets: number;
  readonly rooms: number;
  readonly nonReaders: number;
  readonly messages: number;
}

export const QUICK: AbuseScale = {
  warmFrames: 90,
  malformed: 20_000,
  sockets: 35,
  rooms: 200,
  nonReaders: 5,
  messages: 200,
};
export const FULL: AbuseScale = {
  warmFrames: WARM_FRAMES,
  malformed: 1_000_000,
  sockets: 200,
  rooms: 20_000,
  nonReaders: 50,
  messages: 1_000,
};

/** Frames written at once to one connection, which the server cuts off at the first. */
const FRAMES_PER_CONNECTION = 1_000;
/** Milliseconds after which what the server closed is gone for certain. */
const SETTLE_MS = 3_000;

export async function abuse(server: ServerProcess, scale: AbuseScale): Promise<AbuseResult> {
  await warm(server, scale.warmFrames);
  const room = createRoomKey();
  const alice = await join(server.url, 0, room);
  const bob = await join(server.url, 0, room);
  const before = await server.rss();
  const conversation = talk(alice, bob);
  let peak = before;
  const watch = setInterval(() => {
    server.rss().then(
      bytes => {
        peak = Math.max(peak, bytes);
      },
      // Asked in the middle of it all; the verdict is drawn at the end.
      () => undefined,
    );
  }, 250);
  const attacks: { name: string; bytes: number }[] = [];
  for (const [name, attack] of ATTACKS) {
    await attack(server, scale, room);
    attacks.push({ name, bytes: (await server.rss()) - before });
  }
  const { told, heard } = await conversation.finish(scale.messages);
  clearInterval(watch);
  await leave([alice, bob]);
  await pause(SETTLE_MS);
  const end = server.isAlive() ? await server.rss() : Number.POSITIVE_INFINITY;
  return {
    isAlive: server.isAlive(),
    malformed: scale.malformed,
    told,
    lost: told - heard,
    peakBytes: peak - before,
    endBytes: end - before,
    attacks,
  };
}

/** Alice says a number every few milliseconds; Bob counts those that come in their order. */
function talk(alice: Joined, bob: Joined) {
  let told = 0;
  let heard = 0;
  bob.socket.on("message", (data: Buffer) => {
    const decoded = decodeServerFrame(data);
    if (!decoded.ok || decoded.frame.type !== "from" || decoded.frame.peer !== alice.self) return;
    if (Buffer.from(decoded.frame.payload).readUInt32BE(0) === heard) heard++;
  });
  const say = () => {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, told++);
    alice.socket.send(encodeClientFrame({ type: "send", to: bob.self, payload }));
  };
  const timer = setInterval(say, 20);
  return {
    async finish(atLeast: number) {
      clearInterval(timer);
      for (; told < atLeast; ) {
        say();
        if (told % 5 === 0) await pause(20);
      }
      for (let i = 0; i < 100 && heard < told; i++) await pause(50);
      return { told, heard };
    },
  };
}

type Attack = (server: ServerProcess, scale: AbuseScale, room: RoomKey) => Promise<void>;

const ATTACKS: readonly (readonly [name: string, attack: Attack])[] = [
  ["malformed frames, before and after joining the pair's room", malformedFrames],
  ["bytes that are no HTTP, and two thousand headers", rawBytes],
  ["text, deep JSON, frames too long, messages in pieces", hostileMessages],
  ["heads of requests that never end", slowHeads],
  ["signatures by the wrong key", wrongSignatures],
  ["room after room", roomAfterRoom],
  ["members who never read", nonReaders],
];

async function malformedFrames(server: ServerProcess, scale: AbuseScale, room: RoomKey): Promise<void> {
  const connections = Math.ceil(scale.malformed / FRAMES_PER_CONNECTION);
  await each(
    connections,
    async index => {
      const joined = index % 3 === 0 ? await join(server.url, index, room) : null;
      const socket = joined?.socket ?? open(server.url, index);
      const raw = await rawSocket(socket);
      // Past the client's own framing, which is too slow for a million.
      raw?.write(maskedFrames(FRAMES_PER_CONNECTION, index));
      await closedWithin(socket, 5_000);
    },
    16,
  );
}

async function rawBytes(server: ServerProcess, scale: AbuseScale): Promise<void> {
  const filler = "X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n".repeat(2_000);
  const exchanges = [
    () => randomBytes(4_096),
    () => Buffer.from(`GET / HTTP/1.1\r\n${filler}\r\n`),
    () => Buffer.concat([Buffer.from(upgradeHead()), randomBytes(2_048)]),
    () => Buffer.from(upgradeHead().replace("websocket", "h2c")),
    () => Buffer.from(`POST ${SIGNAL_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n`),
  ];
  await each(scale.sockets, async index => {
    const socket = tcp(server, index);
    socket.write(exchanges[index % exchanges.length]!());
    await Promise.race([new Promise(resolve => socket.on("close", resolve)), pause(1_000)]);
    socket.destroy();
  });
}

async function hostileMessages(server: ServerProcess, scale: AbuseScale): Promise<void> {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const sends = [
    "{not json",
    deep.slice(0, FRAME_BYTES_MAX),
    deep,
    Buffer.alloc(0),
    Buffer.alloc(FRAME_BYTES_MAX + 1, 2),
    Buffer.alloc(4_000_000, 2),
  ];
  await each(scale.sockets, async index => {
    const socket = open(server.url, index);
    await new Promise(resolve => socket.once("open", resolve).once("close", resolve));
    if (socket.readyState !== socket.OPEN) return;
    const sent = sends[index % (sends.length + 1)];
    if (sent !== undefined) socket.send(sent);
    else for (let i = 0; i < 1_000; i++) socket.send(Buffer.alloc(0), { fin: false });
    await closedWithin(socket, 5_000);
  });
}

/** Held while the rest goes on; the server ends them by its own clock. */
async function slowHeads(server: ServerProcess, scale: AbuseScale): Promise<void> {
  for (let index = 0; index < scale.sockets; index++) {
    const socket = tcp(server, index);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    setTimeout(() => socket.destroy(), 15_000).unref();
  }
}

async function wrongSignatures(server: ServerProcess, scale: AbuseScale, room: RoomKey): Promise<void> {
  await each(2 * scale.sockets, async index => {
    const socket = open(server.url, index);
    socket.once("open", () => {
      const signature = new Uint8Array(randomBytes(SIGNATURE_BYTES));
      const claimed = index % 2 === 0 ? room.publicKey : new Uint8Array(randomBytes(ROOM_BYTES));
      socket.send(encodeClientFrame({ type: "join", room: claimed, signature }));
    });
    await closedWithin(socket, 5_000);
  });
}

async function roomAfterRoom(server: ServerProcess, scale: AbuseScale): Promise<void> {
  const keys = Array.from({ length: 64 }, createRoomKey);
  await each(scale.rooms, async index => {
    // A key costs more than a room does; what is asked for again is gone by then, and so a new room.
    const { socket } = await join(server.url, index % 12_000, keys[index % 64]!);
    socket.terminate();
  });
}

async function nonReaders(server: ServerProcess, scale: AbuseScale): Promise<void> {
  const room = createRoomKey();
  const deaf = await each(scale.nonReaders, index => join(server.url, index, room));
  for (const { socket } of deaf) socket.pause();
  const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
  // Each sends to one of them what may wait for one, and more; all together are what may wait for all, and more.
  await each(scale.nonReaders, async index => {
    const { socket } = await join(server.url, 1_000 + index, room);
    for (let i = 0; i < 400 && socket.readyState === socket.OPEN; i++) {
      socket.send(encodeClientFrame({ type: "send", to: deaf[index]!.self, payload }));
      if (i % 50 === 49) await pause(50);
    }
    await pause(200);
    socket.terminate();
  });
  await leave(deaf);
}

function tcp(server: ServerProcess, index: number): Socket {
  const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: addressOf(index) });
  socket.on("data", () => undefined);
  socket.on("error", () => socket.destroy());
  return socket;
}

function upgradeHead(): string {
  return [
    `GET ${SIGNAL_PATH} HTTP/1.1`,
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "\r\n",
  ].join("\r\n");
}

/** The TCP socket beneath an open WebSocket, or null when it ended before. */
function rawSocket(socket: ReturnType<typeof open>): Promise<Socket | null> {
  const raw = () => (socket as unknown as { readonly _socket: Socket })._socket;
  if (socket.readyState === socket.OPEN) return Promise.resolve(raw());
  return new Promise(resolve => {
    socket.once("open", () => resolve(raw()));
    socket.once("close", () => resolve(null));
  });
}

/** Frames that are right as WebSocket frames and wrong as ours, in one piece. */
function maskedFrames(count: number, seed: number): Buffer {
  const random = randomBytes(64 * 16);
  const frames = Array.from({ length: count }, (_, i) => {
    const size = 1 + ((i * 7 + seed) % 60);
    const frame = Buffer.alloc(6 + size);
    // Text for every fifth; masked with zeros, so that what is written is what arrives.
    frame[0] = 0x80 | (i % 5 === 0 ? 1 : 2);
    frame[1] = 0x80 | size;
    random.copy(frame, 6, (i % 16) * 60, (i % 16) * 60 + size);
    // Of a kind that exists, but then too short for a join and from nobody who could send.
    frame[6] = (i + seed) % 7;
    if (i % 5 === 0) frame.fill(0x7b, 6);
    return frame;
  });
  return Buffer.concat(frames);
}

async function closedWithin(socket: ReturnType<typeof open>, ms: number): Promise<void> {
  if (socket.readyState !== socket.CLOSED)
    await Promise.race([new Promise(resolve => socket.once("close", resolve)), pause(ms)]);
  socket.terminate();
}
