// What two authenticated ends say to each other (docs/wire-format.md §7), ↔ bytes. A version of the protocol is
// agreed in the handshake; everything here is version 1. A message that cannot be read is refused with a value and
// costs its sender a demerit. The rows of a run are read where the change is known that they go on from (intake.ts).

import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  Malformed,
  mustFromHex,
  Reader,
  toHex,
  Writer,
} from "../crdt/index.ts";
import { CHANGES_TYPE, readRuns, writeRuns } from "./changes-message.ts";
import {
  FORKS_MAX,
  LANES_MAX,
  PRESENCE_NAME_BYTES_MAX,
  RANGE_LIST_MAX,
  RANGES_MAX,
  WORD_HEADS_MAX,
} from "./limits.ts";
import type { SentRun } from "./sent-run.ts";

export { type RunStart, runOf, type SignedChange } from "./changes-message.ts";
export type { SentRun };

/** The versions this code speaks: it agrees with any peer whose range overlaps. */
export const PROTOCOL_VERSION_MIN = 1;
export const PROTOCOL_VERSION_MAX = 1;

/** One lane of what somebody holds: its newest change, all of it shortened under a key of the session. */
export interface LaneClaim {
  /** 8 hex digits (`deviceTag` in reconcile.ts). */
  readonly device: string;
  readonly seq: number;
  /** 8 bytes; `reconcile.ts` makes and compares them. */
  readonly tag: Bytes;
}

/** What a `have` says. */
export type HowHeld =
  /** All that the sender has stored. */
  | "all"
  /** The same, and a run that came went on from a change that is not here: what was sent beyond these lanes is to be sent again. */
  | "lost"
  /** Of the devices that are named all lanes; of others what was said before. */
  | "more"
  /** Beside what was said: changes down the lanes of devices of which the reader holds another face, as it seems. */
  | "rungs";

/** Part of an order of all changes, by depth and then by lane tag, and what the sender holds there. It begins where the one
 * before it ends. */
export interface Range {
  /** Where it ends: before this depth and tag. */
  readonly depth: number;
  /** 8 bytes. */
  readonly tag: Bytes;
  readonly says:
    | { readonly type: "nothing" }
    /** 8 bytes: equal where the same changes are held. */
    | { readonly type: "sum"; readonly sum: Bytes }
    /** The lane tags of all of them. */
    | { readonly type: "holds"; readonly tags: readonly Bytes[] }
    /** Lane tags of changes that the sender lacks. */
    | { readonly type: "lacks"; readonly tags: readonly Bytes[] };
}

/** What is proven of a two-faced device: the number that it used twice, and the two ids, shortened like a lane's. */
export interface ForkClaim {
  readonly device: DeviceId;
  readonly seq: number;
  /** 8 bytes; `two-faced.ts` makes and compares them. */
  readonly tag: Bytes;
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
  /** What the sender has stored. Sent first, and again whenever it has grown. */
  | { readonly type: "have"; readonly how: HowHeld; readonly lanes: readonly LaneClaim[] }
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
  | { readonly type: "pong" }
  /** 8 bytes for all that the sender has stored: in place of a first `have` that is long, and now and then. */
  | { readonly type: "frontier"; readonly digest: Bytes }
  /** Where frontiers differ and lanes do not (ranges.ts). */
  | { readonly type: "ranges"; readonly ranges: readonly Range[] };

const TYPE = {
  have: 1,
  changes: CHANGES_TYPE,
  took: 3,
  presence: 4,
  ping: 5,
  pong: 6,
  forks: 7,
  fork: 8,
  introduction: 9,
  frontier: 10,
  ranges: 11,
  word: 12,
} as const;

const HOW: readonly HowHeld[] = ["all", "lost", "more", "rungs"];
const SAYS = ["nothing", "sum", "holds", "lacks"] as const;

export function encodeMessage(message: Message): Bytes {
  const out = new Writer();
  out.byte(TYPE[message.type]);
  switch (message.type) {
    case "have":
      out.byte(HOW.indexOf(message.how));
      out.varint(message.lanes.length);
      for (const { device, seq, tag } of message.lanes) {
        out.bytes(mustFromHex(device));
        out.varint(seq);
        out.bytes(tag);
      }
      break;
    case "changes":
      writeRuns(out, message.runs);
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
    case "frontier":
      out.bytes(message.digest);
      break;
    case "ranges":
      out.varint(message.ranges.length);
      for (const range of message.ranges) writeRange(out, range);
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

function writeRange(out: Writer, { depth, tag, says }: Range): void {
  out.varint(depth);
  out.bytes(tag);
  out.byte(SAYS.indexOf(says.type));
  if (says.type === "sum") out.bytes(says.sum);
  if (says.type !== "holds" && says.type !== "lacks") return;
  out.varint(says.tags.length);
  for (const one of says.tags) out.bytes(one);
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
      const how = oneOf(input, HOW);
      const lanes = Array.from({ length: input.count(LANES_MAX) }, () => ({
        device: toHex(input.bytes(4)),
        seq: input.varint(),
        tag: input.bytes(8),
      }));
      return { type: "have", how, lanes };
    }
    case TYPE.changes:
      return { type: "changes", runs: readRuns(input) };
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
    case TYPE.frontier:
      return { type: "frontier", digest: input.bytes(8) };
    case TYPE.ranges:
      return {
        type: "ranges",
        ranges: Array.from({ length: input.count(RANGES_MAX) }, () => readRange(input)),
      };
    default:
      throw new Malformed(`unknown message ${type}`);
  }
}

function readRange(input: Reader): Range {
  const end = { depth: input.varint(), tag: input.bytes(8) };
  const type = oneOf(input, SAYS);
  if (type === "nothing") return { ...end, says: { type } };
  if (type === "sum") return { ...end, says: { type, sum: input.bytes(8) } };
  const tags = Array.from({ length: input.count(RANGE_LIST_MAX) }, () => input.bytes(8));
  return { ...end, says: { type, tags } };
}

function oneOf<T>(input: Reader, names: readonly T[]): T {
  const name = names[input.byte()];
  if (name === undefined) throw new Malformed("none of those that there are");
  return name;
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
