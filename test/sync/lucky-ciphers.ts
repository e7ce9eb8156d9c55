// Ciphers and keys of a simulated world: the real algorithms, by the platform where it is faster, with luck from the
// seed; and for runs in bulk hashes in place of curves, which fail when the real ones would and keep no secret.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { type Bytes, equalBytes, mustFromHex, toHex } from "../../src/crdt/index.ts";
import { ciphers as realCiphers } from "../../src/sync/adapters/ciphers.ts";
import type { Ciphers } from "../../src/sync/ports.ts";
import { Key } from "../crdt/people.ts";
import type { Prng } from "../sim/prng.ts";

const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b656e032100", "hex");

/** The real algorithms, by the platform where it is faster, with luck from the seed. */
export function deterministicCiphers(
  luck: Prng,
  sign: (key: Key, message: Uint8Array) => Bytes,
  isQuick: boolean,
): Ciphers {
  return {
    ...realCiphers,
    seal,
    open,
    random: length => luck.bytes(length),
    hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
    agreementKeys() {
      const secret = luck.bytes(32);
      const spki = createPublicKey(agreementKey(secret)).export({ format: "der", type: "spki" });
      return { secret, publicKey: new Uint8Array(spki.subarray(SPKI_HEAD.length)) };
    },
    agree(secret, publicKey) {
      try {
        const key = createPublicKey({
          key: Buffer.concat([SPKI_HEAD, publicKey]),
          format: "der",
          type: "spki",
        });
        return new Uint8Array(diffieHellman({ privateKey: agreementKey(secret), publicKey: key }));
      } catch {
        // A point of small order.
        return null;
      }
    },
    seedPublicKey(seed) {
      const key = keysBySeed.get(toHex(seed));
      return key === undefined ? realCiphers.seedPublicKey(seed) : mustFromHex(key.id);
    },
    seedSign(seed, message) {
      const key = keysBySeed.get(toHex(seed));
      return key === undefined ? realCiphers.seedSign(seed, message) : sign(key, message);
    },
    ...(isQuick ? quickAgreement(luck) : {}),
  };
}

// A platform key takes longer to make than to use.
const agreementKeys = new WeakMap<Bytes, KeyObject>();
const deviceKeys = new Map<string, Key>();
const keysBySeed = new Map<string, Key>();

function agreementKey(secret: Bytes): KeyObject {
  const known = agreementKeys.get(secret);
  if (known !== undefined) return known;
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: "der", type: "pkcs8" });
  agreementKeys.set(secret, key);
  return key;
}

export function keyNamed(name: string): Key {
  const key = deviceKeys.get(name) ?? new Key(name);
  deviceKeys.set(name, key);
  keysBySeed.set(toHex(key.seed), key);
  return key;
}

/**
 * R ‖ hash(key, R, message): it fails for another key, another message and any altered bit, and one key has many for one
 * message, as with the curve. Everybody can make it, so who forges must not try.
 */
export function quickSignature(key: Uint8Array, message: Uint8Array, nonce: Uint8Array = NO_NONCE): Bytes {
  const signature = new Uint8Array(64);
  signature.set(nonce);
  signature.set(createHash("sha256").update(key).update(nonce).update(message).digest(), 32);
  return signature;
}

export function isQuickSignature(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(signature, quickSignature(key, message, signature.subarray(0, 32)));
}

const NO_NONCE: Bytes = new Uint8Array(32);

function seal(key: Bytes, nonce: Bytes, plain: Bytes, associated: Bytes): Bytes {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: plain.length });
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

function open(key: Bytes, nonce: Bytes, sealed: Bytes, associated: Bytes): Bytes | null {
  if (sealed.length < 16) return null;
  const end = sealed.length - 16;
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: end });
  cipher.setAuthTag(sealed.subarray(end));
  const plain = cipher.update(sealed.subarray(0, end));
  try {
    cipher.final();
  } catch {
    // Another tag: altered, or sealed for somebody else.
    return null;
  }
  return new Uint8Array(plain);
}

/** Multiplication instead of a curve: a · (b · G) = b · (a · G) is all that two honest ends need. */
function quickAgreement(luck: Prng): Pick<Ciphers, "agreementKeys" | "agree"> {
  const read = (bytes: Bytes): bigint => Buffer.from(bytes).readBigUInt64LE();
  const write = (value: bigint): Bytes => {
    const bytes = Buffer.alloc(32);
    bytes.writeBigUInt64LE(value & 0xffff_ffff_ffff_ffffn);
    return new Uint8Array(bytes);
  };
  return {
    agreementKeys() {
      const secret = luck.bytes(32);
      return { secret, publicKey: write(read(secret) * 0x9e37_79b9_7f4a_7c15n) };
    },
    agree: (secret, publicKey) => write(read(secret) * read(publicKey)),
  };
}
