// Which changes one end of a link may call by their tags (reconcile.ts): those that the other end said it holds, or was
// sent on this link. The oldest are forgotten; what goes on from one that is forgotten is sent whole.

import { type Bytes, type ChangeId, toHex } from "../crdt/index.ts";
import { TAGS_MAX } from "./limits.ts";
import { laneTag } from "./reconcile.ts";

export class LaneTags {
  readonly #key: Bytes;
  readonly #byTag = new Map<string, ChangeId>();

  /** `key`: the one under which the link shortens hashes. */
  constructor(key: Bytes) {
    this.#key = key;
  }

  /** One that is named again is the newest. */
  add(id: ChangeId, tag = this.tagOf(id)): void {
    const name = toHex(tag);
    this.#byTag.delete(name);
    this.#byTag.set(name, id);
    if (this.#byTag.size > TAGS_MAX) this.#byTag.delete(this.#byTag.keys().next().value!);
  }

  find(tag: Bytes): ChangeId | undefined {
    return this.#byTag.get(toHex(tag));
  }

  has(id: ChangeId): boolean {
    return this.find(this.tagOf(id)) === id;
  }

  tagOf(id: ChangeId): Bytes {
    return laneTag(this.#key, id);
  }

  forget(): void {
    this.#byTag.clear();
  }
}
