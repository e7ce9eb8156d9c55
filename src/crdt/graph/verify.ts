// From bytes to a verified change, in two halves around the signature check, which the caller makes (it may take
// time; nothing in this ring waits). The only file that can make a `VerifiedChange`. Verdicts here are of tiers T0
// and T1: they depend on the change and the document alone and never alter.

import { type Refusal, refuse } from "../refusal.ts";
import type { Slot } from "../types/dot.ts";
import { type Bytes, mustFromHex } from "./bytes.ts";
import type { Change, ChangeId, DeviceId, DocId } from "./change.ts";
import { decodeChange, idOf, readChange } from "./codec.ts";
import { concat, tag } from "./crypto.ts";
import { KeyVerdicts, SIGNATURE_BYTES } from "./ed25519.ts";

declare const verified: unique symbol;

/** A change whose hash, document, keys and signatures hold. */
export interface VerifiedChange {
  readonly [verified]: true;
  readonly id: ChangeId;
  readonly change: Change;
  readonly bytes: Bytes;
  readonly signature: Bytes | null;
}

/** One question for the signature rule (ed25519.ts). */
export interface SignatureQuestion {
  readonly key: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
}

export interface Inspected {
  readonly ok: true;
  readonly change: Change;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  /** All of them must be answered with yes. */
  readonly questions: readonly SignatureQuestion[];
}

const SIGNATURE_TAG = tag("chirograph signature 0");
const JOIN_TAG = tag("chirograph join 0");

/** What a device signs for a change. */
export function signatureMessage(id: ChangeId): Bytes {
  return concat(SIGNATURE_TAG, mustFromHex(id));
}

/** What the key of an invite signs for a new device. */
export function joinMessage(doc: DocId, device: DeviceId): Bytes {
  return concat(JOIN_TAG, mustFromHex(doc), mustFromHex(device));
}

/** Remembers which keys were judged: the one costly part of the first half. */
export class Inspector {
  readonly #doc: DocId;
  readonly #keys = new KeyVerdicts();

  constructor(doc: DocId) {
    this.#doc = doc;
  }

  /** First half: bytes, hash, document, keys. The buffer is copied: what is judged is what will be applied. */
  inspect(input: Uint8Array, signature: Uint8Array): Inspected | Refusal {
    const bytes = new Uint8Array(input);
    const change = decodeChange(bytes);
    if ("ok" in change) return change;
    if (change.doc !== this.#doc) return refuse("DocumentForeign", change.doc.slice(0, 8));
    if (signature.length !== SIGNATURE_BYTES) return refuse("BytesMalformed", "length of the signature");
    if (!this.#keys.isAdmissible(mustFromHex(change.author))) return refuse("KeyInadmissible", "author");
    const own = new Uint8Array(signature);
    const questions: SignatureQuestion[] = [
      { key: mustFromHex(change.author), message: signatureMessage(change.id), signature: own },
    ];
    for (const op of change.ops) {
      if (op.type === "invite" && !this.#keys.isAdmissible(mustFromHex(op.key)))
        return refuse("KeyInadmissible", "invite");
      if (op.type !== "join") continue;
      if (!this.#keys.isAdmissible(mustFromHex(op.invite))) return refuse("KeyInadmissible", "invite");
      questions.push({
        key: mustFromHex(op.invite),
        message: joinMessage(this.#doc, change.author),
        signature: op.signature,
      });
    }
    return { ok: true, change, bytes, signature: own, questions };
  }
}

/** Second half: `verdicts` answer `inspected.questions` one by one. */
export function conclude(inspected: Inspected, verdicts: readonly boolean[]): VerifiedChange | Refusal {
  const { change, bytes, signature, questions } = inspected;
  if (verdicts.length !== questions.length)
    throw new TypeError(`Expected ${questions.length} verdicts, got ${verdicts.length}`);
  if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", change.id.slice(0, 8));
  return { id: change.id, change, bytes, signature } as VerifiedChange;
}

/**
 * A change from this device's own store. It was verified before it was stored; the hash tells whether the disk kept
 * it whole. Signature null: closed by this device, not signed yet.
 */
export function recall(id: string, input: Uint8Array, signature: Bytes | null): VerifiedChange | Refusal {
  const bytes = new Uint8Array(input);
  if (idOf(bytes) !== id) return refuse("BytesMalformed", "the record is damaged");
  const change = decodeChange(bytes);
  return "ok" in change ? change : ({ id: change.id, change, bytes, signature } as VerifiedChange);
}

/** A change this device has just made of what it checked, and its bytes; the signature follows. */
export function own(change: Change, bytes: Bytes): VerifiedChange {
  return { id: change.id, change, bytes, signature: null } as VerifiedChange;
}

/** Where what was admitted is kept (archive.ts). */
export interface Shelf {
  bytesAt(slot: Slot): Bytes;
  signatureAt(slot: Slot): Bytes | null;
}

/** A verified change that stands on a shelf; each look at it reads anew. */
export function shelved(id: ChangeId, slot: Slot, shelf: Shelf): VerifiedChange {
  return new Shelved(id, slot, shelf) as unknown as VerifiedChange;
}

class Shelved {
  readonly id: ChangeId;
  readonly #slot: Slot;
  readonly #shelf: Shelf;

  constructor(id: ChangeId, slot: Slot, shelf: Shelf) {
    this.id = id;
    this.#slot = slot;
    this.#shelf = shelf;
  }

  get change(): Change {
    return readChange(this.bytes, this.id);
  }

  get bytes(): Bytes {
    return this.#shelf.bytesAt(this.#slot);
  }

  get signature(): Bytes | null {
    return this.#shelf.signatureAt(this.#slot);
  }
}
