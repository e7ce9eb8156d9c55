// Whether what is on the screen is fit for assistive technology, so far as a machine can judge it: axe-core.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect } from "vitest";
import type { Person } from "./people.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Fails on anything that keeps people from using what is on the screen now. Motion is reduced first: something that is
 * still fading in while axe reads the page has the contrast of nothing that anybody is to read.
 */
export async function isFit(person: Person, screen: string): Promise<void> {
  await person.page.emulateMedia({ reducedMotion: "reduce" });
  await person.page.evaluate(() => Promise.allSettled(document.getAnimations().map(each => each.finished)));
  // In a world of its own beside the page's, where the content policy does not reach.
  const { frameTree } = await person.devtools.send("Page.getFrameTree");
  const { executionContextId: contextId } = await person.devtools.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
  });
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await person.devtools.send("Runtime.evaluate", {
      expression,
      contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  await evaluate(axeSource);
  const { violations, passes } = (await evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as AxeResults;
  expect(passes.length).toBeGreaterThan(5);
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(node => node.html).join(" | ")}`);
  expect(serious, screen).toEqual([]);
}

/** Narrower phones than the usual one, in CSS pixels. */
const NARROW = [360, 320];

/** The same in light on a desk, and in dark as narrow as a phone and under a finger; nothing is wider than the window or than the
 * dialog it is in, on narrower phones neither. A picture of each where `SHOTS` names a folder. */
export async function isFitEverywhere(person: Person, screen: string): Promise<void> {
  const { page } = person;
  const size = page.viewportSize()!;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const isPhone = colorScheme === "dark";
    if (isPhone) await page.setViewportSize({ width: 390, height: 844 });
    await person.devtools.send("Emulation.setTouchEmulationEnabled", { enabled: isPhone });
    expect(await page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(isPhone);
    await isFit(person, `${screen}, ${colorScheme}`);
    for (const width of isPhone ? [390, ...NARROW] : [size.width]) {
      await page.setViewportSize({ width, height: isPhone ? 844 : size.height });
      await isWithin(person, `${screen}, ${colorScheme}, ${width}`);
    }
  }
  await person.devtools.send("Emulation.setTouchEmulationEnabled", { enabled: false });
  await page.setViewportSize(size);
}

/** Nothing is to be scrolled sideways: neither the page nor the inside of a dialog. */
export async function isWithin({ page }: Person, screen: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${screen}.png` });
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("dialog[open]")]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ tagName, scrollWidth, clientWidth }) => `${tagName}: ${scrollWidth} in ${clientWidth}`),
  );
  expect(wide, screen).toEqual([]);
}

/** Every button of the bar can be pressed in its middle, and nothing is wider than the window. */
export async function hasClearBar(person: Person, screen: string): Promise<void> {
  await isWithin(person, screen);
  const covered = await person.page.evaluate(() =>
    [...document.querySelectorAll(".bar button")]
      .filter(button => {
        const { left, top, width, height } = button.getBoundingClientRect();
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        return width > 0 && !button.contains(hit);
      })
      .map(button => button.getAttribute("aria-label") ?? button.textContent),
  );
  expect(covered, screen).toEqual([]);
}
