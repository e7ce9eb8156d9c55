// The golden bytes still mean what they meant, and the same story still makes the same bytes. Whoever changes the
// format changes the file, and the wire page with it, in one commit.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeChange, idOf } from "../../src/crdt/graph/codec.ts";
import { PEOPLE_OP } from "../../src/crdt/graph/people-bytes.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import {
  type ChangeId,
  type DeviceId,
  mustFromHex,
  Replica,
  toHex,
  verifyInScript,
} from "../../src/crdt/index.ts";
import { make, type Vectors } from "./make.ts";

const FILE = new URL("./wire-1.json", import.meta.url);

if (process.env.VECTORS === "write") {
  // As the formatter has it: an array of one short string stands on one line.
  const json = JSON.stringify(make(), null, 2).replace(/\[\s+("[0-9a-f]{64}")\s+\]/g, "[$1]");
  writeFileSync(FILE, `${json}\n`);
  console.log("vectors: wrote wire-1.json");
}

const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

function receive(
  replica: Replica,
  { bytes, signature }: { readonly bytes: string; readonly signature: string },
) {
  const inspected = replica.inspect(mustFromHex(bytes), mustFromHex(signature));
  if (!inspected.ok) return [inspected.code];
  const verdicts = inspected.questions.map(({ key, message, signature }) =>
    verifyInScript(key, message, signature),
  );
  return replica.admit(inspected, verdicts, "vectors").refused.map(({ refusal }) => refusal.code);
}

describe("the vectors of wire version 1", () => {
  it("are what this version writes", () => {
    expect(make()).toEqual(vectors);
  });

  it("have the ids, messages and signatures that belong to their bytes", () => {
    for (const { id, author, bytes, message, signature } of vectors.changes) {
      expect(idOf(mustFromHex(bytes))).toBe(id);
      expect(toHex(signatureMessage(id as ChangeId))).toBe(message);
      expect(decodeChange(mustFromHex(bytes))).toMatchObject({ id, author, doc: vectors.doc });
      expect(verifyInScript(mustFromHex(author), mustFromHex(message), mustFromHex(signature))).toBe(true);
    }
  });

  it("use every op there is", () => {
    const used = new Set<string>();
    for (const { bytes } of vectors.changes) {
      const change = decodeChange(mustFromHex(bytes));
      if (!("ok" in change)) for (const op of change.ops) used.add(op.type);
    }
    const data = ["add", "delete", "increment", "insertList", "insertText", "move", "remove", "set", "unset"];
    expect([...used].sort()).toEqual([...data, ...Object.keys(PEOPLE_OP), "retract", "unknown"].sort());
  });

  it("give the document that they say, forwards and backwards, and their refusals", () => {
    for (const changes of [vectors.changes, vectors.changes.toReversed()]) {
      const replica = Replica.open("00".repeat(32) as DeviceId, vectors.doc as ChangeId);
      for (const change of changes) expect(receive(replica, change), change.about).toEqual([]);
      expect(replica.canonicalJson()).toBe(vectors.canonicalJson);
      expect(replica.heads).toEqual(vectors.heads);
      for (const { about, code, ...letter } of vectors.refused)
        expect(receive(replica, letter), about).toEqual([code]);
      expect(replica.canonicalJson()).toBe(vectors.canonicalJson);
    }
  });
});
