// Evidence that a device is two-faced, to keep and to show elsewhere: two changes of one document with one number, each with
// the changes after it up to one that is signed. Whoever has both needs nobody's word. Text, so that it can be read:
// the bytes are those of wire §3, what is signed §3.2; a signature stands for the last change of its row and so for all (§3.8).

import { assert, type DeviceId, type Replica, toHex } from "../../crdt/index.ts";

export function forkProof(replica: Replica, device: DeviceId): Uint8Array<ArrayBuffer> {
  const fork = replica.forks.of(device);
  assert(fork !== null, "evidence is asked for of a device that is two-faced");
  const sides = replica.forks.sidesOf(fork).map((proof, i) => ({
    id: fork.ids[i],
    // Null of one's own change that was never signed.
    signed: proof && { changes: proof.changes.map(toHex), signature: toHex(proof.signature) },
  }));
  const evidence = { document: replica.doc, device, number: fork.seq, sides };
  return new TextEncoder().encode(`${JSON.stringify(evidence, null, 2)}\n`);
}
