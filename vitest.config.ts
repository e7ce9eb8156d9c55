// Four projects: `unit` is everything that needs no browser, `alone` what of that puts other modules in the place of ours;
// `e2e` drives real browsers, three files at a time, since they mostly wait; `e2e-timed` are those of which time is asked, one
// after another.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Where it is the long run, what is done often in it has the machine for itself. */
const OFTEN = process.env.LONG === undefined ? [] : ["two-tabs", "long/*"];
const TIMED = ["ed25519", "quickness", ...OFTEN].map(name => `test/e2e/${name}.e2e.ts`);

/** These load our modules anew, for themselves. All others share them: to load them for each file takes a fifth of the time. */
const ALONE = ["attacks/planted-bugs", "sim/planted", "sync/session-lanes", "sync/session-ranges"].map(
  name => `test/${name}.test.ts`,
);

const WITHOUT_BROWSER = {
  environment: "node",
  pool: "forks",
  restoreMocks: true,
  unstubGlobals: true,
  // Left to itself it keeps one core free, which of two is half.
  maxWorkers: availableParallelism(),
} as const;

const IN_BROWSERS = {
  environment: "node",
  pool: "forks",
  isolate: false,
  // A test with four people takes a quarter of it where nothing else is done, and all of a minute on slow machines.
  testTimeout: 120_000,
  hookTimeout: 60_000,
  // As long as people wait for each other in the tests (PATIENCE_MS in people.ts), where nothing else is said.
  expect: { poll: { timeout: 15_000 } },
  // Two browsers on two busy cores: what fails once is tried again, and the report says so ("retry x1"). What is broken
  // fails twice. Unit tests and the simulator are never tried again.
  retry: 1,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...WITHOUT_BROWSER,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", ...ALONE],
          isolate: false,
        },
      },
      {
        test: { ...WITHOUT_BROWSER, name: "alone", include: ALONE },
      },
      {
        test: {
          ...IN_BROWSERS,
          name: "e2e",
          include: ["test/e2e/**/*.e2e.ts"],
          exclude: TIMED,
          maxWorkers: 3,
        },
      },
      {
        test: { ...IN_BROWSERS, name: "e2e-timed", include: TIMED, fileParallelism: false },
      },
    ],
  },
});
