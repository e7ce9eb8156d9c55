// The synchronous primitives of the sync ring, by the noble libraries. No protocol here: what is derived from
// what and what is sealed for whom is decided by the callers.
import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { seedPublicKey, seedSign } from "../../crdt/index.ts";
import type { Bytes, Ciphers } from "../ports.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

export const ciphers: Ciphers = {
  random: length => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  sha256: bytes => own(sha256(bytes)),
  hkdf: (secret, salt, info, length) =>
    own(hkdf(sha256, secret, salt, new TextEncoder().encode(info), length)),

  agreementKeys() {
    const secret = ciphers.random(32);
    return { secret, publicKey: own(x25519.getPublicKey(secret)) };
  },
  agree(secret, publicKey) {
    expectLength("secret", secret, 32);
    // A key of the wrong length is the other end's mistake, not ours: the same answer as for a small-order one.
    if (publicKey.length !== 32) return null;
    return orNull(() => x25519.getSharedSecret(secret, publicKey));
  },

  seal: (key, nonce, plain, associated) => own(chacha20poly1305(key, nonce, associated).encrypt(plain)),
  open(key, nonce, sealed, associated) {
    expectLength("key", key, 32);
    expectLength("nonce", nonce, 12);
    const cipher = chacha20poly1305(key, nonce, associated);
    return sealed.length < TAG_BYTES ? null : orNull(() => cipher.decrypt(sealed));
  },
  sealRandom(key, plain, associated) {
    const nonce = ciphers.random(NONCE_BYTES);
    const sealed = new Uint8Array(NONCE_BYTES + plain.length + TAG_BYTES);
    sealed.set(nonce);
    sealed.set(xchacha20poly1305(key, nonce, associated).encrypt(plain), NONCE_BYTES);
    return sealed;
  },
  openRandom(key, sealed, associated) {
    expectLength("key", key, 32);
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const cipher = xchacha20poly1305(key, sealed.slice(0, NONCE_BYTES), associated);
    return orNull(() => cipher.decrypt(sealed.subarray(NONCE_BYTES)));
  },

  seedPublicKey,
  seedSign,
};

// The libraries throw for what the other end did wrong (a forged tag, a point of small order); keys and nonces of
// ours are checked before, so nothing else can be swallowed here.
function orNull(compute: () => Uint8Array): Bytes | null {
  try {
    return own(compute());
  } catch {
    return null;
  }
}

// Typed as a view on any buffer by the libraries, which in truth allocate an ArrayBuffer; a copy only where not.
function own(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

function expectLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new RangeError(`expected a ${name} of ${length} bytes, got ${bytes.length}`);
}
