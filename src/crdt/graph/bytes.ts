// Reader and writer of canonical bytes: minimal varints, strict UTF-8, fixed lengths. There is exactly one byte
// string for each value, so that a hash of the bytes is a hash of the meaning. The reader never allocates more
// than the input holds; it throws `Malformed`, which the decoder that owns the reader turns into a refusal.

/** Thrown by `Reader` alone and caught at the border of the decoder that made the reader. */
export class Malformed extends Error {}

/** Bytes on an ArrayBuffer: what WebCrypto takes too. */
export type Bytes = Uint8Array<ArrayBuffer>;

const EMPTY: Bytes = new Uint8Array(0);

export class Writer {
  #buffer: Bytes;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** LEB128, minimal; safe non-negative integers only. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`Expected a safe count, got ${value}`);
    this.#reserve(8);
    while (value >= 0x80) {
      this.#buffer[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#buffer[this.#length++] = value;
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
      this.#buffer[this.#length++] = digit | 0x80;
      digit = rest % 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = digit;
  }

  /** IEEE 754 binary64, little endian. */
  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Length in bytes, then UTF-8. Lone surrogates are a caller's bug. */
  string(value: string): void {
    const encoded = encodeUtf8(value);
    this.varint(encoded.length);
    this.bytes(encoded);
  }

  finish(): Bytes {
    return this.#buffer.slice(0, this.#length);
  }
}

export class Reader {
  readonly #buffer: Uint8Array;
  #position: number;
  readonly #end: number;

  constructor(buffer: Uint8Array, start = 0, end = buffer.length) {
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

  /** A count of things that take at least one byte each may not exceed what is left, nor `max`. */
  count(max: number): number {
    const value = this.varint();
    if (value > max) throw new Malformed(`count ${value} above ${max}`);
    if (value > this.left) throw new Malformed("count beyond the end");
    return value;
  }

  varint(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw new Malformed("varint not minimal");
        if (value > max) throw new Malformed(`number ${value} above ${max}`);
        return value;
      }
      scale *= 0x80;
    }
    throw new Malformed("varint too long");
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
    if (!Number.isSafeInteger(value)) throw new Malformed("integer too large");
    return low === 0 ? value : -value - 1;
  }

  double(): number {
    const raw = this.bytes(8);
    return new DataView(raw.buffer).getFloat64(0, true);
  }

  string(bytesMax: number): string {
    const length = this.varint();
    if (length > bytesMax) throw new Malformed("string too long");
    return decodeUtf8(this.bytes(length));
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new Malformed("trailing bytes");
  }
}

/** RFC 3629. The string must be well formed (no lone surrogates). */
export function encodeUtf8(text: string): Bytes {
  const out = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[n++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const low = text.charCodeAt(i + 1);
      if (code >= 0xdc00 || !(low >= 0xdc00 && low < 0xe000))
        throw new RangeError("Expected no lone surrogates");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i++;
      out[n++] = 0xf0 | (code >> 18);
      out[n++] = 0x80 | ((code >> 12) & 63);
      out[n++] = 0x80 | ((code >> 6) & 63);
    } else if (code < 0x800) {
      out[n++] = 0xc0 | (code >> 6);
    } else {
      out[n++] = 0xe0 | (code >> 12);
      out[n++] = 0x80 | ((code >> 6) & 63);
    }
    out[n++] = 0x80 | (code & 63);
  }
  return out.slice(0, n);
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

/** Strict: overlong forms, surrogates and values above U+10FFFF are malformed. */
export function decodeUtf8(bytes: Uint8Array): string {
  const parts: string[] = [];
  let units: number[] = [];
  let i = 0;
  const continuation = (): number => {
    const byte = bytes[i++];
    if (byte === undefined || (byte & 0xc0) !== 0x80) throw new Malformed("bad UTF-8");
    return byte & 63;
  };
  while (i < bytes.length) {
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
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join("");
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower case. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += HEX[byte]!;
  return out;
}

/** The bytes of an even-length lower-case hex string, or null. */
export function fromHex(hex: string): Bytes | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) return null;
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/** For hex that was checked before. */
export function mustFromHex(hex: string): Bytes {
  const bytes = fromHex(hex);
  if (bytes === null) throw new TypeError("Expected lower-case hex");
  return bytes;
}
