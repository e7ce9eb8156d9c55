// Yjs: a linked list of runs, one transaction per edit. Signs and hashes nothing.

import * as Y from "yjs";

export const name = "yjs";
export const counts = "units";

export async function alone() {
  return new Doc();
}

/** Several who hold the same text; and what a newcomer has to hear first. */
export async function together(count, base) {
  const people = Array.from({ length: count }, () => new Doc());
  people[0].edit(0, 0, base);
  const begin = [[Y.encodeStateAsUpdate(people[0].doc)]];
  for (const [i, person] of people.entries()) {
    // Ties are broken by these numbers; in this order as in the recording.
    person.doc.clientID = i + 1;
    if (i > 0) await person.receive(begin);
  }
  for (const person of people) person.listen();
  return { people, begin };
}

export async function reader({ begin }) {
  const doc = new Doc();
  await doc.receive(begin);
  return doc;
}

class Doc {
  #update = null;

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

  /** Everything but the deleted text, which Yjs drops, in its smaller form. */
  save() {
    return Y.encodeStateAsUpdateV2(this.doc);
  }

  listen() {
    this.doc.on("update", update => {
      this.#update = update;
    });
  }

  /** One edit as one update. */
  change(position, deleted, inserted) {
    this.edit(position, deleted, inserted);
    return this.#update;
  }

  /** What travels of several updates; nothing is added to them. */
  pack(updates) {
    return updates;
  }

  async receive(packets) {
    for (const updates of packets) for (const update of updates) Y.applyUpdate(this.doc, update);
  }
}

/** What was saved, open: its text, and one edit. */
export async function reopen(bytes) {
  const doc = new Doc();
  Y.applyUpdateV2(doc.doc, bytes);
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
