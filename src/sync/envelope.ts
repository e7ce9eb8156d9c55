// What two peers tell each other through the signalling server, as sealed bytes and back. The server sees the
// room's public key and the lengths; it can drop, delay, repeat and reorder, not read or write. Repeats are harmless
// because a connection id is made half by either end and every frame of a relayed link is numbered (mesh.ts,
// adapters/relay.ts). It refuses to know why a message is sent.
//
//   payload    XChaCha20-Poly1305(signal key, plain, associated = from 8 ‖ to 8), its nonce of 24 bytes in front
//   plain      byte 0 is the type; fixed-length fields follow; a text or the bytes are the rest
//
//   1 hello       half 8                      6 close        connection 16
//   2 hello-back  connection 16               7 relay-open   connection 16
//   3 offer       connection 16, sdp          8 relay-frame  connection 16, number u32, last 0|1, bytes
//   4 answer      connection 16, sdp          9 relay-close  connection 16
//   5 candidate   connection 16, line u8, mid length u8, mid, candidate      (255 = null, for line and mid length)
//  10 call        connection 16             11 decline      connection 16
import {
  CANDIDATE_LENGTH_MAX,
  FRAME_BYTES_MAX,
  MEDIA_LINES_MAX,
  MID_LENGTH_MAX,
  SDP_LENGTH_MAX,
} from "./limits.ts";
import type { Bytes, Ciphers } from "./ports.ts";

/** Chosen by the server for one connection to it: 16 lower-case hex digits. Their order is that of the bytes. */
export type PeerId = string;

/** One attempt at a link: the initiator's 8 random bytes, then the answerer's; 32 lower-case hex digits. */
export type ConnectionId = string;

/** What WebRTC wants carried to the other end. */
export type Signal =
  | { readonly type: "offer" | "answer"; readonly sdp: string }
  | {
      readonly type: "candidate";
      readonly candidate: string;
      readonly sdpMid: string | null;
      readonly sdpMLineIndex: number | null;
    };

export type Envelope =
  /** From the initiator: are you there, and do you know the room's secret? `half` is 16 hex digits. */
  | { readonly type: "hello"; readonly half: string }
  /** Yes; the id holds your half and mine. */
  | { readonly type: "hello-back"; readonly connection: ConnectionId }
  | (Signal & { readonly connection: ConnectionId })
  /** This end does not hold this direct connection (any more). */
  | { readonly type: "close"; readonly connection: ConnectionId }
  | { readonly type: "relay-open"; readonly connection: ConnectionId }
  | RelayFrame
  | { readonly type: "relay-close"; readonly connection: ConnectionId }
  /** From the answerer of this meeting: I want a link with you, begin. */
  | { readonly type: "call"; readonly connection: ConnectionId }
  /** To a call, an offer or a relay-open: I have no place for another link. */
  | { readonly type: "decline"; readonly connection: ConnectionId };

/** One piece of a frame of a relayed link; `last` says that the frame is complete with it. */
export interface RelayFrame {
  readonly type: "relay-frame";
  readonly connection: ConnectionId;
  readonly number: number;
  readonly last: boolean;
  readonly bytes: Bytes;
}

/** What the room secret is for. */
export interface RoomKeys {
  /** Ed25519 seed: signs the server's nonce. */
  readonly seed: Bytes;
  /** The room's public key: all that the server learns. */
  readonly room: Bytes;
  /** Seals envelopes. */
  readonly signalKey: Bytes;
}

/** Why a payload is no envelope. */
export const ENVELOPE_REFUSALS = {
  NotOpened: "Its sender does not know the room's secret, or it was meant for someone else.",
  TypeUnknown: "Its type is none that this version knows.",
  Malformed: "A field is too short, too long or not what it should be.",
} as const;

export type EnvelopeRefusal = keyof typeof ENVELOPE_REFUSALS;

export type Opened =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly code: EnvelopeRefusal };

const HALF_BYTES = 8;
const CONNECTION_BYTES = 16;
const NONE = 255;
const SEAL_BYTES = 24 + 16;
const RELAY_HEAD_BYTES = 1 + CONNECTION_BYTES + 4 + 1;

/** Bytes of a link's frame in one relay-frame: the sealed whole must fit into the server's 16 KiB. */
export const RELAY_PIECE_BYTES_MAX = FRAME_BYTES_MAX - SEAL_BYTES - RELAY_HEAD_BYTES;
/** Relay-frames are numbered from 0; a link that used up the numbers closes. */
export const RELAY_NUMBER_MAX = 0xffff_ffff;

const TYPES = [
  "hello",
  "hello-back",
  "offer",
  "answer",
  "candidate",
  "close",
  "relay-open",
  "relay-frame",
  "relay-close",
  "call",
  "decline",
] as const satisfies readonly Envelope["type"][];

/** The keys of a room. The labels carry the wire version, so peers of different wires do not hear each other. */
export function roomKeys(ciphers: Ciphers, roomSecret: Bytes): RoomKeys {
  if (roomSecret.length !== 32)
    throw new RangeError(`expected a secret of 32 bytes, got ${roomSecret.length}`);
  const derive = (info: string): Bytes => ciphers.hkdf(roomSecret, new Uint8Array(0), info, 32);
  const seed = derive("chirograph room key 1");
  return { seed, room: ciphers.seedPublicKey(seed), signalKey: derive("chirograph signal key 1") };
}

export function sealEnvelope(
  ciphers: Ciphers,
  key: Bytes,
  from: PeerId,
  to: PeerId,
  envelope: Envelope,
): Bytes {
  return ciphers.sealRandom(key, encodeEnvelope(envelope), concat([bytesOfHex(from), bytesOfHex(to)]));
}

export function openEnvelope(ciphers: Ciphers, key: Bytes, from: PeerId, to: PeerId, payload: Bytes): Opened {
  const plain = ciphers.openRandom(key, payload, concat([bytesOfHex(from), bytesOfHex(to)]));
  return plain === null ? { ok: false, code: "NotOpened" } : decodeEnvelope(plain);
}

/** Throws for an envelope that `decodeEnvelope` would refuse: we never send one. */
export function encodeEnvelope(envelope: Envelope): Bytes {
  const bytes = concat([[TYPES.indexOf(envelope.type) + 1], ...fieldsOf(envelope)]);
  if (!decodeEnvelope(bytes).ok) throw new RangeError(`expected a sound envelope, got ${envelope.type}`);
  return bytes;
}

function fieldsOf(envelope: Envelope): readonly ArrayLike<number>[] {
  if (envelope.type === "hello") return [bytesOfHex(envelope.half)];
  const connection = bytesOfHex(envelope.connection);
  switch (envelope.type) {
    case "offer":
    case "answer":
      return [connection, bytesOfText(envelope.sdp)];
    case "candidate": {
      const mid = envelope.sdpMid === null ? null : bytesOfText(envelope.sdpMid);
      const head = [envelope.sdpMLineIndex ?? NONE, mid?.length ?? NONE];
      return [connection, head, mid ?? [], bytesOfText(envelope.candidate)];
    }
    case "relay-frame": {
      const { number, last, bytes } = envelope;
      const head = [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255, last ? 1 : 0];
      return [connection, head, bytes];
    }
    default:
      return [connection];
  }
}

/** Exactly one byte string for each envelope; everything else is refused. */
export function decodeEnvelope(plain: Uint8Array): Opened {
  const type = TYPES[(plain[0] ?? 0) - 1];
  if (type === undefined) return { ok: false, code: "TypeUnknown" };
  if (type === "hello") {
    return plain.length === 1 + HALF_BYTES ? opened({ type, half: hexOf(plain.subarray(1)) }) : MALFORMED;
  }
  if (plain.length < 1 + CONNECTION_BYTES) return MALFORMED;
  const connection = hexOf(plain.subarray(1, 1 + CONNECTION_BYTES));
  const rest = plain.subarray(1 + CONNECTION_BYTES);
  switch (type) {
    case "offer":
    case "answer": {
      const sdp = textOf(rest, SDP_LENGTH_MAX);
      return sdp === null || sdp === "" ? MALFORMED : opened({ type, connection, sdp });
    }
    case "candidate":
      return decodeCandidate(connection, rest);
    case "relay-frame":
      return decodeRelayFrame(connection, rest);
    default:
      return rest.length === 0 ? opened({ type, connection }) : MALFORMED;
  }
}

function decodeCandidate(connection: ConnectionId, rest: Uint8Array): Opened {
  const [line, midLength] = rest;
  if (line === undefined || midLength === undefined) return MALFORMED;
  if (line !== NONE && line >= MEDIA_LINES_MAX) return MALFORMED;
  // RTCIceCandidate throws when both are missing.
  if (line === NONE && midLength === NONE) return MALFORMED;
  const midEnd = 2 + (midLength === NONE ? 0 : midLength);
  if (midEnd > rest.length) return MALFORMED;
  const sdpMid = midLength === NONE ? null : textOf(rest.subarray(2, midEnd), MID_LENGTH_MAX);
  const candidate = textOf(rest.subarray(midEnd), CANDIDATE_LENGTH_MAX);
  if (candidate === null || (sdpMid === null && midLength !== NONE)) return MALFORMED;
  return opened({
    type: "candidate",
    connection,
    candidate,
    sdpMid,
    sdpMLineIndex: line === NONE ? null : line,
  });
}

function decodeRelayFrame(connection: ConnectionId, rest: Uint8Array): Opened {
  if (rest.length < 5 || rest.length > 5 + RELAY_PIECE_BYTES_MAX) return MALFORMED;
  const number = rest[0]! * 0x100_0000 + rest[1]! * 0x1_0000 + rest[2]! * 0x100 + rest[3]!;
  const last = rest[4]!;
  if (last > 1) return MALFORMED;
  return opened({
    type: "relay-frame",
    connection,
    number,
    last: last === 1,
    bytes: new Uint8Array(rest.subarray(5)),
  });
}

const MALFORMED = { ok: false, code: "Malformed" } as const;

function opened(envelope: Envelope): Opened {
  return { ok: true, envelope };
}

/** Lower-case hex, as peer ids, halves and connection ids are written. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOfHex(hex: string): Bytes {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex))
    throw new TypeError(`expected lower-case hex, got "${hex}"`);
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

// Descriptions of data channels are ASCII. Everything else is refused on both sides: it could only serve to make
// two parsers read two things.
function textOf(bytes: Uint8Array, lengthMax: number): string | null {
  if (bytes.length > lengthMax || !bytes.every(isTextByte)) return null;
  return Array.from(bytes, byte => String.fromCharCode(byte)).join("");
}

function bytesOfText(text: string): Bytes {
  // A code unit above 255 would be cut to a byte that may pass: 0 never does.
  return Uint8Array.from(text, character =>
    isTextByte(character.charCodeAt(0)) ? character.charCodeAt(0) : 0,
  );
}

function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a;
}

function concat(parts: readonly ArrayLike<number>[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
