// A run as it is sent, and what is to be known of it without the messages it comes in.

import type { PackedRun } from "../crdt/index.ts";
import type { Bytes } from "./ports.ts";

/** How a run begins: with its first change as it is written, or behind one that the reader holds. */
export type RunStart =
  | { readonly type: "whole"; readonly bytes: Bytes }
  /** 8 bytes: what the reader said of that change in a `have`, or what it is called since it came on this link. */
  | { readonly type: "after"; readonly tag: Bytes };

/** Changes of one device in a row, with a signature for the newest (`PackedRun`). */
export interface SentRun {
  readonly start: RunStart;
  /** How many changes follow the first one, or the one that is held. */
  readonly count: number;
  readonly rows: Bytes;
  readonly signature: Bytes;
}

/** As the core knows it. */
export function packedOf({ start, ...run }: SentRun): PackedRun {
  return { ...run, first: start.type === "whole" ? start.bytes : null };
}

/** How many changes a run says that it has. */
export function lengthOf({ start, count }: SentRun): number {
  return start.type === "whole" ? count + 1 : count;
}
