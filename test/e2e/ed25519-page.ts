// Runs in the browser: the verdicts of the platform behind the gates and of the script on the same cases.

import { fromHex } from "../../src/crdt/graph/bytes.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { createVerifier } from "../../src/sync/adapters/verifier.ts";

export interface HexCase {
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

async function verdicts(cases: readonly HexCase[]) {
  const checks = cases.map(({ key, message, signature }) => ({
    key: fromHex(key)!,
    message: fromHex(message)!,
    signature: fromHex(signature)!,
  }));
  const verifier = await createVerifier();
  return {
    platform: verifier.platform,
    verifier: await verifier.verify(checks),
    script: checks.map(({ key, message, signature }) => verifyInScript(key, message, signature)),
  };
}

/** Milliseconds for `count` good checks with each way, the key known. */
async function speed(good: HexCase, count: number) {
  const check = {
    key: fromHex(good.key)!,
    message: fromHex(good.message)!,
    signature: fromHex(good.signature)!,
  };
  const time = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const [platform, script] = [await createVerifier(), await createVerifier(null)];
  const many = Array.from({ length: count }, () => check);
  return {
    platformMs: await time(() => platform.verify(many)),
    scriptMs: await time(() => script.verify(many)),
  };
}

export const api = { verdicts, speed };

Object.assign(globalThis, { api });
