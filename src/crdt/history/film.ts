// All letters that a text ever had, in document order, each with the change that made it and those that deleted it. Letters
// never change places and are never dropped, so any version of the text is a walk along this one row:
//
//     a letter shows in a version  ⇔  its change counts there, and none that deleted it does        (effective.ts)
//
// The replica's tree remembers who deleted a letter as long as that counts now, so the deletes of what is set aside now are
// handed in besides: they may count in some version, or tomorrow.
//
// A walk takes about a millisecond for 200,000 letters, from anywhere to anywhere, where masking a tree takes as long as the
// versions lie apart (1.6 s for half of automerge-paper; it is done for what is no text: rewinding.ts). A film knows nothing
// of what comes after it was taken.

import { assert } from "../assert.ts";
import type { Slot, Span } from "../types/dot.ts";
import type { TextNode } from "../types/node.ts";
import type { Marks } from "./effective.ts";

const NOBODY = -1;
/** Units that are made a string at once: fewer than any engine takes as arguments. */
const STRING_UNITS = 8192;

/** How a letter stands to two versions; those that neither shows are not told. */
export type Kept = "same" | "deleted" | "inserted";

/** The text in [from, to) becomes `insert`. All steps hold in the text before, ascending, and do not touch. */
export interface TextStep {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** Letters of one change that another one deleted, which is set aside. */
export interface Deleted {
  readonly start: number;
  readonly length: number;
  readonly by: Slot;
}

/** Letters in a row that came in one change, or in several that are taken as one. */
export interface Stretch {
  readonly from: number;
  to: number;
  readonly change: Slot;
}

export class Film {
  readonly #units: Uint16Array;
  readonly #makers: Int32Array;
  /** One change, `NOBODY`, or a list of several: -2 and below. */
  readonly #deleters: Int32Array;
  readonly #lists: (readonly Slot[])[] = [];
  /** 1 for each letter that showed in the tree when the film was taken, drafts and all. */
  readonly #shown: Uint8Array<ArrayBuffer>;

  /** A film of `length` letters that is still to be exposed: `take` does. */
  private constructor(length: number) {
    this.#units = new Uint16Array(length);
    this.#makers = new Int32Array(length);
    this.#deleters = new Int32Array(length).fill(NOBODY);
    this.#shown = new Uint8Array(length);
  }

  /** `aside`: by the change that made the letters. Nothing may happen to the text meanwhile. */
  static take(node: TextNode, aside: ReadonlyMap<Slot, readonly Deleted[]> = new Map()): Film {
    const runs = [...node.text.everything()];
    const film = new Film(runs.reduce((sum, { content }) => sum + content.length, 0));
    let at = 0;
    for (const { content, spans, shows, deleters } of runs) {
      const end = at + content.length;
      for (let i = 0; i < content.length; i++) film.#units[at + i] = content.charCodeAt(i);
      if (deleters.length > 0)
        film.#deleters.fill(deleters.length === 1 ? deleters[0]! : film.#keep(deleters), at, end);
      if (shows) film.#shown.fill(1, at, end);
      for (const span of spans) {
        for (let i = 0; i < span.length; i++) film.#makers[at + i] = span.change;
        if (aside.size > 0) film.#addAside(span, at, aside.get(span.change) ?? []);
        at += span.length;
      }
    }
    return film;
  }

  #addAside({ start, length }: Span, at: number, aside: readonly Deleted[]): void {
    for (const more of aside) {
      const end = Math.min(more.start + more.length, start + length);
      for (let i = Math.max(more.start, start); i < end; i++) this.#addDeleter(at + i - start, more.by);
    }
  }

  #keep(deleters: readonly Slot[]): number {
    return -1 - this.#lists.push(deleters);
  }

  #addDeleter(i: number, by: Slot): void {
    const known = this.#deleters[i]!;
    if (known === NOBODY) this.#deleters[i] = by;
    else this.#deleters[i] = this.#keep(known >= 0 ? [known, by] : [...this.#lists[-2 - known]!, by]);
  }

  get length(): number {
    return this.#units.length;
  }

  #shows(i: number, effective: Marks): boolean {
    if (effective[this.#makers[i]!] !== 1) return false;
    const by = this.#deleters[i]!;
    if (by === NOBODY) return true;
    if (by >= 0) return effective[by] !== 1;
    for (const one of this.#lists[-2 - by]!) if (effective[one] === 1) return false;
    return true;
  }

  text(effective: Marks): string {
    const units = new Uint16Array(this.length);
    let length = 0;
    for (let i = 0; i < this.length; i++) if (this.#shows(i, effective)) units[length++] = this.#units[i]!;
    return stringOf(units.subarray(0, length));
  }

  /** What shows in [from, to), by the change that made it, or that made the first of several letters of one kind. */
  makers(effective: Marks, from: number, to: number, isOne: (a: Slot, b: Slot) => boolean): Stretch[] {
    const out: Stretch[] = [];
    let at = 0;
    let last: Stretch | null = null;
    for (let i = 0; i < this.length && at < to; i++) {
      if (!this.#shows(i, effective)) continue;
      if (at >= from) {
        const change = this.#makers[i]!;
        if (last !== null && (last.change === change || isOne(last.change, change))) last.to = at + 1;
        else {
          last = { from: at, to: at + 1, change };
          out.push(last);
        }
      }
      at++;
    }
    if (at < to) throw new RangeError(`Expected a range in 0 … ${at}, got ${from} … ${to}`);
    return out;
  }

  /**
   * Tells, stretch by stretch in document order, how the text of one version becomes that of another, and by which change:
   * the first of several that deleted a letter, by `compare`. A stretch ends where something else becomes of the letters, or
   * where they are not of one kind by `isOne`; told is the change of its first letter.
   */
  compare(
    before: Marks,
    after: Marks,
    compare: (a: Slot, b: Slot) => number,
    isOne: (a: Slot, b: Slot) => boolean,
    tell: (kind: Kept, text: string, change: Slot) => void,
  ): void {
    let start = 0;
    let kind: Kept | null = null;
    let change = NOBODY;
    const units = new Uint16Array(this.length);
    let length = 0;
    for (let i = 0; i < this.length; i++) {
      const [was, is] = [this.#shows(i, before), this.#shows(i, after)];
      if (!was && !is) continue;
      const now = was && is ? "same" : is ? "inserted" : "deleted";
      const by =
        now === "same" ? NOBODY : now === "inserted" ? this.#makers[i]! : this.#deleter(i, after, compare);
      if (now !== kind || (by !== change && !isOne(by, change))) {
        if (kind !== null) tell(kind, stringOf(units.subarray(start, length)), change);
        start = length;
        kind = now;
        change = by;
      }
      units[length++] = this.#units[i]!;
    }
    if (kind !== null) tell(kind, stringOf(units.subarray(start, length)), change);
  }

  /** Who deleted a letter; of one that went since its change does not count there, who made it. */
  #deleter(i: number, after: Marks, compare: (a: Slot, b: Slot) => number): Slot {
    const maker = this.#makers[i]!;
    if (after[maker] !== 1) return maker;
    const by = this.#deleters[i]!;
    if (by >= 0) return by;
    const [first] = this.#lists[-2 - by]!.filter(slot => after[slot] === 1).sort(compare);
    assert(first !== undefined, "a letter whose change counts is gone because somebody deleted it");
    return first;
  }

  /**
   * What makes a version of the text that showed when the film was taken: the fewest letters deleted and typed anew. What
   * both show stays untouched; of what lies between, only what does not read the same at both ends is replaced, since what
   * was restored once is new letters that read like the old ones.
   */
  stepsTo(effective: Marks): TextStep[] {
    const steps: TextStep[] = [];
    const [deleted, inserted]: [number[], number[]] = [[], []];
    let at = 0;
    const close = () => {
      if (deleted.length + inserted.length === 0) return;
      const step = trimmed(
        at - deleted.length,
        stringOf(Uint16Array.from(deleted)),
        stringOf(Uint16Array.from(inserted)),
      );
      if (step !== null) steps.push(step);
      deleted.length = 0;
      inserted.length = 0;
    };
    for (let i = 0; i < this.length; i++) {
      const [is, shall] = [this.#shown[i] === 1, this.#shows(i, effective)];
      if (is && shall) close();
      else if (is) deleted.push(this.#units[i]!);
      else if (shall) inserted.push(this.#units[i]!);
      if (is) at++;
    }
    close();
    return steps;
  }
}

/** Without what is alike at both ends; never through the middle of a surrogate pair. */
function trimmed(from: number, deleted: string, inserted: string): TextStep | null {
  if (deleted === inserted) return null;
  const most = Math.min(deleted.length, inserted.length);
  let start = 0;
  while (start < most && deleted[start] === inserted[start]) start++;
  if (start > 0 && isHigh(deleted, start - 1)) start--;
  let end = 0;
  while (end < most - start && deleted.at(-1 - end) === inserted.at(-1 - end)) end++;
  if (end > 0 && isLow(deleted, deleted.length - end)) end--;
  return {
    from: from + start,
    to: from + deleted.length - end,
    insert: inserted.slice(start, inserted.length - end),
  };
}

function isHigh(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isLow(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

function stringOf(units: Uint16Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += STRING_UNITS)
    text += String.fromCharCode(...units.subarray(i, i + STRING_UNITS));
  return text;
}
