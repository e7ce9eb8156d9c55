// Golden verdicts of the one signature rule (wire §3.2): honest signatures, and crafted ones on which libraries disagree. The
// file is for other implementations; `VECTORS=write` writes it anew. Published vectors of others are in
// test/crdt/graph/ed25519.test.ts, where they lie beside the tree.

import { createPublicKey, verify as nodeVerify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/crdt/graph/bytes.ts";
import { hasAdmissibleForm, isAdmissibleKey } from "../../src/crdt/graph/ed25519.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { type SignatureCase, signatureCases } from "../crdt/graph/ed25519-cases.ts";

const FILE = new URL("./ed25519-1.json", import.meta.url);

if (process.env.VECTORS === "write") {
  writeFileSync(FILE, `${JSON.stringify({ wire: 1, cases: signatureCases() }, null, 2)}\n`);
  console.log("vectors: wrote ed25519-1.json");
}

const { wire, cases } = JSON.parse(readFileSync(FILE, "utf8")) as { wire: 1; cases: SignatureCase[] };

function bytesOf({ key, message, signature }: SignatureCase) {
  return [key, message, signature].map(hex => fromHex(hex)!) as [Uint8Array, Uint8Array, Uint8Array];
}

describe("the golden verdicts", () => {
  it("are those of the script and of the platform behind the gates", () => {
    for (const vector of cases) {
      const [key, message, signature] = bytesOf(vector);
      const isFit = isAdmissibleKey(key) && hasAdmissibleForm(signature);
      const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
      const verdicts = {
        script: verifyInScript(key, message, signature),
        platform:
          isFit &&
          nodeVerify(null, message, createPublicKey({ key: spki, format: "der", type: "spki" }), signature),
      };
      expect([vector.name, verdicts]).toEqual([
        vector.name,
        { script: vector.valid, platform: vector.valid },
      ]);
    }
  });

  it("are made by the same cases today, and hold every kind of them", () => {
    expect([wire, cases]).toEqual([1, signatureCases()]);
    for (const kind of ["torsion in A", "in R", "small order", "S + L", "p + 18", "RFC 8032"])
      expect(
        cases.some(({ name }) => name.includes(kind)),
        kind,
      ).toBe(true);
    expect(cases.some(({ valid }) => valid) && cases.some(({ valid }) => !valid)).toBe(true);
  });
});
