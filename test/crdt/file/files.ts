// A few words for the tests of files: read one completely, as somebody who has nothing but it.

import {
  type Bytes,
  type Loaded,
  load,
  openFile,
  type Refusal,
  type RefusalCode,
  Replica,
  type VerifiedChange,
} from "../../../src/crdt/index.ts";
import { Key, verify } from "../people.ts";

const READER = new Key("the reader of files");

export interface Read {
  readonly replica: Replica;
  readonly loaded: Loaded;
  /** How often it was gone on with. */
  readonly steps: number;
}

/** Into an empty replica, or one that holds something already. Null where there is nothing to read. */
export function read(bytes: Uint8Array, into?: Replica): Read | Refusal {
  const file = openFile(bytes);
  if (!file.ok) return file;
  const replica = into ?? Replica.open(READER.id, file.doc);
  const loading = load(file, replica);
  let step = loading.next();
  let steps = 1;
  for (; !step.done; steps++) step = loading.next(step.value.questions.map(verify));
  return { replica, loaded: step.value, steps };
}

export function mustRead(bytes: Uint8Array, into?: Replica): Read {
  const answer = read(bytes, into);
  if ("ok" in answer) throw new Error(`Expected a file, got ${answer.code}`);
  return answer;
}

/** The code under which it ended, and null if all of it holds. */
export function codeOf(answer: Read | Refusal): RefusalCode | null {
  return "ok" in answer ? answer.code : (answer.loaded.refusal?.code ?? null);
}

/** Bytes and id of all changes, by id. */
export function everything(changes: Iterable<VerifiedChange>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const { id, bytes } of [...changes].sort((a, b) => (a.id < b.id ? -1 : 1))) all[id] = hex(bytes);
  return all;
}

function hex(bytes: Bytes): string {
  return Buffer.from(bytes).toString("hex");
}
