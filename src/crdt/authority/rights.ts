// What a role lets a change say, the same for the past of a change (T2) and for all that is here (T3).

import type { Op, Policy, Role } from "../graph/change.ts";
import { isContent } from "../graph/change.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { ContentOp, Path } from "../types/op.ts";
import { mayWrite, mayWriteSomething } from "./members.ts";

/** Thrown by an edit under a key that its author may not write under: nobody would take it. */
export class KeyForbidden extends RangeError {}

/** Null if a role may say what an op says of the document's data; ops about people are not judged here. */
export function judgeContent(op: Op, role: Role, policy: Policy): Refusal | null {
  if (op.type === "unknown") return role === "reader" ? refuse("RightMissing", "write") : null;
  if (op.type === "retract")
    return mayWriteSomething(role, policy) ? null : refuse("RightMissing", "retract");
  if (!isContent(op)) return null;
  const key = topKey(op, op.path);
  if (!mayWrite(role, policy, key)) return refuse("RightMissing", key);
  // A move takes from one place and puts at another.
  if (op.type !== "move") return null;
  const source = topKey(op, op.from);
  return mayWrite(role, policy, source) ? null : refuse("RightMissing", source);
}

/** The key of the document's root under which an op writes at a path. */
export function topKey(op: ContentOp, path: Path): string {
  const at = path.length > 0 ? path[0]!.at : op.type === "set" || op.type === "unset" ? op.key : null;
  return typeof at === "string" ? at : "";
}
