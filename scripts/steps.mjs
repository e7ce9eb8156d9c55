// What `npm start` and `npm test` share: is Node new enough, are the dependencies there, is the build current. Only
// Node's own modules, since it runs before anything is installed. Each function does nothing when nothing is to do, and
// only `installWhenNeeded` ever touches the network.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What the build reads. A change in the content of any of it makes the build stale. */
const BUILD_INPUTS = [
  "src",
  "signalling",
  "public",
  "index.html",
  "vite.config.ts",
  "tsconfig.base.json",
  "tsconfig.json",
  "package-lock.json",
  "scripts/build.mjs",
];

/** Says one sentence and ends the process: for everything a person can put right. */
export class Sentence extends Error {}

/** Runs `body`; a `Sentence` ends the process with it, anything else is a bug and keeps its stack. */
export async function orOneSentence(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Sentence)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Sentence(
    `Chirograph needs Node 20.19 or newer, and this is ${version}; see https://nodejs.org .`,
  );
}

/** Runs `npm ci` when node_modules is missing or is not what package-lock.json describes. */
export function installWhenNeeded() {
  if (isInstalled()) return;
  requireWritable(join(root, "node_modules"));
  console.error("installing dependencies (once; this needs the network)");
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith("js") ? [process.execPath, [npm]] : ["npm", []];
  // Who serves has NODE_ENV=production, for which npm leaves out what builds the app.
  const result = spawnSync(command, [...args, "ci", "--include=dev", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  if (result.status !== 0) {
    throw new Sentence("`npm ci` failed (see above); the first start needs the network, later ones do not.");
  }
}

/** Builds app and server when a source changed since the last build. */
export async function buildWhenNeeded() {
  const stampPath = join(root, "dist", "stamp");
  const stamp = hashOf(BUILD_INPUTS);
  const isBuilt = ["app/index.html", "server/main.js"].every(file => existsSync(join(root, "dist", file)));
  if (isBuilt && existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return;
  requireWritable(join(root, "dist"));
  console.error("building");
  // Removed first: a build that fails half-way must not look current.
  rmSync(stampPath, { force: true });
  try {
    const { build } = await import("./build.mjs");
    await build();
    writeFileSync(stampPath, stamp);
  } catch (error) {
    throw new Sentence(`The build failed: ${error.message}`);
  }
}

/**
 * npm leaves a copy of the lock file in node_modules when an install is complete. Whatever that copy lacks of ours is
 * not installed, except what is optional and was meant for another platform.
 */
function isInstalled() {
  const copyPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(copyPath)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(copyPath, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = present[path];
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : entry.optional === true;
  });
}

function requireWritable(folder) {
  const probe = join(folder, ".writable");
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    const name = relative(root, folder);
    throw new Sentence(
      `The folder ${name} cannot be written (${error.code}); make it writable for this account.`,
    );
  }
}

function hashOf(inputs) {
  const hash = createHash("sha256").update(process.versions.node);
  for (const path of inputs.flatMap(filesUnder).sort()) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

function filesUnder(path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  try {
    return readdirSync(absolute).flatMap(name => filesUnder(`${path}/${name}`));
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    throw error;
  }
}
