// The nodes of a document as columns, and back (image.ts): each with what is in it, the children of maps and lists behind
// it. What holds the data writes its own columns; here is only which node comes when.

import { DEPTH_MAX } from "../limits.ts";
import type { Slot, Stamps } from "./dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "./image.ts";
import { type ListNode, type MapNode, makeNode, type Node } from "./node.ts";
import { KINDS, type Kind } from "./op.ts";
import { Register } from "./register.ts";
import type { Strands } from "./strands.ts";

/** Recursion is as deep as paths are long. */
export function dumpNode(node: Node, out: ImageOut): void {
  switch (node.kind) {
    case "map":
      out.json([...node.keys.keys()]);
      for (const { register, children } of node.keys.values()) {
        register.dump(out);
        out.numbers([...children.keys()].map(kind => KINDS.indexOf(kind)));
        for (const child of children.values()) dumpNode(child, out);
      }
      break;
    case "list":
      node.items.dump(out);
      out.json([...node.positions]);
      out.json([...node.children.keys()]);
      out.numbers([...node.children.values()].map(({ kind }) => KINDS.indexOf(kind)));
      for (const child of node.children.values()) dumpNode(child, out);
      break;
    case "text":
      out.text(node.text.toText());
      node.text.dump(out);
      break;
    case "register":
    case "lww":
      node.register.dump(out);
      break;
    case "counter":
    case "gcounter":
      node.counter.dump(out);
      break;
    default:
      node.set.dump(out);
  }
}

/** Fills nodes that are empty; the strands are loaded. */
export class NodeLoading {
  readonly #causality: Stamps;
  readonly #strands: Strands;

  constructor(causality: Stamps, strands: Strands) {
    this.#causality = causality;
    this.#strands = strands;
  }

  fill(node: Node, from: ImageIn, depth = 0): void {
    if (depth > DEPTH_MAX) throw new Unsound("nodes deeper than paths");
    switch (node.kind) {
      case "map":
        this.#fillMap(node, from, depth);
        break;
      case "list":
        this.#fillList(node, from, depth);
        break;
      case "text":
        node.text.load(from, from.text());
        break;
      case "register":
      case "lww":
        node.register.load(from);
        break;
      case "counter":
      case "gcounter":
        node.counter.load(from);
        break;
      default:
        node.set.load(from);
    }
  }

  #fillMap({ keys }: MapNode, from: ImageIn, depth: number): void {
    for (const key of from.json() as string[]) {
      const field = { register: new Register(this.#causality), children: new Map<Kind, Node>() };
      keys.set(key, field);
      field.register.load(from);
      for (const number of from.ints()) {
        const child = this.#made(number);
        field.children.set(child.kind, child);
        this.fill(child, from, depth + 1);
      }
    }
  }

  #fillList({ items, positions, children }: ListNode, from: ImageIn, depth: number): void {
    items.load(from);
    for (const [slot, numbers] of from.json() as [Slot, number[]][]) positions.set(slot, numbers);
    const names = from.json() as string[];
    const kinds = from.ints();
    if (names.length !== kinds.length) throw new Unsound("a child without a name");
    for (const [i, name] of names.entries()) {
      const child = this.#made(kinds[i]!);
      children.set(name, child);
      this.fill(child, from, depth + 1);
    }
  }

  #made(number: number): Node {
    const kind = KINDS[number];
    if (kind === undefined) throw new Unsound("a node of no kind");
    return makeNode(kind, this.#causality, this.#strands);
  }
}
