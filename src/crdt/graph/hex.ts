// Ids and keys as text: 64 lower-case hex digits, which are compared, looked up and shown. The same few come again
// and again (an author's key in each of its changes, an id as the next change's previous one), so names seen lately
// are kept beside their bytes: the same string object is handed out, whose hash maps then need not compute anew.

type Bytes = Uint8Array<ArrayBuffer>;

/** The digits of each byte, two places each. */
const DIGITS = new Uint8Array(512);
for (let byte = 0; byte < 256; byte++) {
  const digits = byte.toString(16).padStart(2, "0");
  DIGITS[byte * 2] = digits.charCodeAt(0);
  DIGITS[byte * 2 + 1] = digits.charCodeAt(1);
}

/** What each ASCII digit stands for; 255 for what is none. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < 16; value++) VALUES[value.toString(16).charCodeAt(0)] = value;

/** Code units in one call: arguments travel on the stack. */
const CHUNK_BYTES = 1024;

/** Lower case. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
    out += chunkToHex(bytes, start, Math.min(start + CHUNK_BYTES, bytes.length));
  return out;
}

function chunkToHex(bytes: Uint8Array, start: number, end: number): string {
  const units: number[] = [];
  for (let i = start; i < end; i++) {
    const at = bytes[i]! * 2;
    units.push(DIGITS[at]!, DIGITS[at + 1]!);
  }
  return String.fromCharCode.apply(null, units);
}

/** The bytes of an even-length lower-case hex string, or null. */
export function fromHex(hex: string): Bytes | null {
  if (hex.length % 2 !== 0) return null;
  const out = new Uint8Array(hex.length / 2);
  return readHex(hex, out, 0) ? out : null;
}

/** For hex that was checked before. */
export function mustFromHex(hex: string): Bytes {
  const bytes = fromHex(hex);
  if (bytes === null) throw new TypeError("Expected lower-case hex");
  return bytes;
}

/** The same into a buffer that has room for it. */
export function writeHex(hex: string, out: Uint8Array, at: number): void {
  if (hex.length % 2 !== 0 || !readHex(hex, out, at)) throw new TypeError("Expected lower-case hex");
}

function readHex(hex: string, out: Uint8Array, at: number): boolean {
  let isHex = true;
  for (let i = 0; i < hex.length; i += 2) {
    const high = VALUES[hex.charCodeAt(i)] ?? 255;
    const low = VALUES[hex.charCodeAt(i + 1)] ?? 255;
    isHex &&= (high | low) < 16;
    out[at++] = (high << 4) | low;
  }
  return isHex;
}

const NAME_BYTES = 32;
/** Names kept. Each has one place, found by its first bytes, and gives way to the next that belongs there. */
const PLACES = 1024;
const keptBytes = new Uint8Array(PLACES * NAME_BYTES);
const keptNames: string[] = new Array<string>(PLACES).fill("00".repeat(NAME_BYTES));

/** Hex of the 32 bytes from `at`. */
export function nameAt(bytes: Uint8Array, at: number): string {
  const place = ((bytes[at]! << 8) | bytes[at + 1]!) % PLACES;
  const kept = place * NAME_BYTES;
  let i = 0;
  while (i < NAME_BYTES && keptBytes[kept + i] === bytes[at + i]) i++;
  if (i === NAME_BYTES) return keptNames[place]!;
  for (; i < NAME_BYTES; i++) keptBytes[kept + i] = bytes[at + i]!;
  const name = chunkToHex(bytes, at, at + NAME_BYTES);
  keptNames[place] = name;
  return name;
}
