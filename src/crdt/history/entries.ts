// History as people read it: entries, each what one person wrote without a pause. Where people take turns faster than
// anybody can follow, they wrote together, and the entry is theirs together. All of it follows from the order of the
// changes (order.ts) and from what they state, so it is alike on every replica.
//
//     order    a a a a │ b b │ a b a b b a b a │ b b b
//     entry    Alice   │ Bob │ Alice and Bob   │ Bob          (the last after a pause)

import type { ChangeId, DeviceId } from "../graph/change.ts";
import type { Graph } from "../graph/graph.ts";
import type { Slot } from "../types/dot.ts";
import type { Annals } from "./annals.ts";
import { PAUSE_S } from "./order.ts";

export interface Entry {
  /** In the order in which they come into it. */
  readonly authors: readonly DeviceId[];
  /** Seconds since 1970 as its authors stated them, first and last; null if they never stated any. */
  readonly from: number | null;
  readonly to: number | null;
  /** Places [first, end) in the order of all changes. */
  readonly first: number;
  readonly end: number;
  /** The heads of everything up to its end. */
  readonly version: readonly ChangeId[];
}

/** Seconds after which an entry ends although its author goes on: one can look for something in half an hour. */
const ENTRY_S_MAX = 1800;
/** Seconds within which people take turns… */
const TURNS_S = 60;
/** …more often than this, when they write together. */
const TURNS_MAX = 6;

/** Changes of one person in a row, without a pause. */
interface Stretch {
  readonly authors: Set<DeviceId>;
  from: number;
  to: number;
  readonly first: number;
  end: number;
}

export function entriesOf(order: readonly Slot[], graph: Graph, annals: Annals): Entry[] {
  const joined = joinTurns(stretchesOf(order, graph, annals));
  const heads = new Frontier(annals);
  return joined.map(({ authors, from, to, first }, i) => {
    // What shows nothing (a name, an invite, a merge) belongs to the entry before it.
    const next = joined[i + 1]?.first ?? order.length;
    heads.add(order, next);
    return {
      authors: [...authors],
      from: from === 0 ? null : from,
      to: to === 0 ? null : to,
      first,
      end: next,
      version: heads.ids(graph),
    };
  });
}

function stretchesOf(order: readonly Slot[], graph: Graph, annals: Annals): Stretch[] {
  const stretches: Stretch[] = [];
  let last: Stretch | null = null;
  for (let i = 0; i < order.length; i++) {
    const slot = order[i]!;
    if (!annals.isData(slot)) continue;
    const author = graph.authorAt(slot);
    const time = annals.timeOf(slot);
    const goesOn = last?.authors.has(author) && time - last.to <= PAUSE_S && time - last.from <= ENTRY_S_MAX;
    if (!goesOn) {
      last = { authors: new Set([author]), from: time, to: time, first: i, end: i + 1 };
      stretches.push(last);
    } else {
      last!.to = Math.max(last!.to, time);
      last!.end = i + 1;
    }
  }
  return stretches;
}

/** Many turns within a minute become one entry; several such minutes of the same people, without a pause, too. */
function joinTurns(stretches: readonly Stretch[]): Stretch[] {
  const out: Stretch[] = [];
  for (let i = 0; i < stretches.length; ) {
    let end = i + 1;
    while (end < stretches.length && isWithin(stretches[i]!, stretches[end]!)) end++;
    if (end - i <= TURNS_MAX) {
      out.push(stretches[i++]!);
      continue;
    }
    const together = joinAll(stretches, i, end);
    const before = out.at(-1);
    if (before !== undefined && before.authors.size > 1 && goesOnTogether(before, together)) {
      out.pop();
      out.push(joinAll([before, together], 0, 2));
    } else out.push(together);
    i = end;
  }
  return out;
}

function isWithin(start: Stretch, other: Stretch): boolean {
  return Math.abs(other.to - start.from) <= TURNS_S && Math.abs(other.from - start.from) <= TURNS_S;
}

function goesOnTogether(before: Stretch, next: Stretch): boolean {
  return (
    before.end <= next.first &&
    next.from - before.to <= PAUSE_S &&
    next.to - before.from <= ENTRY_S_MAX &&
    [...next.authors].every(author => before.authors.has(author))
  );
}

function joinAll(stretches: readonly Stretch[], start: number, end: number): Stretch {
  const { from, to, first } = stretches[start]!;
  const joined = { authors: new Set<DeviceId>(), from, to, first, end: stretches[end - 1]!.end };
  for (let i = start; i < end; i++) {
    const one = stretches[i]!;
    for (const author of one.authors) joined.authors.add(author);
    joined.from = Math.min(joined.from, one.from);
    joined.to = Math.max(joined.to, one.to);
  }
  return joined;
}

/** The heads of the beginning of an order, while it grows. */
export class Frontier {
  readonly #annals: Annals;
  readonly #heads: Set<Slot>;
  #count: number;

  /** `heads` of the first `count` changes. */
  constructor(annals: Annals, heads: Iterable<Slot> = [], count = 0) {
    this.#annals = annals;
    this.#heads = new Set(heads);
    this.#count = count;
  }

  /** Goes on to the first `count` changes. */
  add(order: readonly Slot[], count: number): void {
    for (; this.#count < count; this.#count++) {
      const slot = order[this.#count]!;
      for (const parent of this.#annals.parentsOf(slot)) this.#heads.delete(parent);
      this.#heads.add(slot);
    }
  }

  /** Sorted. */
  ids(graph: Graph): readonly ChangeId[] {
    return [...this.#heads].map(slot => graph.idAt(slot)).sort();
  }
}
