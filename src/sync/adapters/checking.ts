// A `.chirograph` file, checked completely: every id, signature and right, before anything of it is believed. Runs in a
// worker (checking-worker.ts), which can be ended at any moment; what it finds goes out in pieces, so that whoever takes
// it never waits long. What a device of one's own may take over goes as records of changes, what is somebody else's as
// text with its authors.

import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  type DocId,
  describe,
  finish,
  History,
  load,
  openFile,
  type Refusal,
  Replica,
  type StoredFork,
  type VerifiedChange,
} from "../../crdt/index.ts";
import type { ChainHead, Verifier } from "../ports.ts";
import { BODY_KEY, BODY_PATH, bodyText, titleOf } from "../text.ts";
import type { ForeignFile, Recovered } from "../view.ts";
import { type Comeback, comeBack, keyOf } from "./recovering.ts";

export interface CheckRequest {
  readonly file: Blob;
  /** The device that asks. */
  readonly device: string;
  /** Documents that it holds already. */
  readonly held: readonly string[];
  /** Of documents that it held once: the number of its newest change in them. */
  readonly spent: Readonly<Record<string, number>>;
  /** By recovery words, into the document of this file. */
  readonly comeback?: Comeback;
}

/** A person of a file who may come back by recovery words. */
export interface Recoverable {
  readonly recoveryKey: string;
  readonly devices: Recovered["devices"];
}

/** A change to be stored. */
export interface CheckedRecord {
  readonly id: string;
  readonly bytes: Bytes;
  /** Null where a later change of its author covers it, or where it is one's own and is to be signed anew. */
  readonly signature: Bytes | null;
  /** What the device has to sign for an own change that came covered; else null. */
  readonly message: Bytes | null;
}

/** What is told on the way. */
export type CheckStep =
  | { readonly type: "progress"; readonly done: number }
  | { readonly type: "records"; readonly records: readonly CheckedRecord[] };

/** Of a document that this device holds, or is a member of. */
export interface Mine {
  readonly kind: "mine";
  readonly doc: string;
  readonly title: string;
  /** The newest own change in it. */
  readonly ownHead: ChainHead | null;
  /** Changes that are not among the records: nothing in a chain proves them, and so they could not be passed on. */
  readonly left: readonly { readonly id: string; readonly isOwn: boolean }[];
  /** Proofs that devices are two-faced. */
  readonly forks: readonly StoredFork[];
}

export type Checked =
  | Mine
  | {
      readonly kind: "foreign";
      readonly doc: DocId;
      readonly file: Omit<ForeignFile, "recovery">;
      readonly recoverable: readonly Recoverable[];
    }
  | { readonly kind: "refused"; readonly reason: string };

/** Records told at once. */
const RECORDS_AT_ONCE = 1_024;

/** Never rejects, whatever the bytes. */
export async function checkFile(
  { file, device, held, spent, comeback }: CheckRequest,
  verifier: Verifier,
  tell: (step: CheckStep) => void,
): Promise<Checked> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    // Moved, or changed since it was chosen: the browser gives no bytes of it.
    return { kind: "refused", reason: "the browser could not read it" };
  }
  const opened = openFile(bytes);
  if (!opened.ok) return refused(opened);
  const replica = Replica.open(device as DeviceId, opened.doc);
  const loading = load(opened, replica);
  let step = loading.next();
  while (!step.done) {
    const { done, total, questions } = step.value;
    tell({ type: "progress", done: Math.min(1, done / Math.max(1, total)) });
    step = loading.next(await verifier.verify(questions));
  }
  // Damaged at its end it would open in part, and seem to be all there was.
  if (step.value.refusal !== null) return refused(step.value.refusal);
  if (comeback !== undefined && !(await takeBack(replica, comeback, verifier)))
    return { kind: "refused", reason: "by these words this device cannot become a part of it" };
  const isHeld = held.includes(replica.doc);
  if (!isHeld && replica.roleOf(replica.device) === null) return foreign(replica, false);
  const out = unprovable(replica);
  const left = [...out].map(id => ({ id, isOwn: replica.get(id)!.change.author === device }));
  // Whoever goes on with their own chain must have all of it, or would give a number away twice.
  const isOld = (spent[replica.doc] ?? 0) > (replica.ownHead?.seq ?? 0) || left.some(({ isOwn }) => isOwn);
  return !isHeld && isOld ? foreign(replica, true) : mine(replica, out, left, tell);
}

function refused(refusal: Refusal): Checked {
  return { kind: "refused", reason: describe({ ...refusal, detail: "" }) };
}

function mine(
  replica: Replica,
  out: ReadonlySet<ChangeId>,
  left: Mine["left"],
  tell: (step: CheckStep) => void,
): Checked {
  let ownHead: ChainHead | null = null;
  let records: CheckedRecord[] = [];
  for (const { id, change, bytes, signature } of replica.changes()) {
    if (out.has(id)) continue;
    const isOwn = change.author === replica.device;
    if (isOwn && change.seq >= (ownHead?.seq ?? 0)) ownHead = { seq: change.seq, id };
    const message = isOwn && signature === null ? replica.messageOf(id) : null;
    records.push({ id, bytes, signature, message });
    if (records.length < RECORDS_AT_ONCE) continue;
    tell({ type: "records", records });
    records = [];
  }
  tell({ type: "records", records });
  return { kind: "mine", doc: replica.doc, title: titleOf(replica), ownHead, left, forks: forksOf(replica) };
}

/** What a file brings was received from nobody in good faith. */
function forksOf({ forks }: Replica): StoredFork[] {
  return forks.all.flatMap(({ device }) => {
    const record = forks.recordOf(device);
    return record === null ? [] : [{ ...record, held: [] }];
  });
}

/** The changes that no signature in their own chain answers for (a file may prove them by one that it does not take in),
 * and what builds on them. */
function unprovable(replica: Replica): ReadonlySet<ChangeId> {
  const all = [...replica.changes()];
  const covered = new Set<ChangeId>();
  const bare = new Set<ChangeId>();
  for (const { id, change, signature } of all.toReversed()) {
    if (signature === null && !covered.has(id)) bare.add(id);
    else if (change.prev !== null) covered.add(change.prev);
  }
  if (bare.size === 0) return bare;
  for (const { id, change } of all)
    if (change.parents.some(parent => bare.has(parent)) || (change.prev !== null && bare.has(change.prev)))
      bare.add(id);
  return bare;
}

/** What the recovery key says is judged as whatever anybody says. Whether this device is a member by it. */
async function takeBack(replica: Replica, comeback: Comeback, verifier: Verifier): Promise<boolean> {
  const { doc, device, members } = replica;
  const key = keyOf(comeback.seed);
  if (!members.some(member => member.device === key && member.isRecovery)) return false;
  if (members.some(member => member.device === device)) return false;
  const nowS = Math.floor(Date.now() / 1000);
  for (const { bytes, signature } of comeBack(doc, replica.changes(), device, comeback, nowS)) {
    const inspected = replica.inspect(bytes, signature);
    if (!inspected.ok) return false;
    replica.admit(inspected, await verifier.verify(inspected.questions), "recovery");
  }
  return replica.roleOf(device) !== null;
}

function recoverableIn({ members }: Replica): Recoverable[] {
  return members
    .filter(({ isRecovery }) => isRecovery)
    .map(({ device: recoveryKey, person }) => ({
      recoveryKey,
      devices: members
        .filter(other => other.person === person && other.role !== null && !other.isRecovery)
        .map(({ device: key, name }) => ({ key, name, isHere: false })),
    }));
}

function foreign(replica: Replica, isOwn: boolean): Checked {
  const history = new History(replica.doc, replica.ground, [BODY_KEY]);
  finish(history.read());
  const text = bodyText(replica);
  const authors = history
    .blame(history.newest, BODY_PATH, 0, text.length, "author")
    .map(({ from, to, author, time }) => ({ from, to, author, time }));
  const file = { title: titleOf(replica), text, authors, people: peopleOf(replica), isOwn };
  return { kind: "foreign", doc: replica.doc, file, recoverable: isOwn ? [] : recoverableIn(replica) };
}

function peopleOf(replica: Replica): ForeignFile["people"] {
  const counts = new Map<string, number>();
  const count = ({ change: { author } }: VerifiedChange) => counts.set(author, (counts.get(author) ?? 0) + 1);
  for (const change of replica.changes()) count(change);
  const names = new Map<string, string | null>(replica.members.map(({ device, name }) => [device, name]));
  return [...counts]
    .map(([key, changes]) => ({ key, name: names.get(key) ?? null, changes }))
    .sort((a, b) => b.changes - a.changes || (a.key < b.key ? -1 : 1));
}
