// The verdict for one change whose bytes and signatures hold: every rule of tier T2, in order, the cheap first. A
// pure function of the change and its causal past; clocks, arrival and senders do not enter, so every replica that
// can judge a change judges it alike, for ever.

import { type Change, isContent, type Role } from "../graph/change.ts";
import type { Graph, Past } from "../graph/graph.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { DocumentTree } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import { type ContentOp, mapDots } from "../types/op.ts";
import { References } from "../types/references.ts";
import { type Members, mayInvite, mayWrite } from "./members.ts";

export interface Ground {
  readonly graph: Graph;
  readonly members: Members;
  readonly tree: DocumentTree;
}

/** Null if the change may enter. Its parents and previous change must be admitted. `slot` is the number it will get. */
export function judge(change: Change, slot: Slot, ground: Ground): Refusal | null {
  const past = ground.graph.past(change.parents);
  return (
    judgeShape(change, ground, past) ??
    judgeAuthority(change, ground, past) ??
    judgeReferences(change, slot, ground, past)
  );
}

/** R2, R8, R9: parents are independent, the chain goes on, derived numbers are exact. */
function judgeShape(change: Change, { graph }: Ground, past: Past): Refusal | null {
  const { parents } = change;
  if (parents.length > 1 && graph.antichain(parents).length !== parents.length)
    return refuse("ParentsUnordered");
  const prev = change.prev === null ? null : graph.get(change.prev)!;
  if (prev !== null) {
    if (prev.author !== change.author || prev.seq + 1 !== change.seq)
      return refuse("ChainBroken", "not the previous change");
    if (!past.has(graph.slotOf(prev.id)!)) return refuse("ChainBroken", "previous change outside the past");
  }
  const deepest = parents.reduce((depth, parent) => Math.max(depth, graph.get(parent)!.depth), 0);
  if (change.depth !== deepest + 1) return refuse("DepthWrong", `${change.depth} after ${deepest}`);
  if (change.opTotal !== (prev?.opTotal ?? 0) + change.ops.length) return refuse("CountsWrong", "ops");
  if (change.byteTotal !== (prev?.byteTotal ?? 0) + change.bodyBytes) return refuse("CountsWrong", "bytes");
  return null;
}

/** Membership, rights and quotas, as the author's own past knows them. */
function judgeAuthority(change: Change, { graph, members }: Ground, past: Past): Refusal | null {
  const isFirst = change.parents.length === 0;
  for (const [i, op] of change.ops.entries()) {
    if (op.type === "genesis" && !(isFirst && i === 0)) return refuse("GenesisMisplaced");
    if (op.type === "join" && !(change.seq === 1 && !isFirst && i === 0)) return refuse("JoinMisplaced");
  }
  if (isFirst)
    return graph.size === 0 && change.ops[0]?.type === "genesis" ? null : refuse("GenesisMisplaced");

  const role = roleFor(change, members, past);
  if (typeof role !== "string") return role;
  for (const op of change.ops) {
    if (op.type === "invite" && !mayInvite(role, op.role)) return refuse("RightMissing", "invite");
    if (isContent(op) && !mayWrite(role, members.policy, topKey(op)))
      return refuse("RightMissing", topKey(op));
    if (op.type === "unknown" && role === "reader") return refuse("RightMissing", "write");
  }
  const quota = members.policy[role];
  if (role !== "owner" && quota !== undefined) {
    if (change.opTotal > quota.opsMax) return refuse("QuotaExceeded", "ops");
    if (change.byteTotal > quota.bytesMax) return refuse("QuotaExceeded", "bytes");
  }
  return null;
}

function roleFor(change: Change, members: Members, past: Past): Role | Refusal {
  const first = change.ops[0];
  if (first?.type === "join") return members.inviteRole(first.invite, past) ?? refuse("InviteUnknown");
  return members.roleOf(change.author, past) ?? refuse("AuthorUnknown", change.author.slice(0, 8));
}

/** The key of the document's root under which an op writes. */
function topKey(op: ContentOp): string {
  const at = op.path[0]?.at ?? (op.type === "set" || op.type === "unset" ? op.key : null);
  return typeof at === "string" ? at : "";
}

/** R13: what is named was seen, and is of the right kind. */
function judgeReferences(change: Change, slot: Slot, { graph, tree }: Ground, past: Past): Refusal | null {
  const content = contentOf(change);
  if (content.ops.length === 0) return null;
  const slots = change.refs.map((ref, i) => (i === 0 ? slot : (graph.slotOf(ref) ?? -1)));
  const local = content.ops.map(op => mapDots(op, ref => slots[ref]!));
  const knowledge = { self: slot, isPast: (other: Slot) => other >= 0 && past.has(other) };
  return new References(tree, knowledge).judge(local, content.starts);
}

/** The ops on data, with the numbers of their first elements. */
export function contentOf(change: Change): {
  readonly ops: readonly ContentOp[];
  readonly starts: readonly number[];
} {
  const ops: ContentOp[] = [];
  const starts: number[] = [];
  for (const [i, op] of change.ops.entries()) {
    if (!isContent(op)) continue;
    ops.push(op);
    starts.push(change.starts[i]!);
  }
  return { ops, starts };
}
