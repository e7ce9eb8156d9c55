// The core as one plain JavaScript file in a temporary folder, so that V8 runs what the sources say and neither types
// nor minified names stand between a profile and them. With it the app's verifier, which asks the platform, and what peers say.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Answers the addresses of the files. */
export async function bundleCore(root, folder) {
  const { build } = await import("vite");
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
        input: {
          core: join(root, "src/crdt/index.ts"),
          verifier: join(root, "src/sync/adapters/verifier.ts"),
          protocol: join(root, "src/sync/protocol.ts"),
          outbox: join(root, "src/sync/outbox.ts"),
        },
        // As for the app (vite.config.ts): a `var` at the top of a file is no constant to V8.
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs", topLevelVar: false },
      },
    },
  });
  return {
    BENCH_CORE: pathToFileURL(join(folder, "core.mjs")).href,
    BENCH_VERIFIER: pathToFileURL(join(folder, "verifier.mjs")).href,
    BENCH_PROTOCOL: pathToFileURL(join(folder, "protocol.mjs")).href,
    BENCH_OUTBOX: pathToFileURL(join(folder, "outbox.mjs")).href,
  };
}
