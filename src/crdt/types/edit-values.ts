// What a local author holds in hand of a node whose content is plain values: registers, counters, sets. Each call
// becomes ops that name what is seen now. Misuse throws `TypeError` or `RangeError` before anything is changed.

import { OWN_NAMES_MAX } from "../limits.ts";
import type { Author } from "./draft.ts";
import { Handle, plain, seen } from "./handle.ts";
import type { CounterNode, Json, RegisterNode, SetNode } from "./node.ts";
import type { Path, Scalar } from "./op.ts";

/** Of values written at the same time all are kept, and one is shown. */
export class RegisterEdit extends Handle<RegisterNode> {
  get(): Json {
    return this.toJSON();
  }

  set(value: Scalar): void {
    const written = plain(value);
    const replaces = seen(this.author, this.path, null, this.node.register.dots());
    this.author.add({ type: "set", path: this.path, key: null, value: written, replaces });
  }
}

/** Of values written at the same time one is kept. */
export class LwwEdit extends Handle<RegisterNode> {
  get(): Json {
    return this.toJSON();
  }

  set(value: Scalar): void {
    this.author.add({ type: "set", path: this.path, key: null, value: plain(value), replaces: [] });
  }
}

export class CounterEdit extends Handle<CounterNode> {
  get value(): number {
    return this.node.counter.value;
  }

  increment(by = 1): void {
    if (!Number.isSafeInteger(by)) throw new TypeError(`Expected a safe integer, got ${by}`);
    if (by < 0 && this.node.kind === "gcounter")
      throw new RangeError(`Expected a positive increment of a counter that only grows, got ${by}`);
    if (by !== 0) this.author.add({ type: "increment", path: this.path, by });
  }

  decrement(by = 1): void {
    this.increment(-by);
  }
}

/** Reads like a `Set`. */
export class SetEdit extends Handle<SetNode> {
  get size(): number {
    return this.values().length;
  }

  has(value: Scalar): boolean {
    return this.node.set.has(plain(value));
  }

  /** Sorted by canonical JSON. */
  values(): Scalar[] {
    return this.node.set.values();
  }

  /** Also of a value that is there: it then stays although somebody who does not know it yet removes it. Where that
   * cannot be ("gset", "twophase"), nothing is written. */
  add(value: Scalar): this {
    const added = plain(value);
    const { kind, set } = this.node;
    const saysNothing = (kind === "gset" || kind === "twophase") && set.dots(added).length > 0;
    if (!saysNothing) this.author.add({ type: "add", path: this.path, value: added });
    return this;
  }

  /** Whether the value was there. */
  delete(value: Scalar): boolean {
    const { kind, set } = this.node;
    if (kind === "gset") throw new TypeError("Expected a set that values can be removed from");
    const removed = plain(value);
    if (!set.has(removed)) return false;
    const adds = set.dots(removed);
    // One is enough to show that there was something; only in a "set" all have to be named.
    const names = kind === "set" ? adds : adds.slice(-1);
    for (let i = 0; i < names.length; i += OWN_NAMES_MAX) {
      const replaces = names.slice(i, i + OWN_NAMES_MAX);
      this.author.add({ type: "remove", path: this.path, value: removed, replaces });
    }
    return true;
  }
}

/** Writes out the removal of everything seen in a node of plain values. */
export function clearValues(author: Author, path: Path, node: RegisterNode | CounterNode | SetNode): void {
  const held = "register" in node ? node.register : "counter" in node ? node.counter : node.set;
  const replaces = seen(author, path, null, held.dots());
  if (replaces.length > 0) author.add({ type: "unset", path, key: null, replaces });
}
