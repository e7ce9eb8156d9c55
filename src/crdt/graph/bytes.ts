// Reader and writer of canonical bytes: minimal varints, strict UTF-8, fixed lengths. There is exactly one byte
// string for each value, so that a hash of the bytes is a hash of the meaning. The reader never allocates more
// than the input holds; it throws `Malformed`, which the decoder that owns the reader turns into a refusal.

import { nameAt, writeHex } from "./hex.ts";

/** Thrown by `Reader` alone and caught at the border of the decoder that made the reader. */
export class Malformed extends Error {}

/** Bytes on an ArrayBuffer: what WebCrypto takes too. */
export type Bytes = Uint8Array<ArrayBuffer>;

// Hex lives in hex.ts and is known to others from here.
export { fromHex, mustFromHex, toHex } from "./hex.ts";

const EMPTY: Bytes = new Uint8Array(0);

export class Writer {
  #buffer: Bytes;
  /** Of the buffer, once somebody asked for it. */
  #view: DataView | null = null;
  /** Bytes written so far. Set by the writer alone. */
  length = 0;

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
  }

  /** Where it is written, not copied. Another one after it was too small. */
  get buffer(): Bytes {
    return this.#buffer;
  }

  get view(): DataView {
    this.#view ??= new DataView(this.#buffer.buffer);
    return this.#view;
  }

  #reserve(extra: number): void {
    if (this.length + extra > this.#buffer.length) this.#grow(this.length + extra);
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
    this.#view = null;
  }

  byte(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(this.length + 1);
    this.#buffer[this.length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.length);
    this.length += value.length;
  }

  /** A stretch of another buffer. */
  copy(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    copyBytes(from, start, end, this.#buffer, this.length);
    this.length += end - start;
  }

  /** What was written in [start, end), once more. */
  again(start: number, end: number): void {
    this.#reserve(end - start);
    this.#buffer.copyWithin(this.length, start, end);
    this.length += end - start;
  }

  /** Room that somebody else writes into; answers where it begins. */
  skip(length: number): number {
    this.#reserve(length);
    this.length += length;
    return this.length - length;
  }

  /** LEB128, minimal; safe non-negative integers only. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`Expected a safe count, got ${value}`);
    if (this.length + 8 > this.#buffer.length) this.#grow(this.length + 8);
    while (value >= 0x80) {
      this.#buffer[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#buffer[this.length++] = value;
  }

  /** Zigzag, so that small negative integers are short; safe integers other than -0. */
  signed(value: number): void {
    if (value >= 0) this.varintWide(value, 0);
    else this.varintWide(-value - 1, 1);
  }

  // 2 * value + low without leaving the safe integers.
  private varintWide(value: number, low: 0 | 1): void {
    this.#reserve(9);
    let digit = (value % 64) * 2 + low;
    let rest = Math.floor(value / 64);
    while (rest > 0) {
      this.#buffer[this.length++] = digit | 0x80;
      digit = rest % 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.length++] = digit;
  }

  /** IEEE 754 binary64, little endian. */
  double(value: number): void {
    this.#reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Length in bytes, then UTF-8. Lone surrogates are a caller's bug. */
  string(value: string): void {
    const length = utf8Length(value);
    this.varint(length);
    this.#reserve(length);
    writeUtf8(value, this.#buffer, this.length);
    this.length += length;
  }

  /** The bytes that lower-case hex stands for. */
  hex(value: string): void {
    this.#reserve(value.length >> 1);
    writeHex(value, this.#buffer, this.length);
    this.length += value.length >> 1;
  }

  finish(): Bytes {
    return this.#buffer.slice(0, this.length);
  }
}

export class Reader {
  #buffer: Uint8Array;
  #position: number;
  #end: number;

  constructor(buffer: Uint8Array, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  /** Begins anew with another stretch. */
  open(buffer: Uint8Array, start: number, end: number): void {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  get left(): number {
    return this.#end - this.#position;
  }

  byte(): number {
    if (this.#position >= this.#end) throw new Malformed("cut short");
    return this.#buffer[this.#position++]!;
  }

  /** A copy: what was judged must be what is used, whoever else holds the buffer. */
  bytes(length: number): Bytes {
    if (length > this.left) throw new Malformed("cut short");
    const start = this.#position;
    this.#position += length;
    return length === 0 ? EMPTY : new Uint8Array(this.#buffer.subarray(start, this.#position));
  }

  /** An id or a key: 32 bytes as hex. */
  name(): string {
    return nameAt(this.#buffer, this.skip(32));
  }

  /** Passes over bytes that are read elsewhere; answers where they begin. */
  skip(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) throw new Malformed("cut short");
    this.#position = start + length;
    return start;
  }

  /** Passes over bytes if they are the expected ones; otherwise nothing has happened. */
  passes(expected: Uint8Array): boolean {
    const start = this.#position;
    if (expected.length > this.#end - start) return false;
    for (let i = 0; i < expected.length; i++) if (this.#buffer[start + i] !== expected[i]) return false;
    this.#position += expected.length;
    return true;
  }

  /** A copy of what was read from a position on. */
  since(start: number): Bytes {
    return new Uint8Array(this.#buffer.subarray(start, this.#position));
  }

  /** A count of things that take at least one byte each may not exceed what is left, nor `max`. */
  count(max: number): number {
    const value = this.varint();
    if (value > max) throw new Malformed(`count ${value} above ${max}`);
    if (value > this.#end - this.#position) throw new Malformed("count beyond the end");
    return value;
  }

  /** A change is a dozen of these, so it makes no call for each byte. */
  varint(max = Number.MAX_SAFE_INTEGER): number {
    const buffer = this.#buffer;
    const end = this.#end;
    let at = this.#position;
    if (at >= end) throw new Malformed("cut short");
    let byte = buffer[at++]!;
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let i = 1; byte >= 0x80; i++) {
      if (i === 8) throw new Malformed("varint too long");
      if (at >= end) throw new Malformed("cut short");
      byte = buffer[at++]!;
      if (byte === 0) throw new Malformed("varint not minimal");
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    this.#position = at;
    // Beyond the safe integers the sum is inexact, and no less than 2⁵³.
    if (value > max) throw new Malformed(`number ${value} above ${max}`);
    return value;
  }

  signed(): number {
    let byte = this.byte();
    const low = byte & 1;
    let value = (byte & 0x7f) >> 1;
    let scale = 64;
    for (let i = 1; byte >= 0x80; i++) {
      if (i > 8) throw new Malformed("varint too long");
      byte = this.byte();
      if (byte === 0) throw new Malformed("varint not minimal");
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    const number = low === 0 ? value : -value - 1;
    if (!Number.isSafeInteger(number)) throw new Malformed("integer too large");
    return number;
  }

  double(): number {
    const raw = this.bytes(8);
    return new DataView(raw.buffer).getFloat64(0, true);
  }

  string(bytesMax: number): string {
    const length = this.varint();
    if (length > bytesMax) throw new Malformed("string too long");
    const start = this.skip(length);
    return decodeUtf8(this.#buffer, start, start + length);
  }

  /** Passes over so many varints that were read before. */
  passVarints(count: number): void {
    const buffer = this.#buffer;
    let at = this.#position;
    for (let left = count; left > 0; at++) if (at >= this.#end || buffer[at]! < 0x80) left--;
    if (at > this.#end) throw new Malformed("cut short");
    this.#position = at;
  }

  /** Passes over a string that was read before; answers how many UTF-16 units it has. */
  units(): number {
    const length = this.varint();
    const start = this.skip(length);
    let units = length;
    for (let i = start; i < start + length; i++) {
      const byte = this.#buffer[i]!;
      // Each byte counts for a unit but for those that go on; what takes four bytes is a pair.
      if (byte >= 0x80) units += byte < 0xc0 ? -1 : byte >= 0xf0 ? 1 : 0;
    }
    return units;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new Malformed("trailing bytes");
  }
}

/** From so many bytes on (between an id and a short change) a call costs less than a loop: of 130 bytes 50 ns, not 190. */
const CALL_BYTES = 48;

/** The bytes in [start, end) of a buffer to another one, from `at` on. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start >= CALL_BYTES) to.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++, at++) to[at] = from[i]!;
}

/** RFC 3629. The string must be well formed (no lone surrogates). */
export function encodeUtf8(text: string): Bytes {
  const out = new Uint8Array(utf8Length(text));
  writeUtf8(text, out, 0);
  return out;
}

function writeUtf8(text: string, out: Uint8Array, at: number): void {
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const low = text.charCodeAt(i + 1);
      if (code >= 0xdc00 || !(low >= 0xdc00 && low < 0xe000))
        throw new RangeError("Expected no lone surrogates");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i++;
      out[at++] = 0xf0 | (code >> 18);
      out[at++] = 0x80 | ((code >> 12) & 63);
      out[at++] = 0x80 | ((code >> 6) & 63);
    } else if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
    } else {
      out[at++] = 0xe0 | (code >> 12);
      out[at++] = 0x80 | ((code >> 6) & 63);
    }
    out[at++] = 0x80 | (code & 63);
  }
}

/** Bytes of the UTF-8 of well-formed text. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Half of a pair stands for two of the four bytes.
    if (code >= 0x80) length += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return length;
}

/** Up to here a string is put together letter by letter. */
const SHORT_BYTES = 16;

/** Strict: overlong forms, surrogates and values above U+10FFFF are malformed. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  // Most strings are a letter or a short key.
  if (end - start > SHORT_BYTES) return decodeAll(bytes, start, end);
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decodeAll(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeAll(bytes: Uint8Array, start: number, end: number): string {
  let i = start;
  const parts: string[] = [];
  let units: number[] = [];
  const continuation = (): number => {
    const byte = i < end ? bytes[i++]! : 0;
    if ((byte & 0xc0) !== 0x80) throw new Malformed("bad UTF-8");
    return byte & 63;
  };
  while (i < end) {
    const first = bytes[i++]!;
    let code: number;
    if (first < 0x80) code = first;
    else if (first >= 0xc2 && first < 0xe0) code = ((first & 31) << 6) | continuation();
    else if (first >= 0xe0 && first < 0xf0) {
      code = ((first & 15) << 12) | (continuation() << 6) | continuation();
      if (code < 0x800 || (code >= 0xd800 && code < 0xe000)) throw new Malformed("bad UTF-8");
    } else if (first >= 0xf0 && first < 0xf5) {
      code = ((first & 7) << 18) | (continuation() << 12) | (continuation() << 6) | continuation();
      if (code < 0x10000 || code > 0x10ffff) throw new Malformed("bad UTF-8");
    } else throw new Malformed("bad UTF-8");
    if (code >= 0x10000) {
      code -= 0x10000;
      units.push(0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
    } else units.push(code);
    // Arguments travel on the stack: a chunk at a time.
    if (units.length >= 4096) {
      parts.push(String.fromCharCode.apply(null, units));
      units = [];
    }
  }
  parts.push(String.fromCharCode.apply(null, units));
  return parts.join("");
}
