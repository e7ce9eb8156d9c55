// Keys and secrets as English words that people can read to each other: the 2,048 of BIP-39, eleven bits each. Fetched when
// words are first asked for. What the words of two keys are worth against somebody who searches for a likeness is said where
// they are made.

import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { type Bytes, concat, type DeviceId, type DocId, mustFromHex, sha256, tag } from "../../crdt/index.ts";

const ASKING_TAG = tag("chirograph asking words 0");
const PERSON_TAG = tag("chirograph person words 0");
const RECOVERY_TAG = tag("chirograph recovery key 0");

/** 44 bits: whoever wants another key to show the same has the minutes for which a device link lives. */
const ASKING_WORDS = 4;
/** 55 bits, and as many more again by `PERSON_ROUNDS`, for one who has years: 2^69 hashes for a likeness of one given key. */
const PERSON_WORDS = 5;
const PERSON_ROUNDS = 16_384;
/** Twelve words: 128 bits and a checksum of four. */
const RECOVERY_BYTES = 16;

/** What a new device and the one that is to introduce it both show. */
export function askingWords(
  doc: DocId,
  introducer: DeviceId,
  link: DeviceId,
  device: DeviceId,
): readonly string[] {
  const parts = [doc, introducer, link, device].map(mustFromHex);
  return wordsOf(sha256(concat(ASKING_TAG, ...parts)), ASKING_WORDS);
}

/** Of the first key of a person, the same in every document. Takes some 20 ms. */
export function personWords(person: DeviceId): readonly string[] {
  const key = mustFromHex(person);
  let hash = sha256(concat(PERSON_TAG, key));
  for (let round = 1; round < PERSON_ROUNDS; round++) hash = sha256(concat(hash, key));
  return wordsOf(hash, PERSON_WORDS);
}

export function newRecoveryWords(random: (length: number) => Bytes): readonly string[] {
  return entropyToMnemonic(random(RECOVERY_BYTES), wordlist).split(" ");
}

/** The seed of the key that the words stand for; null where they are none: one is not of the list, or the checksum is wrong.
 * Takes what people type: any case, any space. */
export function recoverySeed(words: string): Bytes | null {
  const plain = words.normalize("NFKD").toLowerCase().trim().split(/\s+/).join(" ");
  try {
    const entropy = mnemonicToEntropy(plain, wordlist);
    return entropy.length === RECOVERY_BYTES ? sha256(concat(RECOVERY_TAG, new Uint8Array(entropy))) : null;
  } catch {
    // It throws for whatever is no sentence of the list.
    return null;
  }
}

function wordsOf(hash: Bytes, count: number): readonly string[] {
  const bits = [...hash].map(byte => byte.toString(2).padStart(8, "0")).join("");
  return Array.from(
    { length: count },
    (_, place) => wordlist[Number.parseInt(bits.slice(place * 11, place * 11 + 11), 2)]!,
  );
}
