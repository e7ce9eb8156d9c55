// diamond-types (Rust as WebAssembly, the build for Node): an event graph over plain text. Signs and hashes nothing.
// Positions are code points.

import { Doc as DiamondDoc } from "diamond-types-node";

export const name = "diamond-types";
export const counts = "points";

export async function alone() {
  return new Doc("person 0");
}

/** Several who hold the same text; and what a newcomer has to hear first. */
export async function together(count, base) {
  const people = Array.from({ length: count }, (_, i) => new Doc(`person ${i}`));
  people[0].edit(0, 0, base);
  const begin = [[people[0].doc.toBytes()]];
  for (const person of people.slice(1)) await person.receive(begin);
  return { people, begin };
}

export async function reader({ begin }) {
  const doc = new Doc("reader");
  await doc.receive(begin);
  return doc;
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

  /** Everything, as one would keep it. */
  save() {
    return this.doc.toBytes();
  }

  /** One edit as one update. */
  change(position, deleted, inserted) {
    const before = this.doc.getLocalVersion();
    this.edit(position, deleted, inserted);
    return this.doc.getPatchSince(before);
  }

  /** What travels of several updates; nothing is added to them. */
  pack(updates) {
    return updates;
  }

  async receive(packets) {
    for (const updates of packets) for (const update of updates) this.doc.mergeBytes(update);
  }
}

/** What was saved, open: its text, and one edit. */
export async function reopen(bytes) {
  const doc = new Doc("reader");
  doc.doc = DiamondDoc.fromBytes(bytes, "reader");
  return { text: () => doc.text(), edit: async (position, inserted) => doc.edit(position, 0, inserted) };
}

/** Edits as they travel: the bytes of their updates. */
export async function onTheWire(doc, edits) {
  return edits.reduce((sum, edit) => sum + doc.change(...edit).length, 0);
}

/** What several say, each update on its own. */
export function packTogether(people, said) {
  return said.map(([who, update]) => people[who].pack([update]));
}
