// Ways to spoil bytes that somebody who knows the format would try: bits, counts, lengths, stretches again, in another
// order or from elsewhere, and ends cut off. Drawn from a seed.

import type { Bytes } from "../../src/crdt/index.ts";
import type { Prng } from "../sim/prng.ts";

const TELLING = [0, 1, 2, 3, 4, 5, 7, 8, 16, 32, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xed, 0xff];

function splice(bytes: Bytes, at: number, removed: number, ...inserted: readonly number[]): Bytes {
  const end = Math.min(bytes.length, at + removed);
  const spliced = new Uint8Array(at + inserted.length + bytes.length - end);
  spliced.set(bytes.subarray(0, at));
  spliced.set(inserted, at);
  spliced.set(bytes.subarray(end), at + inserted.length);
  return spliced;
}

/** One to three alterations. `others` lend stretches. */
export function spoiled(bytes: Bytes, luck: Prng, others: readonly Bytes[]): Bytes {
  let altered = bytes;
  for (let times = luck.between(1, 3); times > 0; times--) altered = once(altered, luck, others);
  return altered;
}

function once(bytes: Bytes, luck: Prng, others: readonly Bytes[]): Bytes {
  const at = luck.below(Math.max(1, bytes.length));
  const length = luck.between(1, 9);
  const byte = luck.chance(0.5) ? luck.pick(TELLING) : luck.below(256);
  switch (luck.below(10)) {
    case 0:
      return splice(bytes, at, 1, (bytes[at] ?? 0) ^ (1 << luck.below(8)));
    case 1:
      return splice(bytes, at, 1, byte);
    case 2:
      return splice(bytes, at, 0, byte);
    case 3:
      return splice(bytes, at, length);
    case 4: // a varint that is longer than it must be
      return splice(bytes, at, 1, (bytes[at] ?? 0) | 0x80, 0);
    case 5: // a stretch again
      return splice(bytes, at, 0, ...bytes.subarray(at, at + (luck.chance(0.3) ? 32 : length)));
    case 6: {
      const size = luck.chance(0.3) ? 32 : length;
      const one = bytes.subarray(at, at + size);
      return splice(bytes, at, size * 2, ...bytes.subarray(at + size, at + size * 2), ...one);
    }
    case 7: {
      const other = luck.pick(others);
      const from = luck.below(Math.max(1, other.length));
      return splice(bytes, at, length, ...other.subarray(from, from + length));
    }
    case 8: // the largest number there is
      return splice(bytes, at, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f);
    default:
      return bytes.slice(0, at) as Bytes;
  }
}
