// Goal: the adapter computes what the RFCs say, answers null for what the other end got wrong, and throws for what
// we got wrong. Method: the published vectors, and one changed byte at a time.
import { hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import type { Bytes } from "../../src/sync/ports.ts";

const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
const ascii = (text: string): Bytes => new Uint8Array(Buffer.from(text, "ascii"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("SHA-256", () => {
  it("agrees with the example of FIPS 180-4", () => {
    expect(toHex(ciphers.sha256(ascii("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});

describe("HKDF-SHA-256", () => {
  it("agrees with RFC 5869, A.3", () => {
    expect(toHex(ciphers.hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(0), "", 42))).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });

  it("agrees with Node's where there are a salt and an info", () => {
    const [secret, salt] = [ciphers.random(32), ciphers.random(16)];
    const expected = new Uint8Array(hkdfSync("sha256", secret, salt, "chirograph test", 64));
    expect(ciphers.hkdf(secret, salt, "chirograph test", 64)).toEqual(expected);
  });
});

describe("X25519", () => {
  it("agrees with RFC 7748, 6.1", () => {
    const bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const alicePublic = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(toHex(ciphers.agree(bob, alicePublic)!)).toBe(
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
  });

  it("gives both ends the same secret", () => {
    const [alice, bob] = [ciphers.agreementKeys(), ciphers.agreementKeys()];
    expect(ciphers.agree(alice.secret, bob.publicKey)).toEqual(ciphers.agree(bob.secret, alice.publicKey));
  });

  it.each([
    ["the point zero", "00".repeat(32)],
    ["a point of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["31 bytes", "09".repeat(31)],
  ])("answers null for %s", (_, publicKey) => {
    expect(ciphers.agree(ciphers.random(32), hex(publicKey))).toBeNull();
  });
});

const SUNSCREEN = ascii(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
);
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
const ASSOCIATED = hex("50515253c0c1c2c3c4c5c6c7");

describe("ChaCha20-Poly1305", () => {
  const nonce = hex("070000004041424344454647");
  const sealed = hex(`
    d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6
    3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36
    92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691`);

  it("agrees with RFC 8439, 2.8.2, both ways", () => {
    expect(ciphers.seal(KEY, nonce, SUNSCREEN, ASSOCIATED)).toEqual(sealed);
    expect(ciphers.open(KEY, nonce, sealed, ASSOCIATED)).toEqual(SUNSCREEN);
  });

  it("opens nothing that was changed in any byte, cut short, or meant for something else", () => {
    for (let i = 0; i < sealed.length; i++) {
      expect(ciphers.open(KEY, nonce, sealed.with(i, sealed[i]! ^ 1) as Bytes, ASSOCIATED)).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(ciphers.open(KEY, nonce, sealed.slice(0, length), ASSOCIATED)).toBeNull();
    }
    expect(ciphers.open(KEY, nonce, sealed, hex("51"))).toBeNull();
  });

  it("throws for a key or a nonce of the wrong length, which are ours", () => {
    expect(() => ciphers.open(KEY.slice(1), nonce, sealed, ASSOCIATED)).toThrow();
    expect(() => ciphers.open(KEY, nonce.slice(1), sealed, ASSOCIATED)).toThrow();
    expect(() => ciphers.openRandom(KEY.slice(1), sealed, ASSOCIATED)).toThrow();
  });
});

describe("XChaCha20-Poly1305 with its nonce in front", () => {
  it("opens the example of draft-irtf-cfrg-xchacha, A.3.1", () => {
    const sealed = hex(`
      404142434445464748494a4b4c4d4e4f 5051525354555657
      bd6d179d3e83d43b9576579493c0e939 572a1700252bfaccbed2902c21396cbb
      731c7f1b0b4aa6440bf3a82f4eda7e39 ae64c6708c54c216cb96b72e1213b452
      2f8c9ba40db5d945b11b69b982c1bb9e 3f3fac2bc369488f76b2383565d3fff9
      21f9664c97637da9768812f615c68b13 b52e c0875924c1c7987947deafd8780acf49`);
    expect(ciphers.openRandom(KEY, sealed, ASSOCIATED)).toEqual(SUNSCREEN);
  });

  it("opens what it sealed, never sealed twice alike, and nothing that was changed", () => {
    const [first, second] = [0, 1].map(() => ciphers.sealRandom(KEY, SUNSCREEN, ASSOCIATED)) as [
      Bytes,
      Bytes,
    ];
    expect(first).not.toEqual(second);
    expect(first.length).toBe(24 + SUNSCREEN.length + 16);
    expect(ciphers.openRandom(KEY, first, ASSOCIATED)).toEqual(SUNSCREEN);
    for (let i = 0; i < first.length; i++) {
      expect(ciphers.openRandom(KEY, first.with(i, first[i]! ^ 1) as Bytes, ASSOCIATED)).toBeNull();
    }
    for (const length of [0, 23, 24, 39]) {
      expect(ciphers.openRandom(KEY, first.slice(0, length), ASSOCIATED)).toBeNull();
    }
  });
});

describe("Ed25519 with a seed", () => {
  it("agrees with RFC 8032, 7.1, test 2", () => {
    const seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    expect(toHex(ciphers.seedPublicKey(seed))).toBe(
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    );
    expect(toHex(ciphers.seedSign(seed, hex("72")))).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
  });
});
