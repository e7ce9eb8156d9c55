// Goal and method: those of sim.test.ts, over the seeds behind its own, so that two cores share them.
import { expect, test } from "vitest";
import { RUNS, untriedBy } from "./seeds.ts";

const FIRST = Number(process.env.SEED ?? 1) + RUNS;

test("more random runs are safe at every step, heal, and leave nothing untried", () => {
  expect(untriedBy(FIRST, RUNS)).toEqual([]);
}, 1_200_000);
