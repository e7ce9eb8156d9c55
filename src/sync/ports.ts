// What the sync ring needs from the platform, and nothing more. The real ones live in adapters/; the simulator
// brings its own. Everything here that takes time is asynchronous only behind these ports: the machines of this
// ring take (frame | tick | answer) and return at once.

import type { StoredFork } from "../crdt/index.ts";
import type { Search } from "./view.ts";

/** Raw bytes that WebCrypto accepts as well (TypeScript 6 tells the two kinds of buffer apart). */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A way to one remote end, already open. Frames arrive whole and in order, or the link closes. */
export interface PeerLink {
  readonly kind: "webrtc" | "relay" | "memory";
  /** Exactly one end of a link is its initiator (the lower id at the meeting place). */
  readonly initiator: boolean;
  /** SHA-256 fingerprints of the DTLS certificates, 32 bytes each; null where there is no DTLS (relay). */
  readonly fingerprints: { readonly local: Bytes; readonly remote: Bytes } | null;
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** At most 16 KiB. Silently dropped after close. Never throws. */
  send(frame: Bytes): void;
  /** Idempotent. The listener's `closed` is called once, also for a close by this side. */
  close(): void;
  /** Who holds the link says who is at the other end, again where that changes; whoever made the link may care. */
  judged?: (standing: Standing) => void;
  /** Set once, before the first frame can arrive. Frames that came earlier are kept for it (bounded). */
  listen(listener: LinkListener): void;
}

/** A member's device that was met before; one that was not, where others were; a member's, where nobody was met before;
 * somebody else; or somebody who was removed, knows it, and is told no more. */
export type Standing = "known" | "unknown" | "member" | "stranger" | "removed";

/** Who holds a link hears of it what is below. */
export interface LinkListener {
  frame(bytes: Bytes): void;
  /** `bufferedBytes` fell below the low mark after `send` had raised it above the high one. */
  drained(): void;
  closed(): void;
}

/** The meeting place and the links that come of it (adapters/network.ts). */
export interface Network {
  /** Whether the signalling server is reached. Links live on without it. */
  readonly reachable: boolean;
  /** Whether there is anybody at the meeting place who is not linked yet. */
  readonly search: Search;
  /** Something changed (network back, page visible): try again at once what is waiting. */
  nudge(): void;
  close(): void;
}

export interface NetworkListener {
  link(link: PeerLink): void;
  /** `reachable` or `search` did. */
  changed(): void;
}

/** One stored change. `signature` is null between the closing of a draft and the answer of the key, and for good where that
 * of a later change of its author covers it. */
export interface ChangeRecord {
  /** Lower-case hex. */
  readonly id: string;
  readonly bytes: Bytes;
  readonly signature: Bytes | null;
  /** Of a covered change whose run goes on with changes that are not stored, being refused or waiting: those, up to the signed
   * one, and its signature. Without it nobody else would take the change from here. */
  readonly tail?: { readonly changes: readonly Bytes[]; readonly signature: Bytes };
}

/** What this device remembers of a document beside its changes. All of it is replaced as one value. */
export interface DocumentRecord {
  /** Lower-case hex; the key. */
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  readonly unshared: number;
  /** 32 bytes; finds the meeting place. Null until the document is shared. */
  readonly roomSecret: Bytes | null;
  /** 32 bytes: the seed of the key pair of the link that was opened last, by which this device may read. */
  readonly inviteSeed: Bytes | null;
  /** The seeds of all links that were made or opened here, the newest last, kept so that Share can show them again. Records
   * from before there were several have none. */
  readonly linkSeeds?: readonly Bytes[] | undefined;
  /** By which this device asks another one of its person to introduce it, until that is done. */
  readonly asking?: { readonly introducer: string; readonly seed: Bytes } | undefined;
  /** Per foreign device (hex): the highest of my sequence numbers it is known to hold. */
  readonly delivered: Readonly<Record<string, number>>;
  /** Milliseconds since 1970 of a removal that can still be undone, or null. */
  readonly removedAt: number | null;
}

/** Of a record, what is to be remembered anew. */
export type DocumentFields = Partial<DocumentRecord> & Pick<DocumentRecord, "id">;

/** A replica as it was when the log of its document ended at `position` (docs/decisions/0012). A cache of these records. */
export interface StoredImage {
  readonly bytes: Bytes;
  readonly position: number;
}

/** The head of my own chain as the store knows it: what two tabs of one profile agree on. */
export interface ChainHead {
  readonly seq: number;
  readonly id: string;
}

/** What `append` is given inside its transaction, and what it answers: synchronously, or two tabs would fork. */
export type Append = (
  head: ChainHead | null,
  /** Records of this document that were stored after `position` (by other tabs), in order. */
  unseen: readonly ChangeRecord[],
) => { readonly records: readonly ChangeRecord[]; readonly head: ChainHead | null };

export type StoreError = "quota" | "closed" | "blocked" | "unavailable" | "failed";

/** Durable memory of one browser profile. Every promise settles; a rejection carries a `StoreFailure`. */
export interface Store {
  /** False where nothing outlives the page (private mode, no IndexedDB). */
  readonly durable: boolean;
  /** In the order of their ids. A document is there when its changes are: what is remembered beside them may be damaged, or
   * the page went away before it was written, and is blank then (`updatedAt` 0). */
  documents(): Promise<readonly DocumentRecord[]>;
  /** Remembers these fields of a document in one transaction; the others stay as they are, whichever tab wrote them. */
  putDocument(fields: DocumentFields): Promise<void>;
  /** Deletes the document, its changes, its proofs and its image. `removedAt`: only if it still is remembered as removed then. */
  deleteDocument(id: string, removedAt?: number): Promise<void>;
  /** All changes of a document in the order they were stored, before position `to` if that is given, and the position after
   * the last there is. */
  read(
    doc: string,
    from: number,
    to?: number,
  ): Promise<{ records: readonly ChangeRecord[]; position: number }>;
  /** The image of a document; null where there is none, or one that stands for more than the log. */
  image(doc: string): Promise<StoredImage | null>;
  /** Keeps an image in place of the one before, if the log up to its position has just `size` changes and the document is
   * listed. Other tabs are not told. */
  putImage(doc: string, image: StoredImage, size: number): Promise<void>;
  dropImage(doc: string): Promise<void>;
  /**
   * One readwrite transaction with strict durability: reads the chain head and what came after `position`,
   * calls `append` once and synchronously, writes what it answers (a record whose id is stored already is
   * skipped). Resolves after `oncomplete` only. `chain`: of which device the head is, where the profile has another key for
   * this document; null for the profile's own.
   */
  append(doc: string, position: number, append: Append, chain?: string | null): Promise<{ position: number }>;
  /** Adds the signature of a change that was stored without one. */
  putSignature(doc: string, id: string, signature: Bytes): Promise<void>;
  /** Proofs of two-faced devices that are kept of a document, one for each device. */
  forks(doc: string): Promise<readonly StoredFork[]>;
  /** Keeps a proof in place of the one before of its device. */
  putFork(doc: string, fork: StoredFork): Promise<void>;
  /** Another tab of this profile wrote to a document (its id, hex), or to the list (null). */
  watch(listener: (doc: string | null) => void): () => void;
  close(): void;
}

/** The device's key: one per browser profile. */
export interface DeviceKey {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  sign(message: Bytes): Promise<Bytes>;
}

export interface SignatureCheck {
  readonly key: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
}

/** Judges signatures by the one rule of the core (crdt/graph/ed25519.ts); the same verdict on every platform. */
export interface Verifier {
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
}

/** Synchronous primitives of the handshake and the sealed relay. */
export interface Ciphers {
  random(length: number): Bytes;
  sha256(bytes: Bytes): Bytes;
  /** HKDF-SHA-256, RFC 5869. */
  hkdf(secret: Bytes, salt: Bytes, info: string, length: number): Bytes;
  /** X25519, RFC 7748. `agree` answers null for a result of all zeros. */
  agreementKeys(): { readonly secret: Bytes; readonly publicKey: Bytes };
  agree(secret: Bytes, publicKey: Bytes): Bytes | null;
  /** ChaCha20-Poly1305, RFC 8439: 32-byte key, 12-byte nonce, a tag of 16 bytes behind the ciphertext. */
  seal(key: Bytes, nonce: Bytes, plain: Bytes, associated: Bytes): Bytes;
  open(key: Bytes, nonce: Bytes, sealed: Bytes, associated: Bytes): Bytes | null;
  /** XChaCha20-Poly1305 with its 24-byte nonce drawn at random and put in front. */
  sealRandom(key: Bytes, plain: Bytes, associated: Bytes): Bytes;
  openRandom(key: Bytes, sealed: Bytes, associated: Bytes): Bytes | null;
  /** Ed25519 with a seed in memory: room keys and link keys (device keys are `DeviceKey`). */
  seedPublicKey(seed: Bytes): Bytes;
  seedSign(seed: Bytes, message: Bytes): Bytes;
}
