// Runs of a file, whose changes come one by one with those of others between them, and wait for the signature of the
// newest. They may be many, and what was read of a change is many times its bytes: so nothing of it is kept but where its
// bytes stand, and it is read again when all are proven. Beside verify.ts the only one that makes a `VerifiedChange`.

import { assert } from "../assert.ts";
import { RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Span } from "../types/dot.ts";
import type { ContentOp, DeleteOp, InsertTextOp } from "../types/op.ts";
import type { Bytes } from "./bytes.ts";
import type { ChangeId } from "./change.ts";
import { readAgain } from "./codec.ts";
import type { Typing } from "./typing.ts";
import {
  Chain,
  type Inspector,
  type SignatureQuestion,
  type SignedRun,
  type SlotOf,
  type VerifiedChange,
  type VerifiedTyping,
  verifiedOf,
} from "./verify.ts";
import { WrittenChange } from "./written.ts";

/** Where in a buffer the bytes of a change stand, with its id behind them. */
type Stretch = Pick<WrittenChange, "buffer" | "view" | "start" | "end">;

export class SealedRun implements SignedRun {
  readonly #chain: Chain;
  /** Changes that type on stand together. */
  readonly #parts: (Stretch | Typing)[] = [];
  #length = 0;
  /** That count towards the length of the run. */
  #bytes = 0;
  #last: Stretch | null = null;
  #signature: Bytes | null = null;
  #isProven = false;

  constructor(inspector: Inspector) {
    this.#chain = new Chain(inspector);
  }

  /** Changes so far. */
  get length(): number {
    return this.#length;
  }

  /** Parts so far: the number of the next. */
  get parts(): number {
    return this.#parts.length;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  get changes(): readonly Bytes[] {
    return this.#parts.flatMap(part => {
      if ("start" in part) return [bytesOf(part)];
      return Array.from({ length: part.count }, (_, i) => bytesOf(part.at(i)));
    });
  }

  get signature(): Bytes {
    assert(this.#signature !== null, "a run that is passed on is signed");
    return this.#signature;
  }

  /** The next change, whose bytes stay as they are, with its id behind them. */
  add(change: WrittenChange): Refusal | null {
    if (this.length === RUN_CHANGES_MAX) return refuse("RunTooLong", `more than ${this.length} changes`);
    const refusal = this.#chain.add(change);
    if (refusal !== null) return refusal;
    const { buffer, view, start, end } = change;
    this.#last = { buffer, view, start, end };
    this.#parts.push(this.#last);
    this.#length++;
    this.#bytes += change.runBytes;
    return null;
  }

  /** How many changes, and how many bytes of bodies, may be added before one could be refused for being too much. */
  get room(): { readonly changes: number; readonly bytes: number } {
    return { changes: RUN_CHANGES_MAX - this.length, bytes: RUN_BODY_BYTES_MAX - this.#bytes };
  }

  /** The same of changes that type on from the last one, for which there is room. */
  addTyping(typing: Typing): void {
    this.#chain.addTyping(typing);
    this.#parts.push(typing);
    this.#last = typing.last;
    this.#length += typing.count;
    this.#bytes += typing.runBytes;
  }

  /** With the signature for the newest; all answers must be yes. */
  ask(signature: Uint8Array): readonly SignatureQuestion[] | Refusal {
    this.#signature = new Uint8Array(signature);
    return this.#chain.ask(this.#signature);
  }

  /** The answers. */
  prove(verdicts: readonly boolean[]): Refusal | null {
    const id = this.#id;
    if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", id.slice(0, 8));
    this.#isProven = true;
    return null;
  }

  get #id(): ChangeId {
    const { buffer, view, start, end } = this.#last!;
    return new WrittenChange(buffer, view, start, end).id;
  }

  /** Of a proven run: what stands in a part, whose first change is the `place`-th. */
  at(part: number, place: number): VerifiedChange | VerifiedTyping | Refusal {
    assert(this.#isProven, "a run is proven before it is read");
    const found = this.#parts[part]!;
    return "start" in found ? this.#read(found, place) : new SealedTyping(this, found, place, this.#read);
  }

  readonly #read = ({ buffer, view, start, end }: Stretch, place: number): VerifiedChange | Refusal => {
    const change = readAgain(new WrittenChange(buffer, view, start, end));
    if ("ok" in change) return change;
    const isLast = place === this.length - 1;
    return verifiedOf(change, isLast ? this.signature : null, this, place);
  };
}

class SealedTyping implements VerifiedTyping {
  readonly #typing: Typing;
  readonly #run: SealedRun;
  readonly #place: number;
  readonly #read: (stretch: Stretch, place: number) => VerifiedChange | Refusal;
  #one: VerifiedChange | null = null;

  constructor(
    run: SealedRun,
    typing: Typing,
    place: number,
    read: (stretch: Stretch, place: number) => VerifiedChange | Refusal,
  ) {
    this.#typing = typing;
    this.#run = run;
    this.#place = place;
    this.#read = read;
  }

  together(first: ContentOp, slotOf: SlotOf): ContentOp {
    const { bodies } = this.#typing;
    if ("text" in bodies) return { ...(first as InsertTextOp), text: bodies.text };
    const spans: Span[] = [];
    for (let i = 0; i < bodies.count; i++) {
      const { view, listedAt } = this.#typing.at(i);
      spans.push({ change: slotOf(view, listedAt), start: bodies.indexAt(i), length: 1 });
    }
    return { ...(first as DeleteOp), spans };
  }

  get count(): number {
    return this.#typing.count;
  }

  read(i: number): VerifiedChange {
    const verified = this.#read(this.#typing.at(i), this.#place + i);
    assert(!("ok" in verified), "what is typed on is as well formed as what it is typed on from");
    return verified;
  }

  at(i: number): VerifiedChange {
    this.#one ??= verifiedOf(this.#typing.at(i), null, this.#run, this.#place);
    // It is the same change each time, which says something else then.
    this.#typing.at(i);
    (this.#one as { position: number }).position = this.#place + i;
    return this.#one;
  }
}

function bytesOf({ buffer, start, end }: Stretch): Bytes {
  return buffer.subarray(start, end);
}
