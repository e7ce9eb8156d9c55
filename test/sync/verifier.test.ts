// The verifier asks the platform only behind the gates and never takes its exceptions for verdicts.

import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/crdt/graph/bytes.ts";
import { hasAdmissibleForm, isAdmissibleKey } from "../../src/crdt/graph/ed25519.ts";
import { createVerifier, type VerifyingCrypto } from "../../src/sync/adapters/verifier.ts";
import type { SignatureCheck } from "../../src/sync/ports.ts";
import { signatureCases } from "../crdt/graph/ed25519-cases.ts";

const cases = signatureCases();
const expected = cases.map(({ valid }) => valid);
const checks: SignatureCheck[] = cases.map(({ key, message, signature }) => ({
  key: fromHex(key)!,
  message: fromHex(message)!,
  signature: fromHex(signature)!,
}));

const subtle: VerifyingCrypto = {
  importKey: crypto.subtle.importKey.bind(crypto.subtle),
  verify: crypto.subtle.verify.bind(crypto.subtle),
};

/** WebCrypto that works for the probe (one import, two checks) and then does as told. */
function afterProbe(then: Partial<VerifyingCrypto>): VerifyingCrypto {
  let calls = 0;
  return {
    importKey: ((...call: Parameters<typeof subtle.importKey>) =>
      (calls++ < 3 ? subtle : { ...subtle, ...then }).importKey(...call)) as typeof subtle.importKey,
    verify: (...call) => (calls++ < 3 ? subtle : { ...subtle, ...then }).verify(...call),
  };
}

describe("a verifier", () => {
  it("gives the same verdicts with the platform and without", async () => {
    const withPlatform = await createVerifier();
    const inScript = await createVerifier(null);
    expect([withPlatform.platform, inScript.platform]).toEqual([true, false]);
    expect(await withPlatform.verify(checks)).toEqual(expected);
    expect(await inScript.verify(checks)).toEqual(expected);
    expect(await inScript.verify([])).toEqual([]);
  });

  it("computes in script what the platform throws at", async () => {
    const fail = () => Promise.reject(new DOMException("no more memory", "OperationError"));
    for (const broken of [{ importKey: fail }, { verify: fail }]) {
      const verifier = await createVerifier(afterProbe(broken));
      expect(verifier.platform).toBe(true);
      expect(await verifier.verify(checks)).toEqual(expected);
    }
  });

  it("does without a platform that has no Ed25519 or is wrong about it", async () => {
    const ignorant = () => Promise.reject(new DOMException("what curve?", "NotSupportedError"));
    const credulous = () => Promise.resolve(true);
    for (const platform of [
      { ...subtle, importKey: ignorant },
      { ...subtle, verify: credulous },
    ]) {
      const verifier = await createVerifier(platform);
      expect(verifier.platform).toBe(false);
      expect(await verifier.verify(checks)).toEqual(expected);
    }
  });

  it("asks the platform nothing that the gates refuse", async () => {
    let asked = 0;
    const counting: VerifyingCrypto = {
      ...subtle,
      verify: (...call) => {
        asked++;
        return subtle.verify(...call);
      },
    };
    const verifier = await createVerifier(counting);
    const probes = asked;
    await verifier.verify(checks);
    const through = checks.filter(
      ({ key, signature }) => isAdmissibleKey(key) && hasAdmissibleForm(signature),
    );
    expect(asked - probes).toBe(through.length);
    expect(through.length).toBeGreaterThan(expected.filter(Boolean).length);
  });

  it("keeps the order across batches and never has more than 256 checks in flight", async () => {
    let inFlight = 0;
    let most = 0;
    const slow: VerifyingCrypto = {
      ...subtle,
      async verify(...call) {
        most = Math.max(most, ++inFlight);
        const answer = await subtle.verify(...call);
        inFlight--;
        return answer;
      },
    };
    const verifier = await createVerifier(slow);
    const good = checks[0]!;
    const bad = { ...good, message: Uint8Array.of(1, 2, 3) };
    const many = Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? bad : good));
    expect(await verifier.verify(many)).toEqual(many.map(check => check === good));
    expect(most).toBeLessThanOrEqual(256);
    expect(most).toBeGreaterThan(1);
  });

  it("lets others have a turn while it computes in script", async () => {
    const verifier = await createVerifier(null);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await verifier.verify(Array.from({ length: 50 }, () => checks[0]!));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});
