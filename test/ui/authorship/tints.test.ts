import { expect, test } from "vitest";
import { Tints } from "../../../src/ui/authorship/tints.ts";
import { hueOf } from "../../../src/ui/people/colour.ts";

test("two people of one hue are not drawn alike, and each as before", () => {
  const keys = Array.from({ length: 400 }, (_, i) => i.toString(16).padStart(64, "0"));
  const [first, second, third, fourth] = keys.filter(key => hueOf(key) === hueOf(keys[0]!)) as [
    string,
    string,
    string,
    string,
  ];
  const other = keys.find(key => hueOf(key) !== hueOf(first))!;
  const tints = new Tints();
  const hue = `author-tint hue-${hueOf(first)}`;
  expect([first, second, third, fourth].map(key => tints.classOf(key))).toEqual([
    hue,
    `${hue} is-kin-1`,
    `${hue} is-kin-2`,
    hue,
  ]);
  expect(tints.classOf(other)).toBe(`author-tint hue-${hueOf(other)}`);
  expect(tints.classOf(second)).toBe(`${hue} is-kin-1`);
});
