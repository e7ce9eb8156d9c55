// What several people wrote at one place without knowing of each other, and how to settle it. All of it is kept (Kleppmann
// and Beresford 2017, figures 1 and 5); one choice shows, the same everywhere. Settling is a write that names all that it
// replaces; two who settle at the same time and differently have made a new conflict, which is as it should be.

import type { ChangeId, DeviceId } from "../graph/change.ts";
import type { Replica } from "../replica.ts";
import type { Dot } from "../types/dot.ts";
import { type AnyEdit, ListEdit, MapEdit } from "../types/edit.ts";
import { plain } from "../types/handle.ts";
import type { Input } from "../types/input.ts";
import { type Field, isEmpty, type Json, type Node, valueJson } from "../types/node.ts";
import { KINDS, type Kind, type Scalar, type Value } from "../types/op.ts";
import type { Register } from "../types/register.ts";
import { below, checkPath, madeKind, nodeAt, type PlainPath } from "./place.ts";

/** Who wrote a value, and in which change; null while it is in this device's open draft. */
export interface Writing {
  readonly author: DeviceId;
  readonly change: ChangeId | null;
}

/** One of the values that stand at a place. Equal values, and nodes of one kind, are one choice by several. */
export class Choice {
  readonly value: Json;
  /** The kind of node, null for a plain value. */
  readonly kind: Kind | null;
  /** Empty for a node of which only its content is left: the key was deleted or overwritten by who had not seen that. */
  readonly by: readonly Writing[];
  /** Whether it stands in a register, not under the key itself. */
  readonly isInRegister: boolean;

  constructor(value: Json, kind: Kind | null, by: readonly Writing[], isInRegister: boolean) {
    this.value = value;
    this.kind = kind;
    this.by = by;
    this.isInRegister = isInRegister;
  }
}

export interface Conflict {
  readonly path: PlainPath;
  /** Two or more; the first is the one that shows. */
  readonly choices: readonly Choice[];
}

/** All conflicts at a place and below it, keys in order. One of a key comes before that of the register under it. */
export function conflicts(replica: Replica, path: PlainPath = []): Conflict[] {
  const found: Conflict[] = [];
  const above = path.length === 0 ? null : nodeAt(replica, path.slice(0, -1));
  const last = path.at(-1);
  if (above?.node.kind === "map" && typeof last === "string") {
    const field = above.node.keys.get(last);
    if (field !== undefined) note(found, path, ofField(replica, field));
  }
  const start = nodeAt(replica, path);
  if (start !== null) collect(replica, start.node, path, found);
  return found;
}

/** Depth is bounded by the limit on paths. */
function collect(replica: Replica, node: Node, path: PlainPath, found: Conflict[]): void {
  if (node.kind === "map") {
    for (const key of [...node.keys.keys()].sort()) {
      note(found, [...path, key], ofField(replica, node.keys.get(key)!));
      const { child } = below(node, key) ?? {};
      if (child !== undefined) collect(replica, child, [...path, key], found);
    }
  } else if (node.kind === "list") {
    if (node.children.size + node.positions.size === 0) return;
    for (let i = 0; i < node.items.length; i++) {
      const { child } = below(node, i)!;
      if (child !== undefined) collect(replica, child, [...path, i], found);
    }
  } else if (node.kind === "register") note(found, path, ofRegister(replica, node.register, null));
}

function note(found: Conflict[], path: PlainPath, choices: readonly Choice[]): void {
  if (choices.length > 1) found.push({ path, choices });
}

function ofField(replica: Replica, field: Field): Choice[] {
  const choices = ofRegister(replica, field.register, field);
  for (const kind of KINDS) {
    const child = field.children.get(kind);
    if (child === undefined || isEmpty(child) || choices.some(choice => choice.kind === kind)) continue;
    choices.push(new Choice(valueJson({ make: kind }, child), kind, [], false));
  }
  return choices;
}

/** The entries that stand, in the order of the register, equal ones as one. `field`: whose they are, if not a register's. */
function ofRegister(replica: Replica, register: Register, field: Field | null): Choice[] {
  const grouped = new Map<string, { readonly value: Value; readonly by: Writing[] }>();
  for (const { dot, value } of register.entries()) {
    const name = JSON.stringify(value);
    const group = grouped.get(name) ?? { value, by: [] };
    grouped.set(name, group);
    group.by.push(writingOf(replica, dot));
  }
  return [...grouped.values()].map(({ value, by }) => {
    const kind = madeKind(value);
    const child = kind === null ? undefined : field?.children.get(kind);
    return new Choice(valueJson(value, child), kind, by, field === null);
  });
}

function writingOf(replica: Replica, dot: Dot): Writing {
  const name = replica.nameOf(dot);
  if (name === null) return { author: replica.device, change: null };
  // Not from the change itself: its bytes would be read anew for each of its values.
  return { author: replica.ground.graph.authorAt(dot.change), change: name.id };
}

/**
 * Settles what stands at a place, within an edit: by one of the choices (of a node its content is kept, all of other
 * kinds is removed; an empty one in a register gives way to null) or by another value. What is replaced is what is seen
 * now, not when the choices were listed. A plain value goes into the register that shows there, if one does.
 */
export function resolve(root: MapEdit, path: PlainPath, to: Choice | Input): void {
  checkPath(path);
  const last = path.at(-1);
  const holder = holderAt(root, path.slice(0, -1));
  if (holder instanceof MapEdit && typeof last === "string") resolveKey(holder, last, to);
  else if (holder instanceof ListEdit && typeof last === "number") {
    holder.register(last).set(to instanceof Choice ? scalarOf(to) : (to as Scalar));
  } else throw new RangeError(`Expected a key of a map or an item of a list at ${JSON.stringify(path)}`);
}

function resolveKey(map: MapEdit, key: string, to: Choice | Input): void {
  if (to instanceof Choice && to.kind !== null && !to.isInRegister) {
    map.keep(key, to.kind);
    return;
  }
  const isInRegister = to instanceof Choice ? to.isInRegister : isPlain(to);
  const value = to instanceof Choice ? scalarOf(to) : to;
  const shown = map.shown(key);
  if (isInRegister && shown !== undefined && madeKind(shown) === "register") {
    // What is refused is refused before anything else is removed.
    const scalar = plain(value);
    map.keep(key, "register");
    map.register(key).set(scalar);
  } else map.set(key, value);
}

function isPlain(value: Input): boolean {
  return value === null || typeof value !== "object";
}

/** A register can be given the making of a node by who writes its own client; there is nothing in it, so null is chosen. */
function scalarOf({ kind, value, isInRegister }: Choice): Scalar {
  if (kind === null) return value as Scalar;
  if (!isInRegister) throw new TypeError(`Expected a plain value, got a ${kind}`);
  return null;
}

function holderAt(root: MapEdit, path: PlainPath): MapEdit | ListEdit {
  let holder: MapEdit | ListEdit = root;
  for (const [i, at] of path.entries()) {
    const isKey: boolean = holder instanceof MapEdit;
    const next: AnyEdit | null = isKey === (typeof at === "string") ? holder.below(at as never) : null;
    if (!(next instanceof MapEdit || next instanceof ListEdit)) throw nothingAt(path.slice(0, i + 1));
    holder = next;
  }
  return holder;
}

function nothingAt(path: PlainPath): RangeError {
  return new RangeError(`Expected a map or a list at ${JSON.stringify(path)}`);
}
