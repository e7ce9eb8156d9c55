// Messages ↔ frames of a link, after the handshake. A message longer than a frame is cut into pieces; one long
// message may be on its way at a time, and short ones overtake it between its pieces, so that a caret never waits
// for a chapter. Where the link itself is not encrypted end to end (the relay), every frame is sealed under the
// handshake's keys with its number as nonce: altered, repeated, reordered or dropped frames do not open.

import { type Bytes, Malformed, Reader, Writer } from "../crdt/index.ts";
import { FRAME_BYTES_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";
import type { Ciphers } from "./ports.ts";

/** wire §7.2: what a frame holds. */
const PIECE = { whole: 0, first: 1, middle: 2, last: 3 } as const;

const TAG_BYTES = 16;
const PIECE_BYTES_MAX = FRAME_BYTES_MAX - TAG_BYTES - 16;
const NOTHING: Bytes = new Uint8Array(0);

export interface ChannelKeys {
  /** 32 bytes each. */
  readonly send: Bytes;
  readonly receive: Bytes;
  /** The same at both ends: hashes are shortened under it (reconcile.ts). */
  readonly tags: Bytes;
}

export class Channel {
  readonly #ciphers: Ciphers;
  readonly #keys: ChannelKeys;
  readonly #isSealed: boolean;
  /** Number 0 of each direction sealed the proof of the handshake. */
  #sent = 1;
  #received = 1;
  #assembly: Writer | null = null;
  #assemblyLength = 0;

  constructor(ciphers: Ciphers, keys: ChannelKeys, isSealed: boolean) {
    this.#ciphers = ciphers;
    this.#keys = keys;
    this.#isSealed = isSealed;
  }

  /** The pieces of a message, to be given to `seal` one by one and in order when their turn comes. */
  split(message: Bytes): Bytes[] {
    if (message.length <= PIECE_BYTES_MAX) return [frame(PIECE.whole, null, message)];
    const pieces: Bytes[] = [];
    for (let at = 0; at < message.length; at += PIECE_BYTES_MAX) {
      const part = message.subarray(at, at + PIECE_BYTES_MAX);
      const isLast = at + PIECE_BYTES_MAX >= message.length;
      if (at === 0) pieces.push(frame(PIECE.first, message.length, part));
      else pieces.push(frame(isLast ? PIECE.last : PIECE.middle, null, part));
    }
    return pieces;
  }

  seal(piece: Bytes): Bytes {
    if (!this.#isSealed) return piece;
    return this.#ciphers.seal(this.#keys.send, nonce(this.#sent++), piece, NOTHING);
  }

  /** A whole message, null while one is incomplete, or "broken" after which the link must be closed. */
  receive(input: Bytes): Bytes | null | "broken" {
    if (input.length > FRAME_BYTES_MAX) return "broken";
    const piece = this.#isSealed
      ? this.#ciphers.open(this.#keys.receive, nonce(this.#received++), input, NOTHING)
      : input;
    if (piece === null) return "broken";
    try {
      return this.#assemble(new Reader(piece));
    } catch (error) {
      if (error instanceof Malformed) return "broken";
      throw error;
    }
  }

  #assemble(piece: Reader): Bytes | null | "broken" {
    const kind = piece.byte();
    if (kind === PIECE.whole) return piece.bytes(piece.left);
    if (kind === PIECE.first) {
      if (this.#assembly !== null) return "broken";
      this.#assemblyLength = piece.varint(MESSAGE_BYTES_MAX);
      this.#assembly = new Writer();
    }
    if (this.#assembly === null || kind > PIECE.last || piece.left === 0) return "broken";
    this.#assembly.bytes(piece.bytes(piece.left));
    if (this.#assembly.length > this.#assemblyLength) return "broken";
    if (kind !== PIECE.last) return null;
    if (this.#assembly.length !== this.#assemblyLength) return "broken";
    const message = this.#assembly.finish();
    this.#assembly = null;
    return message;
  }
}

function frame(kind: number, total: number | null, content: Bytes): Bytes {
  const out = new Writer(content.length + 8);
  out.byte(kind);
  if (total !== null) out.varint(total);
  out.bytes(content);
  return out.finish();
}

/** RFC 8439 wants 12 bytes that never repeat under a key: the number of the frame. */
export function nonce(number: number): Bytes {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setBigUint64(4, BigInt(number));
  return bytes;
}
