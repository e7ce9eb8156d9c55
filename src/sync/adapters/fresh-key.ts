// How an honest person goes on whose device turned out to be two-faced: a disk was restored, and what it wrote from there on
// counts nowhere any more. The device takes a fresh key for this document. The owner's is introduced by the retired one, which
// still may say so: an op about people counts where anything stands on it, and the fresh key's first change does. Others join
// again by a link whose secret is kept here. That first change names every branch that is here, so nothing is lost (design:
// "Two-faced authors"). Without a link somebody who manages the document has to let the device in.

import { type DeviceId, introductionMessage, type People, type Replica, toHex } from "../../crdt/index.ts";
import type { Bytes, Ciphers, DeviceKey } from "../ports.ts";
import { documentKey, freshDocumentKey } from "./keys.ts";

interface Ground {
  readonly replica: Replica;
  readonly key: DeviceKey;
  /** Secrets of links, the newest last. */
  readonly seeds: readonly Bytes[];
  readonly ciphers: Ciphers;
  /** Says something about people in a change that is stored and signed when it is done. */
  say(say: (people: People) => void): Promise<void>;
}

export interface FreshKey {
  readonly key: DeviceKey;
  /** By which it joins; null where it is introduced. */
  readonly inviteSeed: Bytes | null;
}

/** A key to go on under, kept by now; null where there is no way in, or nothing to keep it in. */
export async function takeFreshKey(ground: Ground): Promise<FreshKey | null> {
  const { replica, key, say } = ground;
  const inviteSeed = wayIn(ground);
  const isOwner = replica.roleOf(replica.device) === "owner";
  if (!isOwner && inviteSeed === null) return null;
  // Another tab was here before.
  const kept = await documentKey(replica.doc);
  if (kept !== null && toHex(kept.publicKey) !== replica.device) return { key: kept, inviteSeed };
  const fresh = await freshDocumentKey(replica.doc);
  if (isOwner) {
    const signature = await fresh.key.sign(introductionMessage(replica.doc, replica.device));
    const device = toHex(fresh.key.publicKey) as DeviceId;
    // The owner has no quota, and hands on as much as can be said.
    const share = { opsMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    await say(people => people.introduce(device, signature, share));
  }
  const mine = await fresh.keep(key.publicKey);
  return mine && { key: mine, inviteSeed: isOwner ? null : inviteSeed };
}

/** The newest link that lets people write. */
function wayIn({ replica, seeds, ciphers }: Ground): Bytes | null {
  const isLive = (seed: Bytes): boolean => {
    const role = replica.inviteRole(toHex(ciphers.seedPublicKey(seed)) as DeviceId);
    return role !== null && role !== "reader";
  };
  return seeds.findLast(isLive) ?? null;
}
