// A draft becomes changes: numbered, on top of what is here, chained, hashed. What it names was checked as it was drafted; what
// its author may say is judged as everybody will judge it, and what nobody would take is still kept here, as a draft.

import { judgeAuthority, type LocalOps } from "./authority/admission.ts";
import type { Standing } from "./authority/fold.ts";
import { keysOf, mayWriteSomething } from "./authority/members.ts";
import { Closed } from "./closed.ts";
import type { Drafting, Part } from "./drafting.ts";
import type { Bytes } from "./graph/bytes.ts";
import {
  type DeviceId,
  type DocId,
  isAuthority,
  isContent,
  type Op,
  type Role,
  startsOf,
} from "./graph/change.ts";
import { compose } from "./graph/compose.ts";
import { retractsFor } from "./graph/retracts.ts";
import type { VerifiedChange } from "./graph/verify.ts";
import type { Ancestors } from "./graph/written.ts";
import type { Holding } from "./holding.ts";
import { PARENTS_MAX } from "./limits.ts";
import type { Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

/** How a device without a membership may get one: the invite's key, and its signature over the device. */
export interface Ticket {
  readonly invite: DeviceId;
  readonly signature: Bytes;
}

/** What a genesis builds on. */
const ORPHAN: Ancestors = { prev: -1, parents: [] };

/** Seconds between two statements of the clock on one chain. */
const TIME_STATED_S = 60;

export class Closing {
  readonly #holding: Holding;
  readonly #drafting: Drafting;
  readonly device: DeviceId;
  readonly doc: DocId;
  /** With it the first change of this device joins. */
  ticket: Ticket | null = null;
  /** Seconds since 1970 that this device stated last. */
  lastTime = 0;
  /** Not handed over yet. */
  readonly #closed: Closed[] = [];
  /** What was known of people when what is drafted could not be closed, for want of a right or beyond the quota. */
  #refusedUnder: Standing | null = null;

  constructor(holding: Holding, drafting: Drafting, device: DeviceId, doc: DocId) {
    this.#holding = holding;
    this.#drafting = drafting;
    this.device = device;
    this.doc = doc;
    drafting.keys = () => this.keys;
  }

  get #graph() {
    return this.#holding.graph;
  }

  /** What this device is, or would be by the ticket in its hand. */
  get role(): Role | null {
    const { members } = this.#holding;
    // One joins with the first change or not at all: who was removed does not come back by a link.
    const ticket = this.#graph.newestSlotOf(this.device) === null ? this.ticket : null;
    return members.roleOf(this.device) ?? (ticket === null ? null : members.inviteRole(ticket.invite));
  }

  /** Whether an edit made now would be taken by others. */
  get mayWrite(): boolean {
    const { role } = this;
    return role !== null && mayWriteSomething(role, this.#holding.members.policy);
  }

  /** The keys under which an edit may be made now; null for any, also where all of it is held. */
  get keys(): readonly string[] | null {
    const { namesKeys, policy } = this.#holding.members;
    // Few documents name any, and every keystroke asks.
    const role = namesKeys ? this.role : null;
    return role === null || !mayWriteSomething(role, policy) ? null : keysOf(role, policy);
  }

  /** Whether something is drafted that others would refuse if it were closed now: it waits until this device may write, or
   * something else is known of people. */
  get isHeld(): boolean {
    if (!this.#drafting.hasContent) return false;
    return !this.mayWrite || this.#refusedUnder === this.#holding.members.current;
  }

  /**
   * Does something that may move what a held draft stands next to: that is taken out of the tree meanwhile, and typed again, as it
   * were, on top of all that is here then.
   */
  beside<T>(patches: Patch[], act: () => T): T {
    this.#drafting.checkNoEdit();
    if (!this.#drafting.hasContent) return act();
    const done: T[] = [];
    this.#holding.masking.place(this.#drafting.pause().map(partOf), patches, () => {
      done.push(act());
      this.#drafting.put(patches);
    });
    return done[0]!;
  }

  /** The first change of a new document. */
  begin(genesis: VerifiedChange, now: number): Closed {
    this.lastTime = now;
    return this.#enter(genesis, this.#graph.reserve(), ORPHAN);
  }

  /** The open draft as changes; several where it is too large for one, or the heads are too many. What counts by them is to
   * be settled by the caller. `patches`: where something stands elsewhere now that it has a name. If this throws, what was
   * not closed by then is drafted still. */
  close(now: number, patches: Patch[]): Closed[] {
    this.#drafting.checkNoEdit();
    if (!this.#drafting.isOpen) return [];
    const { parts, ground } = this.#drafting;
    this.#refusedUnder = null;
    try {
      this.#closeAll(ground.parents, parts, now);
      if (this.#drafting.isOpen) this.#refusedUnder = this.#holding.members.current;
    } finally {
      if (this.#drafting.isOpen) this.#drafting.pause();
      // Among what is set aside it moves where nobody sees it.
      if (ground.unseen !== "nothing")
        this.#holding.masking.place(parts.map(partOf), ground.unseen === "shown" ? patches : []);
      if (this.#closed.length > 0) this.#holding.effects.named();
    }
    return this.#closed.splice(0);
  }

  #closeAll(drafted: readonly Slot[], parts: readonly Part[], now: number): void {
    // Another tab may have gone on with the chain since the draft was begun.
    let ancestors = this.#withOwnHead(drafted);
    while (ancestors.parents.length > PARENTS_MAX) {
      const { parents } = ancestors;
      // One less, since the own previous change may be among the others and comes along.
      const some = this.#withOwnHead(parents.slice(0, PARENTS_MAX - 1));
      // Who may not write merges nothing, and does without the rest.
      const isMerged = this.mayWrite && this.#closeOne(some, [], this.#graph.reserve(), now);
      ancestors = isMerged ? this.#withOwnHead(parents) : some;
    }
    const queue = [...parts];
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const { slot } = part;
      if (this.#closeOne(ancestors, this.#opsOf(part), slot, now)) {
        this.#drafting.closed(part);
        ancestors = { prev: slot, parents: [slot] };
        continue;
      }
      const said = part.ops.filter(isAuthority);
      if (said.length === 0) return;
      const content = part.ops.slice(said.length);
      // It was right when it was said: somebody else was faster, as for what is said again (resuming.ts).
      if (content.length === 0 && part.retracted.length === 0) this.#drafting.closed(part);
      else
        queue.unshift({ ops: said, retracted: [], slot: this.#graph.reserve() }, { ...part, ops: content });
    }
  }

  #opsOf({ ops, retracted }: Part): readonly Op[] {
    if (retracted.length === 0) return ops;
    return [...ops, ...retractsFor(retracted.map(slot => this.#graph.seqAt(slot)))];
  }

  #withOwnHead(parents: readonly Slot[]): Ancestors {
    const prev = this.#graph.newestSlotOf(this.device);
    return prev === null ? { prev: -1, parents } : { prev, parents: this.#graph.withTip(parents, prev) };
  }

  /** False where others would refuse it: then it is no change. */
  #closeOne(ancestors: Ancestors, drafted: readonly Op[], slot: Slot, now: number): boolean {
    let ops = drafted;
    if (this.ticket !== null && ancestors.prev < 0 && this.#holding.members.roleOf(this.device) === null) {
      const { invite, signature } = this.ticket;
      ops = [{ type: "join", invite, signature }, ...drafted];
    }
    const states = now - this.lastTime >= TIME_STATED_S;
    const verified = compose(this.#graph, this.doc, this.device, ancestors, ops, slot, states ? now : null);
    const past = this.#graph.past(ancestors.parents);
    if (judgeAuthority(verified.change, ancestors, this.#holding, past) !== null) return false;
    if (states) this.lastTime = now;
    this.#closed.push(this.#enter(verified, slot, ancestors));
    return true;
  }

  /** What it does shows already. */
  #enter(verified: VerifiedChange, slot: Slot, ancestors: Ancestors): Closed {
    this.#holding.enter(verified, slot, ancestors);
    this.#holding.masking.begin(verified.change, ancestors.prev, slot);
    return new Closed(slot, this.#holding);
  }
}

/** What a part does to the data. */
function partOf({ ops, slot }: Part): { readonly slot: Slot; readonly local: LocalOps } {
  const local = ops.filter(isContent);
  return { slot, local: { ops: local, starts: startsOf(local) } };
}
