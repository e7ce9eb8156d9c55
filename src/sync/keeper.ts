// Sees to it that changes are kept before anybody hears of them. The laws:
//
//     an own change is numbered and stored in one transaction, then signed, its signature stored, and only then sent;
//     of changes that follow each other the newest is signed for all
//     a draft is closed inside the store's transaction, so that two tabs of one profile never fork
//     "saved" means that a transaction is complete, nothing less
//
// Knows the replica and the store's answers; not peers, nor what people are told.

import {
  type Bytes,
  type Change,
  type ChangeId,
  type Closed,
  equalBytes,
  type Replica,
  type Resumed,
  type Slot,
  type VerifiedChange,
} from "../crdt/index.ts";
import { FLUSH_MS, RELAY_CHANGES_MS, STORE_RETRY_MS } from "./limits.ts";
import type { ChainHead, ChangeRecord, StoredImage, StoreError } from "./ports.ts";

/** What a keeper asks of the session around it. */
export interface KeeperHost {
  readonly now: number;
  append(position: number): void;
  read(position: number): void;
  /** Asks the device key for the signature of a change, which covers those before it, then calls `signed`. */
  signChange(id: ChangeId): void;
  putSignature(id: ChangeId, signature: Bytes): void;
  /** No draft is open: what waits to be admitted may be. */
  draftClosed(): void;
  /** Another tab took the number of what could not be stored: this page is at its end, and its last words say it again. */
  overtaken(): void;
  /** What is kept has grown. */
  stored(): void;
  /** Own changes may leave this device now. */
  released(slots: readonly Slot[]): void;
}

/** What a page that goes away leaves for the next one: own changes and a draft that no transaction has taken yet. */
export interface LastWords {
  readonly changes: readonly { readonly id: ChangeId; readonly bytes: Bytes }[];
  readonly draft: Bytes | null;
  /** The number of the own change before the draft. */
  readonly after: number;
}

/** `overtaken`: another tab took the number of a change that this tab could not store. `groundless`: what a draft is to be closed
 * on top of is damaged. Nothing is stored any more by this page. */
export type KeepingFailure = StoreError | "overtaken" | "groundless";

const NOTHING: ReadonlySet<string> = new Set();

export class Keeper {
  readonly #replica: Replica;
  readonly #host: KeeperHost;
  /** Up to where the store was read. */
  #position = 0;
  #isKept = false;
  // Changes are known by their slots here, and by their ids to the store.
  /** Admitted or closed here, not stored yet; parents first. */
  readonly #unstored = new Map<Slot, VerifiedChange>();
  /** Own changes that no stored signature covers yet: they are not sent. */
  readonly #unsigned = new Set<Slot>();
  /** What the signatures that were asked for are to cover, by the change that is signed. */
  readonly #signing = new Map<ChangeId, readonly Slot[]>();
  /** Of others, by when they were stored; none that were longer ago than `RELAY_CHANGES_MS`, once more is stored. */
  readonly #freshSince = new Map<Slot, number>();
  #inTransaction: readonly Slot[] = [];
  #isAppending = false;
  /** Asked for while a transaction was under way, which may have closed its draft already. */
  #appendsAgain = false;
  /** The store's own head builds on rows that could not be read. */
  #lacksHead = false;
  /** Without a signature of their own, among the records that an image stands for. */
  #bare: ChangeId[] = [];
  /** What records of the store build on that could not be read: all is read anew once one of these is back. */
  #awaited = new Set<ChangeId>();
  /** One of them is back: another tab has stored it. */
  #isBack = false;
  /** What earlier pages left and names what is not here yet. */
  readonly #early: LastWords[] = [];
  /** How many changes of others were here when that was tried last. */
  #othersThen = 0;
  #isReading = false;
  /** A transaction ended since the store was asked: what it answers is older than that. */
  #isOutdated = false;
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

  /** It ends with this page. */
  get #isOver(): boolean {
    return this.#failure === "overtaken" || this.#failure === "groundless";
  }

  /** Since when something waits for the store, or null. */
  get unsavedSince(): number | null {
    return this.#unsavedSince;
  }

  /** What must be claimed to nobody yet: not on disk, or not free to go. */
  get held(): ReadonlySet<Slot> {
    return new Set([...this.#unstored.keys(), ...this.#unsigned]);
  }

  /** Whether a change may leave this device, with what proves it. */
  maySend(slot: Slot): boolean {
    return !this.#unstored.has(slot) && !this.#unsigned.has(slot);
  }

  /** Whether a change of somebody else was stored so lately that its author, or who has it longer, may still be telling of it. */
  isFresh(slot: Slot): boolean {
    const since = this.#freshSince.get(slot);
    return since !== undefined && this.#host.now < since + RELAY_CHANGES_MS;
  }

  /** When `tick` wants to be called; Infinity if nothing is due. */
  get nextAt(): number {
    if (this.#isAppending || this.#isOver) return Number.POSITIVE_INFINITY;
    if (this.#failure !== null) return this.#retryAt;
    return this.#draftedAt === null ? Number.POSITIVE_INFINITY : this.#draftedAt + FLUSH_MS;
  }

  tick(): void {
    if (this.#host.now >= this.nextAt) this.append();
  }

  /** Something was drafted, or what was held may go now. */
  drafted(): void {
    if (this.#draftedAt !== null || !this.#replica.hasDraft) return;
    this.#draftedAt = this.#host.now;
    this.#unsavedSince ??= this.#host.now;
  }

  /** A change that was admitted, or closed, and is to be stored with the next transaction. */
  keep(verified: VerifiedChange): void {
    const slot = this.#graph.slotOf(verified.id)!;
    this.#unstored.set(slot, verified);
    if (this.#isUnsigned(verified)) this.#unsigned.add(slot);
  }

  get #graph() {
    return this.#replica.ground.graph;
  }

  /** Whether a change is here and waits for the store. */
  #isUnstored(id: string): boolean {
    const slot = this.#graph.slotOf(id as ChangeId);
    return slot !== undefined && this.#unstored.has(slot);
  }

  /** An own change with a signature comes from another tab by way of others, or from before a damage; a change of somebody
   * else is not ours to sign. */
  #isUnsigned({ id, change, signature }: VerifiedChange): boolean {
    const isOwn = change.author === this.#replica.device;
    return isOwn && signature === null && !this.#replica.runs.isCovered(id);
  }

  /** Whether the store holds anything of the document, as far as it was heard. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get hasUnstored(): boolean {
    return this.#unstored.size > 0;
  }

  /** What would be lost if the page went away at this moment, or null. What has no ground has none in the next page. */
  get lastWords(): LastWords | null {
    if (this.#failure === "groundless") return null;
    const own = [...this.#unstored.values()].filter(({ change }) => change.author === this.#replica.device);
    const draft = this.#replica.draftBytes;
    if (draft === null && (own.length === 0 || !this.#isWanted)) return null;
    const changes = own.map(({ change, bytes }) => ({ id: change.id, bytes }));
    return { changes, draft, after: this.#replica.ownHead?.seq ?? 0 };
  }

  /** A new document nobody wrote in is not worth keeping. */
  get #isWanted(): boolean {
    return this.isKept || this.#isAppending || this.#draftedAt !== null;
  }

  /** Takes up what an earlier page could not store; the records of the store must have been read. "forbidden" where it has to be
   * said again and this device may not write any more: nobody would take it. "early" where it names what is not here, which that
   * page may have had from others and not stored yet: it is taken up once that has come, if this page lives so long. */
  recover(words: LastWords): Resumed {
    const { changes, draft, after } = words;
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
    // Another tab took their numbers before a transaction took them: what they say is said again.
    const lost = changes.filter(({ id }) => !this.#replica.has(id)).map(({ bytes }) => bytes);
    const isToSay = (draft !== null || lost.length > 0) && this.#replica.hasGenesis;
    const { mayWrite, people, device } = this.#replica;
    const maySay = mayWrite || people.hasFallen(device);
    const said = (): Resumed =>
      maySay ? this.#replica.resumeDraft(draft, after, lost, !mayWrite) : "forbidden";
    const resumed = isToSay ? said() : "whole";
    if (resumed === "early") {
      this.#early.push(words);
      this.#othersThen = this.#others;
    }
    this.drafted();
    if (this.hasUnstored) this.append();
    return resumed;
  }

  get #others(): number {
    return this.#replica.size - (this.#replica.ownHead?.seq ?? 0);
  }

  /** Not at every edit of one's own: what is missing is somebody else's. */
  #recoverEarly(): void {
    if (this.#others === this.#othersThen) return;
    for (const words of this.#early.splice(0)) this.recover(words);
  }

  /** Opens a transaction, unless one is under way: then another follows it. */
  append(): void {
    this.#appendsAgain = this.#isAppending;
    if (this.#isAppending || this.#isOver) return;
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
    if (head === null && own !== null && !this.#unstored.has(own.slot)) this.#keepAll();
    if (this.#isOvertaken(head, unseen)) this.#end(head, unseen);
    else this.#restore(unseen, () => this.#continues(head));
    if (this.#isOver) return { records: [], head };
    this.#draftedAt = null;
    this.#host.draftClosed();
    this.#inTransaction = [...this.#unstored.keys()];
    const records = [...this.#unstored.values()].map(({ id, bytes, signature }) => {
      const tail = signature === null ? this.#replica.runs.tailOf(id) : null;
      return { id, bytes, signature, ...(tail === null ? {} : { tail }) };
    });
    const last = this.#lacksHead ? head : this.#replica.ownHead;
    return { records, head: last === null ? null : { seq: last.seq, id: last.id } };
  }

  /** Whether the store's chain went on from before what was closed here and is not stored. Asked before anything of the
   * store is entered: this device would look two-faced. */
  #isOvertaken(head: ChainHead | null, unseen: readonly ChangeRecord[]): boolean {
    // None in the store: the document was removed in another tab, or the row is damaged. Ours goes on. Where the rows that its
    // head builds on are damaged, that head is ours to be stored again.
    if (head === null || this.#isUnstored(head.id)) return false;
    const stored = new Set<string>(unseen.map(({ id }) => id));
    const unsent = this.#firstUnsent(stored);
    if (unsent === undefined) return false;
    let known = unsent.prev;
    // Own changes that came back by way of others stand between.
    while (known !== null && known !== head.id && this.#isUnstored(known))
      known = this.#replica.get(known)!.change.prev;
    return known !== head.id;
  }

  /** The next page can go on from there, unless what the store's chain ends with is damaged: it would come to the same. */
  #end(head: ChainHead | null, unseen: readonly ChangeRecord[]): void {
    const isHere = this.#replica.has(head!.id as ChangeId) || unseen.some(({ id }) => id === head!.id);
    this.#failure = isHere ? "overtaken" : "groundless";
    if (isHere) this.#host.overtaken();
  }

  /** Whether a draft can be closed on top of what was read. It is built on the newest own change, of one branch if an old disk
   * has made us fork. Where rows that the store's head builds on are damaged, what peers bring of them is stored and all is
   * read anew, but a draft has no ground. */
  #continues(head: ChainHead | null): boolean {
    this.#lacksHead = head !== null && !this.#replica.has(head.id as ChangeId);
    const hasGround = !this.#lacksHead || !this.#replica.hasDraft || this.#firstUnsent() !== undefined;
    if (!hasGround) this.#failure = "groundless";
    return hasGround;
  }

  /** The first change that was closed here and is not stored, nor among `stored`: nobody else can have it. */
  #firstUnsent(stored: ReadonlySet<string> = NOTHING): Change | undefined {
    for (const one of this.#unstored.values())
      if (!stored.has(one.id) && this.#isUnsigned(one)) return one.change;
    return undefined;
  }

  /** Whether a change of this device that came from a peer has the place of one that is not stored: it waits until that is, or
   * until another tab is found to have written it. */
  mustWait({ author, seq, id }: Change): boolean {
    if (author !== this.#replica.device || this.#replica.has(id)) return false;
    const unsent = this.#firstUnsent();
    return unsent !== undefined && seq >= unsent.seq;
  }

  #restore(records: readonly ChangeRecord[], mayClose: () => boolean): void {
    const now = Math.floor(this.#host.now / 1000);
    // A damaged row that was repaired stands behind what builds on it: read until nothing more finds its parents.
    let lacking = records;
    const missing = new Set<ChangeId>();
    for (let before = lacking.length + 1; lacking.length > 0 && lacking.length < before; ) {
      before = lacking.length;
      const { lacking: ids } = this.#replica.restore(lacking, now, () => false);
      lacking = lacking.filter(({ id }) => !this.#replica.has(id as ChangeId));
      for (const id of ids) missing.add(id);
    }
    for (const { id } of records)
      this.#isBack ||= this.#awaited.has(id as ChangeId) && this.#replica.has(id as ChangeId);
    for (const id of missing) if (!this.#replica.has(id)) this.#awaited.add(id);
    // What waits to be stored may be there, and then it is not to be stored again; a damaged row is not it.
    for (const { id, bytes } of records)
      if (this.#isUnstored(id) && this.#isHere(id, bytes))
        this.#unstored.delete(this.#graph.slotOf(id as ChangeId)!);
    // Another tab is about to sign them, or crashed before it could: the key is the same.
    this.#sign(records.filter(({ signature }) => signature === null).map(({ id }) => id as ChangeId));
    const { closed } = this.#replica.restore([], now, mayClose);
    for (const { id } of closed satisfies readonly Closed[]) this.keep(this.#replica.get(id)!);
  }

  #isHere(id: string, bytes: Bytes): boolean {
    const verified = this.#replica.get(id as ChangeId);
    return verified !== undefined && equalBytes(verified.bytes, bytes);
  }

  /** The transaction is complete. */
  appended(position: number): void {
    this.#isAppending = false;
    this.#isOutdated = this.#isReading;
    if (!this.#isOver) this.#failure = null;
    const stored = this.#inTransaction;
    this.#inTransaction = [];
    for (const slot of stored) this.#unstored.delete(slot);
    this.#noteFresh(stored);
    const ids = stored.map(slot => this.#graph.idAt(slot));
    this.#isBack ||= ids.some(id => this.#awaited.has(id));
    this.#sign(ids);
    if (position < this.#position) this.#keepAll();
    this.#position = this.#lacksHead || this.#isBack ? 0 : position;
    this.#isKept ||= position > 0;
    const isAllStored = !this.#replica.hasDraft && !this.hasUnstored;
    this.#unsavedSince = isAllStored ? null : this.#host.now;
    if (this.hasUnstored || (this.#appendsAgain && this.#replica.hasDraft)) this.append();
    if (this.#lacksHead || this.#isBack) this.#readAnew();
    this.drafted();
    this.#recoverEarly();
    this.#host.stored();
  }

  /** Nobody else may have what stands in the store behind a row that was damaged. */
  #readAnew(): void {
    if (this.#isBack) this.#awaited.clear();
    this.#isBack = false;
    this.#position = 0;
    this.lookInStore();
  }

  #noteFresh(stored: readonly Slot[]): void {
    for (const slot of this.#freshSince.keys()) {
      if (this.isFresh(slot)) break;
      this.#freshSince.delete(slot);
    }
    for (const slot of stored)
      if (this.#graph.authorAt(slot) !== this.#replica.device) this.#freshSince.set(slot, this.#host.now);
  }

  appendFailed(code: StoreError): void {
    this.#isAppending = false;
    this.#inTransaction = [];
    this.#failure = code;
    this.#retryAt = this.#host.now + STORE_RETRY_MS;
  }

  /** Another tab wrote. */
  lookInStore(): void {
    if (this.#isOver) return;
    this.#lookAgain = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#isOutdated = false;
    this.#host.read(this.#position);
  }

  /** The store's records when the document is opened, and whenever `read` was asked for. */
  read(records: readonly ChangeRecord[], position: number): void {
    this.#isReading = false;
    // A draft is closed in a transaction only; it will see the same records. So will what could not be stored.
    if (this.#replica.hasDraft || this.#firstUnsent() !== undefined) this.append();
    else if (this.#isOutdated) this.#lookAgain = true;
    else {
      // Stored again with the next change, not before: whoever removed it wanted it gone.
      if (position < this.#position) {
        this.#keepAll();
        this.#isKept = false;
      }
      this.#restore(records, () => false);
      this.#position = position;
      this.#isKept ||= position > 0;
      if (this.#isBack) this.#readAnew();
      // What was held is a draft since somebody let this device in.
      if (this.#replica.hasDraft) this.append();
      this.#recoverEarly();
      this.#host.stored();
    }
    if (this.#lookAgain) this.lookInStore();
  }

  /** Records that an image stands for, whose bytes were not here. False where one of them is damaged, or says what is not here. */
  fill(records: readonly ChangeRecord[]): boolean {
    const left = new Set(this.#replica.fill(records));
    // Closed by a page that went away before the key answered, as for what is restored. What covers a change may come later.
    for (const record of records)
      if (record.signature === null && !left.has(record)) this.#bare.push(record.id as ChangeId);
    if (this.#replica.isWhole) {
      this.#sign(this.#bare);
      this.#bare = [];
    }
    return left.size === 0;
  }

  /** The replica as of what the store holds, and of how many changes; null while anything is under way. */
  get image(): { readonly image: StoredImage; readonly size: number } | null {
    const isAtRest = !this.#isAppending && !this.#isReading && !this.hasUnstored;
    const bytes = isAtRest && this.#failure === null ? this.#replica.image : null;
    return bytes && { image: { bytes, position: this.#position }, size: this.#replica.size };
  }

  /** The store has lost the document: all of it goes along with the next change, parents first. */
  #keepAll(): void {
    // Removed in the second after it was opened here: there is nothing left of which it could be written anew.
    if (!this.#replica.isWhole) {
      this.#failure = "groundless";
      return;
    }
    this.#unstored.clear();
    for (const verified of this.#replica.changes()) this.keep(verified);
  }

  /** Of stored changes, oldest first, those that are own and that nothing signs yet. */
  #sign(stored: readonly ChangeId[]): void {
    const bare = stored.filter(id => {
      const verified = this.#replica.get(id);
      return verified !== undefined && this.#isUnsigned(verified);
    });
    for (const stretch of this.#replica.runs.stretches(bare)) {
      const slots = stretch.map(id => this.#graph.slotOf(id)!);
      for (const slot of slots) this.#unsigned.add(slot);
      const newest = stretch.at(-1)!;
      this.#signing.set(newest, slots);
      this.#host.signChange(newest);
    }
  }

  signed(id: ChangeId, signature: Bytes): void {
    this.#replica.sign(id, signature);
    this.#host.putSignature(id, signature);
  }

  /** Only now may the change leave, and those that it covers. */
  signatureStored(id: ChangeId): void {
    const covered = this.#signing.get(id) ?? [this.#graph.slotOf(id)!];
    this.#signing.delete(id);
    for (const slot of covered) this.#unsigned.delete(slot);
    this.#host.released(covered);
  }
}
