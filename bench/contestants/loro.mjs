// Loro (Rust as WebAssembly): local edits gather in an open transaction; to be sent one by one, each is committed. Signs
// and hashes nothing.

import { LoroDoc } from "loro-crdt";

export const name = "loro";
export const counts = "units";

export async function alone() {
  return new Doc();
}

/** Several who hold the same text; and what a newcomer has to hear first. */
export async function together(count, base) {
  const people = Array.from({ length: count }, () => new Doc());
  people[0].edit(0, 0, base);
  await people[0].settle();
  const begin = [[people[0].doc.export({ mode: "update" })]];
  for (const [i, person] of people.entries()) {
    // Ties are broken by these numbers; in this order as in the recording.
    person.doc.setPeerId(String(i + 1));
    if (i > 0) await person.receive(begin);
  }
  return { people, begin };
}

export async function reader({ begin }) {
  const doc = new Doc();
  await doc.receive(begin);
  return doc;
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

  /** Everything, as one would keep it. */
  save() {
    return this.doc.export({ mode: "snapshot" });
  }

  /** One edit as one update. */
  change(position, deleted, inserted) {
    const before = this.doc.version();
    this.edit(position, deleted, inserted);
    this.doc.commit();
    return this.doc.export({ mode: "update", from: before });
  }

  /** What travels of several updates; nothing is added to them. */
  pack(updates) {
    return updates;
  }

  async receive(packets) {
    for (const updates of packets) for (const update of updates) this.doc.import(update);
  }
}

/** What was saved, open: its text, and one edit. */
export async function reopen(bytes) {
  const doc = new Doc();
  doc.doc.import(bytes);
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
