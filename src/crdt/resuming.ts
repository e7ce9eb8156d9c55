// Takes up a draft that was open when its page went away (unclosed.ts says how it was left), on top of whatever the
// device's chain holds by now.

import { judgeContent } from "./authority/rights.ts";
import type { Drafting } from "./drafting.ts";
import type { Bytes } from "./graph/bytes.ts";
import {
  type ChangeId,
  type DeviceId,
  isAuthority,
  isContent,
  type Op,
  type Role,
  startsOf,
} from "./graph/change.ts";
import { decodeChange } from "./graph/codec.ts";
import { WrittenChange } from "./graph/written.ts";
import type { Holding } from "./holding.ts";
import type { People } from "./people.ts";
import type { DocumentTree, Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";
import type { IsUnseen } from "./types/fugue.ts";
import { type ContentOp, mapDots } from "./types/op.ts";
import { References } from "./types/references.ts";
import { bodyOf, bodyUnder, decodeParts, partNumber, SELF } from "./unclosed.ts";

/** Who says it again, with the rights they have now. */
export interface Speaker {
  readonly device: DeviceId;
  readonly role: Role | null;
  readonly people: Pick<People, "sayAgain">;
}

/** What an earlier page of the device left. */
export interface LeftOver {
  readonly draft: Bytes | null;
  /** The number of the own change before the draft. */
  readonly after: number;
  /** Changes, oldest first. */
  readonly left: readonly Bytes[];
  /** Rights are not asked for: it waits until they are there. */
  readonly isHeld: boolean;
}

/** `forbidden`: rights are lacking for some of it. `early`: some of it names what is not here, and can be said once that has come. */
export type Resumed = "whole" | "forbidden" | "early";

/**
 * The draft was begun after the device's change number `after`, on top of `left` where changes of the same page are: those that
 * no transaction took before another tab took their numbers. They are said again, beside what is seen now: not beside what is
 * loose, which nothing new is built on. What became a change after all is passed over, and so is what does not fit here.
 * Answers what shows differently, and how far it came.
 */
export function resume(
  holding: Holding,
  drafting: Drafting,
  { device, role, people }: Speaker,
  { draft, after, left, isHeld }: LeftOver,
): { readonly patches: Patch[]; readonly resumed: Resumed } {
  const { graph, tree } = holding;
  const { isUnseen } = drafting;
  const lost = left.map(each => decodeChange(each)).filter(each => each instanceof WrittenChange);
  const newest = graph.newestSlotOf(device) ?? -1;
  const closed = closedAfter(holding, device, (lost[0]?.seq ?? after + 1) - 1);
  const patches: Patch[] = [];
  const slots: Slot[] = [];
  /** Where the lost ones stand now, by their ids and by the numbers that they had. */
  const again = new Map<ChangeId | number, Slot>();
  const parts = draft === null ? [] : (decodeParts(draft) ?? []);
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
    if (names.includes(-1)) return { patches, resumed: "early" };
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
    // What is held is put down on top of what it names, loose or not.
    const isSeen = (other: Slot): boolean => isHeld || isUnseen?.(other) !== true;
    const seen = { has: (other: Slot) => other === slot || (other >= 0 && isSeen(other)) };
    const content = local.filter(isContent).flatMap(op => besideSeen(op, tree, seen, isUnseen) ?? []);
    if (new References(tree, slot, seen).judge(content, startsOf(content)) !== null) break;
    const mayWrite = (op: Op): boolean =>
      isHeld || (role !== null && judgeContent(op, role, holding.members.policy) === null);
    if (!content.every(mayWrite)) return { patches, resumed: "forbidden" };
    if (content.length > 0 || named.length > 0) drafting.resume(content, named, slot, patches);
    for (const op of local) if (isAuthority(op)) people.sayAgain(op);
    if (named.length > 0) holding.masking.retract(slot, named, patches, other => drafting.opsOf(other));
  }
  return { patches, resumed: "whole" };
}

/** The same edit as if what is unseen were not here; null if nothing is left of it. */
function besideSeen(
  op: ContentOp,
  tree: DocumentTree,
  seen: { has(slot: Slot): boolean },
  isUnseen: IsUnseen,
): ContentOp | null {
  if (op.type === "delete") {
    const spans = op.spans.filter(({ change }) => seen.has(change));
    return spans.length === op.spans.length ? op : spans.length === 0 ? null : { ...op, spans };
  }
  if (op.type === "set") return { ...op, replaces: op.replaces.filter(({ change }) => seen.has(change)) };
  if (op.type !== "insertText" && op.type !== "insertList") return op;
  const { parent, rightOrigin, side } = op;
  if (parent === null || (seen.has(parent.change) && (rightOrigin === null || seen.has(rightOrigin.change))))
    return op;
  const node = tree.find(op.path);
  const sequence = node?.kind === "text" ? node.text : node?.kind === "list" ? node.items : null;
  const before = sequence?.indexOf(parent) ?? null;
  if (sequence === null || before === null) return op;
  const isBehind = side === "right" && sequence.isVisible(parent);
  return { ...op, ...sequence.place(before + (isBehind ? 1 : 0), isUnseen) };
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
