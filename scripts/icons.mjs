// Draws the PNG icons from public/icon.svg with a headless Chromium: run by hand after the drawing changed, and the
// results are committed. The maskable one has a square ground and a smaller deed, for systems that cut their own shape.
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { findChromium } from "./find-browser.mjs";

const svg = readFileSync("public/icon.svg", "utf8");
const maskable = svg.replace(' rx="112"', "").replace(/<g transform="rotate\(-4[\s\S]*<\/g>/, part => {
  return `<g transform="translate(256 256) scale(0.86) translate(-256 -256)">${part}</g>`;
});

const found = await findChromium();
if (found.path === null) throw new Error(found.sentence);
const browser = await chromium.launch({ executablePath: found.path, args: ["--no-sandbox"] });
for (const [name, size, drawing] of [
  ["icon-192.png", 192, svg],
  ["icon-512.png", 512, svg],
  ["icon-maskable-512.png", 512, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: 100vw }</style>${drawing}`);
  writeFileSync(`public/${name}`, await page.screenshot({ omitBackground: true }));
}
await browser.close();
