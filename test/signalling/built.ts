// What is tested as processes: the server and the bench's bare relay as they are built, and the programs of others that
// some tests need.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

// The scripts are plain JavaScript, started by Node without a build, so their types stand here.
const load = (name: string): Promise<object> => import(`../../scripts/${name}.mjs`);
const { buildServer } = (await load("build")) as {
  buildServer(folder: string, entry: string): Promise<void>;
};
const { findProgram } = (await load("find-program")) as {
  findProgram(variable: "REDIS_SERVER" | "TURNSERVER"): string | null;
};

/** Builds an entry of signalling below dist, where `ws` is found; `remove` takes it away again. */
export async function built(entry: string): Promise<{ readonly script: string; remove(): void }> {
  const folder = join(root, "dist", `test-${process.pid}-${entry.replaceAll(/\W/g, "-")}`);
  await buildServer(folder, `signalling/${entry}`);
  return {
    script: join(folder, "main.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The program's path, or null after a line that says what is left out; `npm test` installs it where it may. */
export function programOrSkip(variable: "REDIS_SERVER" | "TURNSERVER", what: string): string | null {
  const path = findProgram(variable);
  if (path === null)
    console.warn(`SKIPPED: ${what}: not installed, and none named by ${variable}=/path/to/it`);
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

export interface Running {
  readonly child: ChildProcess;
  kill(): Promise<void>;
}

/** Runs a program until its output holds the words. */
export async function run(path: string, args: readonly string[], words: RegExp): Promise<Running> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  await new Promise<void>((resolve, reject) => {
    let out = "";
    const read = (data: Buffer) => {
      out += data;
      if (words.test(out)) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`${path} ended as it started: ${out}`)));
  });
  return {
    child,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
