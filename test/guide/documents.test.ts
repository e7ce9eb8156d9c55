// The documents name files and tests; a name that is gone is a promise that nobody keeps any more.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENTS = [
  ...readdirSync(root),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map(path => join("docs", path)),
]
  .filter(path => path.endsWith(".md"))
  .sort();

/** Folders whose files are named from the root; anything else in code marks may be an example. */
const PATH = /`((?:src|signalling|test|scripts|docs|public|bench)\/[\w./-]*)`/g;
const COMMAND = /`npm test -- (test\/[\w./-]+)`/g;

function exists(path: string): boolean {
  const full = join(root, path);
  // What a command names may be the beginning of a name.
  return existsSync(full) || readdirSync(dirname(full)).some(name => full.endsWith(`/${name.split(".")[0]}`));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

describe.each(DOCUMENTS)("%s", document => {
  const text = readFileSync(join(root, document), "utf8");

  it("names files that are there", () => {
    const named = [...text.matchAll(PATH), ...text.matchAll(COMMAND)].map(match => match[1]!);
    expect(named.filter(path => !exists(path))).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(match => match[1]!);
    expect(links.filter(link => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  it("cites tests by the names they have", () => {
    const missing: string[] = [];
    for (const paragraph of text.split("\n\n")) {
      const files = [...paragraph.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(match => join(root, match[1]!));
      if (files.length === 0) continue;
      const tests = oneLine(
        files
          .filter(existsSync)
          .map(file => readFileSync(file, "utf8"))
          .join("\n"),
      );
      for (const [, name] of oneLine(paragraph.replaceAll(/`[^`]*`/g, "")).matchAll(/"([^"]+)"/g))
        if (!tests.includes(`"${name}"`)) missing.push(name!);
    }
    expect(missing).toEqual([]);
  });
});
