// A position in a text that stays where it was put, whatever is typed and deleted around it: it holds on to an element
// and a side, not to a number. Deleted elements keep their place in the order, so an anchor outlives its element.
//
//     a b | c          "left": behind b, text typed here comes after it      at the start: null, for ever the start
//                      "right": before c, text typed here comes before it    at the end: null, for ever the end

import type { ChangeId } from "../graph/change.ts";
import { DEPTH_MAX } from "../limits.ts";
import type { Replica } from "../replica.ts";
import type { Dot } from "../types/dot.ts";
import { KINDS, type Kind, type Path, type Side, type Step } from "../types/op.ts";
import { nodeAt, type PlainPath } from "./place.ts";

/** Opaque, and good in this replica only; `anchorName` says it in words that others understand. */
export class Anchor {
  /** Of the text. */
  readonly path: Path;
  /** Null: the start ("left") or the end ("right"). */
  readonly dot: Dot | null;
  readonly side: Side;

  constructor(path: Path, dot: Dot | null, side: Side) {
    this.path = path;
    this.dot = dot;
    this.side = side;
  }
}

/** The element by which a dot is known everywhere: its change and its number there. */
interface ElementName {
  readonly id: ChangeId;
  readonly index: number;
}

/** At `index` of the text that shows at a place (0 … length, UTF-16 code units, never inside a surrogate pair). */
export function anchorAt(replica: Replica, path: PlainPath, index: number, side: Side = "left"): Anchor {
  const found = nodeAt(replica, path);
  if (found?.node.kind !== "text") throw new RangeError(`Expected a text at ${JSON.stringify(path)}`);
  const { text } = found.node;
  if (!Number.isInteger(index) || index < 0 || index > text.length)
    throw new RangeError(`Expected an index in 0 … ${text.length}, got ${index}`);
  if (index > 0 && index < text.length && isSecondHalf(text.at(text.dotAt(index))!))
    throw new RangeError(`Expected a position between characters, got ${index} inside a surrogate pair`);
  if (side === "left") return new Anchor(found.path, index === 0 ? null : text.dotAt(index - 1), side);
  return new Anchor(found.path, index === text.length ? null : text.dotAt(index), side);
}

/** Where it is now; null if the text or the element is not here. */
export function indexOfAnchor(replica: Replica, { path, dot, side }: Anchor): number | null {
  const node = replica.node(path);
  if (node?.kind !== "text") return null;
  if (dot === null) return side === "left" ? 0 : node.text.length;
  const before = node.text.indexOf(dot);
  if (before === null) return null;
  return side === "left" && node.text.isVisible(dot) ? before + 1 : before;
}

/** For storing and sending; null while something it holds on to is in the open draft, and so has no name yet. */
export function anchorName(replica: Replica, { path, dot, side }: Anchor): string | null {
  const steps: (readonly [string | ElementName, Kind])[] = [];
  for (const { at, kind } of path) {
    const name = typeof at === "string" ? at : replica.nameOf(at);
    if (name === null) return null;
    steps.push([name, kind]);
  }
  const element = dot === null ? null : replica.nameOf(dot);
  return dot !== null && element === null ? null : JSON.stringify([steps, element, side]);
}

/** Null for what is no name, and for a name of what is not here, or not yet: a stranger's words are no error. */
export function anchorNamed(replica: Replica, name: string): Anchor | null {
  const parsed = parse(name);
  if (!Array.isArray(parsed) || parsed.length !== 3) return null;
  const [steps, element, side] = parsed as unknown[];
  if (side !== "left" && side !== "right") return null;
  const path = pathOf(replica, steps);
  const dot = element === null ? null : dotOf(replica, element);
  if (path === null || dot === undefined) return null;
  const anchor = new Anchor(path, dot, side);
  return indexOfAnchor(replica, anchor) === null ? null : anchor;
}

function parse(name: string): unknown {
  try {
    return JSON.parse(name);
  } catch {
    // Whoever sent it: no JSON is no name.
    return null;
  }
}

function pathOf(replica: Replica, steps: unknown): Path | null {
  if (!Array.isArray(steps) || steps.length > DEPTH_MAX) return null;
  const path: Step[] = [];
  for (const step of steps as unknown[]) {
    if (!Array.isArray(step) || step.length !== 2) return null;
    const [at, kind] = step as unknown[];
    const named = typeof at === "string" ? at : dotOf(replica, at);
    if (named === undefined || !KINDS.includes(kind as Kind)) return null;
    path.push({ at: named, kind: kind as Kind });
  }
  return path;
}

function dotOf(replica: Replica, element: unknown): Dot | undefined {
  if (element === null || typeof element !== "object") return undefined;
  const { id, index } = element as { readonly id?: unknown; readonly index?: unknown };
  if (typeof id !== "string" || !Number.isSafeInteger(index) || (index as number) < 0) return undefined;
  return replica.dotOf({ id: id as ChangeId, index: index as number }) ?? undefined;
}

function isSecondHalf(unit: string): boolean {
  return (unit.charCodeAt(0) & 0xfc00) === 0xdc00;
}
