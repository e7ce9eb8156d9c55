// What of Ed25519 (ed25519.ts) takes a hash of 512 bits: keys from seeds, and the rule's equation, in script. Apart from the
// gates, since a page whose platform knows Ed25519 shows its text without any of this.

import { getPublicKey, hashes, Point, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import type { Bytes } from "./bytes.ts";
import { decodePoint, hasAdmissibleForm, integerOf, isAdmissibleKey } from "./ed25519.ts";

// noble/ed25519 has no hash of its own; without this `sign` and `getPublicKey` throw.
hashes.sha512 = sha512;

const { n: ORDER } = Point.CURVE();

/** The whole rule, in this thread, at about 400 signatures a second. The platform does 5,000 behind the gates. */
export function verifyInScript(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return hasAdmissibleForm(signature) && isAdmissibleKey(key) && equationHolds(key, message, signature);
}

/**
 * [S]B = R + [k]A without a cofactor (RFC 8032 §5.1.7 step 3, its second form). Only for a key and a signature that
 * passed the gates: this is the part of the rule that a platform may take over.
 */
export function equationHolds(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const point = decodePoint(key);
  if (point === null) return false;
  const encodedR = signature.subarray(0, 32);
  const digest = sha512.create().update(encodedR).update(key).update(message).digest();
  const k = integerOf(digest) % ORDER;
  const s = integerOf(signature.subarray(32));
  // Nothing here is secret, so the faster multiplication will do. R is not decoded: [S]B - [k]A has one canonical
  // encoding, and R is right exactly if its bytes are the same.
  const expectedR = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k)).toBytes();
  return expectedR.every((byte, i) => byte === encodedR[i]);
}

/** The public key of a 32-byte seed (RFC 8032 §5.1.5). */
export function seedPublicKey(seed: Uint8Array): Bytes {
  return getPublicKey(seed);
}

/** Signs with a 32-byte seed (RFC 8032 §5.1.6). What honest keys sign passes the rule. */
export function seedSign(seed: Uint8Array, message: Uint8Array): Bytes {
  return sign(message, seed);
}
