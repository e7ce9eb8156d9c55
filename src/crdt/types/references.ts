// Whether the ops of one change refer only to what their author can have seen (R13), and to the right kind of thing.
// Looks at the tree and at what earlier ops of the same change make; applies nothing.

import { unreachable } from "../assert.ts";
import { type Refusal, type RefusalCode, refuse } from "../refusal.ts";
import type { DocumentTree } from "./document.ts";
import type { Dot, Slot, Span } from "./dot.ts";
import { lowerBound } from "./moves.ts";
import { type Listed, type Node, Position } from "./node.ts";
import {
  type ContentOp,
  elementCount,
  type InsertListOp,
  type InsertTextOp,
  isSetKind,
  type Kind,
  type MoveOp,
  type Path,
  type SetOp,
  samePath,
} from "./op.ts";
import type { Sequence } from "./sequence.ts";

/** What a change could know when its author made it. The change itself is not in its past. */
export interface Sight {
  /** Whether a change is in the causal past; what is not here at all, -1, is not. */
  has(change: Slot): boolean;
}

type NamingOp = Extract<ContentOp, { replaces: readonly Dot[] }>;

/** An op that makes elements, numbered from `start`. */
interface Made {
  readonly op: ContentOp;
  readonly start: number;
}

/** The elements that earlier ops of the same change make: they may be referred to, but are not applied yet.
 * Ascending by start. */
type Own = Made[];
const NOTHING: Own = [];

export class References {
  readonly #tree: DocumentTree;
  /** The change that is judged. */
  readonly #self: Slot;
  readonly #past: Sight;
  /** Made for the first op that another one follows: most changes are of one. */
  #own: Own = NOTHING;
  /** The sequence asked for last, and where: an op asks several times, and meanwhile nothing is applied. */
  #path: Path | null = null;
  #found: Sequence<string> | Sequence<readonly Listed[]> | null = null;

  constructor(tree: DocumentTree, self: Slot, past: Sight) {
    this.#tree = tree;
    this.#self = self;
    this.#past = past;
  }

  /**
   * Whether the ops of one change refer only to what their author can have seen, and to the right kind of thing.
   * A function of the change and its causal past alone: what else has been applied here makes no difference.
   */
  judge(ops: readonly ContentOp[], starts: readonly number[]): Refusal | null {
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i]!;
      const refusal = this.#judgeOp(op);
      if (refusal !== null) return refusal;
      // Only what comes after it in the change may refer to it.
      if (i + 1 === ops.length || elementCount(op) === 0) continue;
      if (this.#own === NOTHING) this.#own = [];
      this.#own.push({ op, start: starts[i]! });
    }
    return null;
  }

  #judgeOp(op: ContentOp): Refusal | null {
    const { path } = op;
    const kind = path.length === 0 ? "map" : path[path.length - 1]!.kind;
    if (!suits(op, kind)) return refuse("ReferenceWrong", `${op.type} on a ${kind}`);
    const refusal = this.#judgePath(path) ?? (op.type === "move" ? this.#judgePath(op.from) : null);
    if (refusal !== null) return refusal;
    switch (op.type) {
      case "set":
        if (kind === "lww") return judgeLatest(op);
        return this.#judgeReplaces(op);
      case "unset":
      case "remove":
        return this.#judgeReplaces(op);
      case "increment":
        return kind === "gcounter" && op.by < 0 ? refuse("ValueWrong", "a gcounter counts up") : null;
      case "add":
        return null;
      case "insertText":
      case "insertList":
        return this.#judgePlace(op);
      case "delete":
        return this.#judgeSpans(op.path, op.spans);
      case "move":
        return this.#judgePlace(op) ?? this.#judgeMoved(op);
      default:
        return unreachable(op);
    }
  }

  #judgePath(path: Path): Refusal | null {
    let kind: Kind = "map";
    for (let i = 0; i < path.length; i++) {
      const step = path[i]!;
      if (typeof step.at === "string") {
        if (kind !== "map") return refuse("ReferenceWrong", `key in a ${kind}`);
      } else {
        if (kind !== "list") return refuse("ReferenceWrong", `element in a ${kind}`);
        const making = this.#content(path.slice(0, i), step.at);
        if (isRefusal(making)) return making;
        if (
          making === null ||
          typeof making !== "object" ||
          !("make" in making) ||
          making.make !== step.kind
        ) {
          return refuse("ReferenceWrong", `element is no ${step.kind}`);
        }
      }
      kind = step.kind;
    }
    return null;
  }

  /** The value or character of one element that the author can have seen, or the position it is. */
  #content(path: Path, dot: Dot): Listed | typeof OWN_POSITION | Refusal {
    if (dot.change === this.#self) {
      const made = makerOf(dot.index, this.#own);
      if (made !== null && samePath(made.op.path, path)) {
        if (made.op.type === "insertText") return made.op.text[dot.index - made.start]!;
        if (made.op.type === "insertList") return made.op.values[dot.index - made.start]!;
        if (made.op.type === "move") return OWN_POSITION;
      }
      return refuse("ReferenceUnseen", "own element not made yet");
    }
    if (!this.#past.has(dot.change)) return refuse("ReferenceUnseen", "element outside the past");
    const sequence = this.#sequence(path);
    const content = sequence === null ? null : sequence.at(dot);
    // A list may hold null.
    if (content === null && sequence?.has(dot) !== true)
      return refuse("ReferenceWrong", "no such element here");
    return content as Listed;
  }

  #judgeReplaces(op: NamingOp): Refusal | null {
    const node = this.#tree.find(op.path);
    for (const dot of op.replaces) {
      if (dot.change === this.#self) {
        const made = makerOf(dot.index, this.#own);
        if (made === null || !samePath(made.op.path, op.path) || !makesFor(made.op, op))
          return refuse("ReferenceUnseen", "own entry not made yet");
      } else if (!this.#past.has(dot.change)) return refuse("ReferenceUnseen", "entry outside the past");
      else if (node === null || !holds(node, op, dot)) return refuse("ReferenceWrong", "no such entry here");
    }
    return null;
  }

  #judgePlace(op: InsertTextOp | InsertListOp | MoveOp): Refusal | null {
    const { parent, rightOrigin } = op;
    if (parent !== null) {
      const content = this.#content(op.path, parent);
      if (isRefusal(content)) return content;
      // wire §6.2: between the two halves of a surrogate pair there is no place.
      if (op.type === "insertText" && splitsPair(content as string, op.side))
        return refuse("TextSplit", "insert inside a surrogate pair");
    }
    if (rightOrigin !== null) {
      const content = this.#content(op.path, rightOrigin);
      if (isRefusal(content)) return content;
    }
    if (op.side === "left" && parent === null) return refuse("OrderWrong", "left of the beginning");
    if (parent === null || rightOrigin === null) return null;
    // Both from the past: their order never changes, so every replica answers alike. Own elements are not placed yet.
    if (parent.change === this.#self || rightOrigin.change === this.#self) return null;
    return this.#sequence(op.path)!.compare(parent, rightOrigin) < 0
      ? null
      : refuse("OrderWrong", "right origin left of parent");
  }

  /** What is moved is an item, named where it was made. That it is not put below itself is seen to by `moves.ts`: whether it
   * would be depends on all other moves. */
  #judgeMoved({ from, item }: MoveOp): Refusal | null {
    if (from.at(-1)?.kind !== "list") return refuse("ReferenceWrong", "move out of no list");
    const moved = this.#content(from, item);
    if (isRefusal(moved)) return moved;
    return isPosition(moved) ? refuse("ReferenceWrong", "a position is no item") : null;
  }

  #judgeSpans(path: Path, spans: readonly Span[]): Refusal | null {
    const isList = path[path.length - 1]!.kind === "list";
    for (const span of spans) {
      const end = span.start + span.length - 1;
      if (span.change === this.#self) {
        if (!coversOwn(path, span, this.#own)) return refuse("ReferenceUnseen", "own elements not made yet");
      } else {
        if (!this.#past.has(span.change)) return refuse("ReferenceUnseen", "elements outside the past");
        if (!this.#sequence(path)?.contains(span)) return refuse("ReferenceWrong", "no such elements here");
        // An item is deleted where it was made; without its position it would be lost.
        if (isList && this.#hasPosition(path, span)) return refuse("ReferenceWrong", "delete of a position");
      }
      if (isList) continue;
      const first = this.#content(path, { change: span.change, index: span.start });
      const last = span.length === 1 ? first : this.#content(path, { change: span.change, index: end });
      if (splitsPair(first as string, "left") || splitsPair(last as string, "right"))
        return refuse("TextSplit", "delete of half a surrogate pair");
    }
    return null;
  }

  #hasPosition(path: Path, { change, start, length }: Span): boolean {
    const node = this.#tree.find(path);
    const positions = node?.kind === "list" ? node.positions.get(change) : undefined;
    if (positions === undefined) return false;
    const next = positions[lowerBound(positions, index => index < start)];
    return next !== undefined && next < start + length;
  }

  #sequence(path: Path): Sequence<string> | Sequence<readonly Listed[]> | null {
    if (path === this.#path) return this.#found;
    const node = this.#tree.find(path);
    this.#path = path;
    this.#found = node?.kind === "text" ? node.text : node?.kind === "list" ? node.items : null;
    return this.#found;
  }
}

function suits(op: ContentOp, kind: Kind): boolean {
  switch (op.type) {
    case "set":
    case "unset":
      if (op.key !== null) return kind === "map";
      if (kind === "register" || kind === "lww") return true;
      return op.type === "unset" && (kind === "counter" || kind === "gcounter" || isSetKind(kind));
    case "increment":
      return kind === "counter" || kind === "gcounter";
    case "add":
      return isSetKind(kind);
    case "remove":
      return isSetKind(kind) && kind !== "gset";
    case "insertText":
      return kind === "text";
    case "insertList":
    case "move":
      return kind === "list";
    case "delete":
      return kind === "text" || kind === "list";
    default:
      return unreachable(op);
  }
}

/** Stands for a position that an earlier op of the same change makes. */
const OWN_POSITION = Symbol("own position");

function isPosition(content: unknown): boolean {
  return content === OWN_POSITION || content instanceof Position;
}

function isRefusal(value: unknown): value is Refusal {
  return (
    value !== null &&
    typeof value === "object" &&
    "code" in value &&
    (value as { code: RefusalCode }).code !== undefined
  );
}

/** The latest write wins over all others, so there is nothing to be named; and a node made there could not be reached. */
function judgeLatest(op: SetOp): Refusal | null {
  if (op.replaces.length > 0) return refuse("ReferenceWrong", "a latest write replaces nothing by name");
  return op.value !== null && typeof op.value === "object" ? refuse("ValueWrong", "a node in an lww") : null;
}

/** Whether a dot names what an op may do away with. */
function holds(node: Node, op: NamingOp, dot: Dot): boolean {
  switch (op.type) {
    case "remove":
      return "set" in node && node.set.hasAdd(dot, op.value);
    case "set":
    case "unset":
      if (node.kind === "map") return op.key !== null && node.keys.get(op.key)?.register.has(dot) === true;
      if ("register" in node) return node.register.has(dot);
      if ("counter" in node) return node.counter.has(dot);
      return "set" in node && node.set.hasAdd(dot);
    default:
      return unreachable(op);
  }
}

/** The same of an op of the same change and path. Two values are one if they are one to `===`: they are plain, and not -0. */
function makesFor(made: ContentOp, op: NamingOp): boolean {
  if (op.type === "remove") return made.type === "add" && made.value === op.value;
  return made.type === "set" ? made.key === op.key : made.type === "increment" || made.type === "add";
}

/** Runs hold whole pairs only, so one half tells where the other is. */
function splitsPair(unit: string, side: "left" | "right"): boolean {
  const code = unit.charCodeAt(0);
  return side === "right" ? code >= 0xd800 && code < 0xdc00 : code >= 0xdc00 && code < 0xe000;
}

function coversOwn(path: Path, span: Span, own: Own): boolean {
  const end = span.start + span.length;
  for (let next = span.start; next < end; ) {
    const made = makerOf(next, own);
    if (made === null || !(made.op.type === "insertText" || made.op.type === "insertList")) return false;
    if (!samePath(made.op.path, path)) return false;
    next = made.start + elementCount(made.op);
  }
  return true;
}

/** The op that makes the element with a number; by halving, since a hostile change may refer to itself everywhere. */
function makerOf(index: number, own: Own): Made | null {
  let low = 0;
  let high = own.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const made = own[middle]!;
    if (index < made.start) high = middle - 1;
    else if (index >= made.start + elementCount(made.op)) low = middle + 1;
    else return made;
  }
  return null;
}
