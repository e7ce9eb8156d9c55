// An open draft as bytes and back: the last words of a page that goes away before its draft is closed. They never
// leave the device. Changes are named by their ids here, and the draft's own parts by numbers that no hash is.

import type { Part } from "./drafting.ts";
import { type Naming, readBody, writeBody } from "./graph/body.ts";
import { type Bytes, Malformed, Reader, toHex, Writer } from "./graph/bytes.ts";
import { type Change, type ChangeId, isContent, type Op } from "./graph/change.ts";
import { refer } from "./graph/compose.ts";
import type { Graph } from "./graph/graph.ts";
import { viewOf } from "./graph/names.ts";
import { retractsFor } from "./graph/retracts.ts";
import { WrittenChange } from "./graph/written.ts";
import { CHANGE_BYTES_MAX } from "./limits.ts";
import type { Slot } from "./types/dot.ts";
import { mapDots } from "./types/op.ts";

/** Parts of one draft. What is held for days has one for each pause; so many are more than a browser keeps for a page. */
const PARTS_MAX = 65_536;

/** `after`: the number of the own change before them. */
export function encodeParts(graph: Graph, parts: readonly Part[], after: number): Bytes {
  const out = new Writer();
  const naming = new PartNaming(graph, parts);
  out.varint(parts.length);
  const seqOf = (slot: Slot): number => naming.seqOf(slot, after);
  for (const { ops, retracted, slot } of parts) {
    const body = encodeUnder(slot, [...ops, ...retractsFor(retracted.map(seqOf))], naming);
    out.varint(body.length);
    out.bytes(body);
  }
  return out.finish();
}

/** The ops of one part; dots name changes by their place in `refs`. */
export interface ReadPart {
  readonly refs: readonly ChangeId[];
  readonly ops: readonly Op[];
}

/** Null for bytes that are no parts. */
export function decodeParts(bytes: Bytes): ReadPart[] | null {
  try {
    const input = new Reader(bytes);
    const parts = Array.from({ length: input.count(PARTS_MAX) }, () => {
      const body = input.bytes(input.count(CHANGE_BYTES_MAX));
      // As if it were a change without any ancestors.
      const part = new WrittenChange(body, viewOf(body), 0, body.length);
      const reader = new Reader(body);
      readBody(reader, part);
      reader.end();
      return { refs: part.refs, ops: part.ops };
    });
    input.end();
    return parts;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Stands for the change that says something, wherever that is or will be. */
export const SELF: Slot = -2;

/** The ops of a closed change: equal to those of a part exactly if the change is what became of it. */
export function bodyOf(graph: Graph, change: Change): string {
  const slots = change.refs.map((ref, i) => (i === 0 ? SELF : (graph.slotOf(ref) ?? -1)));
  const ops = change.ops
    .filter(({ type }) => type !== "join")
    .map(op => (isContent(op) ? mapDots(op, { of: ref => slots[ref]! }) : op));
  return bodyUnder(graph, SELF, ops, slots);
}

/** Nothing that a closed change says where a part names what is none yet. */
export function bodyUnder(graph: Graph, slot: Slot, ops: readonly Op[], named: readonly Slot[]): string {
  const isNamed = named.every(other => other < 0 || graph.seqAt(other) > 0);
  return isNamed ? toHex(encodeUnder(slot, ops, graph)) : "";
}

/** The number of the part that a name stands for, or null for the name of a change. */
export function partNumber(name: ChangeId): number | null {
  return name.startsWith(PART_PREFIX) ? Number.parseInt(name.slice(PART_PREFIX.length), 16) : null;
}

function encodeUnder(slot: Slot, ops: readonly Op[], naming: Naming): Bytes {
  const { listed, local } = refer(naming, ops, slot, -1, []);
  const out = new Writer();
  writeBody(out, listed, naming, local);
  return out.finish();
}

const PART_PREFIX = "f".repeat(56);

function partName(i: number): ChangeId {
  return `${PART_PREFIX}${i.toString(16).padStart(8, "0")}` as ChangeId;
}

/** The graph's names, and those of parts, which come last. */
class PartNaming implements Naming {
  readonly #graph: Graph;
  readonly #places: ReadonlyMap<Slot, number>;

  constructor(graph: Graph, parts: readonly Part[]) {
    this.#graph = graph;
    this.#places = new Map(parts.map(({ slot }, i) => [slot, i]));
  }

  /** The number of a change, or the one that a part will have if nothing comes between. */
  seqOf(slot: Slot, after: number): number {
    const place = this.#places.get(slot);
    return place === undefined ? this.#graph.seqAt(slot) : after + 1 + place;
  }

  writeId(change: Slot, out: Writer): void {
    const place = this.#places.get(change);
    if (place === undefined) this.#graph.writeId(change, out);
    else out.hex(partName(place));
  }

  compareIds(a: Slot, b: Slot): number {
    const left = this.#places.get(a);
    const right = this.#places.get(b);
    if (left === undefined && right === undefined) return this.#graph.compareIds(a, b);
    return (left ?? -1) - (right ?? -1);
  }
}
