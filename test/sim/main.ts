// A process of `npm run sim` (scripts/sim.mjs): plays the seeds that its parent hands out and says what came of each; or,
// without a parent, replays one seed for reading.

import { parseArgs } from "node:util";
import { Run } from "./run.ts";

/** What came of one seed. */
export interface Result {
  readonly seed: number;
  readonly hash: string;
  /** Milliseconds of simulated time until all held the same again. */
  readonly healedMs: number;
  /** Milliseconds that the run took. */
  readonly tookMs: number;
  readonly tally: readonly (readonly [string, number])[];
  /** Null if every promise held. */
  readonly failure: string | null;
}

export function play(seed: number): { readonly run: Run; readonly result: Result } {
  const run = new Run(seed);
  const startedAt = performance.now();
  let failure: string | null = null;
  try {
    run.play();
  } catch (error) {
    const { name, message, stack } = error as Error;
    // A promise says what broke; what else throws is a bug whose place is wanted.
    failure = name === "Error" ? message : `${stack}`;
  }
  const { hash, healedMs, tally } = run;
  return {
    run,
    result: { seed, hash, healedMs, tookMs: performance.now() - startedAt, tally: [...tally], failure },
  };
}

function replay(seed: number, isChart: boolean): void {
  const { run, result } = play(seed);
  const { log } = run.stage.world;
  console.log(isChart ? log.chart() : log.aligned());
  const counts = result.tally.map(([what, count]) => `${what} ${count}`).join(", ");
  console.error(`SEED ${seed}: ${counts}; healed in ${result.healedMs / 1000} s; trace ${result.hash}`);
  console.error(result.failure === null ? "every promise held" : `FAILED: ${result.failure}`);
  process.exitCode = result.failure === null ? 0 : 1;
}

if (process.send === undefined) {
  const { values } = parseArgs({
    options: { seed: { type: "string", default: "1" }, chart: { type: "boolean", default: false } },
  });
  replay(Number(values.seed), values.chart);
} else
  process.on("message", (seeds: readonly number[]) => {
    process.send!(seeds.map(seed => play(seed).result));
  });
