// Automerge (Rust as WebAssembly): a change per edit, hash-linked, not signed.

import * as Automerge from "@automerge/automerge";

export const name = "automerge";
export const counts = "units";

export async function alone() {
  return new Doc(Automerge.from({ text: "" }));
}

/** Several who hold the same text; and what a newcomer has to hear first. */
export async function together(count, base) {
  const first = Automerge.from({ text: base });
  const begin = [Automerge.getAllChanges(first)];
  const people = [new Doc(first)];
  while (people.length < count) people.push(await reader({ begin }));
  return { people, begin };
}

export async function reader({ begin }) {
  const doc = new Doc(Automerge.init());
  await doc.receive(begin);
  return doc;
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

  /** Everything, as one would keep it. */
  save() {
    return Automerge.save(this.doc);
  }

  /** One edit as one change. */
  change(position, deleted, inserted) {
    this.edit(position, deleted, inserted);
    return Automerge.getLastLocalChange(this.doc);
  }

  /** What travels of several changes; nothing is added to them. */
  pack(changes) {
    return changes;
  }

  async receive(packets) {
    for (const changes of packets)
      for (const change of changes) [this.doc] = Automerge.applyChanges(this.doc, [change]);
  }
}

/** What was saved, open: its text, and one edit. */
export async function reopen(bytes) {
  const doc = new Doc(Automerge.load(bytes));
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
