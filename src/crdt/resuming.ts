// Takes up a draft that was open when its page went away (unclosed.ts says how it was left), on top of whatever the
// device's chain holds by now.

import type { Drafting } from "./drafting.ts";
import type { Bytes } from "./graph/bytes.ts";
import { type ChangeId, type DeviceId, isContent, startsOf } from "./graph/change.ts";
import { decodeChange } from "./graph/codec.ts";
import { WrittenChange } from "./graph/written.ts";
import type { Holding } from "./holding.ts";
import type { Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";
import { mapDots } from "./types/op.ts";
import { References } from "./types/references.ts";
import { bodyOf, bodyUnder, decodeParts, partNumber, SELF } from "./unclosed.ts";

/** The draft was begun after the device's change number `after`, on top of `left` where changes of the same page are: those that
 * no transaction took before another tab took their numbers. They are said again. What became a change after all is passed
 * over, and so is what does not fit here. Answers what shows differently. */
export function resume(
  holding: Holding,
  drafting: Drafting,
  device: DeviceId,
  bytes: Bytes | null,
  after: number,
  left: readonly Bytes[],
): Patch[] {
  const { graph, tree } = holding;
  const lost = left.map(each => decodeChange(each)).filter(each => each instanceof WrittenChange);
  const newest = graph.newestSlotOf(device) ?? -1;
  const closed = closedAfter(holding, device, (lost[0]?.seq ?? after + 1) - 1);
  const patches: Patch[] = [];
  const slots: Slot[] = [];
  /** Where the lost ones stand now, by their ids and by the numbers that they had. */
  const again = new Map<ChangeId | number, Slot>();
  const parts = bytes === null ? [] : (decodeParts(bytes) ?? []);
  for (const one of [...lost, ...parts]) {
    const { refs, ops } = one;
    const retracted = ops.flatMap(op =>
      op.type !== "retract"
        ? []
        : Array.from({ length: op.count }, (_, i) => {
            const seq = op.first + i;
            return again.get(seq) ?? (seq > after ? slots[seq - after - 1] : graph.onChain(newest, seq));
          }),
    );
    const named = retracted.filter((slot): slot is Slot => slot !== undefined && slot >= 0);
    if (named.length < retracted.length) break;
    const slotOf = (ref: ChangeId): Slot =>
      again.get(ref) ?? slots[partNumber(ref) ?? -1] ?? graph.slotOf(ref) ?? -1;
    const own = one instanceof WrittenChange ? 1 : 2;
    const names = refs.map((ref, i) => (i < own ? SELF : slotOf(ref)));
    const said = ops.filter(({ type }) => type !== "retract" && type !== "join");
    const drawn = said.map(op => (isContent(op) ? mapDots(op, { of: ref => names[ref]! }) : op));
    const known = closed.get(named.length > 0 ? nameOf(named) : bodyUnder(graph, SELF, drawn, names));
    const slot = known ?? graph.reserve();
    if (one instanceof WrittenChange) again.set(one.id, slot).set(one.seq, slot);
    else slots.push(slot);
    if (known !== undefined) continue;
    const local = drawn.map(op =>
      isContent(op) ? mapDots(op, { of: other => (other === SELF ? slot : other) }) : op,
    );
    const content = local.filter(isContent);
    const everything = { has: (other: Slot) => other >= 0 };
    if (new References(tree, slot, everything).judge(content, startsOf(content)) !== null) break;
    drafting.resume(local, named, slot, patches);
    if (named.length > 0) holding.masking.retract(slot, named, patches, other => drafting.opsOf(other));
  }
  return patches;
}

/** The own changes from a number on, by what they say. */
function closedAfter(holding: Holding, device: DeviceId, after: number): Map<string, Slot> {
  const { graph, retracts } = holding;
  const closed = new Map<string, Slot>();
  for (const id of graph.chain(device, after + 1)) {
    const slot = graph.slotOf(id)!;
    const named = retracts.namedBy(slot);
    // Numbers may have shifted, so of a retract the changes count that it names.
    closed.set(named.length > 0 ? nameOf(named) : bodyOf(graph, holding.at(slot).change), slot);
  }
  return closed;
}

function nameOf(named: readonly Slot[]): string {
  return `retract ${[...named].sort((a, b) => a - b).join(" ")}`;
}
