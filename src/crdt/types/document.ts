// The JSON tree: finds nodes by path, applies one op, takes it back. What an op may refer to is judged in
// references.ts. Follows the six figures of Kleppmann and Beresford ("A Conflict-Free Replicated JSON Datatype", 2017):
// concurrent values of one key are both kept, nodes of different kinds coexist under a key, and what was written
// into something that was deleted meanwhile survives. Removing is by naming what was seen; deletes of whole
// subtrees are written out by edit.ts, so an op here touches one node only.

import { assert, unreachable } from "../assert.ts";
import { type Dot, dotKey, type Slot, type Span, type Stamps } from "./dot.ts";
import {
  type Field,
  isEmpty,
  type Json,
  type ListNode,
  type MapNode,
  makeNode,
  type Node,
  toJson,
} from "./node.ts";
import { type ContentOp, elementCount, type Path, type Value } from "./op.ts";
import { Register } from "./register.ts";
import type { SequenceStep } from "./sequence.ts";

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

type ValueOp = Exclude<ContentOp, { type: "insertText" | "insertList" | "delete" }>;

export class DocumentTree {
  readonly #causality: Stamps;
  readonly root: MapNode;

  constructor(causality: Stamps) {
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
    if ("register" in node) return node.register;
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

  // ------------------------------------------------------------------------------------------------ applying

  /** Applies one op of `change` whose first element has the number `start`. The op must have been judged. */
  apply(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    const node = this.node(op.path);
    const dot = { change, index: start };
    switch (op.type) {
      case "set":
      case "unset":
      case "increment":
      case "add":
      case "remove":
        this.#applyValue(node, op, dot);
        patches.push({ type: "field", path: op.path, key: "key" in op ? op.key : null });
        break;
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

  #applyValue(node: Node, op: ValueOp, dot: Dot): void {
    switch (op.type) {
      case "set":
      case "unset":
        if ("counter" in node) node.counter.remove(op.replaces, dot.change);
        else if ("set" in node) node.set.unset(op.replaces, dot.change);
        else {
          const register = this.#register(node, op.key);
          register.replace(op.replaces, dot.change);
          if (op.type === "set") register.write(dot, op.value);
        }
        break;
      case "increment":
        assert("counter" in node, "a counter counts");
        node.counter.add(dot, op.by);
        break;
      case "add":
        assert("set" in node, "a set holds values");
        node.set.add(dot, op.value);
        break;
      case "remove":
        assert("set" in node, "a set holds values");
        node.set.remove(op.value, op.replaces, dot.change, dot.index);
        break;
      default:
        unreachable(op);
    }
  }

  #revertValue(node: Node, op: ValueOp, dot: Dot): void {
    switch (op.type) {
      case "set":
      case "unset":
        if ("counter" in node) node.counter.restore(op.replaces, dot.change);
        else if ("set" in node) node.set.restore(op.replaces, dot.change);
        else {
          const register = this.#register(node, op.key);
          if (op.type === "set") register.forget(dot);
          register.restore(op.replaces, dot.change);
        }
        break;
      case "increment":
        assert("counter" in node, "a counter counts");
        node.counter.forget(dot);
        break;
      case "add":
        assert("set" in node, "a set holds values");
        node.set.forget(dot);
        break;
      case "remove":
        assert("set" in node, "a set holds values");
        node.set.unremove(op.value, op.replaces, dot.change, dot.index);
        break;
      default:
        unreachable(op);
    }
  }

  /** Takes back an op of an open draft; ops are taken back in reverse order, before anything was built on them. */
  revert(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    const node = this.node(op.path);
    const dot = { change, index: start };
    switch (op.type) {
      case "set":
      case "unset":
      case "increment":
      case "add":
      case "remove":
        this.#revertValue(node, op, dot);
        patches.push({ type: "field", path: op.path, key: "key" in op ? op.key : null });
        break;
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
