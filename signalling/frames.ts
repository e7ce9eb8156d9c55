// The frames between a browser and the signalling server, as bytes and back. It knows no socket, no clock and no
// platform, so both ends share it. Input from outside never throws: it decodes to a frame or to a refusal.
//
//   byte 0      the type
//   the rest    fixed-length fields, then (in `send` and `from`) the payload, which is the rest of the frame
//
//   server → client   1 challenge  nonce 32                        client → server   1 join  room 32, signature 64
//                     2 welcome    self 8, count u16, peers 8·n                      2 send  to 8, payload
//                     3 arrived    peer 8                                            3 ping
//                     4 left       peer 8
//                     5 from       peer 8, payload
//                     6 unreachable peer 8
//                     7 pong
import { TRAFFIC_LIMITS } from "./limits.ts";

export { TRAFFIC_LIMITS } from "./limits.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Eight random bytes chosen by the server for one connection, as 16 lower-case hex digits: comparable, a map key. */
export type PeerId = string & { readonly peerId: unique symbol };

export type ServerFrame =
  /** The first frame on every connection: sign this to join. */
  | { readonly type: "challenge"; readonly nonce: Bytes }
  /** The join counts. `peers` are the others in the room now, ascending. */
  | { readonly type: "welcome"; readonly self: PeerId; readonly peers: readonly PeerId[] }
  | { readonly type: "arrived"; readonly peer: PeerId }
  | { readonly type: "left"; readonly peer: PeerId }
  /** A payload that `peer` sent to us. */
  | { readonly type: "from"; readonly peer: PeerId; readonly payload: Bytes }
  /** What we sent to `peer` went nowhere: it is not in the room, or it stopped reading. */
  | { readonly type: "unreachable"; readonly peer: PeerId }
  | { readonly type: "pong" };

export type ClientFrame =
  /** `room` is the room's Ed25519 public key, `signature` is made with its private half over `joinMessage`. */
  | { readonly type: "join"; readonly room: Bytes; readonly signature: Bytes }
  | { readonly type: "send"; readonly to: PeerId; readonly payload: Bytes }
  | { readonly type: "ping" };

/** Why bytes are no frame. */
export const FRAME_REFUSALS = {
  Empty: "A frame needs at least its type byte.",
  UnknownType: "The frame's first byte is no type this version knows.",
  WrongLength: "The frame is shorter or longer than its type allows.",
  PayloadTooLong: "The payload is above 16 KiB.",
  PeersOutOfOrder: "The peers in a welcome must ascend, without repeats and without ourselves.",
} as const;

export type FrameRefusal = keyof typeof FRAME_REFUSALS;

export type Decoded<Frame> =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly code: FrameRefusal };

/** Why the server closed a connection: the WebSocket close code, and one sentence for the person. */
export const CLOSE_CODES = {
  BadFrame: { code: 4000, sentence: "The server could not read what this page sent." },
  OutOfTurn: { code: 4001, sentence: "This page sent something before joining, or joined twice." },
  JoinTimeout: { code: 4002, sentence: "This page did not join in time." },
  BadSignature: { code: 4003, sentence: "This page could not prove that it knows the document's link." },
  TooFast: { code: 4004, sentence: "This page sent more than the server relays for one connection." },
  TooSlow: { code: 4005, sentence: "This page took too long to read what others sent." },
  ServerFull: { code: 4006, sentence: "The server has all the connections it can hold." },
  AddressFull: { code: 4007, sentence: "Too many connections come from this network address." },
  RoomFull: { code: 4008, sentence: "Too many people have this document open." },
  TooManyRooms: { code: 4009, sentence: "The server has all the documents open that it can hold." },
} as const satisfies Record<string, { code: number; sentence: string }>;

export type CloseReason = keyof typeof CLOSE_CODES;

/** The close reason for a WebSocket close code, or undefined for one of the protocol's own (1001, 1006, 1009 …). */
export function closeReason(code: number): CloseReason | undefined {
  return (Object.keys(CLOSE_CODES) as CloseReason[]).find(reason => CLOSE_CODES[reason].code === code);
}

/** Where the server listens for WebSockets, on the page's own origin. */
export const SIGNAL_PATH = "/signal";

export const NONCE_BYTES = 32;
export const ROOM_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const PEER_BYTES = 8;

/** The longest frame there is: type, peer and a full payload. A full `welcome` is far shorter. */
export const FRAME_BYTES_MAX = 1 + PEER_BYTES + TRAFFIC_LIMITS.payloadBytes;

// The label keeps a room signature from being worth anything in another protocol; the nul ends it unambiguously.
const JOIN_LABEL = ascii("chirograph signalling join 1\0");

/** What the room key signs to join: label ‖ nonce ‖ room. */
export function joinMessage(nonce: Uint8Array, room: Uint8Array): Bytes {
  expectLength("nonce", nonce, NONCE_BYTES);
  expectLength("room", room, ROOM_BYTES);
  return concat(JOIN_LABEL, nonce, room);
}

export function encodeServerFrame(frame: ServerFrame): Bytes {
  switch (frame.type) {
    case "challenge":
      expectLength("nonce", frame.nonce, NONCE_BYTES);
      return concat([1], frame.nonce);
    case "welcome": {
      const count = frame.peers.length;
      if (count > 0xffff) throw new RangeError(`expected at most 65535 peers, got ${count}`);
      return concat(
        [2],
        peerIdToBytes(frame.self),
        [count >> 8, count & 0xff],
        ...frame.peers.map(peerIdToBytes),
      );
    }
    case "arrived":
      return concat([3], peerIdToBytes(frame.peer));
    case "left":
      return concat([4], peerIdToBytes(frame.peer));
    case "from":
      expectPayload(frame.payload);
      return concat([5], peerIdToBytes(frame.peer), frame.payload);
    case "unreachable":
      return concat([6], peerIdToBytes(frame.peer));
    case "pong":
      return Uint8Array.of(7);
  }
}

export function encodeClientFrame(frame: ClientFrame): Bytes {
  switch (frame.type) {
    case "join":
      expectLength("room", frame.room, ROOM_BYTES);
      expectLength("signature", frame.signature, SIGNATURE_BYTES);
      return concat([1], frame.room, frame.signature);
    case "send":
      expectPayload(frame.payload);
      return concat([2], peerIdToBytes(frame.to), frame.payload);
    case "ping":
      return Uint8Array.of(3);
  }
}

export function decodeServerFrame(bytes: Uint8Array): Decoded<ServerFrame> {
  switch (bytes[0]) {
    case undefined:
      return refused("Empty");
    case 1:
      if (bytes.length !== 1 + NONCE_BYTES) return refused("WrongLength");
      return decoded({ type: "challenge", nonce: copy(bytes, 1) });
    case 2:
      return decodeWelcome(bytes);
    case 3:
      return decodePeerOnly(bytes, peer => ({ type: "arrived", peer }));
    case 4:
      return decodePeerOnly(bytes, peer => ({ type: "left", peer }));
    case 5:
      return decodePayload(bytes, (peer, payload) => ({ type: "from", peer, payload }));
    case 6:
      return decodePeerOnly(bytes, peer => ({ type: "unreachable", peer }));
    case 7:
      return bytes.length === 1 ? decoded({ type: "pong" }) : refused("WrongLength");
    default:
      return refused("UnknownType");
  }
}

export function decodeClientFrame(bytes: Uint8Array): Decoded<ClientFrame> {
  switch (bytes[0]) {
    case undefined:
      return refused("Empty");
    case 1:
      if (bytes.length !== 1 + ROOM_BYTES + SIGNATURE_BYTES) return refused("WrongLength");
      return decoded({
        type: "join",
        room: copy(bytes, 1, 1 + ROOM_BYTES),
        signature: copy(bytes, 1 + ROOM_BYTES),
      });
    case 2:
      return decodePayload(bytes, (to, payload) => ({ type: "send", to, payload }));
    case 3:
      return bytes.length === 1 ? decoded({ type: "ping" }) : refused("WrongLength");
    default:
      return refused("UnknownType");
  }
}

/** The eight bytes at `offset` as a peer id. */
export function peerIdFromBytes(bytes: Uint8Array, offset = 0): PeerId {
  if (bytes.length < offset + PEER_BYTES) throw new RangeError(`expected ${PEER_BYTES} bytes at ${offset}`);
  let hex = "";
  for (let i = offset; i < offset + PEER_BYTES; i++) hex += bytes[i]!.toString(16).padStart(2, "0");
  return hex as PeerId;
}

export function peerIdToBytes(peer: PeerId): Bytes {
  if (!/^[0-9a-f]{16}$/.test(peer)) throw new TypeError(`expected 16 lower-case hex digits, got "${peer}"`);
  return Uint8Array.from({ length: PEER_BYTES }, (_, i) => Number.parseInt(peer.slice(2 * i, 2 * i + 2), 16));
}

function decodeWelcome(bytes: Uint8Array): Decoded<ServerFrame> {
  const head = 1 + PEER_BYTES + 2;
  if (bytes.length < head) return refused("WrongLength");
  const count = (bytes[head - 2]! << 8) | bytes[head - 1]!;
  if (bytes.length !== head + count * PEER_BYTES) return refused("WrongLength");
  const self = peerIdFromBytes(bytes, 1);
  const peers = Array.from({ length: count }, (_, i) => peerIdFromBytes(bytes, head + i * PEER_BYTES));
  // One room has one encoding, and a peer named twice would be linked twice.
  const ascends = peers.every((peer, i) => peer !== self && (i === 0 || peers[i - 1]! < peer));
  return ascends ? decoded({ type: "welcome", self, peers }) : refused("PeersOutOfOrder");
}

function decodePeerOnly<Frame>(bytes: Uint8Array, make: (peer: PeerId) => Frame): Decoded<Frame> {
  return bytes.length === 1 + PEER_BYTES ? decoded(make(peerIdFromBytes(bytes, 1))) : refused("WrongLength");
}

function decodePayload<Frame>(
  bytes: Uint8Array,
  make: (peer: PeerId, payload: Bytes) => Frame,
): Decoded<Frame> {
  if (bytes.length < 1 + PEER_BYTES) return refused("WrongLength");
  if (bytes.length > FRAME_BYTES_MAX) return refused("PayloadTooLong");
  return decoded(make(peerIdFromBytes(bytes, 1), copy(bytes, 1 + PEER_BYTES)));
}

function decoded<Frame>(frame: Frame): Decoded<Frame> {
  return { ok: true, frame };
}

function refused(code: FrameRefusal): { readonly ok: false; readonly code: FrameRefusal } {
  return { ok: false, code };
}

function expectLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new RangeError(`expected a ${name} of ${length} bytes, got ${bytes.length}`);
}

function expectPayload(payload: Uint8Array): void {
  const max = TRAFFIC_LIMITS.payloadBytes;
  if (payload.length > max)
    throw new RangeError(`expected a payload of at most ${max} bytes, got ${payload.length}`);
}

// Not `slice`: on a Buffer (what Node hands us) that is a view into memory which is used again.
function copy(bytes: Uint8Array, from: number, to?: number): Bytes {
  return new Uint8Array(bytes.subarray(from, to));
}

function concat(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function ascii(text: string): Bytes {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}
