// Proofs that devices are two-faced: two changes of one device with one number, each with the signature that answers for
// it. State of its own beside the graph: who holds one of the two changes, or neither, learns of the fork all the same, and
// what follows from it (effects.ts) is the same everywhere. Of each device one proof is kept, for ever: that with the lowest
// number, of several the one with the smallest pair of ids. Keeping the lesser is a join, so any order ends in the same.

import type { Bytes } from "../graph/bytes.ts";
import { mustFromHex, toHex } from "../graph/bytes.ts";
import type { DeviceId } from "../graph/change.ts";
import type { Fork } from "../graph/fork-bytes.ts";
import { compareHex } from "../graph/hex.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";

/** With what shows it to anybody (graph/fork-bytes.ts). */
export interface ProvenFork extends Fork {
  readonly bytes: Bytes;
}

/** Of two forks of one device less than 0 if the first is the one to be kept. */
export function compareForks(a: Fork, b: Fork): number {
  return a.seq - b.seq || compareHex(a.ids[0], b.ids[0]) || compareHex(a.ids[1], b.ids[1]);
}

export class Equivocation {
  readonly #proven = new Map<DeviceId, ProvenFork>();

  /** What was proven of a device, or null. */
  of(device: DeviceId): ProvenFork | null {
    return this.#proven.get(device) ?? null;
  }

  /** Keeps a proof if it is to be kept rather than the one that is here; whether it was. */
  learn(fork: ProvenFork): boolean {
    const known = this.#proven.get(fork.device);
    if (known !== undefined && compareForks(known, fork) <= 0) return false;
    this.#proven.set(fork.device, fork);
    return true;
  }

  dump(out: ImageOut): void {
    out.json(
      [...this.#proven.values()]
        .sort((a, b) => compareHex(a.device, b.device))
        .map(({ device, seq, ids, bytes }) => [device, seq, ids, toHex(bytes)]),
    );
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    for (const [device, seq, ids, text] of from.json() as [DeviceId, number, Fork["ids"], string][])
      this.#proven.set(device, { device, seq, ids, bytes: mustFromHex(text) });
  }
}
