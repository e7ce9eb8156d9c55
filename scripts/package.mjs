// Builds what the package `chirograph` consists of into dist/package: one JavaScript file and one of types for each source
// that an entry reaches, so that whoever bundles takes along what is used and nothing else, and a stack names real
// files.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build as viteBuild } from "vite";
import { buildCommand } from "./build.mjs";
import { orOneSentence, root, Sentence } from "./steps.mjs";

const OUT = "dist/package";

/** Source of each entry, by the file that package.json's exports name. */
export function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.values(exports)
    .filter(target => typeof target === "object")
    .map(({ default: file }) => file.replace(`./${OUT}/`, "").replace(/\.js$/, ".ts"));
}

export async function buildPackage() {
  // Beside it at first: who looks at dist/package while this runs finds the whole or nothing.
  const making = join(root, "dist", `package-${process.pid}`);
  rmSync(making, { recursive: true, force: true });
  await viteBuild({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      ssr: true,
      outDir: making,
      emptyOutDir: true,
      minify: false,
      target: "es2022",
      rollupOptions: {
        input: entries().map(entry => join(root, entry)),
        output: {
          format: "es",
          preserveModules: true,
          preserveModulesRoot: root,
          entryFileNames: "[name].js",
          // As for the app (vite.config.ts): a `var` at the top of a file is no constant to V8.
          topLevelVar: false,
        },
      },
    },
  });
  declare(making);
  rmSync(join(root, OUT), { recursive: true, force: true });
  renameSync(making, join(root, OUT));
}

function declare(folder) {
  const command = [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    "tsconfig.package.json",
    "--outDir",
    folder,
  ];
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Sentence(`The types of the package do not hold:\n${stdout}`);
  const reached = declarationsFrom(folder);
  for (const path of filesUnder(folder)) if (path.endsWith(".d.ts") && !reached.has(path)) rmSync(path);
}

/**
 * Types that no entry leads to would only be looked at by who searches for something private. Those that are reached name
 * each other as the sources do, and in a package there are no sources.
 */
function declarationsFrom(folder) {
  const reached = new Set();
  const waiting = entries().map(source => join(folder, source.replace(/\.ts$/, ".d.ts")));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = readFileSync(path, "utf8").replaceAll(/(["'])(\.[^"']+)\.tsx?\1/g, "$1$2.js$1");
    writeFileSync(path, text);
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)["']/g))
      waiting.push(resolve(dirname(path), target.replace(/\.js$/, ".d.ts")));
  }
  return reached;
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

/** Without npm's own scripts, which .npmrc switches off: `npm pack` alone would pack what was built last, or nothing. */
function pack() {
  const { status } = spawnSync("npm", ["pack", "--ignore-scripts", "--pack-destination", "dist"], {
    cwd: root,
    stdio: ["ignore", 1, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Sentence("`npm pack` failed (see above).");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orOneSentence(async () => {
    await buildPackage();
    await buildCommand(join(root, "dist/cli"));
    if (process.argv.includes("--pack")) pack();
  });
}
