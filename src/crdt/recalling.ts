// What a replica takes from its device's own store: changes that were judged before they were stored, so that only their
// hashes are checked, and after an image was loaded the bytes of changes that it knows already.

import type { Closing } from "./closing.ts";
import type { ChangeId } from "./graph/change.ts";
import { hashOf } from "./graph/codec.ts";
import { viewOf } from "./graph/names.ts";
import { recall, type Stored } from "./graph/verify.ts";
import type { Holding } from "./holding.ts";
import type { Receiving } from "./receiving.ts";
import type { Patch } from "./types/document.ts";
import type { Slot } from "./types/dot.ts";

/** What became of records. */
export interface Entered {
  /** How many are damaged, or build on what is not here. */
  readonly damaged: number;
  /** What these build on. */
  readonly lacking: readonly ChangeId[];
}

export class Recalling {
  readonly #holding: Holding;
  readonly #receiving: Receiving;
  readonly #closing: Closing;
  /** In the graph and not shown yet: the draft is closed in between. */
  #recalled: Slot[] = [];

  constructor(holding: Holding, receiving: Receiving, closing: Closing) {
    this.#holding = holding;
    this.#receiving = receiving;
    this.#closing = closing;
  }

  get recalled(): readonly Slot[] {
    return this.#recalled;
  }

  /** Enters what is not here yet. */
  enter(records: Iterable<Stored>): Entered {
    let damaged = 0;
    const lacking: ChangeId[] = [];
    const { device, doc } = this.#closing;
    for (const record of records) {
      const verified = recall(record);
      if ("ok" in verified) {
        damaged++;
        continue;
      }
      const { change } = verified;
      const known = this.#holding.graph.find(change.view, change.end);
      if (known >= 0) this.#holding.fill(known, record);
      else {
        const ancestors = this.#holding.graph.ancestorsOf(change);
        if (change.doc !== doc || ancestors.parents.some(parent => parent < 0)) {
          damaged++;
          lacking.push(...change.parents.filter(id => !this.#holding.graph.has(id)));
          continue;
        }
        const slot = this.#holding.graph.reserve();
        this.#holding.enter(verified, slot, ancestors);
        if (change.author === device) this.#ownCame(change.time ?? 0);
        this.#recalled.push(slot);
        this.#receiving.entered(change);
      }
    }
    return { damaged, lacking };
  }

  /** Another tab made it, on top of what that held. */
  #ownCame(time: number): void {
    this.#closing.lastTime = Math.max(this.#closing.lastTime, time);
    this.#holding.effects.named();
  }

  /** Shows what was entered, and what counts by it; which changes that were. */
  show(patches: Patch[]): readonly Slot[] {
    const recalled = this.#recalled;
    for (const slot of recalled) this.#holding.applyKept(slot, patches);
    this.#recalled = [];
    this.#holding.masking.pay(patches);
    this.#holding.settle(patches);
    return recalled;
  }

  /** The bytes of changes that came by an image. Answers the records that are not, or not whole. */
  fill<R extends Stored>(records: Iterable<R>): R[] {
    const left: R[] = [];
    const { graph } = this.#holding;
    for (const record of records) {
      const slot = graph.slotOf(record.id as ChangeId);
      // Names as bytes: there are as many as changes, and each as text would be made for this alone.
      if (slot === undefined || graph.find(viewOf(hashOf(record.bytes)), 0) !== slot) left.push(record);
      else this.#holding.fill(slot, isProven(record) ? record : { ...record, tail: undefined });
    }
    return left;
  }
}

/** A tail is looked at as a whole; a damaged one proves nothing. */
function isProven(record: Stored): boolean {
  if (record.tail === undefined) return true;
  const verified = recall(record);
  return !("ok" in verified) && verified.run !== null;
}
