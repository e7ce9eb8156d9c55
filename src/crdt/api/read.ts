// A document held against a schema. Others write what they like, in any version of any program, so a schema is a question
// and not a promise: the answer is a value of the schema's type, or a list of what does not fit. What a schema does not
// know is left out and no misfit, or a newer version's keys would lock out the older one.

import type { Replica } from "../replica.ts";
import type { Json, Node } from "../types/node.ts";
import { textOf, toJson } from "../types/node.ts";
import type { Kind, Scalar } from "../types/op.ts";
import { type Below, below, madeKind, type PlainPath } from "./place.ts";
import type { Fields, ListShape, MapShape, Shape } from "./schema.ts";
import type { View } from "./typed.ts";

export interface Misfit {
  readonly path: PlainPath;
  readonly expected: Shape["kind"];
  /** The kind of node that shows there; "value" for a plain value that is not expected, or not like that. */
  readonly found: Kind | "value";
}

export type Reading<S> =
  | { readonly ok: true; readonly value: View<S> }
  | { readonly ok: false; readonly misfits: readonly Misfit[] };

export function read<F extends Fields>(replica: Replica, schema: MapShape<F>): Reading<MapShape<F>> {
  const misfits: Misfit[] = [];
  const value = viewMap(replica.node([]) ?? undefined, schema, [], misfits);
  return misfits.length > 0 ? { ok: false, misfits } : { ok: true, value: value as View<MapShape<F>> };
}

/** Depth is bounded by that of the schema, and that by the limit on paths. */
function view(found: Below | undefined, shape: Shape, path: PlainPath, misfits: Misfit[]): Json {
  const kind = found === undefined ? null : (madeKind(found.value) ?? "value");
  if (kind !== null && kind !== shape.kind) {
    misfits.push({ path, expected: shape.kind, found: kind });
    return null;
  }
  const child = found?.child;
  const checked = (value: Scalar, is: (value: Scalar) => boolean, at: PlainPath) => {
    if (!is(value)) misfits.push({ path: at, expected: shape.kind, found: "value" });
    return value;
  };
  switch (shape.kind) {
    case "value":
      return found === undefined ? null : checked(found.value as Scalar, shape.is, path);
    case "register":
    case "lww": {
      const entry = child !== undefined && "register" in child ? child.register.latest : undefined;
      if (entry === undefined) return null;
      const made = madeKind(entry.value);
      if (made !== null) misfits.push({ path, expected: shape.kind, found: made });
      return made === null ? checked(entry.value as Scalar, shape.is, path) : null;
    }
    case "text":
      return child?.kind === "text" ? textOf(child) : "";
    case "counter":
    case "gcounter":
      return child === undefined ? 0 : toJson(child);
    case "list":
      return viewList(child, shape, path, misfits);
    case "map":
      return viewMap(child, shape, path, misfits);
    default: {
      const members = child !== undefined && "set" in child ? child.set.values() : [];
      return members.map((member, i) => checked(member, shape.is, [...path, i]));
    }
  }
}

function viewList(node: Node | undefined, shape: ListShape<Shape>, path: PlainPath, misfits: Misfit[]): Json {
  if (node?.kind !== "list") return [];
  return Array.from({ length: node.items.length }, (_, i) =>
    view(below(node, i), shape.of, [...path, i], misfits),
  );
}

function viewMap(node: Node | undefined, shape: MapShape<Fields>, path: PlainPath, misfits: Misfit[]): Json {
  const out: Record<string, Json> = Object.create(null);
  for (const key of Object.keys(shape.fields).sort()) {
    const found = node === undefined ? undefined : below(node, key);
    out[key] = view(found, shape.fields[key]!, [...path, key], misfits);
  }
  return out;
}
