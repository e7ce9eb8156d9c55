// The core as one plain JavaScript file in a temporary folder, so that V8 runs what the sources say and neither types
// nor minified names stand between a profile and them. With it the app's verifier, which asks the platform, and what peers
// say. What runs beside a browser, the package and the server, is bundled apart: it would cut the core into pieces.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const CORE = {
  CORE: "src/crdt/index.ts",
  VERIFIER: "src/sync/adapters/verifier.ts",
  PROTOCOL: "src/sync/protocol.ts",
  OUTBOX: "src/sync/outbox.ts",
};

const BESIDE_A_BROWSER = {
  PACKAGE: "src/index.ts",
  SESSIONS: "src/package/sync.ts",
  SERVER: "signalling/server.ts",
};

/** Answers the addresses of the files, by the names of environment variables. */
export async function bundleCore(root, folder) {
  return bundle(root, folder, CORE);
}

/** The same of what S12 needs. */
export async function bundleSessions(root, folder) {
  return bundle(root, join(folder, "sessions"), BESIDE_A_BROWSER);
}

async function bundle(root, folder, files) {
  const { build } = await import("vite");
  const nameOf = name => name.toLowerCase();
  const named = Object.entries(files);
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      minify: false,
      target: "node20",
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: {
        input: Object.fromEntries(named.map(([name, file]) => [nameOf(name), join(root, file)])),
        // As for the app (vite.config.ts): a `var` at the top of a file is no constant to V8.
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs", topLevelVar: false },
      },
    },
  });
  return Object.fromEntries(
    named.map(([name]) => [`BENCH_${name}`, pathToFileURL(join(folder, `${nameOf(name)}.mjs`)).href]),
  );
}
