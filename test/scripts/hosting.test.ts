// Goal: what docs/self-hosting.md and the container's files promise holds. Method: the page's blocks are marked, and the
// programs that read them refuse what is wrong (all of it is run by scripts/self-hosting.mjs); the image is put together
// here as the Dockerfile says, from what it copies, and served and asked for its health as an engine would.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { VARIABLES } from "../../signalling/configuration.ts";
import { built, freePort } from "../signalling/built.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Block {
  readonly line: number;
  readonly language: string;
  readonly how: string | null;
  readonly text: string;
}
// The script is plain JavaScript, started by Node without a build, so its types stand here.
const script: string = "../../scripts/self-hosting.mjs";
const { blocksOf, misMarked, check } = (await import(script)) as {
  blocksOf(markdown: string): Block[];
  misMarked(blocks: readonly Block[]): string[];
  check(name: string, text: string, folder: string): { failed?: string; skipped?: string };
};

const folder = mkdtempSync(join(tmpdir(), "chirograph-hosting-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docs/self-hosting.md", () => {
  const page = read("docs/self-hosting.md");
  const blocks = blocksOf(page);

  it("says of every block how it is checked", () => {
    expect(blocks.length).toBe(page.split("\n").filter(line => line.startsWith("```")).length / 2);
    expect(blocks.length).toBeGreaterThan(10);
    expect(misMarked(blocks)).toEqual([]);
  });

  it("would be found out", () => {
    const wrong =
      "```sh\nls\n```\n\n<!-- check: nothing -->\n\n```ini\n[x]\n```\n\n<!-- not run:  -->\n\n```sh\nls\n```\n";
    expect(misMarked(blocksOf(wrong))).toHaveLength(3);
  });

  it.for([
    ["caddy", "notes.example {\n  reverse_proxyy 127.0.0.1:8080\n}\n"],
    ["nginx", "location / {\n  proxy_passs http://127.0.0.1:8080;\n}\n"],
    ["systemd", "[Service]\nExecStart=/usr/bin/env node x\nNoNewPrivilege=yes\n"],
    ["coturn", "listening-port=3478\nrealm=turn.example\nuse-auth-secretive\n"],
  ] as const)("has its blocks refused by %s where they are wrong", ([name, wrong], { skip }) => {
    const right = blocks.find(({ how }) => how === `check: ${name}`)!.text;
    const { failed, skipped } = check(name, right, folder);
    if (skipped !== undefined) {
      console.warn(`SKIPPED: configuration before ${name}: ${skipped}`);
      skip(skipped);
    }
    expect(failed).toBeUndefined();
    expect(check(name, wrong, folder).failed).toBeDefined();
  });

  it("lists every variable, and sets none that there is not", () => {
    for (const name of VARIABLES) expect(page).toContain(`| \`${name}\``);
    const set = [
      ...`${page}${read("compose.yaml")}`.matchAll(/^\s*(?:Environment=)?([A-Z_]{3,})(?:=|: ")/gm),
    ];
    expect(set.length).toBeGreaterThan(3);
    for (const [, name] of set) expect([...VARIABLES, "NODE_ENV"]).toContain(name);
  });
});

describe("the image", () => {
  const [, stage] = read("Dockerfile")
    .split(/^FROM .+$/m)
    .slice(1);
  const copies = [...stage!.matchAll(/^COPY --from=build \/build\/(\S+) (\S+)$/gm)];
  const [, command] = /^CMD (\[.*\])$/m.exec(stage!)!;
  const [, health] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(stage!)!;
  const image = join(folder, "image");
  let server: Awaited<ReturnType<typeof built>>;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    server = await built("main.ts");
    for (const [, from, to] of copies) {
      const target = join(image, to!);
      mkdirSync(dirname(target), { recursive: true });
      // What a build makes is not here; the server is built anew, and the app is a page of one line.
      if (from === "dist/server") cpSync(dirname(server.script), target, { recursive: true });
      else if (from === "dist/app") cpSync(join(root, "index.html"), join(target, "index.html"));
      else cpSync(join(root, from!), target, { recursive: true });
    }
  }, 30_000);

  afterAll(() => {
    child?.kill("SIGKILL");
    server?.remove();
  });

  it("copies what there is, and does not run as root", () => {
    expect(copies.map(([, from]) => from)).toEqual([
      "package.json",
      "dist/app",
      "dist/server",
      "node_modules/ws",
    ]);
    for (const [, path] of read("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm))
      for (const part of path!.split(" ")) expect(existsSync(join(root, part))).toBe(true);
    expect(stage).toMatch(/^USER node$/m);
  });

  it("serves from nothing but what it copies, also through Redis, and is healthy until it ends", async () => {
    const [, ...args] = JSON.parse(command!) as string[];
    const [, ...healthArgs] = JSON.parse(health!) as string[];
    // Nobody answers there; that the client is found is what matters.
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
    const env = { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: String(await freePort()), REDIS_URL };
    child = spawn(process.execPath, args, { cwd: image, env });
    let out = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", data => {
        out += data;
      });
    await vi.waitFor(() => expect(out).toMatch(/Open http/), { timeout: 10_000 });
    await vi.waitFor(() => expect(out).toContain("Redis lost"), { timeout: 10_000 });
    const isHealthy = () => spawnSync(process.execPath, healthArgs, { env }).status === 0;
    expect(isHealthy()).toBe(true);
    const ended = new Promise(resolve => child!.on("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(isHealthy()).toBe(false);
  }, 30_000);
});
