// Proofs that devices are two-faced, between the ends of links and in the store (docs/wire-format.md §7.4): each end says of
// which devices it holds one, and is sent those that it lacks, or that say more, before any changes. So who holds one face
// alone learns of the other. A lying claim costs the proofs that it asks for, never correctness.

import {
  type Bytes,
  concat,
  type DeviceId,
  equalBytes,
  type Fork,
  mustFromHex,
  type Replica,
  type StoredFork,
  sha256,
  tag,
} from "../crdt/index.ts";
import { FORKS_MAX, RESEND_MS } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { ForkClaim } from "./protocol.ts";

const FORK_TAG = tag("chirograph fork 1");
const TAG_BYTES = 8;

/** The two ids of a fork, shortened under a key that both ends of one session share. */
export function forkTag(key: Bytes, [a, b]: Fork["ids"]): Bytes {
  return sha256(concat(FORK_TAG, key, mustFromHex(a), mustFromHex(b))).slice(0, TAG_BYTES);
}

export class TwoFaced {
  readonly #replica: Replica;
  readonly #put: (record: StoredFork) => void;
  /** What stands in the store, or is on its way there. */
  readonly #kept = new Map<DeviceId, string>();

  constructor(replica: Replica, put: (record: StoredFork) => void) {
    this.#replica = replica;
    this.#put = put;
  }

  /** Tells somebody who may read what is known here, where that is not what they were told last, and sends what they lack. */
  share(peer: Peer, now: number): void {
    const forks = this.#replica.forks.all.slice(0, FORKS_MAX);
    const names = forks.map(nameOf).join();
    if (names !== peer.toldForks) {
      peer.toldForks = names;
      peer.send({ type: "forks", forks: forks.map(fork => claimOf(fork, peer.tagKey)) });
    }
    for (const fork of forks) this.#offer(peer, fork, now);
  }

  /** Of a device of which they hold nothing they would not look at it. */
  #offer(peer: Peer, fork: Fork, now: number): void {
    const { device } = fork;
    const theirs = peer.forks.find(claim => claim.device === device);
    if (theirs === undefined && !peer.claimsOf(device)) return;
    if (theirs !== undefined && saysAsMuch(theirs, fork, peer.tagKey)) return;
    const name = nameOf(fork);
    const sent = peer.proved.get(device);
    if (sent?.name === name && now - sent.at < RESEND_MS) return;
    const proof = this.#replica.forks.proofOf(device);
    if (proof === null) return;
    peer.proved.set(device, { name, at: now });
    peer.prove(proof);
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

function nameOf({ device, seq, ids }: Fork): string {
  return `${device} ${seq} ${ids.join()}`;
}

function claimOf({ device, seq, ids }: Fork, key: Bytes): ForkClaim {
  return { device, seq, tag: forkTag(key, ids) };
}

function saysAsMuch(claim: ForkClaim, { seq, ids }: Fork, key: Bytes): boolean {
  return claim.seq < seq || (claim.seq === seq && equalBytes(claim.tag, forkTag(key, ids)));
}
