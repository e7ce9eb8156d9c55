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

/** `removed` visible elements at `index` went away, or elements with a content came. The steps hold one after the other. */
export type TellShown<C> = (index: number, removed: number, content: C | null) => void;

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

  /** The same of very many in disjoint spans, and of very many deletes that are taken back. */
  hideAll(
    spans: readonly Span[],
    why: number,
    isHidden: boolean,
    undeleted: readonly Deleted[],
    tell: TellShown<C>,
  ): void {
    // Cutting one span out may move a piece of another into another leaf: all are cut before any is looked at. What one change
    // deleted is cut out already.
    for (const span of spans) this.#pieces.cutOut(span);
    const changed: Run[] = [];
    const { cells } = this.#runs;
    for (const span of spans) this.#pieces.within(span, changed);
    let i = 0;
    for (; i < changed.length; i++) {
      const at = changed[i]! + STATE;
      cells[at] = isHidden ? cells[at]! | why : cells[at]! & ~why;
    }
    for (const span of joined(undeleted)) {
      this.#pieces.within(span, changed);
      for (; i < changed.length; i++) this.#runs.removeDeleter(changed[i]!, span.by);
    }
    let removed = 0;
    let removedAt = 0;
    this.#order.refresh(changed, (index, run, shows) => {
      if (removed > 0 && (shows || index !== removedAt)) {
        tell(removedAt, removed, null);
        removed = 0;
      }
      if (shows) tell(index, 0, this.#pieces.contents(run));
      else {
        removed += cells[run + LENGTH]!;
        removedAt = index;
      }
    });
    if (removed > 0) tell(removedAt, removed, null);
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

/** What one change deleted several times is taken back once: each time would go through all pieces of it. */
function joined(deleted: readonly Deleted[]): Deleted[] {
  const sorted = [...deleted].sort((a, b) => a.by - b.by || a.change - b.change || a.start - b.start);
  const spans: Deleted[] = [];
  for (const span of sorted) {
    const last = spans[spans.length - 1];
    const end = span.start + span.length;
    if (last === undefined || last.by !== span.by || last.change !== span.change) spans.push(span);
    else {
      const start = Math.max(span.start, last.start + last.length);
      if (start < end) spans.push({ ...span, start, length: end - start });
    }
  }
  return spans;
}
