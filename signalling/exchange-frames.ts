// What instances of the server say to each other, as bytes and back. All of them are of one version and behind one
// Redis; still, what comes is decoded like anything from outside: to a frame or to null, never an exception.
//
//   1 members      from 8, asks 1, room 32, then peers 8·n, ascending: everybody at `from` who is in the room
//   2 relay        from 8, room 32, sender 8, to 8, payload
//   3 unreachable  from 8, room 32, sender 8, peer 8: what `sender` sent to `peer` went nowhere
//   4 beat         from 8
//   5 gone         from 8: with everybody who was there
//   6 back         from 8: it was cut off, and what it said meanwhile is lost
import { FRAME_BYTES_MAX, type PeerId, peerIdFromBytes, peerIdToBytes, ROOM_BYTES } from "./frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Eight random bytes of one process, in hex as a peer's are. */
export type InstanceId = PeerId;

export type ExchangeFrame =
  /** `asks`: the reader answers with who is in the room at its side. */
  | { type: "members"; from: InstanceId; asks: boolean; room: string; peers: readonly PeerId[] }
  | { type: "relay"; from: InstanceId; room: string; sender: PeerId; to: PeerId; payload: Bytes }
  | { type: "unreachable"; from: InstanceId; room: string; sender: PeerId; peer: PeerId }
  | { type: "beat" | "gone" | "back"; from: InstanceId };

const ID = 8;
const ROOM_AT = 1 + ID;

export function encodeExchangeFrame(frame: ExchangeFrame): Bytes {
  const from = peerIdToBytes(frame.from);
  switch (frame.type) {
    case "members":
      return join(
        [1],
        from,
        [frame.asks ? 1 : 0],
        roomToBytes(frame.room),
        ...frame.peers.map(peerIdToBytes),
      );
    case "relay":
      return join(
        [2],
        from,
        roomToBytes(frame.room),
        peerIdToBytes(frame.sender),
        peerIdToBytes(frame.to),
        frame.payload,
      );
    case "unreachable":
      return join([3], from, roomToBytes(frame.room), peerIdToBytes(frame.sender), peerIdToBytes(frame.peer));
    case "beat":
      return join([4], from);
    case "gone":
      return join([5], from);
    case "back":
      return join([6], from);
  }
}

/** `peersMax` bounds what one instance may say of one room. */
export function decodeExchangeFrame(bytes: Uint8Array, peersMax: number): ExchangeFrame | null {
  if (bytes.length < ROOM_AT) return null;
  const from = peerIdFromBytes(bytes, 1);
  switch (bytes[0]) {
    case 1:
      return decodeMembers(bytes, from, peersMax);
    case 2: {
      const head = ROOM_AT + ROOM_BYTES + 2 * ID;
      if (bytes.length < head || bytes.length - head > FRAME_BYTES_MAX - 1 - ID) return null;
      const [sender, to] = twoPeers(bytes);
      // Not `slice`, which on a Buffer is a view of the connection's memory.
      const payload = new Uint8Array(bytes.subarray(head));
      return { type: "relay", from, room: roomAt(bytes, ROOM_AT), sender, to, payload };
    }
    case 3: {
      if (bytes.length !== ROOM_AT + ROOM_BYTES + 2 * ID) return null;
      const [sender, peer] = twoPeers(bytes);
      return { type: "unreachable", from, room: roomAt(bytes, ROOM_AT), sender, peer };
    }
    case 4:
      return bytes.length === ROOM_AT ? { type: "beat", from } : null;
    case 5:
      return bytes.length === ROOM_AT ? { type: "gone", from } : null;
    case 6:
      return bytes.length === ROOM_AT ? { type: "back", from } : null;
    default:
      return null;
  }
}

function decodeMembers(bytes: Uint8Array, from: InstanceId, peersMax: number): ExchangeFrame | null {
  const head = ROOM_AT + 1 + ROOM_BYTES;
  const count = (bytes.length - head) / ID;
  const asks = bytes[ROOM_AT]!;
  if (!Number.isInteger(count) || count < 0 || count > peersMax || asks > 1) return null;
  const peers = Array.from({ length: count }, (_, i) => peerIdFromBytes(bytes, head + i * ID));
  if (!peers.every((peer, i) => i === 0 || peers[i - 1]! < peer)) return null;
  return { type: "members", from, asks: asks === 1, room: roomAt(bytes, ROOM_AT + 1), peers };
}

function twoPeers(bytes: Uint8Array): readonly [PeerId, PeerId] {
  const at = ROOM_AT + ROOM_BYTES;
  return [peerIdFromBytes(bytes, at), peerIdFromBytes(bytes, at + ID)];
}

function roomAt(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.subarray(offset, offset + ROOM_BYTES)).toString("hex");
}

function roomToBytes(room: string): Bytes {
  const bytes = new Uint8Array(Buffer.from(room, "hex"));
  if (bytes.length !== ROOM_BYTES)
    throw new RangeError(`expected a room of ${ROOM_BYTES} bytes, got ${room}`);
  return bytes;
}

function join(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  return new Uint8Array(Buffer.concat(parts.map(part => Uint8Array.from(part))));
}
