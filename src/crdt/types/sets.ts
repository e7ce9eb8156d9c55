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
import type { ImageIn, ImageOut } from "./image.ts";
import type { Scalar, SetKind } from "./op.ts";
import { Removers } from "./removers.ts";

interface Add {
  readonly dot: Dot;
  readonly member: Member;
  /** False while the change that made it is masked. */
  isCounted: boolean;
  /** Changes that unset it or, in a "set", removed it. */
  readonly removedBy: Removers;
}

interface Remove {
  readonly change: Slot;
  /** The number that the next element of the change had: of one change, an add of this number or more came later. */
  readonly before: number;
  /** How often the change said so there. */
  times: number;
}

/** The last word on a value of each of the latest changes that said one: all of one stamp. */
type Words = Map<Slot, { readonly at: number; readonly isAdd: boolean }>;

interface Member {
  readonly value: Scalar;
  readonly adds: Set<Add>;
  /** How many of them stand. Counted, and the words kept, because every op asks whether something shows: one change with
   * 10,000 ops on one value took 1.9 s to admit, now 0.2 s (test/attacks/values.test.ts). */
  standing: number;
  /** Those that count, by `change:before`. */
  readonly removes: Map<string, Remove>;
  /** In the sets with stamps; null where something was taken back since. */
  words: Words | null;
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
        return member.standing > 0;
      case "twophase":
        return member.removes.size === 0 && member.standing > 0;
      case "lwwsetAdd":
      case "lwwsetRemove":
        return this.#showsLatest(member);
    }
  }

  #showsLatest(member: Member): boolean {
    member.words ??= this.#wordsOf(member);
    const isAdds = [...member.words.values()].map(word => word.isAdd);
    return this.kind === "lwwsetAdd" ? isAdds.includes(true) : isAdds.length > 0 && !isAdds.includes(false);
  }

  #wordsOf({ adds, removes }: Member): Words {
    const words: Words = new Map();
    for (const add of adds) if (stands(add)) this.#hear(words, add.dot.change, add.dot.index, true);
    for (const remove of removes.values()) this.#hear(words, remove.change, remove.before, false);
    return words;
  }

  /** A later change silences the earlier ones, a later word of one change its earlier ones. */
  #hear(words: Words, change: Slot, at: number, isAdd: boolean): void {
    const [latest] = words.keys();
    const order = latest === undefined ? 1 : this.#stamps.compareStamps(change, latest);
    if (order < 0) return;
    if (order > 0) words.clear();
    const last = words.get(change);
    if (last === undefined || at > last.at || (at === last.at && isAdd)) words.set(change, { at, isAdd });
  }

  // ------------------------------------------------------------------------------------------------ changing

  add(dot: Dot, value: Scalar): void {
    assert(!this.hasAdd(dot), "an add is added once");
    const member = this.#member(value);
    const add = { dot, member, isCounted: true, removedBy: new Removers() };
    member.adds.add(add);
    member.standing++;
    this.#adds.set(dotKey(dot), add);
    if (member.words !== null) this.#hear(member.words, dot.change, dot.index, true);
  }

  /** Whether an add counts. One that does not keeps its name, and who removes it. */
  count(dot: Dot, isCounted: boolean): void {
    const add = this.#adds.get(dotKey(dot));
    assert(add !== undefined, "what is counted was added");
    alter(add, () => {
      add.isCounted = isCounted;
    });
  }

  /** `before`: the number that the next element of the change has. */
  remove(value: Scalar, dots: readonly Dot[], change: Slot, before: number): void {
    if (this.kind === "set") {
      this.unset(dots, change);
      return;
    }
    const member = this.#member(value);
    const name = dotKey({ change, index: before });
    const said = member.removes.get(name);
    if (said === undefined) member.removes.set(name, { change, before, times: 1 });
    else said.times++;
    if (member.words !== null) this.#hear(member.words, change, before, false);
  }

  /** Takes one `remove` back. */
  unremove(value: Scalar, dots: readonly Dot[], change: Slot, before: number): void {
    if (this.kind === "set") {
      this.restore(dots, change);
      return;
    }
    const member = this.#member(value);
    const name = dotKey({ change, index: before });
    const said = member.removes.get(name);
    assert(said !== undefined, "what is taken back was done");
    if (--said.times === 0) member.removes.delete(name);
    member.words = null;
  }

  /** Marks the named adds as gone by a change. Idempotent per change. */
  unset(dots: readonly Dot[], by: Slot): void {
    for (const add of this.#named(dots)) {
      alter(add, () => {
        add.removedBy.add(by);
      });
    }
  }

  /** Takes one change's `unset` back. */
  restore(dots: readonly Dot[], by: Slot): void {
    for (const add of this.#named(dots)) {
      alter(add, () => {
        add.removedBy.delete(by);
      });
    }
  }

  /** Forgets an add that nothing refers to: a draft rolled back. */
  forget(dot: Dot): void {
    const add = this.#adds.get(dotKey(dot));
    assert(add !== undefined && stands(add), "what is forgotten stands");
    this.#adds.delete(dotKey(dot));
    add.member.adds.delete(add);
    add.member.standing--;
    add.member.words = null;
  }

  dump(out: ImageOut): void {
    const adds = [...this.#adds.values()].map(({ dot, member, isCounted, removedBy }) => [
      dot,
      member.value,
      isCounted,
      removedBy,
    ]);
    const removed = [...this.#members.values()].filter(({ removes }) => removes.size > 0);
    const removes = removed.map(({ value, removes: said }) => [value, [...said.values()]]);
    out.json([adds, removes]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const [adds, removes] = from.json() as [[Dot, Scalar, boolean, Slot[]][], [Scalar, Remove[]][]];
    for (const [value, said] of removes)
      for (const remove of said)
        this.#member(value).removes.set(dotKey({ change: remove.change, index: remove.before }), remove);
    for (const [dot, value, isCounted, removedBy] of adds) {
      const member = this.#member(value);
      const add = { dot, member, isCounted, removedBy: new Removers(removedBy) };
      member.adds.add(add);
      if (stands(add)) member.standing++;
      this.#adds.set(dotKey(dot), add);
    }
  }

  #member(value: Scalar): Member {
    const name = nameOf(value);
    let member = this.#members.get(name);
    if (member === undefined) {
      member = { value, adds: new Set(), standing: 0, removes: new Map(), words: null };
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

function stands({ isCounted, removedBy }: Add): boolean {
  return isCounted && removedBy.isNone;
}

function alter(add: Add, alteration: () => void): void {
  const before = stands(add);
  alteration();
  if (stands(add) === before) return;
  add.member.standing += before ? -1 : 1;
  add.member.words = null;
}

/** Canonical JSON of a plain value, as node.ts writes it. */
function nameOf(value: Scalar): string {
  return JSON.stringify(value);
}
