import { describe, expect, it } from "vitest";
import {
  entryWords,
  isSameVersion,
  labelsFor,
  momentOf,
  nameOf,
  namesOf,
} from "../../../src/ui/history/words.ts";
import { wordsOf } from "../../../src/ui/people/names.ts";

const [ALICE, BOB, CAROL] = ["a", "b", "c"].map(letter => letter.repeat(64)) as [string, string, string];
const person = (key: string, name: string | null) => ({ key, name, me: false, path: null });
const NOON = new Date(2026, 10, 28, 12, 0).getTime();
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime() / 1000;

describe("a moment", () => {
  it("is told as one would tell it, the day where it is another one", () => {
    expect(momentOf(at(2026, 10, 28, 9, 5), NOON)).toBe("09:05");
    expect(momentOf(at(2026, 10, 27, 23, 59), NOON)).toBe("yesterday, 23:59");
    expect(momentOf(at(2026, 10, 2, 0, 0), NOON)).toBe("2 November, 00:00");
    expect(momentOf(at(2024, 1, 29, 14, 30), NOON)).toBe("29 February 2024, 14:30");
  });

  it("that nobody stated is not told, and one ahead of the clock is told with its day", () => {
    expect(momentOf(null, NOON)).toBe("");
    expect(momentOf(at(2026, 10, 30, 1, 0), NOON)).toBe("30 November, 01:00");
  });
});

describe("an entry", () => {
  const entry = { authors: [ALICE, BOB], from: null, to: at(2026, 10, 28, 9, 5), first: 0, end: 3 };

  it("names its people and its moment", () => {
    const labels = labelsFor([person(ALICE, "Alice"), person(BOB, "Bob")], [entry]);
    expect(entryWords(entry, labels, NOON)).toBe("Alice and Bob, 09:05");
    expect(entryWords({ ...entry, to: null }, labels, NOON)).toBe("Alice and Bob");
    expect(namesOf([ALICE, BOB, CAROL], labels)).toBe(`Alice, Bob, and ${wordsOf(CAROL)}`);
  });

  it("keeps people of one name apart, and knows those who are no longer listed by the words of their key", () => {
    const labels = labelsFor([person(ALICE, "Alice"), person(CAROL, "Alice")], [entry]);
    expect(nameOf(ALICE, labels)).toBe(`Alice · ${wordsOf(ALICE)}`);
    expect(nameOf(BOB, labels)).toBe(wordsOf(BOB));
  });
});

it("a version is the same by its heads", () => {
  expect(isSameVersion(["1", "2"], ["1", "2"])).toBe(true);
  expect(isSameVersion(["1"], ["1", "2"])).toBe(false);
});
