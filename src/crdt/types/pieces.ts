// All runs of one sequence: which of them holds an element (column.ts), where each stands (order.ts), and how they are
// cut, joined and lengthened. It knows positions and what shows; not why a run stands where it does (fugue.ts).

import { assert } from "../assert.ts";
import { Column } from "./column.ts";
import type { Contents, Elements } from "./contents.ts";
import type { Dot, Slot, Span } from "./dot.ts";
import { type ImageIn, type ImageOut, Unsound } from "./image.ts";
import { Order } from "./order.ts";
import {
  AT,
  CLOSES,
  COLUMN,
  DELETERS,
  LEFTS,
  LENGTH,
  NONE,
  OPENS,
  RIGHTS,
  ROOT,
  type Run,
  Runs,
  START,
  STATE,
  VISIBLE,
} from "./runs.ts";
import { Strand, type Strands } from "./strands.ts";

export class Pieces<C extends Elements> {
  readonly runs = new Runs();
  readonly order = new Order(this.runs);
  readonly strands: Strands;
  readonly #emptyContents: () => Contents<C>;
  readonly #columns: Column<C>[] = [];
  readonly #columnOf = new Map<Strand, Column<C>>();
  #lastColumn: Column<C> | null = null;
  /** Whether anything that was ever put here must not be cut in two. */
  hasHalves = false;

  constructor(strands: Strands, emptyContents: () => Contents<C>) {
    this.strands = strands;
    this.#emptyContents = emptyContents;
  }

  // ------------------------------------------------------------------------------------------------- finding

  /** What the strand of a change put here, or null. */
  columnOf(change: Slot): Column<C> | null {
    const strand = this.strands.of(change);
    const last = this.#lastColumn;
    if (last !== null && last.strand === strand) return last;
    const column = this.#columnOf.get(strand);
    if (column === undefined) return null;
    this.#lastColumn = column;
    return column;
  }

  columnOn(change: Slot): Column<C> {
    let column = this.columnOf(change);
    if (column !== null) return column;
    const strand = this.strands.of(change);
    column = this.#addColumn(strand);
    this.#lastColumn = column;
    return column;
  }

  #addColumn(strand: Strand): Column<C> {
    const column = new Column(strand, this.#emptyContents(), this.#columns.length, this.runs);
    this.#columns.push(column);
    this.#columnOf.set(strand, column);
    return column;
  }

  column(run: Run): Column<C> {
    return this.#columns[this.runs.cells[run + COLUMN]!]!;
  }

  find(dot: Dot): Run {
    const column = this.columnOf(dot.change);
    return column === null ? NONE : column.find(this.strands.position(dot));
  }

  mustFind(dot: Dot): Run {
    const run = this.find(dot);
    assert(run !== NONE, "a named element is here");
    return run;
  }

  mustColumn(change: Slot): Column<C> {
    const column = this.columnOf(change);
    assert(column !== null, "a named element is here");
    return column;
  }

  mustHold(column: Column<C>, position: number): Run {
    const run = column.find(position);
    assert(run !== NONE, "a named element is here");
    return run;
  }

  /** The run that holds an element named by the number of its column and its position there. */
  holding(column: number, position: number): Run {
    return this.mustHold(this.#columns[column]!, position);
  }

  dotAt(column: number, position: number): Dot {
    return this.#columns[column]!.strand.dotAt(position);
  }

  /** Negative when `a` stands before `b`. Both must be here. */
  compare(a: Dot, b: Dot): number {
    const left = this.mustFind(a);
    const right = this.mustFind(b);
    return left === right
      ? this.strands.position(a) - this.strands.position(b)
      : this.order.compare(left, right);
  }

  /** The piece that the same run goes on with, where it was cut. */
  continuation(run: Run): Run {
    const next = this.column(run).find(this.runs.end(run));
    if (next === NONE) return NONE;
    const { cells } = this.runs;
    return cells[next + ROOT] === cells[run + ROOT] ? next : NONE;
  }

  contents(run: Run, offset = 0, length = this.runs.cells[run + LENGTH]! - offset): C {
    const from = this.runs.cells[run + AT]! + offset;
    return this.column(run).contents.slice(from, from + length);
  }

  /** The units of a run of text, into `units` from `at` on. Answers how many they are. */
  copyTo(run: Run, units: Uint16Array, at: number): number {
    const { cells } = this.runs;
    const from = cells[run + AT]!;
    this.column(run).contents.copyTo!(from, from + cells[run + LENGTH]!, units, at);
    return cells[run + LENGTH]!;
  }

  // ------------------------------------------------------------------------------------------------ changing

  /** A run of new elements, which stands nowhere yet. */
  make(column: Column<C>, root: number, start: number, content: C): Run {
    const at = column.contents.length;
    this.append(column.contents, content);
    return this.runs.make(column.number, root, start, at, content.length);
  }

  append(contents: Contents<C>, content: C): void {
    contents.append(content);
    if (contents.hasHalves) this.hasHalves = true;
  }

  /** `by` elements whose contents are there already, right behind the run's others. */
  lengthen(run: Run, by: number): void {
    const length = this.runs.cells[run + LENGTH]! + by;
    this.runs.cells[run + LENGTH] = length;
    this.order.resize(run, length);
  }

  /** Forgets a run that is the last of its column. */
  remove(run: Run): void {
    const column = this.column(run);
    this.order.remove(run);
    column.remove(run);
    column.contents.truncate(this.runs.cells[run + AT]!);
    this.runs.release(run);
  }

  /** Cuts a run before its element `offset`; answers the second half. */
  split(run: Run, offset: number): Run {
    const { runs } = this;
    const old = runs.cells;
    const rest = old[run + LENGTH]! - offset;
    assert(offset > 0 && rest > 0, "a split leaves two halves");
    const start = old[run + START]! + offset;
    const at = old[run + AT]! + offset;
    const second = runs.make(old[run + COLUMN]!, old[run + ROOT]!, start, at, rest);
    const { cells } = runs;
    cells[second + STATE] = cells[run + STATE]!;
    cells[second + DELETERS] = cells[run + DELETERS]!;
    cells[second + RIGHTS] = cells[run + RIGHTS]!;
    cells[run + RIGHTS] = NONE;
    cells[second + CLOSES] = cells[run + CLOSES]!;
    cells[run + CLOSES] = 0;
    cells[run + LENGTH] = offset;
    const shows = cells[run + VISIBLE] !== 0;
    cells[run + VISIBLE] = shows ? offset : 0;
    cells[second + VISIBLE] = shows ? rest : 0;
    this.order.split(run, second);
    this.column(run).add(second);
    return second;
  }

  /** The opposite of `split`, of two pieces of which none shows. */
  merge(first: Run, second: Run): void {
    const { cells } = this.runs;
    this.order.remove(second);
    this.column(second).remove(second);
    cells[first + LENGTH]! += cells[second + LENGTH]!;
    cells[first + RIGHTS] = cells[second + RIGHTS]!;
    this.order.bracket(first, cells[first + OPENS]!, cells[second + CLOSES]!);
    this.runs.release(second);
  }

  /** Exactly `length` elements of a run from the `offset`-th on. */
  isolate(run: Run, offset: number, length: number): Run {
    if (offset + length < this.runs.cells[run + LENGTH]!) this.split(run, offset + length);
    return offset > 0 ? this.split(run, offset) : run;
  }

  /** The runs that make up exactly the elements of a span, split at their ends where needed. */
  covering(span: Span): Run[] {
    this.cutOut(span);
    return this.within(span);
  }

  /** Sees to it that a run begins where a span does, and ends where it ends. */
  cutOut({ change, start, length }: Span): void {
    const column = this.mustColumn(change);
    const from = this.strands.start(change) + start;
    this.#cutBefore(column, from);
    this.#cutBefore(column, from + length);
  }

  #cutBefore(column: Column<C>, position: number): void {
    const run = column.find(position);
    if (run === NONE) return;
    const start = this.runs.cells[run + START]!;
    if (start < position) this.split(run, position - start);
  }

  /** The runs of a span that was cut out, put behind those of others. */
  within({ change, start, length }: Span, pieces: Run[] = []): Run[] {
    const from = this.strands.start(change) + start;
    this.mustColumn(change).collect(from, from + length, pieces);
    return pieces;
  }

  // -------------------------------------------------------------------------------------------------- image

  dump(out: ImageOut): void {
    this.runs.dump(out);
    this.order.dump(out);
    out.number(this.hasHalves ? 1 : 0);
    // What a draft put here that was taken back stands on a strand without changes.
    out.numbers(this.#columns.map(({ strand }) => strand.first ?? NONE));
    for (const column of this.#columns) column.dump(out);
  }

  /** Into one that is empty; the strands are loaded. */
  load(from: ImageIn): void {
    this.runs.load(from);
    this.order.load(from);
    this.hasHalves = from.number() === 1;
    for (const slot of from.ints()) this.#addColumn(slot === NONE ? new Strand() : this.strands.of(slot));
    if (this.#columnOf.size !== this.#columns.length) throw new Unsound("two columns of one strand");
    for (const column of this.#columns) column.load(from);
  }

  /** Puts other contents in the place of an element. Only lists can. */
  become(dot: Dot, content: C[number]): void {
    const run = this.mustFind(dot);
    const at = this.runs.cells[run + AT]! + this.strands.position(dot) - this.runs.cells[run + START]!;
    this.column(run).contents.set!(at, content);
  }

  /** Throws on a broken invariant. For tests. */
  check(): void {
    this.order.check();
    const { runs } = this;
    const { cells } = runs;
    const all = this.order.all();
    const registered = this.#columns.reduce((sum, column) => sum + column.check(), 0);
    assert(registered === all.length && all.length === runs.count(), "every run is registered once");
    for (const run of all) {
      assert(cells[run + LENGTH]! > 0, "no run is empty");
      const shown = runs.shows(run) ? cells[run + LENGTH] : 0;
      assert(cells[run + VISIBLE] === shown, "a run shows what is neither deleted nor hidden");
      const column = this.column(run);
      const isFound = column.find(cells[run + START]!) === run && column.find(runs.end(run) - 1) === run;
      assert(isFound, "a run is found by its positions");
      for (const side of [LEFTS, RIGHTS] as const)
        for (let i = 0; i < runs.childCount(run, side); i++)
          assert(runs.isHead(runs.child(run, side, i)), "what hangs on a run is the head of another");
      if (runs.isHead(run)) continue;
      const before = column.find(cells[run + START]! - 1);
      assert(
        before !== NONE && cells[before + ROOT] === cells[run + ROOT],
        "a piece follows the one it was cut from",
      );
      assert(this.order.compare(before, run) < 0, "pieces stand in the order of their elements");
    }
  }
}
