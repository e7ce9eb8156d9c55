// The verdict for one change whose bytes and signatures hold: every rule of tier T2, in order, the cheap first. A
// pure function of the change and its causal past; clocks, arrival and senders do not enter, so every replica that
// can judge a change judges it alike, for ever.

import { isContent, type Role } from "../graph/change.ts";
import type { Graph } from "../graph/graph.ts";
import { NAME_BYTES } from "../graph/names.ts";
import type { Past } from "../graph/past.ts";
import { type Retracts, retractsOf } from "../graph/retracts.ts";
import type { Ancestors, WrittenChange } from "../graph/written.ts";
import { RETRACT_REACH_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { DocumentTree } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import { type ContentOp, mapDots, type Numbers } from "../types/op.ts";
import { References } from "../types/references.ts";
import type { Standing } from "./fold.ts";
import { type Members, mayWriteSomething, type Quota } from "./members.ts";
import { judgePeople } from "./people.ts";
import { judgeContent } from "./rights.ts";

export interface Ground {
  readonly graph: Graph;
  readonly members: Members;
  readonly tree: DocumentTree;
  readonly retracts: Retracts;
}

/** The ops on data of one change, as the tree takes them: dots name changes by their slots. */
export interface LocalOps {
  readonly ops: readonly ContentOp[];
  /** The numbers of their first elements. */
  readonly starts: readonly number[];
}

/** `slot` is the change's own number. What is not here gets a slot that nothing has: it is judged, not applied. */
export function localize(change: WrittenChange, slot: Slot, ancestors: Ancestors, graph: Graph): LocalOps {
  const slots = located(change, slot, ancestors, graph);
  const { ops, starts } = change;
  const first = ops[0];
  // Most changes are one op on data.
  if (ops.length === 1 && isContent(first!)) return { ops: [mapDots(first, slots)], starts };
  const local: ContentOp[] = [];
  const localStarts: number[] = [];
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i]!;
    if (!isContent(op)) continue;
    local.push(mapDots(op, slots));
    localStarts.push(starts[i]!);
  }
  return { ops: local, starts: localStarts };
}

/** wire §4: the slots that the numbers of references stand for. */
export function located(change: WrittenChange, slot: Slot, ancestors: Ancestors, graph: Graph): Numbers {
  return new Located(change, slot, ancestors, graph);
}

class Located implements Numbers {
  readonly #slots: Slot[];

  constructor(change: WrittenChange, slot: Slot, { prev, parents }: Ancestors, graph: Graph) {
    const { view, listedAt, listedFrom, listedCount } = change;
    const slots = new Array<Slot>(listedFrom + listedCount);
    slots[0] = slot;
    slots[1] = prev;
    let next = 2;
    for (let i = 0; i < parents.length; i++) if (parents[i] !== prev) slots[next++] = parents[i]!;
    for (let i = 0; i < listedCount; i++) slots[next++] = graph.find(view, listedAt + i * NAME_BYTES);
    this.#slots = slots;
  }

  of(ref: number): Slot {
    return this.#slots[ref]!;
  }
}

/**
 * Null if the change may enter. Its parents and previous change must be admitted: `ancestors`; `past` is that of its parents,
 * `local` its ops, `slot` the number it will get.
 */
export function judge(
  change: WrittenChange,
  slot: Slot,
  local: LocalOps,
  ancestors: Ancestors,
  past: Past,
  ground: Ground,
): Refusal | null {
  return (
    judgeShape(change, ancestors, ground, past) ??
    judgeAuthority(change, ancestors, ground, past) ??
    judgeReferences(local, slot, ground, past)
  );
}

/** R2, R8, R9: parents are independent, the chain goes on, derived numbers are exact. */
function judgeShape(
  change: WrittenChange,
  { prev, parents }: Ancestors,
  { graph }: Ground,
  past: Past,
): Refusal | null {
  if (parents.length > 1 && !graph.isAntichain(parents)) return refuse("ParentsUnordered");
  if (prev >= 0) {
    if (graph.authorAt(prev) !== change.author || graph.seqAt(prev) + 1 !== change.seq)
      return refuse("ChainBroken", "not the previous change");
    if (!past.has(prev)) return refuse("ChainBroken", "previous change outside the past");
  }
  const depth = graph.depthAbove(parents);
  if (change.depth !== depth) return refuse("DepthWrong", `${change.depth}, not ${depth}`);
  const opsBefore = prev < 0 ? 0 : graph.opTotalAt(prev);
  if (change.opTotal !== opsBefore + change.ops.length) return refuse("CountsWrong", "ops");
  const bytesBefore = prev < 0 ? 0 : graph.byteTotalAt(prev);
  if (change.byteTotal !== bytesBefore + change.bodyBytes) return refuse("CountsWrong", "bytes");
  return null;
}

/** R14 and what may be said about people: membership, rights and quotas, as the author's own past knows them. */
export function judgeAuthority(
  change: WrittenChange,
  { prev, parents }: Ancestors,
  { graph, members, retracts }: Ground,
  past: Past,
): Refusal | null {
  const { ops } = change;
  const isFirst = change.parentCount === 0;
  if (change.isAboutPeople) {
    for (let i = 0; i < ops.length; i++) {
      const { type } = ops[i]!;
      if (type === "genesis" && !(isFirst && i === 0)) return refuse("GenesisMisplaced");
      if (type === "join" && !(change.seq === 1 && !isFirst && i === 0)) return refuse("JoinMisplaced");
    }
  }
  if (isFirst) return graph.size === 0 && ops[0]?.type === "genesis" ? null : refuse("GenesisMisplaced");

  const standing = members.standingAbove(parents);
  const refusal = judgePeople(change, standing, graph, past);
  if (refusal !== null) return refusal;
  // A recovery key has no role; what it hands on is taken from what it was handed itself.
  if (standing.persons.of(change.author).isRecovery)
    return judgeQuota(change, leftOf(change, members.quotaOf(change.author, "reader", standing)));
  const role = roleFor(change, standing);
  if (typeof role !== "string") return role;
  for (let i = 0; i < ops.length; i++) {
    const refusal = judgeContent(ops[i]!, role, members.policy);
    if (refusal !== null) return refusal;
  }
  const quota = leftOf(change, members.quotaOf(change.author, role, standing));
  if (ops.length === 0)
    return mayWriteSomething(role, members.policy)
      ? judgeMerges(change, quota)
      : refuse("RightMissing", "merge");
  const exceeded = judgeQuota(change, quota);
  if (exceeded !== null) return exceeded;
  return change.isRetracting ? judgeRetracts(change, prev, graph, retracts, quota) : null;
}

/** How much the author of a change that was found right may write in all, as the change itself knows. */
export function quotaIn(change: WrittenChange, { parents }: Ancestors, members: Members): Quota {
  const standing = members.standingAbove(parents);
  const held = roleFor(change, standing);
  // A recovery key has none, and has a quota by what it was handed.
  return leftOf(change, members.quotaOf(change.author, typeof held === "string" ? held : "reader", standing));
}

function judgeQuota({ opTotal, byteTotal }: WrittenChange, { opsMax, bytesMax }: Quota): Refusal | null {
  if (opTotal > opsMax) return refuse("QuotaExceeded", "ops");
  return byteTotal > bytesMax ? refuse("QuotaExceeded", "bytes") : null;
}

/** A change that says nothing costs no op, and yet has to be kept: there are no more of them on a chain than it may have ops. */
function judgeMerges(
  { seq, opTotal, byteTotal }: WrittenChange,
  { opsMax, bytesMax }: Quota,
): Refusal | null {
  if (seq > opTotal + opsMax) return refuse("QuotaExceeded", "changes without ops");
  return byteTotal > bytesMax ? refuse("QuotaExceeded", "bytes") : null;
}

/** What is retracted lies on the author's own chain; what has to be done for it is paid for as if it were written anew. */
function judgeRetracts(
  change: WrittenChange,
  prev: Slot,
  graph: Graph,
  retracts: Retracts,
  quota: Quota,
): Refusal | null {
  for (const { first, count } of retractsOf(change)) {
    if (first + count > change.seq) return refuse("ReferenceUnseen", `own change ${first + count - 1}`);
    if (first === 1 && graph.depthAt(graph.onChain(prev, 1)) === 1)
      return refuse("ReferenceWrong", "a genesis retracted");
  }
  const reach = retracts.reachOf(change, prev);
  if (reach.ops > RETRACT_REACH_MAX) return refuse("ReachTooWide", `${reach.ops} changes and ops`);
  const before = retracts.chargeAt(prev);
  if (change.opTotal + before.ops + reach.ops > quota.opsMax) return refuse("QuotaExceeded", "ops retracted");
  if (change.byteTotal + before.bytes + reach.bytes > quota.bytesMax)
    return refuse("QuotaExceeded", "bytes retracted");
  return null;
}

/** What a device that hands some of its quota on in this change has left. */
function leftOf(change: WrittenChange, { opsMax, bytesMax }: Quota): Quota {
  let [ops, bytes] = [opsMax, bytesMax];
  if (change.isAboutPeople)
    for (const op of change.ops)
      if (op.type === "introduce") {
        ops -= op.opsMax;
        bytes -= op.bytesMax;
      }
  return { opsMax: ops, bytesMax: bytes };
}

function roleFor(change: WrittenChange, standing: Standing): Role | Refusal {
  const first = change.isAboutPeople ? change.ops[0] : undefined;
  if (first?.type === "join") {
    const link = standing.linkOf(first.invite);
    if (link !== null) return link.role;
    return standing.linksOf(first.invite).length > 0 ? refuse("InviteEnded") : refuse("InviteUnknown");
  }
  const role = standing.roleOf(change.author);
  if (role !== null) return role;
  const { person, disownings } = standing.persons.of(change.author);
  if (disownings.length > 0) return refuse("DeviceDisowned");
  return standing.grantsOf(person).length > 0
    ? refuse("AuthorRemoved")
    : refuse("AuthorUnknown", change.author.slice(0, 8));
}

/** R13: what is named was seen, and is of the right kind. */
function judgeReferences(
  { ops, starts }: LocalOps,
  slot: Slot,
  { tree }: Ground,
  past: Past,
): Refusal | null {
  if (ops.length === 0) return null;
  return new References(tree, slot, past).judge(ops, starts);
}
