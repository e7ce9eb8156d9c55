// Five sets of plain values (Shapiro et al., "A Comprehensive Study of Convergent and Commutative Replicated Data
// Types", 2011), which differ only in what a remove does. All keep the same two things, adds and removes, and an op
// only ever adds to them; so they converge, and the kind is a question asked of them. Two values are one if their
// canonical JSON is one: 1 and 1.0 are, 1 and "1" are not. For a value v, of the effective ops,
//
//     gset          v shows  ⇔  an add of v stands                                       (nothing is ever removed)
//     twophase      v shows  ⇔  an add of v stands, and there is no remove of v          (it never returns)
//     lwwsetAdd     v shows  ⇔  an add of v stands, at least as late as every remove of v
//     lwwsetRemove  v shows  ⇔  an add of v stands, later than every remove of v
//     set           v shows  ⇔  an add of v stands that no remove of v names             (an unseen add wins)
//
// where an add stands unless an unset names it (that is how a set goes with its key; removes never go, or a value
// of a "twophase" would return). "Later" compares the depths of changes, which everybody can check; no clock can be
// set forward. Changes of equal depth are concurrent and the kind decides; within one change its last word counts.

import { assert } from "../assert.ts";
import { type Dot, dotKey, type Slot, type Stamps } from "./dot.ts";
import type { Scalar, SetKind } from "./op.ts";

interface Add {
  readonly dot: Dot;
  readonly member: Member;
  /** Changes that unset it or, in a "set", removed it. */
  removedBy: Slot[];
}

interface Remove {
  readonly change: Slot;
  /** The number that the next element of the change had: of one change, an add of this number or more came later. */
  readonly before: number;
}

interface Member {
  readonly value: Scalar;
  readonly adds: Set<Add>;
  removes: Remove[];
}

export class ValueSet {
  readonly kind: SetKind;
  readonly #stamps: Stamps;
  /** By canonical JSON of the value. */
  readonly #members = new Map<string, Member>();
  /** By `change:index`: a hostile author can make very many. */
  readonly #adds = new Map<string, Add>();

  constructor(kind: SetKind, stamps: Stamps) {
    this.kind = kind;
    this.#stamps = stamps;
  }

  // ------------------------------------------------------------------------------------------------- looking

  has(value: Scalar): boolean {
    const member = this.#members.get(nameOf(value));
    return member !== undefined && this.#shows(member);
  }

  /** Sorted by canonical JSON, as UTF-16 units. */
  values(): Scalar[] {
    return [...this.#members]
      .filter(([, member]) => this.#shows(member))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, member]) => member.value);
  }

  get isEmpty(): boolean {
    for (const member of this.#members.values()) if (this.#shows(member)) return false;
    return true;
  }

  /** Whether an add with this name is here, of that value if one is given, standing or not. */
  hasAdd(dot: Dot, value?: Scalar): boolean {
    const add = this.#adds.get(dotKey(dot));
    return add !== undefined && (value === undefined || nameOf(add.member.value) === nameOf(value));
  }

  /** Names of the adds that stand: of one value or of all. */
  dots(value?: Scalar): readonly Dot[] {
    const adds =
      value === undefined ? this.#adds.values() : (this.#members.get(nameOf(value))?.adds ?? new Set<Add>());
    return [...adds].filter(stands).map(add => add.dot);
  }

  #shows(member: Member): boolean {
    switch (this.kind) {
      case "gset":
      case "set":
        return someStands(member);
      case "twophase":
        return member.removes.length === 0 && someStands(member);
      case "lwwsetAdd":
      case "lwwsetRemove":
        return this.#showsLatest(member);
    }
  }

  /** The last word of each of the latest changes that said anything; where they differ, the bias. */
  #showsLatest({ adds, removes }: Member): boolean {
    const words = new Map<Slot, { readonly at: number; readonly isAdd: boolean }>();
    let latest: Slot | null = null;
    const hear = (change: Slot, at: number, isAdd: boolean): void => {
      const order = latest === null ? 1 : this.#stamps.compareStamps(change, latest);
      if (order < 0) return;
      if (order > 0) words.clear();
      latest = change;
      const last = words.get(change);
      if (last === undefined || at > last.at || (at === last.at && isAdd)) words.set(change, { at, isAdd });
    };
    for (const add of adds) if (stands(add)) hear(add.dot.change, add.dot.index, true);
    for (const remove of removes) hear(remove.change, remove.before, false);
    const said = [...words.values()];
    return this.kind === "lwwsetAdd"
      ? said.some(word => word.isAdd)
      : said.length > 0 && said.every(word => word.isAdd);
  }

  // ------------------------------------------------------------------------------------------------ changing

  add(dot: Dot, value: Scalar): void {
    assert(!this.hasAdd(dot), "an add is added once");
    const member = this.#member(value);
    const add = { dot, member, removedBy: [] };
    member.adds.add(add);
    this.#adds.set(dotKey(dot), add);
  }

  /** `before`: the number that the next element of the change has. */
  remove(value: Scalar, dots: readonly Dot[], change: Slot, before: number): void {
    if (this.kind === "set") this.unset(dots, change);
    else this.#member(value).removes.push({ change, before });
  }

  /** Marks the named adds as gone by a change. Idempotent per change. */
  unset(dots: readonly Dot[], by: Slot): void {
    for (const add of this.#named(dots)) if (!add.removedBy.includes(by)) add.removedBy.push(by);
  }

  /** Takes one change's `unset` back. */
  restore(dots: readonly Dot[], by: Slot): void {
    for (const add of this.#named(dots)) add.removedBy = add.removedBy.filter(slot => slot !== by);
  }

  /** Takes one `remove` back. */
  unremove(value: Scalar, dots: readonly Dot[], change: Slot, before: number): void {
    if (this.kind === "set") {
      this.restore(dots, change);
      return;
    }
    const member = this.#member(value);
    const at = member.removes.findLastIndex(r => r.change === change && r.before === before);
    assert(at >= 0, "what is taken back was done");
    member.removes = member.removes.toSpliced(at, 1);
  }

  /** Forgets an add that nothing refers to: a draft rolled back. */
  forget(dot: Dot): void {
    const add = this.#adds.get(dotKey(dot));
    assert(add !== undefined, "what is forgotten is here");
    this.#adds.delete(dotKey(dot));
    add.member.adds.delete(add);
  }

  #member(value: Scalar): Member {
    const name = nameOf(value);
    let member = this.#members.get(name);
    if (member === undefined) {
      member = { value, adds: new Set(), removes: [] };
      this.#members.set(name, member);
    }
    return member;
  }

  *#named(dots: readonly Dot[]): Generator<Add> {
    for (const dot of dots) {
      const add = this.#adds.get(dotKey(dot));
      if (add !== undefined) yield add;
    }
  }
}

function stands(add: Add): boolean {
  return add.removedBy.length === 0;
}

function someStands({ adds }: Member): boolean {
  for (const add of adds) if (stands(add)) return true;
  return false;
}

/** Canonical JSON of a plain value, as node.ts writes it. */
function nameOf(value: Scalar): string {
  return JSON.stringify(value);
}
