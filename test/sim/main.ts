// A process of `npm run sim` (scripts/sim.mjs): plays the seeds that its parent hands out and says what came of each; or,
// without a parent, replays one seed for reading.

import { parseArgs } from "node:util";
import { play } from "./run.ts";

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
