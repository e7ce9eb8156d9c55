// The causal past that a set of parents stands for: what the author of a change on top of them knew.

import type { Slot } from "../types/dot.ts";
import { type Clock, join, seen } from "./clock.ts";

/** What a past asks of the graph. */
export interface Clocks {
  reaches(from: Slot, to: Slot): boolean;
  isSeen(clock: Clock, slot: Slot): boolean;
  /** Of a change and everything below it. */
  clockUpTo(slot: Slot): Clock;
}

/** The causal past that a set of parents stands for. */
export class Past {
  readonly #graph: Clocks;
  /** The only parent, or -1. */
  readonly #only: Slot;
  readonly #clock: Clock;

  constructor(graph: Clocks, only: Slot, clock: Clock) {
    this.#graph = graph;
    this.#only = only;
    this.#clock = clock;
  }

  /** Whether a change is among the parents or below them; -1 is none. */
  has(slot: Slot): boolean {
    if (slot < 0) return false;
    return this.#only >= 0 ? this.#graph.reaches(this.#only, slot) : this.#graph.isSeen(this.#clock, slot);
  }

  /** The highest number of a lane in it; 0 where nothing of the lane is. */
  upTo(lane: number): number {
    return seen(this.#asClock, lane);
  }

  /** The same and one more change with all that is below it. */
  with(slot: Slot): Past {
    if (this.has(slot)) return this;
    return new Past(this.#graph, -1, join(this.#asClock, this.#graph.clockUpTo(slot)));
  }

  get #asClock(): Clock {
    return this.#only >= 0 ? this.#graph.clockUpTo(this.#only) : this.#clock;
  }
}
