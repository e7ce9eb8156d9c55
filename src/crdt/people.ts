// Who is in a document, and what its people say about each other: the side of a replica that is not about data. What is
// said here is said to everyone, as part of the draft; it throws where others would refuse it, so that nobody writes in vain.

import type { Reason } from "./authority/effects.ts";
import { mayGive } from "./authority/fold.ts";
import { type Link, type Member, mayRule, type Quota, type Terms } from "./authority/members.ts";
import type { Drafting } from "./drafting.ts";
import type { Forks } from "./forks.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { AuthorityOp, ChangeId, DeviceId, PersonId, Role } from "./graph/change.ts";
import type { Fork } from "./graph/fork-bytes.ts";
import type { Holding } from "./holding.ts";
import {
  ADMITTED_HEADS_MAX,
  INTRODUCTION_BYTES,
  LABEL_BYTES_MAX,
  NAME_BYTES_MAX,
  SHARE_BYTES,
  SHARE_OPS,
} from "./limits.ts";
import type { Slot } from "./types/dot.ts";

/** A change that does not count, and why. */
export interface SetAside {
  readonly id: ChangeId;
  readonly author: DeviceId;
  readonly reason: Reason;
}

/** How much of a person does not count. */
export interface Uncounted {
  readonly changes: number;
  /** UTF-16 units of text that they insert. */
  readonly units: number;
}

/** What a new device is handed of its person's quota. */
interface Share {
  readonly isRecovery?: boolean;
  readonly opsMax?: number;
  readonly bytesMax?: number;
}

export class People {
  readonly #holding: Holding;
  readonly #drafting: Drafting;
  readonly #forks: Forks;
  readonly #device: DeviceId;

  constructor(holding: Holding, drafting: Drafting, forks: Forks, device: DeviceId) {
    this.#holding = holding;
    this.#drafting = drafting;
    this.#forks = forks;
    this.#device = device;
  }

  get #current() {
    return this.#holding.members.current;
  }

  // ------------------------------------------------------------------------------------------------ looking

  get members(): readonly Member[] {
    return this.#holding.members.list();
  }

  get links(): readonly Link[] {
    return this.#holding.members.links();
  }

  /** On what terms a link lets people in; null for one that lets nobody in. */
  termsOf(invite: DeviceId): Terms | null {
    return this.#holding.members.termsOf(invite);
  }

  personOf(device: DeviceId): PersonId {
    return this.#current.persons.personOf(device);
  }

  /** Whether another device of the person took it out of use. */
  isDisowned(device: DeviceId): boolean {
    return this.#current.persons.of(device).disownings.length > 0;
  }

  /** Whether something was to let its person in, or to raise them, that did not take effect, and nothing was said against them. */
  hasFallen(device: DeviceId): boolean {
    return this.#current.hasFallen(this.personOf(device));
  }

  /** Whether this device may disown another: a junior one of its own person. */
  mayDisown(device: DeviceId): boolean {
    const { persons } = this.#current;
    return !this.isDisowned(this.#device) && persons.isSenior(persons.of(this.#device), persons.of(device));
  }

  /** Whether this device may let people in, change their roles and remove them. */
  get mayRule(): boolean {
    const role = this.#current.roleOf(this.#device);
    return role !== null && mayRule(role);
  }

  /** Whether this device may change the role of a person, or remove them. */
  mayReach(person: PersonId): boolean {
    const grant = this.#current.grantOf(this.#device);
    return (
      grant !== null && mayRule(grant.role) && this.#current.isAbove(grant, this.#current.grantsOf(person))
    );
  }

  /** Whether this device may revoke a link. */
  mayRevoke(invite: DeviceId): boolean {
    const grant = this.#current.grantOf(this.#device);
    const links = this.#current.linksOf(invite);
    return grant !== null && mayRule(grant.role) && links.length > 0 && this.#current.isAbove(grant, links);
  }

  /** The changes that ended what a device, or who came by a link, was let do; none while they may, or if nobody let them. */
  endsOf(holder: DeviceId): readonly ChangeId[] {
    const { persons } = this.#current;
    const grants = [
      ...this.#current.grantsOf(persons.personOf(holder)),
      ...this.#current.linksOf(holder),
    ].flatMap(({ ends }) => ends.map(({ act }) => act.slot));
    if (this.#current.roleOf(holder) !== null || this.#current.linkOf(holder) !== null) return [];
    const slots = [...grants, ...persons.of(holder).disownings.map(({ slot }) => slot)];
    return [...new Set(slots)].map(slot => this.#holding.graph.idAt(slot)).sort();
  }

  /** Whether a change is among `heads` or below one of them. All of them are here. */
  isBelow(slot: Slot, heads: readonly ChangeId[]): boolean {
    const { graph } = this.#holding;
    return heads.some(head => graph.reaches(graph.slotOf(head)!, slot));
  }

  /** Whether a change is set aside and lies below nothing that counts. */
  isLoose(slot: Slot): boolean {
    return this.#holding.effects.isLoose(slot);
  }

  /** Whether a change is loose for the faces of its device. */
  isUnanchored(slot: Slot): boolean {
    const { effects } = this.#holding;
    return effects.aside.get(slot) === "two-faced" && effects.isLoose(slot);
  }

  /** How many changes do not count. */
  get asideCount(): number {
    return this.#holding.effects.aside.size;
  }

  /** All that does not count, in the order of admission here. */
  get aside(): readonly SetAside[] {
    const { aside } = this.#holding.effects;
    const { graph } = this.#holding;
    return [...aside]
      .sort(([a], [b]) => a - b)
      .map(([slot, reason]) => ({ id: graph.idAt(slot), author: graph.authorAt(slot), reason }));
  }

  /**
   * What of a person would not count if they were removed from here now. A removal takes in what counts here, and what was here
   * in good faith of a two-faced device; so these are changes that are set aside already, and stay so. What others hold of them
   * and is not here comes on top.
   */
  uncounted(person: PersonId): Uncounted {
    const { effects, graph } = this.#holding;
    const past = graph.past(effects.tips(this.#device));
    let [changes, units] = [0, 0];
    for (const { device } of this.#current.persons.devicesOf(person))
      for (const id of graph.chain(device, 1)) {
        const slot = graph.slotOf(id)!;
        const reason = effects.aside.get(slot) ?? null;
        if (past.has(slot) && (reason === null || reason === "two-faced")) continue;
        changes++;
        for (const op of this.#holding.at(slot).change.ops)
          if (op.type === "insertText") units += op.text.length;
      }
    return { changes, units };
  }

  /** Of each two-faced device the lowest number that it used twice, and the two lowest ids known of that. Sorted by device. */
  get forks(): readonly Fork[] {
    return this.#forks.all;
  }

  // ------------------------------------------------------------------------------------------------- saying

  /** What this device calls itself, for everyone. */
  rename(name: string): void {
    if (!isName(name)) throw new RangeError("Expected a shorter, well-formed name");
    this.#say({ type: "name", name });
  }

  /** Goes on for another device of one's own, which turned out to be two-faced by accident: states a name, and takes in all that is
   * here of it, on every branch, so that it counts. */
  succeed(device: DeviceId, name: string): void {
    const { graph } = this.#holding;
    const tips = graph.lanesOf(device).map(lane => graph.lanes[lane]!.slots.last!);
    this.#drafting.addAuthority({ type: "name", name }, tips);
  }

  /** Lets whoever holds the secret of `key` join in a role. `expires` (seconds since 1970) and `uses` are asked for by peers in
   * the handshake, and are no rule: nobody is refused later for them. */
  invite(key: DeviceId, role: Role, label = "", { expires = 0, uses = 0 } = {}): void {
    if (!label.isWellFormed() || label.length * 3 > LABEL_BYTES_MAX)
      throw new RangeError("Expected a shorter, well-formed label");
    const own = this.#current.roleOf(this.#device);
    if (own === null || !mayGive(own, role))
      throw new RangeError(`Expected a role that may be given, got ${role}`);
    this.#say({ type: "invite", key, role, label, expires, uses });
  }

  /** Nobody joins by this link any more. */
  revoke(invite: DeviceId): void {
    if (!this.mayRevoke(invite)) throw new RangeError("Expected a link that may be revoked from here");
    this.#say({ type: "revoke", invite });
  }

  /** Gives a role in place of what the person held; also to someone new, and to one who was removed. */
  setRole(person: PersonId, role: Role): void {
    const own = this.#current.roleOf(this.#device);
    if (own === null || !mayGive(own, role) || !this.mayReach(person))
      throw new RangeError(`Expected a role that may be given, got ${role}`);
    this.#say({ type: "role", person, role });
  }

  /** Removes a person. The links that they may know are to be revoked beside it. */
  dismiss(person: PersonId): void {
    if (!this.mayReach(person) || !this.#isKnown(person))
      throw new RangeError("Expected somebody who may be removed from here");
    this.#say({ type: "dismiss", person });
  }

  /** Takes back in what was set aside: these changes and those of their authors below them. */
  admit(ids: readonly ChangeId[]): void {
    this.#checkRule();
    const heads = [...new Set(ids)].sort();
    if (heads.length === 0 || heads.length > ADMITTED_HEADS_MAX)
      throw new RangeError(`Expected 1 to ${ADMITTED_HEADS_MAX} changes, got ${heads.length}`);
    const above = heads.map(id => {
      const slot = this.#holding.graph.slotOf(id);
      if (slot === undefined) throw new RangeError(`Expected a change that is here, got ${id}`);
      return slot;
    });
    this.#drafting.addAuthority({ type: "admit", heads }, above);
  }

  /** Raises what a person may write in all. */
  raise(person: PersonId, opsMax: number, bytesMax: number): void {
    this.#checkRule();
    if (!this.#isKnown(person)) throw new RangeError("Expected somebody who was given a role");
    this.#say({ type: "quota", person, opsMax, bytesMax });
  }

  /**
   * Another device of one's own person; `signature` is the new device's over `introductionMessage`. It is handed a share
   * of what may still be written from here; without one the usual share, or half of what is left where that is less.
   */
  introduce(device: DeviceId, signature: Bytes, share: Share = {}): void {
    const { persons } = this.#current;
    const { isRecovery = false } = share;
    const self = persons.of(this.#device);
    if (persons.of(device).introduction !== null || this.#current.grantsOf(device).length > 0)
      throw new RangeError("Expected a device that is nobody's");
    if (self.disownings.length > 0 || (isRecovery && self.introduction !== null && !self.isRecovery))
      throw new RangeError("Expected a device that may introduce this one");
    const left = this.#left();
    const opsMax = share.opsMax ?? Math.min(SHARE_OPS, Math.floor(left.opsMax / 2));
    const bytesMax = share.bytesMax ?? Math.min(SHARE_BYTES, Math.floor(left.bytesMax / 2));
    if (opsMax < 0 || bytesMax < 0 || opsMax > left.opsMax || bytesMax > left.bytesMax)
      throw new RangeError(`Expected a share of at most ${left.opsMax} ops and ${left.bytesMax} bytes`);
    this.#say({ type: "introduce", device, signature, isRecovery, opsMax, bytesMax });
  }

  /** What may still be written from here, or handed on, beside an introduction. */
  #left(): Quota {
    const { graph, members } = this.#holding;
    const role = this.#current.roleOf(this.#device) ?? "reader";
    const { opsMax, bytesMax } = members.quotaOf(this.#device, role, this.#current);
    const own = graph.newestOf(this.#device);
    return {
      opsMax: opsMax - (own?.opTotal ?? 0) - 1,
      bytesMax: bytesMax - (own?.byteTotal ?? 0) - INTRODUCTION_BYTES,
    };
  }

  /** Ends what a junior device of one's own person may do. */
  disown(device: DeviceId): void {
    if (!this.mayDisown(device)) throw new RangeError("Expected a junior device of one's own");
    this.#say({ type: "disown", device });
  }

  /** What an earlier page had drafted, if it may still be said from here. */
  sayAgain(op: AuthorityOp): void {
    try {
      switch (op.type) {
        case "name":
          this.#say(op);
          break;
        case "invite":
          this.invite(op.key, op.role, op.label, op);
          break;
        case "revoke":
          this.revoke(op.invite);
          break;
        case "role":
          this.setRole(op.person, op.role);
          break;
        case "dismiss":
          this.dismiss(op.person);
          break;
        case "admit":
          this.admit(op.heads);
          break;
        case "quota":
          this.raise(op.person, op.opsMax, op.bytesMax);
          break;
        case "introduce":
          this.introduce(op.device, op.signature, op);
          break;
        case "disown":
          this.disown(op.device);
          break;
        // Made by closing, not said.
        case "genesis":
        case "join":
          break;
      }
    } catch (error) {
      // Their right to it has gone, or somebody else was faster.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  #checkRule(): void {
    if (!this.mayRule) throw new RangeError("Expected to be an owner or an admin");
  }

  /** Whether somebody was ever given a role. */
  #isKnown(person: PersonId): boolean {
    return this.#current.grantsOf(person).length > 0;
  }

  #say(op: AuthorityOp): void {
    const { opsMax, bytesMax } = this.#left();
    if (opsMax < 0 || bytesMax < 0) throw new RangeError("Expected somebody who may write more in all");
    this.#drafting.addAuthority(op);
  }
}

/** Whether a device may call itself so. */
export function isName(name: string): boolean {
  return name.isWellFormed() && name.length * 3 <= NAME_BYTES_MAX;
}
