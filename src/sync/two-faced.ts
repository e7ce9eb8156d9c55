// Proofs that devices are two-faced, in the store. How they go from one end of a link to the other: told-forks.ts.

import type { DeviceId, Fork, Replica, StoredFork } from "../crdt/index.ts";

export class TwoFaced {
  readonly #replica: Replica;
  readonly #put: (record: StoredFork) => void;
  /** What stands in the store, or is on its way there. */
  readonly #kept = new Map<DeviceId, string>();

  constructor(replica: Replica, put: (record: StoredFork) => void) {
    this.#replica = replica;
    this.#put = put;
  }

  /** Stores what is known and was not stored. */
  keep(): void {
    for (const fork of this.#replica.forks.all) {
      const name = nameOf(fork);
      if (this.#kept.get(fork.device) === name) continue;
      const record = this.#replica.forks.recordOf(fork.device);
      if (record === null) continue;
      this.#kept.set(fork.device, name);
      this.#put(record);
    }
  }

  /** The store did not take it: it is tried again with the next one. */
  notKept(device: string): void {
    this.#kept.delete(device as DeviceId);
  }

  /** Records of the store; no draft may be open. */
  recall(records: readonly StoredFork[]): void {
    for (const record of records) {
      const isWhole = this.#replica.forks.recall(record);
      const fork = isWhole ? this.#replica.forks.of(record.device as DeviceId) : null;
      if (fork !== null) this.#kept.set(fork.device, nameOf(fork));
    }
  }
}

/** Says what is proven, and no more. */
export function nameOf({ device, seq, ids }: Fork): string {
  return `${device} ${seq} ${ids.join()}`;
}
