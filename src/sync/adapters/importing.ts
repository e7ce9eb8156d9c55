// What becomes of a file that a person opens: a text to begin a document with, changes for the store, a document of
// somebody else to be read, or nothing and why. Fetched when the first file comes.
//
// Changes go into the store as another tab's do: open documents look there, close their draft on top, show what is new and
// offer it on. They were judged like those of a peer before (checking.ts), all of them, or nothing is stored.

import { FILE_BYTES_MAX, introductionMessage } from "../../crdt/index.ts";
import type { Bytes, ChainHead, ChangeRecord, DeviceKey, Store } from "../ports.ts";
import { STORE_REASONS } from "../status.ts";
import { readTextFile, refusalOfName } from "../text-file.ts";
import type { FileRecovery, Imported, ImportProgress } from "../view.ts";
import type { Checked, CheckedRecord, CheckRequest, CheckStep, Mine } from "./checking.ts";
import { StoreFailure } from "./database.ts";
import { type Comeback, keyOf, NO_WORDS, UNKNOWN_WORDS } from "./recovering.ts";

/** What an import needs of the workspace. */
export interface Bench {
  readonly device: string;
  readonly key: DeviceKey;
  readonly store: Store;
  readonly held: readonly string[];
  readonly spent: CheckRequest["spent"];
  check(request: CheckRequest, tell: (step: CheckStep) => void, signal: AbortSignal): Promise<Checked | null>;
  /** They are in the store. */
  stored(doc: string, title: string): Promise<void>;
}

/** A byte that begins no text in UTF-8 and every file with changes in it. */
const SIGNED_FILE_BEGINS = 0x89;
/** Signatures asked of the key at once. */
const SIGN_AT_ONCE = 256;

/** Null if `signal` ended it, which then has left nothing behind. */
export async function importFile(
  file: File,
  bench: Bench,
  progress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<Imported | null> {
  progress({ stage: "reading", done: null });
  const imported = (await isSigned(file))
    ? await importSigned(file, bench, progress, signal)
    : await importText(file);
  // What is stored is stored, and is said to be.
  return signal.aborted && imported?.kind !== "held" ? null : imported;
}

async function isSigned(file: File): Promise<boolean> {
  if (/\.chirograph$/i.test(file.name)) return true;
  const first = await bytesOf(file.slice(0, 1));
  return first?.[0] === SIGNED_FILE_BEGINS;
}

async function importText(file: File): Promise<Imported> {
  const reason = refusalOfName(file.name, file.size);
  if (reason !== null) return { kind: "refused", reason };
  const bytes = await bytesOf(file);
  return bytes === null
    ? { kind: "refused", reason: "the browser could not read it" }
    : readTextFile(file.name, bytes);
}

async function bytesOf(blob: Blob): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    // A folder, or moved since it was chosen: the browser gives no bytes of it.
    return null;
  }
}

async function importSigned(
  file: File,
  bench: Bench,
  progress: (progress: ImportProgress) => void,
  signal: AbortSignal,
  comeback?: Comeback,
): Promise<Imported | null> {
  if (file.size > FILE_BYTES_MAX)
    return { kind: "refused", reason: "the file is larger than any that is opened here" };
  const records: CheckedRecord[] = [];
  const tell = (step: CheckStep) => {
    if (step.type === "records") for (const record of step.records) records.push(record);
    else progress({ stage: "checking", done: step.done });
  };
  const checked = await bench.check(
    {
      file,
      device: bench.device,
      held: bench.held,
      spent: bench.spent,
      ...(comeback === undefined ? {} : { comeback }),
    },
    tell,
    signal,
  );
  if (checked?.kind === "foreign")
    return { kind: "foreign", file: { ...checked.file, recovery: recoveryOf(file, checked, bench) } };
  if (checked === null || checked.kind !== "mine") return checked;
  try {
    return await keep(records, checked, bench, progress, signal);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    return { kind: "refused", reason: STORE_REASONS[error.code] };
  }
}

/** Who lost all devices and has a file and twelve words: both together are the document again, in the hand of this device. */
function recoveryOf(
  file: File,
  { doc, recoverable }: Extract<Checked, { kind: "foreign" }>,
  bench: Bench,
): FileRecovery | null {
  if (recoverable.length === 0) return null;
  return {
    async findRecovered(words) {
      const seed = await seedOf(words);
      if (seed === null) return { error: NO_WORDS };
      const found = recoverable.find(({ recoveryKey }) => recoveryKey === keyOf(seed));
      if (found === undefined) return { error: UNKNOWN_WORDS };
      return { name: found.devices[0]?.name ?? null, devices: found.devices };
    },
    async recover(words, lost) {
      const seed = await seedOf(words);
      if (seed === null) throw new Error(NO_WORDS);
      const signature = await bench.key.sign(introductionMessage(doc, keyOf(seed)));
      const silent = () => undefined;
      const { signal } = new AbortController();
      const imported = await importSigned(file, bench, silent, signal, { seed, signature, lost });
      if (imported?.kind === "held") return imported;
      throw new Error(
        imported?.kind === "refused" ? `It was not opened: ${imported.reason}.` : UNKNOWN_WORDS,
      );
    },
  };
}

/** The list of words comes when it is asked for. */
async function seedOf(words: string): Promise<Bytes | null> {
  const { recoverySeed } = await import("./words.ts");
  return recoverySeed(words);
}

async function keep(
  records: readonly CheckedRecord[],
  { doc, title, ownHead, left: out, forks }: Mine,
  { key, store, held, stored }: Bench,
  progress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<Imported | null> {
  progress({ stage: "storing", done: null });
  const before = await store.read(doc, 0);
  const known = new Set(before.records.map(({ id }) => id));
  const left = out.filter(({ id }) => !known.has(id));
  // Whoever goes on with their own chain must have all of it, or would give a number away twice.
  if (left.some(({ isOwn }) => isOwn))
    return { kind: "refused", reason: "edits of your own in it rest on something that nothing here proves" };
  const lacking = records.filter(({ id }) => !known.has(id));
  const fresh = await signed(lacking, key, progress, signal);
  if (signal.aborted) return null;
  let count = 0;
  await store.append(doc, before.position, (head, unseen) => {
    // Other tabs write meanwhile.
    const since = new Set(unseen.map(({ id }) => id));
    const added = fresh.filter(({ id }) => !since.has(id));
    count = added.length;
    return { records: added, head: newer(head, ownHead) };
  });
  const proven = new Set((await store.forks(doc)).map(({ device }) => device));
  for (const fork of forks) if (!proven.has(fork.device)) await store.putFork(doc, fork);
  await stored(doc, title);
  return { kind: "held", id: doc, isNew: !held.includes(doc), fresh: count, left: left.length };
}

function newer(a: ChainHead | null, b: ChainHead | null): ChainHead | null {
  return a === null || (b !== null && b.seq > a.seq) ? b : a;
}

/** Own changes that came covered by a later one get signatures of their own again, or none of them could be sent alone. */
async function signed(
  records: readonly CheckedRecord[],
  key: DeviceKey,
  progress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<ChangeRecord[]> {
  const answers: ChangeRecord[] = [];
  for (let from = 0; from < records.length && !signal.aborted; from += SIGN_AT_ONCE) {
    progress({ stage: "storing", done: from / records.length });
    const some = records.slice(from, from + SIGN_AT_ONCE);
    const signatures = await Promise.all(some.map(record => signatureOf(record, key)));
    for (const [i, { id, bytes }] of some.entries()) answers.push({ id, bytes, signature: signatures[i]! });
  }
  return answers;
}

async function signatureOf({ signature, message }: CheckedRecord, key: DeviceKey): Promise<Bytes | null> {
  return message === null ? signature : await key.sign(message);
}
