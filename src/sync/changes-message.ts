// The message that holds changes (docs/wire-format.md §7.3), ↔ bytes. It stands apart since it is also what a packet is
// (package/packets.ts), for whoever carries changes without links.

import { type Bytes, CHANGE_BYTES_MAX, Malformed, Reader, RUN_CHANGES_MAX, Writer } from "../crdt/index.ts";
import { BATCH_RUNS_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";
import { lengthOf, type RunStart, type SentRun } from "./sent-run.ts";

export type { RunStart };

/** The first byte of the message. */
export const CHANGES_TYPE = 2;

const NOTHING: Bytes = new Uint8Array(0);

export interface SignedChange {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

/** A run of one change. */
export function runOf({ bytes, signature }: SignedChange): SentRun {
  return { start: { type: "whole", bytes }, count: 0, rows: NOTHING, signature };
}

/** The whole message. */
export function encodeChanges(runs: readonly SentRun[]): Bytes {
  const out = new Writer();
  out.byte(CHANGES_TYPE);
  writeRuns(out, runs);
  return out.finish();
}

/** Null for bytes that are no such message. */
export function decodeChanges(bytes: Bytes): SentRun[] | null {
  try {
    const input = new Reader(bytes);
    if (input.byte() !== CHANGES_TYPE) return null;
    const runs = readRuns(input);
    input.end();
    return runs;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

export function writeRuns(out: Writer, runs: readonly SentRun[]): void {
  out.varint(runs.length);
  for (const run of runs) writeRun(out, run);
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

export function readRuns(input: Reader): SentRun[] {
  const runs: SentRun[] = [];
  let changes = 0;
  for (let left = input.count(BATCH_RUNS_MAX); left > 0; left--) {
    const run = readRun(input);
    changes += lengthOf(run);
    if (changes > RUN_CHANGES_MAX) throw new Malformed("too many changes");
    runs.push(run);
  }
  return runs;
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
