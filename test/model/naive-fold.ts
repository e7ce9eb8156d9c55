// Who may do what, as the design defines it, with nothing remembered: an op takes effect under a grant if ..., a grant is
// ended by ops that take effect under more senior grants, and each question is answered by asking the next, always about
// more senior grants. Exponential, and good for a handful of ops. People have one device each here.

import type { AuthorityOp, DeviceId, Role } from "../../src/crdt/graph/change.ts";

/** An op and where it stands: `at` names its change, which has a depth; of equal depth the lower name comes first. */
export interface NaiveAct {
  readonly op: AuthorityOp;
  readonly author: DeviceId;
  readonly at: string;
  readonly depth: number;
  readonly place: number;
}

interface Held {
  readonly act: NaiveAct;
  readonly role: Role;
  readonly giver: Held | null;
  readonly isLink: boolean;
}

const ROLES: readonly Role[] = ["reader", "commenter", "editor", "admin", "owner"];
const rank = (role: Role) => ROLES.indexOf(role);

export class NaiveFold {
  readonly #acts: readonly NaiveAct[];
  readonly #isBelow: (below: string, above: string) => boolean;

  /** `isBelow(a, b)`: whether change a is in the past of change b, which is not a. */
  constructor(acts: readonly NaiveAct[], isBelow: (below: string, above: string) => boolean) {
    this.#acts = acts;
    this.#isBelow = isBelow;
  }

  /** The role that somebody's change counts with: `at` is in the graph. -1 for none. */
  rankIn(device: DeviceId, at: string): number {
    return Math.max(
      -1,
      ...this.#held(device, false, null)
        .filter(({ act }) => act.at === at || this.#isBelow(act.at, at))
        .map(held => this.#worth(held, at)),
    );
  }

  /** Whether an op takes effect. */
  isDone(act: NaiveAct): boolean {
    return act.op.type === "genesis" || this.#under(act, null) !== null;
  }

  /** Whether all that was said against somebody was known to an op that takes their content back in, or is junior to it. */
  yields(admit: NaiveAct, person: DeviceId): boolean {
    const by = this.#under(admit, null);
    if (by === null) return false;
    return this.#acts.every(act => {
      const { op } = act;
      if ((op.type !== "dismiss" && op.type !== "role") || op.person !== person) return true;
      const under = this.#under(act, null);
      if (under === null || this.#isAfter(admit, act)) return true;
      return this.#areConcurrent(admit, act) && this.#isSenior(by, under);
    });
  }

  /** The most senior grant under which an op takes effect, of those that are senior to `bound`. */
  #under(act: NaiveAct, bound: Held | null): Held | null {
    const { op } = act;
    const candidates =
      op.type === "join" ? this.#held(op.invite, true, bound) : this.#held(act.author, false, bound);
    return candidates.find(held => this.#isUnder(act, held)) ?? null;
  }

  #isUnder(act: NaiveAct, held: Held): boolean {
    if (!this.#isAfter(act, held.act)) return false;
    const worth = this.#worth(held, act.at);
    const { op } = act;
    if (op.type === "join") return worth >= 0;
    if (worth < rank("admin")) return false;
    if (op.type === "invite" || op.type === "role")
      if (op.role === "owner" || rank(op.role) > rank(held.role)) return false;
    if (op.type !== "role" && op.type !== "dismiss") return true;
    return !this.#isOverruled(op.person, act, held);
  }

  /** A concurrent gift under a more senior grant overrules what is said about a person. */
  #isOverruled(person: DeviceId, act: NaiveAct, held: Held): boolean {
    return this.#acts.some(
      other =>
        other.op.type === "role" &&
        other.op.person === person &&
        this.#areConcurrent(other, act) &&
        this.#under(other, held) !== null,
    );
  }

  /** What somebody, or a link, was given, senior to `bound`; the most senior first. */
  #held(holder: DeviceId, isLink: boolean, bound: Held | null): Held[] {
    const held: Held[] = [];
    for (const act of this.#acts) {
      const { op } = act;
      if (isLink ? op.type !== "invite" || op.key !== holder : !givesTo(act, holder)) continue;
      if (op.type === "genesis") held.push({ act, role: "owner", giver: null, isLink });
      else if (op.type === "invite" || op.type === "role") {
        // Whoever gives is senior to the gift, so asking who gave it asks about seniors alone.
        const gift: Held = { act, role: op.role, giver: null, isLink };
        if (bound !== null && !this.#isSenior(gift, bound)) continue;
        const giver = this.#under(act, gift);
        if (giver !== null) held.push({ ...gift, giver });
      } else if (op.type === "join")
        for (const role of ROLES) {
          const gift: Held = { act, role, giver: null, isLink };
          if (bound !== null && !this.#isSenior(gift, bound)) continue;
          const giver = this.#under(act, gift);
          if (giver !== null && giver.role === role) held.push({ ...gift, giver });
        }
    }
    return held
      .filter(one => bound === null || this.#isSenior(one, bound))
      .sort((a, b) => (this.#isSenior(a, b) ? -1 : 1));
  }

  /** The rank that a change of its holder has by a grant. */
  #worth(held: Held, at: string): number {
    let worth = rank(held.role);
    for (const { act, keeps } of this.#ends(held)) {
      if (at === act.at || this.#isBelow(at, act.at)) continue;
      if (this.#isBelow(act.at, at)) return -1;
      worth = Math.min(worth, keeps);
    }
    return worth;
  }

  #ends(held: Held): { readonly act: NaiveAct; readonly keeps: number }[] {
    const { act: given, giver } = held;
    const holder = holderOf(given);
    const ends = this.#acts.flatMap(act => {
      const { op } = act;
      const isAbout = held.isLink
        ? op.type === "revoke" && op.invite === holder
        : (op.type === "dismiss" || op.type === "role") && op.person === holder;
      if (!isAbout || act === given) return [];
      const under = this.#under(act, held);
      if (under === null) return [];
      const keeps = op.type === "role" ? rank(op.role) : -1;
      if (this.#isAfter(given, act)) return [];
      if (!this.#isAfter(act, given)) {
        const isSame = giver!.act === under.act;
        if (isSame ? keeps >= rank(held.role) : !this.#isSenior(under, giver!)) return [];
      }
      return [{ act, keeps }];
    });
    if (!held.isLink) return ends;
    return [
      ...ends,
      ...this.#ends(giver!)
        .filter(({ keeps }) => keeps < rank("admin"))
        .map(({ act }) => ({ act, keeps: -1 })),
    ];
  }

  #isSenior(a: Held, b: Held): boolean {
    if (a.role !== b.role) return rank(a.role) > rank(b.role);
    if (a.act.depth !== b.act.depth) return a.act.depth < b.act.depth;
    if (a.act.at !== b.act.at) return a.act.at < b.act.at;
    return a.act.place < b.act.place;
  }

  #isAfter(later: NaiveAct, earlier: NaiveAct): boolean {
    if (later.at === earlier.at) return earlier.place < later.place;
    return this.#isBelow(earlier.at, later.at);
  }

  #areConcurrent(a: NaiveAct, b: NaiveAct): boolean {
    return a !== b && !this.#isAfter(a, b) && !this.#isAfter(b, a);
  }
}

function holderOf({ op, author }: NaiveAct): DeviceId {
  return op.type === "invite" ? op.key : op.type === "role" ? op.person : author;
}

function givesTo(act: NaiveAct, person: DeviceId): boolean {
  const { type } = act.op;
  return (type === "genesis" || type === "join" || type === "role") && holderOf(act) === person;
}
