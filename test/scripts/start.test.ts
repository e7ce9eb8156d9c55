// Goal: `npm start` does what is needed and no more, and says what is wrong in one sentence. Method: the real scripts
// and server in a folder of their own, around an app of one line; npm is a stand-in that notes what was asked
// of it and fails, so that touching the network would show.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VARIABLES } from "../../signalling/configuration.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const parent = mkdtempSync(join(tmpdir(), "chirograph-start-"));
const installed = join(parent, "installed");
const bare = join(parent, "bare");
const npm = join(parent, "npm.js");
const asked = join(parent, "asked.json");
const running = new Set<ChildProcess>();

beforeAll(() => {
  writeFileSync(
    npm,
    `require("node:fs").writeFileSync(${JSON.stringify(asked)}, JSON.stringify(process.argv.slice(2)));
    process.exit(1);`,
  );
  for (const folder of [installed, bare]) {
    mkdirSync(join(folder, "src/ui"), { recursive: true });
    writeFileSync(join(folder, "src/ui/main.tsx"), 'document.title = "one line";');
    for (const path of [
      ...["scripts", "signalling", "public", "index.html", "vite.config.ts"],
      ...["package.json", "package-lock.json", "tsconfig.base.json", "tsconfig.json"],
    ]) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
  }
  symlinkSync(join(root, "node_modules"), join(installed, "node_modules"), "junction");
});

afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(parent, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<number | null>;
  /** Resolves when stdout holds the words. */
  readonly says: (words: string) => Promise<void>;
}

function node(folder: string, args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NODE_ENV: "", VITEST: "", npm_execpath: npm, PORT: "0", ...env },
  });
  running.add(child);
  let out = "";
  let err = "";
  child.stdout.on("data", data => {
    out += data;
  });
  child.stderr.on("data", data => {
    err += data;
  });
  const exit = new Promise<number | null>(resolve => {
    child.on("close", code => {
      running.delete(child);
      resolve(code);
    });
  });
  const says = async (words: string) => {
    while (!out.includes(words)) {
      if (child.exitCode !== null)
        throw new Error(`ended with ${child.exitCode} before it said "${words}": ${err}`);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  return { child, out: () => out, err: () => err, exit, says };
}

const start = (env: Record<string, string> = {}, folder = installed) =>
  node(folder, ["scripts/start.mjs"], env);

/** One more folder in which everything is installed and nothing is built. */
function unbuilt(name: string): string {
  const folder = join(parent, name);
  cpSync(installed, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: path => !path.endsWith("dist"),
  });
  return folder;
}

/** Exit code 1 and exactly one line on stderr, of one sentence, without a stack. */
async function expectOneSentence(run: Run, sentence: RegExp): Promise<void> {
  expect(await run.exit).toBe(1);
  expect(run.err().trimEnd().split("\n")).toHaveLength(1);
  expect(run.err()).toMatch(sentence);
}

describe("npm start", () => {
  it("lists on --help every variable the server reads, before anything is installed", async () => {
    const run = node(bare, ["scripts/start.mjs", "--help"]);
    expect(await run.exit).toBe(0);
    for (const name of VARIABLES) expect(run.out()).toContain(`\n  ${name} `);
  });

  it("builds and serves the first time, and the second time serves within three seconds", async () => {
    const first = start();
    await first.says("Open http://127.0.0.1:");
    expect(first.err()).toContain("building");
    const url = /Open (\S+)/.exec(first.out())![1]!;
    expect(await (await fetch(url)).text()).toContain('<div id="root">');
    expect((await fetch(`${url}sw.js`)).headers.get("content-type")).toContain("javascript");
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);

    const before = performance.now();
    const second = start();
    await second.says("Open http://127.0.0.1:");
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(second.err()).toBe("");
    second.child.kill("SIGINT");
    expect(await second.exit).toBe(0);
  }, 30_000);

  it("says in one sentence that the port is in use", async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await expectOneSentence(
      start({ PORT: String(port) }),
      new RegExp(`^Port ${port} on 127.0.0.1 is in use; .*\\.$`, "m"),
    );
    other.close();
  });

  it.each([
    [{ PORT: "http" }, /^PORT must be/],
    [{ HOST: "192.0.2.1" }, /^HOST=192\.0\.2\.1 is no address of this machine/],
    [{ ICE_SERVERS: "stun:x" }, /^ICE_SERVERS must be/],
  ])("says in one sentence what is wrong with %j", async (env, sentence) => {
    await expectOneSentence(start(env), sentence);
  });

  it("says in one sentence that the dependencies could not be had", async () => {
    const run = start({}, bare);
    expect(await run.exit).toBe(1);
    expect(run.err().trimEnd().split("\n")).toEqual([
      "installing dependencies (once; this needs the network)",
      "`npm ci` failed (see above); the first start needs the network, later ones do not.",
    ]);
  });

  it("asks for what builds the app too where NODE_ENV says production", async () => {
    expect(await start({ NODE_ENV: "production" }, bare).exit).toBe(1);
    const [command, ...flags] = JSON.parse(readFileSync(asked, "utf8")) as string[];
    expect(command).toBe("ci");
    // Without it npm leaves out what package.json calls development, Vite first of all.
    expect(flags).toContain("--include=dev");
  });

  it("says in one sentence that what builds the app is not there", async () => {
    const folder = unbuilt("without-vite");
    writeFileSync(join(folder, "scripts/build.mjs"), 'import "a-package-that-is-not-there";');
    const run = start({}, folder);
    expect(await run.exit).toBe(1);
    expect(run.err().trimEnd().split("\n")).toEqual([
      "building",
      expect.stringMatching(/^The build failed: Cannot find package 'a-package-that-is-not-there'/),
    ]);
  });

  it("says in one sentence that a folder cannot be written", async () => {
    const folder = unbuilt("unwritable");
    // A file in its place: that stops root too, whom permissions would not.
    writeFileSync(join(folder, "dist"), "");
    await expectOneSentence(start({}, folder), /^The folder dist cannot be written \(\w+\); .*\.$/m);
  });

  it.each([
    ["18.20.4", 1],
    ["20.18.3", 1],
    ["20.19.0", 0],
    ["22.0.0", 0],
  ])("judges Node %s with exit code %d", async (version, code) => {
    const script = `import { orOneSentence, requireNode } from "./scripts/steps.mjs";
      await orOneSentence(() => requireNode("${version}"));`;
    const run = node(installed, ["--input-type=module", "-e", script]);
    if (code === 1)
      await expectOneSentence(run, /^Chirograph needs Node 20\.19 or newer, and this is .*\.$/m);
    else expect(await run.exit).toBe(0);
  });
});
