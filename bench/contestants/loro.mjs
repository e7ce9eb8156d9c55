// Loro (Rust as WASM): edits gather in an open transaction. Signs and hashes nothing.

import { LoroDoc } from "loro-crdt";

export const name = "loro";
export const counts = "units";

export async function alone() {
  return new Doc();
}

class Doc {
  constructor() {
    this.doc = new LoroDoc();
    this.body = this.doc.getText("text");
  }

  edit(position, deleted, inserted) {
    if (deleted > 0) this.body.delete(position, deleted);
    if (inserted !== "") this.body.insert(position, inserted);
  }

  async settle() {
    this.doc.commit();
  }

  text() {
    return this.body.toString();
  }
}
