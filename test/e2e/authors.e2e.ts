// Goal: while one writes, one sees who wrote what, by tint, by pointer and by keys. Method: two people in one text.

import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { isFitEverywhere } from "./fit.ts";
import { PATIENCE_MS, type Person, type PersonOptions, setStage } from "./people.ts";

const stage = setStage();

const tints = ({ editor }: Person): Locator => editor.locator(".author-tint");
const answer = ({ page }: Person): Locator => page.locator(".author-answer");
const HOLDS = /^(.+), \d\d:\d\d✓ signature holds$/;

async function says(person: Person): Promise<string | null> {
  return HOLDS.exec((await answer(person).textContent()) ?? "")?.[1] ?? null;
}

async function saysSomebody(person: Person, isRight: (name: string) => boolean): Promise<string> {
  await expect.poll(async () => isRight((await says(person)) ?? ""), { timeout: PATIENCE_MS }).toBe(true);
  return (await says(person))!;
}

/** Who wrote the letter at the caret, once the answer about where it was before has gone. */
async function saysAtLast(person: Person): Promise<string> {
  let last = "";
  let times = 0;
  await expect
    .poll(
      async () => {
        const name = (await says(person)) ?? "";
        times = name !== "" && name === last ? times + 1 : 0;
        last = name;
        return times;
      },
      { timeout: PATIENCE_MS, interval: 100 },
    )
    .toBeGreaterThan(8);
  return last;
}

/** The letters under tints, with the hue of each. */
function tintedLetters(person: Person): Promise<readonly (readonly [string, string])[]> {
  return tints(person).evaluateAll(all =>
    all.map(each => [each.textContent ?? "", getComputedStyle(each).getPropertyValue("--hue")] as const),
  );
}

async function story(options: PersonOptions = {}): Promise<readonly [Person, Person]> {
  const [alice, bob] = await stage.pair("Alice was here.", options);
  await bob.putCaret(15);
  await bob.type(" So was Bob.");
  await alice.sees("Alice was here. So was Bob.");
  await alice.isSharedWith(1);
  return [alice, bob];
}

describe("who wrote this", () => {
  it("tints the text while one goes on writing, and tells by keys and by pointer who, when, and that it is signed", async () => {
    const [alice, bob] = await story();
    await alice.button("Who wrote this").focus();
    await alice.press("Enter");
    expect(await alice.button("Who wrote this").getAttribute("aria-pressed")).toBe("true");
    await expect.poll(() => alice.isInText()).toBe(true);
    await tints(alice).nth(1).waitFor();
    const [[first, mine], [second, bobs]] = (await tintedLetters(alice)) as [
      [string, string],
      [string, string],
    ];
    expect([first, second]).toEqual(["Alice was here.", " So was Bob."]);
    expect(mine).not.toBe(bobs);

    await alice.press("Control+Home");
    const me = await saysAtLast(alice);
    await alice.press("Control+End");
    const byBob = await saysSomebody(alice, name => name !== "" && name !== me);
    await alice.press("Control+Home");
    await saysSomebody(alice, name => name === me);
    await tints(alice).nth(1).hover();
    await saysSomebody(alice, name => name === byBob);

    // Into the middle of what Bob wrote, and Bob into what Alice wrote.
    await alice.putCaret(22);
    await alice.type("XYZ");
    await expect
      .poll(() => tintedLetters(alice))
      .toEqual([
        ["Alice was here.", mine],
        [" So was", bobs],
        ["XYZ", mine],
        [" Bob.", bobs],
      ]);
    await saysSomebody(alice, name => name === me || name === byBob);
    await bob.putCaret(5);
    await bob.type("!");
    await alice.sees("Alice! was here. So wasXYZ Bob.");
    await expect
      .poll(async () => (await tintedLetters(alice)).slice(0, 3))
      .toEqual([
        ["Alice", mine],
        ["!", bobs],
        [" was here.", mine],
      ]);
    await alice.press("Control+z");
    await alice.sees("Alice! was here. So was Bob.");
    await expect
      .poll(async () => (await tintedLetters(alice)).map(([text]) => text).join(""))
      .toBe("Alice! was here. So was Bob.");
    await alice.button("Who wrote this").click();
    await tints(alice).first().waitFor({ state: "detached" });
    expect(await answer(alice).count()).toBe(0);
    await alice.type("!");
    await bob.sees(await alice.text());
  });

  it("is fit for assistive technology", async () => {
    const [alice] = await story();
    await alice.button("Who wrote this").click();
    await tints(alice).nth(1).waitFor();
    await saysSomebody(alice, name => name !== "");
    await isFitEverywhere(alice, "who wrote this");
  });
});
