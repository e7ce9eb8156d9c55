// What is said about changes, beside what they do: what each was made on top of, when its author last looked at a clock,
// whether there is anything in it to be seen. Columns, read at a change's slot, filled while the history is read once.

import { isContent, type Op } from "../graph/change.ts";
import type { WrittenChange } from "../graph/written.ts";
import type { Slot } from "../types/dot.ts";

const SLOTS_AT_FIRST = 64;

export class Annals {
  /** Of almost every change the only parent is its device's change before: then there is no list. */
  readonly #parents: (readonly Slot[] | undefined)[] = [];
  #prevs = new Int32Array(SLOTS_AT_FIRST);
  /** Seconds since 1970; 0 where nothing was ever stated. */
  #times = new Float64Array(SLOTS_AT_FIRST);
  #isData = new Uint8Array(SLOTS_AT_FIRST);

  /** The changes that write a key of the root, by the key. */
  readonly #writers = new Map<string, Slot[]>();
  /** Of the root: what is under others is not looked at. Null: all are. */
  readonly #keys: ReadonlySet<string> | null;

  constructor(keys: readonly string[] | null) {
    this.#keys = keys === null ? null : new Set(keys);
  }

  /** Its ancestors come first. */
  add(slot: Slot, change: WrittenChange, prev: Slot, parents: readonly Slot[]): void {
    while (slot >= this.#prevs.length) this.#grow();
    if (parents.length !== 1 || parents[0] !== prev) this.#parents[slot] = parents;
    this.#prevs[slot] = prev;
    this.#times[slot] = change.time ?? (prev < 0 ? 0 : this.#times[prev]!);
    this.#isData[slot] = change.isRetracting || change.ops.some(op => this.#isLookedAt(op)) ? 1 : 0;
    for (const op of change.ops) {
      if ((op.type !== "set" && op.type !== "unset") || op.path.length > 0 || op.key === null) continue;
      const writers = this.#writers.get(op.key);
      if (writers === undefined) this.#writers.set(op.key, [slot]);
      else if (writers.at(-1) !== slot) writers.push(slot);
    }
  }

  /** In the order in which they were added. */
  writersOf(key: string): readonly Slot[] {
    return this.#writers.get(key) ?? [];
  }

  #isLookedAt(op: Op): boolean {
    if (!isContent(op)) return false;
    if (this.#keys === null) return true;
    const [top] = op.path;
    const key = top === undefined && (op.type === "set" || op.type === "unset") ? op.key : top?.at;
    return typeof key === "string" && this.#keys.has(key);
  }

  #grow(): void {
    const size = this.#prevs.length * 2;
    this.#prevs = copyInto(new Int32Array(size), this.#prevs);
    this.#times = copyInto(new Float64Array(size), this.#times);
    this.#isData = copyInto(new Uint8Array(size), this.#isData);
  }

  /** The change before on the same chain; -1 is none. */
  prevOf(slot: Slot): Slot {
    return this.#prevs[slot]!;
  }

  parentsOf(slot: Slot): readonly Slot[] {
    return this.#parents[slot] ?? [this.#prevs[slot]!];
  }

  /** What was stated last on the author's chain, at the change or before; 0 if nothing was, or it is not here yet. */
  timeOf(slot: Slot): number {
    return this.#times[slot] ?? 0;
  }

  /** Whether it writes data that is looked at, or takes some back: of any other change nothing can be seen. */
  isData(slot: Slot): boolean {
    return this.#isData[slot] === 1;
  }
}

function copyInto<A extends Int32Array | Float64Array | Uint8Array>(wide: A, column: A): A {
  wide.set(column);
  return wide;
}
