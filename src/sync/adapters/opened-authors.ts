// Who wrote the text as it is now, the draft included: read from the letters themselves, so that asking costs what is asked
// about and not what was ever written. Loaded when somebody asks.

import { type ChangeId, History, type Replica } from "../../crdt/index.ts";
import { CLOCK_STEPS_MAX } from "../limits.ts";
import type { Verifier } from "../ports.ts";
import { BODY_PATH } from "../text.ts";
import type { Authorship, Proof, TextAuthors } from "../view.ts";
import { Proving } from "./proving.ts";

/** Of letters in a row by one change. */
interface Made {
  readonly from: number;
  readonly to: number;
  readonly slot: number;
}

export class OpenedAuthors implements TextAuthors {
  readonly #replica: Replica;
  readonly #proving: Proving;

  constructor(replica: Replica, verifier: Verifier) {
    this.#replica = replica;
    this.#proving = new Proving(new History(replica.doc, replica.ground), verifier);
  }

  stretches(from: number, to: number): Omit<Authorship, "time">[] {
    const stretches: { from: number; to: number; author: string }[] = [];
    for (const made of this.#made(from, to)) {
      const author = this.#authorOf(made.slot);
      const last = stretches.at(-1);
      if (last?.author === author) last.to = made.to;
      else stretches.push({ from: made.from, to: made.to, author });
    }
    return stretches;
  }

  at(position: number, from: number, to: number): Authorship | null {
    const stretch = this.stretches(from, to).find(each => each.from <= position && position < each.to);
    const made = this.#made(position, position + 1)[0];
    if (stretch === undefined || made === undefined) return null;
    return { ...stretch, time: this.#timeOf(made.slot) };
  }

  async prove(from: number, to: number): Promise<Proof> {
    const { graph } = this.#replica.ground;
    const slots = [...new Set(this.#made(from, to).map(({ slot }) => slot))];
    // A draft is signed in a moment, and not before.
    if (!slots.every(slot => graph.isHere(slot))) return "unsigned";
    return await this.#proving.prove(slots.map((slot): ChangeId => graph.idAt(slot)));
  }

  /** What shows in [from, to), so far as there is any. */
  #made(from: number, to: number): Made[] {
    const node = this.#replica.node(BODY_PATH);
    if (node?.kind !== "text") return [];
    let at = Math.max(0, from);
    return node.text.spans(at, Math.min(to, node.text.length)).map(({ change, length }) => {
      const made = { from: at, to: at + length, slot: change };
      at += length;
      return made;
    });
  }

  #authorOf(slot: number): string {
    const { graph } = this.#replica.ground;
    return graph.isHere(slot) ? graph.authorAt(slot) : this.#replica.device;
  }

  /** What its author stated last, at the change or before. A draft is of now, which will be stated with it. */
  #timeOf(slot: number): number | null {
    const { graph } = this.#replica.ground;
    if (!graph.isHere(slot)) return null;
    for (let i = 0, at = slot; i < CLOCK_STEPS_MAX && at >= 0; i++, at = graph.prevOf(at)) {
      const time = this.#replica.get(graph.idAt(at))!.change.time;
      if (time !== null) return time;
    }
    return null;
  }
}
