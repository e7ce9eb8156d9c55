// A change as it is written: its bytes, what was read of them, and where in them other changes are named. Names are
// asked for as text by people and by the interface alone, so text is made of them when it is asked for; in here they are
// compared as bytes.
//
//     buffer   … │ bytes of the change │ its id │ …
//                start                 end      end + 32

import type { Slot } from "../types/dot.ts";
import type { Bytes } from "./bytes.ts";
import type { Change, ChangeId, DeviceId, DocId, Op } from "./change.ts";
import { nameAt } from "./hex.ts";
import { isSameName, NAME_BYTES, viewOf } from "./names.ts";

const NOBODY = "" as ChangeId;
const NO_OPS: readonly Op[] = [];
const NO_STARTS: readonly number[] = [];

/** Filled by the codec alone, and never written to after that. */
export class WrittenChange implements Change {
  readonly buffer: Bytes;
  /** Of the whole buffer. */
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  /** The document as it is named in the bytes; of a genesis it is nobody. */
  said: DocId = NOBODY;
  author = "" as DeviceId;
  seq = 0;
  /** -1 is none. */
  prevAt = -1;
  /** They stand in a row. One that is just the previous change is not written a second time. */
  parentsAt = 0;
  parentCount = 0;
  depth = 0;
  opTotal = 0;
  byteTotal = 0;
  time: number | null = null;
  /** wire §4: references that the body lists, in a row; and the number of the first of them. */
  listedAt = 0;
  listedCount = 0;
  listedFrom = 0;
  /** wire §5: where the ops begin, behind the table of paths. Known of a change that was read, 0 of one just written. */
  opsAt = 0;
  ops: readonly Op[] = NO_OPS;
  starts: readonly number[] = NO_STARTS;
  /** Elements that the ops make. */
  elements = 0;
  /** Whether there is an op about people. */
  isAboutPeople = false;
  /** Whether there is an op that takes earlier changes back. */
  isRetracting = false;
  bodyBytes = 0;

  constructor(buffer: Bytes, view: DataView, start: number, end: number) {
    this.buffer = buffer;
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** A copy of bytes, with room behind them for an id. */
  static of(bytes: Uint8Array): WrittenChange {
    const buffer = new Uint8Array(bytes.length + NAME_BYTES);
    buffer.set(bytes);
    return new WrittenChange(buffer, viewOf(buffer), 0, bytes.length);
  }

  /** A stretch of the buffer. */
  get bytes(): Bytes {
    return this.buffer.subarray(this.start, this.end);
  }

  get id(): ChangeId {
    return nameAt(this.buffer, this.end) as ChangeId;
  }

  get doc(): DocId {
    return this.parentCount === 0 ? this.id : this.said;
  }

  get prev(): ChangeId | null {
    return this.prevAt < 0 ? null : (nameAt(this.buffer, this.prevAt) as ChangeId);
  }

  get parents(): readonly ChangeId[] {
    const parents: ChangeId[] = [];
    for (let i = 0; i < this.parentCount; i++) parents.push(this.#name(this.parentsAt, i));
    return parents;
  }

  get refs(): readonly ChangeId[] {
    const { prev } = this;
    const refs = [NOBODY, prev ?? NOBODY];
    for (const parent of this.parents) if (parent !== prev) refs.push(parent);
    for (let i = 0; i < this.listedCount; i++) refs.push(this.#name(this.listedAt, i));
    return refs;
  }

  #name(at: number, i: number): ChangeId {
    return nameAt(this.buffer, at + i * NAME_BYTES) as ChangeId;
  }

  /** Whether the parents are just the previous change. */
  get isNext(): boolean {
    return this.parentsAt === this.prevAt;
  }

  isParent(i: number, at: number): boolean {
    const parent = this.parentsAt + i * NAME_BYTES;
    return parent === at || isSameName(this.view, parent, this.view, at);
  }

  /** Bytes that count towards the length of a signed run (wire §3.8): the body, and parents that are written out. */
  get runBytes(): number {
    return this.bodyBytes + (this.isNext ? 0 : this.parentCount * NAME_BYTES);
  }

  /** wire §4: how many references have a number before the body lists any: the change, the previous one, the parents. */
  get impliedCount(): number {
    const { prevAt, parentCount } = this;
    if (prevAt >= 0)
      for (let i = 0; i < parentCount; i++) if (this.isParent(i, prevAt)) return 1 + parentCount;
    return 2 + parentCount;
  }

  /** Whether another change is the next one of the same device's chain. */
  isFollowedBy(next: WrittenChange): boolean {
    return (
      next.author === this.author &&
      next.seq === this.seq + 1 &&
      next.prevAt >= 0 &&
      isSameName(next.view, next.prevAt, this.view, this.end)
    );
  }
}

/** The slots of what a change builds on; -1 is what is not here, and no previous change. */
export interface Ancestors {
  readonly prev: Slot;
  readonly parents: readonly Slot[];
}
