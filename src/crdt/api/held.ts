// What stands behind each object that people hold in the plain spelling (plain.ts): a node of the document, found when it
// is read and made when it is written to. It lives as long as the edit, and no longer than the node: what was deleted
// or replaced within the edit is refused, for in JavaScript a write there would be lost without a word.

import { dotKey } from "../types/dot.ts";
import type { AnyEdit, ListEdit, MapEdit } from "../types/edit.ts";
import type { Kind } from "../types/op.ts";
import { openKey, Taking } from "./content.ts";
import { madeKind, type PlainPath } from "./place.ts";
import type { Fields, Shape } from "./schema.ts";

/** One edit. Makes the object that people hold for each node, and knows its own objects again. */
export class Scope {
  isOpen = true;
  readonly #present: (held: Held) => object;
  readonly #held = new WeakMap<object, Held>();

  constructor(present: (held: Held) => object) {
    this.#present = present;
  }

  face(held: Held): object {
    const face = this.#present(held);
    this.#held.set(face, held);
    return face;
  }

  heldOf(face: object): Held | undefined {
    return this.#held.get(face);
  }

  taking(): Taking {
    return new Taking(value => this.heldOf(value)?.place ?? null);
  }
}

export class Held {
  readonly scope: Scope;
  readonly kind: Kind;
  readonly shape: Shape | null;
  readonly above: Held | null;
  /** The key, or the index at which an item was when it was first reached. */
  readonly at: string | number;
  #handle: AnyEdit | null;
  #face: object | null = null;
  #isRemoved = false;
  #isOpen = false;
  /** By `kind key` under a map, by the name of the element in a list. */
  readonly #below = new Map<string, Held>();

  constructor(
    scope: Scope,
    kind: Kind,
    shape: Shape | null,
    above: Held | null,
    at: string | number,
    handle: AnyEdit | null,
  ) {
    this.scope = scope;
    this.kind = kind;
    this.shape = shape;
    this.above = above;
    this.at = at;
    this.#handle = handle;
  }

  get place(): PlainPath {
    return this.above === null ? [] : [...this.above.place, this.at];
  }

  get face(): object {
    this.#face ??= this.scope.face(this);
    return this.#face;
  }

  /** For reading; null while nothing of this kind shows here. */
  peek(): AnyEdit | null {
    this.#check();
    if (this.#handle !== null) return this.#handle;
    const above = this.above!.peek() as MapEdit | null;
    const shown = above?.shown(this.at as string);
    if (shown === undefined || madeKind(shown) !== this.kind) return null;
    this.#handle = above!.below(this.at as string);
    return this.#handle;
  }

  /** For writing: made where it does not show, or only because somebody had gone on writing into what was deleted. */
  open(): AnyEdit {
    const shown = this.peek();
    if (this.#isOpen || this.above === null) return shown!;
    const above = this.above.open() as MapEdit;
    this.#isOpen = true;
    if (typeof this.at !== "string") return shown!;
    if (shown === null) above.keep(this.at, this.kind);
    this.#handle = openKey(above, this.at, this.kind);
    return this.#handle;
  }

  /** The node of a kind under a key. */
  under(key: string, kind: Kind, shape: Shape | null): Held {
    const name = `${kind} ${key}`;
    const known = this.#below.get(name);
    if (known !== undefined) return known;
    const held = new Held(this.scope, kind, shape, this, key, null);
    this.#below.set(name, held);
    return held;
  }

  /** The node that is the item at an index. */
  item(list: ListEdit, index: number, shape: Shape | null): Held {
    const handle = list.below(index)!;
    const name = nameOf(handle);
    const known = this.#below.get(name);
    if (known !== undefined) return known;
    const held = new Held(this.scope, handle.path.at(-1)!.kind, shape, this, index, handle);
    this.#below.set(name, held);
    return held;
  }

  /** What is held of a key is held no more. */
  dropKey(key: string): void {
    for (const [name, held] of this.#below) if (held.at === key) this.#drop(name, held);
  }

  /** The same of the items in [from, to). */
  dropItems(list: ListEdit, from: number, to: number): void {
    if (this.#below.size === 0) return;
    for (let i = from; i < to; i++) {
      const handle = list.below(i);
      if (handle === null) continue;
      const name = nameOf(handle);
      const held = this.#below.get(name);
      if (held !== undefined) this.#drop(name, held);
    }
  }

  #drop(name: string, held: Held): void {
    held.#isRemoved = true;
    this.#below.delete(name);
  }

  #check(): void {
    if (!this.scope.isOpen) throw new Error("Expected no use of a document's object after its edit is over");
    for (let held: Held | null = this; held !== null; held = held.above) {
      if (held.#isRemoved)
        throw new Error(
          `Expected no use of what was at ${JSON.stringify(held.place)}: it was removed or replaced, or moved to another list`,
        );
    }
  }
}

/** Of a list item: its element. */
function nameOf({ path }: AnyEdit): string {
  const { at } = path.at(-1)!;
  return typeof at === "string" ? at : dotKey(at);
}

/** What a schema says of a key: undefined if it does not know it, null if there is no schema. */
export function shapeUnder(held: Held, key: string): Shape | null | undefined {
  return held.shape === null ? null : (held.shape as { readonly fields: Fields }).fields[key];
}
