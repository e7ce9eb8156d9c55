// Signatures on which libraries disagree, made here from curve points, and honest ones beside them. Each crafted
// case is right by some rule in use (cofactored, lax or both): a verifier that asks its library would accept some.

import { getPublicKey, hashes, Point, utils } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "../../../src/crdt/graph/bytes.ts";

hashes.sha512 = sha512;

/** All bytes in lower-case hex, so that cases travel into a browser as they are. */
export interface SignatureCase {
  readonly name: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

const { p: P, n: L } = Point.CURVE();

/** RFC 8032 §7.1, tests 1 to 3, and the seeds they come from. */
export const RFC_8032 = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

/** A point of order 8: [L]Q has no part of order L left; the first Q whose rest has full order will do. */
export const TORSION = ((): Point => {
  for (let y = 2; ; y++) {
    const bytes = new Uint8Array(32);
    bytes[0] = y;
    let point: Point;
    try {
      point = Point.fromBytes(bytes);
    } catch {
      // About half of all y belong to no point.
      continue;
    }
    const rest = point.multiplyUnsafe(L - 1n).add(point);
    if (!rest.double().double().is0()) return rest;
  }
})();

/** [n] of a point for any n ≥ 0, zero included. */
export function times(point: Point, n: number): Point {
  return n === 0 ? Point.ZERO : point.multiplyUnsafe(BigInt(n));
}

const seed = new Uint8Array(32).fill(7);
const { scalar, point: KEY } = utils.getExtendedPublicKey(seed);
const NONCE = 1234567890123456789012345678901234567890n;

function littleEndian(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(64, "0");
  return fromHex(hex)!.reverse();
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap(part => [...part]));
}

/** k = SHA-512(R‖A‖M), little endian, not yet reduced. */
function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return BigInt(`0x${toHex(sha512(concat(r, a, message)).reverse())}`);
}

interface Craft {
  readonly name: string;
  /** Encodings as sent; S = r + k·a over them. */
  readonly key: Uint8Array;
  readonly r: Uint8Array;
  readonly rScalar: bigint;
  readonly keyScalar: bigint;
  /** The message is varied until this holds for k mod L mod 8. */
  readonly when?: (kMod8: bigint) => boolean;
  readonly lift?: bigint;
}

function craft({ name, key, r, rScalar, keyScalar, when = () => true, lift = 0n }: Craft): SignatureCase {
  for (let attempt = 0; ; attempt++) {
    const message = new Uint8Array([attempt & 255, attempt >> 8]);
    const k = challenge(r, key, message) % L;
    if (!when(k % 8n)) continue;
    const s = ((rScalar + k * keyScalar) % L) + lift;
    return {
      name,
      key: toHex(key),
      message: toHex(message),
      signature: toHex(concat(r, littleEndian(s))),
      valid: false,
    };
  }
}

function crafted(): SignatureCase[] {
  const a = KEY.toBytes();
  const R = Point.BASE.multiplyUnsafe(NONCE);
  const r = R.toBytes();
  const mixedKey = KEY.add(TORSION).toBytes();
  const honest = { key: a, keyScalar: scalar, r, rScalar: NONCE };
  const zero = new Uint8Array(32);
  // y = p + 1 and y = 1 with the sign of x set: two more ways to write the neutral element.
  const neutralAbove = littleEndian(P + 1n);
  const neutralSigned = concat(new Uint8Array([1]), zero.subarray(0, 30), new Uint8Array([0x80]));
  const cases = [
    { ...craft({ ...honest, name: "an honest signature made by hand" }), valid: true },
    craft({ ...honest, name: "S + L", lift: L }),
    craft({
      ...honest,
      name: "torsion in A, invisible because 8 divides k",
      key: mixedKey,
      when: k => k === 0n,
    }),
    craft({
      ...honest,
      name: "torsion in A, right only with a cofactor",
      key: mixedKey,
      when: k => k !== 0n,
    }),
    craft({
      ...honest,
      name: "torsion in A taken away again in R, right without a cofactor",
      key: mixedKey,
      r: R.subtract(times(TORSION, 3)).toBytes(),
      when: k => k === 3n,
    }),
    craft({ ...honest, name: "R is the neutral element", r: Point.ZERO.toBytes(), rScalar: 0n }),
    craft({ ...honest, name: "R is the neutral element, written as p + 1", r: neutralAbove, rScalar: 0n }),
    craft({ ...honest, name: "R is the neutral element, x signed", r: neutralSigned, rScalar: 0n }),
    craft({
      ...honest,
      name: "A is the neutral element, written as p + 1",
      key: neutralAbove,
      keyScalar: 0n,
    }),
    craft({ ...honest, name: "A is the neutral element, x signed", key: neutralSigned, keyScalar: 0n }),
  ];
  for (let n = 1; n < 8; n++) {
    const torsion = times(TORSION, n);
    cases.push(
      craft({
        ...honest,
        name: `torsion ${n} in R, right only with a cofactor`,
        r: R.add(torsion).toBytes(),
      }),
      craft({ ...honest, name: `R of small order ${n}`, r: torsion.toBytes(), rScalar: 0n }),
      craft({
        ...honest,
        name: `A of small order ${n}, anybody can sign`,
        key: torsion.toBytes(),
        keyScalar: 0n,
        when: k => k === 0n,
      }),
    );
  }
  cases.push(
    craft({ ...honest, name: "A is the neutral element", key: Point.ZERO.toBytes(), keyScalar: 0n }),
    ...nonCanonicalKeys(r),
  );
  return cases;
}

/** y between p and 2^255 - 1: the encodings a lax decoder takes for y - p. No one knows the secret of most. */
function nonCanonicalKeys(r: Uint8Array): SignatureCase[] {
  const cases: SignatureCase[] = [];
  for (let y = 0n; P + y < 1n << 255n; y++) {
    const key = littleEndian(P + y);
    cases.push(craft({ name: `A written as p + ${y}`, key, keyScalar: 0n, r, rScalar: NONCE }));
  }
  return cases;
}

/** Everyday damage to an honest signature. */
function damaged(): SignatureCase[] {
  const honest = RFC_8032[2]!;
  const refused = (name: string, change: Partial<SignatureCase>): SignatureCase => ({
    name,
    key: honest.key,
    message: honest.message,
    signature: honest.signature,
    valid: false,
    ...change,
  });
  const offCurve = littleEndian(2n);
  return [
    refused("another message", { message: "af83" }),
    refused("another key", { key: toHex(getPublicKey(seed)) }),
    refused("a flipped bit in R", { signature: `7${honest.signature.slice(1)}` }),
    refused("a flipped bit in S", { signature: `${honest.signature.slice(0, 126)}0b` }),
    refused("a signature cut short", { signature: honest.signature.slice(0, 126) }),
    refused("a signature with a byte too many", { signature: `${honest.signature}00` }),
    refused("an empty signature", { signature: "" }),
    refused("a key cut short", { key: honest.key.slice(0, 62) }),
    refused("a key with a byte too many", { key: `${honest.key}00` }),
    refused("an empty key", { key: "" }),
    refused("a key beside the curve", { key: toHex(offCurve) }),
    refused("R beside the curve", { signature: toHex(offCurve) + honest.signature.slice(64) }),
  ];
}

/** Every case of this file with the verdict of the rule. */
export function signatureCases(): readonly SignatureCase[] {
  const honest = RFC_8032.map((test, i) => ({ name: `RFC 8032 test ${i + 1}`, ...test, valid: true }));
  return [...honest, ...crafted(), ...damaged()];
}
