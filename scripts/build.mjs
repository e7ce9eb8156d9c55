// Builds the app to dist/app and the server to dist/server/main.js. The server is one file beside `ws`, so that
// starting it needs no compiler and takes a moment.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as viteBuild } from "vite";
import { orOneSentence, root } from "./steps.mjs";

export async function build() {
  await viteBuild({ root, configFile: join(root, "vite.config.ts"), logLevel: "warn" });
  await viteBuild({
    root,
    configFile: false,
    logLevel: "warn",
    // Icons belong to the app; `ws` stays outside by itself, as every package does in a build for Node.
    publicDir: false,
    build: {
      ssr: "signalling/main.ts",
      outDir: "dist/server",
      emptyOutDir: true,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "main.js" } },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await orOneSentence(build);
