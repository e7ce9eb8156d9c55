// `npm run fuzz -- --cases N --seed S`: spoiled frames and files through the real receive path (test/fuzz). Prints the seed
// first and the figure last; exit status 1 and one sentence with the seed for the first promise that is broken.
import { createServer, createServerModuleRunner } from "vite";
import { installWhenNeeded, orOneSentence, requireNode, root, Sentence } from "./steps.mjs";

await orOneSentence(async () => {
  requireNode();
  installWhenNeeded();
  const cases = numberAfter("--cases", 1_000_000);
  const seed = numberAfter("--seed", 1);
  console.log(`SEED ${seed}`);
  const server = await createServer({
    configFile: false,
    root,
    logLevel: "error",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
  try {
    const { Fuzz, figure } = await runner.import("/test/fuzz/fuzz.ts");
    const fuzz = new Fuzz(seed);
    const before = process.memoryUsage().heapUsed;
    for (let done = 0; done < cases; ) {
      done = Math.min(cases, done + 50_000);
      fuzz.run(done);
      if (done < cases) console.log(`${done} of ${cases}`);
    }
    const grown = Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20);
    console.log(`${figure(seed, fuzz.tally)}; heap ${grown >= 0 ? "+" : ""}${grown} MiB`);
  } catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
  } finally {
    await runner.close();
    await server.close();
  }
});

function numberAfter(name, otherwise) {
  const at = process.argv.indexOf(name);
  if (at < 0) return otherwise;
  const number = Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Sentence(`${name} wants a whole number, and got ${process.argv[at + 1]}.`);
  return number;
}
