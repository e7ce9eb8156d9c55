// What one strand put into one sequence: the contents, and the runs (runs.ts) by the positions of their elements.

import { assert } from "../assert.ts";
import type { Contents, Elements } from "./contents.ts";
import type { ImageIn, ImageOut } from "./image.ts";
import { AT, LENGTH, NONE, type Run, type Runs, START } from "./runs.ts";
import type { Strand } from "./strands.ts";

/** Runs in one stretch of the index: enough that a column has few stretches, few enough to shift by hand. */
const STRETCH = 64;

export class Column<C extends Elements> {
  readonly strand: Strand;
  readonly contents: Contents<C>;
  /** Its place among the columns of the sequence. */
  readonly number: number;
  readonly #runs: Runs;
  #made: Run[][] = [];
  /** Makes them of what an image says: of a long text that takes a quarter of the time until it shows, which needs none. */
  #later: (() => Run[][]) | null = null;
  /** What was found last, and where: an element is asked for again mostly, or else the next one. */
  #last: Run = NONE;
  #lastStretch = 0;
  #lastIndex = 0;

  constructor(strand: Strand, contents: Contents<C>, number: number, runs: Runs) {
    this.strand = strand;
    this.contents = contents;
    this.number = number;
    this.#runs = runs;
  }

  /** All runs by their start, in stretches, none of them empty. */
  get #stretches(): Run[][] {
    if (this.#later !== null) {
      this.#made = this.#later();
      this.#later = null;
    }
    return this.#made;
  }

  /** The run that holds the element at a position, or `NONE`. */
  find(position: number): Run {
    const { cells } = this.#runs;
    const last = this.#last;
    if (last !== NONE) {
      const offset = position - cells[last + START]!;
      if (offset >= 0 && offset < cells[last + LENGTH]!) return last;
    }
    return this.#seek(cells, last, position);
  }

  /** The same, elsewhere than where the last one was found. */
  #seek(cells: Int32Array, last: Run, position: number): Run {
    const next = this.#nextOf(this.#lastStretch, this.#lastIndex);
    if (next !== NONE && holds(cells, next, position)) {
      this.#last = next;
      this.#lastIndex++;
      return next;
    }
    if (next === NONE && last !== NONE && this.#isNewest(last) && position >= this.#runs.end(last))
      return NONE;
    const s = this.#stretchOf(position);
    if (s === this.#stretches.length) return NONE;
    const stretch = this.#stretches[s]!;
    const i = lastAtOrBefore(cells, stretch, position);
    if (i < 0) return NONE;
    const run = stretch[i]!;
    if (!holds(cells, run, position)) return NONE;
    this.#last = run;
    this.#lastStretch = s;
    this.#lastIndex = i;
    return run;
  }

  /** Puts the runs that hold the elements at positions in [from, to) behind others; each of them must be here. */
  collect(from: number, to: number, runs: Run[]): void {
    const { cells } = this.#runs;
    let s = this.#stretchOf(from);
    let stretch = this.#stretches[s]!;
    let i = Math.max(lastAtOrBefore(cells, stretch, from), 0);
    for (let next = from; next < to; i++) {
      if (i === stretch.length && s + 1 < this.#stretches.length) {
        stretch = this.#stretches[++s]!;
        i = 0;
      }
      const run = i < stretch.length ? stretch[i]! : NONE;
      if (run === NONE || !holds(cells, run, next)) assert(false, "a named element is here");
      runs.push(run);
      next = cells[run + START]! + cells[run + LENGTH]!;
    }
  }

  // Reading beyond the end of an array is slow, and makes fast code slow for good.
  #nextOf(stretch: number, index: number): Run {
    if (stretch >= this.#stretches.length) return NONE;
    const runs = this.#stretches[stretch]!;
    return index + 1 < runs.length ? runs[index + 1]! : NONE;
  }

  /** Whether a run that was found last is the last of all: what is typed is asked for behind it and is not there yet. */
  #isNewest(last: Run): boolean {
    const { length } = this.#stretches;
    if (this.#lastStretch !== length - 1) return false;
    const runs = this.#stretches[length - 1]!;
    return this.#lastIndex === runs.length - 1 && runs[this.#lastIndex] === last;
  }

  add(run: Run): void {
    const { cells } = this.#runs;
    const start = cells[run + START]!;
    const s = this.#stretchOf(start);
    if (s === this.#stretches.length) {
      this.#stretches.push([run]);
      return;
    }
    const stretch = this.#stretches[s]!;
    const at = lastAtOrBefore(cells, stretch, start) + 1;
    if (at === stretch.length) stretch.push(run);
    else stretch.splice(at, 0, run);
    if (stretch.length <= STRETCH) return;
    // Typed on, a stretch stays full; cut in the middle, it is halved.
    const kept = at === STRETCH ? STRETCH : STRETCH >> 1;
    this.#stretches.splice(s + 1, 0, stretch.splice(kept));
  }

  remove(run: Run): void {
    const { cells } = this.#runs;
    const start = cells[run + START]!;
    const s = this.#stretchOf(start);
    const stretch = this.#stretches[s]!;
    stretch.splice(lastAtOrBefore(cells, stretch, start), 1);
    if (stretch.length === 0) this.#stretches.splice(s, 1);
    if (this.#last === run) this.#last = NONE;
  }

  dump(out: ImageOut): void {
    this.contents.dump(out);
    out.lists(this.#stretches);
  }

  /** Into one that is empty; the runs are loaded. */
  load(from: ImageIn): void {
    this.contents.load(from);
    this.#later = from.listsLater();
  }

  /** How many runs there are; throws where they overlap or are out of order. For tests. */
  check(): number {
    const { cells } = this.#runs;
    const runs = this.#stretches.flat();
    for (const [i, run] of runs.entries()) {
      const next = runs[i + 1];
      assert(next === undefined || this.#runs.end(run) <= cells[next + START]!, "runs do not overlap");
      assert(cells[run + AT]! + cells[run + LENGTH]! <= this.contents.length, "a run has its contents");
    }
    return runs.length;
  }

  /** The last stretch that begins at or before a position, or the first. */
  #stretchOf(position: number): number {
    const stretches = this.#stretches;
    const { cells } = this.#runs;
    let low = 0;
    let high = stretches.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cells[stretches[middle]![0]! + START]! <= position) low = middle;
      else high = middle;
    }
    return low;
  }
}

function holds(cells: Int32Array, run: Run, position: number): boolean {
  const offset = position - cells[run + START]!;
  return offset >= 0 && offset < cells[run + LENGTH]!;
}

/** -1 where all begin behind it. */
function lastAtOrBefore(cells: Int32Array, runs: readonly Run[], position: number): number {
  let low = -1;
  let high = runs.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cells[runs[middle]! + START]! <= position) low = middle;
    else high = middle;
  }
  return low;
}
