// The body of a change ↔ canonical bytes (docs/wire-format.md §4-5): the table of references, the table of paths,
// the ops. Each thing can be written in one way only; the reader refuses the others and is bounded before it
// allocates. Which op refers to what is not judged here.

import { unreachable } from "../assert.ts";
import { AUTHORITY_OPS_MAX, CHANGE_OPS_MAX } from "../limits.ts";
import type { ContentOp, Path } from "../types/op.ts";
import { type Bytes, Malformed, mustFromHex, type Reader, toHex, utf8Length, Writer } from "./bytes.ts";
import { type ChangeId, type Header, isAuthority, isContent, type Op } from "./change.ts";
import { OpReader, writeOp, writePath } from "./op-bytes.ts";

type Ancestors = Pick<Header, "prev" | "parents">;

/** wire §4: which change each number of a reference stands for, before the body's own table. */
export function impliedRefs({ prev, parents }: Ancestors): (ChangeId | null)[] {
  return [null, prev, ...parents.filter(parent => parent !== prev)];
}

// ------------------------------------------------------------------------------------------------- writing

/** wire §5: table of references, table of paths, ops. */
export function encodeBody(refs: readonly ChangeId[], ancestors: Ancestors, ops: readonly Op[]): Bytes {
  const out = new Writer();
  const implied = impliedRefs(ancestors).length;
  out.varint(refs.length - implied);
  for (const ref of refs.slice(implied)) out.bytes(mustFromHex(ref));
  const { paths, numbers } = tableOfPaths(ops);
  out.varint(paths.length);
  for (const path of paths) writePath(out, path);
  out.varint(ops.length);
  for (const op of ops) writeOp(out, op, numbers);
  return out.finish();
}

/** Each path once, in the order of first use. By name, since a hostile change may have thousands. */
function tableOfPaths(ops: readonly Op[]): { paths: Path[]; numbers: Map<Path, number> } {
  const paths: Path[] = [];
  const numbers = new Map<Path, number>();
  const byName = new Map<string, number>();
  for (const op of ops) {
    if (!isContent(op) || numbers.has(op.path)) continue;
    const name = nameOf(op.path);
    if (!byName.has(name)) byName.set(name, paths.push(op.path) - 1);
    numbers.set(op.path, byName.get(name)!);
  }
  return { paths, numbers };
}

/** Equal for equal paths only: keys carry their length. */
function nameOf(path: Path): string {
  return path
    .map(({ at, kind }) =>
      typeof at === "string" ? `${kind} ${at.length} ${at}` : `${kind} ${at.change}:${at.index}`,
    )
    .join("/");
}

/** At least the bytes that one more op can add to a body, path and references included. */
export function sizeBound(op: ContentOp): number {
  const id = 32 + 8;
  const path = op.path.reduce(
    (sum, { at }) => sum + (typeof at === "string" ? at.length * 3 + 3 : id + 8),
    8,
  );
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
    case "delete":
      return path + op.spans.length * (id + 16) + 16;
    default:
      return unreachable(op);
  }
}

// ------------------------------------------------------------------------------------------------- reading

/** Throws `Malformed`. */
export function readBody(input: Reader, ancestors: Ancestors): { refs: ChangeId[]; ops: Op[] } {
  // A change has no name for itself and, if it is its author's first, none for a previous one.
  const implied = impliedRefs(ancestors).map(ref => ref ?? ("" as ChangeId));
  const listed = Array.from(
    { length: input.count(CHANGE_OPS_MAX) },
    () => toHex(input.bytes(32)) as ChangeId,
  );
  if (listed.some((ref, i) => (i > 0 && listed[i - 1]! >= ref) || implied.includes(ref)))
    throw new Malformed("references not sorted");
  const refs = [...implied, ...listed];
  const used = new Set<number>();
  const decoder = new OpReader(input, refs, used);
  const paths = Array.from({ length: input.count(CHANGE_OPS_MAX) }, () => decoder.path());
  const ops = Array.from({ length: input.count(CHANGE_OPS_MAX) }, () => decoder.op(paths));
  if (ops.filter(isAuthority).length > AUTHORITY_OPS_MAX) throw new Malformed("too many ops about people");
  for (let ref = implied.length; ref < refs.length; ref++)
    if (!used.has(ref)) throw new Malformed("reference not used");
  return { refs, ops };
}
