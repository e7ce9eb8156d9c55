// Questions to the platform that are answered later, each once. The machines of this ring never wait: they leave a
// question with what to do about its answer, and go on.

import { assert } from "../crdt/index.ts";

export class Questions<Answer> {
  readonly #open = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  /** The token under which the answer will come. */
  ask(then: (answer: Answer) => void): number {
    const token = ++this.#asked;
    this.#open.set(token, then);
    return token;
  }

  answer(token: number, answer: Answer): void {
    const then = this.#open.get(token);
    assert(then !== undefined, "a question is answered once");
    this.#open.delete(token);
    then(answer);
  }
}
