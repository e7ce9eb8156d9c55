// The one hash of the core. Everything that is hashed is hashed here, with a tag of its own in front, so that no
// two kinds of thing can have one id. The work is done by sha256.ts; noble's, with the same two calls, could take its
// place in this file alone.

import { type Bytes, encodeUtf8 } from "./bytes.ts";

export { type Midstate, midstate, sha256, sha256Behind, sha256From } from "./sha256.ts";

/** A domain tag, padded with zeros to one block of SHA-256, so that its state can be kept. */
export function tag(text: string): Bytes {
  const block = new Uint8Array(64);
  block.set(encodeUtf8(text));
  return block;
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
