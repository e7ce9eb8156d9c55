// `npm run bench`: us against yjs, automerge, loro and diamond-types in one run, on one machine, the same work with the
// same result. Every measurement is a process of its own; the contestants take turns, so that whatever else the machine
// does hits all alike; what counts is the ratio of medians. A complete run writes results.md beside this file.
//
//     -- --quick           one short round of the chief cases, without the slowest contestant
//     -- --only S1,S8      these rows
//     -- --with ours,yjs   these contestants
//     -- --rounds 3        instead of five
//
// All but the last print their tables and leave results.md as it is. TRACES names the folder of the recordings.

import { execFileSync, fork, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleCore, bundleSessions } from "./bundle.mjs";
import { figuresTable, Results, targetsTable } from "./report.mjs";
import { prepareTraces } from "./traces.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const ROWS = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13"];

const FULL = { rounds: 5, limitMs: 60_000, prepareMs: 60_000 };
const QUICK = { rounds: 1, limitMs: 10_000, prepareMs: 60_000 };
/** Who takes longer than this in the first round is not asked again: the noise is small beside it. */
const SLOW_MS = 8_000;
/** Too slow for any quick round, and for more than one of the others; a case may name more whom a quick one leaves out. */
const PATIENT = "automerge";

const { values: wanted } = parseArgs({
  options: {
    quick: { type: "boolean" },
    only: { type: "string" },
    with: { type: "string" },
    rounds: { type: "string", default: String(FULL.rounds) },
  },
});
const only = wanted.only?.toUpperCase().split(",") ?? ROWS;
for (const id of only)
  if (!ROWS.includes(id)) throw new Error(`Expected rows among ${ROWS.join(", ")}, got ${id}`);
const isComplete = !wanted.quick && wanted.only === undefined && wanted.with === undefined;
const pace = wanted.quick ? QUICK : { ...FULL, rounds: Number(wanted.rounds) };
if (!Number.isInteger(pace.rounds) || pace.rounds < 1)
  throw new Error(`Expected a number of rounds, got ${wanted.rounds}`);

installPeers();
const folder = mkdtempSync(join(tmpdir(), "chirograph-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
const origin = prepareTraces(resolve(process.env.TRACES ?? join(root, "../shared/traces")), folder);
const environment = {
  ...process.env,
  ...(await bundleCore(root, folder)),
  ...(only.includes("S12") ? await bundleSessions(root, folder) : {}),
  BENCH_TRACES: folder,
};

const sections = [heading()];
console.log(sections[0]);
let hasFailed = false;
for (const id of ROWS.filter(id => only.includes(id))) {
  const row = await import(`./rows/${id.toLowerCase()}.mjs`);
  sections.push(sectionOf(id, row, await run(id, row)));
  console.log(sections.at(-1));
}
if (isComplete) writeFileSync(join(here, "results.md"), sections.join("\n"));
if (hasFailed) process.exitCode = 1;

/** All rounds of a row. */
async function run(id, row) {
  const results = new Results();
  const isOut = new Set();
  const { rounds, limitMs } = paceOf(row);
  for (let round = 0; round < rounds; round++) {
    for (const [index, each] of row.cases.entries()) {
      const { name, figures: named = [] } = each;
      for (const contestant of turn(askedFor(each), round)) {
        const key = `${name} ${contestant}`;
        if (isOut.has(key) || (contestant === PATIENT && round > 0)) continue;
        const { figures, failure } = await measure({ row: id, contestant, index }, limitMs);
        progress(`${id} ${key}, round ${round + 1} of ${rounds}`);
        if (failure !== undefined) {
          for (const line of named.length === 0 ? [name] : named.map(figure => `${name}: ${figure}`))
            results.fail(line, contestant, failure);
          isOut.add(key);
        }
        for (const [figure, value] of Object.entries(figures ?? {})) {
          results.add(figure === "" ? name : `${name}: ${figure}`, contestant, value);
          if (value.cpu !== null && value.wall > SLOW_MS) isOut.add(key);
        }
      }
    }
  }
  return results;
}

/** A row whose noise is small, or whose preparation is long, is content with fewer rounds, or waits less long. */
function paceOf({ rounds = pace.rounds, limitMs = pace.limitMs }) {
  return { rounds: Math.min(rounds, pace.rounds), limitMs: Math.min(limitMs, pace.limitMs) };
}

/** A case says who is measured, and in `quick` who is so in a quick round. */
function askedFor({ contestants, quick = contestants.filter(name => name !== PATIENT) }) {
  const asked = wanted.quick ? quick : contestants;
  return wanted.with === undefined ? asked : asked.filter(name => wanted.with.split(",").includes(name));
}

/** Another one begins each round. */
function turn(contestants, round) {
  const by = round % Math.max(1, contestants.length);
  return [...contestants.slice(by), ...contestants.slice(0, by)];
}

/** One child. Its clock runs from when it says that it is ready; it is ended where it takes too long. */
function measure(task, limitMs) {
  return new Promise(done => {
    const child = fork(join(here, "child.mjs"), [JSON.stringify(task)], {
      env: environment,
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const stop = () => child.kill("SIGKILL");
    process.once("exit", stop);
    let failure = `not prepared in ${pace.prepareMs / 1000} s`;
    let timer = setTimeout(stop, pace.prepareMs);
    let result;
    let errors = "";
    child.stderr.on("data", data => {
      errors += data;
    });
    child.on("message", message => {
      if (message.figures !== undefined) result = message;
      if (message.ready !== true) return;
      clearTimeout(timer);
      failure = `not finished in ${limitMs / 1000} s`;
      timer = setTimeout(stop, limitMs);
    });
    child.on("close", code => {
      clearTimeout(timer);
      process.off("exit", stop);
      if (result !== undefined && code === 0) return done(result);
      if (code === null) return done({ failure });
      hasFailed = true;
      console.error(`${JSON.stringify(task)}\n${errors}`);
      done({ failure: "failed" });
    });
  });
}

function progress(words) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${words}`);
}

/** The peers are nobody's business but the bench's, so `npm ci` in the root leaves them alone. */
function installPeers() {
  if (existsSync(join(here, "node_modules"))) return;
  console.error("installing what we are measured against (once; this needs the network)");
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith("js") ? [process.execPath, [npm]] : ["npm", []];
  const { status } = spawnSync(command, [...args, "ci"], { cwd: here, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("`npm ci` failed in the folder bench (see above)");
}

function heading() {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const peers = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  const madeUp = [...origin].filter(([, from]) => from === "made up").map(([name]) => name);
  const [processor] = cpus();
  const lines = [
    "# Results of `npm run bench`",
    "",
    `- ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, commit ${commit()}`,
    `- ${processor.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, load at the start ${loadavg()[0].toFixed(1)}`,
    `- ${peers.join(", ")}`,
    `- medians of the rounds, each measurement in a fresh process; end texts asserted; ¹ one round only, ² a later round did not finish`,
    madeUp.length === 0
      ? "- all traces are recorded typing"
      : `- **made-up typing** in place of the recordings, which are not here: ${madeUp.join(", ")}`,
    "",
  ];
  return lines.join("\n");
}

function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const changes = git("status", "--porcelain", "--", ".", ":!bench/results.md");
    return git("rev-parse", "--short", "HEAD") + (changes === "" ? "" : " with changes");
  } catch {
    // Not a clone, or no git here: the date has to do.
    return "unknown";
  }
}

function sectionOf(id, row, results) {
  const { title, note, cases, targets } = row;
  const contestants = [...new Set(cases.flatMap(askedFor))];
  const lines = [`## ${id}: ${title}`, ""];
  const { rounds, limitMs } = paceOf(row);
  lines.push(`Rounds: ${rounds}; limit: ${limitMs / 1000} s.`, "");
  if (note !== undefined) lines.push(note, "");
  lines.push(figuresTable(results, contestants), "", targetsTable(results, targets), "");
  return lines.join("\n");
}
