// Where to show others' carets between what they say of them. A caret is told apart from the text, so either may come
// first, and a caret that is shown as told trails the letters of whoever types, or vanishes while it names one that is
// not here yet. So a caret goes along with what its owner types at it, and stays where it was until what it names is here:
//
//     said      a b c|            the caret stands behind c
//     typed     a b c d e|        by its owner, right behind it: the caret goes to the end
//     said      a b c d e f|      f has not come: it stays
//     typed     a b c d e f|      f has

import type { DeviceId, Patch, Replica } from "../crdt/index.ts";
import type { Presence } from "./protocol.ts";
import { anchorAt, positionOf } from "./text.ts";

type NamedCaret = NonNullable<Presence["caret"]>;

export class TheirCarets {
  readonly #replica: Replica;
  readonly #shown = new Map<DeviceId, NamedCaret>();
  /** Said, and naming what is not here yet. */
  readonly #early = new Map<DeviceId, NamedCaret>();

  constructor(replica: Replica) {
    this.#replica = replica;
    replica.subscribe((patches, origin, authors) => {
      if (origin !== "remote") return;
      if (authors.length === 1) this.#typed(authors[0]!, patches);
      for (const [device, caret] of this.#early) this.#show(device, caret);
    });
  }

  /** A device said where its caret is. */
  heard(device: DeviceId, { caret }: Presence): void {
    if (caret === null) this.forget(device);
    else this.#show(device, caret);
  }

  caretOf(device: DeviceId): NamedCaret | null {
    return this.#shown.get(device) ?? null;
  }

  forget(device: DeviceId): void {
    this.#shown.delete(device);
    this.#early.delete(device);
  }

  #show(device: DeviceId, caret: NamedCaret): void {
    if (this.#isHere(caret)) {
      this.#shown.set(device, caret);
      this.#early.delete(device);
    } else this.#early.set(device, caret);
  }

  /** In whichever text: who shows it knows which it looks at. */
  #isHere({ anchor, head }: NamedCaret): boolean {
    return [anchor, head].every(name => name === null || this.#replica.dotOf(name) !== null);
  }

  /** One insertion where their caret stands, or in place of what they had selected, is their typing. */
  #typed(author: DeviceId, patches: readonly Patch[]): void {
    const caret = this.#shown.get(author);
    const [step, ...more] = patches.filter(patch => patch.type === "text");
    if (caret === undefined || step === undefined || more.length > 0 || step.inserted === "") return;
    const { path, index, inserted } = step;
    const stand = [caret.anchor, caret.head].map(name => positionOf(this.#replica, name, path));
    if (stand.some(position => position !== index)) return;
    const behind = anchorAt(this.#replica, index + inserted.length, path);
    if (behind === "draft") return;
    this.#shown.set(author, { anchor: behind, head: behind });
  }
}
