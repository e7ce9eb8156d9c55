// Golden bytes of file version 1: the story of wire-1.json as a file, with a snapshot and a segment that was added later.
// `VECTORS=write npx vitest run --project unit test/vectors` writes it anew. What deflating gives may differ between versions
// of the packer, so the bytes are what must be read, and what is written must be read alike.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FileWriter, mustFromHex, openFile, Replica, save, toHex } from "../../src/crdt/index.ts";
import { codeOf, everything, mustRead } from "../crdt/file/files.ts";
import { Key, verify } from "../crdt/people.ts";
import type { Vectors } from "./make.ts";

interface FileVectors {
  readonly file: 1;
  readonly bytes: string;
  /** Refused; the same bytes but for one, and the code. */
  readonly altered: readonly { readonly at: number; readonly xor: number; readonly code: string }[];
}

const FILE = new URL("./file-1.json", import.meta.url);
const story = JSON.parse(readFileSync(new URL("./wire-1.json", import.meta.url), "utf8")) as Vectors;

/** The first changes of the story, received. */
function told(count: number, replica: Replica): void {
  for (const { bytes, signature } of story.changes.slice(0, count)) {
    const inspected = replica.inspect(mustFromHex(bytes), mustFromHex(signature));
    if (!inspected.ok) throw new Error(inspected.code);
    replica.admit(inspected, inspected.questions.map(verify), "vectors");
  }
}

function make(): FileVectors {
  const replica = Replica.open(new Key("the writer of files").id, story.doc as Replica["doc"]);
  told(story.changes.length - 3, replica);
  const first = save(replica, { snapshot: "small" });
  const writer = new FileWriter(replica, mustRead(first).loaded.ledger);
  told(story.changes.length, replica);
  const bytes = Uint8Array.from([...first, ...writer.segments()]);
  const altered = [0, 8, 9, 60, first.length - 1, bytes.length - 1].map(at => {
    const copy = bytes.slice();
    copy[at]! ^= 1;
    const file = openFile(copy);
    return { at, xor: 1, code: codeOf(file.ok ? mustRead(copy) : file)! };
  });
  return { file: 1, bytes: toHex(bytes), altered };
}

if (process.env.VECTORS === "write") {
  writeFileSync(
    FILE,
    `${JSON.stringify(make(), null, 2).replace(/\{\s+("at".*),\s+("xor".*),\s+("code".*)\s+\}/g, "{ $1, $2, $3 }")}\n`,
  );
  console.log("vectors: wrote file-1.json");
}

const vectors = JSON.parse(readFileSync(FILE, "utf8")) as FileVectors;

describe("the vectors of file version 1", () => {
  it("hold the changes of the story, byte for byte", () => {
    const { loaded, replica } = mustRead(mustFromHex(vectors.bytes));
    expect(loaded).toMatchObject({ refusal: null, taken: story.changes.length });
    expect(replica.heads).toEqual(story.heads);
    expect(replica.canonicalJson()).toBe(story.canonicalJson);
    const changes = Object.fromEntries(story.changes.map(({ id, bytes }) => [id, bytes]));
    expect(everything(replica.changes())).toEqual(changes);
  });

  it("are refused when altered", () => {
    for (const { at, xor, code } of vectors.altered) {
      const copy = mustFromHex(vectors.bytes);
      copy[at]! ^= xor;
      const file = openFile(copy);
      expect(codeOf(file.ok ? mustRead(copy) : file)).toBe(code);
    }
  });

  it("are what this version writes, or read alike", () => {
    expect(make().altered).toEqual(vectors.altered);
  });
});
