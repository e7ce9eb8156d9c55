// The JSON tree: finds nodes by path, applies one op, takes it back, and judges whether an op may refer to what it
// refers to. Follows the six figures of Kleppmann and Beresford ("A Conflict-Free Replicated JSON Datatype", 2017):
// concurrent values of one key are both kept, nodes of different kinds coexist under a key, and what was written
// into something that was deleted meanwhile survives. Removing is by naming what was seen; deletes of whole
// subtrees are written out by edit.ts, so an op here touches one node only.

import { assert, unreachable } from "../assert.ts";
import { type Refusal, type RefusalCode, refuse } from "../refusal.ts";
import type { Causality, Dot, Slot, Span } from "./dot.ts";
import {
  dotKey,
  type Field,
  isEmpty,
  type Json,
  type ListNode,
  type MapNode,
  makeNode,
  type Node,
  toJson,
} from "./node.ts";
import {
  type ContentOp,
  elementCount,
  type InsertListOp,
  type InsertTextOp,
  type Kind,
  type Path,
  samePath,
  type Value,
} from "./op.ts";
import { Register } from "./register.ts";
import type { Sequence, SequenceStep } from "./sequence.ts";

/** What an op changed in what is shown. Steps of texts and lists hold one after the other. */
export type Patch =
  | {
      readonly type: "text";
      readonly path: Path;
      readonly index: number;
      readonly removed: number;
      readonly inserted: string;
    }
  | {
      readonly type: "list";
      readonly path: Path;
      readonly index: number;
      readonly removed: number;
      readonly inserted: readonly Value[];
    }
  | { readonly type: "field"; readonly path: Path; readonly key: string | null };

/** What a change could know when its author made it. */
export interface Knowledge {
  /** Whether the change is in the causal past. The change itself is not. */
  isPast(change: Slot): boolean;
  /** The change itself. */
  readonly self: Slot;
}

/** An op that makes elements, numbered from `start`. */
interface Made {
  readonly op: ContentOp;
  readonly start: number;
}

/** The elements that earlier ops of the same change make: they may be referred to, but are not applied yet.
 * Ascending by start. */
type Own = Made[];

export class DocumentTree {
  readonly #causality: Causality;
  readonly root: MapNode;

  constructor(causality: Causality) {
    this.#causality = causality;
    this.root = makeNode("map", causality) as MapNode;
  }

  // ------------------------------------------------------------------------------------------------- looking

  /** The node at a path, or null if nothing was ever put there. */
  find(path: Path): Node | null {
    let node: Node = this.root;
    for (const step of path) {
      let child: Node | undefined;
      if (node.kind === "map" && typeof step.at === "string")
        child = node.keys.get(step.at)?.children.get(step.kind);
      else if (node.kind === "list" && typeof step.at !== "string")
        child = node.children.get(dotKey(step.at));
      if (child === undefined || child.kind !== step.kind) return null;
      node = child;
    }
    return node;
  }

  toJson(): Json {
    return toJson(this.root);
  }

  /** The node at a path, made where it is missing. The path must have been judged. */
  node(path: Path): Node {
    let node: Node = this.root;
    for (const step of path) {
      let child: Node | undefined;
      if (typeof step.at === "string") {
        assert(node.kind === "map", "a key leads out of a map");
        const field = this.field(node, step.at);
        child = field.children.get(step.kind);
        if (child === undefined) {
          child = makeNode(step.kind, this.#causality);
          field.children.set(step.kind, child);
        }
      } else {
        assert(node.kind === "list", "an element leads out of a list");
        child = node.children.get(dotKey(step.at));
        if (child === undefined) {
          child = makeNode(step.kind, this.#causality);
          node.children.set(dotKey(step.at), child);
        }
      }
      assert(child.kind === step.kind, "a step names the kind of its node");
      node = child;
    }
    return node;
  }

  #register(node: Node, key: string | null): Register {
    if (node.kind === "register") return node.register;
    assert(node.kind === "map" && key !== null, "a field is a register or a key of a map");
    return this.field(node, key).register;
  }

  field(map: MapNode, key: string): Field {
    let field = map.keys.get(key);
    if (field === undefined) {
      field = { register: new Register(this.#causality), children: new Map() };
      map.keys.set(key, field);
    }
    return field;
  }

  // ------------------------------------------------------------------------------------------------- judging

  /**
   * Whether the ops of one change refer only to what their author can have seen, and to the right kind of thing.
   * A function of the change and its causal past alone: what else has been applied here makes no difference.
   */
  judge(ops: readonly ContentOp[], starts: readonly number[], knowledge: Knowledge): Refusal | null {
    const own: Own = [];
    for (const [i, op] of ops.entries()) {
      const refusal = this.#judgeOp(op, knowledge, own);
      if (refusal !== null) return refusal;
      if (elementCount(op) > 0) own.push({ op, start: starts[i]! });
    }
    return null;
  }

  #judgeOp(op: ContentOp, knowledge: Knowledge, own: Own): Refusal | null {
    const kind = op.path.at(-1)?.kind ?? "map";
    if (!suits(op, kind)) return refuse("ReferenceWrong", `${op.type} on a ${kind}`);
    const path = this.#judgePath(op.path, knowledge, own);
    if (path !== null) return path;
    switch (op.type) {
      case "set":
      case "unset":
        return this.#judgeReplaces(op, knowledge, own);
      case "insertText":
      case "insertList":
        return this.#judgePlace(op, knowledge, own);
      case "delete":
        return this.#judgeSpans(op.path, op.spans, knowledge, own);
      default:
        return unreachable(op);
    }
  }

  #judgePath(path: Path, knowledge: Knowledge, own: Own): Refusal | null {
    let kind: Kind = "map";
    for (const [i, step] of path.entries()) {
      if (typeof step.at === "string") {
        if (kind !== "map") return refuse("ReferenceWrong", `key in a ${kind}`);
      } else {
        if (kind !== "list") return refuse("ReferenceWrong", `element in a ${kind}`);
        const value = this.#content(path.slice(0, i), step.at, knowledge, own);
        if (isRefusal(value)) return value;
        const making = value as Value | string;
        if (making === null || typeof making !== "object" || making.make !== step.kind) {
          return refuse("ReferenceWrong", `element is no ${step.kind}`);
        }
      }
      kind = step.kind;
    }
    return null;
  }

  /** The value or character of one element that the author can have seen. */
  #content(path: Path, dot: Dot, knowledge: Knowledge, own: Own): Value | Refusal {
    if (dot.change === knowledge.self) {
      const made = makerOf(dot.index, own);
      if (made !== null && samePath(made.op.path, path)) {
        if (made.op.type === "insertText") return made.op.text[dot.index - made.start]!;
        if (made.op.type === "insertList") return made.op.values[dot.index - made.start]!;
      }
      return refuse("ReferenceUnseen", "own element not made yet");
    }
    if (!knowledge.isPast(dot.change)) return refuse("ReferenceUnseen", "element outside the past");
    const sequence = this.#sequence(path);
    if (sequence === null || !sequence.has(dot)) return refuse("ReferenceWrong", "no such element here");
    return sequence.at(dot) as Value;
  }

  #judgeReplaces(
    op: Extract<ContentOp, { replaces: readonly Dot[] }>,
    knowledge: Knowledge,
    own: Own,
  ): Refusal | null {
    const node = this.find(op.path);
    const { key } = op;
    const register =
      node?.kind === "register"
        ? node.register
        : node?.kind === "map" && key !== null
          ? node.keys.get(key)?.register
          : undefined;
    for (const dot of op.replaces) {
      if (dot.change === knowledge.self) {
        const made = makerOf(dot.index, own);
        if (made === null || !samePath(made.op.path, op.path) || !writes(made.op, key))
          return refuse("ReferenceUnseen", "own entry not made yet");
      } else if (!knowledge.isPast(dot.change)) return refuse("ReferenceUnseen", "entry outside the past");
      else if (register === undefined || !register.has(dot))
        return refuse("ReferenceWrong", "no such entry here");
    }
    return null;
  }

  #judgePlace(op: InsertTextOp | InsertListOp, knowledge: Knowledge, own: Own): Refusal | null {
    for (const dot of [op.parent, op.rightOrigin]) {
      if (dot === null) continue;
      const content = this.#content(op.path, dot, knowledge, own);
      if (isRefusal(content)) return content;
      // wire §6.2: between the two halves of a surrogate pair there is no place.
      if (op.type === "insertText" && dot === op.parent && splitsPair(content as string, op.side)) {
        return refuse("TextSplit", "insert inside a surrogate pair");
      }
    }
    if (op.side === "left" && op.parent === null) return refuse("OrderWrong", "left of the beginning");
    const { parent, rightOrigin } = op;
    if (parent === null || rightOrigin === null) return null;
    // Both from the past: their order never changes, so every replica answers alike. Own elements are not placed yet.
    if (parent.change === knowledge.self || rightOrigin.change === knowledge.self) return null;
    return this.#sequence(op.path)!.compare(parent, rightOrigin) < 0
      ? null
      : refuse("OrderWrong", "right origin left of parent");
  }

  #judgeSpans(path: Path, spans: readonly Span[], knowledge: Knowledge, own: Own): Refusal | null {
    for (const span of spans) {
      const end = span.start + span.length - 1;
      if (span.change === knowledge.self) {
        if (!coversOwn(path, span, own)) return refuse("ReferenceUnseen", "own elements not made yet");
      } else {
        if (!knowledge.isPast(span.change)) return refuse("ReferenceUnseen", "elements outside the past");
        if (!this.#sequence(path)?.contains(span)) return refuse("ReferenceWrong", "no such elements here");
      }
      const first = this.#content(path, { change: span.change, index: span.start }, knowledge, own);
      const last = this.#content(path, { change: span.change, index: end }, knowledge, own);
      if (
        path.at(-1)!.kind === "text" &&
        (splitsPair(first as string, "left") || splitsPair(last as string, "right"))
      ) {
        return refuse("TextSplit", "delete of half a surrogate pair");
      }
    }
    return null;
  }

  #sequence(path: Path): Sequence<string> | Sequence<readonly Value[]> | null {
    const node = this.find(path);
    return node?.kind === "text" ? node.text : node?.kind === "list" ? node.items : null;
  }

  // ------------------------------------------------------------------------------------------------ applying

  /** Applies one op of `change` whose first element has the number `start`. The op must have been judged. */
  apply(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    const node = this.node(op.path);
    const dot = { change, index: start };
    switch (op.type) {
      case "set":
      case "unset": {
        const register = this.#register(node, op.key);
        register.replace(op.replaces, change);
        if (op.type === "set") register.write(dot, op.value);
        patches.push({ type: "field", path: op.path, key: op.key });
        break;
      }
      case "insertText":
        assert(node.kind === "text", "text goes into a text");
        pushSteps(patches, op.path, [node.text.insert(dot, op, op.text)], op.text);
        break;
      case "insertList":
        assert(node.kind === "list", "items go into a list");
        pushSteps(patches, op.path, [node.items.insert(dot, op, op.values)], op.values);
        break;
      case "delete":
        for (const span of op.spans) pushSteps(patches, op.path, deleteFrom(node, span, change), "");
        break;
      default:
        unreachable(op);
    }
    this.#reviveAlong(op.path, patches);
  }

  /** Takes back an op of an open draft; ops are taken back in reverse order, before anything was built on them. */
  revert(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    const node = this.node(op.path);
    const dot = { change, index: start };
    switch (op.type) {
      case "set":
      case "unset": {
        const register = this.#register(node, op.key);
        if (op.type === "set") register.forget(dot);
        register.restore(op.replaces, change);
        patches.push({ type: "field", path: op.path, key: op.key });
        break;
      }
      case "insertText":
      case "insertList": {
        assert(node.kind === "text" || node.kind === "list", "a run goes into a sequence");
        const sequence = node.kind === "text" ? node.text : node.items;
        const index = sequence.indexOf(dot)!;
        const removed = elementCount(op);
        sequence.forget({ change, start, length: removed });
        // The draft gives these numbers out again, perhaps to items of another kind.
        if (node.kind === "list")
          for (let i = 0; i < removed; i++) node.children.delete(dotKey({ change, index: start + i }));
        pushSteps(patches, op.path, [{ index, removed, inserted: 0 }], node.kind === "text" ? "" : []);
        break;
      }
      case "delete":
        assert(node.kind === "text" || node.kind === "list", "elements go from a sequence");
        for (const span of [...op.spans].reverse()) {
          if (node.kind === "text") {
            for (const step of node.text.undelete(span, change)) {
              let text = "";
              for (const back of node.text.spans(step.index, step.index + step.inserted)) {
                for (let i = 0; i < back.length; i++)
                  text += node.text.at({ change: back.change, index: back.start + i });
              }
              pushSteps(patches, op.path, [step], text);
            }
          } else {
            for (const step of node.items.undelete(span, change)) {
              const back = node.items.spans(step.index, step.index + step.inserted);
              const values = back.flatMap(s =>
                Array.from(
                  { length: s.length },
                  (_, i) => node.items.at({ change: s.change, index: s.start + i })!,
                ),
              );
              pushSteps(patches, op.path, [step], values as Value[]);
            }
          }
        }
        break;
      default:
        unreachable(op);
    }
    this.#reviveAlong(op.path, patches);
  }

  /** A deleted list item shows again while something inside it does (figure 6), at every level of the path. */
  #reviveAlong(path: Path, patches: Patch[]): void {
    for (let i = path.length - 1; i >= 0; i--) {
      const { at } = path[i]!;
      if (typeof at === "string") continue;
      const list = this.node(path.slice(0, i)) as ListNode;
      const child = list.children.get(dotKey(at));
      const steps = list.items.revive(at, child !== undefined && !isEmpty(child));
      pushSteps(
        patches,
        path.slice(0, i),
        steps,
        steps.some(s => s.inserted > 0) ? [list.items.at(at) as Value] : [],
      );
    }
  }
}

function suits(op: ContentOp, kind: Kind): boolean {
  switch (op.type) {
    case "set":
    case "unset":
      return op.key === null ? kind === "register" : kind === "map";
    case "insertText":
      return kind === "text";
    case "insertList":
      return kind === "list";
    case "delete":
      return kind === "text" || kind === "list";
    default:
      return unreachable(op);
  }
}

function isRefusal(value: unknown): value is Refusal {
  return (
    value !== null &&
    typeof value === "object" &&
    "code" in value &&
    (value as { code: RefusalCode }).code !== undefined
  );
}

function writes(op: ContentOp, key: string | null): boolean {
  return op.type === "set" && op.key === key;
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
    if (made === null || made.op.type === "set" || !samePath(made.op.path, path)) return false;
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

function deleteFrom(node: Node, span: Span, by: Slot): SequenceStep[] {
  assert(node.kind === "text" || node.kind === "list", "elements go from a sequence");
  return node.kind === "text" ? node.text.delete(span, by) : node.items.delete(span, by);
}

function pushSteps(
  patches: Patch[],
  path: Path,
  steps: readonly SequenceStep[],
  content: string | readonly Value[],
): void {
  for (const { index, removed } of steps) {
    if (typeof content === "string" && path.at(-1)?.kind === "text") {
      patches.push({ type: "text", path, index, removed, inserted: content });
    } else
      patches.push({
        type: "list",
        path,
        index,
        removed,
        inserted: typeof content === "string" ? [] : content,
      });
  }
}
