// Which move of an item counts. An item keeps its name and all that is in it wherever it goes; a move makes a position in
// a list, and the item shows at the position of its latest move that counts, or else where it was made: never twice, and
// never nowhere (Kleppmann, "Moving Elements in List CRDTs", 2020).
//
// A list may lie inside another item, so moves that know nothing of each other can put two items into each other:
//
//     Alice: a into b's list ─┐      a             b
//                             ├─     └ list        └ list       both at once would hang on each other, off the tree
//     Bob:   b into a's list ─┘        └ b           └ a
//
// So moves are gone through in one order, that of (depth, change id, index), and one that would put an item below itself
// does not count (Kleppmann et al., "A Highly-Available Move Operation for Replicated Trees", 2021); nor does one that
// would put anything deeper than DEPTH_MAX. Whether a move counts follows from the set of effective moves alone.
// As in the paper, a move that belongs before others is put in by taking these back, and doing them again after it.
// We differ in whom this is done for: only items with a list inside that somebody moved something into (`below`) can ever
// be above anything. All others are just where their latest move says, and cost O(log n) a move whatever the order.
//
// Worst case of one change: O(m · DEPTH_MAX), m later moves of items that have others moved into them.

import { assert } from "../assert.ts";
import { DEPTH_MAX } from "../limits.ts";
import { type Causality, type Dot, dotKey, type Slot, type Span } from "./dot.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import { type Item, type ListNode, Position } from "./node.ts";
import type { Path, Value } from "./op.ts";

interface Raised {
  readonly item: MovedItem;
  readonly reach: number;
}

const NONE: readonly Raised[] = [];

export class Move {
  /** Of the position it makes. */
  readonly dot: Dot;
  readonly item: MovedItem;
  readonly list: ListNode;
  readonly path: Path;
  /** The item that the list is inside of, where it was made; null: none. */
  readonly above: MovedItem | null;
  isEffective = false;
  /** While it is done: it counts; where the item was before, and how far those above it reached. */
  counts = false;
  before: Move | null = null;
  raised: readonly Raised[] = NONE;

  constructor(dot: Dot, item: MovedItem, list: ListNode, path: Path, above: MovedItem | null) {
    this.dot = dot;
    this.item = item;
    this.list = list;
    this.path = path;
    this.above = above;
  }
}

/** An item that was moved, or is above a list that something was moved into. */
export class MovedItem implements Item {
  readonly dot: Dot;
  readonly value: Value;
  readonly list: ListNode;
  readonly path: Path;
  readonly above: MovedItem | null;
  /** In their order, those that are not effective included. */
  readonly moves: Move[] = [];
  /** Where it is; null: where it was made. */
  at: Move | null = null;
  /** Whose position shows it; null: none does. The tree alone writes it. */
  shown: Move | null = null;
  /** Where it was when it was last told of, and whether it is to be told of whether it is elsewhere or not. */
  toldAt: Move | null = null;
  isStirred = false;
  /** How many effective moves lead into lists inside it. */
  below = 0;
  /** How many steps the deepest item that was ever moved below it stood below it, as far as the order was gone through. */
  reach = 0;

  constructor(dot: Dot, value: Value, list: ListNode, path: Path, above: MovedItem | null) {
    this.dot = dot;
    this.value = value;
    this.list = list;
    this.path = path;
    this.above = above;
  }

  /** Steps from the root to it, where it was made. */
  get depth(): number {
    return this.path.length + 1;
  }
}

export class Moves {
  readonly #causality: Causality;
  readonly #listAt: (path: Path) => ListNode;
  /** By dot. */
  readonly #items = new Map<string, MovedItem>();
  readonly #moves = new Map<string, Move>();
  /** Items with moves, by the list and the change they were made in, ascending. */
  readonly #homes = new Map<ListNode, Map<Slot, MovedItem[]>>();
  /** The effective moves of items with others below them, in their order; the first `#done` of them are gone through. */
  readonly #log: Move[] = [];
  #done = 0;
  /** Items that may be elsewhere than they were. */
  readonly #touched = new Set<MovedItem>();

  constructor(causality: Causality, listAt: (path: Path) => ListNode) {
    this.#causality = causality;
    this.#listAt = listAt;
  }

  // ------------------------------------------------------------------------------------------------- looking

  /** What is known of an item; undefined if it was never moved, nor anything into it. */
  get(dot: Dot): MovedItem | undefined {
    return this.#items.get(dotKey(dot));
  }

  /** Whether a move made now would count. */
  mayMove(from: Path, dot: Dot, to: Path): boolean {
    const item = this.item(from, dot);
    return fits(item, to, this.#above(to));
  }

  /** The record of an item of the list at `path`. */
  item(path: Path, dot: Dot): MovedItem {
    const known = this.#items.get(dotKey(dot));
    if (known !== undefined) return known;
    const list = this.#listAt(path);
    const item = new MovedItem(dot, list.items.at(dot) as Value, list, path, this.#above(path));
    this.#items.set(dotKey(dot), item);
    return item;
  }

  /** The innermost item that a list was made in. No deeper than a path. */
  #above(path: Path): MovedItem | null {
    const i = path.findLastIndex(step => typeof step.at !== "string");
    return i < 0 ? null : this.item(path.slice(0, i), path[i]!.at as Dot);
  }

  // ------------------------------------------------------------------------------------------------ changing

  /** A move that does not count yet. */
  add(dot: Dot, item: MovedItem, list: ListNode, path: Path): void {
    const move = new Move(dot, item, list, path, this.#above(path));
    this.#moves.set(dotKey(dot), move);
    if (item.moves.length === 0) this.#register(item);
    item.moves.splice(this.#positionIn(item.moves, move), 0, move);
  }

  /** Takes the effect of a move out, or in. */
  count(dot: Dot, isEffective: boolean): void {
    const move = this.#moves.get(dotKey(dot));
    assert(move !== undefined && move.isEffective !== isEffective, "a move is counted in or out once");
    const { item } = move;
    move.isEffective = isEffective;
    if (item.below === 0) this.#putLatest(item);
    else if (isEffective) this.#enter(move);
    else this.#leave(move);
    for (let above = move.above; above !== null; above = above.above) {
      above.below += isEffective ? 1 : -1;
      if (isEffective && above.below === 1) this.#order(above);
      if (!isEffective && above.below === 0) this.#release(above);
    }
  }

  /** Forgets a move that is not effective and whose position nothing hangs on: a draft rolled back. */
  forget(dot: Dot): void {
    const move = this.#moves.get(dotKey(dot))!;
    const { item } = move;
    assert(!move.isEffective && item.shown !== move, "what is forgotten shows nothing");
    this.#moves.delete(dotKey(dot));
    item.moves.splice(item.moves.indexOf(move), 1);
    if (item.moves.length > 0) return;
    const made = this.#homes.get(item.list)!.get(item.dot.change)!;
    made.splice(made.indexOf(item), 1);
  }

  /** Forgets what is known of an item that is forgotten itself. */
  forgetItem(dot: Dot): void {
    this.#items.delete(dotKey(dot));
  }

  /** Something happened to the elements of a span of a list: those of them that were moved may show, or no longer. */
  touch(list: ListNode, { change, start, length }: Span): void {
    const made = this.#homes.get(list)?.get(change);
    if (made === undefined) return;
    for (let i = lowerBound(made, item => item.dot.index < start); i < made.length; i++) {
      if (made[i]!.dot.index >= start + length) return;
      made[i]!.isStirred = true;
      this.#touched.add(made[i]!);
    }
  }

  /** Goes through the order to its end. The items that are elsewhere than they were, or may show where they did not. */
  settle(): readonly MovedItem[] {
    for (; this.#done < this.#log.length; this.#done++) {
      const move = this.#log[this.#done]!;
      move.counts = fits(move.item, move.path, move.above);
      if (!move.counts) continue;
      move.before = move.item.at;
      this.#put(move.item, move);
      move.raised = raise(move);
    }
    if (this.#touched.size === 0) return [];
    const told = [...this.#touched].filter(item => item.at !== item.toldAt || item.isStirred);
    this.#touched.clear();
    for (const item of told) {
      item.toldAt = item.at;
      item.isStirred = false;
    }
    return told;
  }

  #put(item: MovedItem, at: Move | null): void {
    item.at = at;
    this.#touched.add(item);
  }

  #putLatest(item: MovedItem): void {
    this.#put(item, item.moves.findLast(move => move.isEffective) ?? null);
  }

  // --------------------------------------------------------------------------------------------- in the order

  /** An item gets something below it: from now on its moves are gone through. */
  #order(item: MovedItem): void {
    if (item.moves.length > 0) this.#put(item, null);
    for (const move of item.moves) if (move.isEffective) this.#enter(move);
  }

  #release(item: MovedItem): void {
    for (const move of item.moves) if (move.isEffective) this.#leave(move);
    if (item.moves.length > 0) this.#putLatest(item);
  }

  #enter(move: Move): void {
    const at = this.#positionIn(this.#log, move);
    this.#takeBack(at);
    this.#log.splice(at, 0, move);
  }

  #leave(move: Move): void {
    const at = this.#positionIn(this.#log, move);
    assert(this.#log[at] === move, "an effective move of an item with others below it is in the order");
    this.#takeBack(at);
    this.#log.splice(at, 1);
  }

  /** Takes back what was gone through, but for the first `count`. */
  #takeBack(count: number): void {
    while (this.#done > count) {
      const move = this.#log[--this.#done]!;
      if (!move.counts) continue;
      for (const { item, reach } of move.raised) item.reach = reach;
      move.raised = NONE;
      this.#put(move.item, move.before);
    }
  }

  /** How many moves come before one, by (depth, change id, index). */
  #positionIn(moves: readonly Move[], { dot }: Move): number {
    return lowerBound(moves, other => {
      const order = this.#causality.compareDepths(other.dot.change, dot.change);
      return order < 0 || (order === 0 && other.dot.index < dot.index);
    });
  }

  // -------------------------------------------------------------------------------------------------- image

  /** Everything must be settled. */
  dump(out: ImageOut): void {
    assert(this.#done === this.#log.length && this.#touched.size === 0, "moves are gone through");
    const items = [...this.#items.values()];
    const moves = [...this.#moves.values()];
    const itemNumbers = new Map(items.map((item, i) => [item, i]));
    const moveNumbers = new Map(moves.map((move, i) => [move, i]));
    const numberOf = (move: Move | null) => (move === null ? -1 : moveNumbers.get(move)!);
    out.json(
      items.map(item => [
        item.dot,
        item.path,
        item.moves.map(numberOf),
        [item.at, item.shown, item.toldAt].map(numberOf),
        [item.below, item.reach],
      ]),
    );
    out.json(
      moves.map(({ dot, item, path, isEffective, counts, before, raised }) => [
        dot,
        itemNumbers.get(item)!,
        path,
        isEffective,
        counts,
        numberOf(before),
        raised.map(({ item: other, reach }) => [itemNumbers.get(other)!, reach]),
      ]),
    );
    out.numbers(this.#log.map(numberOf));
  }

  /** Into one that is empty; the nodes are loaded, but for the positions in their lists. */
  load(from: ImageIn): void {
    const itemRows = from.json() as [Dot, Path, number[], [number, number, number], [number, number]][];
    const moveRows = from.json() as [Dot, number, Path, boolean, boolean, number, [number, number][]][];
    const items = itemRows.map(([dot, path]) => this.item(path, dot));
    const moves = moveRows.map(([dot, item, path]) => {
      const list = this.#listAt(path);
      const move = new Move(dot, items[item]!, list, path, this.#above(path));
      this.#moves.set(dotKey(dot), move);
      list.items.become(dot, new Position(items[item]!));
      return move;
    });
    for (const [i, [, , , isEffective, counts, before, raised]] of moveRows.entries()) {
      const move = moves[i]!;
      move.isEffective = isEffective;
      move.counts = counts;
      move.before = moves[before] ?? null;
      move.raised = raised.length === 0 ? NONE : raised.map(([n, reach]) => ({ item: items[n]!, reach }));
    }
    for (const [i, [, , made, [at, shown, toldAt], [below, reach]]] of itemRows.entries()) {
      const item = items[i]!;
      for (const move of made) item.moves.push(moves[move]!);
      item.at = moves[at] ?? null;
      item.shown = moves[shown] ?? null;
      item.toldAt = moves[toldAt] ?? null;
      item.below = below;
      item.reach = reach;
      if (made.length > 0) this.#register(item);
    }
    for (const move of from.ints()) this.#log.push(moves[move]!);
    this.#done = this.#log.length;
  }

  #register(item: MovedItem): void {
    const { list, dot } = item;
    let byChange = this.#homes.get(list);
    if (byChange === undefined) {
      byChange = new Map();
      this.#homes.set(list, byChange);
    }
    const made = byChange.get(dot.change) ?? [];
    byChange.set(dot.change, made);
    made.splice(
      lowerBound(made, other => other.dot.index < dot.index),
      0,
      item,
    );
  }
}

// Both walk from a list upwards, by where the items above are now: `from` is the path of the list they came to, `above` the
// item that it is inside. They run for every move that is done again, so they make nothing: halved the cost of a redo.

/** Whether an item may be put into a list: it would be neither below itself nor too deep, and nothing in it either. */
function fits(item: MovedItem, path: Path, around: MovedItem | null): boolean {
  let [from, above] = [path, around];
  let steps = 0;
  while (above !== null) {
    if (above === item) return false;
    // To the list from the item that it is inside, and one to that item.
    steps += from.length - above.depth + 1;
    if (steps > DEPTH_MAX) return false;
    const { at }: MovedItem = above;
    from = at === null ? above.path : at.path;
    above = at === null ? above.above : at.above;
  }
  return steps + from.length + 1 + item.reach <= DEPTH_MAX;
}

/** Tells the items above a move how deep it reaches below them; answers what they knew before. */
function raise({ item, path, above: around }: Move): readonly Raised[] {
  let raised: Raised[] | null = null;
  let [from, above] = [path, around];
  let reach = item.reach + 1;
  while (above !== null) {
    reach += from.length - above.depth;
    if (reach > above.reach) {
      raised ??= [];
      raised.push({ item: above, reach: above.reach });
      above.reach = reach;
    }
    reach++;
    const { at }: MovedItem = above;
    from = at === null ? above.path : at.path;
    above = at === null ? above.above : at.above;
  }
  return raised ?? NONE;
}

/** How many at the front of a sorted array satisfy `isBefore`. */
export function lowerBound<T>(sorted: readonly T[], isBefore: (one: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
