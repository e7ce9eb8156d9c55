// A multi-value register: it keeps every write that no other write replaces. A write says which entries its author
// saw and does away with; concurrent writes know nothing of each other and so stand side by side until somebody
// replaces both. There is no clock in it. Map keys are registers, and so are nodes of kind "register".
//
//     shown = { e : e effective, and no effective write replaces e }
//
// A register of kind "lww" (last writer wins) is the same thing in which writes replace nothing and one is shown:
//
//     shown = the latest of those by (depth, change id, index)
//
// so that a concurrent write of the same depth is decided by the hash of its change, for everybody alike (two-faced
// authors have made last-writer registers diverge that took the first to arrive). It is a loss by design: nobody is told.

import { assert } from "../assert.ts";
import { type Causality, type Dot, dotKey, type Slot } from "./dot.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import type { Kind, Value } from "./op.ts";
import { Removers } from "./removers.ts";

export interface Entry {
  readonly dot: Dot;
  readonly value: Value;
}

interface Kept extends Entry {
  /** False while the change that wrote it is masked. */
  isCounted: boolean;
  readonly replacedBy: Removers;
}

export class Register {
  readonly #causality: Causality;
  /** By `change:index`: a hostile author can make very many. */
  readonly #entries = new Map<string, Kept>();
  /** Those that stand, since a key written 10,000 times is asked for its value after every write. */
  readonly #standing = new Map<string, Kept>();
  /** Another number whenever other entries stand. Read by every keystroke, and written here alone. */
  version = 0;

  constructor(causality: Causality) {
    this.#causality = causality;
  }

  has(dot: Dot): boolean {
    return this.#entries.has(dotKey(dot));
  }

  /** The entries that stand, the deterministic pick first: the latest by (depth, change id, index). */
  entries(): readonly Entry[] {
    return [...this.#standing.values()].sort((a, b) => this.#compare(b, a));
  }

  /** The first of `entries`, without putting the others in order. */
  get latest(): Entry | undefined {
    let latest: Entry | undefined;
    for (const entry of this.#standing.values())
      if (latest === undefined || this.#compare(entry, latest) > 0) latest = entry;
    return latest;
  }

  /** Whether one of the entries that stand makes a node of that kind. */
  makes(kind: Kind): boolean {
    for (const { value } of this.#standing.values())
      if (value !== null && typeof value === "object" && value.make === kind) return true;
    return false;
  }

  /** Names of the entries that stand, in the order of `entries`. */
  dots(): readonly Dot[] {
    return this.entries().map(entry => entry.dot);
  }

  get isEmpty(): boolean {
    return this.#standing.size === 0;
  }

  add(dot: Dot, value: Value): void {
    assert(!this.has(dot), "an entry is written once");
    const entry = { dot, value, isCounted: true, replacedBy: new Removers() };
    this.#entries.set(dotKey(dot), entry);
    this.#settle(entry);
  }

  /** Whether an entry counts. One that does not keeps its name, and who replaces it. */
  count(dot: Dot, isCounted: boolean): void {
    const entry = this.#entries.get(dotKey(dot));
    assert(entry !== undefined, "what is counted was written");
    entry.isCounted = isCounted;
    this.#settle(entry);
  }

  /** Marks the named entries as replaced by a change. Idempotent per change. */
  replace(dots: readonly Dot[], by: Slot): void {
    for (const entry of this.#named(dots)) {
      entry.replacedBy.add(by);
      this.#settle(entry);
    }
  }

  /** Takes one change's replacing back. */
  restore(dots: readonly Dot[], by: Slot): void {
    for (const entry of this.#named(dots)) {
      entry.replacedBy.delete(by);
      this.#settle(entry);
    }
  }

  /** Forgets an entry that nothing refers to: a draft rolled back. */
  forget(dot: Dot): void {
    this.#entries.delete(dotKey(dot));
    this.#standing.delete(dotKey(dot));
    this.version++;
  }

  dump(out: ImageOut): void {
    const rows = [...this.#entries.values()].map(({ dot, value, isCounted, replacedBy }) => [
      dot,
      value,
      isCounted,
      replacedBy,
    ]);
    out.json([this.version, rows]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const [version, rows] = from.json() as [number, [Dot, Value, boolean, Slot[]][]];
    for (const [dot, value, isCounted, replacedBy] of rows) {
      const entry = { dot, value, isCounted, replacedBy: new Removers(replacedBy) };
      this.#entries.set(dotKey(dot), entry);
      this.#settle(entry);
    }
    this.version = version;
  }

  #settle(entry: Kept): void {
    const stands = entry.isCounted && entry.replacedBy.isNone;
    if (stands) this.#standing.set(dotKey(entry.dot), entry);
    else this.#standing.delete(dotKey(entry.dot));
    this.version++;
  }

  #compare(a: Entry, b: Entry): number {
    return this.#causality.compareDepths(a.dot.change, b.dot.change) || a.dot.index - b.dot.index;
  }

  *#named(dots: readonly Dot[]): Generator<Kept> {
    for (const dot of dots) {
      const entry = this.#entries.get(dotKey(dot));
      if (entry !== undefined) yield entry;
    }
  }
}
