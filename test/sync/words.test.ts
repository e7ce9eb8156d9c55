// Goal: words stand for what they are made of and nothing else. Method: published sentences of BIP-39, golden words, and what
// people make of a sentence when they type it.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeviceId, DocId } from "../../src/crdt/index.ts";
import { askingWords, newRecoveryWords, personWords, recoverySeed } from "../../src/sync/adapters/words.ts";

const name = (byte: string) => byte.repeat(32);

test("recovery words are the published sentences for the same bits", () => {
  // https://github.com/trezor/python-mnemonic/blob/master/vectors.json
  const of = (byte: number) => newRecoveryWords(length => new Uint8Array(length).fill(byte)).join(" ");
  expect(of(0)).toBe(`${"abandon ".repeat(11)}about`);
  expect(of(0x7f)).toBe("legal winner thank year wave sausage worth useful legal winner thank yellow");
  expect(of(0xff)).toBe(`${"zoo ".repeat(11)}wrong`);
});

test("any case and any space is one seed; another word, order or length is none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), entropy => {
      const words = newRecoveryWords(() => new Uint8Array(entropy));
      const seed = recoverySeed(words.join(" "))!;
      expect(seed).toHaveLength(32);
      expect(recoverySeed(`\n ${words.join("\t ").toUpperCase()}  `)).toEqual(seed);
      expect(recoverySeed(words.slice(0, 11).join(" "))).toBe(null);
      expect(recoverySeed([...words, words[0]].join(" "))).toBe(null);
      expect(recoverySeed(["chirograph", ...words.slice(1)].join(" "))).toBe(null);
    }),
    { numRuns: 20 },
  );
  expect(recoverySeed("")).toBe(null);
  expect(recoverySeed(`${"abandon ".repeat(11)}abandon`)).toBe(null);
  // Twenty-four are a sentence of BIP-39, and none of ours.
  expect(recoverySeed(`${"abandon ".repeat(23)}art`)).toBe(null);
});

test("four words change with each thing that they are made of", () => {
  const given = [name("a1"), name("b2"), name("c3"), name("d4")];
  const words = (parts: readonly string[]) =>
    askingWords(...(parts as [string, string, string, string] as [DocId, DeviceId, DeviceId, DeviceId])).join(
      " ",
    );
  const all = [
    given,
    ...given.map((_, place) => given.map((part, i) => (i === place ? name("e5") : part))),
  ].map(words);
  expect(new Set(all).size).toBe(5);
  for (const sentence of all) expect(sentence).toMatch(/^[a-z]+( [a-z]+){3}$/);
});

test("a person's five words are the same for ever", () => {
  expect(personWords(name("a1") as DeviceId).join(" ")).toMatchInlineSnapshot(
    `"trust cotton solution always suffer"`,
  );
});
