// What stands beside the log of a document, each in a file that is replaced as a whole: what is remembered of it and the proofs
// of two-faced devices, as a line of JSON, and its image. All begin with a CRC-32 of the rest; what does not fit it is as good as not there.

import { crc32 } from "node:zlib";
import type { StoredFork } from "../../../crdt/index.ts";
import { fromBase64Url, toBase64Url } from "../../base64url.ts";
import type { Bytes, DocumentRecord, StoredImage } from "../../ports.ts";
import { fieldsOf, isDocumentRecord, isStoredFork } from "../stored-rows.ts";

/** Marks a string of the JSON as bytes. */
const BYTES = "bytes:";

export function encodeDocument(record: DocumentRecord): Bytes {
  return encodeLine(record);
}

/** Null for what is damaged. */
export function decodeDocument(bytes: Bytes): DocumentRecord | null {
  const { title, ...fields } = decodeLine(bytes);
  // A title is what somebody wrote, and may begin like anything.
  const record = { ...bytesInAll(fields), title };
  return isDocumentRecord(record) ? record : null;
}

export function encodeFork(fork: StoredFork): Bytes {
  return encodeLine(fork);
}

/** Null for what is damaged. */
export function decodeFork(bytes: Bytes): StoredFork | null {
  const fork = bytesInAll(decodeLine(bytes));
  return isStoredFork(fork) ? fork : null;
}

function encodeLine(row: object): Bytes {
  const json = JSON.stringify(row, (_, value: unknown) =>
    value instanceof Uint8Array ? BYTES + toBase64Url(value) : value,
  );
  return new TextEncoder().encode(`${sumOf(json)} ${json}\n`);
}

/** Without any field where it is damaged. */
function decodeLine(bytes: Bytes): Readonly<Record<string, unknown>> {
  const [, sum, json] = /^([0-9a-f]{8}) (.*)\n$/s.exec(new TextDecoder().decode(bytes)) ?? [];
  return json === undefined || sum !== sumOf(json) ? {} : fieldsOf(JSON.parse(json));
}

function bytesInAll(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, bytesIn(value)]));
}

function bytesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesIn);
  return typeof value === "string" && value.startsWith(BYTES)
    ? fromBase64Url(value.slice(BYTES.length))
    : value;
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** CRC-32 4 · position 8 · the image, in pieces to be written one behind the other. */
export function encodeImage({ bytes, position }: StoredImage): readonly Bytes[] {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setBigUint64(4, BigInt(position), true);
  view.setUint32(0, crc32(bytes, crc32(head.subarray(4))), true);
  return [head, bytes];
}

/** Null for what is damaged. */
export function decodeImage(file: Bytes): StoredImage | null {
  if (file.length < HEAD_BYTES) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== crc32(file.subarray(4))) return null;
  // On memory of its own, from its beginning on: columns of numbers are read from it as they stand.
  return { bytes: file.slice(HEAD_BYTES), position: Number(view.getBigUint64(4, true)) };
}

const HEAD_BYTES = 12;
