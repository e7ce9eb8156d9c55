// Proofs that devices are two-faced, between the ends of links (docs/wire-format.md §7.4): each end says of which devices it
// holds one, and is sent those that it lacks, or that say more, before any changes. So who holds one face alone learns of the
// other. A lying claim costs the proofs that it asks for, never correctness.

import {
  type Bytes,
  concat,
  type DeviceId,
  equalBytes,
  type Fork,
  mustFromHex,
  type Replica,
  sha256,
  tag,
} from "../crdt/index.ts";
import { FORKS_MAX, RESEND_MS } from "./limits.ts";
import type { ForkClaim } from "./protocol.ts";
import { nameOf } from "./two-faced.ts";

const FORK_TAG = tag("chirograph fork 1");
const TAG_BYTES = 8;

/** A remote end (peer.ts): what it was told, and what it said. */
export interface ForkEnd {
  readonly tagKey: Bytes;
  readonly forks: readonly ForkClaim[];
  readonly proved: Map<DeviceId, { readonly name: string; readonly at: number }>;
  toldForks: string;
  send(message: { readonly type: "forks"; readonly forks: readonly ForkClaim[] }): void;
  prove(proof: Bytes): void;
  /** Whether they claim to hold anything of a device. */
  claimsOf(device: DeviceId): boolean;
}

/** The two ids of a fork, shortened under a key that both ends of one session share. */
export function forkTag(key: Bytes, [a, b]: Fork["ids"]): Bytes {
  return sha256(concat(FORK_TAG, key, mustFromHex(a), mustFromHex(b))).slice(0, TAG_BYTES);
}

/** Tells somebody who may read what is known here, where that is not what they were told last, and sends what they lack. */
export function shareForks(replica: Replica, peer: ForkEnd, now: number): void {
  const forks = replica.forks.all.slice(0, FORKS_MAX);
  const names = forks.map(nameOf).join();
  if (names !== peer.toldForks) {
    peer.toldForks = names;
    peer.send({ type: "forks", forks: forks.map(fork => claimOf(fork, peer.tagKey)) });
  }
  for (const fork of forks) offer(replica, peer, fork, now);
}

/** Of a device of which they hold nothing they would not look at it. */
function offer(replica: Replica, peer: ForkEnd, fork: Fork, now: number): void {
  const { device } = fork;
  const theirs = peer.forks.find(claim => claim.device === device);
  if (theirs === undefined && !peer.claimsOf(device)) return;
  if (theirs !== undefined && saysAsMuch(theirs, fork, peer.tagKey)) return;
  const name = nameOf(fork);
  const sent = peer.proved.get(device);
  if (sent?.name === name && now - sent.at < RESEND_MS) return;
  const proof = replica.forks.proofOf(device);
  if (proof === null) return;
  peer.proved.set(device, { name, at: now });
  peer.prove(proof);
}

function claimOf({ device, seq, ids }: Fork, key: Bytes): ForkClaim {
  return { device, seq, tag: forkTag(key, ids) };
}

function saysAsMuch(claim: ForkClaim, { seq, ids }: Fork, key: Bytes): boolean {
  return claim.seq < seq || (claim.seq === seq && equalBytes(claim.tag, forkTag(key, ids)));
}
