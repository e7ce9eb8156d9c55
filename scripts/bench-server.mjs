// `npm run bench:server`: builds the server and its bench apart from dist, and runs it. `-- --quick` is what `npm test`
// plays; `-- --only idle,relay,abuse,restart` some of it. Needs Linux for the whole of 127.0.0.0/8.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildServer } from "./build.mjs";
import { orOneSentence, root } from "./steps.mjs";

const OUT = join(root, "dist/bench-server");

await orOneSentence(async () => {
  for (const [folder, entry] of [
    ["server", "signalling/main.ts"],
    ["bare", "signalling/bench/bare.ts"],
    ["bench", "signalling/bench/main.ts"],
  ])
    await buildServer(join(OUT, folder), entry);
  const script = name => join(OUT, name, "main.js");
  const { status } = spawnSync(
    process.execPath,
    [script("bench"), "--server", script("server"), "--bare", script("bare"), ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
});
