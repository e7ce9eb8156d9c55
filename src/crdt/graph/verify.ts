// From bytes to a verified change, in two halves around the signature check, which the caller makes (it may take
// time; nothing in this ring waits). With sealed.ts the only file that can make a `VerifiedChange`. Verdicts here are of tiers T0
// and T1: they depend on the change and the document alone and never alter.

import { RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "../limits.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Slot, Span } from "../types/dot.ts";
import type { ContentOp, DeleteOp, InsertTextOp } from "../types/op.ts";
import { type Bytes, mustFromHex } from "./bytes.ts";
import type { ChangeId, DeviceId, DocId, Op } from "./change.ts";
import { decode, decodeChange, readChange } from "./codec.ts";
import { concat, tag } from "./crypto.ts";
import { KeyVerdicts, SIGNATURE_BYTES } from "./ed25519.ts";
import { writeHex } from "./hex.ts";
import { NAME_BYTES, viewOf } from "./names.ts";
import { typesOnFrom } from "./typing.ts";
import { WrittenChange } from "./written.ts";

declare const verified: unique symbol;

/**
 * A change whose hash, document and keys hold, and for which its author's key answers. Its signature is null if it is an
 * own change that was not signed yet, or if the signature of a later change of its author covers it: then it must not be
 * passed on alone, but with what proves it (`Replica.proofOf`).
 */
export interface VerifiedChange {
  readonly [verified]: true;
  readonly id: ChangeId;
  readonly change: WrittenChange;
  readonly bytes: Bytes;
  readonly signature: Bytes | null;
  /** Of a change that came in a run, until it is admitted; and where it stands there. */
  readonly run: SignedRun | null;
  readonly position: number;
}

/** Changes of one device, each the previous one of the next, with a signature for the last of them. */
export interface SignedRun {
  readonly changes: readonly Bytes[];
  readonly signature: Bytes;
}

/** Verified changes in a row each of which types one unit on behind that of the one before, or deletes as it does (typing.ts). */
export interface VerifiedTyping {
  readonly count: number;
  /** What all of them do, `first` being the op of the first: one span for each where they delete. `slotOf` finds a change by name. */
  together(first: ContentOp, slotOf: SlotOf): ContentOp;
  /** One of them with its ops. */
  read(i: number): VerifiedChange;
  /** One of them without, until the next is asked for. */
  at(i: number): VerifiedChange;
}

export type SlotOf = (view: DataView, at: number) => Slot;

/** One question for the signature rule (ed25519.ts). */
export interface SignatureQuestion {
  readonly key: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
}

export interface Inspected {
  readonly ok: true;
  readonly change: WrittenChange;
  readonly signature: Bytes;
  /** All of them must be answered with yes. */
  readonly questions: readonly SignatureQuestion[];
}

/** The same of a run; its changes are stretches of one buffer. */
export interface InspectedRun {
  readonly ok: true;
  readonly changes: readonly WrittenChange[];
  readonly signature: Bytes;
  /** All of them must be answered with yes: the first is about the newest change, and so about all. */
  readonly questions: readonly SignatureQuestion[];
}

const SIGNATURE_TAG = tag("chirograph signature 1");
const JOIN_TAG = tag("chirograph join 1");
const INTRODUCTION_TAG = tag("chirograph introduction 1");

/** What a device signs for a change. */
export function signatureMessage(id: ChangeId): Bytes {
  return concat(SIGNATURE_TAG, mustFromHex(id));
}

/** What the key of an invite signs for a new device. */
export function joinMessage(doc: DocId, device: DeviceId): Bytes {
  return concat(JOIN_TAG, mustFromHex(doc), mustFromHex(device));
}

/** What a new device's key signs for the device of its person that introduces it. */
export function introductionMessage(doc: DocId, introducer: DeviceId): Bytes {
  return concat(INTRODUCTION_TAG, mustFromHex(doc), mustFromHex(introducer));
}

/** The key that an op brings in, if it does: all of them pass the gate of the rule (wire §3.2). */
function keyIn(op: Op): DeviceId | null {
  switch (op.type) {
    case "invite":
      return op.key;
    case "join":
      return op.invite;
    case "role":
      return op.person;
    case "introduce":
      return op.device;
    default:
      return null;
  }
}

/** Remembers which keys were judged: the one costly part of the first half. */
export class Inspector {
  readonly #doc: DocId;
  readonly #keys = new KeyVerdicts();
  /** The author of the last change, whose key is admissible: the next one is mostly by the same. */
  #author: DeviceId | null = null;

  constructor(doc: DocId) {
    this.#doc = doc;
  }

  /** First half: bytes, hash, document, keys. The buffer is copied: what is judged is what will be applied. */
  inspect(input: Uint8Array, signature: Uint8Array): Inspected | Refusal {
    const change = decodeChange(input);
    if ("ok" in change) return change;
    const chain = new Chain(this);
    const refusal = chain.add(change);
    if (refusal !== null) return refusal;
    const own = new Uint8Array(signature);
    const questions = chain.ask(own);
    return "ok" in questions ? questions : { ok: true, change, signature: own, questions };
  }

  /**
   * The same of a run: consecutive changes of one device, oldest first, with a signature for the newest alone. Each
   * hash is computed and named by the next change, so whoever signed the newest has signed for all of them.
   */
  inspectRun(inputs: readonly Uint8Array[], signature: Uint8Array): InspectedRun | Refusal {
    const refusal = lengthOf(inputs);
    return refusal ?? this.#inspectAll(copyAll(inputs), signature, decode);
  }

  /** The same of changes that `decode` has read, in buffers that are nobody else's. */
  inspectDecoded(changes: readonly WrittenChange[], signature: Uint8Array): InspectedRun | Refusal {
    return lengthOf(changes) ?? this.#inspectAll(changes, signature, change => change);
  }

  #inspectAll(
    changes: readonly WrittenChange[],
    signature: Uint8Array,
    read: (change: WrittenChange) => WrittenChange | Refusal,
  ): InspectedRun | Refusal {
    const chain = new Chain(this);
    for (let i = 0; i < changes.length; i++) {
      const change = read(changes[i]!);
      if ("ok" in change) return change;
      const refusal = chain.add(change);
      if (refusal !== null) return refusal;
    }
    const own = new Uint8Array(signature);
    const questions = chain.ask(own);
    return "ok" in questions ? questions : { ok: true, changes, signature: own, questions };
  }

  /** Document and keys. */
  refusalOf(change: WrittenChange): Refusal | null {
    if (change.doc !== this.#doc) return refuse("DocumentForeign", change.doc.slice(0, 8));
    if (change.author !== this.#author) {
      if (!this.#keys.isAdmissible(mustFromHex(change.author))) return refuse("KeyInadmissible", "author");
      this.#author = change.author;
    }
    if (!change.isAboutPeople) return null;
    for (const op of change.ops) {
      const key = keyIn(op);
      if (key !== null && !this.#keys.isAdmissible(mustFromHex(key)))
        return refuse("KeyInadmissible", op.type);
    }
    return null;
  }

  /** What the keys of others say in a change. */
  askVouchers(change: WrittenChange, questions: SignatureQuestion[]): void {
    if (!change.isAboutPeople) return;
    for (const op of change.ops) {
      if (op.type === "join") {
        const message = joinMessage(this.#doc, change.author);
        questions.push({ key: mustFromHex(op.invite), message, signature: op.signature });
      } else if (op.type === "introduce") {
        const message = introductionMessage(this.#doc, change.author);
        questions.push({ key: mustFromHex(op.device), message, signature: op.signature });
      }
    }
  }
}

/** What must hold of consecutive changes of one device, as they come, oldest first (wire §3.8); and what is to be asked. */
export class Chain {
  readonly #inspector: Inspector;
  /** About keys of others. */
  readonly #vouchers: SignatureQuestion[] = [];
  #last: WrittenChange | null = null;
  #runBytes = 0;

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  add(change: WrittenChange): Refusal | null {
    if (this.#runBytes > RUN_BODY_BYTES_MAX) return refuse("RunTooLong", `${this.#runBytes} bytes`);
    if (this.#last?.isFollowedBy(change) === false) return refuse("RunBroken", change.id.slice(0, 8));
    const refusal = this.#inspector.refusalOf(change);
    if (refusal !== null) return refusal;
    this.#inspector.askVouchers(change, this.#vouchers);
    this.#runBytes += change.runBytes;
    this.#last = change;
    return null;
  }

  /** The same of changes that type on from the last one: of them nothing else is left to be judged. */
  addTyping({ last, runBytes }: { readonly last: WrittenChange; readonly runBytes: number }): void {
    this.#runBytes += runBytes;
    this.#last = last;
  }

  /** Once all are there. The first question is about the newest change, and so about all. */
  ask(signature: Bytes): readonly SignatureQuestion[] | Refusal {
    if (signature.length !== SIGNATURE_BYTES) return refuse("BytesMalformed", "length of the signature");
    const { author, id } = this.#last!;
    return [{ key: mustFromHex(author), message: signatureMessage(id), signature }, ...this.#vouchers];
  }
}

function lengthOf({ length }: { readonly length: number }): Refusal | null {
  if (length === 0) return refuse("BytesMalformed", "a run of nothing");
  return length > RUN_CHANGES_MAX ? refuse("RunTooLong", `${length} changes`) : null;
}

/** Copies, one after the other in one buffer, with room for the ids. */
function copyAll(inputs: readonly Uint8Array[]): WrittenChange[] {
  let size = 0;
  for (const { length } of inputs) size += length + NAME_BYTES;
  const buffer = new Uint8Array(size);
  const view = viewOf(buffer);
  const changes: WrittenChange[] = [];
  let start = 0;
  for (const input of inputs) {
    buffer.set(input, start);
    changes.push(new WrittenChange(buffer, view, start, start + input.length));
    start += input.length + NAME_BYTES;
  }
  return changes;
}

/** Second half: `verdicts` answer `inspected.questions` one by one. */
export function conclude(inspected: Inspected, verdicts: readonly boolean[]): VerifiedChange | Refusal {
  const { change, signature, questions } = inspected;
  if (verdicts.length !== questions.length)
    throw new TypeError(`Expected ${questions.length} verdicts, got ${verdicts.length}`);
  if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", change.id.slice(0, 8));
  return verifiedOf(change, signature, null, 0);
}

/** The same of a run. One wrong answer refuses it whole, before anything of it is applied or passed on. */
export function concludeRun(
  { changes, signature, questions }: InspectedRun,
  verdicts: readonly boolean[],
): (VerifiedChange | VerifiedTyping)[] | Refusal {
  if (verdicts.length !== questions.length)
    throw new TypeError(`Expected ${questions.length} verdicts, got ${verdicts.length}`);
  const last = changes.length - 1;
  if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", changes[last]!.id.slice(0, 8));
  const run = new Run(changes, signature);
  return stretchesOf(changes.map((change, i) => verifiedOf(change, i === last ? signature : null, run, i)));
}

/** The same changes, those in a row that type on together. */
function stretchesOf(verified: readonly VerifiedChange[]): (VerifiedChange | VerifiedTyping)[] {
  const stretches: (VerifiedChange | VerifiedTyping)[] = [];
  for (let from = 0; from < verified.length; ) {
    let to = from + 1;
    while (to < verified.length && typesOnFrom(verified[to - 1]!.change, verified[to]!.change)) to++;
    stretches.push(to - from === 1 ? verified[from]! : new Stretch(verified.slice(from, to)));
    from = to;
  }
  return stretches;
}

class Stretch implements VerifiedTyping {
  readonly #verified: readonly VerifiedChange[];

  constructor(verified: readonly VerifiedChange[]) {
    this.#verified = verified;
  }

  together(first: ContentOp, slotOf: SlotOf): ContentOp {
    if (first.type === "delete") {
      const spans = this.#verified.map(({ change: { ops, view, listedAt } }) => {
        const [{ start, length }] = (ops[0] as DeleteOp).spans as [Span];
        return { change: slotOf(view, listedAt), start, length };
      });
      return { ...first, spans };
    }
    const text = this.#verified.map(({ change }) => (change.ops[0] as InsertTextOp).text).join("");
    return { ...(first as InsertTextOp), text };
  }

  get count(): number {
    return this.#verified.length;
  }

  read(i: number): VerifiedChange {
    return this.#verified[i]!;
  }

  at(i: number): VerifiedChange {
    return this.#verified[i]!;
  }
}

/** A run as it is passed on. Mostly nobody asks for its bytes. */
class Run implements SignedRun {
  readonly #changes: readonly WrittenChange[];
  readonly signature: Bytes;

  constructor(changes: readonly WrittenChange[], signature: Bytes) {
    this.#changes = changes;
    this.signature = signature;
  }

  get changes(): readonly Bytes[] {
    return this.#changes.map(({ bytes }) => bytes);
  }
}

/** A change as a store has it. */
export interface Stored {
  readonly id: string;
  readonly bytes: Bytes;
  /** Null: closed by this device and not signed yet, or covered by a later change of its author. */
  readonly signature: Bytes | null;
  /** What stands behind it on its run, where that is not stored as changes. */
  readonly tail?: SignedRun;
}

/**
 * A change from this device's own store. It was verified before it was stored; the hash tells whether the disk kept
 * it whole, and its tail too, but for the signature.
 */
export function recall({ id, bytes, signature, tail }: Stored): VerifiedChange | Refusal {
  const change = decodeChange(bytes);
  if ("ok" in change) return change;
  if (change.id !== id) return refuse("BytesMalformed", "the record is damaged");
  if (signature !== null || tail === undefined) return verifiedOf(change, signature, null, 0);
  const changes = [change];
  for (const bytes of tail.changes) {
    const next = decodeChange(bytes);
    // A damaged proof proves nothing; the change itself is whole.
    if ("ok" in next || !changes.at(-1)!.isFollowedBy(next)) return verifiedOf(change, null, null, 0);
    changes.push(next);
  }
  return verifiedOf(change, null, new Run(changes, tail.signature), 0);
}

/** A change this device has just made of what it checked; the signature follows. */
export function own(change: WrittenChange): VerifiedChange {
  return verifiedOf(change, null, null, 0);
}

/** For whoever has checked it: sealed.ts does so beside this file. */
export function verifiedOf(
  change: WrittenChange,
  signature: Bytes | null,
  run: SignedRun | null,
  position: number,
): VerifiedChange {
  return new Verified(change, signature, run, position) as unknown as VerifiedChange;
}

class Verified {
  readonly change: WrittenChange;
  readonly signature: Bytes | null;
  readonly run: SignedRun | null;
  readonly position: number;

  constructor(change: WrittenChange, signature: Bytes | null, run: SignedRun | null, position: number) {
    this.change = change;
    this.signature = signature;
    this.run = run;
    this.position = position;
  }

  get id(): ChangeId {
    return this.change.id;
  }

  get bytes(): Bytes {
    return this.change.bytes;
  }
}

/** Where what was admitted is kept. */
export interface Shelf {
  idAt(slot: Slot): ChangeId;
  bytesAt(slot: Slot): Bytes;
  copyAt(slot: Slot): WrittenChange;
  signatureAt(slot: Slot): Bytes | null;
}

/** A verified change that stands on a shelf; each look at it reads anew. */
export function shelved(slot: Slot, shelf: Shelf): VerifiedChange {
  return new Shelved(slot, shelf) as unknown as VerifiedChange;
}

class Shelved {
  readonly #slot: Slot;
  readonly #shelf: Shelf;
  #id: ChangeId | null = null;
  readonly run = null;
  readonly position = 0;

  constructor(slot: Slot, shelf: Shelf) {
    this.#slot = slot;
    this.#shelf = shelf;
  }

  get id(): ChangeId {
    this.#id ??= this.#shelf.idAt(this.#slot);
    return this.#id;
  }

  get change(): WrittenChange {
    const change = this.#shelf.copyAt(this.#slot);
    readChange(change);
    writeHex(this.id, change.buffer, change.end);
    return change;
  }

  get bytes(): Bytes {
    return this.#shelf.bytesAt(this.#slot);
  }

  get signature(): Bytes | null {
    return this.#shelf.signatureAt(this.#slot);
  }
}
