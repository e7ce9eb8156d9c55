// The `.chirograph` file from outside (docs/wire-format.md §13.1-13.3): a name, a document, and segments that stand one
// after the other, each with a check of its own. Whoever appends writes a segment behind the others; whoever loses the
// end loses the segments there and nothing else. Knows bytes and their lengths; what is in a segment it does not know.
//
//     magic 8 │ version │ document 32 │ kind, length, bytes, check 8 │ kind, length, bytes, check 8 │ …
//
// Inflated is only into room whose size was stated and bounded before: a bomb fills what it was given and is refused.

import { deflateSync, inflateSync } from "fflate";
import { type Bytes, Malformed, Reader, toHex, Writer } from "../graph/bytes.ts";
import type { DocId } from "../graph/change.ts";
import { concat, sha256, tag } from "../graph/crypto.ts";
import { FILE_BYTES_MAX, SEGMENT_INFLATED_BYTES_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** As in PNG: a byte that is no text, the name, and line ends that a careless transfer would alter. */
const MAGIC = Uint8Array.of(0x89, 0x43, 0x48, 0x49, 0x52, 0x0d, 0x0a, 0x1a);
export const FILE_VERSION = 1;
const DOC_BYTES = 32;
const CHECK_BYTES = 8;
const CHECK_TAG = tag("chirograph segment 1");

/** wire §13.2: a reader passes over segments of kinds it does not know. */
export const SEGMENT = { snapshot: 1, history: 2, proofs: 3 } as const;

export interface Segment {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** Whether its check holds. */
  readonly isWhole: boolean;
}

export interface Container {
  readonly ok: true;
  readonly doc: DocId;
  readonly segments: readonly Segment[];
  /** Why what stands behind them could not be read; null if nothing does. */
  readonly damage: Refusal | null;
}

// ------------------------------------------------------------------------------------------------- writing

export function beginFile(doc: Bytes): Bytes {
  return concat(MAGIC, Uint8Array.of(FILE_VERSION), doc);
}

export function writeSegment(kind: number, bytes: Uint8Array): Bytes {
  const out = new Writer(bytes.length + 32);
  out.byte(kind);
  out.varint(bytes.length);
  out.bytes(bytes);
  out.bytes(checkOf(kind, bytes));
  return out.finish();
}

function checkOf(kind: number, bytes: Uint8Array): Bytes {
  return sha256(concat(CHECK_TAG, Uint8Array.of(kind), bytes)).slice(0, CHECK_BYTES);
}

/** wire §13.3: lengths first, so that all of them are known and bounded before anything is inflated. */
export function packColumns(columns: readonly Uint8Array[], isSmall = true): Bytes {
  const out = new Writer();
  const packed = isSmall ? columns.map(deflated) : columns;
  for (const [i, bytes] of packed.entries()) {
    out.varint(columns[i]!.length);
    out.varint(bytes.length);
  }
  for (const bytes of packed) out.bytes(bytes);
  return out.finish();
}

/** Below this nothing is gained, and every attempt sets tables aside. */
const DEFLATED_BYTES_MIN = 32;

/** Itself where deflating gains nothing. */
function deflated(bytes: Uint8Array): Uint8Array {
  if (bytes.length < DEFLATED_BYTES_MIN) return bytes;
  const small = deflateSync(bytes, { level: 9, mem: 12 });
  return small.length < bytes.length ? small : bytes;
}

// ------------------------------------------------------------------------------------------------- reading

/** What a file holds, or why it is none. Never throws, whatever the bytes. Segments are stretches of `input`. */
export function openContainer(input: Uint8Array): Container | Refusal {
  if (input.length > FILE_BYTES_MAX) return refuse("FileTooLarge", `${input.length} bytes`);
  if (!MAGIC.every((byte, i) => byte === input[i]))
    return input.length < MAGIC.length && MAGIC.subarray(0, input.length).every((b, i) => b === input[i])
      ? refuse("FileCutShort", `${input.length} bytes`)
      : refuse("FileForeign");
  const start = MAGIC.length + 1 + DOC_BYTES;
  const version = input[MAGIC.length];
  if (version !== undefined && version !== FILE_VERSION)
    return refuse("FileVersionUnknown", `version ${version}`);
  if (input.length < start) return refuse("FileCutShort", `${input.length} bytes`);
  const doc = toHex(input.subarray(MAGIC.length + 1, start)) as DocId;
  const segments: Segment[] = [];
  const reader = new Reader(input, start);
  try {
    while (reader.left > 0) segments.push(readSegment(reader, input));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: true, doc, segments, damage: refuse("FileCutShort", error.message) };
  }
  return { ok: true, doc, segments, damage: null };
}

/** Throws `Malformed` where it has no end. */
function readSegment(reader: Reader, input: Uint8Array): Segment {
  const kind = reader.byte();
  const length = reader.varint();
  const start = reader.skip(length);
  const bytes = input.subarray(start, start + length);
  const check = reader.bytes(CHECK_BYTES);
  return { kind, bytes, isWhole: checkOf(kind, bytes).every((byte, i) => byte === check[i]) };
}

/** `count` columns and nothing behind them. Throws `Malformed`. */
export function unpackColumns(reader: Reader, count: number, bytes: Uint8Array): Uint8Array[] {
  const lengths: [inflated: number, packed: number][] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const inflated = reader.varint(SEGMENT_INFLATED_BYTES_MAX);
    const packed = reader.varint(inflated);
    total += inflated;
    if (total > SEGMENT_INFLATED_BYTES_MAX) throw new Malformed("more than a segment holds");
    lengths.push([inflated, packed]);
  }
  const columns = lengths.map(([inflated, packed]) => {
    const start = reader.skip(packed);
    const stored = bytes.subarray(start, start + packed);
    return packed === inflated ? stored : inflate(stored, inflated);
  });
  reader.end();
  return columns;
}

function inflate(bytes: Uint8Array, length: number): Uint8Array {
  // One byte more than stated tells too much from just enough; what is written beyond an array is lost.
  const out = new Uint8Array(length + 1);
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(bytes, { out });
  } catch (error) {
    // The inflater throws errors of its own for bytes that are no deflate stream.
    throw new Malformed(error instanceof Error ? error.message : "no deflate stream");
  }
  if (inflated.length !== length) throw new Malformed("column of another length");
  return inflated;
}
