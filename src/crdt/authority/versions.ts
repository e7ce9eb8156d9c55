// Which ops about people lie in the past of each change. Most changes know the same ones as the change below them, so a
// change holds the number of a version, and equal pasts of ops about people have equal numbers; what a version adds up to
// is folded when it is asked for, and the last few folds are kept.
//
//     change    genesis ── invite ── "a" ── "b" ── dismiss ── "c"
//     version      0          1       1      1        2        2

import { ROLES_FOLDED_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";
import type { Act, Causality } from "./acts.ts";
import { Standing } from "./fold.ts";

const SLOTS_AT_FIRST = 64;

export class Versions {
  readonly #causality: Causality;
  readonly #acts: readonly Act[];
  /** One place for each slot. */
  #of = new Int32Array(SLOTS_AT_FIRST);
  /** Places in use, from the first on. */
  #count = 0;
  /** The newest changes about people in each version, none of them below another; sorted by slot. */
  readonly #frontiers: (readonly Slot[])[] = [];
  readonly #numbers = new Map<string, number>();
  /** The one used last stands last. */
  readonly #folded = new Map<number, Standing>();
  #lastFolded = -1;

  /** `acts` grows, in the order of admission. */
  constructor(acts: readonly Act[], causality: Causality) {
    this.#acts = acts;
    this.#causality = causality;
  }

  /** A change was admitted; `isAct`: with ops about people that others depend on. */
  enter(slot: Slot, parents: readonly Slot[], isAct: boolean): void {
    while (slot >= this.#of.length) {
      const wide = new Int32Array(Math.max(this.#of.length, SLOTS_AT_FIRST) * 2);
      wide.set(this.#of);
      this.#of = wide;
    }
    this.#count = Math.max(this.#count, slot + 1);
    this.#of[slot] = isAct ? this.#numberOf([slot]) : this.#above(parents);
  }

  dump(out: ImageOut): void {
    out.json(this.#frontiers);
    out.numbers(this.#of, this.#count);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    for (const frontier of from.json() as Slot[][]) this.#numberOf(frontier);
    this.#of = from.ints();
    this.#count = this.#of.length;
  }

  /** What changes with these parents know about people. */
  standingAbove(parents: readonly Slot[]): Standing {
    return this.#standing(this.#above(parents), parents);
  }

  #above(parents: readonly Slot[]): number {
    if (parents.length === 0) return this.#numberOf([]);
    const first = this.#of[parents[0]!]!;
    if (parents.length === 1) return first;
    const numbers = new Set<number>();
    for (const parent of parents) numbers.add(this.#of[parent]!);
    if (numbers.size === 1) return first;
    // Who merges what very many wrote, a few at a time, has one long frontier and some short ones each time.
    const [longest, ...others] = [...numbers]
      .map(number => this.#frontiers[number]!)
      .sort((a, b) => b.length - a.length);
    let merged = longest!;
    for (const frontier of others) for (const slot of frontier) merged = this.#withTip(merged, slot);
    return this.#numberOf(merged);
  }

  #withTip(frontier: readonly Slot[], tip: Slot): readonly Slot[] {
    if (frontier.some(slot => this.#causality.reaches(slot, tip))) return frontier;
    return [...frontier.filter(slot => !this.#causality.reaches(tip, slot)), tip];
  }

  #numberOf(frontier: readonly Slot[]): number {
    const sorted = [...frontier].sort((a, b) => a - b);
    const key = sorted.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#frontiers.push(sorted) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  /** `parents`: what the version is above of. */
  #standing(number: number, parents: readonly Slot[]): Standing {
    let standing = this.#folded.get(number);
    if (standing === undefined) {
      const frontier = this.#frontiers[number]!;
      const tips = frontier.length < parents.length ? frontier : parents;
      const known = this.#acts.filter(({ slot }) => tips.some(tip => this.#causality.reaches(tip, slot)));
      standing = new Standing(known, this.#causality);
      if (this.#folded.size >= ROLES_FOLDED_MAX) this.#folded.delete(this.#folded.keys().next().value!);
    } else if (number === this.#lastFolded) return standing;
    else this.#folded.delete(number);
    this.#folded.set(number, standing);
    this.#lastFolded = number;
    return standing;
  }
}
