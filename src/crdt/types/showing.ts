// What of a sequence shows: who deleted which elements, and which are hidden for another reason. It finds pieces by the names
// of elements and changes what they show; not where they stand.

import type { Elements } from "./contents.ts";
import type { Slot, Span } from "./dot.ts";
import type { Order } from "./order.ts";
import type { Pieces } from "./pieces.ts";
import { AT, LENGTH, NONE, type Run, type Runs, START, STATE, VISIBLE } from "./runs.ts";

/** `removed` visible elements at `index` went away, or `inserted` came. */
export interface SequenceStep {
  readonly index: number;
  readonly removed: number;
  readonly inserted: number;
}

/** A step of elements that go, or come back with their content. */
export interface ShownStep<C> extends SequenceStep {
  removed: number;
  readonly content: C | null;
}

/** Elements that a change deleted. */
export interface Deleted extends Span {
  readonly by: Slot;
}

export class Showing<C extends Elements> {
  readonly #pieces: Pieces<C>;
  readonly #runs: Runs;
  readonly #order: Order;

  constructor(pieces: Pieces<C>) {
    this.#pieces = pieces;
    this.#runs = pieces.runs;
    this.#order = pieces.order;
  }

  /** Idempotent per change. The steps hold one after the other. */
  delete(span: Span, by: Slot): SequenceStep[] {
    const steps: SequenceStep[] = [];
    const column = this.#pieces.mustColumn(span.change);
    const start = this.#pieces.strands.position({ change: span.change, index: span.start });
    for (let next = start; next < start + span.length; ) {
      const run = this.#pieces.mustHold(column, next);
      const { cells } = this.#runs;
      const offset = next - cells[run + START]!;
      const count = Math.min(start + span.length - next, cells[run + LENGTH]! - offset);
      if (this.#runs.isUntouched(run)) {
        steps.push({ index: this.#order.visibleBefore(run) + offset, removed: count, inserted: 0 });
        this.deleteWithin(run, offset, count, by);
      } else {
        // It was gone or hidden already, or has come back and stays: nothing shows differently.
        this.#runs.addDeleter(this.#pieces.isolate(run, offset, count), by);
      }
      next += count;
    }
    return steps;
  }

  /** Takes one change's delete back. */
  undelete(span: Span, by: Slot): SequenceStep[] {
    return this.#mark(span, run => this.#runs.removeDeleter(run, by));
  }

  /** Hides elements for a reason (`MASKED`, `MOVED`), or no longer for that one. They stay where they are, and what
   * hangs on them too. Idempotent per reason. */
  hide(span: Span, why: number, isHidden: boolean): SequenceStep[] {
    return this.#mark(span, run => {
      const state = this.#runs.cells[run + STATE]!;
      this.#runs.cells[run + STATE] = isHidden ? state | why : state & ~why;
    });
  }

  /** The same of very many in disjoint spans, and of very many deletes that are taken back; the steps tell what comes back,
   * too. */
  hideAll(
    spans: readonly Span[],
    why: number,
    isHidden: boolean,
    undeleted: readonly Deleted[],
  ): ShownStep<C>[] {
    // Cutting one span out may move a piece of another into another leaf: all are cut before any is looked at.
    for (const span of spans) this.#pieces.cutOut(span);
    for (const span of undeleted) this.#pieces.cutOut(span);
    const changed: Run[] = [];
    const { cells } = this.#runs;
    let i = 0;
    for (const span of spans) this.#pieces.within(span, changed);
    for (; i < changed.length; i++) {
      const at = changed[i]! + STATE;
      cells[at] = isHidden ? cells[at]! | why : cells[at]! & ~why;
    }
    for (const span of undeleted) {
      this.#pieces.within(span, changed);
      for (; i < changed.length; i++) this.#runs.removeDeleter(changed[i]!, span.by);
    }
    const steps: ShownStep<C>[] = [];
    this.#order.refresh(changed, (index, run, shows) => {
      const length = this.#runs.cells[run + LENGTH]!;
      const last = steps[steps.length - 1];
      if (shows) steps.push({ index, removed: 0, inserted: length, content: this.#pieces.contents(run) });
      else if (last !== undefined && last.index === index && last.content === null) last.removed += length;
      else steps.push({ index, removed: length, inserted: 0, content: null });
    });
    return steps;
  }

  /** `count` elements from the `offset`-th on, which show and were never touched, are deleted. A word deleted letter by letter becomes one piece again. */
  deleteWithin(run: Run, offset: number, count: number, by: Slot): void {
    const runs = this.#runs;
    const { cells } = runs;
    const length = cells[run + LENGTH]!;
    if (count < length && offset + count === length) {
      const next = this.#order.next(run);
      if (next !== NONE && runs.isFollowedBy(run, next) && runs.isGoneBy(next, by)) {
        cells[run + LENGTH] = length - count;
        this.#order.resize(run, length - count);
        cells[next + START]! -= count;
        cells[next + AT]! -= count;
        cells[next + LENGTH]! += count;
        return;
      }
    }
    if (count < length && offset === 0) {
      const previous = this.#order.previous(run);
      if (previous !== NONE && runs.isFollowedBy(previous, run) && runs.isGoneBy(previous, by)) {
        cells[previous + LENGTH]! += count;
        cells[run + START]! += count;
        cells[run + AT]! += count;
        cells[run + LENGTH] = length - count;
        this.#order.resize(run, length - count);
        return;
      }
    }
    const piece = this.#pieces.isolate(run, offset, count);
    runs.addDeleter(piece, by);
    this.#order.resize(piece, 0);
    const previous = this.#order.previous(piece);
    const next = this.#order.next(piece);
    if (next !== NONE && runs.isFollowedBy(piece, next) && runs.isGoneBy(next, by))
      this.#pieces.merge(piece, next);
    if (previous !== NONE && runs.isFollowedBy(previous, piece) && runs.isGoneBy(previous, by))
      this.#pieces.merge(previous, piece);
  }

  #mark(span: Span, change: (run: Run) => void): SequenceStep[] {
    const steps: SequenceStep[] = [];
    for (const run of this.#pieces.covering(span)) {
      const { cells } = this.#runs;
      const before = cells[run + VISIBLE]!;
      change(run);
      const after = this.#runs.shows(run) ? cells[run + LENGTH]! : 0;
      if (before === after) continue;
      const index = this.#order.visibleBefore(run);
      this.#order.resize(run, after);
      steps.push({ index, removed: before, inserted: after });
    }
    return steps;
  }
}
