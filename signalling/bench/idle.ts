// Thousands who only have a document open: what each costs, whether all of them stay, how soon a ping comes back.
import { decodeServerFrame, encodeClientFrame, encodeServerFrame, TRAFFIC_LIMITS } from "../frames.ts";
import { createRoomKey, each, type Joined, join, pause, quantile } from "./crowd.ts";
import type { ServerProcess } from "./process.ts";

const ROOM = 10;
/** Full frames, 64 MB: as when some people open long documents. */
export const WARM_FRAMES = 4_000;
const PONG = encodeServerFrame({ type: "pong" })[0];

export interface IdleResult {
  readonly connections: number;
  readonly bytesEach: number;
  readonly dropped: number;
  readonly pingP99Ms: number;
  readonly joinsPerSecond: number;
}

export async function idle(
  server: ServerProcess,
  connections: number,
  stayMs: number,
  warmFrames = WARM_FRAMES,
): Promise<IdleResult> {
  await warm(server, warmFrames);
  const before = await server.rss();
  const keys = Array.from({ length: Math.ceil(connections / ROOM) }, createRoomKey);
  const startedAt = performance.now();
  const joined = await each(connections, index => join(server.url, index, keys[Math.floor(index / ROOM)]!));
  const joinsPerSecond = connections / ((performance.now() - startedAt) / 1000);
  let dropped = 0;
  for (const { socket } of joined) socket.once("close", () => dropped++);
  await pause(stayMs);
  const bytesEach = ((await server.rss()) - before) / connections;
  const pings = await each(Math.min(1_000, connections), index => ping(joined[index]!), 1);
  const result = { connections, bytesEach, dropped, pingP99Ms: quantile(pings, 0.99), joinsPerSecond };
  await leave(joined);
  return result;
}

/**
 * Some honest coming, going and sending, so that what any traffic makes a fresh process take once is not put down to who
 * comes later.
 */
export async function warm(server: ServerProcess, frames: number): Promise<void> {
  const keys = Array.from({ length: 30 }, createRoomKey);
  const count = Math.min(300, frames);
  const joined = await each(count, index => join(server.url, index, keys[index % 30]!));
  const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
  for (let i = 0; i < frames; i++) {
    const sender = joined[i % count]!;
    const to = joined[(i + 30) % count]!.self;
    sender.socket.send(encodeClientFrame({ type: "send", to, payload }));
    if (i % 20 === 0) await ping(sender);
  }
  await leave(joined);
}

/** Milliseconds. */
function ping({ socket }: Joined): Promise<number> {
  const before = performance.now();
  return new Promise((resolve, reject) => {
    const receive = (data: Buffer) => {
      // Others come and go meanwhile.
      if (decodeServerFrame(data).ok && data[0] !== PONG) return;
      socket.off("message", receive);
      socket.off("close", closed);
      resolve(performance.now() - before);
    };
    const closed = () => reject(new Error("closed instead of a pong"));
    socket.on("message", receive);
    socket.once("close", closed);
    socket.send(encodeClientFrame({ type: "ping" }));
  });
}

export async function leave(joined: readonly Joined[]): Promise<void> {
  await each(joined.length, index => {
    const { socket } = joined[index]!;
    return new Promise<void>(resolve => {
      if (socket.readyState === socket.CLOSED) return resolve();
      socket.once("close", () => resolve());
      socket.terminate();
    });
  });
}
