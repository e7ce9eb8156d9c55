// The policy forbids styles in attributes, so every colour that a person can have is a class, written out.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hues } from "../../../src/ui/people/colour.ts";

it("every hue that a person can have is a class of the history's", () => {
  const css = readFileSync(new URL("../../../src/ui/authorship/authorship.css", import.meta.url), "utf8");
  const classes = [...css.matchAll(/\.hue-(\d+) \{\s*--hue: (\d+);/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(classes).toEqual(hues.map(hue => [String(hue), String(hue)]));
});
