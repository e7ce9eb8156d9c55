// The JSON tree: finds nodes by path, applies an op, takes it back, masks it. What an op may refer to is judged in
// references.ts. Follows the six figures of Kleppmann and Beresford ("A Conflict-Free Replicated JSON Datatype", 2017):
// concurrent values of one key are both kept, nodes of different kinds coexist under a key, and what was written
// into something that was deleted meanwhile survives. Removing is by naming what was seen; deletes of whole
// subtrees are written out by edit.ts, so an op here touches one node only.
//
// An op is effective when it was applied and its change is not masked.
//
//     what shows  =  f(set of effective ops)
//
// so masking takes the effect of an op out and leaves its structure: what it inserted is hidden and others' elements
// that hang on it stay where they are; what it deleted comes back unless another deleted it too; an entry it wrote is
// gone and what that replaced stands again; what it counted, added or removed does not count; what it moved is where
// it was. To unmask is to apply without making anything anew. Order and number of times do not matter.

import { assert, unreachable } from "../assert.ts";
import type { Elements } from "./contents.ts";
import { type Dot, dotKey, type Slot, type Span, type Stamps } from "./dot.ts";
import type { HiddenTexts } from "./hidden-texts.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import { type Move, type MovedItem, Moves } from "./moves.ts";
import {
  childAt,
  type Field,
  type Item,
  isEmpty,
  type Json,
  type ListNode,
  type MapNode,
  makeNode,
  type Node,
  Position,
  type TextNode,
  toJson,
} from "./node.ts";
import { dumpNode, NodeLoading } from "./node-image.ts";
import {
  type ContentOp,
  type DeleteOp,
  isOfKeys,
  type MoveOp,
  type Path,
  type SetOp,
  type UnsetOp,
  type Value,
} from "./op.ts";
import { Register } from "./register.ts";
import { MASKED, MOVED } from "./runs.ts";
import type { Sequence } from "./sequence.ts";
import type { SequenceStep } from "./showing.ts";
import { Strands } from "./strands.ts";

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

/** What happens to an op. "revert" forgets it, which only a draft's may be; "mask" and "unmask" leave its structure. */
type Turn = "apply" | "revert" | "mask" | "unmask";

export class DocumentTree {
  readonly #causality: Stamps;
  readonly strands = new Strands();
  readonly root: MapNode;
  readonly moves: Moves;
  /** The path of keys that was gone last, and where it led: the ops of a document mostly share one path. */
  #lastPath: Path = [];
  #lastNode: Node;
  /** List items in which something changed that may decide whether they show; by dot, the path to the node in them. */
  readonly #stale = new Map<string, Path>();

  constructor(causality: Stamps) {
    this.#causality = causality;
    this.root = makeNode("map", causality, this.strands) as MapNode;
    this.#lastNode = this.root;
    this.moves = new Moves(causality, path => this.node(path) as ListNode);
  }

  // ------------------------------------------------------------------------------------------------- looking

  /** The node at a path, or null if nothing was ever put there. */
  find(path: Path): Node | null {
    if (path === this.#lastPath) return this.#lastNode;
    let node: Node = this.root;
    for (const step of path) {
      const child = childAt(node, step);
      if (child === undefined) return null;
      node = child;
    }
    this.#remember(path, node);
    return node;
  }

  toJson(): Json {
    return toJson(this.root);
  }

  /** Everything must be settled, and no draft open. */
  dump(out: ImageOut): void {
    assert(this.#stale.size === 0, "a tree at rest is dumped");
    this.strands.dump(out);
    dumpNode(this.root, out);
    this.moves.dump(out);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    this.strands.load(from);
    new NodeLoading(this.#causality, this.strands).fill(this.root, from);
    this.moves.load(from);
  }

  /** The node at a path, made where it is missing. The path must have been judged. */
  node(path: Path): Node {
    if (path === this.#lastPath) return this.#lastNode;
    let node: Node = this.root;
    for (const step of path) {
      let child: Node | undefined;
      if (typeof step.at === "string") {
        assert(node.kind === "map", "a key leads out of a map");
        const field = this.field(node, step.at);
        child = field.children.get(step.kind);
        if (child === undefined) {
          child = makeNode(step.kind, this.#causality, this.strands);
          field.children.set(step.kind, child);
        }
      } else {
        assert(node.kind === "list", "an element leads out of a list");
        child = node.children.get(dotKey(step.at));
        if (child === undefined) {
          child = makeNode(step.kind, this.#causality, this.strands);
          node.children.set(dotKey(step.at), child);
        }
      }
      assert(child.kind === step.kind, "a step names the kind of its node");
      node = child;
    }
    this.#remember(path, node);
    return node;
  }

  /** What is found by keys stays; items that a draft takes back go. */
  #remember(path: Path, node: Node): void {
    if (!isOfKeys(path)) return;
    this.#lastPath = path;
    this.#lastNode = node;
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
    this.#turn("apply", op, change, start, patches);
    this.settle(patches);
  }

  /** Takes back an op of an open draft; ops are taken back in reverse order, before anything was built on them. */
  revert(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    this.lift(op, change, start, patches);
    if (op.type !== "insertList") return;
    // The draft gives these numbers out again, perhaps to items of another kind.
    const { children } = this.node(op.path) as ListNode;
    for (let i = 0; i < op.values.length; i++) children.delete(dotKey({ change, index: start + i }));
  }

  /** The same of an op that is applied again: what it made keeps its nodes, by which it is known to who watches them. */
  lift(op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    this.#turn("revert", op, change, start, patches);
    this.settle(patches);
  }

  /** Applies all ops of a change, numbered from `starts`; what they mean for the items around them is settled once. */
  applyAll(ops: readonly ContentOp[], starts: readonly number[], change: Slot, patches: Patch[]): void {
    for (let i = 0; i < ops.length; i++) this.#turn("apply", ops[i]!, change, starts[i]!, patches);
    this.settle(patches);
  }

  /**
   * Takes the effect of all ops of an applied change, numbered from `starts`, out (`isMasked`) or back in; what it did to texts
   * only with `hideAll`, once all changes that are to be masked are. Then `settle` is called.
   */
  maskAll(
    ops: readonly ContentOp[],
    starts: readonly number[],
    change: Slot,
    isMasked: boolean,
    patches: Patch[],
    texts: HiddenTexts,
  ): void {
    for (let i = 0; i < ops.length; i++) this.mask(ops[i]!, change, starts[i]!, isMasked, patches, texts);
  }

  /** The same of one op. */
  mask(
    op: ContentOp,
    change: Slot,
    start: number,
    isMasked: boolean,
    patches: Patch[],
    texts: HiddenTexts,
  ): void {
    const node = isMasked && op.type === "delete" ? this.node(op.path) : null;
    if (op.type === "insertText") this.maskText(op.path, change, start, op.text.length, texts);
    else if (node?.kind === "text") texts.delete(node, op.path, (op as DeleteOp).spans, change);
    else this.#turn(isMasked ? "mask" : "unmask", op, change, start, patches);
  }

  /** Of an op on a text one span is of each of the changes from `first` on. */
  deleteEach({ path, spans }: DeleteOp, first: Slot, patches: Patch[]): void {
    const { text } = this.node(path) as TextNode;
    for (let i = 0; i < spans.length; i++)
      for (const { index, removed } of text.delete(spans[i]!, first + i))
        patches.push({ type: "text", path, index, removed, inserted: "" });
    this.touch(path);
  }

  /** The same of `length` elements that a change put into a text. */
  maskText(path: Path, change: Slot, start: number, length: number, texts: HiddenTexts): void {
    texts.insert(this.node(path) as TextNode, path, change, start, length);
  }

  hideAll(texts: HiddenTexts, isMasked: boolean, patches: Patch[]): void {
    for (const { node, path, inserted, deleted } of texts) {
      node.text.hideAll(inserted, MASKED, isMasked, deleted, (index, removed, content) =>
        patches.push({ type: "text", path, index, removed, inserted: content ?? "" }),
      );
      this.touch(path);
    }
  }

  #turn(turn: Turn, op: ContentOp, change: Slot, start: number, patches: Patch[]): void {
    const node = this.node(op.path);
    const dot = { change, index: start };
    const isEffective = turn === "apply" || turn === "unmask";
    switch (op.type) {
      case "set":
      case "unset":
        this.#replace(node, op, change, isEffective);
        if (op.type === "set") turnElement(this.#register(node, op.key), turn, dot, op.value);
        patches.push({ type: "field", path: op.path, key: op.key });
        break;
      case "increment":
        assert("counter" in node, "a counter counts");
        turnElement(node.counter, turn, dot, op.by);
        patches.push({ type: "field", path: op.path, key: null });
        break;
      case "add":
        assert("set" in node, "a set holds values");
        turnElement(node.set, turn, dot, op.value);
        patches.push({ type: "field", path: op.path, key: null });
        break;
      case "remove":
        assert("set" in node, "a set holds values");
        if (isEffective) node.set.remove(op.value, op.replaces, change, start);
        else node.set.unremove(op.value, op.replaces, change, start);
        patches.push({ type: "field", path: op.path, key: null });
        break;
      case "insertText":
        assert(node.kind === "text", "text goes into a text");
        if (turn === "apply") patches.push(patchOf(op.path, node.text.insert(dot, op, op.text), op.text));
        else turnRun(turn, node, op.path, { change, start, length: op.text.length }, patches);
        break;
      case "insertList":
        assert(node.kind === "list", "items go into a list");
        if (turn === "apply")
          patches.push(patchOf(op.path, node.items.insert(dot, op, op.values), op.values));
        else {
          const span = { change, start, length: op.values.length };
          turnRun(turn, node, op.path, span, patches);
          this.moves.touch(node, span);
          if (turn === "revert")
            for (let i = 0; i < span.length; i++) this.moves.forgetItem({ change, index: start + i });
        }
        break;
      case "delete":
        assert(node.kind === "text" || node.kind === "list", "elements go from a sequence");
        for (const span of op.spans) {
          turnDelete(node, op.path, span, change, isEffective, patches);
          if (node.kind === "list") this.moves.touch(node, span);
        }
        break;
      case "move":
        assert(node.kind === "list", "items go into a list");
        this.#turnMove(turn, op, node, dot, patches);
        break;
      default:
        unreachable(op);
    }
    this.touch(op.path);
  }

  /** What is named goes, or comes back. */
  #replace(node: Node, { key, replaces }: SetOp | UnsetOp, by: Slot, isEffective: boolean): void {
    if ("counter" in node) {
      if (isEffective) node.counter.remove(replaces, by);
      else node.counter.restore(replaces, by);
    } else if ("set" in node) {
      if (isEffective) node.set.unset(replaces, by);
      else node.set.restore(replaces, by);
    } else {
      const register = this.#register(node, key);
      if (isEffective) register.replace(replaces, by);
      else register.restore(replaces, by);
    }
  }

  #turnMove(turn: Turn, op: MoveOp, list: ListNode, dot: Dot, patches: Patch[]): void {
    if (turn === "apply") {
      const item = this.moves.item(op.from, op.item);
      list.items.insert(dot, op, [new Position(item)]);
      list.items.hide(spanOf(dot), MOVED, true);
      const positions = list.positions.get(dot.change);
      if (positions === undefined) list.positions.set(dot.change, [dot.index]);
      else positions.push(dot.index);
      this.moves.add(dot, item, list, op.path);
    }
    this.moves.count(dot, turn === "apply" || turn === "unmask");
    if (turn !== "revert") return;
    this.settle(patches);
    this.moves.forget(dot);
    list.items.forget(spanOf(dot));
    list.positions.get(dot.change)!.pop();
  }

  #register(node: Node, key: string | null): Register {
    if ("register" in node) return node.register;
    assert(node.kind === "map" && key !== null, "a field is a register or a key of a map");
    return this.field(node, key).register;
  }

  /** Something in a node changed: the item that holds it may show because of that, or no longer. */
  touch(path: Path): void {
    if (isOfKeys(path)) return;
    const i = path.findLastIndex(step => typeof step.at !== "string");
    if (i >= 0) this.#stale.set(dotKey(path[i]!.at as Dot), path.slice(0, i + 1));
  }

  /**
   * Sees to it that items show where they are, if they do: a deleted one shows while something inside it does (figure
   * 6), and one that was moved shows at its latest position.
   */
  settle(patches: Patch[]): void {
    for (const item of this.moves.settle()) this.#place(item, patches);
    // What is touched on the way is visited too; it ends, since nothing is below itself.
    for (const [name, path] of this.#stale) {
      this.#stale.delete(name);
      const around = path.slice(0, -1);
      const list = this.node(around) as ListNode;
      const dot = path.at(-1)!.at as Dot;
      const child = list.children.get(name);
      const steps = list.items.revive(dot, child !== undefined && !isEmpty(child));
      for (const step of steps)
        patches.push(patchOf(around, step, step.inserted > 0 ? [list.items.at(dot)] : []));
      if (steps.length > 0) this.touch(around);
      const item = this.moves.get(dot);
      if (item !== undefined) this.#place(item, patches);
    }
  }

  /** Hides an item where it no longer is and shows it where it is, unless it is deleted or masked. */
  #place(item: MovedItem, patches: Patch[]): void {
    const { at, shown } = item;
    const wasHome = item.list.items.isVisible(item.dot);
    const next = at !== null && wouldShow(item) ? at : null;
    // Away first: between two patches an item is nowhere rather than twice.
    if (at !== null) this.#show(item, wasHome, false, item.value, patches);
    if (shown !== null && shown !== next) this.#show(shown, true, false, item.value, patches);
    if (at === null) this.#show(item, wasHome, true, item.value, patches);
    if (next !== null) this.#show(next, shown === next, true, item.value, patches);
    item.shown = next;
  }

  /** The element of an item or position shows, or it does not, so far as a move has a say in it. */
  #show({ list, path, dot }: Item | Move, was: boolean, may: boolean, value: Value, patches: Patch[]): void {
    list.items.hide(spanOf(dot), MOVED, !may);
    const is = list.items.isVisible(dot);
    if (was === is) return;
    const step = { index: list.items.indexOf(dot)!, removed: was ? 1 : 0, inserted: is ? 1 : 0 };
    patches.push(patchOf(path, step, is ? [value] : []));
    this.touch(path);
  }
}

/** Whether an item that was moved is neither deleted nor masked. Hides it where it was made. */
function wouldShow({ list, dot }: MovedItem): boolean {
  list.items.hide(spanOf(dot), MOVED, false);
  const isAlive = list.items.isVisible(dot);
  list.items.hide(spanOf(dot), MOVED, true);
  return isAlive;
}

function spanOf({ change, index }: Dot): Span {
  return { change, start: index, length: 1 };
}

/** An entry, increment or add comes, goes for ever, or stops counting and begins again. */
function turnElement<V>(
  held: {
    add(dot: Dot, value: V): void;
    forget(dot: Dot): void;
    count(dot: Dot, isCounted: boolean): void;
  },
  turn: Turn,
  dot: Dot,
  value: V,
): void {
  if (turn === "apply") held.add(dot, value);
  else if (turn === "revert") held.forget(dot);
  else held.count(dot, turn === "unmask");
}

/** What was inserted once goes for ever, is hidden or shown. */
function turnRun(turn: Turn, node: TextNode | ListNode, path: Path, span: Span, patches: Patch[]): void {
  const { change, start, length } = span;
  if (turn !== "revert") {
    const isMasked = turn === "mask";
    mark(node, path, span, !isMasked, elements => elements.hide(span, MASKED, isMasked), patches);
    return;
  }
  const elements = elementsOf(node);
  const index = elements.indexOf({ change, index: start })!;
  elements.forget(span);
  patches.push(patchOf(path, { index, removed: length, inserted: 0 }, []));
}

function turnDelete(
  node: TextNode | ListNode,
  path: Path,
  span: Span,
  by: Slot,
  isEffective: boolean,
  patches: Patch[],
): void {
  if (isEffective)
    for (const step of elementsOf(node).delete(span, by)) patches.push(patchOf(path, step, []));
  else mark(node, path, span, true, elements => elements.undelete(span, by), patches);
}

/** Elements of a span go, or some of them come back (`mayShow`); the patches say which. */
function mark(
  node: TextNode | ListNode,
  path: Path,
  span: Span,
  mayShow: boolean,
  turn: (elements: Sequence<Elements>) => SequenceStep[],
  patches: Patch[],
): void {
  const elements = elementsOf(node);
  const hidden: Dot[] = [];
  if (mayShow) {
    for (let i = 0; i < span.length; i++) {
      const dot = { change: span.change, index: span.start + i };
      if (!elements.isVisible(dot)) hidden.push(dot);
    }
  }
  const steps = turn(elements);
  // The steps of one span come in the order of its elements, wherever these stand.
  const shown = hidden.filter(dot => elements.isVisible(dot)).map(dot => elements.at(dot));
  let next = 0;
  for (const step of steps) {
    patches.push(patchOf(path, step, shown.slice(next, next + step.inserted)));
    next += step.inserted;
  }
}

function elementsOf(node: TextNode | ListNode): Sequence<Elements> {
  return (node.kind === "text" ? node.text : node.items) as Sequence<Elements>;
}

function patchOf(path: Path, { index, removed }: SequenceStep, content: Elements): Patch {
  if (path[path.length - 1]!.kind === "list")
    return { type: "list", path, index, removed, inserted: content as readonly Value[] };
  const inserted = typeof content === "string" ? content : content.length === 0 ? "" : content.join("");
  return { type: "text", path, index, removed, inserted };
}
