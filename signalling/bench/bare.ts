// What `ws` can do at best: rooms by the address asked for, frames handed on by the same eight bytes, no proof, no
// limits, no judgement. The measure beside which the server's own speed means something on any machine.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { PEER_BYTES } from "../frames.ts";

const members = new Map<string, WebSocket>();
let joined = 0;

const http = createServer((_request, response) => {
  const { user, system } = process.cpuUsage();
  response.end(`process_cpu_seconds_total ${(user + system) / 1e6}\n`);
});
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
server.on("connection", socket => {
  const id = Buffer.alloc(PEER_BYTES);
  id.writeUInt32BE(++joined, PEER_BYTES - 4);
  members.set(id.toString("hex"), socket);
  socket.on("message", (data: Buffer) => {
    const receiver = members.get(data.toString("hex", 1, 1 + PEER_BYTES));
    if (receiver === undefined) return;
    const frame = Buffer.from(data);
    frame[0] = 5;
    id.copy(frame, 1);
    receiver.send(frame);
  });
  socket.on("close", () => members.delete(id.toString("hex")));
  socket.send(id);
});
http.listen(Number(process.env.PORT), "127.0.0.1", () => {
  console.log(`Open http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
});
