// Two projects: `unit` is everything that needs no browser, `e2e` drives real ones, one after another in one process,
// because browsers measure time and two cores are easily too few for two of them.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.e2e.ts"],
          pool: "forks",
          fileParallelism: false,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Two browsers on two busy cores: what fails once is tried again, and the report says so ("retry x1"). What
          // is broken fails twice. Unit tests and the simulator are never tried again.
          retry: 1,
        },
      },
    ],
  },
});
