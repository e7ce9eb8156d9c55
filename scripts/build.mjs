// Builds the app to dist/app, the doctor's page beside it, the server to dist/server/main.js and the command to
// dist/cli/main.js. The last two are files beside `ws`, so that starting them needs no compiler and takes a moment.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as viteBuild } from "vite";
import { orOneSentence, root } from "./steps.mjs";

export async function build() {
  await viteBuild({ root, configFile: join(root, "vite.config.ts"), logLevel: "warn" });
  await buildDoctor();
  await buildServer(join(root, "dist/server"), "signalling/main.ts");
}

/** After the app and apart from it: nothing of the doctor is in the app's shell or shares a file with it. */
async function buildDoctor() {
  await viteBuild({
    root: join(root, "signalling/doctor"),
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    base: "./",
    build: {
      outDir: join(root, "dist/app"),
      emptyOutDir: false,
      target: "es2022",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rollupOptions: { input: join(root, "signalling/doctor/doctor.html") },
    },
  });
}

/** With the client for Redis, in a file of its own that is read where there is a Redis. */
export async function buildServer(outDir, entry) {
  await viteBuild({
    root,
    configFile: false,
    logLevel: "warn",
    // Icons belong to the app; `ws` stays outside by itself, as every package does in a build for Node.
    publicDir: false,
    ssr: { noExternal: ["@redis/client"] },
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: true,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "main.js", chunkFileNames: "[name].js" } },
    },
  });
}

/** The command, with all it needs but `ws`, simple-peer and what speaks to Redis, which not every command asks for. */
export async function buildCommand(outDir) {
  await viteBuild({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true, external: ["ws", "simple-peer", "@redis/client"] },
    build: {
      ssr: "src/cli/index.ts",
      outDir,
      emptyOutDir: true,
      target: "node20",
      // As for the app (vite.config.ts): a `var` at the top of a file is no constant to V8. Without comments, which stand in
      // the package beside it; with all names, for whoever reads a stack.
      rollupOptions: {
        output: {
          entryFileNames: "main.js",
          chunkFileNames: "[name].js",
          topLevelVar: false,
          minify: { compress: false, mangle: false, codegen: true },
        },
      },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orOneSentence(async () => {
    await build();
    // `npm start` does without.
    await buildCommand(join(root, "dist/cli"));
  });
}
