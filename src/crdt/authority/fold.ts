// Who may do what, as a set of ops about people has it: a pure function of the set and of what came after what. Roles are
// given by grants; a link is a grant too, to whoever holds its key. Grants stand in one strict order, fixed by themselves:
// the owner's first, then by role, then by (depth, id) of the op that gave them. An op reaches only grants strictly junior
// to the one it is issued under, so whatever gives or ends a grant is issued under a more senior one, and taking grants in
// that order settles each by what was settled before (design: "Who may do what: grants and the fold").
//
//     Alice (owner) ── link ──▶ Bob (admin) ── link ──▶ Carol (editor)
//           └── dismisses Bob: of Bob's grant and link counts what lies in the past of that
//
// An op takes effect if its grant did, was not ended in the op's past, and nothing that took effect and ends the grant is
// concurrent with it. So mutual and circular dismissals need no rule of their own, and one that a junior dates back reaches
// nobody above.

import type { AdmitOp, DeviceId, InviteOp, PersonId, QuotaOp, Role, RoleOp } from "../graph/change.ts";
import type { Slot } from "../types/dot.ts";
import {
  type Act,
  Agenda,
  type Causality,
  compareActs,
  isAfter,
  NO_RANK,
  RANK,
  RULING_RANK,
} from "./acts.ts";
import { Persons } from "./persons.ts";

/** One role, given to one person by one op, or offered by a link. */
export interface Grant {
  readonly kind: "person" | "link";
  /** Of a person, or of a link. */
  readonly holder: DeviceId;
  readonly role: Role;
  readonly act: Act;
  /** What it was given under; null for the owner's. */
  readonly giver: Grant | null;
  /** All that end it and took effect. */
  readonly ends: readonly End[];
}

export interface End {
  readonly act: Act;
  readonly under: Grant;
  /** What the holder may still do in changes that did not know of it: of a demotion as much as the new role. */
  readonly keeps: number;
}

interface OpenGrant extends Grant {
  readonly ends: End[];
}

/** Content that was taken back in. */
export interface Admittance {
  readonly act: Act<AdmitOp>;
  readonly under: Grant;
}

export class Standing {
  readonly persons: Persons;
  readonly #causality: Causality;
  readonly #acts = new Map<DeviceId, Act[]>();
  /** Ops that took effect. */
  readonly #done = new Set<Act>();
  readonly #grants = new Map<PersonId, OpenGrant[]>();
  readonly #links = new Map<DeviceId, OpenGrant[]>();
  /** Devices that joined, by the link. */
  readonly #joined = new Map<DeviceId, DeviceId[]>();
  /** Dismissals and changes of role that took effect. */
  readonly #ends = new Map<PersonId, End[]>();
  /** Of links. */
  readonly #revocations = new Map<DeviceId, End[]>();
  readonly #admittances: Admittance[] = [];
  readonly #quotas = new Map<PersonId, Act<QuotaOp>[]>();
  /** What was to give a person a role and did not take effect. */
  readonly #disappointments = new Map<PersonId, Act[]>();
  readonly #all: readonly Act[];

  /** `acts`: the ops about people in a set of changes, in any order. */
  constructor(acts: readonly Act[], causality: Causality) {
    this.#all = acts;
    this.#causality = causality;
    this.persons = new Persons(acts, causality);
    for (const act of acts) push(this.#acts, this.#issuer(act), act);
    for (const list of this.#acts.values()) list.sort((a, b) => compareActs(causality, a, b));
    this.#fold();
    for (const act of acts) {
      if (this.#done.has(act)) continue;
      if (act.op.type === "join") push(this.#disappointments, this.persons.personOf(act.author), act);
      else if (act.op.type === "role") push(this.#disappointments, act.op.person, act);
    }
  }

  /** A join is done with the key of its link, anything else with a device of a person. */
  #issuer({ op, author }: Act): DeviceId {
    return op.type === "join" ? op.invite : this.persons.personOf(author);
  }

  // ------------------------------------------------------------------------------------------------- the fold

  #fold(): void {
    const agenda = new Agenda<OpenGrant>((a, b) => this.#compareGrants(a, b));
    for (const act of this.#all) if (act.op.type === "genesis") agenda.add(this.#give(act, null));
    for (let grant = agenda.next(); grant !== undefined; grant = agenda.next()) {
      this.#settleEnds(grant);
      for (const act of this.#acts.get(grant.holder) ?? []) {
        if (this.#done.has(act) || !this.#isIssuedUnder(act, grant)) continue;
        const given = this.#perform(act, grant);
        if (given !== null) agenda.add(given);
      }
    }
  }

  /** All that can end it is known by now: it was issued under more senior grants. */
  #settleEnds(grant: OpenGrant): void {
    const ends = grant.kind === "link" ? this.#revocations : this.#ends;
    for (const end of ends.get(grant.holder) ?? []) if (this.#reachesGrant(end, grant)) grant.ends.push(end);
    // What ends whoever made a link ends the link.
    if (grant.kind === "link")
      for (const end of grant.giver!.ends)
        if (end.keeps < RULING_RANK) grant.ends.push({ ...end, keeps: NO_RANK });
  }

  #reachesGrant({ act, under, keeps }: End, grant: OpenGrant): boolean {
    if (act === grant.act || !this.#isSenior(under, grant)) return false;
    if (isAfter(this.#causality, act, grant.act)) return true;
    if (isAfter(this.#causality, grant.act, act)) return false;
    // Of two concurrent words on one person the one under the senior grant holds, under equal ones the more restrictive.
    const giver = grant.giver!;
    return giver === under ? keeps < RANK[grant.role] : this.#isSenior(under, giver);
  }

  #isIssuedUnder(act: Act, grant: OpenGrant): boolean {
    if (act !== grant.act && !isAfter(this.#causality, act, grant.act)) return false;
    if (grant.kind === "link") return act.op.type === "join" && this.#rankOf(grant, act.slot) > NO_RANK;
    return act.op.type !== "join" && this.#rankOf(grant, act.slot) >= RULING_RANK && this.#isByOwn(act);
  }

  /** By a device that is not disowned, and that writes at all. */
  #isByOwn({ author, slot }: Act): boolean {
    return this.persons.isOwned(author, slot) && !this.persons.of(author).isRecovery;
  }

  /** Does an op, if its grant reaches so far. Answers what it gives. */
  #perform(act: Act, under: OpenGrant): OpenGrant | null {
    const { op } = act;
    switch (op.type) {
      case "invite":
        return mayGive(under.role, op.role) ? this.#give(act, under) : null;
      case "join":
        push(this.#joined, op.invite, act.author);
        return this.#give(act, under);
      case "role": {
        const end = { act, under, keeps: RANK[op.role] };
        if (!mayGive(under.role, op.role) || this.#isOverruled(op.person, end)) return null;
        push(this.#ends, op.person, end);
        return this.#give(act, under);
      }
      case "dismiss": {
        const end = { act, under, keeps: NO_RANK };
        if (this.#isOverruled(op.person, end)) return null;
        this.#done.add(act);
        push(this.#ends, op.person, end);
        return null;
      }
      case "revoke":
        this.#done.add(act);
        push(this.#revocations, op.invite, { act, under, keeps: NO_RANK });
        return null;
      case "admit":
        this.#done.add(act);
        this.#admittances.push({ act: act as Act<AdmitOp>, under });
        return null;
      case "quota":
        this.#done.add(act);
        push(this.#quotas, op.person, act as Act<QuotaOp>);
        return null;
      default:
        return null;
    }
  }

  #give(act: Act, giver: OpenGrant | null): OpenGrant {
    this.#done.add(act);
    const { op } = act;
    const isLink = op.type === "invite";
    const holder = isLink ? op.key : op.type === "role" ? op.person : this.persons.personOf(act.author);
    const role =
      op.type === "genesis" ? "owner" : op.type === "join" ? giver!.role : (op as InviteOp | RoleOp).role;
    const grant: OpenGrant = { kind: isLink ? "link" : "person", holder, role, act, giver, ends: [] };
    push(isLink ? this.#links : this.#grants, holder, grant);
    return grant;
  }

  /** Whether a concurrent op under a more senior grant gives the person a role. */
  #isOverruled(person: PersonId, { act, under }: End): boolean {
    return (this.#grants.get(person) ?? []).some(
      ({ act: other, giver }) =>
        other.op.type === "role" &&
        this.#isSenior(giver!, under) &&
        !isAfter(this.#causality, act, other) &&
        !isAfter(this.#causality, other, act),
    );
  }

  #isSenior(a: Grant, b: Grant): boolean {
    return this.#compareGrants(a, b) < 0;
  }

  #compareGrants(a: Grant, b: Grant): number {
    return RANK[b.role] - RANK[a.role] || compareActs(this.#causality, a.act, b.act);
  }

  // ------------------------------------------------------------------------------------------------- looking

  /** What a grant was worth to a change of its holder that has it in its past. */
  #rankOf({ role, ends }: Grant, slot: Slot): number {
    let rank = RANK[role];
    for (const { act, keeps } of ends) {
      if (this.#causality.reaches(act.slot, slot)) continue;
      if (this.#causality.reaches(slot, act.slot)) return NO_RANK;
      rank = Math.min(rank, keeps);
    }
    return rank;
  }

  /** Whether an op took effect. */
  isDone(act: Act): boolean {
    return this.#done.has(act);
  }

  /** The highest role that a device held in a change of its own; null for none. `slot` is in the graph. */
  roleIn(device: DeviceId, slot: Slot): Role | null {
    if (!this.persons.isOwned(device, slot)) return null;
    let best = NO_RANK;
    for (const grant of this.#grants.get(this.persons.personOf(device)) ?? [])
      if (this.#causality.reaches(slot, grant.act.slot)) best = Math.max(best, this.#rankOf(grant, slot));
    return ROLE_OF[best] ?? null;
  }

  /** The role of a device in whatever comes after all of this; null for none. */
  roleOf(device: DeviceId): Role | null {
    const { person, disownings } = this.persons.of(device);
    return disownings.length > 0 ? null : this.roleOfPerson(person);
  }

  roleOfPerson(person: PersonId): Role | null {
    return this.#live(this.#grants.get(person))?.role ?? null;
  }

  /** The grant under which a device would act: the most senior one that is not ended. */
  grantOf(device: DeviceId): Grant | null {
    const { person, disownings } = this.persons.of(device);
    return disownings.length > 0 ? null : this.#live(this.#grants.get(person));
  }

  /** The grant of a link that is not ended. */
  linkOf(invite: DeviceId): Grant | null {
    return this.#live(this.#links.get(invite));
  }

  #live(grants: readonly OpenGrant[] | undefined): Grant | null {
    let best: Grant | null = null;
    for (const grant of grants ?? [])
      if (grant.ends.length === 0 && (best === null || this.#isSenior(grant, best))) best = grant;
    return best;
  }

  /** Whether a grant is senior to all that a person, or a link, holds. */
  isAbove(under: Grant, held: readonly Grant[]): boolean {
    return held.every(grant => grant.ends.length > 0 || this.#isSenior(under, grant));
  }

  /** All persons who were ever given a role. */
  get people(): Iterable<PersonId> {
    return this.#grants.keys();
  }

  get links(): readonly Grant[] {
    return [...this.#links.values()].flat();
  }

  linksOf(invite: DeviceId): readonly Grant[] {
    return this.#links.get(invite) ?? [];
  }

  /** Devices that joined by a link. */
  joinedBy(invite: DeviceId): readonly DeviceId[] {
    return this.#joined.get(invite) ?? [];
  }

  grantsOf(person: PersonId): readonly Grant[] {
    return this.#grants.get(person) ?? [];
  }

  get admittances(): readonly Admittance[] {
    return this.#admittances;
  }

  /** What a person was raised to; null if they were not. */
  quotaOf(person: PersonId): { readonly opsMax: number; readonly bytesMax: number } | null {
    const quotas = this.#quotas.get(person);
    if (quotas === undefined) return null;
    return {
      opsMax: Math.max(...quotas.map(({ op }) => op.opsMax)),
      bytesMax: Math.max(...quotas.map(({ op }) => op.bytesMax)),
    };
  }

  /** Whether all that speaks against a device gives way to content being taken back in: it was known then, or is junior. */
  yieldsTo({ act, under }: Admittance, device: DeviceId): boolean {
    const { person, disownings } = this.persons.of(device);
    const isKnown = (slot: Slot): boolean => this.#causality.reaches(act.slot, slot);
    return (
      disownings.every(({ slot }) => isKnown(slot)) &&
      (this.#ends.get(person) ?? []).every(
        end =>
          isKnown(end.act.slot) ||
          (!this.#causality.reaches(end.act.slot, act.slot) && this.#isSenior(under, end.under)),
      )
    );
  }

  /** Whether there may be changes of a device that do not count. */
  isInDoubt(device: DeviceId): boolean {
    const { person, disownings } = this.persons.of(device);
    const grants = this.#grants.get(person);
    return (
      grants === undefined ||
      disownings.length > 0 ||
      this.#ends.has(person) ||
      grants.some(({ ends }) => ends.length > 0) ||
      this.#disappointments.has(person)
    );
  }

  /** Whether something was to let a person in, or to raise them, that did not take effect, and nothing was said against them
   * that was not known to whoever raised them. */
  hasFallen(person: PersonId): boolean {
    const acts = this.#disappointments.get(person);
    if (acts === undefined) return false;
    const ends = this.#ends.get(person) ?? [];
    if (!this.#grants.has(person)) return ends.length === 0;
    const role = this.roleOfPerson(person);
    return role !== null && acts.some(act => this.#isRaising(act, role, ends));
  }

  #isRaising(act: Act, from: Role, ends: readonly End[]): boolean {
    if (act.op.type !== "role" || RANK[act.op.role] <= RANK[from]) return false;
    return ends.every(end => isAfter(this.#causality, act, end.act));
  }

  /** Why a device held no role in a change. */
  whyNot(device: DeviceId, slot: Slot): "disowned" | "removed" | "never let in" {
    if (!this.persons.isOwned(device, slot)) return "disowned";
    return this.#ends.has(this.persons.personOf(device)) ? "removed" : "never let in";
  }
}

/** Nobody gives a role above its own, and there is one owner. */
export function mayGive(issuer: Role, given: Role): boolean {
  return RANK[issuer] >= RULING_RANK && RANK[given] <= RANK[issuer] && given !== "owner";
}

const ROLE_OF: Readonly<Record<number, Role>> = Object.fromEntries(
  Object.entries(RANK).map(([role, rank]) => [rank, role as Role]),
);

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
