// The safety net under lanes: two sets of changes are compared by sums over ranges, which need not be believed, and what one
// lacks is found whatever was wrong with a claim. After Aljoscha Meyer, "Range-Based Set Reconciliation"; we differ in what
// is summed: tags under the key of the session, so that nobody can prepare changes whose sums agree.
//
//     all of mine ── sums differ ──▶ 16 parts, a sum each ──▶ of those that differ 16 parts each … ──▶ 16 changes or fewer,
//     by their tags ──▶ what they lack is sent, and what is lacked here asked for
//
// A lying answer costs as many bytes as it has. Making the list takes a look at every change; ranging.ts sees to it that this is
// not done often.

import { type Bytes, concat, type Replica, sha256, tag, toHex } from "../crdt/index.ts";
import { RANGE_LIST_MAX, RANGE_PARTS, RANGES_MAX } from "./limits.ts";
import type { Range } from "./protocol.ts";
import { laneTagger } from "./reconcile.ts";

const SUM_TAG = tag("chirograph range 1");
const SUM_BYTES = 8;
const END: Bound = { depth: Number.MAX_SAFE_INTEGER, tag: 2n ** 64n - 1n };

/** By depth, then by the lane tag as a number, big endian. */
interface Bound {
  readonly depth: number;
  readonly tag: bigint;
}

type Graph = Pick<Replica["ground"]["graph"], "writeId" | "depthAt">;

export interface RangesAnswer {
  /** What is to be said back; null if there is nothing more to say. */
  readonly ranges: readonly Range[] | null;
  /** What they lack, by slots, parents first as far as it is known. */
  readonly missing: readonly number[];
}

/** What is held, in the order that both ends have under one key. */
export class Ranges {
  readonly #key: Bytes;
  readonly #graph: Graph;
  // In that order, and the sums of the tags of the first n, modulo 2⁶⁴.
  readonly #slots: readonly number[];
  readonly #tags: BigUint64Array;
  readonly #sums: BigUint64Array;

  /** `key`: the one under which the link shortens hashes. `held`: the slots of all that the other end may be told of. */
  constructor(key: Bytes, graph: Graph, held: readonly number[]) {
    this.#key = key;
    this.#graph = graph;
    const tagOf = laneTagger(key, graph);
    const tags = BigUint64Array.from(held, tagOf);
    const places = held.map((_, i) => i);
    places.sort((a, b) => graph.depthAt(held[a]!) - graph.depthAt(held[b]!) || byTag(tags[a]!, tags[b]!));
    this.#slots = places.map(i => held[i]!);
    this.#tags = BigUint64Array.from(places, i => tags[i]!);
    this.#sums = new BigUint64Array(held.length + 1);
    for (let i = 0; i < held.length; i++) this.#sums[i + 1] = this.#sums[i]! + this.#tags[i]!;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The first thing to say. */
  get whole(): Range {
    return this.#sum(0, this.size, END);
  }

  answer(theirs: readonly Range[]): RangesAnswer {
    const ranges: Range[] = [];
    const missing: number[] = [];
    let from = 0;
    for (const range of theirs) {
      const end: Bound = { depth: range.depth, tag: numberOf(range.tag) };
      // One that ends before it begins is empty.
      const to = Math.max(from, this.#indexOf(end));
      const room = RANGES_MAX - theirs.length - ranges.length;
      ranges.push(...this.#about(range, from, to, end, room, missing));
      from = to;
    }
    const isDone = ranges.every(({ says }) => says.type === "nothing");
    missing.sort((a, b) => a - b);
    return { ranges: isDone ? null : ranges, missing: missing.map(i => this.#slots[i]!) };
  }

  /** `missing`: places in the list. */
  #about(
    { says }: Range,
    from: number,
    to: number,
    end: Bound,
    room: number,
    missing: number[],
  ): readonly Range[] {
    const nothing: Range = rangeOf(end, { type: "nothing" });
    if (says.type === "nothing") return [nothing];
    if (says.type === "sum") {
      const sum = this.#sum(from, to, end);
      if (sum.says.type === "sum" && toHex(sum.says.sum) === toHex(says.sum)) return [nothing];
      if (to - from <= RANGE_LIST_MAX)
        return [rangeOf(end, { type: "holds", tags: Array.from(this.#tags.subarray(from, to), bytesOf) })];
      // What does not fit is found the next time.
      return room < RANGE_PARTS ? [nothing] : this.#parts(from, to, end);
    }
    const named = new Set(says.tags.map(numberOf));
    const isLacked = says.type === "lacks";
    for (let i = from; i < to; i++) {
      // Of what they hold only the rest is left over.
      if (named.has(this.#tags[i]!) === isLacked) missing.push(i);
      if (!isLacked) named.delete(this.#tags[i]!);
    }
    if (isLacked || named.size === 0) return [nothing];
    return [rangeOf(end, { type: "lacks", tags: Array.from(named, bytesOf) })];
  }

  #parts(from: number, to: number, end: Bound): Range[] {
    return Array.from({ length: RANGE_PARTS }, (_, i) => {
      const [first, last] = [i, i + 1].map(part => from + Math.floor(((to - from) * part) / RANGE_PARTS));
      return this.#sum(first!, last!, i === RANGE_PARTS - 1 ? end : this.#boundAt(last!));
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

  #boundAt(i: number): Bound {
    return { depth: this.#graph.depthAt(this.#slots[i]!), tag: this.#tags[i]! };
  }

  /** How many stand before a bound. */
  #indexOf(bound: Bound): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = this.#boundAt(middle);
      if ((one.depth - bound.depth || byTag(one.tag, bound.tag)) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function rangeOf({ depth, tag }: Bound, says: Range["says"]): Range {
  return { depth, tag: bytesOf(tag), says };
}

function byTag(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function numberOf(tag: Bytes): bigint {
  return new DataView(tag.buffer, tag.byteOffset).getBigUint64(0);
}

function bytesOf(tag: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, tag);
  return bytes;
}
