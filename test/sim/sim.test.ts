// Goal: whatever the seed makes of disks, links, crashes and a liar, honest people are safe at every step and hold the
// same in the end. Method: run.ts, over fixed seeds and every seed that ever failed. `SEED=7 npx vitest run --project
// unit test/sim` replays one with its trace.
import { expect, test } from "vitest";
import { digest, nothingYet, Run, type Tally } from "./run.ts";

const ONE = process.env.SEED === undefined ? null : Number(process.env.SEED);
const FIRST = 1;
const RUNS = Number(process.env.RUNS ?? 100);

/** Seeds that failed once, and for what. */
const FAILED: readonly (readonly [number, string])[] = [];

function play(seed: number): Tally {
  const run = new Run(seed);
  try {
    run.play();
  } catch (error) {
    const replay = `SEED=${seed} npx vitest run --project unit test/sim`;
    throw new Error(
      `SEED ${seed}: ${(error as Error).message}\n  ${replay}\n${ONE === null ? "" : run.trace}`,
      {
        cause: error,
      },
    );
  }
  return run.tally;
}

test("random runs are safe at every step, heal, and leave nothing untried", () => {
  const seeds = ONE === null ? Array.from({ length: RUNS }, (_, i) => FIRST + i) : [ONE];
  console.log(`SEED ${seeds[0]}${seeds.length > 1 ? ` to ${seeds.at(-1)}` : ""}`);
  const total = nothingYet();
  for (const seed of seeds) {
    const tally = play(seed);
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
  }
  console.log(
    Object.entries(total)
      .map(([what, count]) => `${what} ${count}`)
      .join(", "),
  );
  if (ONE === null && RUNS >= 100) for (const count of Object.values(total)) expect(count).toBeGreaterThan(0);
}, 600_000);

test.each(FAILED)("seed %i: %s", seed => {
  play(seed);
});

test("equal seeds give equal runs", () => {
  const [a, b, c] = [3, 3, 4].map(seed => {
    const run = new Run(seed);
    run.play();
    return digest(run);
  });
  expect(a).toBe(b);
  expect(a).not.toBe(c);
});
