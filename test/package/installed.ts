// The package as somebody gets it: packed, unpacked into the node_modules of an empty folder, with what it depends on
// taken from ours. No registry is asked.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Packed {
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

export interface Installed {
  /** Empty but for node_modules. */
  readonly folder: string;
  readonly packed: Packed;
  remove(): void;
}

/** `also`: packages of ours besides the dependencies that package.json names, such as peers. */
export function installPackage(also: readonly string[]): Installed {
  // Links are followed to where they lead, also by who imports: macOS has its temporary folder behind one.
  const folder = mkdtempSync(join(tmpdir(), "chirograph-package-"));
  run(process.execPath, ["scripts/package.mjs"]);
  const npm = [
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
    "--cache",
    join(folder, ".npm"),
  ];
  const [packed] = JSON.parse(run("npm", npm)) as (Packed & { readonly filename: string })[];
  const target = join(folder, "node_modules/chirograph");
  mkdirSync(target, { recursive: true });
  const tarball = join(folder, packed!.filename);
  run("tar", ["-xzf", tarball, "--strip-components=1", "-C", target]);
  rmSync(tarball);
  rmSync(join(folder, ".npm"), { recursive: true, force: true });
  const { dependencies } = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as {
    readonly dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), ...also]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link, "junction");
  }
  return { folder, packed: packed!, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The blocks of code in a document of ours that import the package. */
export function examplesIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^```(?:js|ts|tsx)\n(.*?)^```/gms)]
    .map(match => match[1]!)
    .filter(code => /from "chirograph/.test(code));
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    shell: process.platform === "win32" && command === "npm",
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error ?? stdout + stderr}`);
  return stdout;
}
