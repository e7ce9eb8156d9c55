// The body of a change ↔ canonical bytes (docs/wire-format.md §4-5): the table of references, the table of paths,
// the ops. Each thing can be written in one way only; the reader refuses the others, here and in op-bytes.ts, and is
// bounded before it allocates. Nobody encodes again to compare: a rule that is missing here is a second form of a
// change (test/crdt/graph/one-form.test.ts tries to find one). Which op refers to what is not judged here.

import { unreachable } from "../assert.ts";
import { AUTHORITY_OPS_MAX, CHANGE_OPS_MAX } from "../limits.ts";
import { type ContentOp, type Path, pathsOf } from "../types/op.ts";
import { type Bytes, Malformed, type Reader, utf8Length, Writer } from "./bytes.ts";
import { type ChangeId, elementsOf, type Header, isAuthority, isContent, type Op } from "./change.ts";
import { nameOf, OpReader, writeOp, writePath } from "./op-bytes.ts";

type Ancestors = Pick<Header, "prev" | "parents">;

/** wire §4: which change each number of a reference stands for, before the body's own table. A change has no name for
 * itself and, if it is its author's first, none for a previous one: they are empty. */
export function impliedRefs({ prev, parents }: Ancestors): ChangeId[] {
  const refs = ["" as ChangeId, prev ?? ("" as ChangeId)];
  for (const parent of parents) if (parent !== prev) refs.push(parent);
  return refs;
}

// ------------------------------------------------------------------------------------------------- writing

/** wire §5: table of references, table of paths, ops. */
export function encodeBody(refs: readonly ChangeId[], ancestors: Ancestors, ops: readonly Op[]): Bytes {
  const out = new Writer();
  writeBody(out, refs, ancestors, ops);
  return out.finish();
}

export function writeBody(
  out: Writer,
  refs: readonly ChangeId[],
  { prev, parents }: Ancestors,
  ops: readonly Op[],
): void {
  const implied = 2 + parents.length - (prev !== null && parents.includes(prev) ? 1 : 0);
  out.varint(refs.length - implied);
  for (let i = implied; i < refs.length; i++) out.hex(refs[i]!);
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

/** Throws `Malformed`. */
export function readBody(
  input: Reader,
  ancestors: Ancestors,
): { readonly refs: ChangeId[]; readonly ops: Op[]; readonly starts: number[] } {
  const refs = impliedRefs(ancestors);
  const implied = refs.length;
  for (let left = input.count(CHANGE_OPS_MAX); left > 0; left--) {
    const ref = input.name() as ChangeId;
    if (refs.length > implied && refs.at(-1)! >= ref) throw new Malformed("references not sorted");
    for (let i = 1; i < implied; i++) if (refs[i] === ref) throw new Malformed("reference that has a number");
    refs.push(ref);
  }
  const decoder = new OpReader(input, refs, implied);
  decoder.paths();
  const ops: Op[] = [];
  const starts: number[] = [];
  let next = 0;
  let aboutPeople = 0;
  for (let left = input.count(CHANGE_OPS_MAX); left > 0; left--) {
    const op = decoder.op();
    if (isAuthority(op) && ++aboutPeople > AUTHORITY_OPS_MAX)
      throw new Malformed("too many ops about people");
    ops.push(op);
    starts.push(next);
    next += elementsOf(op);
  }
  decoder.end();
  return { refs, ops, starts };
}
