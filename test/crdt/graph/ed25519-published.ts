// Reads the published vectors that lie beside the tree where there are any: Wycheproof (which says what is valid)
// and the cases of "Taming the many EdDSAs" (which only asks whether verifiers agree).

import { fileURLToPath } from "node:url";
import { fromHex } from "../../../src/crdt/graph/bytes.ts";

export interface PublishedCase {
  readonly name: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  /** Null where the source takes no side. */
  readonly valid: boolean | null;
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: "valid" | "invalid" | "acceptable";
    }[];
  }[];
}

type Speccheck = readonly {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}[];

const folder = new URL("../../../../shared/vectors/ed25519/", import.meta.url);

/** Null where a file is missing. `read` answers null for it. */
export function publishedCases(read: (path: string) => string | null): readonly PublishedCase[] | null {
  const wycheproof = read(fileURLToPath(new URL("wycheproof.json", folder)));
  const speccheck = read(fileURLToPath(new URL("speccheck.json", folder)));
  if (wycheproof === null || speccheck === null) return null;
  const cases: PublishedCase[] = [];
  for (const { publicKey, tests } of (JSON.parse(wycheproof) as Wycheproof).testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      const valid = result === "acceptable" ? null : result === "valid";
      cases.push({ name: `Wycheproof ${tcId}`, key: publicKey.pk, message: msg, signature: sig, valid });
    }
  }
  (JSON.parse(speccheck) as Speccheck).forEach(({ pub_key, message, signature }, i) => {
    cases.push({ name: `speccheck ${i}`, key: pub_key, message, signature, valid: null });
  });
  for (const { name, key, message, signature } of cases) {
    if ([key, message, signature].some(hex => fromHex(hex) === null)) throw new Error(`Not hex: ${name}`);
  }
  return cases;
}
