// Signed changes as bytes for any way of carrying them: each packet is a `changes` message of the protocol between peers
// (wire §7.3), so there is one encoding and one set of limits.

import {
  type Bytes,
  type ChangeId,
  describe,
  type InspectedRun,
  type Refusal,
  type Replica,
} from "../crdt/index.ts";
import { decodeChanges, encodeChanges } from "../sync/changes-message.ts";
import { MESSAGE_BYTES_MAX, UNPACKED_BYTES_MAX } from "../sync/limits.ts";
import { Outbox } from "../sync/outbox.ts";
import { packedOf } from "../sync/sent-run.ts";

/** Nobody is on a link here, so nothing is called by a tag. */
const NO_LINK: Bytes = new Uint8Array(32);

/** Of all that is proven, at most `MESSAGE_BYTES_MAX` bytes each, parents before children. */
export function packetsOf(replica: Replica, ids: Iterable<ChangeId>): Bytes[] {
  const { runs } = replica;
  const outbox = new Outbox(NO_LINK, (queue, from, _, room) =>
    runs.next(
      queue,
      from,
      () => true,
      () => false,
      room,
    ),
  );
  const { graph } = replica.ground;
  outbox.offer(
    [...ids].map(id => graph.slotOf(id)!),
    0,
  );
  const packets: Bytes[] = [];
  while (!outbox.isEmpty) {
    const runs = outbox.next();
    if (runs.length > 0) packets.push(encodeChanges(runs));
  }
  return packets;
}

/** What a packet holds, up to what is to be asked of the signature rule, or why not. */
export function inspectIn(replica: Replica, packet: Bytes): (InspectedRun | Refusal)[] {
  if (packet.length > MESSAGE_BYTES_MAX) return [{ ok: false, code: "BytesTooLarge", detail: "packet" }];
  const runs = decodeChanges(packet);
  if (runs === null) return [{ ok: false, code: "BytesMalformed", detail: "packet" }];
  const inspected: (InspectedRun | Refusal)[] = [];
  let sizeBytes = 0;
  for (const run of runs) {
    const packed = packedOf(run);
    // wire §7.3: tags are for links.
    if (packed.first === null) inspected.push({ ok: false, code: "BytesMalformed", detail: "tag" });
    else if (sizeBytes > UNPACKED_BYTES_MAX)
      return [...inspected, { ok: false, code: "RunTooLong", detail: "together" }];
    else {
      const result = replica.runs.inspect(packed, null);
      if (result.ok) for (const { start, end } of result.changes) sizeBytes += end - start;
      inspected.push(result);
    }
  }
  return inspected;
}

/** One sentence. */
export function sentenceOf(refusal: Refusal): string {
  const words = describe(refusal);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
