// The safety net under lanes: two sets of changes are compared by sums over ranges, which need not be believed, and what one
// lacks is found whatever was wrong with a claim. After Aljoscha Meyer, "Range-Based Set Reconciliation"; we differ in what
// is summed: tags under the key of the session, so that nobody can prepare changes whose sums agree.
//
//     all of mine ── sums differ ──▶ 16 parts, a sum each ──▶ of those that differ 16 parts each … ──▶ 16 changes or fewer,
//     by their tags ──▶ what they lack is sent, and what is lacked here asked for
//
// Who answers keeps nothing but its own list. A lying answer costs as many bytes as it has.

import { type Bytes, concat, mustFromHex, sha256, tag, toHex, type VerifiedChange } from "../crdt/index.ts";
import { RANGE_LIST_MAX, RANGE_PARTS, RANGES_MAX } from "./limits.ts";
import type { Range } from "./protocol.ts";
import { laneTag } from "./reconcile.ts";

const SUM_TAG = tag("chirograph range 1");
const SUM_BYTES = 8;
const END: Bound = { depth: Number.MAX_SAFE_INTEGER, name: "f".repeat(16) };

/** By depth, then by the hex of the lane tag. */
interface Bound {
  readonly depth: number;
  readonly name: string;
}

interface Item extends Bound {
  readonly change: VerifiedChange;
}

export interface RangesAnswer {
  /** What is to be said back; null if there is nothing more to say. */
  readonly ranges: readonly Range[] | null;
  /** What they lack, parents first as far as it is known. */
  readonly missing: readonly VerifiedChange[];
}

/** What is held, in the order that both ends have under one key. */
export class Ranges {
  readonly #key: Bytes;
  readonly #items: readonly Item[];
  /** Of the tags of the first n, as numbers, modulo 2⁶⁴. */
  readonly #sums: BigUint64Array;

  /** `key`: the one under which the link shortens hashes. `held`: all that the other end may be told of. */
  constructor(key: Bytes, held: Iterable<VerifiedChange>) {
    this.#key = key;
    const items: Item[] = [];
    for (const change of held)
      items.push({ depth: change.change.depth, name: toHex(laneTag(key, change.id)), change });
    this.#items = items.sort(byBound);
    this.#sums = new BigUint64Array(items.length + 1);
    for (const [i, { name }] of items.entries()) this.#sums[i + 1] = this.#sums[i]! + BigInt(`0x${name}`);
  }

  /** The first thing to say. */
  get whole(): Range {
    return this.#sum(0, this.#items.length, END);
  }

  answer(theirs: readonly Range[]): RangesAnswer {
    const ranges: Range[] = [];
    const missing: Item[] = [];
    let from = 0;
    for (const range of theirs) {
      const end: Bound = { depth: range.depth, name: toHex(range.tag) };
      // One that ends before it begins is empty.
      const to = Math.max(from, this.#indexOf(end));
      const room = RANGES_MAX - theirs.length - ranges.length;
      ranges.push(...this.#about(range, from, to, end, room, missing));
      from = to;
    }
    const isDone = ranges.every(({ says }) => says.type === "nothing");
    return { ranges: isDone ? null : ranges, missing: missing.sort(byBound).map(({ change }) => change) };
  }

  #about(
    { says }: Range,
    from: number,
    to: number,
    end: Bound,
    room: number,
    missing: Item[],
  ): readonly Range[] {
    const nothing: Range = rangeOf(end, { type: "nothing" });
    if (says.type === "nothing") return [nothing];
    const mine = () => this.#items.slice(from, to);
    if (says.type === "sum") {
      const sum = this.#sum(from, to, end);
      if (sum.says.type === "sum" && toHex(sum.says.sum) === toHex(says.sum)) return [nothing];
      if (to - from <= RANGE_LIST_MAX)
        return [rangeOf(end, { type: "holds", tags: mine().map(({ name }) => mustFromHex(name)) })];
      // What does not fit is found the next time.
      return room < RANGE_PARTS ? [nothing] : this.#parts(from, to, end);
    }
    const names = new Set(says.tags.map(toHex));
    if (says.type === "lacks") {
      missing.push(...mine().filter(({ name }) => names.has(name)));
      return [nothing];
    }
    const held = new Set<string>();
    for (const item of mine()) {
      held.add(item.name);
      if (!names.has(item.name)) missing.push(item);
    }
    const tags = [...names].filter(name => !held.has(name)).map(mustFromHex);
    return [tags.length === 0 ? nothing : rangeOf(end, { type: "lacks", tags })];
  }

  #parts(from: number, to: number, end: Bound): Range[] {
    return Array.from({ length: RANGE_PARTS }, (_, i) => {
      const [first, last] = [i, i + 1].map(part => from + Math.floor(((to - from) * part) / RANGE_PARTS));
      return this.#sum(first!, last!, i === RANGE_PARTS - 1 ? end : this.#items[last!]!);
    });
  }

  #sum(from: number, to: number, end: Bound): Range {
    const sum = new Uint8Array(16);
    const view = new DataView(sum.buffer);
    view.setBigUint64(0, BigInt.asUintN(64, this.#sums[to]! - this.#sums[from]!));
    view.setBigUint64(8, BigInt(to - from));
    return rangeOf(end, {
      type: "sum",
      sum: sha256(concat(SUM_TAG, this.#key, sum)).slice(0, SUM_BYTES),
    });
  }

  /** How many stand before a bound. */
  #indexOf(bound: Bound): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byBound(this.#items[middle]!, bound) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function rangeOf({ depth, name }: Bound, says: Range["says"]): Range {
  return { depth, tag: mustFromHex(name), says };
}

function byBound(a: Bound, b: Bound): number {
  return a.depth - b.depth || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
