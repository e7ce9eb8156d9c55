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

const NAME_BYTES = 32;
/** For names, of which there are many: the one array that their digits are put into. */
const nameUnits: number[] = new Array<number>(NAME_BYTES * 2).fill(0);

/** Bytes in one call: arguments travel on the stack. */
const CHUNK_BYTES = 1024;

/** Lower case. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, bytes.length - start);
    out += unitsToHex(bytes, start, length === NAME_BYTES ? nameUnits : new Array<number>(length * 2));
  }
  return out;
}

/** Fills `units`, two for each byte from `start`. */
function unitsToHex(bytes: Uint8Array, start: number, units: number[]): string {
  for (let i = 0; i < units.length; i += 2) {
    const at = bytes[start + (i >> 1)]! * 2;
    units[i] = DIGITS[at]!;
    units[i + 1] = DIGITS[at + 1]!;
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
  const name = unitsToHex(bytes, at, nameUnits);
  keptNames[place] = name;
  return name;
}

/** The order of ids and keys as text, which is that of their bytes. */
export function compareHex(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
