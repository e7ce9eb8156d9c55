// The one façade over the inner rings: edit, close, inspect, admit, view. One copy of a document with one writing
// key. It never waits: where a signature is to be made or judged it hands out what is to be signed or asked and
// takes the answer later. It keeps nothing anywhere and sends nothing; sync does.

import { assert } from "./assert.ts";
import { type Member, OPEN_POLICY } from "./authority/members.ts";
import type { Closed } from "./closed.ts";
import { Closing, type Ticket } from "./closing.ts";
import { Drafting } from "./drafting.ts";
import { Forks } from "./forks.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { ChangeId, DeviceId, DocId, Policy, Role } from "./graph/change.ts";
import { composeGenesis } from "./graph/compose.ts";
import type { ChainTip, LaneTip } from "./graph/graph.ts";
import {
  conclude,
  concludeRun,
  type Inspected,
  type InspectedRun,
  Inspector,
  type SignedRun,
  type Stored,
  signatureMessage,
  type VerifiedChange,
  type VerifiedTyping,
} from "./graph/verify.ts";
import type { Ground } from "./history/history.ts";
import { Holding } from "./holding.ts";
import { loadImage, takeImage } from "./imaging.ts";
import { type Listener, Listeners } from "./listeners.ts";
import { People } from "./people.ts";
import { type Entered, Recalling } from "./recalling.ts";
import { Outcome, Receiving, type Reception, refusedWhole } from "./receiving.ts";
import type { Refusal } from "./refusal.ts";
import { type Resumed, resume } from "./resuming.ts";
import { Runs } from "./runs.ts";
import type { Patch } from "./types/document.ts";
import type { Dot, Slot } from "./types/dot.ts";
import type { MapEdit } from "./types/edit.ts";
import { canonicalJson, type Json, type Node } from "./types/node.ts";
import type { Path } from "./types/op.ts";
import { encodeParts } from "./unclosed.ts";
import { Undoing } from "./undoing.ts";

export class Replica {
  readonly device: DeviceId;
  readonly doc: DocId;
  /** Who is here, and what is said about them. */
  readonly people: People;
  readonly #holding = new Holding();
  readonly #graph = this.#holding.graph;
  readonly #members = this.#holding.members;
  readonly #drafting: Drafting;
  readonly #closing: Closing;
  readonly #undoing: Undoing;
  readonly #receiving = new Receiving(this.#holding);
  readonly #recalling: Recalling;
  readonly #inspector: Inspector;
  /** How changes are handed on. */
  readonly runs: Runs;
  /** Who is two-faced. */
  readonly forks: Forks;
  readonly #listeners = new Listeners();
  /** Where goes what listeners throw about changes of others. */
  readonly listeners: Pick<Listeners, "report"> = this.#listeners;
  /** Whether the genesis was seen here by an edit: every keystroke asks. */
  #hasBegun = false;

  private constructor(device: DeviceId, doc: DocId) {
    this.device = device;
    this.doc = doc;
    this.#inspector = new Inspector(doc);
    this.runs = new Runs(this.#holding, this.#inspector);
    this.forks = new Forks(this.#holding, this.runs, this, {
      check: () => this.#checkFree("a proof is admitted"),
      show: act => this.#show(act),
    });
    this.#drafting = new Drafting(this.#holding.graph, this.#holding.tree, this.#holding.effects, device);
    this.#undoing = new Undoing(this.#holding, this.#drafting, device);
    this.#closing = new Closing(this.#holding, this.#drafting, device, doc);
    this.people = new People(this.#holding, this.#drafting, this.forks, device);
    this.#recalling = new Recalling(this.#holding, this.#receiving, this.#closing);
  }

  /** A new document with this device as its owner. `nonce`: 16 random bytes; `now`: seconds since 1970. */
  static create(
    device: DeviceId,
    nonce: Bytes,
    now: number,
    policy: Policy = OPEN_POLICY,
  ): { replica: Replica; genesis: Closed } {
    const verified = composeGenesis(device, { type: "genesis", nonce, policy }, now);
    const replica = new Replica(device, verified.id);
    const genesis = replica.#closing.begin(verified, now);
    replica.#show(patches => replica.#holding.settle(patches));
    return { replica, genesis };
  }

  /** An empty copy of a document that others hold. With a ticket, this device's first change joins it. */
  static open(device: DeviceId, doc: DocId, ticket: Ticket | null = null): Replica {
    const replica = new Replica(device, doc);
    replica.#closing.ticket = ticket;
    return replica;
  }

  /** What `image` was taken of, for this device and document; null if the bytes are none, or damaged: then the store's records
   * are restored, as without it. It shows, is edited, closed and signed, and takes in what others say at once; undo, and
   * whatever reads the bytes of old changes (`changes`, `get`, `proofOf`, `ground`), wait until `isWhole`. */
  static ofImage(device: DeviceId, doc: DocId, image: Bytes, ticket: Ticket | null = null): Replica | null {
    const replica = Replica.open(device, doc, ticket);
    const imaged = loadImage(image, replica.#holding, doc, device);
    if (imaged === null) return null;
    replica.#closing.lastTime = imaged.lastTime;
    return replica;
  }

  // ------------------------------------------------------------------------------------------------ looking

  /** Whether the beginning of the document is here: before, there is nothing to edit. */
  get hasGenesis(): boolean {
    return this.#members.owner !== null;
  }

  get heads(): readonly ChangeId[] {
    return this.#graph.heads;
  }

  /** How many changes are here. */
  get size(): number {
    return this.#graph.size;
  }

  get laneTips(): readonly LaneTip[] {
    return this.#graph.laneTips();
  }

  get members(): readonly Member[] {
    return this.#members.list();
  }

  get policy(): Policy {
    return this.#members.policy;
  }

  roleOf(device: DeviceId): Role | null {
    return this.#members.roleOf(device);
  }

  /** The role that an invite known here gives, or null. */
  inviteRole(invite: DeviceId): Role | null {
    return this.#members.inviteRole(invite);
  }

  /** The role of this device, or the one that its ticket gives; null for none. */
  get role(): Role | null {
    return this.#closing.role;
  }

  /** The link in whose name this device would join; null without a ticket. */
  get cameBy(): DeviceId | null {
    return this.#closing.ticket?.invite ?? null;
  }

  /** Whether an edit made now would be taken by others. */
  get mayWrite(): boolean {
    return this.#closing.mayWrite;
  }

  /** The newest own change; null before the first. */
  get ownHead(): ChainTip | null {
    return this.#graph.newestOf(this.device);
  }

  /** The admitted changes of a device with a number: one, or several after a fork. */
  numbered(author: DeviceId, seq: number): readonly ChangeId[] {
    return this.#graph.numbered(author, seq);
  }

  has(id: ChangeId): boolean {
    return this.#graph.has(id);
  }

  /** An admitted change. What it says is read from its bytes at each look: keep what you need of it. */
  get(id: ChangeId): VerifiedChange | undefined {
    return this.#holding.get(id);
  }

  /** All admitted changes, parents first. */
  changes(): Generator<VerifiedChange> {
    return this.#holding.changes();
  }

  /** The admitted changes that are neither among `known` nor in their past, parents first. Unknown ids are passed over. */
  changesSince(known: Iterable<ChangeId>): Generator<VerifiedChange> {
    return this.#holding.changesSince(known);
  }

  /** The same by their slots (`ground.graph`): nothing is made of each of them. */
  slotsSince(known: Iterable<ChangeId>): Iterable<Slot> {
    return this.#holding.slotsSince(known);
  }

  /** Prototype-free JSON; where values conflict, the deterministic pick. */
  toJson(): Json {
    return this.#holding.tree.toJson();
  }

  /** RFC 8785. Replicas with equal heads give equal strings: the yardstick of convergence. A held draft is left out. */
  canonicalJson(): string {
    const write = (): string => canonicalJson(this.toJson());
    return this.isHeld ? this.#closing.beside([], write) : write();
  }

  /** Whether that is what the heads stand for: no draft is open, and nothing is masked here. */
  get showsHeads(): boolean {
    return !this.#drafting.isOpen && this.#holding.masking.masked.size === 0;
  }

  /** The node at a path, for reading; null if nothing was ever put there. */
  node(path: Path): Node | null {
    return this.#holding.tree.find(path);
  }

  /** Where a list item shows that was moved, as a list and an element of it; undefined for one that shows where it was made. */
  moved(item: Dot): { readonly path: Path; readonly dot: Dot } | undefined {
    return this.#holding.tree.moves.get(item)?.shown ?? undefined;
  }

  /** A position that survives edits: the change and element number of a dot, or null while it is a draft's. */
  nameOf(dot: Dot): { readonly id: ChangeId; readonly index: number } | null {
    return this.#drafting.has(dot.change) ? null : { id: this.#graph.idAt(dot.change), index: dot.index };
  }

  dotOf(name: { readonly id: ChangeId; readonly index: number }): Dot | null {
    const slot = this.#graph.slotOf(name.id);
    return slot === undefined ? null : { change: slot, index: name.index };
  }

  /** What a `History` of this document reads; who does without one does not pay for it. */
  get ground(): Ground {
    return this.#holding;
  }

  /** Told of everything that shows differently, until the answer is called. What it throws is thrown by who made it show,
   * when all were told and all is done, or see `listeners`; it may look and not change anything. */
  subscribe(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  // ------------------------------------------------------------------------------------------------ editing

  /** Whether there is a draft to be closed. */
  get hasDraft(): boolean {
    return this.#drafting.isOpen && !this.isHeld;
  }

  /** Whether there is one that waits until this device may write. What others say is taken in meanwhile. */
  get isHeld(): boolean {
    return this.#closing.isHeld;
  }

  /** Atomic: if `edit` throws, nothing has happened. Shows at once; travels once closed, signed and stored. */
  edit(edit: (root: MapEdit) => void): void {
    if (!this.#hasBegun) this.#checkBegun();
    if (this.#listeners.isEmpty) this.#drafting.edit(edit, false);
    else {
      this.#listeners.checkQuiet();
      this.#listeners.tell(this.#drafting.edit(edit, true), "local", () => [this.device]);
    }
  }

  /** Takes the newest step of this device back that is not taken back yet: only what it wrote itself, whatever others wrote
   * since. Part of the draft until that is closed. False if there is none. */
  undo(): boolean {
    return this.#retract(() => this.#undoing.undoable());
  }

  /** Brings back what was undone last, as long as nothing was edited since. False if there is nothing. */
  redo(): boolean {
    return this.#retract(() => this.#undoing.redoable());
  }

  get canUndo(): boolean {
    return this.#mayRetract && this.#undoing.canUndo;
  }

  get canRedo(): boolean {
    return this.#mayRetract && this.#undoing.canRedo;
  }

  /** What is edited from now on is undone apart from what was edited before. */
  breakUndo(): void {
    this.#undoing.break();
  }

  /** Undo and redo are about the node at a path and what is below, and pass over edits of anything else. Of `along`, keys of
   * the root, they take back what was written in one change with such an edit. */
  undoWithin(path: Path, along: readonly string[] = []): void {
    this.#undoing.about(path, along);
  }

  /** Whether the author of a change took it back. */
  isRetracted(id: ChangeId): boolean {
    const slot = this.#graph.slotOf(id);
    return slot !== undefined && this.#holding.retracts.isRetracted(slot);
  }

  /** Not while changes of another tab are here that do not show yet, nor before one's own changes can be read. */
  get #mayRetract(): boolean {
    return (this.mayWrite || this.isHeld) && this.#recalling.recalled.length === 0 && this.isWhole;
  }

  #retract(find: () => readonly Slot[]): boolean {
    this.#listeners.checkQuiet();
    const slots = this.#mayRetract ? find() : [];
    if (slots.length === 0) return false;
    this.#listeners.tell(this.#undoing.retract(slots), "local", () => [this.device]);
    return true;
  }

  #checkBegun(): void {
    assert(this.hasGenesis, "there is a document to edit");
    this.#hasBegun = true;
  }

  /** What this device calls itself, for everyone. */
  rename(name: string): void {
    this.#checkBegun();
    this.people.rename(name);
  }

  /** Lets whoever holds the secret of `key` join in a role. More that is said about people: `people`. */
  invite(key: DeviceId, role: Role, label = ""): void {
    this.#checkBegun();
    this.people.invite(key, role, label);
  }

  /** Turns the open draft into changes; more than one where it is too large for one, or the heads are too many. `now`: seconds
   * since 1970. No remote change is admitted meanwhile, unless it is held: its neighbours may not move before its id is known. */
  closeDraft(now: number): Closed[] {
    const patches: Patch[] = [];
    const closed = this.#closing.close(now, patches);
    this.#show(() => this.#holding.settle(patches), patches);
    // What was said about people may be what the rest waited for.
    return this.hasDraft ? [...closed, ...this.closeDraft(now)] : closed;
  }

  /** The open draft as bytes for `resumeDraft`, or null. */
  get draftBytes(): Bytes | null {
    const after = this.ownHead?.seq ?? 0;
    return this.#drafting.isOpen ? encodeParts(this.#graph, this.#drafting.parts, after) : null;
  }

  /** Takes up a draft that was open when its page went away, after this device's change number `after`; see resuming.ts. Where
   * this device may not say all of that any more it is held, with `isHeld`. */
  resumeDraft(draft: Bytes | null, after: number, left: readonly Bytes[] = [], isHeld = false): Resumed {
    const leftOver = { draft, after, left, isHeld };
    const { patches, resumed } = resume(this.#holding, this.#drafting, this, leftOver);
    if (this.isHeld) this.#closing.beside(patches, () => undefined);
    this.#listeners.tell(patches, "remote", () => [this.device]);
    return resumed;
  }

  /** What the device key has to sign for a change of its own. */
  messageOf(id: ChangeId): Bytes {
    return signatureMessage(id);
  }

  /** The device key's answer for a closed change. */
  sign(id: ChangeId, signature: Bytes): void {
    const slot = this.#graph.slotOf(id);
    assert(slot !== undefined && this.#graph.authorAt(slot) === this.device, "an own change is signed");
    this.#holding.sign(slot, signature);
  }

  // ----------------------------------------------------------------------------------------------- receiving

  /** First half: what must be asked of the signature rule, or why the bytes are refused. */
  inspect(bytes: Uint8Array, signature: Uint8Array): Inspected | Refusal {
    return this.#inspector.inspect(bytes, signature);
  }

  /** The same of consecutive changes of one device, oldest first, under one signature for the newest. */
  inspectRun(changes: readonly Uint8Array[], signature: Uint8Array): InspectedRun | Refusal {
    return this.#inspector.inspectRun(changes, signature);
  }

  /** Second half. No draft may be open. Never throws, whatever the change; `source` names who pays for waiting. */
  admit(inspected: Inspected, verdicts: readonly boolean[], source: string): Reception {
    const verified = conclude(inspected, verdicts);
    return "ok" in verified ? refusedWhole(inspected.change, verified) : this.#admit([verified], source);
  }

  /** Verified changes, each after what it builds on: of a file, in which the runs of several stand between each other. */
  admitVerified(verified: Iterable<VerifiedChange | VerifiedTyping>, source: string): Reception {
    return this.#admit(verified, source, false);
  }

  /** The same of a run: all of it is proven, or nothing of it is looked at. Its changes are then judged one by one. */
  admitRun(inspected: InspectedRun, verdicts: readonly boolean[], source: string): Reception {
    const verified = concludeRun(inspected, verdicts);
    if ("ok" in verified) return refusedWhole(inspected.changes.at(-1)!, verified);
    return this.#admit(verified, source);
  }

  #admit(verified: Iterable<VerifiedChange | VerifiedTyping>, source: string, isBounded = true): Reception {
    this.#checkFree("a remote change is admitted");
    const outcome = new Outcome(isBounded);
    const { patches, admitted } = outcome;
    this.#closing.beside(patches, () => {
      this.#receiving.receive(verified, source, outcome);
      this.#holding.settle(patches);
    });
    this.#listeners.tell(patches, "remote", () => admitted.map(slot => this.#holding.graph.authorAt(slot)));
    return this.#receiving.reception(outcome);
  }

  #checkFree(what: string): void {
    assert(!this.hasDraft, `the draft is closed before ${what}`);
    this.#listeners.checkQuiet();
  }

  /** An admitted change and those after it up to one with a signature, for whoever wants proof; null if it is an own one
   * and nothing was signed yet. */
  proofOf(id: ChangeId): SignedRun | null {
    return this.#holding.proofOf(id);
  }

  /** Takes the effect of changes out of what shows (`isMasked`), or back in; one that is not here yet is masked when it comes.
   * What shows is a function of the changes that are here and not masked, whatever was done in what order. No draft may be
   * open, as for `admit`: what it stands next to must not move. */
  mask(ids: Iterable<ChangeId>, isMasked: boolean): void {
    this.#checkFree("changes are masked");
    this.#show(patches => this.#holding.masking.mask(ids, isMasked, patches));
  }

  /** What others see to, beside a draft that is held. */
  #show(act: (patches: Patch[]) => void, patches: Patch[] = []): void {
    this.#closing.beside(patches, () => act(patches));
    this.#listeners.tell(patches, "remote", () => []);
  }

  /** The same for the changes of a device from number `fromSeq` on that are here, on every branch if it forked. */
  maskLane(author: DeviceId, fromSeq: number, isMasked: boolean): void {
    this.mask(this.#graph.chain(author, fromSeq), isMasked);
  }

  isMasked(id: ChangeId): boolean {
    return this.#holding.masking.has(id);
  }

  /** A peer left: what it sent without its past is dropped. */
  forget(source: string): void {
    this.#receiving.forget(source);
  }

  /** Changes from this device's own store: judged before they were stored, so only their hashes are checked. Damaged records,
   * and what builds on them, are left out and counted. An open draft is closed on top of them: another tab may have taken its
   * number. `mayClose` is asked between the two, when `ownHead` is the store's. */
  restore(
    records: Iterable<Stored>,
    now: number,
    mayClose: () => boolean = () => true,
  ): Entered & { readonly closed: readonly Closed[] } {
    const entered = this.#recalling.enter(records);
    // What was entered shows at once, unless a draft is open: that has to get its name first.
    if (!mayClose() && this.hasDraft) return { ...entered, closed: [] };
    const patches: Patch[] = [];
    const closed = this.isHeld ? [] : this.#closing.close(now, patches);
    const recalled = this.#closing.beside(patches, () => this.#recalling.show(patches));
    this.#listeners.tell(patches, "remote", () => recalled.map(slot => this.#graph.authorAt(slot)));
    return { ...entered, closed };
  }

  /** All that is here but the bytes of the changes, for this device's own store; null while a draft is open, or something
   * else is under way, and where it would be too large. A cache of the log that may be dropped at any time. */
  get image(): Bytes | null {
    const isAtRest = this.#recalling.recalled.length === 0 && this.isSettled && this.hasGenesis;
    return isAtRest && !this.#drafting.isOpen ? takeImage(this.#holding, this.#closing) : null;
  }

  /** Whether nothing shows that was taken back or masked: what is, is hidden once its bytes are here. */
  get isSettled(): boolean {
    return !this.#holding.masking.owes;
  }

  /** Whether the bytes of all changes are here. After `ofImage` they are not until `fill` has brought them. */
  get isWhole(): boolean {
    return this.#holding.isWhole;
  }

  /** The store's records, in as many slices as one likes; only their hashes are checked. Answers those of changes that are not
   * here, or that are damaged: for `restore`. What is owed and can be paid now is shown, if no draft is open; or else when it
   * is closed by `restore`. */
  fill<R extends Stored>(records: Iterable<R>): R[] {
    const left = this.#recalling.fill(records);
    if (!this.isSettled && !this.hasDraft) this.#show(patches => this.#holding.masking.pay(patches));
    return left;
  }
}
