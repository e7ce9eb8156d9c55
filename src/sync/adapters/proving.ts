// Whether the signatures of changes hold, asked once for each. Nobody is said to have written anything before.

import type { ChangeId, History } from "../../crdt/index.ts";
import type { Verifier } from "../ports.ts";
import type { Proof } from "../view.ts";

export class Proving {
  readonly #history: History;
  readonly #verifier: Verifier;
  readonly #proven = new Map<ChangeId, Proof>();

  constructor(history: History, verifier: Verifier) {
    this.#history = history;
    this.#verifier = verifier;
  }

  /** Of all of them together. */
  async prove(changes: readonly ChangeId[]): Promise<Proof> {
    const asked = changes.filter(change => !this.#proven.has(change));
    const questions = asked.map(change => this.#history.proof(change));
    const verdicts = await this.#verifier.verify(questions.flatMap(each => each ?? []));
    let at = 0;
    for (const [i, each] of questions.entries()) {
      if (each === null) continue;
      const isProven = verdicts.slice(at, at + each.length).every(verdict => verdict);
      at += each.length;
      this.#proven.set(asked[i]!, isProven ? "holds" : "wrong");
    }
    const proofs = changes.map(change => this.#proven.get(change) ?? "unsigned");
    return proofs.find(proof => proof === "wrong") ?? proofs.find(proof => proof === "unsigned") ?? "holds";
  }
}
