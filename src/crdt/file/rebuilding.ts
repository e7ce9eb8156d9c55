// The changes of one segment, made again out of its columns, byte for byte (docs/wire-format.md §13.4). Nothing here is
// believed: what comes out is decoded and judged like anything that the network brings, and it is bounded before it is
// made. What must not happen for any bytes is an exception or work that the size of the file does not explain.

import { type Bytes, Malformed, mustFromHex, Reader, toHex, Writer } from "../graph/bytes.ts";
import type { DeviceId, DocId } from "../graph/change.ts";
import { decode, WIRE_VERSION, writeChange } from "../graph/codec.ts";
import { refer } from "../graph/compose.ts";
import { SIGNATURE_BYTES } from "../graph/ed25519.ts";
import { NAME_BYTES, viewOf } from "../graph/names.ts";
import { roomFor, Typing, typesOn } from "../graph/typing.ts";
import { WrittenChange } from "../graph/written.ts";
import {
  CHANGE_BYTES_MAX,
  CHANGE_OPS_MAX,
  PARENTS_MAX,
  RUN_CHANGES_MAX,
  SEGMENT_CHANGES_MAX,
} from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { RareIn, RunsIn } from "./columns.ts";
import { unpackColumns } from "./container.ts";
import { type Ledger, NONE } from "./ledger.ts";
import { TEXT_COLUMNS, TextOpsIn } from "./text-ops.ts";
import { FORM, OWN_COLUMNS } from "./writing.ts";

/** Room for changes one after the other, each behind its body, which its header counts; it grows for a large one. */
const SHEET_BYTES = 64 * 1024;

/** What stands in the columns about a change, whatever it says; changes and authors by their numbers. */
interface Heading {
  readonly author: number;
  readonly prev: number;
  readonly parents: readonly number[];
  readonly time: number | null;
}

export interface Rebuilt {
  /** Hashed. Only who reads its bytes knows whether they are well formed. */
  readonly change: WrittenChange;
  /** The number of the author's change before, or `NONE`. */
  readonly prev: number;
  /** Where a run ends: what proves it. */
  readonly closing: { readonly signature: Bytes; readonly witnesses: readonly Bytes[] } | null;
}

/** Fewer are not worth a look. */
const TYPING_MIN = 4;

/** How many changes a segment says that it holds. */
export function countOf(bytes: Uint8Array): number {
  return new Reader(bytes).varint(SEGMENT_CHANGES_MAX);
}

/** All but `next` throw `Malformed`. */
export class Rebuilding {
  readonly count: number;
  readonly #doc: DocId;
  readonly #ledger: Ledger;
  readonly #first: number;
  readonly #authors: RunsIn;
  readonly #keys: Reader;
  readonly #prevs: RareIn;
  readonly #parents: RareIn;
  readonly #times: RareIn;
  readonly #forms: RunsIn;
  readonly #references: Reader;
  readonly #bodies: Reader;
  readonly #closings: RareIn;
  readonly #witnesses: Reader;
  readonly #signatures: Reader;
  readonly #text: TextOpsIn;
  #lastTime = 0;
  #sheet = new Writer(SHEET_BYTES);
  /** The change made last, where others may type on from it. */
  #typed: WrittenChange | null = null;
  #typingSheet = new Uint8Array(SHEET_BYTES);
  #typingView = viewOf(this.#typingSheet);
  #typingAt = 0;
  /** What the changes of an author begin with. */
  readonly #beginnings: Bytes[] = [];

  constructor(bytes: Uint8Array, doc: DocId, ledger: Ledger) {
    this.#doc = doc;
    this.#ledger = ledger;
    this.#first = ledger.count;
    const input = new Reader(bytes);
    this.count = input.varint(SEGMENT_CHANGES_MAX);
    const columns = unpackColumns(input, OWN_COLUMNS + TEXT_COLUMNS, bytes);
    const [authors, keys, prevs, parents, times, forms, references, bodies, closings, witnesses, signatures] =
      columns as [Uint8Array, ...Uint8Array[]];
    this.#authors = new RunsIn(authors);
    this.#keys = new Reader(keys!);
    this.#prevs = new RareIn(prevs!);
    this.#parents = new RareIn(parents!);
    this.#times = new RareIn(times!);
    this.#forms = new RunsIn(forms!);
    this.#references = new Reader(references!);
    this.#bodies = new Reader(bodies!);
    this.#closings = new RareIn(closings!);
    this.#witnesses = new Reader(witnesses!);
    this.#signatures = new Reader(signatures!);
    this.#text = new TextOpsIn(ledger, columns.slice(OWN_COLUMNS));
  }

  get isDone(): boolean {
    return this.#ledger.count === this.#first + this.count;
  }

  /** The next change; the ledger has it now. */
  next(): Rebuilt | Refusal {
    try {
      return this.#next();
    } catch (error) {
      if (error instanceof Malformed) return refuse("FileDamaged", error.message);
      throw error;
    }
  }

  #next(): Rebuilt | Refusal {
    const ledger = this.#ledger;
    const number = ledger.count;
    const at = number - this.#first;
    const author = this.#author();
    let prev = ledger.newestOf(author);
    if (this.#prevs.isAt(at)) {
      prev = this.#before(number, this.#prevs.in.varint());
      this.#prevs.done();
    }
    const parents = this.#parentsAt(at, number, prev);
    const time = this.#timeAt(at);
    const form = this.#forms.next();
    if (form !== FORM.text && form !== FORM.written) throw new Malformed("unknown form");
    const heading = { author, prev, parents, time };
    const change = form === FORM.text ? this.#told(number, heading) : this.#copied(number, heading);
    if ("ok" in change) return change;
    // What follows the change right before it was nowhere before: it names that one, which is there once.
    const isTwice = prev !== number - 1 && ledger.find(change.view, change.end) >= 0;
    if (isTwice) throw new Malformed("a change twice");
    ledger.add(change);
    this.#typed = form === FORM.text && this.#text.hasTypedOn && typesOn(change) ? change : null;
    return { change, prev, closing: this.#closingAt(at) };
  }

  /**
   * The next changes, so long as they only type on from the one before, in one go; the ledger has them now. Null where there
   * are few of them, or none. At most so many changes, with so many bytes of bodies; none of them ends a run.
   */
  typing(room: { readonly changes: number; readonly bytes: number }): Typing | null {
    const before = this.#typed;
    if (before === null) return null;
    const at = this.#ledger.count - this.#first;
    const each = roomFor(before);
    if (SHEET_BYTES - this.#typingAt < each * TYPING_MIN) this.#newTypingSheet();
    let count = Math.min(room.changes, Math.floor(room.bytes / each), this.count - at);
    count = Math.min(count, Math.floor((SHEET_BYTES - this.#typingAt) / each));
    for (const column of [this.#authors, this.#forms]) count = Math.min(count, column.left);
    for (const column of [this.#prevs, this.#parents, this.#times, this.#closings])
      count = Math.min(count, column.leftFrom(at));
    const author = this.#ledger.authorAt(at + this.#first - 1);
    count = this.#text.typedOn(count, author);
    if (count < TYPING_MIN) return null;
    for (const column of [this.#authors, this.#forms]) column.skip(count);
    const bodies = this.#text.typeOn(count, author, before);
    const typing = new Typing(before, bodies, this.#typingSheet, this.#typingView, this.#typingAt);
    this.#typingAt = typing.last.end + NAME_BYTES;
    for (let i = 0; i < count; i++) this.#ledger.add(typing.at(i));
    this.#typed = typing.last;
    return typing;
  }

  #newTypingSheet(): void {
    this.#typingSheet = new Uint8Array(SHEET_BYTES);
    this.#typingView = viewOf(this.#typingSheet);
    this.#typingAt = 0;
  }

  #author(): number {
    const number = this.#authors.next();
    const { devices } = this.#ledger;
    if (number > devices.length) throw new Malformed("no such author");
    if (number === devices.length) {
      const start = this.#keys.bytes(NAME_BYTES);
      const device = toHex(start) as DeviceId;
      if (this.#ledger.hasAuthor(device)) throw new Malformed("an author twice");
      this.#ledger.authorOf(device);
    }
    return number;
  }

  /** The change so far before another; 0 is none. */
  #before(number: number, distance: number): number {
    if (distance > number) throw new Malformed("no such change");
    return distance === 0 ? NONE : number - distance;
  }

  /** Sorted by id. */
  #parentsAt(at: number, number: number, prev: number): number[] {
    if (!this.#parents.isAt(at)) return prev < 0 ? [] : [prev];
    const input = this.#parents.in;
    const count = input.varint(PARENTS_MAX * 2 + 1);
    const parents: number[] = [];
    if (count % 2 === 1) {
      if (prev < 0) throw new Malformed("no previous change");
      parents.push(prev);
    }
    for (let left = count >> 1; left > 0; left--) {
      const parent = this.#before(number, input.varint());
      if (parent < 0 || parent === prev || parents.includes(parent)) throw new Malformed("parents");
      parents.push(parent);
    }
    this.#parents.done();
    return parents.sort((a, b) => this.#ledger.compareIds(a, b));
  }

  #timeAt(at: number): number | null {
    if (!this.#times.isAt(at)) return null;
    this.#lastTime += this.#times.in.signed();
    this.#times.done();
    if (!(this.#lastTime >= 0 && this.#lastTime < Number.MAX_SAFE_INTEGER)) throw new Malformed("time");
    return this.#lastTime;
  }

  /** Of ops on text that the columns tell. Written as its author wrote it, if its author wrote it; who takes it reads it
   * again. */
  #told(number: number, { author, prev, parents, time }: Heading): WrittenChange | Refusal {
    const ledger = this.#ledger;
    const ops = this.#text.read(number, author);
    // wire §4: references are numbered, and sets written, in the one way there is.
    const { listed, local } = refer(ledger, ops, number, prev, parents);
    if (listed.length > CHANGE_OPS_MAX) throw new Malformed("too many references");
    const heading = {
      doc: this.#doc,
      author: ledger.devices[author]!,
      seq: ledger.seqAt(prev) + 1,
      prev,
      parents,
      depth: ledger.depthAbove(parents),
      opTotal: ledger.opTotalAt(prev) + ops.length,
      byteTotal: ledger.byteTotalAt(prev),
      time,
    };
    const change = writeChange(heading, ledger, listed, local);
    const size = change.end - change.start;
    return size > CHANGE_BYTES_MAX ? refuse("BytesTooLarge", `${size} bytes`) : change;
  }

  /** Of a body that the file has as it is written. */
  #copied(number: number, heading: Heading): WrittenChange | Refusal {
    if (this.#sheet.length > SHEET_BYTES / 2) this.#sheet = new Writer(SHEET_BYTES);
    const bodyAt = this.#sheet.length;
    const opTotal = this.#ledger.opTotalAt(heading.prev) + this.#references.varint(CHANGE_OPS_MAX);
    this.#copyBody(number);
    return decode(this.#write(bodyAt, heading, opTotal));
  }

  /** The table of references, and what stands behind it. */
  #copyBody(number: number): void {
    const count = this.#references.count(CHANGE_OPS_MAX);
    this.#sheet.varint(count);
    for (let left = count; left > 0; left--) {
      const other = this.#before(number, this.#references.varint());
      if (other < 0) throw new Malformed("no such change");
      this.#ledger.writeId(other, this.#sheet);
    }
    const length = this.#bodies.count(CHANGE_BYTES_MAX);
    const bytes = this.#bodies.bytes(length);
    this.#sheet.bytes(bytes);
  }

  /** wire §3: what is not in the file is worked out. */
  #write(bodyAt: number, { author, prev, parents, time }: Heading, opTotal: number): WrittenChange {
    const ledger = this.#ledger;
    const out = this.#sheet;
    const length = out.length - bodyAt;
    const start = out.length;
    if (parents.length === 0) out.bytes(beginningOf(null, ledger.devices[author]!));
    else {
      this.#beginnings[author] ??= beginningOf(this.#doc, ledger.devices[author]!);
      out.copy(this.#beginnings[author], 0, this.#beginnings[author].length);
    }
    out.varint(ledger.seqAt(prev) + 1);
    if (prev >= 0) ledger.writeId(prev, out);
    if (parents.length === 0 || (parents.length === 1 && parents[0] === prev)) out.varint(0);
    else {
      out.varint(parents.length);
      for (const parent of parents) ledger.writeId(parent, out);
    }
    out.varint(ledger.depthAbove(parents));
    out.varint(opTotal);
    out.varint(ledger.byteTotalAt(prev) + length);
    out.varint(0);
    out.varint(time === null ? 0 : time + 1);
    out.again(bodyAt, bodyAt + length);
    const end = out.length;
    out.skip(NAME_BYTES);
    return new WrittenChange(out.buffer, out.view, start, end);
  }

  #closingAt(at: number): Rebuilt["closing"] {
    if (!this.#closings.isAt(at)) return null;
    const count = this.#closings.in.varint(RUN_CHANGES_MAX);
    this.#closings.done();
    const witnesses: Bytes[] = [];
    for (let left = count; left > 0; left--)
      witnesses.push(this.#witnesses.bytes(this.#witnesses.count(CHANGE_BYTES_MAX)));
    return { signature: this.#signatures.bytes(SIGNATURE_BYTES), witnesses };
  }

  /** Everything was used. */
  end(): void {
    for (const column of [this.#authors, this.#prevs, this.#parents, this.#times, this.#forms]) column.end();
    for (const column of [this.#keys, this.#references, this.#bodies, this.#witnesses, this.#signatures])
      column.end();
    this.#closings.end();
    this.#text.end();
  }
}

/** wire §3: version, document, author. A genesis names no document. */
function beginningOf(doc: DocId | null, device: DeviceId): Bytes {
  const out = new Writer(80);
  out.byte(WIRE_VERSION);
  out.bytes(doc === null ? new Uint8Array(NAME_BYTES) : mustFromHex(doc));
  out.hex(device);
  return out.finish();
}
