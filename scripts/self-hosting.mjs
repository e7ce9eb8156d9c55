// Keeps docs/self-hosting.md true: takes every block out of it, runs the commands in a folder of their own, one after
// another as a reader would, and has each configuration read by the program it is for. A comment before the block says
// which it is; a block without one is an error. What this machine cannot do is listed with the reason.
//
//     <!-- serves -->            runs until it says where it listens, and on through the blocks that follow
//     <!-- serves, with redis --> the same, with a Redis started for it
//     <!-- run -->               has to end with 0
//     <!-- check: caddy -->      is read by a program, and has to be accepted
//     <!-- not run: reason -->
//
// `--install` fetches the programs (Debian and Ubuntu, as root). The last line counts.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find-program.mjs";
import { orOneSentence, root, Sentence } from "./steps.mjs";

const PAGE = "docs/self-hosting.md";
/** Milliseconds for one block: the first one installs and builds. */
const BLOCK_MS = 300_000;

/** How a program is made to read a block: the file it goes into, and the command that judges it. */
const CHECKS = {
  caddy: {
    program: "CADDY",
    command: (path, file) => [path, ["validate", "--adapter", "caddyfile", "--config", file]],
  },
  nginx: {
    program: "NGINX",
    wrap: text => `events {}\nhttp { server { listen 127.0.0.1:8080;\n${text}\n} }\n`,
    command: (path, file, folder) => [path, ["-t", "-c", file, "-g", `pid ${folder}/nginx.pid;`]],
  },
  systemd: {
    program: "SYSTEMD_ANALYZE",
    file: "chirograph.service",
    command: (path, file) => [path, ["verify", file]],
    // It tells of keys that it does not know, and ends with 0 all the same.
    isAccepted: ({ status, stderr }) => status === 0 && !stderr.includes("chirograph.service:"),
  },
  // Started and ended: it has no way of only reading. `timeout` ends it, with 124, if it did not end by itself.
  coturn: {
    program: "TURNSERVER",
    command: (path, file, folder) => [
      "timeout",
      [
        ...["2", path, "-c", file, "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"],
        ...["--log-file=stdout", `--pidfile=${folder}/turn.pid`],
      ],
    ],
    isAccepted: ({ status, stdout, stderr }) => status === 124 && !/bad configuration/i.test(stdout + stderr),
  },
};

/** `{ line, language, how, text }` of each block, in order. */
export function blocksOf(markdown) {
  const blocks = [];
  const pattern = /(?:<!-- (.+?) -->\n\n)?```([\w]+)\n([\s\S]*?)```/g;
  for (const { 0: all, 1: how, 2: language, 3: text, index } of markdown.matchAll(pattern)) {
    const line = markdown.slice(0, index + all.indexOf("```")).split("\n").length;
    blocks.push({ line, language, how: how ?? null, text });
  }
  return blocks;
}

/** What is wrong with how blocks are marked, as sentences. */
export function misMarked(blocks) {
  return blocks
    .filter(({ how, language }) => {
      const check = /^check: (\w+)$/.exec(how ?? "")?.[1];
      if (language !== "sh") return check === undefined || !(check in CHECKS);
      return !/^(serves(, with redis)?|run|not run: .+)$/.test(how ?? "");
    })
    .map(
      ({ line, how }) => `${PAGE}:${line}: nobody says how this block is checked (${how ?? "no comment"})`,
    );
}

/** Whether a program accepts a block: `{}`, `{ failed }` or `{ skipped }`. */
export function check(name, text, folder, install = false) {
  const { program, file = "block", wrap = same => same, command, isAccepted } = CHECKS[name];
  const path = findProgram(program, { install });
  if (path === null) return { skipped: `${program.toLowerCase().replace("_", "-")} is not installed` };
  const target = join(folder, file);
  writeFileSync(target, wrap(text));
  const [executable, args] = command(path, target, folder);
  return judge(spawnSync(executable, args, { encoding: "utf8", timeout: BLOCK_MS }), isAccepted);
}

class Reader {
  folder = mkdtempSync(join(tmpdir(), "chirograph-hosting-"));
  port = 0;
  redisPort = 0;
  serving = null;
  redis = null;

  async begin() {
    [this.port, this.redisPort] = [await freePort(), await freePort()];
    this.environment = { ...process.env, REPOSITORY: root, PORT: String(this.port), NODE_OPTIONS: "" };
  }

  /** "passed", or why not. */
  async read(block, install) {
    const { how } = block;
    const text = block.text.replaceAll("8080", String(this.port)).replaceAll("6379", String(this.redisPort));
    if (how.startsWith("not run: ")) return { skipped: how.slice("not run: ".length) };
    if (how.startsWith("check: ")) return check(how.slice("check: ".length), text, this.folder, install);
    if (how === "run") return this.run(text);
    await this.endServing();
    if (how === "serves, with redis") {
      const path = findProgram("REDIS_SERVER", { install });
      if (path === null) return { skipped: "redis-server is not installed" };
      const args = ["--port", String(this.redisPort), "--bind", "127.0.0.1", "--save", ""];
      this.redis = spawn(path, args, { stdio: "ignore", detached: true });
    }
    return this.serve(text);
  }

  run(text) {
    const options = { cwd: this.folder, env: this.environment, encoding: "utf8", timeout: BLOCK_MS };
    return judge(spawnSync("bash", ["-euo", "pipefail", "-c", text], options));
  }

  async serve(text) {
    const child = spawn("bash", ["-euo", "pipefail", "-c", text], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, to be ended with all that it started.
      detached: true,
    });
    this.serving = child;
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", data => {
        out += data;
      });
    const endsAt = Date.now() + BLOCK_MS;
    while (Date.now() < endsAt && child.exitCode === null) {
      if (/^Open http/m.test(out)) return (await this.isReady()) ? {} : { failed: `never ready\n${out}` };
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    return { failed: `it does not serve:\n${out}` };
  }

  async isReady() {
    for (let i = 0; i < 50; i++) {
      const response = await fetch(`http://127.0.0.1:${this.port}/readyz`);
      if (response.ok) return true;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    return false;
  }

  async endServing() {
    for (const child of [this.serving, this.redis]) {
      if (child === null || child.exitCode !== null) continue;
      const ended = new Promise(resolve => child.on("exit", resolve));
      process.kill(-child.pid, "SIGTERM");
      await ended;
    }
    this.serving = null;
    this.redis = null;
  }

  async end() {
    await this.endServing();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function judge(result, isAccepted = ({ status }) => status === 0) {
  if (isAccepted(result)) return {};
  return { failed: `${result.stdout}${result.stderr}${result.error ?? ""}` };
}

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function main() {
  const install = process.argv.includes("--install");
  const blocks = blocksOf(readFileSync(join(root, PAGE), "utf8"));
  const wrong = misMarked(blocks);
  if (wrong.length > 0) throw new Sentence(wrong.join("\n"));
  const count = { passed: 0, failed: 0, skipped: 0 };
  const reader = new Reader();
  await reader.begin();
  try {
    for (const block of blocks) {
      const { failed, skipped } = await reader.read(block, install);
      const name = `${PAGE}:${block.line} ${block.text.trim().split("\n")[0]}`;
      if (failed !== undefined) console.log(`✗ ${name}\n${failed}`);
      else console.log(skipped === undefined ? `✓ ${name}` : `— ${name}\n    not run: ${skipped}`);
      count[failed !== undefined ? "failed" : skipped !== undefined ? "skipped" : "passed"]++;
    }
  } finally {
    await reader.end();
  }
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} not run`);
  process.exitCode = count.failed > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await orOneSentence(main);
