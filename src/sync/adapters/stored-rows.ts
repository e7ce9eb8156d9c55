// What a disk gives back is checked before it is believed: form here, meaning (does the id fit the bytes, does the
// signature hold) by those who read it. And some rows cannot be read at all: Chromium keeps large values in files of
// their own, disks lose files, and then every request that touches such a row ends its transaction with an error.

import type { StoredFork } from "../../crdt/index.ts";
import type { Bytes, ChainHead, ChangeRecord, DocumentRecord } from "../ports.ts";
import type { ChangeRow, Database, ImageRow, Schema } from "./database.ts";

/** Rows fetched by one request: at the largest size of a change 64 MiB, half of what Chromium passes in one piece. */
export const ROWS_PER_REQUEST = 256;

type ChangeKey = Schema["changes"]["key"];

/** Positions [from, to) of a document, `to` excluded. */
export function rangeOf(doc: string, from: number, to: number): IDBKeyRange {
  return IDBKeyRange.bound([doc, from], [doc, to], false, true);
}

/** Under which the head of another device's chain stands. */
export function chainOf(doc: string, device: string): string {
  return `${doc} ${device}`;
}

/** The heads of all chains of a profile in a document. */
export function chainsOf(doc: string): IDBKeyRange {
  return IDBKeyRange.bound(doc, chainOf(doc, "g"));
}

/** The proofs of a document: devices are named in lower-case hex. */
export function devicesOf(doc: string): IDBKeyRange {
  return IDBKeyRange.bound([doc, ""], [doc, "g"]);
}

/** Whether a failure says that the value of a row is gone for good. */
export function isLossOfValue(failure: unknown): boolean {
  const { cause } = fieldsOf(failure);
  // Chromium: "Data lost due to missing file. Affected record should be considered irrecoverable."
  return cause instanceof DOMException && cause.name === "NotReadableError";
}

/**
 * Empties the rows of a document whose values are lost, so that the others can be read and peers can bring the lost
 * ones again. Any other error ends it: a disk that is ill today loses nothing by our hand.
 */
export async function emptyLostRows(database: Database, doc: string): Promise<void> {
  const keys = await database.read(["changes"], transaction =>
    transaction.objectStore("changes").getAllKeys(rangeOf(doc, 0, Infinity)),
  );
  const lost = await lostAmong(database, keys);
  // Not deleted: were it the last one, its position would be given away a second time, and a tab that has read that
  // far would miss what comes there. Without an id it is in no index, and readers drop it as damaged.
  const empty = lost.map(([doc, position]) => ({ doc, position }) as ChangeRow);
  await database.write(["changes"], transaction =>
    Promise.all(empty.map(row => transaction.objectStore("changes").put(row))),
  );
}

// Halves what cannot be read until single rows are left: one lost row among n takes log n transactions.
async function lostAmong(database: Database, keys: readonly ChangeKey[]): Promise<readonly ChangeKey[]> {
  if (keys.length <= ROWS_PER_REQUEST && (await isReadable(database, keys))) return [];
  if (keys.length === 1) return keys;
  const half = keys.length >> 1;
  return [
    ...(await lostAmong(database, keys.slice(0, half))),
    ...(await lostAmong(database, keys.slice(half))),
  ];
}

async function isReadable(database: Database, keys: readonly ChangeKey[]): Promise<boolean> {
  const [first, last] = [keys[0], keys.at(-1)];
  if (first === undefined || last === undefined) return true;
  try {
    const range = IDBKeyRange.bound(first, last);
    await database.read(["changes"], transaction => transaction.objectStore("changes").getAll(range));
    return true;
  } catch (error) {
    if (!isLossOfValue(error)) throw error;
    return false;
  }
}

/** Whole in form; whether the bytes are what the id says is for the readers to check. */
export function isChangeRecord(row: unknown): row is ChangeRecord {
  const { id, bytes, signature, tail } = fieldsOf(row);
  const isSigned = signature === null || isBytes(signature);
  return isHex(id) && isBytes(bytes) && bytes.length > 0 && isSigned && (tail === undefined || isTail(tail));
}

function isTail(tail: unknown): boolean {
  const { changes, signature } = fieldsOf(tail);
  return Array.isArray(changes) && changes.length > 0 && changes.every(isBytes) && isBytes(signature);
}

/** What of a row is the change. */
export function recordOf({ id, bytes, signature, tail }: ChangeRecord): ChangeRecord {
  return { id, bytes, signature, ...(tail === undefined ? {} : { tail }) };
}

export function isStoredFork(row: unknown): row is StoredFork {
  const { device, proof, held, after } = fieldsOf(row);
  return isHex(device) && isBytes(proof) && Array.isArray(held) && held.every(isHex) && isCount(after);
}

export function isImageRow(row: unknown): row is ImageRow {
  const { doc, bytes, position } = fieldsOf(row);
  return isHex(doc) && bytes instanceof Blob && isCount(position);
}

export function isChainHead(row: unknown): row is ChainHead {
  const { seq, id } = fieldsOf(row);
  return isCount(seq) && isHex(id);
}

export function isDocumentRecord(row: unknown): row is DocumentRecord {
  const { id, title, updatedAt, unshared, roomSecret, inviteSeed, linkSeeds, asking, delivered, removedAt } =
    fieldsOf(row);
  return (
    isHex(id) &&
    typeof title === "string" &&
    typeof updatedAt === "number" &&
    isCount(unshared) &&
    (roomSecret === null || isBytes(roomSecret)) &&
    (inviteSeed === null || isBytes(inviteSeed)) &&
    (linkSeeds === undefined || (Array.isArray(linkSeeds) && linkSeeds.every(isBytes))) &&
    (asking === undefined || (isHex(fieldsOf(asking).introducer) && isBytes(fieldsOf(asking).seed))) &&
    Object.values(fieldsOf(delivered)).every(isCount) &&
    (removedAt === null || typeof removedAt === "number")
  );
}

export function fieldsOf(row: unknown): Record<string, unknown> {
  return typeof row === "object" && row !== null ? (row as Record<string, unknown>) : {};
}

export function isHex(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]+$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array;
}
