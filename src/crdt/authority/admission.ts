// The verdict for one change whose bytes and signatures hold: every rule of tier T2, in order, the cheap first. A
// pure function of the change and its causal past; clocks, arrival and senders do not enter, so every replica that
// can judge a change judges it alike, for ever.

import { type Change, isContent, type Role } from "../graph/change.ts";
import type { Graph, Past } from "../graph/graph.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { DocumentTree } from "../types/document.ts";
import type { Slot } from "../types/dot.ts";
import { type ContentOp, mapDots, pathsOf } from "../types/op.ts";
import { References } from "../types/references.ts";
import { type Members, mayInvite, mayWrite } from "./members.ts";

export interface Ground {
  readonly graph: Graph;
  readonly members: Members;
  readonly tree: DocumentTree;
}

/** The ops on data of one change, as the tree takes them: dots name changes by their slots. */
export interface LocalOps {
  readonly ops: readonly ContentOp[];
  /** The numbers of their first elements. */
  readonly starts: readonly number[];
}

/** `slot` is the change's own number. What is not here gets a slot that nothing has: it is judged, not applied. */
export function localize(change: Change, slot: Slot, graph: Graph): LocalOps {
  const { refs } = change;
  const slotOf = (ref: number): Slot => (ref === 0 ? slot : (graph.slotOf(refs[ref]!) ?? -1));
  const ops: ContentOp[] = [];
  const starts: number[] = [];
  for (let i = 0; i < change.ops.length; i++) {
    const op = change.ops[i]!;
    if (!isContent(op)) continue;
    ops.push(mapDots(op, slotOf));
    starts.push(change.starts[i]!);
  }
  return { ops, starts };
}

/**
 * Null if the change may enter. Its parents and previous change must be admitted; `past` is that of its parents,
 * `local` its ops, `slot` the number it will get.
 */
export function judge(
  change: Change,
  slot: Slot,
  local: LocalOps,
  past: Past,
  ground: Ground,
): Refusal | null {
  return (
    judgeShape(change, ground, past) ??
    judgeAuthority(change, ground, past) ??
    judgeReferences(local, slot, ground, past)
  );
}

/** R2, R8, R9: parents are independent, the chain goes on, derived numbers are exact. */
function judgeShape(change: Change, { graph }: Ground, past: Past): Refusal | null {
  const { parents } = change;
  if (parents.length > 1 && !graph.isAntichain(parents)) return refuse("ParentsUnordered");
  const prev = change.prev === null ? null : graph.chainAt(graph.slotOf(change.prev)!);
  if (prev !== null) {
    if (prev.author !== change.author || prev.seq + 1 !== change.seq)
      return refuse("ChainBroken", "not the previous change");
    if (!past.has(prev.slot)) return refuse("ChainBroken", "previous change outside the past");
  }
  const depth = graph.depthAbove(parents);
  if (change.depth !== depth) return refuse("DepthWrong", `${change.depth}, not ${depth}`);
  if (change.opTotal !== (prev?.opTotal ?? 0) + change.ops.length) return refuse("CountsWrong", "ops");
  if (change.byteTotal !== (prev?.byteTotal ?? 0) + change.bodyBytes) return refuse("CountsWrong", "bytes");
  return null;
}

/** Membership, rights and quotas, as the author's own past knows them. */
function judgeAuthority(change: Change, { graph, members }: Ground, past: Past): Refusal | null {
  const isFirst = change.parents.length === 0;
  for (let i = 0; i < change.ops.length; i++) {
    const op = change.ops[i]!;
    if (op.type === "genesis" && !(isFirst && i === 0)) return refuse("GenesisMisplaced");
    if (op.type === "join" && !(change.seq === 1 && !isFirst && i === 0)) return refuse("JoinMisplaced");
  }
  if (isFirst)
    return graph.size === 0 && change.ops[0]?.type === "genesis" ? null : refuse("GenesisMisplaced");

  const role = roleFor(change, members, past);
  if (typeof role !== "string") return role;
  for (const op of change.ops) {
    if (op.type === "invite" && !mayInvite(role, op.role)) return refuse("RightMissing", "invite");
    const denied = isContent(op) ? topKeys(op).find(key => !mayWrite(role, members.policy, key)) : undefined;
    if (denied !== undefined) return refuse("RightMissing", denied);
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

/** The keys of the document's root under which an op writes: a move takes from one place and puts at another. */
function topKeys(op: ContentOp): string[] {
  return pathsOf(op).map(path => {
    const at = path[0]?.at ?? (op.type === "set" || op.type === "unset" ? op.key : null);
    return typeof at === "string" ? at : "";
  });
}

/** R13: what is named was seen, and is of the right kind. */
function judgeReferences(
  { ops, starts }: LocalOps,
  slot: Slot,
  { tree }: Ground,
  past: Past,
): Refusal | null {
  if (ops.length === 0) return null;
  const knowledge = { self: slot, isPast: (other: Slot) => other >= 0 && past.has(other) };
  return new References(tree, knowledge).judge(ops, starts);
}
