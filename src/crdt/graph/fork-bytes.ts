// The bytes of a proof that a device is two-faced (docs/wire-format.md §7.4): two signed runs of it whose first changes
// have one number. The same in messages, in files and in a device's own store.

import { CHANGE_BYTES_MAX, FORK_BYTES_MAX, RUN_CHANGES_MAX } from "../limits.ts";
import { type Bytes, Malformed, Reader, Writer } from "./bytes.ts";
import type { ChangeId, DeviceId } from "./change.ts";
import type { PackedRun } from "./rows.ts";
import type { SignatureQuestion } from "./verify.ts";

/** Two changes of one device with one number; `ids` ascend. */
export interface Fork {
  readonly device: DeviceId;
  readonly seq: number;
  readonly ids: readonly [ChangeId, ChangeId];
}

/** A proof of one whose form holds. */
export interface InspectedFork {
  readonly ok: true;
  readonly fork: Fork;
  readonly bytes: Bytes;
  /** All of them must be answered with yes. */
  readonly questions: readonly SignatureQuestion[];
}

/** A run whose first change is written whole. */
export interface WholeRun extends PackedRun {
  readonly first: Bytes;
}

export function encodeFork(sides: readonly [WholeRun, WholeRun]): Bytes {
  const out = new Writer();
  for (const { first, count, rows, signature } of sides) {
    out.varint(count);
    out.varint(first.length);
    out.bytes(first);
    if (count > 0) {
      out.varint(rows.length);
      out.bytes(rows);
    }
    out.bytes(signature);
  }
  return out.finish();
}

/** Null for bytes that are none. */
export function decodeFork(bytes: Uint8Array): readonly [WholeRun, WholeRun] | null {
  if (bytes.length > FORK_BYTES_MAX) return null;
  try {
    const input = new Reader(bytes);
    const sides = [readSide(input), readSide(input)] as const;
    input.end();
    return sides;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function readSide(input: Reader): WholeRun {
  const count = input.varint(RUN_CHANGES_MAX - 1);
  const first = input.bytes(input.count(CHANGE_BYTES_MAX));
  const rows = count === 0 ? new Uint8Array(0) : input.bytes(input.count(FORK_BYTES_MAX));
  return { first, count, rows, signature: input.bytes(64) };
}
