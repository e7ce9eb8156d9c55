// Rooms of ten in which everybody sends to everybody, below the pace at which the server cuts off: how many payloads
// arrive in a second, by our server and by a bare relay, and whether any is lost. On a busy machine a second says more of
// the machine; so also how many arrive for a second of the server's own processor time.
import type { WebSocket } from "ws";
import { encodeClientFrame, type PeerId, peerIdFromBytes, TRAFFIC_LIMITS } from "../frames.ts";
import { createRoomKey, each, join, open, pause } from "./crowd.ts";
import type { ServerProcess } from "./process.ts";

const ROOM = 10;
/** Bytes of a payload: a few changes, or a session description. */
const PAYLOAD_BYTES = 1_500;
/** Frames that one client has on the way: the next goes out when one arrives, so nothing piles up. */
const WINDOW = 16;

export interface RelayResult {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly sent: number;
  readonly lost: number;
}

interface Sender {
  readonly socket: WebSocket;
  readonly others: readonly PeerId[];
  allowance: number;
  next: number;
}

/** By our own server, with all its limits as they are. */
export async function relayOurs(server: ServerProcess, rooms: number, ms: number): Promise<RelayResult> {
  const keys = Array.from({ length: rooms }, createRoomKey);
  const joined = await each(rooms * ROOM, index => join(server.url, index, keys[Math.floor(index / ROOM)]!));
  return run(
    server,
    joined.map(({ socket, self }, index) => ({ socket, self, room: Math.floor(index / ROOM) })),
    ms,
  );
}

/** By bare.ts, which says who one is by the first message. */
export async function relayBare(server: ServerProcess, rooms: number, ms: number): Promise<RelayResult> {
  const opened = await each(
    rooms * ROOM,
    index =>
      new Promise<{ socket: WebSocket; self: PeerId; room: number }>(resolve => {
        const socket = open(server.url, index);
        socket.once("message", (id: Buffer) =>
          resolve({ socket, self: peerIdFromBytes(id), room: Math.floor(index / ROOM) }),
        );
      }),
  );
  return run(server, opened, ms);
}

async function run(
  server: ServerProcess,
  clients: readonly { socket: WebSocket; self: PeerId; room: number }[],
  ms: number,
): Promise<RelayResult> {
  const members = new Map<number, PeerId[]>();
  for (const { self, room } of clients) members.set(room, [...(members.get(room) ?? []), self]);
  let sent = 0;
  let arrived = 0;
  let isRunning = true;
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(7);
  // As much as an honest client may ever send in this time: the burst is left alone.
  const allowance = Math.floor((TRAFFIC_LIMITS.framesPerSecond * 0.9 * ms) / 1000);
  const byId = new Map<PeerId, Sender>();
  const senders = clients.map(({ socket, self, room }): Sender => {
    const others = members.get(room)!.filter(other => other !== self);
    const sender = { socket, others, allowance, next: 0 };
    byId.set(self, sender);
    return sender;
  });
  const send = (sender: Sender) => {
    if (!isRunning || sender.allowance-- <= 0) return;
    const to = sender.others[sender.next++ % sender.others.length]!;
    sent++;
    sender.socket.send(encodeClientFrame({ type: "send", to, payload }));
  };
  for (const { socket } of clients)
    socket.on("message", (data: Buffer) => {
      // Only `from` counts; who arrived or left is not what is measured.
      if (data[0] !== 5) return;
      arrived++;
      send(byId.get(peerIdFromBytes(data, 1))!);
    });
  const cpuBefore = await server.metric("process_cpu_seconds_total");
  const startedAt = performance.now();
  for (let i = 0; i < WINDOW; i++) for (const sender of senders) send(sender);
  await pause(ms);
  const perSecond = arrived / ((performance.now() - startedAt) / 1000);
  const perCpuSecond = arrived / ((await server.metric("process_cpu_seconds_total")) - cpuBefore);
  isRunning = false;
  await settled(() => arrived === sent);
  for (const { socket } of clients) socket.terminate();
  return { perSecond, perCpuSecond, sent, lost: sent - arrived };
}

/** Until it is so, or nothing can come any more. */
async function settled(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !isSo(); i++) await pause(50);
}
