// The core and the notation of its tests once more, with one of our defences taken out: the counterproof of a test for
// a hole. What is planted is written as another implementation of a module's own exports, so it does not compile once
// they change.

import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type * as people from "../crdt/people.ts";

/** Everything a story needs. It must not reach for anything else that decides: that would be the sound core. */
export type World = typeof people;

const CRDT = new URL("../../src/crdt/", import.meta.url);

/** A module below src/crdt, and what is different about it, given the module as it is. */
export interface Plant {
  readonly path: string;
  readonly plant: (module: object) => object;
}

export function plant<M extends object>(path: string, change: (module: M) => Partial<M>): Plant {
  return { path, plant: module => change(module as M) };
}

export async function planted(...plants: readonly Plant[]): Promise<World> {
  const files = plants.map(({ path }) => fileURLToPath(new URL(path, CRDT)));
  const used = new Set<string>();
  vi.resetModules();
  for (const [i, { path, plant }] of plants.entries())
    vi.doMock(files[i]!, async original => {
      const module = (await original()) as object;
      used.add(path);
      return { ...module, ...plant(module) };
    });
  try {
    const world = await import("../crdt/people.ts");
    for (const { path } of plants) if (!used.has(path)) throw new Error(`Expected the core to use ${path}`);
    return world;
  } finally {
    for (const file of files) vi.doUnmock(file);
    vi.resetModules();
  }
}
