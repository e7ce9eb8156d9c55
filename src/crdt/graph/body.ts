// The body of a change ↔ canonical bytes (docs/wire-format.md §4-5): the table of references, the table of paths,
// the ops. Each thing can be written in one way only; the reader refuses the others, here and in op-bytes.ts, and is
// bounded before it allocates. Nobody encodes again to compare: a rule that is missing here is a second form of a
// change (test/crdt/graph/one-form.test.ts tries to find one). Which op refers to what is not judged here.

import { unreachable } from "../assert.ts";
import { AUTHORITY_OPS_MAX, CHANGE_OPS_MAX, RETRACTED_CHANGES_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import { type ContentOp, type Path, pathsOf } from "../types/op.ts";
import { Malformed, type Reader, utf8Length, type Writer } from "./bytes.ts";
import { elementsOf, isAuthority, isContent, type Op, type RetractOp } from "./change.ts";
import { compareNames, isSameName, NAME_BYTES } from "./names.ts";
import { nameOf, OpReader, writeOp, writePath } from "./op-bytes.ts";
import type { WrittenChange } from "./written.ts";

/** What the writer asks about the changes that are referred to, which its caller numbers as it likes. */
export interface Naming {
  writeId(change: Slot, out: Writer): void;
  compareIds(a: Slot, b: Slot): number;
}

// ------------------------------------------------------------------------------------------------- writing

/** wire §5: table of references, table of paths, ops. In `ops` dots name changes by numbers of references (wire §4); `listed`
 * are the changes in the table, sorted by id. Answers where in `out` the table begins. */
export function writeBody(out: Writer, listed: readonly Slot[], naming: Naming, ops: readonly Op[]): number {
  out.varint(listed.length);
  const listedAt = out.length;
  for (let i = 0; i < listed.length; i++) naming.writeId(listed[i]!, out);
  const only = onlyPath(ops);
  if (only === null) writeOps(out, ops);
  else {
    out.varint(1);
    writePath(out, only);
    out.varint(ops.length);
    for (let i = 0; i < ops.length; i++) writeOp(out, ops[i]!, 0);
  }
  return listedAt;
}

/** The path that all ops have, if there is just one object: most changes are about one text. */
function onlyPath(ops: readonly Op[]): Path | null {
  let only: Path | null = null;
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i]!;
    if (!isContent(op)) continue;
    if (op.type === "move" || (only !== null && op.path !== only)) return null;
    only = op.path;
  }
  return only;
}

function writeOps(out: Writer, ops: readonly Op[]): void {
  const { paths, numbers, froms } = tableOfPaths(ops);
  out.varint(paths.length);
  for (const path of paths) writePath(out, path);
  out.varint(ops.length);
  for (let i = 0; i < ops.length; i++) writeOp(out, ops[i]!, numbers[i]!, froms[i]);
}

/** Each path once, in the order of first use, and the numbers of each op's. By name, since a hostile change may have
 * thousands. */
function tableOfPaths(ops: readonly Op[]): {
  readonly paths: readonly Path[];
  readonly numbers: readonly number[];
  /** Of moves alone: of their second path. */
  readonly froms: readonly number[];
} {
  const paths: Path[] = [];
  const numbers: number[] = [];
  const froms: number[] = [];
  let byName: Map<string, number> | null = null;
  const numberOf = (path: Path): number => {
    if (paths.length === 0) return paths.push(path) - 1;
    byName ??= new Map([[nameOf(paths[0]!), 0]]);
    const name = nameOf(path);
    const number = byName.get(name) ?? paths.push(path) - 1;
    byName.set(name, number);
    return number;
  };
  let last = -1;
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i]!;
    // Ops in a row mostly have one path, and most changes one in all.
    if (isContent(op) && (last < 0 || op.path !== paths[last])) last = numberOf(op.path);
    numbers.push(last);
    if (op.type === "move") froms[i] = numberOf(op.from);
  }
  return { paths, numbers, froms };
}

/** At least the bytes that one more op can add to a body, path and references included. */
export function sizeBound(op: ContentOp): number {
  const id = 32 + 8;
  const path = pathsOf(op)
    .flat()
    .reduce((sum, { at }) => sum + (typeof at === "string" ? at.length * 3 + 3 : id + 8), 16);
  switch (op.type) {
    case "set":
    case "unset":
    case "increment":
    case "add":
    case "remove": {
      const value = "value" in op && typeof op.value === "string" ? op.value.length * 3 : 0;
      const key = "key" in op && op.key !== null ? op.key.length * 3 : 0;
      const names = "replaces" in op ? op.replaces.length * (id + 8) : 0;
      return path + key + value + names + 24;
    }
    case "insertText":
      return path + utf8Length(op.text) + 2 * (id + 8) + 16;
    case "insertList":
      return (
        path +
        op.values.reduce((sum: number, v) => sum + (typeof v === "string" ? v.length * 3 : 0) + 12, 0) +
        2 * (id + 8)
      );
    case "move":
      return path + 3 * (id + 8) + 8;
    case "delete":
      return path + op.spans.length * (id + 16) + 16;
    default:
      return unreachable(op);
  }
}

// ------------------------------------------------------------------------------------------------- reading

const decoder = new OpReader();
/** The numbers of the first elements where there is just one op. */
const ONE_START: readonly number[] = [0];

/** Reads the body of a change whose header was read. Throws `Malformed`. */
export function readBody(input: Reader, change: WrittenChange): void {
  const start = input.position;
  readListed(input, change);
  const { listedFrom, listedCount } = change;
  decoder.begin(input, change.prevAt >= 0, listedFrom, listedFrom + listedCount);
  decoder.paths();
  change.opsAt = input.position;
  readOps(input, change);
  decoder.end();
  change.bodyBytes = input.position - start;
}

/** What a change did, op by op; `start` is the number of its first element. */
export interface Skim {
  textInserted(path: Path, start: number, length: number): void;
  /** Any other op on data. Dots name changes by numbers of references. */
  done(op: ContentOp, start: number): void;
}

/** The body of a change that was read and judged before. */
export function skimBody(input: Reader, change: WrittenChange, skim: Skim): void {
  readListed(input, change);
  const { listedFrom, listedCount } = change;
  decoder.begin(input, change.prevAt >= 0, listedFrom, listedFrom + listedCount);
  decoder.paths();
  let start = 0;
  for (let left = input.count(CHANGE_OPS_MAX); left > 0; left--) {
    const op = decoder.skim();
    if (typeof op === "number") {
      skim.textInserted(decoder.skimmed, start, op);
      start += op;
    } else {
      if (isContent(op)) skim.done(op, start);
      start += elementsOf(op);
    }
  }
}

function readListed(input: Reader, change: WrittenChange): void {
  const { buffer, view, prevAt, parentCount } = change;
  const count = input.count(CHANGE_OPS_MAX);
  change.listedAt = input.position;
  change.listedCount = count;
  change.listedFrom = change.impliedCount;
  for (let i = 0; i < count; i++) {
    const at = input.skip(NAME_BYTES);
    if (i > 0 && compareNames(buffer, at - NAME_BYTES, buffer, at) >= 0)
      throw new Malformed("references not sorted");
    if (prevAt >= 0 && isSameName(view, prevAt, view, at)) throw new Malformed("reference that has a number");
    for (let j = 0; j < parentCount; j++)
      if (change.isParent(j, at)) throw new Malformed("reference that has a number");
  }
}

function readOps(input: Reader, change: WrittenChange): void {
  const count = input.count(CHANGE_OPS_MAX);
  // An array that is begun empty takes room for 17 at its first item, and most changes are of one op.
  const ops: Op[] = count === 0 ? [] : [decoder.op()];
  let aboutPeople = 0;
  let retracted = NOTHING_RETRACTED;
  for (let i = 0; i < count; i++) {
    if (i > 0) ops.push(decoder.op());
    const op = ops[i]!;
    if (isContent(op)) continue;
    if (isAuthority(op) && ++aboutPeople > AUTHORITY_OPS_MAX)
      throw new Malformed("too many ops about people");
    if (op.type === "retract") retracted = afterRetract(op, retracted);
  }
  takeOps(change, ops);
}

/** Changes that the retracts of a change named so far, and the number after the last one. */
interface Retracted {
  readonly count: number;
  readonly end: number;
}

const NOTHING_RETRACTED: Retracted = { count: 0, end: 0 };

/** wire §6.6: retracts ascend and do not touch, so there is one way to name a set of changes. */
function afterRetract({ first, count }: RetractOp, before: Retracted): Retracted {
  if (first === 0 || count === 0) throw new Malformed("retract of nothing");
  if (first <= before.end) throw new Malformed("retracts not sorted");
  if (before.count + count > RETRACTED_CHANGES_MAX) throw new Malformed("too many changes retracted");
  return { count: before.count + count, end: first + count };
}

/** The ops of a change, and what is to be known of them. */
export function takeOps(change: WrittenChange, ops: readonly Op[]): void {
  change.ops = ops;
  if (ops.length === 1) {
    const only = ops[0]!;
    change.starts = ONE_START;
    change.elements = elementsOf(only);
    if (isContent(only)) return;
    change.isAboutPeople = isAuthority(only);
    change.isRetracting = only.type === "retract";
    return;
  }
  const starts: number[] = [];
  let next = 0;
  for (const op of ops) {
    starts.push(next);
    next += elementsOf(op);
    if (isAuthority(op)) change.isAboutPeople = true;
    else if (op.type === "retract") change.isRetracting = true;
  }
  change.starts = starts;
  change.elements = next;
}
