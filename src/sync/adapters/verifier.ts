// Judges signatures by the one rule (crdt/graph/ed25519.ts), with the platform doing the arithmetic where it can.
// WebCrypto is asked behind the gates only; where it is missing (plain http has no crypto.subtle, old browsers no
// Ed25519) or fails, the same equation is computed in script, which is fetched for it. The verdict is the same, only slower.

import { fromHex, hasAdmissibleForm, KEYS_REMEMBERED_MAX, KeyVerdicts, toHex } from "../../crdt/index.ts";
import type { Bytes, SignatureCheck, Verifier } from "../ports.ts";

/** Checks given to the platform at once: enough to fill its threads, few enough to stay fair to others. */
const IN_FLIGHT_MAX = 256;

/** Milliseconds of work in script between two looks at the event loop: less than one frame of the screen. */
const SLICE_MS = 12;

/** The part of WebCrypto that is used, so that a test can bring a broken one. */
export type VerifyingCrypto = Pick<SubtleCrypto, "importKey" | "verify">;

/** `subtle`: null to compute everything in script. */
export async function createVerifier(
  subtle: VerifyingCrypto | null = platformCrypto(),
): Promise<Verifier & { readonly platform: boolean }> {
  const platform = subtle !== null && (await knowsEd25519(subtle)) ? new PlatformKeys(subtle) : null;
  const verdicts = new KeyVerdicts();

  /** True and false are final; null is for the script to judge. */
  const ask = async (check: SignatureCheck): Promise<boolean | null> => {
    // The form is checked first: it is cheap, and a key is only worth its admission if it may matter.
    if (!hasAdmissibleForm(check.signature) || !verdicts.isAdmissible(check.key)) return false;
    return platform === null ? null : platform.verify(check);
  };

  return {
    platform: platform !== null,
    async verify(checks) {
      const answers: boolean[] = [];
      const turns = new Turns();
      for (let from = 0; from < checks.length; from += IN_FLIGHT_MAX) {
        const batch = checks.slice(from, from + IN_FLIGHT_MAX);
        const asked: Promise<boolean | null>[] = [];
        for (const check of batch) {
          asked.push(ask(check));
          await turns.rest();
        }
        for (const [i, { key, message, signature }] of batch.entries()) {
          answers.push((await asked[i]) ?? (await equation())(key, message, signature));
          await turns.rest();
        }
      }
      return answers;
    },
  };
}

async function equation() {
  return (await import("./equation.ts")).equationHolds;
}

/** Null outside of secure contexts. */
function platformCrypto(): VerifyingCrypto | null {
  return (globalThis.crypto as Crypto | undefined)?.subtle ?? null;
}

/** Imported keys, the last ones asked for. */
class PlatformKeys {
  readonly #subtle: VerifyingCrypto;
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  constructor(subtle: VerifyingCrypto) {
    this.#subtle = subtle;
  }

  /** Null if the platform failed at it: its exceptions are no verdicts. */
  async verify({ key, message, signature }: SignatureCheck): Promise<boolean | null> {
    try {
      return await this.#subtle.verify("Ed25519", await this.#import(key), signature, message);
    } catch {
      // Behind the gates no input is wrong in itself, so this is the platform's own trouble (out of memory, a key
      // format it does not take). The script answers instead.
      this.#keys.delete(toHex(key));
      return null;
    }
  }

  #import(key: Bytes): Promise<CryptoKey> {
    const name = toHex(key);
    const imported = this.#keys.get(name) ?? this.#subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    this.#keys.delete(name);
    this.#keys.set(name, imported);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= KEYS_REMEMBERED_MAX) break;
      this.#keys.delete(oldest);
    }
    return imported;
  }
}

/** Asks once, with test 2 of RFC 8032 §7.1: it must be right about a good signature and about a bad one. */
async function knowsEd25519(subtle: VerifyingCrypto): Promise<boolean> {
  const publicKey = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")!;
  const signature = fromHex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  )!;
  try {
    const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    const good = await subtle.verify("Ed25519", key, signature, Uint8Array.of(0x72));
    const bad = await subtle.verify("Ed25519", key, signature, Uint8Array.of(0x73));
    return good && !bad;
  } catch {
    // NotSupportedError: the browser is older than its Ed25519.
    return false;
  }
}

/** Admissions and checks in script cost milliseconds each: input, frames and the screen get their turn between. */
class Turns {
  #endMs = performance.now() + SLICE_MS;

  async rest(): Promise<void> {
    if (performance.now() < this.#endMs) return;
    await new Promise(resolve => setTimeout(resolve));
    this.#endMs = performance.now() + SLICE_MS;
  }
}
