// The core and the notation of its tests once more, with one of our defences taken out: the counterproof of a test for
// a hole. What is planted is written as another implementation of a module's own exports, so it does not compile once
// they change.

import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type * as people from "../crdt/people.ts";

/** Everything a story needs. It must not reach for anything else that decides: that would be the sound core. */
export type World = typeof people;

const CRDT = new URL("../../src/crdt/", import.meta.url);

/** `path` is below src/crdt; `plant` is given the module as it is and answers what is different about it. */
export async function planted<M extends object>(
  path: string,
  plant: (module: M) => Partial<M>,
): Promise<World> {
  const file = fileURLToPath(new URL(path, CRDT));
  let isPlanted = false;
  vi.resetModules();
  vi.doMock(file, async original => {
    const module = (await original()) as M;
    isPlanted = true;
    return { ...module, ...plant(module) };
  });
  try {
    const world = await import("../crdt/people.ts");
    if (!isPlanted) throw new Error(`Expected the core to use ${path}`);
    return world;
  } finally {
    vi.doUnmock(file);
    vi.resetModules();
  }
}
