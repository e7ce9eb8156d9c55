// What two authenticated ends say to each other (docs/wire-format.md §7), ↔ bytes. A version of the protocol is
// agreed in the handshake; everything here is version 0. A message that cannot be read is refused with a value and
// costs its sender a demerit.

import {
  type Bytes,
  CHANGE_BYTES_MAX,
  type ChangeId,
  type DeviceId,
  Malformed,
  mustFromHex,
  Reader,
  toHex,
  Writer,
} from "../crdt/index.ts";
import { BATCH_CHANGES_MAX, LANES_MAX, PRESENCE_NAME_BYTES_MAX } from "./limits.ts";

/** The versions this code speaks: it agrees with any peer whose range overlaps. */
export const PROTOCOL_VERSION_MIN = 0;
export const PROTOCOL_VERSION_MAX = 0;

/** One lane of what somebody holds: its newest change, the hash shortened under a key of the session. */
export interface LaneClaim {
  readonly author: DeviceId;
  readonly seq: number;
  /** 8 bytes; `reconcile.ts` makes and compares them. */
  readonly tag: Bytes;
}

export interface SignedChange {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

/** An element, by the change that made it. */
export interface ElementName {
  readonly id: ChangeId;
  readonly index: number;
}

/** A position in the text: behind an element, or at the very start. */
export type AnchorName = ElementName | null;

export interface Presence {
  readonly name: string;
  readonly caret: { readonly anchor: AnchorName; readonly head: AnchorName } | null;
}

export type Message =
  /** All that the sender has stored. Sent first, and again whenever it has grown. */
  | { readonly type: "have"; readonly lanes: readonly LaneClaim[] }
  | { readonly type: "changes"; readonly changes: readonly SignedChange[] }
  /** The receiver has judged so many bytes of changes messages since the link began. */
  | { readonly type: "took"; readonly bytes: number }
  | { readonly type: "presence"; readonly presence: Presence }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

const TYPE = { have: 1, changes: 2, took: 3, presence: 4, ping: 5, pong: 6 } as const;

export function encodeMessage(message: Message): Bytes {
  const out = new Writer();
  out.byte(TYPE[message.type]);
  switch (message.type) {
    case "have":
      out.varint(message.lanes.length);
      for (const { author, seq, tag } of message.lanes) {
        out.bytes(mustFromHex(author));
        out.varint(seq);
        out.bytes(tag);
      }
      break;
    case "changes":
      out.varint(message.changes.length);
      for (const { bytes, signature } of message.changes) {
        out.varint(bytes.length);
        out.bytes(bytes);
        out.bytes(signature);
      }
      break;
    case "took":
      out.varint(message.bytes);
      break;
    case "presence": {
      const { name, caret } = message.presence;
      out.string(name);
      out.byte(caret === null ? 0 : 1);
      if (caret !== null) for (const anchor of [caret.anchor, caret.head]) writeAnchor(out, anchor);
      break;
    }
  }
  return out.finish();
}

function writeAnchor(out: Writer, anchor: AnchorName): void {
  out.byte(anchor === null ? 0 : 1);
  if (anchor === null) return;
  out.bytes(mustFromHex(anchor.id));
  out.varint(anchor.index);
}

/** Null for bytes that are no message. */
export function decodeMessage(bytes: Bytes): Message | null {
  try {
    const input = new Reader(bytes);
    const message = read(input);
    input.end();
    return message;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function read(input: Reader): Message {
  const type = input.byte();
  switch (type) {
    case TYPE.have: {
      const lanes = Array.from({ length: input.count(LANES_MAX) }, () => ({
        author: toHex(input.bytes(32)) as DeviceId,
        seq: input.varint(),
        tag: input.bytes(8),
      }));
      return { type: "have", lanes };
    }
    case TYPE.changes: {
      const changes = Array.from({ length: input.count(BATCH_CHANGES_MAX) }, () => ({
        bytes: input.bytes(input.count(CHANGE_BYTES_MAX)),
        signature: input.bytes(64),
      }));
      return { type: "changes", changes };
    }
    case TYPE.took:
      return { type: "took", bytes: input.varint() };
    case TYPE.presence: {
      const name = input.string(PRESENCE_NAME_BYTES_MAX);
      const hasCaret = flag(input);
      return {
        type: "presence",
        presence: { name, caret: hasCaret ? { anchor: readAnchor(input), head: readAnchor(input) } : null },
      };
    }
    case TYPE.ping:
      return { type: "ping" };
    case TYPE.pong:
      return { type: "pong" };
    default:
      throw new Malformed(`unknown message ${type}`);
  }
}

function flag(input: Reader): boolean {
  const byte = input.byte();
  if (byte > 1) throw new Malformed("neither yes nor no");
  return byte === 1;
}

function readAnchor(input: Reader): AnchorName {
  return flag(input) ? { id: toHex(input.bytes(32)) as ChangeId, index: input.varint() } : null;
}
