// What is done with verified changes from outside: each waits for its parents, is judged, and is admitted with what
// had waited for it, or is refused and remembered. Knows nothing of drafts and signatures.

import { judge, localize } from "./authority/admission.ts";
import type { Change, ChangeId, DeviceId } from "./graph/change.ts";
import { Pending, type Waiting } from "./graph/pending.ts";
import type { VerifiedChange } from "./graph/verify.ts";
import type { Holding } from "./holding.ts";
import { REFUSED_IDS_MAX } from "./limits.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Patch } from "./types/document.ts";

export interface Refused {
  readonly id: ChangeId | null;
  readonly author: DeviceId | null;
  readonly refusal: Refusal;
}

/** What came of changes from outside, and of those that had waited for them; collected while they come. */
export class Outcome {
  readonly admitted: VerifiedChange[] = [];
  readonly refused: Refused[] = [];
  readonly patches: Patch[] = [];
}

export class Receiving {
  readonly #holding: Holding;
  readonly #pending = new Pending();
  readonly #refused = new Map<ChangeId, Refusal>();
  /** Had waited for what was entered without being received: judged with the next change that is. */
  #freed: Waiting[] = [];

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** One verified change and what had waited for it. The first missing ancestor, where it has to wait itself. */
  receive(verified: VerifiedChange, source: string, outcome: Outcome): ChangeId | null {
    const freed = this.#freed;
    this.#freed = [];
    for (const waiting of freed) this.#judgeAll(waiting, outcome);
    return this.#judgeAll({ verified, source }, outcome);
  }

  /** A change was entered by another way. */
  entered(id: ChangeId): void {
    this.#freed.push(...this.#pending.release(id));
  }

  /** A peer left: what it sent without its past is dropped. */
  forget(source: string): void {
    this.#pending.forget(source);
  }

  #judgeAll(first: Waiting, outcome: Outcome): ChangeId | null {
    const missing = this.#judge(first, outcome);
    if (missing !== null || this.#pending.size === 0) return missing;
    const queue = this.#pending.release(first.verified.id);
    for (let i = 0; i < queue.length; i++) {
      const next = queue[i]!;
      if (this.#judge(next, outcome) === null) queue.push(...this.#pending.release(next.verified.id));
    }
    return null;
  }

  /** Admits, refuses, or lets wait: then the first missing ancestor is answered. */
  #judge({ verified, source }: Waiting, outcome: Outcome): ChangeId | null {
    const { change, signature } = verified;
    if (this.#holding.graph.has(change.id)) {
      if (signature !== null) this.#holding.signIfBare(change.id, signature);
      return null;
    }
    let refusal = this.#refused.get(change.id) ?? null;
    if (refusal === null) {
      const lacking = this.#lacking(change);
      if (lacking === null) refusal = this.#admit(verified, outcome);
      else if (lacking.some(parent => this.#refused.has(parent))) refusal = refuse("ParentRefused");
      else {
        this.#pending.add(verified, lacking, source);
        return lacking[0]!;
      }
    }
    if (refusal !== null) this.#refuse(change, refusal, outcome);
    return null;
  }

  #admit(verified: VerifiedChange, outcome: Outcome): Refusal | null {
    const { change } = verified;
    const { graph } = this.#holding;
    const slot = graph.reserve();
    const local = localize(change, slot, graph);
    const past = graph.past(change.parents);
    const refusal = judge(change, slot, local, past, this.#holding);
    if (refusal !== null) {
      graph.giveBack(slot);
      return refusal;
    }
    this.#holding.enter(verified, slot, past);
    this.#holding.masking.apply(change, local, slot, outcome.patches);
    // Of what was decoded nothing is kept, nor of a buffer that it shared with others.
    outcome.admitted.push(this.#holding.at(slot));
    return null;
  }

  #refuse({ id, author }: Change, refusal: Refusal, outcome: Outcome): void {
    this.#refused.set(id, refusal);
    if (this.#refused.size > REFUSED_IDS_MAX) this.#refused.delete(this.#refused.keys().next().value!);
    outcome.refused.push({ id, author, refusal });
  }

  /** The parents and the previous change that are not here; null, the common case, where all are. */
  #lacking({ parents, prev }: Change): ChangeId[] | null {
    const { graph } = this.#holding;
    if (parents.every(parent => graph.has(parent)) && (prev === null || graph.has(prev))) return null;
    const needed = prev === null || parents.includes(prev) ? parents : [...parents, prev];
    return needed.filter(id => !graph.has(id));
  }
}
