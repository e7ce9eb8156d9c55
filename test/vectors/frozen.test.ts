// Wire version 1 is for ever: these files are never written again. Another format is another version, with files of its own
// beside them. `VECTORS=freeze npx vitest run --project=unit test/vectors/frozen` takes the hashes of files that are not
// frozen yet, and leaves those alone that are.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const FOLDER = new URL("./", import.meta.url);
const FILE = new URL("./frozen.json", import.meta.url);

const files = readdirSync(FOLDER)
  .filter(name => /-\d+\.json$/.test(name))
  .sort();
const hashOf = (name: string) =>
  createHash("sha256")
    .update(readFileSync(new URL(name, FOLDER)))
    .digest("hex");

const frozen = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, string>;

if (process.env.VECTORS === "freeze") {
  for (const name of files) frozen[name] ??= hashOf(name);
  writeFileSync(FILE, `${JSON.stringify(frozen, null, 2)}\n`);
  console.log(`vectors: froze ${Object.keys(frozen).join(", ")}`);
}

describe("the vectors of a version that is frozen", () => {
  it("are all there, and none is left unfrozen", () => {
    expect(files).toEqual(Object.keys(frozen).sort());
    expect(files).toEqual(
      expect.arrayContaining(["between-1.json", "ed25519-1.json", "file-1.json", "wire-1.json"]),
    );
  });

  it.each(Object.entries(frozen))("%s has the bytes that it had", (name, hash) => {
    expect(hashOf(name)).toBe(hash);
  });
});
