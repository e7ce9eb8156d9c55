// A document's file, read and written. Apart from document.ts and fetched when it is wanted, since few pages want it.

import type { Bytes, DeviceId, Refusal } from "../crdt/index.ts";
import { load, openFile, Replica, save } from "../crdt/index.ts";
import type { Verifier } from "../sync/ports.ts";
import { failure } from "./error.ts";
import { sentenceOf } from "./packets.ts";

export interface Loading {
  readonly partial: boolean;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

export function fileOf(replica: Replica): Bytes {
  return save(replica, { snapshot: "small" });
}

/** All of the file in a replica of `device`. Rejects with "FileRefused". */
export async function replicaOf(
  file: Bytes,
  device: DeviceId,
  verifier: Verifier,
  { partial, onProgress }: Loading,
): Promise<Replica> {
  const opened = openFile(file);
  if (!opened.ok) throw refused(opened);
  if (opened.damage !== null && !partial) throw refused(opened.damage);
  const replica = Replica.open(device, opened.doc);
  const loading = load(opened, replica);
  let step = loading.next([]);
  while (!step.done) {
    const { done, total, questions } = step.value;
    onProgress?.(done, total);
    // Others get their turn between two steps, however fast the answers are there.
    await new Promise(resolve => setTimeout(resolve));
    step = loading.next(await verifier.verify(questions));
  }
  const { refusal } = step.value;
  if (refusal !== null && !(partial && replica.hasGenesis)) throw refused(refusal);
  return replica;
}

function refused(refusal: Refusal): Error {
  return failure("FileRefused", sentenceOf(refusal), refusal);
}
