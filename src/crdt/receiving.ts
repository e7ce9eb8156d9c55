// What is done with verified changes from outside: each waits for its parents, is judged, and is admitted with what
// had waited for it, or is refused and remembered. Knows nothing of drafts and signatures.

import { judge, judgeAuthority, localize, quotaIn } from "./authority/admission.ts";
import { exceedsBranches } from "./authority/branches.ts";
import type { Change, ChangeId, DeviceId } from "./graph/change.ts";
import { forkOf } from "./graph/forks.ts";
import { nameAt } from "./graph/hex.ts";
import { NAME_BYTES } from "./graph/names.ts";
import { Pending, Rest } from "./graph/pending.ts";
import type { SignedRun, VerifiedChange, VerifiedTyping } from "./graph/verify.ts";
import type { Ancestors, WrittenChange } from "./graph/written.ts";
import type { Holding } from "./holding.ts";
import { LeftOut } from "./left-out.ts";
import { REFUSED_IDS_MAX } from "./limits.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

export interface Refused {
  readonly id: ChangeId | null;
  readonly author: DeviceId | null;
  readonly refusal: Refusal;
}

/** What came of a change from outside, and of those that had waited for it. */
export interface Reception {
  readonly admitted: readonly VerifiedChange[];
  readonly refused: readonly Refused[];
  /** The first missing ancestor, where the change has to wait. */
  readonly missing: ChangeId | null;
  /** What some change waits for was here before and was left out (`BranchesExceeded`): whoever sent it is to send it again. */
  readonly isWanting: boolean;
}

/** Where the signature does not hold for the newest of a run, nothing of it is looked at. */
export function refusedWhole({ id, author }: WrittenChange, refusal: Refusal): Reception {
  return { admitted: [], refused: [{ id, author, refusal }], missing: null, isWanting: false };
}

/** The same of several, collected while they come. */
export class Outcome {
  /** What was admitted, in order. By its slots: an object for each would outlive all else that is done with it, and whoever only
   * checks a file asks for none. */
  readonly admitted: Slot[] = [];
  readonly refused: Refused[] = [];
  readonly patches: Patch[] = [];
  /** The first missing ancestor of what had to wait and was not waiting yet. */
  missing: ChangeId | null = null;
  /** Whether of two-faced devices only so much is taken as there is room for: not of a file, which somebody chose. */
  readonly isBounded: boolean;
  isWanting = false;

  constructor(isBounded: boolean) {
    this.isBounded = isBounded;
  }
}

export class Receiving {
  readonly #holding: Holding;
  readonly #pending = new Pending();
  readonly #refused = new Map<ChangeId, Refusal>();
  readonly #leftOut = new LeftOut();
  /** Had waited for what was entered without being received: judged with the next change that is. */
  #freed: Rest[] = [];
  /** The change admitted last, where it stood in its run, and its number. */
  #run: SignedRun | null = null;
  #position = 0;
  #slot: Slot = -1;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** Verified changes, and what had waited for them: a run of which all waits behind what has to; of a file each by itself, since the
   * runs of several stand between each other there. */
  receive(verified: Iterable<VerifiedChange | VerifiedTyping>, source: string, outcome: Outcome): void {
    const freed = this.#freed;
    this.#freed = [];
    this.#goOn(freed, outcome);
    for (const run of outcome.isBounded ? [[...verified]] : oneByOne(verified)) {
      const missing = this.#goOn([new Rest(run, source)], outcome);
      outcome.missing ??= missing;
    }
  }

  /** With runs that are not done with, and with all that had waited for what comes of them. What the first of them waits for. */
  #goOn(queue: Rest[], outcome: Outcome): ChangeId | null {
    let missing: ChangeId | null = null;
    for (let i = 0; i < queue.length; i++) {
      const lacking = this.#takeIn(queue[i]!, outcome, queue);
      if (i === 0) missing = lacking;
    }
    return missing;
  }

  /** Up to what has to wait: then the missing ancestor is answered. `freed`: gets what had waited for what comes. */
  #takeIn(rest: Rest, outcome: Outcome, freed: Rest[]): ChangeId | null {
    for (let next = rest.next; next !== null; next = rest.next) {
      if ("count" in next && this.#typeOn(next, outcome)) {
        if (this.#pending.size > 0)
          for (let i = 0; i < next.count; i++) this.#release(next.at(i).change, freed);
        rest.passAll();
        continue;
      }
      const one = "count" in next ? next.read(0) : next;
      const missingAt = this.#judge(one, outcome);
      const { change } = one;
      if (missingAt >= 0) {
        this.#pending.add(rest, change.view, missingAt);
        return nameAt(change.buffer, missingAt) as ChangeId;
      }
      if (this.#pending.size > 0) this.#release(change, freed);
      rest.pass();
    }
    return null;
  }

  #release({ view, end }: WrittenChange, freed: Rest[]): void {
    for (const rest of this.#pending.release(view, end)) freed.push(rest);
  }

  /**
   * Takes changes that type on in at once, if nothing speaks against any of them. That is known of all when the first may
   * enter, the quota is enough for the last, all that they delete may be deleted by the first, and nobody has written behind
   * the one before them: then each has the standing of that one, knows nothing more but those between, and its letter, if it
   * types one, stands right behind the letter before it, which is not half of a pair.
   */
  #typeOn(typing: VerifiedTyping, outcome: Outcome): boolean {
    const { graph, masking } = this.#holding;
    if (this.#refused.size > 0 || masking.masked.size > 0) return false;
    // There may be room for some of them, and each that is left out is told.
    if (outcome.isBounded && this.#isBehindFork(typing.at(typing.count - 1).change)) return false;
    const first = typing.read(0);
    const ancestors = graph.ancestorsOf(first.change);
    if (firstLackingAt(first.change, ancestors) >= 0 || !graph.isHead(ancestors.prev)) return false;
    return this.#admit(first, ancestors, outcome, typing) === null;
  }

  /** What came of all of them. */
  reception({ admitted, refused, missing, isWanting }: Outcome): Reception {
    const holding = this.#holding;
    return {
      // Of what was decoded nothing is kept, nor of a buffer that it shared with others.
      get admitted() {
        return admitted.map(slot => holding.at(slot));
      },
      refused,
      missing,
      isWanting,
    };
  }

  /** A change was entered by another way. */
  entered(change: WrittenChange): void {
    this.#release(change, this.#freed);
  }

  /** A peer left: what it sent without its past is dropped. */
  forget(source: string): void {
    this.#pending.forget(source);
  }

  /** Admits or refuses, which is -1, or lets wait: then it is answered where in the change the name of a missing ancestor stands. */
  #judge(verified: VerifiedChange, outcome: Outcome): number {
    const { change, signature } = verified;
    const { graph } = this.#holding;
    const goesOn = this.#goesOn(verified);
    const known = goesOn ? -1 : graph.find(change.view, change.end);
    if (known >= 0) {
      if (signature !== null) this.#holding.signIfBare(known, signature);
      return -1;
    }
    let refusal = this.#refused.size === 0 ? null : (this.#refused.get(change.id) ?? null);
    if (refusal === null) {
      const ancestors =
        goesOn && change.isNext ? { prev: this.#slot, parents: [this.#slot] } : graph.ancestorsOf(change);
      const lackingAt = firstLackingAt(change, ancestors);
      if (lackingAt < 0) refusal = this.#admit(verified, ancestors, outcome);
      else {
        const lacking = this.#refused.size > 0 || !this.#leftOut.isEmpty ? lackingOf(change, ancestors) : [];
        if (lacking.some(parent => this.#refused.has(parent))) refusal = refuse("ParentRefused");
        else if (lacking.some(parent => this.#leftOut.has(parent)) && this.#isLoose(change))
          this.#leave(change, lacking, outcome);
        else {
          if (this.#leftOut.want(lacking)) outcome.isWanting = true;
          return lackingAt;
        }
      }
    }
    if (refusal !== null) this.#refuse(change, refusal, outcome);
    return -1;
  }

  /** Whether the change before it in its run was the last to come: then it is not here, or that one had been. */
  #goesOn({ run, position }: VerifiedChange): boolean {
    const isNext = run !== null && run === this.#run && position === this.#position + 1;
    return isNext && this.#holding.graph.order.last === this.#slot;
  }

  /** `typing`: with those that type on from it, of which it is the first. */
  #admit(
    verified: VerifiedChange,
    ancestors: Ancestors,
    outcome: Outcome,
    typing: VerifiedTyping | null = null,
  ): Refusal | null {
    const { change } = verified;
    const { graph, masking } = this.#holding;
    const slot = graph.reserve();
    let local = localize(change, slot, ancestors, graph);
    if (typing !== null) {
      const op = typing.together(local.ops[0]!, (view, at) => graph.find(view, at));
      local = { ops: [op], starts: local.starts };
    }
    const past = graph.past(ancestors.parents);
    let refusal = judge(change, slot, local, ancestors, past, this.#holding);
    if (typing !== null)
      refusal ??= judgeAuthority(typing.read(typing.count - 1).change, ancestors, this.#holding, past);
    if (refusal !== null) {
      graph.giveBack(slot);
      return refusal;
    }
    if (outcome.isBounded && this.#isLoose(change) && this.#isTooMuch(change, ancestors)) {
      graph.giveBack(slot);
      this.#leave(change, [], outcome);
      return null;
    }
    // Of a file, whose sheets hold nothing else; what came by the network shares its buffer with all sorts of things.
    const isOnSheet = typing !== null && !outcome.isBounded;
    this.#enter(verified, slot, ancestors, outcome, isOnSheet);
    if (typing !== null) {
      masking.begin(change, ancestors.prev, slot);
      const before = { prev: slot, parents: [slot] };
      for (let i = 1; i < typing.count; i++) {
        const next = graph.reserve();
        const one = typing.at(i);
        this.#enter(one, next, before, outcome, isOnSheet);
        masking.begin(one.change, before.prev, next);
        before.prev = before.parents[0] = next;
      }
    }
    const op = local.ops[0];
    if (typing !== null && op?.type === "delete") this.#holding.tree.deleteEach(op, slot, outcome.patches);
    else masking.apply(change, ancestors.prev, local, slot, outcome.patches);
    return null;
  }

  #enter(
    verified: VerifiedChange,
    slot: Slot,
    ancestors: Ancestors,
    outcome: Outcome,
    isOnSheet = false,
  ): void {
    this.#holding.enter(verified, slot, ancestors, isOnSheet);
    if (!this.#leftOut.isEmpty) this.#leftOut.entered(verified.change.id);
    this.#run = verified.run;
    this.#position = verified.position;
    this.#slot = slot;
    outcome.admitted.push(slot);
  }

  /** Of a device that is known to be two-faced, from there on, and nothing of others that was seen here stands on it. What
   * shows a fork, or an earlier one, is not: who left that out would not learn of it. */
  #isLoose(change: WrittenChange): boolean {
    return this.#isBehindFork(change) && !this.#leftOut.isWanted(change.id);
  }

  #isBehindFork({ author, seq }: WrittenChange): boolean {
    const { effects, graph } = this.#holding;
    // Of a run that is coming in the fork is not settled yet.
    const fork = effects.retires(author, seq) ? seq : (forkOf(graph, author) ?? Number.POSITIVE_INFINITY);
    return fork <= seq;
  }

  #isTooMuch(change: WrittenChange, ancestors: Ancestors): boolean {
    const { graph, members, retracts } = this.#holding;
    return exceedsBranches(change, ancestors, quotaIn(change, ancestors, members), graph, retracts);
  }

  /** Not taken in, and not refused to those who build on it. */
  #leave({ id, author }: Change, lacking: readonly ChangeId[], outcome: Outcome): void {
    this.#leftOut.add(id, lacking);
    outcome.refused.push({ id, author, refusal: refuse("BranchesExceeded") });
  }

  #refuse({ id, author }: Change, refusal: Refusal, outcome: Outcome): void {
    this.#refused.set(id, refusal);
    if (this.#refused.size > REFUSED_IDS_MAX) this.#refused.delete(this.#refused.keys().next().value!);
    outcome.refused.push({ id, author, refusal });
  }
}

/** Where in a change the name of the first thing stands that it builds on and that is not here; -1 if all of it is. */
function firstLackingAt({ prevAt, parentsAt }: WrittenChange, { prev, parents }: Ancestors): number {
  for (let i = 0; i < parents.length; i++) if (parents[i]! < 0) return parentsAt + i * NAME_BYTES;
  return prev < 0 ? prevAt : -1;
}

/** The parents and the previous change that are not here. */
function lackingOf(
  { parents, prev }: WrittenChange,
  { prev: prevSlot, parents: slots }: Ancestors,
): ChangeId[] {
  const lacking = parents.filter((_, i) => slots[i]! < 0);
  return prev === null || prevSlot >= 0 || lacking.includes(prev) ? lacking : [...lacking, prev];
}

function* oneByOne<T>(all: Iterable<T>): Generator<readonly T[]> {
  for (const one of all) yield [one];
}
