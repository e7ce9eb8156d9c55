// Long work is a generator: each step takes a millisecond or so and says how far the work has come. Whoever drives it may
// rest between two steps, or drop it.

export class Progress {
  readonly done: number;
  readonly total: number;

  constructor(done: number, total: number) {
    this.done = done;
    this.total = total;
  }
}

/** Does the work in one go. */
export function finish<T>(work: Generator<Progress, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
