// diamond-types (Rust as WASM, the build for Node): an event graph over plain text. Signs and hashes nothing. Positions
// are code points.

import { Doc as DiamondDoc } from "diamond-types-node";

export const name = "diamond-types";
export const counts = "points";

export async function alone() {
  return new Doc("alice");
}

class Doc {
  constructor(agent) {
    this.doc = new DiamondDoc(agent);
  }

  edit(position, deleted, inserted) {
    if (deleted > 0) this.doc.del(position, deleted);
    if (inserted !== "") this.doc.ins(position, inserted);
  }

  async settle() {
    // Every edit is done when its call is.
  }

  text() {
    return this.doc.get();
  }
}
