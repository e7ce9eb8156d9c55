// `npm run sim`: the simulator of test/sim over many seeds, a process for each core. Every seed is a run of its own; a
// failing one is a recipe, printed with the command that replays it. The last line is the figure.
//
//     -- --seeds 10000      so many, from 1
//     -- --from 5000        from this one on
//     -- --minutes 10       begins none after these
//     -- --seed 42          replays one, with all that happened
//     -- --seed 42 --chart  the same as a Mermaid sequence diagram
//     -- --planted          plants every bug of test/attacks/bugs.ts, and tells by what each is found

import { execFileSync, fork, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build as viteBuild } from "vite";
import { orOneSentence, root, Sentence } from "./steps.mjs";

const OUT = "dist/sim";
/** Seeds handed to a process at once. */
const BATCH = 10;
const PROGRESS_MS = 15_000;

await orOneSentence(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      chart: { type: "boolean", default: false },
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      minutes: { type: "string", default: "Infinity" },
      planted: { type: "boolean", default: false },
    },
  });
  if (values.planted) {
    process.exitCode = plantAll();
    return;
  }
  const main = await bundle();
  if (values.seed !== undefined) {
    const args = ["--seed", values.seed, ...(values.chart ? ["--chart"] : [])];
    const { status } = spawnSync(process.execPath, ["--enable-source-maps", main, ...args], {
      stdio: "inherit",
    });
    process.exitCode = status ?? 1;
    return;
  }
  const [from, count] = [numberOf("from", values.from), numberOf("seeds", values.seeds)];
  const endsAt = Date.now() + Number(values.minutes) * 60_000;
  console.log(`SEED ${from} to ${from + count - 1}, commit ${commit()}`);
  const startedAt = Date.now();
  const results = await playAll(main, from, count, endsAt);
  process.exitCode = report(results, (Date.now() - startedAt) / 1000) ? 0 : 1;
});

/** The exit code of vitest, which loads the sources with each bug in turn. */
function plantAll() {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "test/attacks/planted-bugs"];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ALL: "1" },
    stdio: "inherit",
  });
  return status ?? 1;
}

function numberOf(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Sentence(`Expected a number after --${name}, got ${text}.`);
  return number;
}

function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    return (
      git("rev-parse", "--short", "HEAD") +
      (git("status", "--porcelain", "src", "test") === "" ? "" : " and more")
    );
  } catch {
    // Not a clone: nobody can say.
    return "unknown";
  }
}

async function bundle() {
  await viteBuild({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      ssr: "test/sim/main.ts",
      outDir: OUT,
      emptyOutDir: true,
      target: "node20",
      sourcemap: true,
      // As for the app (vite.config.ts): a `var` at the top of a file is no constant to V8.
      rollupOptions: { output: { entryFileNames: "main.js", topLevelVar: false } },
    },
  });
  return join(root, OUT, "main.js");
}

/** Until all seeds are played, or time is up. */
async function playAll(main, from, count, endsAt) {
  const results = [];
  let next = from;
  let toldAt = Date.now();
  const more = () => {
    if (next >= from + count || Date.now() >= endsAt) return null;
    const seeds = Array.from({ length: Math.min(BATCH, from + count - next) }, (_, i) => next + i);
    next += seeds.length;
    return seeds;
  };
  const one = () =>
    new Promise((resolve, reject) => {
      const child = fork(main, { execArgv: ["--enable-source-maps"] });
      const hand = () => {
        const seeds = more();
        if (seeds === null) child.disconnect();
        else child.send(seeds);
      };
      child.on("message", played => {
        results.push(...played);
        for (const { seed, failure } of played)
          if (failure !== null) console.log(`SEED ${seed}: ${failure}\n  npm run sim -- --seed ${seed}`);
        if (Date.now() - toldAt >= PROGRESS_MS) {
          toldAt = Date.now();
          console.log(`${results.length} of ${count}`);
        }
        hand();
      });
      child.on("exit", (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`a process ended: ${signal ?? code}`)),
      );
      hand();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), Math.ceil(count / BATCH)) }, one));
  return results.sort((a, b) => a.seed - b.seed);
}

/** What happened in all of them; the last line is the figure. True if nothing failed. */
function report(results, seconds) {
  const total = new Map();
  for (const { tally } of results)
    for (const [what, times] of tally) total.set(what, (total.get(what) ?? 0) + times);
  console.log([...total].map(([what, times]) => `${what} ${times}`).join(", "));
  const failed = results.filter(({ failure }) => failure !== null);
  const healed = results.filter(({ failure }) => failure === null).map(({ healedMs }) => healedMs);
  healed.sort((a, b) => a - b);
  const share = part =>
    ((healed[Math.min(healed.length - 1, Math.floor(healed.length * part))] ?? 0) / 1000).toFixed(1);
  const hash = createHash("sha256")
    .update(results.map(({ hash }) => hash).join())
    .digest("hex")
    .slice(0, 16);
  console.log(
    `${results.length - failed.length} seeds passed, ${failed.length} failed, in ${Math.round(seconds)} s; ` +
      `healed within ${share(0.5)} s (half), ${share(0.99)} s (99 of 100), ${share(1)} s (all); trace ${hash}`,
  );
  return failed.length === 0 && results.length > 0;
}
