// Who is there and what they may do, by the past of a change (tier T2) or by all that is here. What a set of ops about
// people adds up to is the fold's affair (fold.ts); which of them lie in a past, that of versions.ts.

import { assert } from "../assert.ts";
import { mustFromHex, Reader, toHex, Writer } from "../graph/bytes.ts";
import type { AuthorityOp, Change, DeviceId, PersonId, Policy, Role } from "../graph/change.ts";
import { isAuthority } from "../graph/change.ts";
import { PEOPLE_OP, readPeopleOp, writePeopleOp } from "../graph/people-bytes.ts";
import { EDITOR_BYTES_MAX, EDITOR_OPS_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";
import { type Act, type Causality, RANK, RULING_RANK } from "./acts.ts";
import { Standing } from "./fold.ts";
import { Versions } from "./versions.ts";

/** What who may write may write: everything, within quotas that no honest person reaches. */
const OPEN_ROLE = { keys: null, opsMax: EDITOR_OPS_MAX, bytesMax: EDITOR_BYTES_MAX };
export const OPEN_POLICY: Policy = { admin: OPEN_ROLE, editor: OPEN_ROLE };

export interface Member {
  readonly device: DeviceId;
  /** Whose device it is: a person is named after the first of theirs. */
  readonly person: PersonId;
  /** Null for one who was removed, or was never let in by anything that counts. */
  readonly role: Role | null;
  /** As the device itself last called itself; null if it never did. */
  readonly name: string | null;
  readonly isRecovery: boolean;
}

export interface Link {
  readonly invite: DeviceId;
  readonly role: Role;
  readonly label: string;
  /** Seconds since 1970, or 0. */
  readonly expires: number;
  /** Devices, or 0 for any number. */
  readonly uses: number;
  /** Devices that joined by it, sorted. */
  readonly joined: readonly DeviceId[];
  readonly isLive: boolean;
}

/** On what terms a link lets people in. */
export interface Terms extends Pick<Link, "expires" | "uses"> {
  /** Devices that joined by it. */
  readonly joins: number;
}

/** How much may be written in all. */
export interface Quota {
  readonly opsMax: number;
  readonly bytesMax: number;
}

const NO_LIMIT: Quota = { opsMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };

/** What a device last called itself, and in which change. */
interface Naming {
  readonly name: string;
  readonly depth: number;
  readonly id: string;
}

export class Members {
  readonly #acts: Act[] = [];
  readonly #causality: Causality;
  readonly #versions: Versions;
  #owner: DeviceId | null = null;
  #policy: Policy = {};
  /** Whether there is a role that may write under some keys only. */
  namesKeys = false;
  readonly #names = new Map<DeviceId, Naming>();
  /** What all that is here adds up to (effects.ts). */
  current: Standing;

  constructor(causality: Causality) {
    this.#causality = causality;
    this.#versions = new Versions(this.#acts, causality);
    this.current = new Standing([], causality);
  }

  get owner(): DeviceId | null {
    return this.#owner;
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** All ops about people here but names, in the order of admission. */
  get acts(): readonly Act[] {
    return this.#acts;
  }

  /** Takes in an admitted change. Answers whether it says anything about people that others depend on. */
  enter(change: Change, slot: Slot, parents: readonly Slot[], isAboutPeople: boolean): boolean {
    let isAct = false;
    if (isAboutPeople)
      for (const [place, op] of change.ops.entries()) {
        if (!isAuthority(op)) continue;
        if (op.type === "name") this.#rename(change, op.name);
        else {
          isAct = true;
          this.#acts.push({ op, author: change.author, slot, place });
          if (op.type === "genesis") this.#begin(change.author, op.policy);
        }
      }
    this.#versions.enter(slot, parents, isAct);
    return isAct;
  }

  #begin(owner: DeviceId, policy: Policy): void {
    assert(this.#owner === null, "a document begins once");
    this.#owner = owner;
    this.#takePolicy(policy);
  }

  #takePolicy(policy: Policy): void {
    this.#policy = policy;
    this.namesKeys = Object.values(policy).some(({ keys }) => keys !== null);
  }

  // One device's changes are a chain, so depth decides; a two-faced device may have two of one depth.
  #rename({ author, depth, id }: Change, name: string): void {
    const known = this.#names.get(author);
    if (known === undefined || known.depth < depth || (known.depth === depth && known.id < id)) {
      this.#names.set(author, { name, depth, id });
    }
  }

  /** What changes with these parents know. */
  standingAbove(parents: readonly Slot[]): Standing {
    return this.#versions.standingAbove(parents);
  }

  fold(acts: readonly Act[]): Standing {
    return new Standing(acts, this.#causality);
  }

  /** The role of a device by all that is here; null for none. */
  roleOf(device: DeviceId): Role | null {
    return this.current.roleOf(device);
  }

  /** The role that an invite gives by all that is here; null if it gives none. */
  inviteRole(invite: DeviceId): Role | null {
    return this.current.linkOf(invite)?.role ?? null;
  }

  dump(out: ImageOut): void {
    const acts = this.#acts.map(({ op, author, slot, place }) => [opText(op), author, slot, place]);
    out.json([this.#owner, this.#policy, acts, [...this.#names]]);
    this.#versions.dump(out);
  }

  /** Into one that is empty; what it adds up to is for who knows what counts. */
  load(from: ImageIn): void {
    const [owner, policy, acts, names] = from.json() as [
      DeviceId,
      Policy,
      [string, DeviceId, Slot, number][],
      [DeviceId, Naming][],
    ];
    this.#owner = owner;
    this.#takePolicy(policy);
    for (const [text, author, slot, place] of acts) this.#acts.push({ op: opOf(text), author, slot, place });
    for (const [device, naming] of names) this.#names.set(device, naming);
    this.#versions.load(from);
  }

  /** Everybody who has a role, or had one; by person, then by seniority of their devices. Persons are sorted. Or others. */
  list(people = this.current.people): Member[] {
    const { persons } = this.current;
    return [...people].sort().flatMap(person => {
      return persons.devicesOf(person).map(({ device, isRecovery }) => {
        const role = this.current.roleOf(device);
        return { device, person, role, isRecovery, name: this.#names.get(device)?.name ?? null };
      });
    });
  }

  /** All links that took effect, in the order of admission. */
  links(): Link[] {
    return this.current.links.flatMap(({ act: { op }, holder, ends }) => {
      if (op.type !== "invite") return [];
      const { role, label, expires, uses } = op;
      const joined = [...this.current.joinedBy(holder)].sort();
      return [{ invite: holder, role, label, expires, uses, joined, isLive: ends.length === 0 }];
    });
  }

  /** Null for a link that lets nobody in. */
  termsOf(invite: DeviceId): Terms | null {
    const op = this.current.linkOf(invite)?.act.op;
    if (op?.type !== "invite") return null;
    return { expires: op.expires, uses: op.uses, joins: this.current.joinedBy(invite).length };
  }

  /** How much a device may write in all: by its role, what it was raised to or handed, less what it handed on. */
  quotaOf(device: DeviceId, role: Role, standing: Standing): Quota {
    const { persons } = standing;
    const { introduction, person } = persons.of(device);
    const shared = persons.sharedBy(device);
    const policy = this.#policy[role];
    const own = introduction?.op ?? (role === "owner" || policy === undefined ? NO_LIMIT : policy);
    const raised = introduction === null ? standing.quotaOf(person) : null;
    return {
      opsMax: Math.max(own.opsMax, raised?.opsMax ?? 0) - shared.opsMax,
      bytesMax: Math.max(own.bytesMax, raised?.bytesMax ?? 0) - shared.bytesMax,
    };
  }
}

function opText(op: AuthorityOp): string {
  const out = new Writer();
  out.varint(PEOPLE_OP[op.type]);
  writePeopleOp(out, op);
  return toHex(out.finish());
}

function opOf(text: string): AuthorityOp {
  const input = new Reader(mustFromHex(text));
  const op = readPeopleOp(input, input.varint());
  assert(op !== null, "what was written here is read here");
  return op;
}

/** Whether a role lets people in, raises and removes them. */
export function mayRule(role: Role): boolean {
  return RANK[role] >= RULING_RANK;
}

/** The top-level keys under which a role may write, null for all. The owner may write everything, a role without a policy
 * nothing. */
export function keysOf(role: Role, policy: Policy): readonly string[] | null {
  if (role === "owner") return null;
  const rights = policy[role];
  return rights === undefined ? [] : rights.keys;
}

/** Whether a role may write under a top-level key. */
export function mayWrite(role: Role, policy: Policy, key: string): boolean {
  return keysOf(role, policy)?.includes(key) ?? true;
}

/** Whether there is anything that a role may write. */
export function mayWriteSomething(role: Role, policy: Policy): boolean {
  return keysOf(role, policy)?.length !== 0;
}
