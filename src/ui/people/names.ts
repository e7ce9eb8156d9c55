// Two friendly words for a key that has not told a name, and the labels that keep two people of one name apart.
// The words are a convenience for the eye (12 bits), never a proof of who somebody is.
import type { Person } from "../../sync/view.ts";
import { keyBits } from "./key-bits.ts";

const adjectives = (
  "amber brave bright brisk calm careful cheerful clear clever cosy curious daring eager early earnest " +
  "easy fair fearless fleet fond free fresh friendly gentle glad golden graceful grand happy hardy " +
  "hearty honest humble jolly keen kind lively loyal lucky mellow merry mighty modest neat nimble " +
  "noble patient plucky polite proud quick quiet ready silver smiling snowy spry steady sunny swift " +
  "tidy warm wise witty"
).split(" ");

const nouns = (
  "acorn badger beaver beech birch bison brook cedar cherry clover comet cricket crane daisy dolphin " +
  "dove elm falcon fern finch fox gander harbour hare hazel heron holly ibis island ivy juniper " +
  "kestrel koala lagoon lantern lark lemur lily linden lynx magpie maple marmot meadow moose otter " +
  "owl panda pebble pine plover poppy puffin rabbit river robin rowan sparrow swallow thrush tulip " +
  "walnut willow wren"
).split(" ");

const NAME_LENGTH_MAX = 40;

/** Always the same two words for the same key, such as "quiet otter". */
export function wordsOf(key: string): string {
  const bits = keyBits(key, 2);
  return `${adjectives[bits & 63]} ${nouns[(bits >>> 6) & 63]}`;
}

/**
 * A claimed name as it may be shown: without control, bidirectional and zero-width characters, which could make it
 * look like another's, without ticks, which say that a key was compared, on one line and not longer than forty characters.
 * Null where nothing is left.
 */
export function shownName(name: string | null): string | null {
  if (name === null) return null;
  const plain = name
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, "")
    .replace(/[\u{2611}\u{2705}\u{2713}\u{2714}\u{1F5F8}\u{1F5F9}]/gu, "")
    .trim();
  const short = [...plain].slice(0, NAME_LENGTH_MAX).join("");
  return short === "" ? null : short;
}

/** What a person is called, and the two words as well where another person's name reads the same. */
export interface Label {
  readonly name: string;
  readonly words: string | null;
  /** Somebody on this device compared the key. */
  readonly isVerified?: boolean;
}

/** One label per key. A name that copies somebody's two words counts as the same name. */
export function labelsOf(
  people: readonly Pick<Person, "key" | "name" | "verification">[],
): ReadonlyMap<string, Label> {
  const count = new Map<string, number>();
  const named = people.map(({ key, name, verification }) => ({
    key,
    name: shownName(name) ?? wordsOf(key),
    isVerified: verification === "verified",
  }));
  for (const { name } of named) count.set(folded(name), (count.get(folded(name)) ?? 0) + 1);
  const labels = new Map<string, Label>();
  for (const { key, name, isVerified } of named) {
    const isShared = (count.get(folded(name)) ?? 0) > 1;
    labels.set(key, { name, words: isShared ? wordsOf(key) : null, ...(isVerified ? { isVerified } : {}) });
  }
  return labels;
}

export function labelText(label: Label): string {
  const name = label.isVerified ? `${label.name} ✓` : label.name;
  return label.words === null ? name : `${name} · ${label.words}`;
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
