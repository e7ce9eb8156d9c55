// Automerge (Rust as WASM): a change per edit, hash-linked, not signed.

import * as Automerge from "@automerge/automerge";

export const name = "automerge";
export const counts = "units";

export async function alone() {
  return new Doc(Automerge.from({ text: "" }));
}

class Doc {
  constructor(doc) {
    this.doc = doc;
  }

  edit(position, deleted, inserted) {
    this.doc = Automerge.change(this.doc, draft => {
      Automerge.splice(draft, ["text"], position, deleted, inserted);
    });
  }

  async settle() {
    // Every edit is done when its call is.
  }

  text() {
    return this.doc.text;
  }
}
