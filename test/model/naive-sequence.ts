// The order of a text as the paper draws it: FugueMax (Weidner and Kleppmann, "The Art of the Fugue", §5) as an
// explicit tree of single elements with lists of children. No runs, no indexes, everything by walking: slow and
// obviously right. src/crdt/types/sequence.ts is compared with it at every step.

import { type Causality, compareDots, type Dot, type Slot, type Span } from "../../src/crdt/types/dot.ts";
import type { Place } from "../../src/crdt/types/op.ts";

interface Element<U> {
  readonly dot: Dot;
  readonly unit: U;
  readonly rightOrigin: Element<U> | null;
  readonly left: Element<U>[];
  readonly right: Element<U>[];
  readonly deleters: Set<Slot>;
  /** Reasons other than deletion. */
  readonly hidden: Set<number>;
}

/** `U`: one character or one value. */
export class NaiveSequence<U> {
  readonly #causality: Causality;
  readonly #elements = new Map<string, Element<U>>();
  /** Right children of the root, which is no element and has no left ones. */
  readonly #top: Element<U>[] = [];

  constructor(causality: Causality) {
    this.#causality = causality;
  }

  /** A run is its elements, one after the other: each the right child of the one before, with its right origin. */
  insert(dot: Dot, place: Place, units: Iterable<U>): void {
    let { parent, side } = place;
    let index = dot.index;
    for (const unit of units) {
      const own = { change: dot.change, index: index++ };
      this.#insertOne(own, { parent, side, rightOrigin: this.#firstOrigin(place) }, unit);
      parent = own;
      side = "right";
    }
  }

  /** What stands right of all elements of a run: of a left child, its parent. */
  #firstOrigin(place: Place): Dot | null {
    return place.side === "right" ? place.rightOrigin : place.parent;
  }

  #insertOne(dot: Dot, place: Place, unit: U): void {
    const rightOrigin = place.rightOrigin === null ? null : this.#get(place.rightOrigin);
    const [deleters, hidden] = [new Set<Slot>(), new Set<number>()];
    const element: Element<U> = { dot, unit, rightOrigin, left: [], right: [], deleters, hidden };
    const parent = place.parent === null ? null : this.#get(place.parent);
    if (place.side === "left") {
      const siblings = parent!.left;
      const at = siblings.findIndex(other => compareDots(dot, other.dot, this.#causality) < 0);
      siblings.splice(at < 0 ? siblings.length : at, 0, element);
    } else {
      const order = this.#walk();
      const position = (origin: Element<U> | null) =>
        origin === null ? order.length : order.indexOf(origin);
      const siblings = parent === null ? this.#top : parent.right;
      const at = siblings.findIndex(other => {
        const byOrigin = position(other.rightOrigin) - position(rightOrigin);
        return byOrigin < 0 || (byOrigin === 0 && compareDots(dot, other.dot, this.#causality) < 0);
      });
      siblings.splice(at < 0 ? siblings.length : at, 0, element);
    }
    this.#elements.set(`${dot.change}:${dot.index}`, element);
  }

  delete(span: Span, by: Slot): void {
    for (let i = 0; i < span.length; i++)
      this.#get({ change: span.change, index: span.start + i }).deleters.add(by);
  }

  undelete(span: Span, by: Slot): void {
    for (let i = 0; i < span.length; i++)
      this.#get({ change: span.change, index: span.start + i }).deleters.delete(by);
  }

  hide(span: Span, why: number, isHidden: boolean): void {
    for (let i = 0; i < span.length; i++) {
      const { hidden } = this.#get({ change: span.change, index: span.start + i });
      if (isHidden) hidden.add(why);
      else hidden.delete(why);
    }
  }

  /** The paper's `insert(index)`: right of the left neighbour if nothing hangs there, else left of what follows it. */
  place(index: number): Place {
    const left = index === 0 ? null : this.#visible()[index - 1]!;
    const order = this.#walk();
    const next = order[left === null ? 0 : order.indexOf(left) + 1] ?? null;
    const hanging = left === null ? this.#top : left.right;
    return hanging.length === 0
      ? { parent: left?.dot ?? null, side: "right", rightOrigin: next?.dot ?? null }
      : { parent: next!.dot, side: "left", rightOrigin: null };
  }

  /** Every dot, deleted ones included, in order. */
  order(): Dot[] {
    return this.#walk().map(element => element.dot);
  }

  /** Every unit, what is not shown included, in order. */
  every(): U[] {
    return this.#walk().map(element => element.unit);
  }

  /** What is shown. */
  units(): U[] {
    return this.#visible().map(element => element.unit);
  }

  visibleDots(): Dot[] {
    return this.#visible().map(element => element.dot);
  }

  #visible(): Element<U>[] {
    return this.#walk().filter(element => element.deleters.size + element.hidden.size === 0);
  }

  // left children · self · right children, with a stack of our own: deep trees are what the tests are about.
  #walk(): Element<U>[] {
    const order: Element<U>[] = [];
    const stack: { readonly element: Element<U>; readonly isOpen: boolean }[] = [];
    const push = (elements: readonly Element<U>[]): void => {
      for (const element of elements.toReversed()) stack.push({ element, isOpen: false });
    };
    push(this.#top);
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { element, isOpen } = next;
      if (isOpen) {
        order.push(element);
        push(element.right);
      } else {
        stack.push({ element, isOpen: true });
        push(element.left);
      }
    }
    return order;
  }

  #get(dot: Dot): Element<U> {
    const element = this.#elements.get(`${dot.change}:${dot.index}`);
    if (element === undefined) throw new Error(`Expected an element ${dot.change}:${dot.index}`);
    return element;
  }
}
