// A change: the batch of ops by one author that is signed, stored and sent as a whole. All of it takes effect or
// none. Its id is the hash of its canonical bytes; the signature is outside, so two signatures never make two
// changes. Parents and the author's own previous change make a graph and, per device, a chain of it.

import { type ContentOp, elementCount } from "../types/op.ts";
import type { Bytes } from "./bytes.ts";

declare const brand: unique symbol;
/** SHA-256 of a change, 64 lower-case hex digits; the order of the strings is the order of the bytes. */
export type ChangeId = string & { readonly [brand]: "ChangeId" };
/** An Ed25519 public key that writes, 64 lower-case hex digits. */
export type DeviceId = string & { readonly [brand]: "DeviceId" };
/** A person is named after the first of their devices. */
export type PersonId = DeviceId;
/** The id of the genesis change. */
export type DocId = ChangeId;

export type Role = "owner" | "admin" | "editor" | "commenter" | "reader";

/** What one role may write: top-level keys of the document (null: all), and how much in all. */
export interface RolePolicy {
  readonly keys: readonly string[] | null;
  readonly opsMax: number;
  readonly bytesMax: number;
}

export type Policy = Readonly<Partial<Record<Role, RolePolicy>>>;

export interface GenesisOp {
  readonly type: "genesis";
  /** 16 random bytes, so that no two documents begin alike. */
  readonly nonce: Bytes;
  readonly policy: Policy;
}

export interface InviteOp {
  readonly type: "invite";
  /** The link's own Ed25519 key. */
  readonly key: DeviceId;
  readonly role: Role;
  readonly label: string;
  /** Seconds since 1970 after which peers let nobody in by it, or 0. Their courtesy in the handshake, no rule: clocks decide
   * nothing. */
  readonly expires: number;
  /** How many devices peers let in by it, or 0 for any number; likewise. */
  readonly uses: number;
}

export interface JoinOp {
  readonly type: "join";
  readonly invite: DeviceId;
  /** By the invite's key over the document and the new device (`joinMessage`). */
  readonly signature: Bytes;
}

export interface NameOp {
  readonly type: "name";
  readonly name: string;
}

/** Gives a person a role, in place of what they held: also to someone new, or to one who was removed. */
export interface RoleOp {
  readonly type: "role";
  readonly person: PersonId;
  readonly role: Role;
}

/** Ends what a person may do. */
export interface DismissOp {
  readonly type: "dismiss";
  readonly person: PersonId;
}

/** Ends a link: nobody joins by it any more. */
export interface RevokeOp {
  readonly type: "revoke";
  readonly invite: DeviceId;
}

/** Another device of the author's person. */
export interface IntroduceOp {
  readonly type: "introduce";
  readonly device: DeviceId;
  /** By the new device's key over the document and the introducer (`introduceMessage`). */
  readonly signature: Bytes;
  /** A key that is shown as words and kept offline: it only introduces and disowns, and is senior to all devices. */
  readonly isRecovery: boolean;
  /** What the new device may write in all; the introducer may write so much less. */
  readonly opsMax: number;
  readonly bytesMax: number;
}

/** Ends what a junior device of the author's own person may do. */
export interface DisownOp {
  readonly type: "disown";
  readonly device: DeviceId;
}

/** Takes content back in that was set aside: the named changes, and their authors' changes below them. */
export interface AdmitOp {
  readonly type: "admit";
  /** Sorted, without repeats; at least one. */
  readonly heads: readonly ChangeId[];
}

/** How much a person's first device may write in all, where that is more than the policy says. */
export interface QuotaOp {
  readonly type: "quota";
  readonly person: PersonId;
  readonly opsMax: number;
  readonly bytesMax: number;
}

/** Takes the effect of changes back that the author made before, by their numbers on the author's own chain. */
export interface RetractOp {
  readonly type: "retract";
  /** Of the first change; at least 1. */
  readonly first: number;
  /** How many in a row; at least 1. */
  readonly count: number;
}

export type AuthorityOp =
  | GenesisOp
  | InviteOp
  | JoinOp
  | NameOp
  | RoleOp
  | DismissOp
  | RevokeOp
  | IntroduceOp
  | DisownOp
  | AdmitOp
  | QuotaOp;

/** Of a kind that came after this version: kept and passed on, inert. */
export interface UnknownOp {
  readonly type: "unknown";
  readonly kind: number;
  readonly elements: number;
  readonly payload: Bytes;
}

export type Op = ContentOp | RetractOp | AuthorityOp | UnknownOp;

export interface Header {
  readonly doc: DocId;
  readonly author: DeviceId;
  /** 1 for the first change of a device in the document. */
  readonly seq: number;
  /** The author's change number seq - 1; null exactly when seq is 1. */
  readonly prev: ChangeId | null;
  /** Sorted, without repeats; an antichain; empty for a genesis alone. */
  readonly parents: readonly ChangeId[];
  /** 1 + the deepest parent's; 1 for a genesis. */
  readonly depth: number;
  /** Ops in the author's chain up to and with this change. */
  readonly opTotal: number;
  /** Bytes of the bodies (wire §5) in the author's chain up to and with this change. */
  readonly byteTotal: number;
  /** Whole seconds since 1970, stated at most once a minute; for people's eyes only. */
  readonly time: number | null;
}

/** Dots in `ops` name changes by their place in `refs`; `refs[0]` is the change itself. */
export interface Change extends Header {
  readonly id: ChangeId;
  readonly refs: readonly ChangeId[];
  readonly ops: readonly Op[];
  /** Number of the first element of each op. */
  readonly starts: readonly number[];
  /** Bytes of the body (wire §5), as `byteTotal` counts them. */
  readonly bodyBytes: number;
}

export function isContent(op: Op): op is ContentOp {
  // Most are, and a kind is compared with one after the other.
  if (op.type === "insertText" || op.type === "delete") return true;
  switch (op.type) {
    case "genesis":
    case "invite":
    case "join":
    case "name":
    case "role":
    case "revoke":
    case "introduce":
    case "disown":
    case "admit":
    case "quota":
    case "dismiss":
    case "retract":
    case "unknown":
      return false;
    default:
      return true;
  }
}

export function isAuthority(op: Op): op is AuthorityOp {
  return op.type !== "unknown" && op.type !== "retract" && !isContent(op);
}

/** Only data has elements; ops about people are named by their place in the change. */
export function elementsOf(op: Op): number {
  if (op.type === "unknown") return op.elements;
  return isContent(op) ? elementCount(op) : 0;
}

export function startsOf(ops: readonly Op[]): number[] {
  let next = 0;
  return ops.map(op => {
    const start = next;
    next += elementsOf(op);
    return start;
  });
}
