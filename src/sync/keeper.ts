// Sees to it that changes are kept before anybody hears of them. The laws:
//
//     an own change is numbered and stored in one transaction, then signed, its signature stored, and only then sent
//     a draft is closed inside the store's transaction, so that two tabs of one profile never fork
//     "saved" means that a transaction is complete, nothing less
//
// Knows the replica and the store's answers; not peers, nor what people are told.

import type { Bytes, ChangeId, Closed, Replica, VerifiedChange } from "../crdt/index.ts";
import { FLUSH_MS, STORE_RETRY_MS } from "./limits.ts";
import type { ChainHead, ChangeRecord, StoreError } from "./ports.ts";

/** What a keeper asks of the session around it. */
export interface KeeperHost {
  readonly now: number;
  append(position: number): void;
  read(position: number): void;
  /** Asks the device key for the signature of a change, then calls `signed`. */
  signChange(id: ChangeId): void;
  putSignature(id: ChangeId, signature: Bytes): void;
  /** No draft is open: what waits to be admitted may be. */
  draftClosed(): void;
  /** What is kept has grown. */
  stored(): void;
  /** An own change may leave this device now. */
  released(verified: VerifiedChange): void;
}

/** What a page that goes away leaves for the next one: own changes and a draft that no transaction has taken yet. */
export interface LastWords {
  readonly changes: readonly { readonly id: ChangeId; readonly bytes: Bytes }[];
  readonly draft: Bytes | null;
  /** The number of the own change before the draft. */
  readonly after: number;
}

/** `conflict`: another tab took the number of a change that this tab could not store. */
export type KeepingFailure = StoreError | "conflict";

export class Keeper {
  readonly #replica: Replica;
  readonly #host: KeeperHost;
  /** Up to where the store was read. */
  #position = 0;
  #isKept = false;
  /** Admitted or closed here, not stored yet; parents first. */
  #unstored: VerifiedChange[] = [];
  readonly #unstoredIds = new Set<ChangeId>();
  /** Own changes whose signature is not stored yet: they are not sent. */
  readonly #unsigned = new Set<ChangeId>();
  #inTransaction: readonly ChangeId[] = [];
  #isAppending = false;
  /** Asked for while a transaction was under way, which may have closed its draft already. */
  #appendsAgain = false;
  /** The store's own head builds on rows that could not be read. */
  #lacksHead = false;
  #isReading = false;
  #lookAgain = false;
  #failure: KeepingFailure | null = null;
  #retryAt = 0;
  #draftedAt: number | null = null;
  #unsavedSince: number | null = null;

  constructor(replica: Replica, host: KeeperHost) {
    this.#replica = replica;
    this.#host = host;
  }

  get failure(): KeepingFailure | null {
    return this.#failure;
  }

  /** Since when something waits for the store, or null. */
  get unsavedSince(): number | null {
    return this.#unsavedSince;
  }

  /** What must be claimed to nobody yet: not on disk, or not free to go. */
  get held(): ReadonlySet<ChangeId> {
    return new Set([...this.#unstoredIds, ...this.#unsigned]);
  }

  maySend({ id, signature }: VerifiedChange): boolean {
    return signature !== null && !this.#unstoredIds.has(id) && !this.#unsigned.has(id);
  }

  /** When `tick` wants to be called; Infinity if nothing is due. */
  get nextAt(): number {
    // A conflict ends with this page.
    if (this.#isAppending || this.#failure === "conflict") return Number.POSITIVE_INFINITY;
    if (this.#failure !== null) return this.#retryAt;
    return this.#draftedAt === null ? Number.POSITIVE_INFINITY : this.#draftedAt + FLUSH_MS;
  }

  tick(): void {
    if (this.#host.now >= this.nextAt) this.append();
  }

  /** Something was drafted. */
  drafted(): void {
    if (!this.#replica.hasDraft || this.#draftedAt !== null) return;
    this.#draftedAt = this.#host.now;
    this.#unsavedSince ??= this.#host.now;
  }

  /** A change that was admitted, or closed, and is to be stored with the next transaction. */
  keep(verified: VerifiedChange): void {
    this.#unstored.push(verified);
    this.#unstoredIds.add(verified.change.id);
    // An own change with its signature comes from another tab by way of others, or from before a damage.
    const isOwn = verified.change.author === this.#replica.device;
    if (isOwn && verified.signature === null) this.#unsigned.add(verified.change.id);
  }

  /** Whether the store ever held anything of the document. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get hasUnstored(): boolean {
    return this.#unstored.length > 0;
  }

  /** What would be lost if the page went away at this moment, or null. */
  get lastWords(): LastWords | null {
    const own = this.#unstored.filter(({ change }) => change.author === this.#replica.device);
    const draft = this.#replica.draftBytes;
    if (draft === null && (own.length === 0 || !this.#isWanted)) return null;
    const changes = own.map(({ change, bytes }) => ({ id: change.id, bytes }));
    return { changes, draft, after: this.#replica.ownHead?.seq ?? 0 };
  }

  /** A new document nobody wrote in is not worth keeping. */
  get #isWanted(): boolean {
    return this.isKept || this.#isAppending || this.#draftedAt !== null;
  }

  /** Takes up what an earlier page could not store; the records of the store must have been read. */
  recover({ changes, draft, after }: LastWords): void {
    // Not on top of an open draft, which may only be closed in a transaction.
    const isFree =
      !this.#replica.hasDraft &&
      changes.every(({ id }) => !this.#replica.has(id)) &&
      (this.#replica.ownHead?.seq ?? 0) + changes.length === after;
    if (isFree) {
      this.#replica.restore(
        changes.map(change => ({ ...change, signature: null })),
        Math.floor(this.#host.now / 1000),
      );
      for (const { id } of changes) if (this.#replica.has(id)) this.keep(this.#replica.get(id)!);
    }
    if (draft !== null && this.#replica.hasGenesis) this.#replica.resumeDraft(draft, after);
    this.drafted();
    if (this.#unstored.length > 0) this.append();
  }

  /** Opens a transaction, unless one is under way: then another follows it. */
  append(): void {
    this.#appendsAgain = this.#isAppending;
    if (this.#isAppending || this.#failure === "conflict") return;
    this.#isAppending = true;
    this.#unsavedSince ??= this.#host.now;
    this.#host.append(this.#position);
  }

  /** Called inside the store's transaction; must answer at once (`Append` in ports.ts). */
  closeInTransaction(
    head: ChainHead | null,
    unseen: readonly ChangeRecord[],
  ): { readonly records: readonly ChangeRecord[]; readonly head: ChainHead | null } {
    // The document was removed in another tab, which did not tell us yet, while this one goes on writing it.
    const own = this.#replica.ownHead;
    if (head === null && own !== null && !this.#unstoredIds.has(own.id)) this.#keepAll();
    this.#restore(unseen, () => this.#continues(head));
    if (this.#failure === "conflict") return { records: [], head };
    this.#draftedAt = null;
    this.#host.draftClosed();
    this.#inTransaction = this.#unstored.map(({ change }) => change.id);
    const records = this.#unstored.map(({ change, bytes, signature }) => ({
      id: change.id,
      bytes,
      signature,
    }));
    const last = this.#lacksHead ? head : this.#replica.ownHead;
    return { records, head: last === null ? null : { seq: last.seq, id: last.id } };
  }

  /** Whether what this tab is about to close continues the chain that the store knows. */
  #continues(head: ChainHead | null): boolean {
    this.#lacksHead = head !== null && !this.#replica.has(head.id as ChangeId);
    // None in the store: the document was removed in another tab, or the row is damaged. Ours goes on.
    if (head === null) return true;
    const unsent = this.#firstUnsent;
    // What comes next is built on the newest own change, of one branch if an old disk has made us fork. Where rows that the
    // head builds on are damaged, what peers bring of them is stored and all is read anew, but a draft has no ground.
    if (unsent === undefined && !(this.#lacksHead && this.#replica.hasDraft)) return true;
    let known = unsent === undefined ? null : unsent.prev;
    // Own changes that came back by way of others stand between.
    while (known !== null && known !== head.id && this.#unstoredIds.has(known))
      known = this.#replica.get(known)!.change.prev;
    if (known === head.id) return true;
    this.#failure = "conflict";
    return false;
  }

  /** The first change that was closed here and is not stored: nobody else can have it. */
  get #firstUnsent() {
    const isOwn = ({ change, signature }: VerifiedChange): boolean =>
      signature === null && change.author === this.#replica.device;
    return this.#unstored.find(isOwn)?.change;
  }

  #restore(records: readonly ChangeRecord[], mayClose?: () => boolean): void {
    const now = Math.floor(this.#host.now / 1000);
    // A damaged row that was repaired stands behind what builds on it: read until nothing more finds its parents.
    let lacking = records;
    for (let before = lacking.length + 1; lacking.length > 0 && lacking.length < before; ) {
      before = lacking.length;
      this.#replica.restore(lacking, now, () => false);
      lacking = lacking.filter(({ id }) => !this.#replica.has(id as ChangeId));
    }
    for (const { id, signature } of records) {
      const known = this.#replica.get(id as ChangeId);
      if (known === undefined) continue;
      this.#unstoredIds.delete(known.change.id);
      // Another tab is about to sign it, or crashed before it could: the key is the same.
      if (signature === null) this.#sign(known);
    }
    this.#unstored = this.#unstored.filter(({ change }) => this.#unstoredIds.has(change.id));
    const { closed } = this.#replica.restore([], now, mayClose);
    for (const { id } of closed satisfies readonly Closed[]) this.keep(this.#replica.get(id)!);
  }

  /** The transaction is complete. */
  appended(position: number): void {
    this.#isAppending = false;
    if (this.#failure !== "conflict") this.#failure = null;
    for (const id of this.#inTransaction) {
      this.#unstoredIds.delete(id);
      const verified = this.#replica.get(id)!;
      if (verified.signature === null) this.#sign(verified);
    }
    this.#inTransaction = [];
    this.#unstored = this.#unstored.filter(({ change }) => this.#unstoredIds.has(change.id));
    if (position < this.#position) this.#keepAll();
    this.#position = this.#lacksHead ? 0 : position;
    this.#isKept ||= position > 0;
    const isAllStored = !this.#replica.hasDraft && this.#unstored.length === 0;
    this.#unsavedSince = isAllStored ? null : this.#host.now;
    if (this.#unstored.length > 0 || (this.#appendsAgain && this.#replica.hasDraft)) this.append();
    if (this.#lacksHead) this.lookInStore();
    this.#host.stored();
  }

  appendFailed(code: StoreError): void {
    this.#isAppending = false;
    this.#inTransaction = [];
    this.#failure = code;
    this.#retryAt = this.#host.now + STORE_RETRY_MS;
  }

  /** Another tab wrote. */
  lookInStore(): void {
    this.#lookAgain = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#host.read(this.#position);
  }

  /** The store's records when the document is opened, and whenever `read` was asked for. */
  read(records: readonly ChangeRecord[], position: number): void {
    this.#isReading = false;
    // A draft is closed in a transaction only; it will see the same records.
    if (this.#replica.hasDraft) this.append();
    else {
      // Stored again with the next change, not before: whoever removed it wanted it gone.
      if (position < this.#position) this.#keepAll();
      this.#restore(records);
      this.#position = position;
      this.#isKept ||= position > 0;
      this.#host.stored();
    }
    if (this.#lookAgain) this.lookInStore();
  }

  /** The store has lost the document: all of it goes along with the next change, parents first. */
  #keepAll(): void {
    this.#unstored = [];
    for (const verified of this.#replica.changes()) this.keep(verified);
  }

  #sign({ change }: VerifiedChange): void {
    // A change of somebody else without a signature of its own is covered by a later one: not ours to sign, nor sent.
    if (change.author !== this.#replica.device) return;
    this.#unsigned.add(change.id);
    this.#host.signChange(change.id);
  }

  signed(id: ChangeId, signature: Bytes): void {
    this.#replica.sign(id, signature);
    this.#host.putSignature(id, signature);
  }

  /** Only now may the change leave this device. */
  signatureStored(id: ChangeId): void {
    this.#unsigned.delete(id);
    this.#host.released(this.#replica.get(id)!);
  }
}
