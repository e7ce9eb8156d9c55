// A person's colour is a hue only; lightness and chroma belong to the theme (tokens.css), so that every colour is
// legible on light and on dark ground alike. Red is left out: red means refused or lost.
import { keyBits } from "./key-bits.ts";

const HUE_COUNT = 12;
/** Degrees in oklch; [40, 340) keeps clear of red. */
const HUE_FIRST = 48;
const HUE_LAST = 332;

/** One of twelve evenly spread hues, in degrees. */
export function hueOf(key: string): number {
  const step = keyBits(key, 1) % HUE_COUNT;
  return Math.round(HUE_FIRST + (step * (HUE_LAST - HUE_FIRST)) / (HUE_COUNT - 1));
}

/** Every hue that a person can have, for the test that measures contrast. */
export const hues: readonly number[] = Array.from({ length: HUE_COUNT }, (_, step) =>
  Math.round(HUE_FIRST + (step * (HUE_LAST - HUE_FIRST)) / (HUE_COUNT - 1)),
);
