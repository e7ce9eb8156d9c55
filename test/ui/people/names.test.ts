// Goal: a person without a name has a friendly one, and nobody can look like somebody else by choosing a name.
import { expect, test } from "vitest";
import { labelsOf, labelText, shownName, wordsOf } from "../../../src/ui/people/names.ts";

const keys = Array.from({ length: 4096 }, (_, i) => i.toString(16).padStart(64, "0"));

test("makes two words from a key, always the same ones", () => {
  expect(wordsOf(keys[1]!)).toMatch(/^[a-z]+ [a-z]+$/);
  expect(wordsOf(keys[1]!)).toBe(wordsOf(keys[1]!));
});

test("uses every adjective and every noun", () => {
  const words = keys.map(key => wordsOf(key).split(" "));
  expect(new Set(words.map(([adjective]) => adjective)).size).toBe(64);
  expect(new Set(words.map(([, noun]) => noun)).size).toBe(64);
});

test("adds the two words where two people are called alike, whatever the case", () => {
  const labels = labelsOf([
    { key: keys[1]!, name: "Bob" },
    { key: keys[2]!, name: "bob " },
    { key: keys[3]!, name: "Carol" },
  ]);
  expect(labelText(labels.get(keys[1]!)!)).toBe(`Bob · ${wordsOf(keys[1]!)}`);
  expect(labelText(labels.get(keys[2]!)!)).toBe(`bob · ${wordsOf(keys[2]!)}`);
  expect(labelText(labels.get(keys[3]!)!)).toBe("Carol");
});

test("tells Mallory from the nameless person whose two words Mallory chose as a name", () => {
  const labels = labelsOf([
    { key: keys[1]!, name: null },
    { key: keys[2]!, name: wordsOf(keys[1]!) },
  ]);
  expect(labelText(labels.get(keys[2]!)!)).not.toBe(labelText(labels.get(keys[1]!)!));
});

test("shows a name without characters that hide or reorder text", () => {
  expect(shownName("B\u200bo\u202eb\u0007")).toBe("Bob");
  expect(shownName("  Bob\n Smith ")).toBe("Bob Smith");
  expect(shownName("\u200b\u2060")).toBeNull();
  expect(shownName("x".repeat(200))).toHaveLength(40);
});

test("a tick stands behind a name whose key was compared, and nobody can write one into their name", () => {
  const labels = labelsOf([
    { key: keys[1]!, name: "Bob", verification: "verified" },
    { key: keys[2]!, name: "Carol ✓✔☑✅🗸🗹" },
    { key: keys[3]!, name: "Dave", verification: "new-device" },
  ]);
  expect([1, 2, 3].map(n => labelText(labels.get(keys[n]!)!))).toEqual(["Bob ✓", "Carol", "Dave"]);
});
