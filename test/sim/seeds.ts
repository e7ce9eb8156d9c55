// What the tests of the simulator share: many seeds played in one go, each of which must hold, and what all of them together
// left untried. `npm test` plays 300 seeds in two files, so that two cores share them.

import { DEEDS } from "./actor.ts";
import { STRATEGIES } from "./byzantine.ts";
import { HARDSHIPS } from "./hardships.ts";
import { play } from "./run.ts";
import { BAD_DISKS, FAULTS } from "./world.ts";

/** Seeds of one file. */
export const RUNS = Number(process.env.RUNS ?? 150);

/** What a seed should not leave untried, beside what is drawn by its name. */
const ALWAYS = [
  "merges",
  "refusals",
  "forks",
  "laws asked",
  "conflicts",
  "strangers",
  "lost",
  "repeated",
  "replayed",
  "invented",
  "relays",
  "directs",
  "intercepted",
  "writes that nobody heard of",
  "writes half there",
  "unsaved pages saved",
];

/** What needs an occasion that few seeds give: another liar's fork, a removal, a link that was revoked. */
const SELDOM: ReadonlySet<string> = new Set([
  "another face",
  "words dated back",
  "removals by liars",
  "guests of a revoked link",
  "readmissions",
]);

/** What half as many seeds as `npm test` plays give a few times at most, and would miss one day. */
const RARE: ReadonlySet<string> = new Set(["orphans", "conflicts", "backups restored", "devices taken back"]);

export function mustHold(seed: number): ReadonlyMap<string, number> {
  const { run, result } = play(seed);
  if (result.failure === null) return new Map(result.tally);
  const recipe = `npm run sim -- --seed ${seed}`;
  throw new Error(`SEED ${seed}: ${result.failure}\n  ${recipe}\n${run.stage.world.log.aligned(40)}`);
}

/** Plays seeds in a row, each of which must hold. Answers what none of them tried and so many should have; of fewer than 150
 * nothing is asked. */
export function untriedBy(first: number, runs: number): string[] {
  console.log(`SEED ${first} to ${first + runs - 1}`);
  const total = new Map<string, number>();
  for (let seed = first; seed < first + runs; seed++)
    for (const [what, count] of mustHold(seed)) total.set(what, (total.get(what) ?? 0) + count);
  console.log([...total].map(([what, count]) => `${what} ${count}`).join(", "));
  const named = [...DEEDS, ...FAULTS, ...HARDSHIPS, ...BAD_DISKS.flat(), ...STRATEGIES]
    .map(({ name }) => name)
    .filter(name => !SELDOM.has(name));
  const asked = runs < 150 ? [] : [...named, ...ALWAYS].filter(what => runs >= 300 || !RARE.has(what));
  return asked.filter(what => (total.get(what) ?? 0) === 0);
}
