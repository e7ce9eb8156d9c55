// The command as somebody runs it: built, in a process of its own, by its words, its exit code and its output alone.

import { execFile, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Bytes, FileWriter, save } from "../../src/crdt/index.ts";
import { mustRead } from "../crdt/file/files.ts";
import { begin, clock, deliver, forge, gather } from "../crdt/people.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "chirograph-cli-"));
const main = join(folder, "cli/main.js");

let file: Bytes;

beforeAll(async () => {
  const { buildCommand } = (await import("../../scripts/build.mjs" as string)) as {
    buildCommand(outDir: string): Promise<void>;
  };
  await buildCommand(join(folder, "cli"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  clock.now = 1_700_000_000;
  const [alice, bob] = gather("Alice", "Bob");
  alice.replica.rename("Alice");
  alice.close();
  alice.write(root => root.text("body").insert(0, "Hello, "));
  deliver(alice, bob);
  bob.write(root => root.text("body").insert(7, "world\n"));
  deliver(bob, alice);
  file = save(alice.replica);
  put("minutes.chirograph", file);
});

afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes);
  return name;
}

function altered(at: number): Uint8Array {
  const copy = file.slice();
  copy[at]! ^= 1;
  return copy;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function chirograph(...words: string[]): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [main, ...words], { cwd: folder }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** `out`: where it writes to, or null for a pipe of which the other end is closed. */
function writingTo(out: number | null, ...words: string[]): Promise<Omit<Ran, "out">> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [main, ...words], {
      cwd: folder,
      stdio: ["ignore", out ?? "pipe", "pipe"],
    });
    child.stdout?.destroy();
    let err = "";
    child.stderr!.on("data", data => {
      err += data;
    });
    child.on("close", code => resolve({ code: code ?? -1, err }));
  });
}

/** Exactly one line, of one sentence, and no stack. */
const ONE_SENTENCE = /^[^\n]+[^.\n]\.?\n$/;

describe("chirograph verify", () => {
  it("says who wrote what share, at which heads, and ends with 0 where everything holds", async () => {
    const { code, out, err } = await chirograph("verify", "minutes.chirograph");
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("minutes.chirograph: everything holds: written by these keys, nothing altered");
    expect(out).toMatch(/Alice {2}owner +\d+ % +\d+ {2}[0-9a-f]{64}/);
    expect(out).toMatch(/Bob {4}editor +\d+ % +\d+ {2}[0-9a-f]{64}/);
    expect(out).toMatch(/heads {5}[0-9a-f]{64}/);
  });

  it("catches one altered byte, wherever it is", async () => {
    for (const at of [0, 8, 20, 60, file.length >> 1, file.length - 1]) {
      const { code, err } = await chirograph("verify", put("altered.chirograph", altered(at)));
      expect(code).toBe(1);
      expect(err).toMatch(/^altered\.chirograph does not hold: [^\n]+\.\n$/);
    }
  });

  it("shows in the README what it says of one altered byte", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const said = /minutes\.chirograph does not hold: [^\n]+/.exec(readme)?.[0];
    // What the README does to the file: its thousandth byte becomes another one.
    const copy = file.slice();
    copy[Math.min(1_000, copy.length - 10)]! ^= 1;
    const { err } = await chirograph("verify", put("minutes.chirograph", copy));
    put("minutes.chirograph", file);
    expect(err.trim()).toBe(said);
  });

  it("says the same to machines", async () => {
    const good = await chirograph("verify", "minutes.chirograph", "--json");
    expect(JSON.parse(good.out)).toMatchObject({
      holds: true,
      refusal: null,
      authors: [{ name: "Alice", role: "owner" }, { name: "Bob" }],
    });
    const bad = await chirograph("verify", put("altered.chirograph", altered(60)), "--json");
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ holds: false, refusal: { code: "FileDamaged" } });
  });

  it("ends with 1 for what is no such file", async () => {
    const { code, err } = await chirograph("verify", put("letter.txt", "Dear Bob"));
    expect(code).toBe(1);
    expect(err).toBe("letter.txt does not hold: it is not a Chirograph file.\n");
  });

  it("lets no name order the terminal about", async () => {
    const [mallory] = gather("Mallory");
    mallory.receive(forge(mallory, { ops: () => [{ type: "name", name: "\u001b[2JBob\u202e" }] }));
    put("named.chirograph", save(mallory.replica));
    const { out } = await chirograph("verify", "named.chirograph");
    expect(out).toContain("?[2JBob?");
  });
});

describe("chirograph export", () => {
  it("gives the text, the document, the log", async () => {
    expect(await chirograph("export", "minutes.chirograph", "--text")).toMatchObject({
      code: 0,
      out: "Hello, world\n\n",
    });
    const json = await chirograph("export", "minutes.chirograph", "--json");
    expect(JSON.parse(json.out)).toEqual({ body: "Hello, world\n" });
    const { out } = await chirograph("export", "minutes.chirograph", "--log");
    expect(out).toMatch(/^[0-9a-f]{16} {2}2023-11-1\d \d\d:\d\d UTC {2}Alice 1: genesis$/m);
    expect(out).toMatch(/Bob 2: insertText$/m);
  });

  it("shows nothing that does not hold, and says so", async () => {
    const { code, out, err } = await chirograph("export", put("altered.chirograph", altered(60)), "--text");
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(ONE_SENTENCE);
  });

  it("says first what does not hold where only what came before a text does", async () => {
    const alice = begin("Alice");
    const genesis = save(alice.replica);
    const writer = new FileWriter(alice.replica, mustRead(genesis).loaded.ledger);
    alice.write(root => root.text("body").insert(0, "Hello"));
    const cut = Buffer.concat([genesis, writer.segments()]);
    cut[cut.length - 12]! ^= 1;
    put("cut.chirograph", cut);
    for (const [form, out] of [
      ["--text", ""],
      ["--json", "{}\n"],
    ])
      expect(await chirograph("export", "cut.chirograph", form!)).toMatchObject({
        code: 1,
        out,
        err: expect.stringMatching(/^cut\.chirograph does not hold up to its end: [^\n]+\.\n$/),
      });
  });

  it("names the texts there are where it is asked for another", async () => {
    const { code, err } = await chirograph("export", "minutes.chirograph", "--text", "--page", "title");
    expect(code).toBe(2);
    expect(err).toBe('There is no text at "title"; there is body.\n');
  });
});

describe("chirograph", () => {
  it("ends with 2 and one sentence for what is no command", async () => {
    for (const words of [[], ["drink"], ["verify"], ["verify", "a", "b"], ["verify", "--loud", "a"]])
      expect(await chirograph(...words)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(ONE_SENTENCE),
      });
    for (const words of [
      ["export", "a"],
      ["export", "a", "--json", "--text"],
      ["serve", "--loud"],
    ])
      expect(await chirograph(...words)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(ONE_SENTENCE),
      });
    expect(await chirograph("verify", "nowhere.chirograph")).toMatchObject({
      code: 2,
      err: "nowhere.chirograph could not be read: it is not there.\n",
    });
  });

  it("ends without a word where nobody reads on, as what SIGPIPE ends", async () => {
    for (const words of [["verify"], ["export", "--log"], ["export", "--json"]])
      expect(await writingTo(null, ...words, "minutes.chirograph")).toEqual({ code: 141, err: "" });
  });

  it.skipIf(!existsSync("/dev/full"))("ends with 2 and one sentence where the disk is full", async () => {
    const full = openSync("/dev/full", "w");
    for (const words of [["verify"], ["export", "--log"], ["export", "--text"]])
      expect(await writingTo(full, ...words, "minutes.chirograph")).toEqual({
        code: 2,
        err: "The answer could not be written: the disk is full.\n",
      });
    closeSync(full);
  });

  it("tells what there is on --help", async () => {
    const { code, out } = await chirograph("--help");
    expect(code).toBe(0);
    for (const command of ["verify", "export", "serve", "peer"])
      expect(out).toContain(`chirograph ${command}`);
  });

  it("serves where there is an app, and says in one sentence where it cannot", async () => {
    expect(await chirograph("serve")).toMatchObject({ code: 2, err: expect.stringMatching(ONE_SENTENCE) });
    mkdirSync(join(folder, "app"));
    put("app/index.html", "<title>Chirograph</title>");
    const { code, err } = await chirograph("serve", "--port", "99999");
    expect(code).toBe(1);
    expect(err).toMatch(/^PORT must be a whole number .*\.\n$/);
    const server = spawn(process.execPath, [main, "serve", "--port", "0"], { cwd: folder });
    try {
      const url = await new Promise<string>((found, failed) => {
        let said = "";
        server.on("exit", () => failed(new Error(said)));
        server.stdout.on("data", data => {
          said += data;
          const open = /Open (\S+)/.exec(said);
          if (open !== null) found(open[1]!);
        });
      });
      expect(await (await fetch(new URL("healthz", url))).text()).toBe("ok");
    } finally {
      server.kill();
    }
  });
});
