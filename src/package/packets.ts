// Signed changes as bytes for any way of carrying them: each packet is a `changes` message of the protocol between peers
// (wire §7.3), so there is one encoding and one set of limits.

import { type Bytes, describe, type Refusal, type VerifiedChange } from "../crdt/index.ts";
import { BATCH_BYTES, BATCH_CHANGES_MAX, MESSAGE_BYTES_MAX } from "../sync/limits.ts";
import { decodeMessage, encodeMessage, type SignedChange } from "../sync/protocol.ts";
import { failure } from "./error.ts";

/** At most `MESSAGE_BYTES_MAX` bytes each, parents before children. */
export function packetsOf(changes: Iterable<VerifiedChange>): Bytes[] {
  const packets: Bytes[] = [];
  let batch: SignedChange[] = [];
  let sizeBytes = 0;
  const close = () => {
    if (batch.length > 0) packets.push(encodeMessage({ type: "changes", changes: batch }));
    batch = [];
    sizeBytes = 0;
  };
  for (const { bytes, signature } of changes) {
    // Out of a file it comes with one signature for many: a message between peers has one for each.
    if (signature === null) throw failure("OnlyAsFile");
    if (batch.length === BATCH_CHANGES_MAX || sizeBytes + bytes.length > BATCH_BYTES) close();
    batch.push({ bytes, signature });
    sizeBytes += bytes.length;
  }
  close();
  return packets;
}

/** What a packet holds, or why it is none. */
export function changesOf(packet: Bytes): readonly SignedChange[] | Refusal {
  if (packet.length > MESSAGE_BYTES_MAX) return { ok: false, code: "BytesTooLarge", detail: "packet" };
  const message = decodeMessage(packet);
  if (message?.type !== "changes") return { ok: false, code: "BytesMalformed", detail: "packet" };
  return message.changes;
}

/** One sentence. */
export function sentenceOf(refusal: Refusal): string {
  const words = describe(refusal);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
