// All runs of one sequence: which of them holds an element (run.ts), where each stands (order.ts), and how they are
// cut, joined and lengthened. It knows positions and what shows; not why a run stands where it does (fugue.ts).

import { assert } from "../assert.ts";
import type { Contents, Elements } from "./contents.ts";
import type { Dot, Slot } from "./dot.ts";
import { Order } from "./order.ts";
import { Column, type Root, Run } from "./run.ts";
import type { Strand, Strands } from "./strands.ts";

export class Pieces<C extends Elements> {
  readonly order = new Order<Run<C>>();
  readonly strands: Strands;
  readonly #emptyContents: () => Contents<C>;
  readonly #columns = new Map<Strand, Column<C>>();
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
    if (this.#lastColumn?.strand === strand) return this.#lastColumn;
    const column = this.#columns.get(strand) ?? null;
    if (column !== null) this.#lastColumn = column;
    return column;
  }

  columnOn(change: Slot): Column<C> {
    let column = this.columnOf(change);
    if (column !== null) return column;
    column = new Column(this.strands.of(change), this.#emptyContents());
    this.#columns.set(column.strand, column);
    this.#lastColumn = column;
    return column;
  }

  find(dot: Dot): Run<C> | null {
    return this.columnOf(dot.change)?.find(this.strands.position(dot)) ?? null;
  }

  mustFind(dot: Dot): Run<C> {
    return this.mustHold(this.mustColumn(dot.change), this.strands.position(dot));
  }

  mustColumn(change: Slot): Column<C> {
    const column = this.columnOf(change);
    assert(column !== null, "a named element is here");
    return column;
  }

  mustHold(column: Column<C>, position: number): Run<C> {
    const run = column.find(position);
    assert(run !== null, "a named element is here");
    return run;
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
  continuation(run: Run<C>): Run<C> | null {
    const next = run.column.find(run.end);
    return next !== null && next.root === run.root ? next : null;
  }

  // ------------------------------------------------------------------------------------------------ changing

  /** A run of new elements, which stands nowhere yet. */
  make(column: Column<C>, root: Root, content: C): Run<C> {
    const at = column.contents.length;
    this.append(column.contents, content);
    return new Run(column, root, root.start, at, content.length);
  }

  append(contents: Contents<C>, content: C): void {
    contents.append(content);
    if (contents.hasHalves) this.hasHalves = true;
  }

  /** `by` elements whose contents are there already, right behind the run's others. */
  lengthen(run: Run<C>, by: number): void {
    if (run.column.contents.hasHalves) this.hasHalves = true;
    run.length += by;
    this.order.resize(run, run.length);
  }

  /** Forgets a run that is the last of its column. */
  remove(run: Run<C>): void {
    this.order.remove(run);
    run.column.remove(run);
    run.column.contents.truncate(run.at);
  }

  /** Cuts a run before its element `offset`; answers the second half. */
  split(run: Run<C>, offset: number): Run<C> {
    assert(offset > 0 && offset < run.length, "a split leaves two halves");
    const second = new Run(run.column, run.root, run.start + offset, run.at + offset, run.length - offset);
    second.deleters = run.deleters.length > 1 ? [...run.deleters] : run.deleters;
    second.revived = run.revived;
    second.hidden = run.hidden;
    second.rights = run.rights;
    run.rights = null;
    run.length = offset;
    run.visible = run.isVisible ? offset : 0;
    second.visible = run.isVisible ? second.length : 0;
    second.closes = run.closes;
    run.closes = 0;
    this.order.split(run, second);
    run.column.add(second);
    return second;
  }

  /** The opposite of `split`, of two pieces of which none shows. */
  merge(first: Run<C>, second: Run<C>): void {
    this.order.remove(second);
    second.column.remove(second);
    first.length += second.length;
    first.rights = second.rights;
    this.order.bracket(first, first.opens, second.closes);
  }

  /** Exactly `length` elements of a run from the `offset`-th on. */
  isolate(run: Run<C>, offset: number, length: number): Run<C> {
    if (offset + length < run.length) this.split(run, offset + length);
    return offset > 0 ? this.split(run, offset) : run;
  }

  /** The runs that make up exactly the positions [from, to), split at their ends where needed. */
  cover(column: Column<C>, from: number, to: number): Run<C>[] {
    for (const edge of [from, to]) {
      const run = column.find(edge);
      if (run !== null && run.start < edge) this.split(run, edge - run.start);
    }
    const pieces: Run<C>[] = [];
    for (let next = from; next < to; ) {
      const run = this.mustHold(column, next);
      pieces.push(run);
      next = run.end;
    }
    return pieces;
  }

  /** Throws on a broken invariant. For tests. */
  check(): void {
    this.order.check();
    let registered = 0;
    for (const column of this.#columns.values()) registered += column.check();
    for (const run of this.order) {
      registered--;
      assert(run.length > 0, "no run is empty");
      const shown = run.isVisible ? run.length : 0;
      assert(run.visible === shown, "a run shows what is neither deleted nor hidden");
      const isFound = run.column.find(run.start) === run && run.column.find(run.end - 1) === run;
      assert(isFound, "a run is found by its positions");
      if (run.isHead) continue;
      const before = run.column.find(run.start - 1);
      assert(before !== null && before.root === run.root, "a piece follows the piece it was cut from");
      assert(this.order.compare(before, run) < 0, "pieces stand in the order of their elements");
    }
    assert(registered === 0, "every run is registered once");
  }
}
