// Goal: the tarball is what somebody can use: it holds what is needed and no more, runs in Node, has types under both
// resolutions, and costs a bundle only what is used of it. Method: it is packed and unpacked into an empty folder
// (installed.ts), without a registry.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examplesIn, type Installed, installPackage, ROOT } from "./installed.ts";

const PEERS = ["@codemirror/state", "@codemirror/view", "codemirror", "react"];
const TYPES = ["@types/ws", "@types/react", "@types/node", "undici-types", "csstype"];
const MINUTES_MS = 180_000;

let installed: Installed;

beforeAll(() => {
  installed = installPackage([...PEERS, ...TYPES]);
}, MINUTES_MS);

afterAll(() => installed?.remove());

function write(name: string, text: string): string {
  const path = join(installed.folder, name);
  writeFileSync(path, text);
  return path;
}

function node(args: readonly string[]) {
  const env = { ...process.env, NODE_OPTIONS: "" };
  return spawnSync(process.execPath, args, { cwd: installed.folder, encoding: "utf8", env });
}

describe("the tarball", () => {
  it("holds the built modules with their types, the command, the licence, the README, and nothing else", () => {
    const paths = installed.packed.files.map(({ path }) => path);
    const others = paths.filter(
      path => !/^dist\/(package\/[\w/.-]+\.(js|d\.ts)|cli\/[\w.-]+\.js)$/.test(path),
    );
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
    const private_ =
      /^dist\/package\/.*\/(ui\/(?!editor\/|people\/)|cli|workspace|signalling\/(?!frames|limits))/;
    expect(paths.filter(path => private_.test(path))).toEqual([]);
    expect(installed.packed.size).toBeLessThan(640_000);
  });

  it("brings the command, which runs as it is", () => {
    const command = join(installed.folder, "node_modules/chirograph/dist/cli/main.js");
    const { status, stdout } = node([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("chirograph verify FILE");
  });

  it("has every entry with its types, and names no source", () => {
    const target = join(installed.folder, "node_modules/chirograph");
    const { exports } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
    const files = Object.values(
      exports as Record<string, string | { types: string; default: string }>,
    ).flatMap(entry => (typeof entry === "string" ? [entry] : [entry.types, entry.default]));
    expect(files).toHaveLength(13);
    for (const file of files) expect(readFileSync(join(target, file), "utf8")).not.toMatch(/from ".*\.tsx?"/);
  });

  it("depends on exact versions", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("in an empty folder", () => {
  it("the README's lines run in Node as they stand", () => {
    const [first] = examplesIn("README.md");
    expect(first!.trim().split("\n").length).toBeLessThan(25);
    const { stdout, stderr, status } = node([write("readme.mjs", first!)]);
    const all = '{"title":"Shopping","todo":[{"what":"milk","done":true},{"what":"eggs","done":false}]}';
    const sorted = JSON.stringify(JSON.parse(all));
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const last = stdout.trim().split("\n").at(-1)!;
    const [hers, his] = last
      .replace(/ \[\]$/, "")
      .split(" ")
      .map(json => JSON.parse(json));
    expect(hers).toEqual(JSON.parse(sorted));
    expect(his).toEqual(hers);
    expect(last.endsWith(" []")).toBe(true);
  });

  it("a device is kept in a folder, by the lines for Node as they stand", () => {
    const [example] = examplesIn("docs/embedding.md").filter(code => code.includes("chirograph/node"));
    const path = write("folder.mjs", example!);
    expect(node([path])).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringContaining("Hello\\n"),
    });
    expect(node([path])).toMatchObject({ status: 0, stdout: expect.stringContaining("Hello\\nHello\\n") });
  });

  it("every entry can be imported in Node, and does nothing by that", () => {
    const { stdout, stderr } = node([
      write(
        "entries.mjs",
        `const names = ["", "/sync", "/node", "/codemirror", "/react", "/state"];
        const all = await Promise.all(names.map(name => import("chirograph" + name)));
        console.log(all.map(module => Object.keys(module).length > 0).join());`,
      ),
    ]);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe("true,true,true,true,true,true");
  });

  it.each(["bundler", "nodenext"])(
    "types hold under %s",
    resolution => {
      const examples = [...examplesIn("README.md"), ...examplesIn("docs/embedding.md")];
      expect(examples.length).toBeGreaterThan(3);
      const files = examples.map((code, i) => write(`example-${i}.tsx`, `${code}\nexport {};\n`));
      const lines = [
        ["chirograph", "Document, Identity, ChirographError, Replica, docOf"],
        ["chirograph/sync", "openSession, openStore, openMemoryStore, memoryLinks"],
        ["chirograph/node", "openFolder, WebSocket"],
        ["chirograph/codemirror", "chirograph"],
        ["chirograph/react", "useDocument, useValue, useText, useSession"],
        ["chirograph/state", "orSet"],
      ].map(([name, names]) => `export { ${names} } from "${name}";`);
      write("package.json", '{"type":"module"}');
      files.push(write("all.mts", lines.join("\n")));
      const module = resolution === "bundler" ? "esnext" : "nodenext";
      write(
        "tsconfig.json",
        JSON.stringify({
          compilerOptions: {
            ...{ strict: true, noEmit: true, target: "es2022", module, moduleResolution: resolution },
            ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, lib: ["es2023", "dom"] },
            // Ours are checked to the last; others' are theirs.
            ...{ skipLibCheck: false, types: ["node"], jsx: "react-jsx" },
          },
          files,
        }),
      );
      const { stdout } = node([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."]);
      expect(
        stdout
          .split("\n")
          .filter(line => !/node_modules\/(?!chirograph\/)/.test(line))
          .join("\n")
          .trim(),
      ).toBe("");
    },
    MINUTES_MS,
  );

  it(
    "types of the core need no browser",
    () => {
      const file = write(
        "core.mts",
        `import { Document, Replica } from "chirograph";\nexport { Document, Replica };\n`,
      );
      const options =
        "--strict --noEmit --target es2022 --module nodenext --lib es2023 --types node --ignoreConfig".split(
          " ",
        );
      const { stdout } = node([join(ROOT, "node_modules/typescript/bin/tsc"), ...options, file]);
      expect(stdout.trim()).toBe("");
    },
    MINUTES_MS,
  );
});

/** Minified, what a page would load at first, with what it depends on. */
async function bundled(code: string): Promise<string> {
  const result = (await build({
    root: installed.folder,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      rollupOptions: {
        input: write("bundle.mjs", code),
        external: PEERS,
        preserveEntrySignatures: "strict",
      },
    },
  })) as Rollup.RollupOutput;
  const chunks = result.output.filter(chunk => chunk.type === "chunk");
  // What is fetched when it is wanted is another matter.
  const first = chunks.filter(({ isEntry, fileName }) => isEntry || isNeeded(fileName, chunks));
  return first.map(({ code }) => code).join("\n");
}

function isNeeded(fileName: string, chunks: readonly Rollup.OutputChunk[]): boolean {
  return chunks.some(
    ({ isEntry, imports, fileName: by }) => imports.includes(fileName) && (isEntry || isNeeded(by, chunks)),
  );
}

function gzipBytes(code: string): number {
  return gzipSync(code).length;
}

describe("a bundle", () => {
  it("of nothing is nothing", async () => {
    const code = await bundled(
      `import "chirograph"; import "chirograph/sync"; import "chirograph/codemirror"; import "chirograph/react";`,
    );
    expect(code.trim()).toBe("");
  });

  it("of a replica holds no sync, no façade and no storage", async () => {
    const code = await bundled(`export { Replica } from "chirograph";`);
    console.log(`Replica alone: ${gzipBytes(code)} bytes gzipped`);
    expect(code).toContain("the draft is closed before");
    for (const foreign of ["indexedDB", "WebSocket", "RTCPeerConnection", "Expected a path"])
      expect(code).not.toContain(foreign);
    expect(gzipBytes(code)).toBeLessThan(72_000);
  });

  it("of documents holds no network", async () => {
    const code = await bundled(`export { Document, Identity } from "chirograph";`);
    console.log(`Document and Identity: ${gzipBytes(code)} bytes gzipped`);
    for (const foreign of ["globalThis.WebSocket", "RTCPeerConnection", "simple-peer"])
      expect(code).not.toContain(foreign);
    expect(gzipBytes(code)).toBeLessThan(101_000);
  });
});
