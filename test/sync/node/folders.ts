// Folders for tests: each test has one of its own, which is gone afterwards.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openFolder } from "../../../src/sync/adapters/node/open-folder.ts";
import type { Store } from "../../../src/sync/ports.ts";
import { DOC } from "../store-notation.ts";

const made: string[] = [];
const opened: Store[] = [];

afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "chirograph-folder-"));
  made.push(folder);
  return folder;
}

/** One more store over the folder, closed when the test ends. */
export async function openIn(...args: Parameters<typeof openFolder>): Promise<Store> {
  const { store } = await openFolder(...args);
  opened.push(store);
  return store;
}

export function fileIn(folder: string, name: "changes.log" | "document" | "image", doc = DOC): string {
  return join(folder, "documents", doc, name);
}

export const read = (path: string) => new Uint8Array(readFileSync(path));
export const write = (path: string, bytes: Uint8Array) => writeFileSync(path, bytes);
export const append = (path: string, bytes: Uint8Array) => appendFileSync(path, bytes);
