// Goal: every colour of the interface is legible in both themes. Method: the values are read from tokens.css, and
// contrast is computed as WCAG does, by way of oklch → linear sRGB.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hueOf, hues } from "../../../src/ui/people/colour.ts";
import { markPath } from "../../../src/ui/people/mark.tsx";

const tokens = readFileSync(new URL("../../../src/ui/styles/tokens.css", import.meta.url), "utf8");
const light = tokens.slice(tokens.indexOf(":root {"), tokens.indexOf("@media"));
const dark = tokens.slice(tokens.indexOf("prefers-color-scheme: dark"), tokens.indexOf("prefers-contrast"));
const derived = tokens.slice(tokens.indexOf("--pole:"));
const keys = Array.from({ length: 1000 }, (_, i) => i.toString(16).padStart(64, "0"));

type Lch = readonly [lightness: number, chroma: number, hue: number];

describe.each([
  ["light", light, 0],
  ["dark", dark, 1],
])("in the %s theme", (_name, theme, pole) => {
  const base = colour(theme, "base");
  const contrastInput = number(theme, "contrast");

  test.each(hues)("hue %i is legible as a caret and under a name", hue => {
    const person: Lch = [number(theme, "person-lightness"), number(theme, "person-chroma"), hue];
    expect(contrast(person, base)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["text", "muted", "faint"])("%s is legible on the base", name => {
    const share = (contrastInput / 100) * factor(name);
    const ink: Lch = [pole * share + base[0] * (1 - share), base[1] * (1 - share), base[2]];
    expect(contrast(ink, base)).toBeGreaterThanOrEqual(4.5);
  });

  test("accent and red are legible as words, amber as a sign", () => {
    expect(contrast(colour(theme, "accent"), base)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour(theme, "red"), base)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour(theme, "amber"), base)).toBeGreaterThanOrEqual(3);
  });
});

test("a person is never red", () => {
  for (const hue of [...hues, ...keys.map(hueOf)]) {
    expect(hue).toBeGreaterThan(40);
    expect(hue).toBeLessThan(340);
  }
});

test("keys spread over all hues, and over many marks", () => {
  expect(new Set(keys.map(hueOf)).size).toBe(hues.length);
  expect(new Set(keys.map(markPath)).size).toBeGreaterThan(900);
});

test("a mark is symmetric", () => {
  for (const key of keys.slice(0, 50)) {
    const cells = new Set([...markPath(key).matchAll(/M(\d) (\d)/g)].map(([, x, y]) => `${x},${y}`));
    for (const cell of cells) expect(cells).toContain(`${4 - Number(cell[0])},${cell[2]}`);
  }
});

function number(theme: string, name: string): number {
  return Number(new RegExp(`--${name}: ([\\d.]+);`).exec(theme)![1]);
}

function colour(theme: string, name: string): Lch {
  const [, l, c, h] = new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`).exec(theme)!;
  return [Number(l), Number(c), Number(h)];
}

/** The share of `--contrast` that a derived ink takes: 1 for the text, less for quieter words. */
function factor(name: string): number {
  const percent = new RegExp(
    `--${name}: color-mix\\(in oklab, var\\(--pole\\) calc\\(var\\(--contrast\\) \\* ([\\d.]+)%`,
  );
  return Number(percent.exec(derived)![1]);
}

function contrast(a: Lch, b: Lch): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Relative luminance; the matrices are those of CSS Color 4. */
function luminance([lightness, chroma, hue]: Lch): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
