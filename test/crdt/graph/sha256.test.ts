// Our SHA-256 against the published vectors, against noble's, and in time.

import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { encodeUtf8, toHex } from "../../../src/crdt/graph/bytes.ts";
import { BLOCK_BYTES, midstate, sha256, sha256Behind, sha256From } from "../../../src/crdt/graph/sha256.ts";
import { mustFromHex } from "../../../src/crdt/index.ts";

// FIPS 180-4, examples of NIST ("Cryptographic Standards and Guidelines, Example Values"), and of the SHAVS test
// vectors for short messages of whole bytes.
const PUBLISHED: readonly (readonly [message: Uint8Array, hash: string])[] = [
  [encodeUtf8(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [encodeUtf8("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    encodeUtf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    encodeUtf8(
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    ),
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  ],
  [encodeUtf8("a".repeat(1_000_000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  [mustFromHex("d3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"],
  [mustFromHex("11af"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"],
  [mustFromHex("b4190e"), "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"],
  [mustFromHex("74ba2521"), "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"],
];

/** The same bytes in every run. */
function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  for (let i = 0, x = length + 1; i < length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    out[i] = x >>> 24;
  }
  return out;
}

describe("our SHA-256", () => {
  it("gives the published hashes", () => {
    for (const [message, hash] of PUBLISHED) expect(toHex(sha256(message))).toBe(hash);
  });

  it("gives noble's hash of every length up to 300, of those around later blocks, and of a megabyte", () => {
    const lengths = Array.from({ length: 301 }, (_, i) => i);
    for (let blocks = 6; blocks < 40; blocks += 3)
      for (const off of [-9, -8, -1, 0, 1]) lengths.push(blocks * BLOCK_BYTES + off);
    for (const length of [...lengths, 1_048_576, 1_048_571]) {
      const bytes = bytesOf(length);
      expect(toHex(sha256(bytes)), `${length} bytes`).toBe(toHex(nobleSha256(bytes)));
    }
  });

  it("goes on from the state after whole blocks, with any stretch of a buffer", () => {
    const bytes = bytesOf(1_000);
    for (const kept of [64, 128, 640]) {
      const state = midstate(bytes.subarray(64, kept), midstate(bytes.subarray(0, 64)));
      for (const end of [kept, kept + 1, kept + 55, kept + 56, kept + 63, kept + 64, kept + 200]) {
        const expected = toHex(nobleSha256(bytes.subarray(0, end)));
        expect(toHex(sha256From(state, bytes, kept, end)), `${kept} to ${end}`).toBe(expected);
        const room = new Uint8Array([...bytes.subarray(0, end), ...new Uint8Array(40).fill(7)]);
        sha256Behind(state, new DataView(room.buffer), kept, end);
        expect(toHex(room.subarray(end, end + 32))).toBe(expected);
        expect(room.subarray(end + 32)).toEqual(new Uint8Array(8).fill(7));
        // The state is used again, and was not written to.
        expect(toHex(sha256From(state, bytes, kept, end))).toBe(expected);
      }
    }
    expect(() => midstate(bytes.subarray(0, 63))).toThrow(RangeError);
  });

  it("is faster than noble's on what a change is, or it would not be here", () => {
    const bytes = bytesOf(100);
    const time = (hash: (input: Uint8Array) => Uint8Array): number => {
      const before = process.cpuUsage();
      for (let i = 0; i < 20_000; i++) {
        bytes[0] = i;
        hash(bytes);
      }
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const ratios = Array.from({ length: 7 }, () => time(nobleSha256) / time(sha256)).sort((a, b) => a - b);
    console.log(`sha256 of 100 bytes: ${ratios[3]!.toFixed(1)} times as fast as noble's`);
    expect(ratios[3]).toBeGreaterThan(1.2);
  });
});
