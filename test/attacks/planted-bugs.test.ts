// Goal: the stories of siege.ts and quarrel.ts and the simulator would notice if a defence were missing. Method: every bug of
// bugs.ts is planted in the source as it is loaded, and its story must end badly there and well without it. A sample of them
// by default; `ALL=1 npx vitest run test/attacks/planted-bugs` plants all.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BUGS, type Finder } from "./bugs.ts";
import { type Alteration, alter, PatchedSources, pathOf } from "./patched.ts";
import type * as quarrel from "./quarrel.ts";
import type * as siege from "./siege.ts";

vi.setConfig({ testTimeout: 300_000 });

const planted = process.env.ALL === undefined ? BUGS.filter(({ isSample }) => isSample) : BUGS;
const found: string[] = [];
let sources: PatchedSources;

beforeAll(async () => {
  sources = await PatchedSources.open();
});

afterAll(async () => {
  await sources.close();
  console.log(`planted bugs: ${found.length} of ${planted.length} found, ${BUGS.length} in the table`);
});

/** What a story says of the sources with an alteration, or with none: a sentence, or null where it ends well. */
async function told(story: Finder, alteration: Alteration | null): Promise<string | null> {
  const play = await storyIn(story, alteration);
  try {
    play();
    return null;
  } catch (error) {
    // A piece that does not fit where it was put would be found by anybody.
    if (error instanceof ReferenceError || error instanceof SyntaxError) throw error;
    return (error as Error).message;
  }
}

async function storyIn(story: Finder, alteration: Alteration | null): Promise<() => void> {
  if (story[0] === "siege") {
    const { STORIES } = await sources.load<typeof siege>("attacks/siege.ts", alteration);
    return () => STORIES[story[1]](story[2]);
  }
  const { SCENES, simulated } = await sources.load<typeof quarrel>("attacks/quarrel.ts", alteration);
  if (story[0] === "room") return SCENES[story[1]];
  // Without a bug the simulator has tests of its own: a few seeds say that it can end well here.
  return () => simulated(alteration === null ? 3 : story[1]);
}

describe("a planted bug", () => {
  const isSound = new Map<string, string | null>();

  it.each(planted)("$about: is found", async ({ story, about, file, edits }) => {
    const name = JSON.stringify(story);
    if (!isSound.has(name)) isSound.set(name, await told(story, null));
    expect(isSound.get(name), "the story ends well without the bug").toBe(null);
    const sentence = await told(story, { file, edits });
    expect(sentence, "the story ends badly with it").not.toBe(null);
    found.push(`${about}: ${sentence}`);
    if (process.env.ALL !== undefined) console.log(`found: ${about}\n       ${sentence!.slice(0, 160)}`);
  });

  it("has its place in the source once, and is in the table once", () => {
    for (const bug of BUGS) expect(() => alter(readFileSync(pathOf(bug.file), "utf8"), bug)).not.toThrow();
    expect(new Set(BUGS.map(({ about }) => about)).size).toBe(BUGS.length);
    expect(BUGS.length).toBeGreaterThanOrEqual(24);
  });
});
