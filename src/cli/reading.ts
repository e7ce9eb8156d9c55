// A file from disk, checked completely: the same for every command, so that none shows what was not checked.

import { readFile } from "node:fs/promises";
import { load, openFile, type Refusal, Replica } from "../crdt/index.ts";
import { createVerifier } from "../sync/adapters/verifier.ts";
import { Complaint } from "./speech.ts";

export interface CheckedFile {
  readonly replica: Replica;
  readonly taken: number;
  readonly total: number;
  /** Why the check ended before the end of the file; null if everything holds. */
  readonly refusal: Refusal | null;
}

/** No key writes with it: all zeros is no point that anybody signs for. */
const NOBODY = "00".repeat(32) as Replica["device"];

/** Answers why where there is nothing to check. */
export async function check(path: string): Promise<CheckedFile | Refusal> {
  const file = openFile(await bytesOf(path));
  if (!file.ok) return file;
  const verifier = await createVerifier();
  const replica = Replica.open(NOBODY, file.doc);
  const loading = load(file, replica);
  let step = loading.next();
  while (!step.done) step = loading.next(await verifier.verify(step.value.questions));
  const { taken, refusal } = step.value;
  return { replica, taken, total: file.total, refusal };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "it is not there" : code === "EISDIR" ? "it is a folder" : `${code}`;
    throw new Complaint(`${path} could not be read: ${why}.`);
  }
}
