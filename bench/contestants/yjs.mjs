// Yjs: a linked list of runs, one transaction per edit. Signs and hashes nothing.

import * as Y from "yjs";

export const name = "yjs";
export const counts = "units";

export async function alone() {
  return new Doc();
}

class Doc {
  constructor() {
    this.doc = new Y.Doc();
    this.body = this.doc.getText("text");
  }

  edit(position, deleted, inserted) {
    if (deleted > 0 && inserted !== "") this.doc.transact(() => this.#splice(position, deleted, inserted));
    else this.#splice(position, deleted, inserted);
  }

  #splice(position, deleted, inserted) {
    if (deleted > 0) this.body.delete(position, deleted);
    if (inserted !== "") this.body.insert(position, inserted);
  }

  async settle() {
    // Every edit is done when its call is.
  }

  text() {
    return this.body.toString();
  }
}
