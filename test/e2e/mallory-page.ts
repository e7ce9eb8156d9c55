// Runs in the browser: Mallory on a page of her own, which imports the app's src/sync and lies through it.

// Loaded lazily by the app; here it must be in the one script that the test page is.
import "simple-peer/simplepeer.min.js";
import type { SignedChange } from "../../src/sync/protocol.ts";
import { LIES } from "./lies.ts";
import { Mallory } from "./mallory.ts";

let mallory: Mallory | null = null;
/** What stands behind the last lie, and is sound. */
let truth: SignedChange | null = null;

function liar(): Mallory {
  if (mallory === null) throw new Error("Expected Mallory to have joined");
  return mallory;
}

function join(link: string, server: string): void {
  mallory = new Mallory(link, server);
}

/** How she is linked with each of the others. */
function links(): readonly string[] {
  return [...liar().peers].map(({ link }) => link.kind);
}

function text(): unknown {
  return (liar().replica.toJson() as { body?: unknown }).body;
}

function say(words: string): void {
  liar().send(liar().write(words));
}

function lie(index: number): void {
  truth = null;
  liar().send(...LIES[index]!.changes(liar(), honest));
}

function tellTruth(): void {
  liar().send(honest());
}

function honest(): SignedChange {
  truth ??= liar().write("true. ");
  return truth;
}

export const api = { join, links, text, say, lie, tellTruth };
Object.assign(globalThis, { api });
