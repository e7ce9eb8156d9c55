// A file becomes what its changes add up to, through the door of the network: hashes are computed, signatures asked for,
// and every change is judged by its past before it counts. A generator, so that whoever drives it decides when to go on,
// shows how far it is, and drops it by not asking again; where a signature is to be judged it hands out the question and
// is given the answer. What a file says about itself is not believed, its snapshot included (docs/wire-format.md §13.8).

import { assert } from "../assert.ts";
import { type Bytes, decodeUtf8, Malformed, Reader, toHex } from "../graph/bytes.ts";
import type { ChangeId, DocId } from "../graph/change.ts";
import { decodeChange } from "../graph/codec.ts";
import type { InspectedFork } from "../graph/fork-bytes.ts";
import { NAME_BYTES } from "../graph/names.ts";
import { SealedRun } from "../graph/sealed.ts";
import type { Typing } from "../graph/typing.ts";
import {
  Inspector,
  type SignatureQuestion,
  type VerifiedChange,
  type VerifiedTyping,
} from "../graph/verify.ts";
import { FILE_OPEN_BYTES_MAX, FORK_BYTES_MAX, FORKS_IN_FILE_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { openContainer, SEGMENT, type Segment, unpackColumns } from "./container.ts";
import { Ledger } from "./ledger.ts";
import { countOf, Rebuilding, type Rebuilt } from "./rebuilding.ts";

/** Where the changes of a file go. A `Replica` is one; no draft may be open in it. */
export interface Taker {
  readonly heads: readonly ChangeId[];
  /** Each is read when it is asked for, after those before it were taken. */
  admitVerified(
    verified: Iterable<VerifiedChange | VerifiedTyping>,
    source: string,
  ): { readonly refused: readonly { readonly refusal: Refusal }[]; readonly missing: ChangeId | null };
  canonicalJson(): string;
  /** Whether that is what the heads stand for. */
  readonly showsHeads: boolean;
  /** Where its proofs of two-faced devices go (`Forks`). */
  readonly forks: {
    inspect(proof: Uint8Array): InspectedFork | Refusal | null;
    admit(inspected: InspectedFork, verdicts: readonly boolean[]): Refusal | null;
  };
}

export interface Snapshot {
  /** Sorted. */
  readonly heads: readonly ChangeId[];
  /** What showed at these heads, so it says. */
  readonly canonicalJson: string;
}

/** A file whose frame was read and nothing more: who wrote what in it is still to be checked. */
export interface OpenedFile {
  readonly ok: true;
  readonly doc: DocId;
  /** How many changes it says that it holds. */
  readonly total: number;
  /** Not believed: for one's own store, or to be looked at until the history is read. */
  readonly snapshot: Snapshot | null;
  readonly histories: readonly Uint8Array[];
  /** That devices are two-faced. */
  readonly proofs: readonly Bytes[];
  /** Why its end could not be read; null if nothing is missing. */
  readonly damage: Refusal | null;
}

export interface LoadingStep {
  readonly done: number;
  readonly total: number;
  /** To be answered one by one when the generator is gone on with; often there are none. */
  readonly questions: readonly SignatureQuestion[];
}

export interface Loaded {
  /** Changes that passed every check; they are in the replica. */
  readonly taken: number;
  /** Why it ended there; null if everything in the file holds. */
  readonly refusal: Refusal | null;
  /** For a `FileWriter` that goes on with the file; of one that was refused it is of no use. */
  readonly ledger: Ledger;
}

export type Loading = Generator<LoadingStep, Loaded, readonly boolean[]>;

/** Changes between two looks at the clock. */
const BATCH_CHANGES = 4_096;
/** Bytes of changes between two looks at the clock, for the same reason. */
const BATCH_BYTES = 1024 * 1024;
const SOURCE = "file";

/** Reads the frame of a file. Never throws, whatever the bytes, and costs no more than hashing them. */
export function openFile(bytes: Uint8Array): OpenedFile | Refusal {
  const container = openContainer(bytes);
  if (!container.ok) return container;
  const { doc } = container;
  let { damage } = container;
  let snapshot: Snapshot | null = null;
  const histories: Uint8Array[] = [];
  let proofs: readonly Bytes[] = [];
  let total = 0;
  for (const segment of container.segments) {
    const found = contentOf(segment);
    if ("ok" in found) damage = found;
    // Every history builds on those before it; what shows first is needed by nobody.
    if ("ok" in found && segment.kind !== SEGMENT.snapshot) break;
    if ("heads" in found) snapshot = found;
    if ("proofs" in found) proofs = found.proofs;
    if (!("total" in found)) continue;
    total += found.total;
    histories.push(segment.bytes);
  }
  if (histories.length === 0) return damage ?? refuse("FileEmpty");
  return { ok: true, doc, total, snapshot, histories, proofs, damage };
}

/** Of a segment of a kind that comes later nothing is known but that it may be passed over. */
function contentOf({
  kind,
  bytes,
  isWhole,
}: Segment):
  | Snapshot
  | { readonly total: number }
  | { readonly proofs: readonly Bytes[] }
  | Refusal
  | object {
  if (!isWhole) return refuse("FileDamaged");
  try {
    if (kind === SEGMENT.snapshot) return snapshotIn(bytes);
    if (kind === SEGMENT.proofs) return { proofs: proofsIn(bytes) };
    return kind === SEGMENT.history ? { total: countOf(bytes) } : {};
  } catch (error) {
    if (error instanceof Malformed) return refuse("FileDamaged", error.message);
    throw error;
  }
}

function snapshotIn(bytes: Uint8Array): Snapshot {
  const [heads, json] = unpackColumns(new Reader(bytes), 2, bytes) as [Uint8Array, Uint8Array];
  const ids: ChangeId[] = [];
  if (heads.length % NAME_BYTES !== 0) throw new Malformed("heads of a snapshot");
  for (let at = 0; at < heads.length; at += NAME_BYTES)
    ids.push(toHex(heads.subarray(at, at + NAME_BYTES)) as ChangeId);
  return { heads: ids, canonicalJson: decodeUtf8(json, 0, json.length) };
}

/** wire §13.9 */
function proofsIn(bytes: Uint8Array): Bytes[] {
  const input = new Reader(bytes);
  const proofs = Array.from({ length: input.count(FORKS_IN_FILE_MAX) }, () =>
    input.bytes(input.count(FORK_BYTES_MAX)),
  );
  input.end();
  return proofs;
}

/**
 * Checks everything in a file and takes it in. The replica is one of the file's document (`Replica.open` makes an empty
 * one) and has no open draft whenever this is gone on with. Never throws, whatever the file.
 */
export function* load(file: OpenedFile, taker: Taker): Loading {
  const ledger = new Ledger();
  const checking = new Checking(file.doc, taker, ledger);
  const { total } = file;
  for (const bytes of file.histories) {
    let segment: Rebuilding;
    try {
      segment = new Rebuilding(bytes, file.doc, ledger);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return { taken: checking.taken, refusal: refuse("FileDamaged", error.message), ledger };
    }
    while (!segment.isDone) {
      const refusal = checking.read(segment);
      const verdicts = yield { done: checking.taken, total, questions: checking.questions };
      // What was read and proven before something else went wrong still counts.
      const wrong = checking.take(verdicts) ?? refusal;
      if (wrong !== null) return { taken: checking.taken, refusal: wrong, ledger };
    }
    const wrong = checking.end(segment);
    if (wrong !== null) return { taken: checking.taken, refusal: wrong, ledger };
  }
  const wrong = yield* takeProofs(file, taker, checking.taken);
  return { taken: checking.taken, refusal: wrong ?? file.damage ?? falseSnapshot(file, taker), ledger };
}

/** Behind the changes: who is two-faced matters only for those of whom something is here. */
function* takeProofs(
  { proofs, total }: OpenedFile,
  { forks }: Taker,
  done: number,
): Generator<LoadingStep, Refusal | null, readonly boolean[]> {
  for (const proof of proofs) {
    const inspected = forks.inspect(proof);
    if (inspected === null) continue;
    if (!inspected.ok) return inspected;
    const refusal = forks.admit(inspected, yield { done, total, questions: inspected.questions });
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Where a snapshot can be compared it must be right. */
function falseSnapshot({ snapshot }: OpenedFile, taker: Taker): Refusal | null {
  if (snapshot === null || !taker.showsHeads || snapshot.heads.join() !== taker.heads.join()) return null;
  return snapshot.canonicalJson === taker.canonicalJson() ? null : refuse("FileSnapshotWrong");
}

/** A part of a run: one change, or several that type on. */
interface Waiting {
  readonly run: SealedRun;
  readonly part: number;
  /** Of the first change of it in the run. */
  readonly place: number;
  readonly count: number;
  readonly bytes: number;
}

/** Proven changes, each read when it is asked for; ends at one that is malformed. */
class Reading implements Iterable<VerifiedChange | VerifiedTyping> {
  count = 0;
  bytes = 0;
  refusal: Refusal | null = null;
  readonly #ready: readonly Waiting[];

  constructor(ready: readonly Waiting[]) {
    this.#ready = ready;
  }

  *[Symbol.iterator](): Generator<VerifiedChange | VerifiedTyping> {
    for (const { run, part, place, count, bytes } of this.#ready) {
      const verified = run.at(part, place);
      if ("ok" in verified) {
        this.refusal = verified;
        return;
      }
      this.count += count;
      this.bytes += bytes;
      yield verified;
    }
  }
}

/** Changes between being read and being taken. They are taken in the order of the file, each when its run is proven. */
class Checking {
  taken = 0;
  questions: SignatureQuestion[] = [];
  readonly #taker: Taker;
  readonly #ledger: Ledger;
  readonly #inspector: Inspector;
  /** By the number of the change that is the last of each. */
  readonly #open = new Map<number, SealedRun>();
  #openBytes = 0;
  #waiting: Waiting[] = [];
  /** With how many of the questions are about each. */
  #asked: { readonly run: SealedRun; readonly count: number }[] = [];

  constructor(doc: DocId, taker: Taker, ledger: Ledger) {
    this.#inspector = new Inspector(doc);
    this.#taker = taker;
    this.#ledger = ledger;
  }

  /** Reads on for one batch. */
  read(segment: Rebuilding): Refusal | null {
    let bytes = 0;
    this.questions = [];
    this.#asked = [];
    let refusal: Refusal | null = null;
    for (let i = 0; i < BATCH_CHANGES && bytes < BATCH_BYTES && !segment.isDone && refusal === null; i++) {
      const typing = this.#typeOn(segment);
      if (typing !== null) {
        i += typing.count - 1;
        bytes += typing.bytes;
        continue;
      }
      const rebuilt = segment.next();
      if ("ok" in rebuilt) return rebuilt;
      bytes += rebuilt.change.end - rebuilt.change.start;
      refusal = this.#enter(rebuilt);
    }
    return refusal;
  }

  /** Changes that type on from the last one and of which nothing could be refused yet, if there are any. */
  #typeOn(segment: Rebuilding): Typing | null {
    const before = this.#ledger.count - 1;
    const run = this.#open.get(before);
    if (run === undefined) return null;
    const { changes, bytes } = run.room;
    const typing = segment.typing({ changes, bytes: Math.min(bytes, FILE_OPEN_BYTES_MAX - this.#openBytes) });
    if (typing === null) return null;
    this.#waiting.push({
      run,
      part: run.parts,
      place: run.length,
      count: typing.count,
      bytes: typing.bytes,
    });
    run.addTyping(typing);
    this.#openBytes += typing.bytes;
    this.#open.delete(before);
    this.#open.set(this.#ledger.count - 1, run);
    return typing;
  }

  #enter({ change, prev, closing }: Rebuilt): Refusal | null {
    const number = this.#ledger.count - 1;
    const run = this.#open.get(prev) ?? new SealedRun(this.#inspector);
    this.#open.delete(prev);
    const bytes = change.end - change.start;
    this.#waiting.push({ run, part: run.parts, place: run.length, count: 1, bytes });
    const refusal = run.add(change);
    if (refusal !== null) return refusal;
    this.#openBytes += bytes;
    if (this.#openBytes > FILE_OPEN_BYTES_MAX) return refuse("RunTooLong", `${this.#openBytes} bytes`);
    if (closing !== null) return this.#close(run, closing);
    this.#open.set(number, run);
    return null;
  }

  #close(run: SealedRun, { signature, witnesses }: NonNullable<Rebuilt["closing"]>): Refusal | null {
    for (const witness of witnesses) {
      const decoded = decodeChange(witness);
      const refusal = "ok" in decoded ? decoded : run.add(decoded);
      if (refusal !== null) return refusal;
    }
    const questions = run.ask(signature);
    if ("ok" in questions) return questions;
    this.#asked.push({ run, count: questions.length });
    for (const question of questions) this.questions.push(question);
    return null;
  }

  /** The answers to `questions`; then whatever is proven, and stands behind nothing that is not, is judged and taken. */
  take(verdicts: readonly boolean[]): Refusal | null {
    assert(verdicts.length === this.questions.length, "each question is answered");
    let at = 0;
    let wrong: Refusal | null = null;
    for (const { run, count } of this.#asked) {
      const refusal = run.prove(verdicts.slice(at, at + count));
      at += count;
      wrong ??= refusal;
    }
    return this.#admit() ?? wrong;
  }

  #admit(): Refusal | null {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.run.isProven) count++;
    if (count === 0) return null;
    const ready = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    const reading = new Reading(ready);
    const { refused, missing } = this.#taker.admitVerified(reading, SOURCE);
    this.#openBytes -= reading.bytes;
    this.taken += reading.count - refused.length;
    if (missing !== null) return refuse("FileDamaged", "a change before what it builds on");
    return refused[0]?.refusal ?? reading.refusal;
  }

  /** Of a segment: everything in it was used, and a signature answers for all of it. */
  end(segment: Rebuilding): Refusal | null {
    try {
      segment.end();
    } catch (error) {
      if (error instanceof Malformed) return refuse("FileDamaged", error.message);
      throw error;
    }
    return this.#waiting.length === 0 ? null : refuse("SignatureWrong", "no signature at the end");
  }
}
