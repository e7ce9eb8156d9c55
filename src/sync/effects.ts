// What a session needs to begin, and what it asks for while it runs. Whoever carries the effects out (adapters/host.ts
// in the app, a simulated world in tests) answers each by the method of `Session` that it names.

import type { Bytes, ChangeId, DeviceId, Replica, SignatureQuestion, StoredFork } from "../crdt/index.ts";
import type { Ciphers } from "./ports.ts";

export type Effect =
  /** Open a transaction and call `closeInTransaction` in it; answer `appended` or `appendFailed`. */
  | { readonly type: "append"; readonly position: number }
  /** Answer `restored`. */
  | { readonly type: "read"; readonly position: number }
  /** Ask the device key; answer `signed`. */
  | { readonly type: "sign"; readonly token: number; readonly message: Bytes }
  /** Ask the signature rule; answer `verified`. */
  | { readonly type: "verify"; readonly token: number; readonly questions: readonly SignatureQuestion[] }
  /** Answer `forkNotKept` where it fails. */
  | { readonly type: "putFork"; readonly record: StoredFork }
  /** Answer `signatureStored`. */
  | { readonly type: "putSignature"; readonly id: ChangeId; readonly signature: Bytes }
  /** `nextAt` may have come nearer. */
  | { readonly type: "soon" }
  /** Link with nobody any more. */
  | { readonly type: "leave" };

export interface SessionOptions {
  readonly replica: Replica;
  readonly ciphers: Ciphers;
  /** The seed of the link this device came by or made; proves to strangers that we may read. */
  readonly inviteSeed: Bytes | null;
  /** The device of the same person that is to introduce this one, as soon as it is met; null if none is. */
  readonly introducer?: DeviceId | null;
  /** Milliseconds since 1970: for people's eyes (changes state it in seconds) and for intervals. */
  readonly now: number;
  /** False: nothing outlives the page, and people are told so. */
  readonly isDurable: boolean;
  /** What earlier sessions knew of who holds what. */
  readonly delivered: Readonly<Record<string, number>>;
}

/** Something that shows differently: the text and fields come through the replica's own subscription. */
export interface SessionListener {
  effect(effect: Effect): void;
  /** Status, people or notice. */
  changed(): void;
  /** Somebody's caret. */
  presence(): void;
}
