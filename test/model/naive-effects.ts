// What of a set of changes counts, worked out from nothing but the set: the second model of src/crdt/authority/effects.ts.
// People have one device each here.

import {
  type AuthorityOp,
  type Change,
  type ChangeId,
  type DeviceId,
  type GenesisOp,
  isAuthority,
  isContent,
  type Role,
} from "../../src/crdt/graph/change.ts";
import { type NaiveAct, NaiveFold } from "./naive-fold.ts";

/** The ids of all that is set aside. Parents come before children. `proven`: numbers that devices are known to have used twice,
 * whether both changes are here or not. */
export function asideOf(
  all: Iterable<Change>,
  proven: ReadonlyMap<DeviceId, number> = new Map(),
): ReadonlySet<ChangeId> {
  return new NaiveEffects([...all], proven).aside;
}

const ROLES: readonly Role[] = ["reader", "commenter", "editor", "admin", "owner"];

class NaiveEffects {
  readonly aside = new Set<ChangeId>();
  readonly #changes: readonly Change[];
  readonly #proven: ReadonlyMap<DeviceId, number>;
  /** Of each change everything below it. */
  readonly #pasts = new Map<ChangeId, ReadonlySet<ChangeId>>();

  constructor(changes: readonly Change[], proven: ReadonlyMap<DeviceId, number>) {
    this.#changes = changes;
    this.#proven = proven;
    for (const { id, parents } of changes) {
      const past = new Set<ChangeId>(parents);
      for (const parent of parents) for (const below of this.#pasts.get(parent)!) past.add(below);
      this.#pasts.set(id, past);
    }
    const honest = changes.filter(change => !this.#isRetired(change));
    const fold = new NaiveFold(
      changes
        .filter(change => !this.#isRetired(change) || this.#isUnder(change, honest))
        .flatMap(change => actsOf(change)),
      (a, b) => this.#pasts.get(b as ChangeId)!.has(a as ChangeId),
    );
    const ended = new Set<DeviceId>();
    for (const change of changes)
      for (const act of actsOf(change))
        if ((act.op.type === "dismiss" || act.op.type === "role") && fold.isDone(act))
          ended.add(act.op.person);
    const admits = changes.flatMap(change => actsOf(change).filter(({ op }) => op.type === "admit"));
    const fallen: Change[] = [];
    for (const change of changes) {
      const rank = fold.rankIn(change.author, change.id);
      if (this.#isEnough(change, rank) || this.#isTakenIn(change, admits, fold)) continue;
      this.aside.add(change.id);
      if (rank < 0 && !ended.has(change.author)) fallen.push(change);
    }
    const counting = honest.filter(({ id }) => !this.aside.has(id));
    for (const change of fallen) if (this.#isUnder(change, counting)) this.aside.delete(change.id);
    const anchors = honest.filter(({ id }) => !this.aside.has(id));
    for (const change of changes)
      if (this.#isRetired(change) && !this.#isUnder(change, anchors)) this.aside.add(change.id);
  }

  /** Whether a rank lets a change say of the data what it says. */
  #isEnough({ ops }: Change, rank: number): boolean {
    if (rank < 0) return false;
    const role = ROLES[rank]!;
    const genesis = this.#changes[0]!.ops[0] as GenesisOp;
    const keys = genesis.policy[role]?.keys;
    if (role === "owner") return true;
    return ops.every(op => {
      if (op.type === "unknown") return role !== "reader";
      if (op.type === "retract") return keys === null || (keys?.length ?? 0) > 0;
      if (!isContent(op)) return true;
      const tops = op.type === "move" ? [op.path, op.from] : [op.path];
      return tops.every(path => {
        const at = path[0]?.at ?? ("key" in op ? op.key : "");
        return keys === null || (keys?.includes(String(at)) ?? false);
      });
    });
  }

  #isTakenIn(change: Change, admits: readonly NaiveAct[], fold: NaiveFold): boolean {
    return admits.some(
      act =>
        act.op.type === "admit" &&
        act.op.heads.some(id => {
          const head = this.#changes.find(other => other.id === id);
          return head?.author === change.author && this.#isUnder(change, [head]);
        }) &&
        fold.yields(act, change.author),
    );
  }

  #isUnder({ id }: Change, others: readonly Change[]): boolean {
    return others.some(other => other.id === id || this.#pasts.get(other.id)!.has(id));
  }

  #isRetired({ author, seq }: Change): boolean {
    const numbers = this.#changes.filter(change => change.author === author).map(change => change.seq);
    if (seq >= (this.#proven.get(author) ?? Number.POSITIVE_INFINITY)) return true;
    return numbers.some((number, i) => numbers.indexOf(number) < i && number <= seq);
  }
}

function actsOf({ id, author, depth, ops }: Change): NaiveAct[] {
  return ops.flatMap((op, place) =>
    isAuthority(op) && op.type !== "name" ? [{ op: op as AuthorityOp, author, at: id, depth, place }] : [],
  );
}
