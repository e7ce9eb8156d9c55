// `npm test`: everything that must hold, as counted steps, and as the very last line on stdout `N passed, N failed`.
// Installs what is missing, a browser included. `--no-browser` leaves out what needs one; `--long` is only the browser tests
// that are done again and again, as often as it takes to meet what is rare; whatever else stands on the command line goes
// to vitest, so `npm test -- test/signalling` runs one folder.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, findFirefox } from "./find-browser.mjs";
import { findProgram } from "./find-program.mjs";
import { buildWhenNeeded, installWhenNeeded, orOneSentence, requireNode, root, Sentence } from "./steps.mjs";

const CHECKS = [
  ["types of the inner rings", "typescript/bin/tsc", "-p", "src/crdt"],
  ["types of the app", "typescript/bin/tsc", "-p", "tsconfig.json"],
  ["types of server and tests", "typescript/bin/tsc", "-p", "tsconfig.node.json"],
  ["format and lint", "@biomejs/biome/bin/biome", "ci", "--colors=off"],
];

/** Folders and files of which more is done with `--long`. */
const LONG = ["test/e2e/long", "test/e2e/two-tabs"];

const total = { passed: 0, failed: 0, skipped: 0 };

await orOneSentence(async () => {
  requireNode();
  const isBrowserWanted = !process.argv.includes("--no-browser");
  const isLong = process.argv.includes("--long");
  const extra = process.argv.slice(2).filter(argument => !["--no-browser", "--long"].includes(argument));
  installWhenNeeded();
  const chromium = isBrowserWanted ? await requireChromium() : null;

  if (isLong) {
    if (await isBuilt())
      count(runVitest(["e2e-timed"], [...LONG, ...extra], { CHROMIUM: chromium, LONG: "1" }));
    tell();
    return;
  }
  if (extra.length === 0 || extra.some(argument => argument.includes("signalling"))) findServers();

  for (const [name, ...command] of CHECKS) count(check(name, command));
  count(runVitest(["unit", "alone"], extra, {}));
  if (chromium === null) console.log("— end-to-end tests: left out, because of --no-browser");
  else if (await isBuilt())
    for (const project of ["e2e", "e2e-timed"]) count(runVitest([project], extra, { CHROMIUM: chromium }));

  // With a filter one project may well match nothing, but not all.
  if (extra.length > 0 && total.passed + total.failed === CHECKS.length) {
    console.log(`✗ no test matches ${extra.join(" ")}`);
    total.failed++;
  }
  tell();
});

function tell() {
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

async function requireChromium() {
  const found = await findChromium({ install: true, say: words => console.log(words) });
  if (found.path === null) throw new Sentence(found.sentence);
  console.log(`browser: ${found.path}`);
  const firefox = findFirefox({ install: true, say: words => console.log(words) });
  console.log(`browser: ${firefox ?? "no Firefox could be had, so what is tested in it is skipped"}`);
  return found.path;
}

/** What tests of the server stand beside it. Without one of them those tests are skipped, and counted as that. */
function findServers() {
  for (const variable of ["REDIS_SERVER", "TURNSERVER"]) {
    const path = findProgram(variable, { install: true, say: words => console.log(words) });
    if (path === null)
      console.log(`— tests with ${variable}: skipped, it is not here and cannot be installed`);
  }
}

/** The end-to-end tests use what a person would get; a build that fails is one failed step and they do not run. */
async function isBuilt() {
  try {
    await buildWhenNeeded();
    count(passed("build"));
    return true;
  } catch (error) {
    count(failed("build", error instanceof Sentence ? error.message : error.stack));
    return false;
  }
}

function check(name, [script, ...args]) {
  const command = [join(root, "node_modules", script), ...args];
  const result = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  return result.status === 0 ? passed(name) : failed(name, result.stdout + result.stderr);
}

/** Vitest prints for people as it goes, and leaves the numbers for us in a file. */
function runVitest(projects, extra, env) {
  const folder = mkdtempSync(join(tmpdir(), "chirograph-test-"));
  const report = join(folder, "report.json");
  const result = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...projects.map(project => `--project=${project}`),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(extra.length > 0 ? ["--passWithNoTests", ...extra] : []),
    ],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } },
  );
  const numbers = existsSync(report) ? readReport(report) : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true });
  // A project without files, a file that does not load, an error outside any test: no test failed, and yet it did.
  if (result.status !== 0 && numbers.failed === 0) {
    console.log(`✗ ${projects.join(" and ")} tests: vitest failed outside of any test (see above)`);
    numbers.failed = 1;
  }
  return numbers;
}

function readReport(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  return {
    passed: report.numPassedTests,
    // A file that does not load has no tests, and must count all the same.
    failed:
      report.numFailedTests +
      report.testResults.filter(file => file.status === "failed" && file.assertionResults.length === 0)
        .length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function passed(name) {
  console.log(`✓ ${name}`);
  return { passed: 1, failed: 0, skipped: 0 };
}

function failed(name, output) {
  console.log(`✗ ${name}\n${output.trimEnd()}\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}

function count(numbers) {
  for (const key of Object.keys(total)) total[key] += numbers[key];
}
