// What two authenticated ends say to each other (docs/wire-format.md §7), ↔ bytes. A version of the protocol is
// agreed in the handshake; everything here is version 1. A message that cannot be read is refused with a value and
// costs its sender a demerit. The rows of a run are read where the change is known that they go on from (intake.ts).

import {
  type Bytes,
  CHANGE_BYTES_MAX,
  type ChangeId,
  type DeviceId,
  Malformed,
  mustFromHex,
  Reader,
  RUN_CHANGES_MAX,
  toHex,
  Writer,
} from "../crdt/index.ts";
import {
  BATCH_RUNS_MAX,
  FORKS_MAX,
  LANES_MAX,
  MESSAGE_BYTES_MAX,
  PRESENCE_NAME_BYTES_MAX,
  WORD_HEADS_MAX,
} from "./limits.ts";
import { lengthOf, type RunStart, type SentRun } from "./sent-run.ts";

export type { RunStart, SentRun };

/** The versions this code speaks: it agrees with any peer whose range overlaps. */
export const PROTOCOL_VERSION_MIN = 1;
export const PROTOCOL_VERSION_MAX = 1;

/** One lane of what somebody holds: its newest change, the hash shortened under a key of the session. */
export interface LaneClaim {
  readonly author: DeviceId;
  readonly seq: number;
  /** 8 bytes; `reconcile.ts` makes and compares them. */
  readonly tag: Bytes;
}

/** What is proven of a two-faced device: the number that it used twice, and the two ids, shortened like a lane's. */
export interface ForkClaim {
  readonly device: DeviceId;
  readonly seq: number;
  /** 8 bytes; `two-faced.ts` makes and compares them. */
  readonly tag: Bytes;
}

export interface SignedChange {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

const NOTHING: Bytes = new Uint8Array(0);

/** A run of one change. */
export function runOf({ bytes, signature }: SignedChange): SentRun {
  return { start: { type: "whole", bytes }, count: 0, rows: NOTHING, signature };
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

/** A device's presence and holdings, for those to whom it has no link (distant.ts). */
export interface UnsignedWord {
  readonly device: DeviceId;
  /** 32 hex digits. */
  readonly instance: string;
  /** Milliseconds since 1970 by its clock, and one more than before where that did not go on. */
  readonly number: number;
  readonly presence: Presence;
  /** Changes below which it has stored everything. */
  readonly heads: readonly ChangeId[];
}

export interface Word extends UnsignedWord {
  readonly signature: Bytes;
}

export type Message =
  /** All that the sender has stored. Sent first, and again whenever it has grown. `hasLost`: a run that came went on from
   * a change that is not here; all that was sent beyond these lanes is to be sent again. */
  | { readonly type: "have"; readonly hasLost: boolean; readonly lanes: readonly LaneClaim[] }
  | { readonly type: "changes"; readonly runs: readonly SentRun[] }
  /** All proofs of two-faced devices that the sender holds. Sent whenever there are others. */
  | { readonly type: "forks"; readonly forks: readonly ForkClaim[] }
  /** One of them (`Forks.inspect` of the core reads it). */
  | { readonly type: "fork"; readonly proof: Bytes }
  /** The receiver has judged so many bytes of changes and proofs since the link began. */
  | { readonly type: "took"; readonly bytes: number }
  | { readonly type: "presence"; readonly presence: Presence }
  /** The sender asks to be introduced as a device of the receiver's person: its signature over `introductionMessage`. */
  | { readonly type: "introduction"; readonly signature: Bytes }
  /** Of whatever device; passed on by those who heard it first. */
  | { readonly type: "word"; readonly word: Word }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

const TYPE = {
  have: 1,
  changes: 2,
  took: 3,
  presence: 4,
  ping: 5,
  pong: 6,
  forks: 7,
  fork: 8,
  introduction: 9,
  word: 12,
} as const;

export function encodeMessage(message: Message): Bytes {
  const out = new Writer();
  out.byte(TYPE[message.type]);
  switch (message.type) {
    case "have":
      out.byte(message.hasLost ? 1 : 0);
      out.varint(message.lanes.length);
      for (const { author, seq, tag } of message.lanes) {
        out.bytes(mustFromHex(author));
        out.varint(seq);
        out.bytes(tag);
      }
      break;
    case "changes":
      out.varint(message.runs.length);
      for (const run of message.runs) writeRun(out, run);
      break;
    case "forks":
      out.varint(message.forks.length);
      for (const { device, seq, tag } of message.forks) {
        out.bytes(mustFromHex(device));
        out.varint(seq);
        out.bytes(tag);
      }
      break;
    case "fork":
      out.bytes(message.proof);
      break;
    case "took":
      out.varint(message.bytes);
      break;
    case "introduction":
      out.bytes(message.signature);
      break;
    case "presence":
      writePresence(out, message.presence);
      break;
    case "word":
      out.bytes(encodeWord(message.word));
      out.bytes(message.word.signature);
  }
  return out.finish();
}

function writePresence(out: Writer, { name, caret }: Presence): void {
  out.string(name);
  out.byte(caret === null ? 0 : 1);
  if (caret !== null) for (const anchor of [caret.anchor, caret.head]) writeAnchor(out, anchor);
}

/** All of a word but its signature. */
export function encodeWord({ device, instance, number, presence, heads }: UnsignedWord): Bytes {
  const out = new Writer();
  out.bytes(mustFromHex(device));
  out.bytes(mustFromHex(instance));
  out.varint(number);
  writePresence(out, presence);
  out.varint(heads.length);
  for (const head of heads) out.bytes(mustFromHex(head));
  return out.finish();
}

function writeRun(out: Writer, { start, count, rows, signature }: SentRun): void {
  out.varint(count * 2 + (start.type === "after" ? 1 : 0));
  if (start.type === "after") out.bytes(start.tag);
  else {
    out.varint(start.bytes.length);
    out.bytes(start.bytes);
  }
  if (count > 0) {
    out.varint(rows.length);
    out.bytes(rows);
  }
  out.bytes(signature);
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
      const hasLost = flag(input);
      const lanes = Array.from({ length: input.count(LANES_MAX) }, () => ({
        author: toHex(input.bytes(32)) as DeviceId,
        seq: input.varint(),
        tag: input.bytes(8),
      }));
      return { type: "have", hasLost, lanes };
    }
    case TYPE.changes: {
      const runs: SentRun[] = [];
      let changes = 0;
      for (let left = input.count(BATCH_RUNS_MAX); left > 0; left--) {
        const run = readRun(input);
        changes += lengthOf(run);
        if (changes > RUN_CHANGES_MAX) throw new Malformed("too many changes");
        runs.push(run);
      }
      return { type: "changes", runs };
    }
    case TYPE.forks: {
      const forks = Array.from({ length: input.count(FORKS_MAX) }, () => ({
        device: toHex(input.bytes(32)) as DeviceId,
        seq: input.varint(),
        tag: input.bytes(8),
      }));
      return { type: "forks", forks };
    }
    case TYPE.fork:
      return { type: "fork", proof: input.bytes(input.left) };
    case TYPE.took:
      return { type: "took", bytes: input.varint() };
    case TYPE.presence:
      return { type: "presence", presence: readPresence(input) };
    case TYPE.word:
      return { type: "word", word: readWord(input) };
    case TYPE.introduction:
      return { type: "introduction", signature: input.bytes(64) };
    case TYPE.ping:
      return { type: "ping" };
    case TYPE.pong:
      return { type: "pong" };
    default:
      throw new Malformed(`unknown message ${type}`);
  }
}

function readRun(input: Reader): SentRun {
  const code = input.varint();
  const count = Math.floor(code / 2);
  if (code === 1) throw new Malformed("a run of nothing");
  const start: RunStart =
    code % 2 === 1
      ? { type: "after", tag: input.bytes(8) }
      : { type: "whole", bytes: input.bytes(input.count(CHANGE_BYTES_MAX)) };
  const rows = count === 0 ? NOTHING : input.bytes(input.count(MESSAGE_BYTES_MAX));
  return { start, count, rows, signature: input.bytes(64) };
}

function readPresence(input: Reader): Presence {
  const name = input.string(PRESENCE_NAME_BYTES_MAX);
  const hasCaret = flag(input);
  return { name, caret: hasCaret ? { anchor: readAnchor(input), head: readAnchor(input) } : null };
}

function readWord(input: Reader): Word {
  const device = toHex(input.bytes(32)) as DeviceId;
  const instance = toHex(input.bytes(16));
  const number = input.varint();
  const presence = readPresence(input);
  const heads = Array.from({ length: input.count(WORD_HEADS_MAX) }, () => toHex(input.bytes(32)) as ChangeId);
  return { device, instance, number, presence, heads, signature: input.bytes(64) };
}

function flag(input: Reader): boolean {
  const byte = input.byte();
  if (byte > 1) throw new Malformed("neither yes nor no");
  return byte === 1;
}

function readAnchor(input: Reader): AnchorName {
  return flag(input) ? { id: toHex(input.bytes(32)) as ChangeId, index: input.varint() } : null;
}
