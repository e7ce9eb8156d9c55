// A copy of the document in the hand of a recovery key: what it says in the one change for which twelve words stand. Used where a
// document is open on the new device, and where there is nothing but a file of it.

import {
  type Bytes,
  type DeviceId,
  type DocId,
  Replica,
  seedPublicKey,
  seedSign,
  toHex,
  type VerifiedChange,
} from "../../crdt/index.ts";
import type { ChangeRecord } from "../ports.ts";

/** What a new device brings to become one of the person's. */
export interface Comeback {
  /** Of the recovery key. */
  readonly seed: Bytes;
  /** The new device's over its introduction by that key. */
  readonly signature: Bytes;
  /** Devices that are to be taken out of use. */
  readonly lost: readonly string[];
}

export const NO_WORDS =
  "These are not recovery words: check each of the twelve, and their order. Nothing was changed.";
export const UNKNOWN_WORDS =
  "These words belong to nobody in this document. Perhaps they were made for another one.";

/** The key for which words stand. */
export function keyOf(seed: Bytes): DeviceId {
  return toHex(seedPublicKey(seed)) as DeviceId;
}

/** The change that introduces `device` and disowns the lost ones, signed by the recovery key, which must be known in `changes`. */
export function comeBack(
  doc: DocId,
  changes: Iterable<VerifiedChange>,
  device: DeviceId,
  { seed, signature, lost }: Comeback,
  nowS: number,
): (ChangeRecord & { readonly signature: Bytes })[] {
  const recovery = Replica.open(keyOf(seed), doc);
  recovery.restore(changes, nowS);
  recovery.people.introduce(device, signature);
  for (const key of lost) recovery.people.disown(key as DeviceId);
  return recovery.closeDraft(nowS).map(({ id }) => {
    const { bytes } = recovery.get(id)!;
    return { id, bytes, signature: seedSign(seed, recovery.messageOf(id)) };
  });
}
