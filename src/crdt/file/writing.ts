// The changes of a replica as a segment of a file (docs/wire-format.md §13.4). What can be worked out from the changes
// before is left out: ids, numbers, depths, totals, parents that are just the previous change. What stands here is who
// wrote each change, what it builds on where that is not his last one, what it says, and what proves it.

import { assert } from "../assert.ts";
import { type Bytes, encodeUtf8, mustFromHex, Writer } from "../graph/bytes.ts";
import type { ChangeId, DeviceId, DocId } from "../graph/change.ts";
import { concat } from "../graph/crypto.ts";
import { NAME_BYTES } from "../graph/names.ts";
import type { SignedRun, VerifiedChange } from "../graph/verify.ts";
import type { WrittenChange } from "../graph/written.ts";
import { SEGMENT_CHANGES_MAX, SEGMENT_INFLATED_BYTES_MAX } from "../limits.ts";
import { RareOut, RunsOut } from "./columns.ts";
import { beginFile, packColumns, SEGMENT, writeSegment } from "./container.ts";
import { Ledger, NONE } from "./ledger.ts";
import { Proofs, unproven } from "./proofs.ts";
import { TextOpsOut } from "./text-ops.ts";

/** What a file is made of. A `Replica` is one. */
export interface Source {
  readonly doc: DocId;
  readonly device: DeviceId;
  readonly laneTips: readonly { readonly author: DeviceId; readonly id: ChangeId }[];
  readonly heads: readonly ChangeId[];
  changes(): Iterable<VerifiedChange>;
  get(id: ChangeId): VerifiedChange | undefined;
  proofOf(id: ChangeId): SignedRun | null;
  canonicalJson(): string;
  /** Whether that is what the heads stand for. */
  readonly showsHeads: boolean;
  /** Proofs of two-faced devices that do not follow from the changes. */
  readonly forks: { readonly beside: readonly Bytes[] };
}

// wire §13.4: how a change is told.
export const FORM = { text: 0, written: 1 } as const;

/** The columns of a segment besides those of text-ops.ts. */
class Columns {
  readonly keys = new Writer();
  readonly #authors = new Writer();
  readonly authors = new RunsOut(this.#authors);
  readonly prevs = new RareOut(new Writer());
  readonly parents = new RareOut(new Writer());
  readonly times = new RareOut(new Writer());
  readonly #forms = new Writer();
  readonly forms = new RunsOut(this.#forms);
  readonly references = new Writer();
  readonly bodies = new Writer();
  readonly closings = new RareOut(new Writer());
  readonly witnesses = new Writer();
  readonly signatures = new Writer();

  get size(): number {
    return [this.#authors, this.keys, this.prevs.out, this.parents.out, this.references, this.bodies].reduce(
      (sum, { length }) => sum + length,
      0,
    );
  }

  finish(): Bytes[] {
    this.authors.finish();
    this.forms.finish();
    return [
      this.#authors,
      this.keys,
      this.prevs.out,
      this.parents.out,
      this.times.out,
      this.#forms,
      this.references,
      this.bodies,
      this.closings.out,
      this.witnesses,
      this.signatures,
    ].map(column => column.finish());
  }
}

/** So many columns has a segment of its own. */
export const OWN_COLUMNS = 11;

/** Writes a file and goes on with it: each segment takes what is new since the one before. */
export class FileWriter {
  readonly #source: Source;
  readonly #ledger: Ledger;
  readonly #proofs: Proofs;
  #columns = new Columns();
  #text: TextOpsOut;
  /** The number of the first change of this segment. */
  #first: number;
  #lastTime = 0;

  /** `ledger` is that of the file so far, which a reader has; by default there is none yet. */
  constructor(source: Source, ledger = new Ledger()) {
    this.#source = source;
    this.#ledger = ledger;
    this.#first = ledger.count;
    this.#text = new TextOpsOut(ledger);
    this.#proofs = new Proofs(id => source.proofOf(id));
  }

  /** The segments of everything that the file does not hold yet; empty if there is nothing. */
  segments(): Bytes {
    const { device, laneTips } = this.#source;
    const own = laneTips.filter(({ author }) => author === device);
    const without = unproven(
      own,
      id => this.#source.get(id),
      id => this.#source.proofOf(id),
    );
    const segments: Bytes[] = [];
    for (const verified of this.#source.changes()) {
      if (without.size > 0 && without.has(verified.id)) continue;
      const { change } = verified;
      if (this.#ledger.find(change.view, change.end) >= 0) continue;
      this.#add(verified, change);
      if (this.#isFull) segments.push(this.#finish());
    }
    if (this.#ledger.count > this.#first) segments.push(this.#finish());
    return concat(...segments);
  }

  get #isFull(): boolean {
    return (
      this.#ledger.count - this.#first === SEGMENT_CHANGES_MAX ||
      this.#columns.size + this.#text.size > SEGMENT_INFLATED_BYTES_MAX / 4
    );
  }

  #add(verified: VerifiedChange, change: WrittenChange): void {
    const ledger = this.#ledger;
    const number = ledger.count;
    const at = number - this.#first;
    const isNew = !ledger.hasAuthor(change.author);
    const author = ledger.authorOf(change.author);
    if (isNew) this.#columns.keys.hex(change.author);
    this.#columns.authors.push(author);

    const prev = change.prevAt < 0 ? NONE : ledger.find(change.view, change.prevAt);
    assert(change.prevAt < 0 === prev < 0, "the previous change is in the file");
    if (prev !== ledger.newestOf(author)) {
      this.#columns.prevs.at(at);
      this.#columns.prevs.out.varint(prev < 0 ? 0 : number - prev);
    }
    const refs = [number, prev];
    const others = this.#otherParents(change, prev, refs);
    if (!change.isNext) this.#writeParents(at, number, others, change.parentCount > others.length);
    if (change.time !== null) {
      this.#columns.times.at(at);
      this.#columns.times.out.signed(change.time - this.#lastTime);
      this.#lastTime = change.time;
    }
    const listedFrom = refs.length;
    for (let i = 0; i < change.listedCount; i++)
      refs.push(ledger.find(change.view, change.listedAt + i * NAME_BYTES));
    const isText = this.#text.takes(change, refs);
    this.#columns.forms.push(isText ? FORM.text : FORM.written);
    if (isText) this.#text.write(change, refs, author);
    else this.#writeWritten(change, refs.slice(listedFrom), number);
    ledger.add(change);
    this.#proofs.add(number, prev, verified, change.runBytes, change.end - change.start);
  }

  /** The parents besides the previous change, as they are written; they are references too. */
  #otherParents(change: WrittenChange, prev: number, refs: number[]): number[] {
    const others: number[] = [];
    for (let i = 0; i < change.parentCount; i++) {
      const parent = this.#ledger.find(change.view, change.parentsAt + i * NAME_BYTES);
      if (parent === prev) continue;
      others.push(parent);
      refs.push(parent);
    }
    return others;
  }

  #writeParents(at: number, number: number, others: readonly number[], hasPrev: boolean): void {
    const { out } = this.#columns.parents;
    this.#columns.parents.at(at);
    out.varint(others.length * 2 + (hasPrev ? 1 : 0));
    for (const parent of others) out.varint(number - parent);
  }

  /** The table of references by numbers, and what follows it as it is. */
  #writeWritten(change: WrittenChange, listed: readonly number[], number: number): void {
    const { references, bodies } = this.#columns;
    references.varint(change.ops.length);
    references.varint(listed.length);
    for (const other of listed) references.varint(number - other);
    const start = change.listedAt + listed.length * NAME_BYTES;
    bodies.varint(change.end - start);
    bodies.copy(change.buffer, start, change.end);
  }

  #finish(): Bytes {
    const { closings, witnesses, signatures } = this.#columns;
    for (const { change, signature, witnesses: beside } of this.#proofs.finish()) {
      closings.at(change - this.#first);
      closings.out.varint(beside.length);
      for (const bytes of beside) {
        witnesses.varint(bytes.length);
        witnesses.bytes(bytes);
      }
      signatures.bytes(signature);
    }
    const count = new Writer();
    count.varint(this.#ledger.count - this.#first);
    const columns = packColumns([...this.#columns.finish(), ...this.#text.finish()]);
    this.#columns = new Columns();
    this.#text = new TextOpsOut(this.#ledger);
    this.#first = this.#ledger.count;
    this.#lastTime = 0;
    return writeSegment(SEGMENT.history, concat(count.finish(), columns));
  }
}

/** How a file is to be. */
export interface Saving {
  /** With one its text shows before its history is read: "small" for a file that travels, which becomes a third larger;
   * "fast" for a store of one's own, where inflating would take longer than all else. There is none where a draft is open or
   * something is masked. */
  readonly snapshot?: "none" | "small" | "fast";
}

/**
 * The whole signed history as one file. Own changes that are not signed yet are not in it: they prove nothing. The same
 * changes in the same order of arrival give the same bytes.
 */
export function save(source: Source, { snapshot = "none" }: Saving = {}): Bytes {
  const parts: Bytes[] = [beginFile(mustFromHex(source.doc))];
  // What a reader will find otherwise is refused with the whole file, and a store that takes no draft may stay so.
  if (snapshot !== "none" && source.showsHeads) parts.push(snapshotOf(source, snapshot === "small"));
  parts.push(new FileWriter(source).segments());
  const { beside } = source.forks;
  if (beside.length > 0) parts.push(proofsOf(beside));
  return concat(...parts);
}

/** wire §13.7: the heads, then what shows. */
function snapshotOf(source: Source, isSmall: boolean): Bytes {
  const heads = concat(...source.heads.map(mustFromHex));
  const columns = [heads, encodeUtf8(source.canonicalJson())];
  return writeSegment(SEGMENT.snapshot, packColumns(columns, isSmall));
}

/** wire §13.9: what says that devices are two-faced of which not both faces are among the changes. */
function proofsOf(proofs: readonly Bytes[]): Bytes {
  const out = new Writer();
  out.varint(proofs.length);
  for (const proof of proofs) {
    out.varint(proof.length);
    out.bytes(proof);
  }
  return writeSegment(SEGMENT.proofs, out.finish());
}
