// The one signature rule. Libraries disagree about crafted Ed25519 signatures (cofactored or not, lax or strict
// decoding: "Taming the many EdDSAs", Chalkias, Garillot, Nikolaenko 2020), and one signature that half of the
// replicas accept would part them for ever. So the rule is written here and no library is asked for its own:
//
//   valid(A, M, S‖R)  =  A is admissible  ∧  the form is admissible  ∧  [S]B = R + [k]A,   k = SHA-512(R‖A‖M)
//
// Behind the two gates every platform known to us computes the same cofactorless equation, so WebCrypto may do
// the work; without the gates it may not be asked. The gates are here; the equation in script is in equation.ts.

import { Point } from "@noble/ed25519";
import { KEYS_REMEMBERED_MAX } from "../limits.ts";
import { toHex } from "./bytes.ts";

/** Bytes of a public key, and of the seed it comes from. */
export const KEY_BYTES = 32;
/** Bytes of a signature: R, then S. */
export const SIGNATURE_BYTES = 64;

// RFC 8032 §5.1: the field prime and the order of the base point.
const { p: P, n: L } = Point.CURVE();

// The y coordinates of the eight points whose order divides 8 (two points share each y but for y = ±1):
//   order 1: 1    order 2: -1    order 4: 0    order 8: ±Y8
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

/**
 * The first gate, passed once by each key: 32 bytes, the canonical encoding (RFC 8032 §5.1.3, strictly) of a point
 * on the curve that is not of small order and has no torsion. Costs about 1.5 ms: remember it (`KeyVerdicts`).
 *
 * Without torsion in A the equation is the same with k and with k mod L, which implementations mix freely.
 */
export function isAdmissibleKey(key: Uint8Array): boolean {
  if (key.length !== KEY_BYTES) return false;
  const point = decodePoint(key);
  return point !== null && !point.isSmallOrder() && point.isTorsionFree();
}

/**
 * The second gate, passed by each signature: 64 bytes, S < L (RFC 8032 §5.1.7 step 1), R encoded canonically and not
 * of small order. Costs microseconds: whether R is a point at all is left to the equation, which compares encodings.
 */
export function hasAdmissibleForm(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (integerOf(signature.subarray(32)) >= L) return false;
  const y = integerOf(signature.subarray(0, 32)) & ~SIGN_BIT;
  // The other non-canonical form, x = 0 with its sign bit set, has y = ±1 and is of small order.
  return y < P && !SMALL_ORDER_Y.has(y);
}

/** Remembers the last keys judged, refused ones included, so that a key pays for its admission once. */
export class KeyVerdicts {
  readonly #verdicts = new Map<string, boolean>();
  readonly #max: number;

  constructor(max = KEYS_REMEMBERED_MAX) {
    this.#max = max;
  }

  isAdmissible(key: Uint8Array): boolean {
    // Before the key is written as hex: a peer chooses its length.
    if (key.length !== KEY_BYTES) return false;
    const name = toHex(key);
    const verdict = this.#verdicts.get(name) ?? isAdmissibleKey(key);
    // A Map iterates in the order of insertion: the first is the one not asked for the longest.
    this.#verdicts.delete(name);
    this.#verdicts.set(name, verdict);
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= this.#max) break;
      this.#verdicts.delete(oldest);
    }
    return verdict;
  }
}

const SIGN_BIT = 1n << 255n;

/** Null for what is not the canonical encoding of a point on the curve. */
export function decodePoint(bytes: Uint8Array): Point | null {
  try {
    return Point.fromBytes(bytes);
  } catch {
    // noble reports a bad encoding by throwing; here it is the normal case of hostile input.
    return null;
  }
}

/** Little endian, as everywhere in RFC 8032. */
export function integerOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}
