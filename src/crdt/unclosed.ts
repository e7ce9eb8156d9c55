// An open draft as bytes and back: the last words of a page that goes away before its draft is closed. They never
// leave the device. Changes are named by their ids here, and the draft's own parts by numbers that no hash is.

import type { Part } from "./drafting.ts";
import { encodeBody, readBody } from "./graph/body.ts";
import { type Bytes, Malformed, Reader, Writer } from "./graph/bytes.ts";
import { type Change, type ChangeId, isContent, type Op } from "./graph/change.ts";
import { refer } from "./graph/compose.ts";
import type { Graph } from "./graph/graph.ts";
import { CHANGE_BYTES_MAX } from "./limits.ts";
import type { Slot } from "./types/dot.ts";
import { mapDots } from "./types/op.ts";

const ORPHAN = { prev: null, parents: [] };
/** Parts of one draft: a paste of 64 MiB has fewer. */
const PARTS_MAX = 1_024;

export function encodeParts(graph: Graph, parts: readonly Part[]): Bytes {
  const out = new Writer();
  const names = new Map(parts.map(({ slot }, i) => [slot, partName(i)]));
  out.varint(parts.length);
  for (const { ops, slot } of parts) {
    const body = encodeUnder(slot, ops, other => names.get(other) ?? graph.idAt(other));
    out.varint(body.length);
    out.bytes(body);
  }
  return out.finish();
}

/** One part as it was written, and its ops; dots name changes by their place in `refs`. */
export interface ReadPart {
  readonly body: Bytes;
  readonly refs: readonly ChangeId[];
  readonly ops: readonly Op[];
}

/** Null for bytes that are no parts. */
export function decodeParts(bytes: Bytes): ReadPart[] | null {
  try {
    const input = new Reader(bytes);
    const parts = Array.from({ length: input.count(PARTS_MAX) }, () => {
      const body = input.bytes(input.count(CHANGE_BYTES_MAX));
      const reader = new Reader(body);
      const part = { body, ...readBody(reader, ORPHAN) };
      reader.end();
      return part;
    });
    input.end();
    return parts;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** The ops of a closed change in the same form: equal exactly if the change is what became of the part. */
export function bodyOf(graph: Graph, change: Change): Bytes {
  const slot = graph.slotOf(change.id)!;
  const slots = change.refs.map((ref, i) => (i === 0 ? slot : (graph.slotOf(ref) ?? -1)));
  const ops = change.ops
    .filter(({ type }) => type !== "join")
    .map(op => (isContent(op) ? mapDots(op, ref => slots[ref]!) : op));
  return encodeUnder(slot, ops, other => graph.idAt(other));
}

/** The number of the part that a name stands for, or null for the name of a change. */
export function partNumber(name: ChangeId): number | null {
  return name.startsWith(PART_PREFIX) ? Number.parseInt(name.slice(PART_PREFIX.length), 16) : null;
}

function encodeUnder(slot: Slot, ops: readonly Op[], nameOf: (slot: Slot) => ChangeId): Bytes {
  const { refs, local } = refer(nameOf, ops, slot, ORPHAN);
  return encodeBody(refs, ORPHAN, local);
}

const PART_PREFIX = "f".repeat(56);

function partName(i: number): ChangeId {
  return `${PART_PREFIX}${i.toString(16).padStart(8, "0")}` as ChangeId;
}
