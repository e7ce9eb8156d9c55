// One verdict everywhere: the rule in script, WebCrypto behind the gates and node:crypto behind the gates are asked
// the same questions, crafted and published. The published vectors are data of others and not part of this tree.

import { createPublicKey, verify as nodeVerify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Point } from "@noble/ed25519";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../../src/crdt/graph/bytes.ts";
import { hasAdmissibleForm, isAdmissibleKey, KeyVerdicts } from "../../../src/crdt/graph/ed25519.ts";
import { seedPublicKey, seedSign, verifyInScript } from "../../../src/crdt/graph/equation.ts";
import { createVerifier } from "../../../src/sync/adapters/verifier.ts";
import { RFC_8032, type SignatureCase, signatureCases, TORSION, times } from "./ed25519-cases.ts";
import { publishedCases } from "./ed25519-published.ts";

const { n: L } = Point.CURVE();

interface Verdicts {
  readonly script: boolean;
  readonly webCrypto: boolean;
  readonly nodeCrypto: boolean;
}

/** node:crypto behind the gates; what it says without them does not count. */
function nodeCryptoVerdict(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!hasAdmissibleForm(signature) || !isAdmissibleKey(key)) return false;
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
  return nodeVerify(null, message, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
}

async function verdictsOf(cases: readonly Omit<SignatureCase, "valid">[]): Promise<Verdicts[]> {
  const checks = cases.map(({ key, message, signature }) => ({
    key: fromHex(key)!,
    message: fromHex(message)!,
    signature: fromHex(signature)!,
  }));
  const verifier = await createVerifier();
  const webCrypto = await verifier.verify(checks);
  return checks.map(({ key, message, signature }, i) => ({
    script: verifyInScript(key, message, signature),
    webCrypto: webCrypto[i]!,
    nodeCrypto: nodeCryptoVerdict(key, message, signature),
  }));
}

function all(verdict: boolean): Verdicts {
  return { script: verdict, webCrypto: verdict, nodeCrypto: verdict };
}

describe("the one signature rule", () => {
  const cases = signatureCases();

  it("gives the verdict of the rule on every crafted case, on every platform", async () => {
    const verdicts = await verdictsOf(cases);
    expect(verdicts).toEqual(cases.map(({ valid }) => all(valid)));
    const accepted = cases.filter(({ valid }) => valid).length;
    console.log(`ed25519: ${cases.length} crafted cases agree on 3 platforms, ${accepted} accepted`);
  });

  it("makes the keys and signatures of RFC 8032", () => {
    for (const { seed, key, message, signature } of RFC_8032) {
      expect(toHex(seedPublicKey(fromHex(seed)!))).toBe(key);
      expect(toHex(seedSign(fromHex(seed)!, fromHex(message)!))).toBe(signature);
    }
  });
});

describe("the gate of the key", () => {
  it("refuses a good point with each of the seven torsions added", () => {
    const good = Point.BASE.multiply(42n);
    for (let n = 0; n < 8; n++) {
      expect(isAdmissibleKey(good.add(times(TORSION, n)).toBytes())).toBe(n === 0);
    }
  });

  it("refuses all eight points of small order", () => {
    for (let n = 0; n < 8; n++) expect(isAdmissibleKey(times(TORSION, n).toBytes())).toBe(false);
  });
});

describe("the gate of the signature", () => {
  const zero = new Uint8Array(32);

  it("knows all eight points of small order by their y, with either sign", () => {
    for (let n = 0; n < 8; n++) {
      const r = times(TORSION, n).toBytes();
      expect(hasAdmissibleForm(new Uint8Array([...r, ...zero]))).toBe(false);
      r[31]! ^= 0x80;
      expect(hasAdmissibleForm(new Uint8Array([...r, ...zero]))).toBe(false);
    }
  });

  it("takes S up to L - 1 and no further", () => {
    const r = Point.BASE.toBytes();
    const form = (s: bigint) => {
      const bytes = fromHex(s.toString(16).padStart(64, "0"))!.reverse();
      return hasAdmissibleForm(new Uint8Array([...r, ...bytes]));
    };
    expect([form(0n), form(L - 1n), form(L), form(L + 1n), form((1n << 256n) - 1n)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("takes y up to p - 2 and nothing from p on", () => {
    const { p: P } = Point.CURVE();
    const form = (y: bigint) => {
      const bytes = fromHex(y.toString(16).padStart(64, "0"))!.reverse();
      return hasAdmissibleForm(new Uint8Array([...bytes, ...zero]));
    };
    expect([form(P - 2n), form(P - 1n), form(P), form(P + 3n), form((1n << 255n) - 1n)]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("remembered keys", () => {
  it("answers as the gate does, also after a key was forgotten", () => {
    const keys = [1n, 2n, 3n].map(n => Point.BASE.multiply(n).toBytes());
    const small = times(TORSION, 1).toBytes();
    const verdicts = new KeyVerdicts(2);
    for (let round = 0; round < 2; round++) {
      for (const key of keys) expect(verdicts.isAdmissible(key)).toBe(true);
      expect(verdicts.isAdmissible(small)).toBe(false);
      expect(verdicts.isAdmissible(new Uint8Array(31))).toBe(false);
    }
  });

  it("judges a key it remembers at once", () => {
    const key = Point.BASE.multiply(5n).toBytes();
    const verdicts = new KeyVerdicts();
    verdicts.isAdmissible(key);
    const start = performance.now();
    for (let i = 0; i < 1000; i++) verdicts.isAdmissible(key);
    // Judged anew, a thousand keys take more than a second.
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe("published vectors", () => {
  const published = publishedCases(path => (existsSync(path) ? readFileSync(path, "utf8") : null));
  if (published === null) console.log("ed25519: skipped the published vectors, no ../shared/vectors here");

  it.skipIf(published === null)(
    "get one verdict from all, and the expected one where there is one",
    async () => {
      const verdicts = await verdictsOf(published!);
      const disagreements = verdicts.filter(
        v => v.script !== v.webCrypto || v.script !== v.nodeCrypto,
      ).length;
      expect(disagreements).toBe(0);
      let accepted = 0;
      let judged = 0;
      published!.forEach(({ name, key, valid }, i) => {
        if (verdicts[i]!.script) accepted++;
        if (valid === null) return;
        judged++;
        expect({ name, ...verdicts[i] }).toEqual({ name, ...all(valid && isAdmissibleKey(fromHex(key)!)) });
      });
      console.log(
        `ed25519: ${published!.length} published cases, ${disagreements} disagreements, ` +
          `${accepted} accepted; ${judged} with an expected verdict, all met`,
      );
    },
  );
});
