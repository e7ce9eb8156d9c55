// Bytes as text that may stand in an address.

import type { Bytes } from "./ports.ts";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 §5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const digits = Math.min(4, bytes.length - i + 1);
    for (let d = 0; d < digits; d++) out += DIGITS[(word >> (18 - 6 * d)) & 63];
  }
  return out;
}

/** Strict: null for other characters, impossible lengths and stray low bits. */
export function fromBase64Url(text: string): Bytes | null {
  if (text.length % 4 === 1) return null;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) return null;
    word = (word << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = (word >> bits) & 0xff;
    word &= (1 << bits) - 1;
  }
  return word === 0 ? out : null;
}
