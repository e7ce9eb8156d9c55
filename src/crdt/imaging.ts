// The image of a replica: all that it holds but the bytes of the changes, as columns (types/image.ts), for this device's
// own store and nobody else. What an image says is not judged again, so it is taken from no peer and stands in no file;
// and it is only a cache of the log, so whatever is wrong with it, it is dropped without a word and the log is replayed.
//
//     image    magic and version 8 │ check 8 │ columns: document, device, … │ graph │ members │ proofs │ effects │ retracts │ tree │ masking
//
// The check tells of accidents, like that of a file; it is no hash that a liar could not match, for which a store that
// lies has no need. It takes 7 ms for 18 MB in a process that has just begun, where SHA-256 takes 130.

import type { Bytes } from "./graph/bytes.ts";
import type { DeviceId, DocId } from "./graph/change.ts";
import type { Holding } from "./holding.ts";
import { IMAGE_BYTES_MAX } from "./limits.ts";
import { ImageIn, ImageOut } from "./types/image.ts";

/** "CHIRIMG", as two words of whoever writes them: read with the other end first they are none. */
const MAGIC = [0x52494843, 0x00474d49] as const;
/** Another one for every other order or meaning of a column. */
const IMAGE_VERSION = 5;
const HEAD_BYTES = 16;
const HEAD_WORDS = HEAD_BYTES / 4;

/** What of a replica is in no structure of its own. */
export interface Imaged {
  readonly doc: DocId;
  readonly device: DeviceId;
  /** Seconds since 1970 that this device last stated. */
  readonly lastTime: number;
}

/** Null where it would be larger than anybody reads. Everything must be at rest: no draft open, nothing owed. */
export function takeImage(holding: Holding, { doc, device, lastTime }: Imaged): Bytes | null {
  const out = new ImageOut();
  out.json([doc, device, lastTime]);
  holding.dump(out);
  const length = HEAD_BYTES + out.length;
  if (out.isTooLong || length > IMAGE_BYTES_MAX) return null;
  const image = new Uint8Array(length);
  out.write(image, HEAD_BYTES);
  const words = new Int32Array(image.buffer);
  words.set([MAGIC[0], MAGIC[1] + (IMAGE_VERSION << 24), ...checkOf(words)]);
  return image;
}

/** Loads an image of this document and device into a holding that is empty; null, and a holding to be dropped, if it is none.
 * The holding writes on in its bytes, which are of use to nobody else any more. */
export function loadImage(image: Bytes, holding: Holding, doc: DocId, device: DeviceId): Imaged | null {
  const { length } = image;
  if (length < HEAD_BYTES || length > IMAGE_BYTES_MAX || length % 8 !== 0) return null;
  const bytes = image.byteOffset % 8 === 0 ? image : image.slice();
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, length / 4);
  if (words[0] !== MAGIC[0] || words[1] !== MAGIC[1] + (IMAGE_VERSION << 24)) return null;
  const [first, second] = checkOf(words);
  if (words[2] !== first || words[3] !== second) return null;
  try {
    const from = new ImageIn(bytes, HEAD_BYTES);
    const [ofDoc, ofDevice, lastTime] = from.json() as [DocId, DeviceId, number];
    if (ofDoc !== doc || ofDevice !== device) return null;
    holding.load(from);
    from.end();
    return { doc, device, lastTime };
  } catch {
    // Whole, and yet not to be made sense of: a mistake in whichever build wrote it. The log is there.
    return null;
  }
}

const FACTOR = 0x9e3779b1 | 0;
/** Words summed up in one call: the engine compiles what is called often, and of one long loop compiles a worse half. */
const BLOCK_WORDS = 512;

/** Of all behind the head: four sums side by side, as each step waits for the one before. One altered word always alters
 * its sum, since the factor is odd. */
function checkOf(words: Int32Array): [number, number] {
  const { length } = words;
  const sums = new Int32Array([length, 1, 2, 3]);
  const end = length & ~3;
  for (let at = HEAD_WORDS; at < end; at += BLOCK_WORDS)
    addBlock(sums, words, at, Math.min(at + BLOCK_WORDS, end));
  const rest = new Int32Array(4);
  rest.set(words.subarray(end));
  addBlock(sums, rest, 0, 4);
  const [a, b, c, d] = sums as unknown as [number, number, number, number];
  return [a ^ ((c << 16) | (c >>> 16)), b ^ ((d << 16) | (d >>> 16))];
}

/** Of as many words as divide by 4. */
function addBlock(sums: Int32Array, words: Int32Array, from: number, to: number): void {
  let a = sums[0]!;
  let b = sums[1]!;
  let c = sums[2]!;
  let d = sums[3]!;
  for (let i = from; i < to; i += 4) {
    a = (Math.imul(a, FACTOR) + words[i]!) | 0;
    b = (Math.imul(b, FACTOR) + words[i + 1]!) | 0;
    c = (Math.imul(c, FACTOR) + words[i + 2]!) | 0;
    d = (Math.imul(d, FACTOR) + words[i + 3]!) | 0;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}
