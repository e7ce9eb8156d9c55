// One copy of a document in memory, with promises: what has to be signed or checked is, inside, by the platform where it
// can. It sends nothing and keeps nothing; whoever holds one carries packets of bytes between copies by any way they
// like. Copies that are kept on a disk and find each other by themselves are sessions (session.ts).

import {
  type Bytes,
  type ChangeId,
  type Closed,
  type DeviceId,
  type DocId,
  type Fields,
  type InspectedRun,
  joinMessage,
  type MapShape,
  mayGive,
  type Refusal,
  type RefusalCode,
  Replica,
  type Role,
  seedPublicKey,
  seedSign,
  type Ticket,
  toHex,
} from "../crdt/index.ts";
import { createVerifier } from "../sync/adapters/verifier.ts";
import { decodeLink, encodeLink, isServer } from "../sync/link.ts";
import type { Verifier } from "../sync/ports.ts";
import { failure } from "./error.ts";
import type { Identity } from "./identity.ts";
import { inspectIn, packetsOf, sentenceOf } from "./packets.ts";
import { SharedDoc } from "./shared-doc.ts";

/** How a copy is held. */
export interface DocumentOptions<F extends Fields = Fields> {
  /** What the document is expected to be: types what is written, and `read` checks what is there. */
  readonly schema?: MapShape<F>;
}

/** How a file is taken. */
export interface LoadOptions {
  /** Takes what holds before the first damage, and says nothing of the rest. */
  readonly partial?: boolean;
  /** Changes that are checked, and all that the file says it holds. Throwing ends the loading. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What an invitation gives. */
export interface InviteOptions {
  /** What whoever comes by the link may do; "editor" if it is not said. */
  readonly role?: Exclude<Role, "owner">;
  /** For the members' eyes, at most 42 UTF-16 code units. */
  readonly label?: string;
  /** The address of a signalling server, such as wss://notes.example/signal, to be found in the link. */
  readonly signalling?: string;
}

/** A change that was not taken. It is a verdict about what came, not an error of who asks. */
export interface RefusedChange {
  /** Null for bytes that are no packet, or no change. */
  readonly id: ChangeId | null;
  /** As the change itself says; null where it says nothing. */
  readonly author: DeviceId | null;
  readonly code: RefusalCode;
  /** One sentence. */
  readonly message: string;
}

/** What came of packets. */
export interface Received {
  readonly admitted: readonly ChangeId[];
  /** Held until the changes they build on have come; bounded, and bounded per sender. */
  readonly pending: readonly ChangeId[];
  readonly refused: readonly RefusedChange[];
}

/**
 * One copy of a document in memory: edits show at once and become signed changes with `flush` and `changesSince`. `F`: the
 * fields of its schema, or null.
 */
export class Document<F extends Fields | null = null> extends SharedDoc<F> {
  readonly identity: Identity;
  /** Closed, and not signed yet. */
  readonly #signing = new Map<ChangeId, Promise<void>>();
  /** Own changes that no `flush` has answered yet, oldest first. */
  #unflushed: ChangeId[] = [];

  private constructor(identity: Identity, replica: Replica, schema: MapShape<Fields> | undefined) {
    super(replica, schema ?? null);
    this.identity = identity;
  }

  /** A new document; `identity` owns it. */
  static create(identity: Identity): Promise<Document>;
  static create<F extends Fields>(identity: Identity, options: DocumentOptions<F>): Promise<Document<F>>;
  static async create(
    identity: Identity,
    { schema }: DocumentOptions = {},
  ): Promise<Document<Fields | null>> {
    const { replica, genesis } = Replica.create(identity.id, randomBytes(16), nowS());
    const document = new Document<Fields | null>(identity, replica, schema);
    document.#sign([genesis]);
    await document.#close();
    return document;
  }

  /**
   * An empty copy of a document of which one is a member already, or which one only reads: `receive` fills it. Give it all
   * own changes that were ever sent before editing, or the next one stands beside them as a fork.
   */
  static open(id: string, identity: Identity): Promise<Document>;
  static open<F extends Fields>(
    id: string,
    identity: Identity,
    options: DocumentOptions<F>,
  ): Promise<Document<F>>;
  static async open(
    id: string,
    identity: Identity,
    { schema }: DocumentOptions = {},
  ): Promise<Document<Fields | null>> {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new TypeError(`Expected a document's id, 64 hex digits, got ${id}`);
    return new Document<Fields | null>(identity, Replica.open(identity.id, id as DocId), schema);
  }

  /**
   * An empty copy of the document that a link leads to; the first edit joins it as a member. Rejects with
   * "LinkMalformed".
   */
  static join(link: string, identity: Identity): Promise<Document>;
  static join<F extends Fields>(
    link: string,
    identity: Identity,
    options: DocumentOptions<F>,
  ): Promise<Document<F>>;
  static async join(
    link: string,
    identity: Identity,
    { schema }: DocumentOptions = {},
  ): Promise<Document<Fields | null>> {
    const decoded = decodeLink(fragmentOf(link));
    if ("error" in decoded) throw failure("LinkMalformed", decoded.error);
    const { doc, inviteSeed } = decoded;
    const replica = Replica.open(identity.id, doc, ticketFor(identity, doc, inviteSeed));
    return new Document<Fields | null>(identity, replica, schema);
  }

  /**
   * A copy out of a file that `save` made, whoever made it; everything in it is checked. Rejects with "FileRefused" and the
   * `Refusal` as its cause unless all of it holds. With `partial` what holds before the first damage is taken.
   */
  static load(file: Bytes, identity: Identity, options?: LoadOptions): Promise<Document>;
  static load<F extends Fields>(
    file: Bytes,
    identity: Identity,
    options: LoadOptions & DocumentOptions<F>,
  ): Promise<Document<F>>;
  static async load(
    file: Bytes,
    identity: Identity,
    { schema, partial = false, onProgress }: LoadOptions & DocumentOptions = {},
  ): Promise<Document<Fields | null>> {
    const [{ replicaOf }, verifier] = await Promise.all([import("./file.ts"), platformVerifier()]);
    const replica = await replicaOf(file, identity.id, verifier, { partial, onProgress });
    return new Document<Fields | null>(identity, replica, schema);
  }

  /** The whole signed history as one file (docs/wire-format.md §13). What is edited meanwhile need not be in it. */
  async save(): Promise<Bytes> {
    const [{ fileOf }] = await Promise.all([import("./file.ts"), this.#close()]);
    return fileOf(this.replica);
  }

  protected override drafting(draft: () => void): void {
    draft();
  }

  /**
   * A link that lets its holder join: the fragment of a share link, which `Document.join` and `openSession` take. It is a
   * secret. Rejects with "RightMissing" if this identity may not give the role.
   */
  async invite({ role = "editor", label = "", signalling }: InviteOptions = {}): Promise<string> {
    if (!this.hasArrived) throw failure("NotArrived");
    const own = this.replica.roleOf(this.identity.id);
    if (own === null || !mayGive(own, role)) throw failure("RightMissing");
    if (signalling !== undefined) checkServer(signalling);
    const inviteSeed = randomBytes(32);
    this.replica.invite(toHex(seedPublicKey(inviteSeed)) as DeviceId, role, label);
    await this.#close();
    const roomSecret = randomBytes(32);
    return encodeLink({ doc: this.id, roomSecret, inviteSeed, server: signalling ?? null });
  }

  /** Turns what was edited into signed changes: packets to be sent, of all that no earlier `flush` answered. */
  async flush(): Promise<Bytes[]> {
    // Where it is refused, nothing is answered.
    this.#draftToChange();
    const ids = this.#unflushed;
    this.#unflushed = [];
    await this.#close();
    return packetsOf(this.replica, ids);
  }

  /**
   * Packets of all changes that are neither among `heads` nor in their past. Unknown heads are passed over.
   */
  async changesSince(heads: Iterable<string>): Promise<Bytes[]> {
    await this.#close();
    const changes = [...this.replica.changesSince(heads as Iterable<ChangeId>)];
    return packetsOf(
      this.replica,
      changes.map(({ id }) => id),
    );
  }

  /**
   * Takes packets that others made. Each change is judged by its own past alone, and what is wrong is refused: that is
   * part of the answer. `from` names who sent them, so that nobody's waiting changes crowd out another's. If a listener
   * throws, all is taken first, and then the promise rejects with what it threw.
   */
  async receive(packets: Bytes | Iterable<Bytes>, from = "peer"): Promise<Received> {
    const received = {
      admitted: [] as ChangeId[],
      pending: [] as ChangeId[],
      refused: [] as RefusedChange[],
    };
    const thrown: unknown[] = [];
    for (const packet of packets instanceof Uint8Array ? [packets] : packets) {
      const inspected = this.#inspect(packet, received.refused);
      const verifier = await platformVerifier();
      const verdicts = await verifier.verify(inspected.flatMap(({ questions }) => questions));
      // From here to the end of the packet nothing waits, so no edit can come between.
      this.#draftToChange();
      let at = 0;
      for (const one of inspected) {
        const own = verdicts.slice(at, at + one.questions.length);
        at += one.questions.length;
        try {
          this.#admit(one, own, from, received);
        } catch (error) {
          thrown.push(error);
        }
      }
    }
    if (thrown.length === 1) throw thrown[0];
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} listeners threw`);
    return received;
  }

  /** Somebody left: what they sent without its past is dropped. */
  forget(from: string): void {
    this.replica.forget(from);
  }

  #inspect(packet: Bytes, refused: RefusedChange[]): InspectedRun[] {
    const inspected: InspectedRun[] = [];
    for (const result of inspectIn(this.replica, packet)) {
      if (!result.ok) refused.push(refusedChange(null, null, result));
      else if (!this.replica.has(result.changes.at(-1)!.id)) inspected.push(result);
    }
    return inspected;
  }

  #admit(
    inspected: InspectedRun,
    verdicts: readonly boolean[],
    from: string,
    received: { admitted: ChangeId[]; pending: ChangeId[]; refused: RefusedChange[] },
  ): void {
    const ids = inspected.changes.map(({ id }) => id);
    // It may have come by another way while the signatures were checked.
    if (this.replica.has(ids.at(-1)!)) return;
    const { admitted, refused, missing } = this.replica.admitRun(inspected, verdicts, from);
    received.admitted.push(...admitted.map(({ change }) => change.id));
    for (const { id, author, refusal } of refused) received.refused.push(refusedChange(id, author, refusal));
    if (missing !== null) received.pending.push(...ids.filter(id => !refused.some(one => one.id === id)));
    received.pending = received.pending.filter(id => !this.replica.has(id));
  }

  /** Signing may take a while; the draft is a change before this returns. */
  #draftToChange(): void {
    this.#sign(this.replica.closeDraft(nowS()));
  }

  /** When everything of one's own is signed. */
  async #close(): Promise<void> {
    this.#draftToChange();
    // While these are signed others may come.
    while (this.#signing.size > 0) await Promise.all(this.#signing.values());
  }

  #sign(closed: readonly Closed[]): void {
    for (const { id, message } of closed) {
      this.#unflushed.push(id);
      const signed = this.identity.sign(message).then(signature => {
        this.replica.sign(id, signature);
        this.#signing.delete(id);
      });
      // A key that fails is told to whoever next waits for signatures, and not to the process.
      signed.catch(() => undefined);
      this.#signing.set(id, signed);
    }
  }
}

function refusedChange(id: ChangeId | null, author: DeviceId | null, refusal: Refusal): RefusedChange {
  return { id, author, code: refusal.code, message: sentenceOf(refusal) };
}

/** How an identity that holds the seed of an invite joins. */
export function ticketFor(identity: Identity, doc: DocId, inviteSeed: Bytes): Ticket {
  const invite = toHex(seedPublicKey(inviteSeed)) as DeviceId;
  return { invite, signature: seedSign(inviteSeed, joinMessage(doc, identity.id)) };
}

/** Of a whole address what stands behind `#`; a fragment as it is. */
export function fragmentOf(link: string): string {
  return link.slice(link.indexOf("#") + 1);
}

/** Whoever came by a link that names something else would be refused. */
export function checkServer(address: string): void {
  if (!isServer(address))
    throw new RangeError(`Expected a server such as wss://notes.example/signal, got ${address}`);
}

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Seconds since 1970, for people's eyes: nothing is judged by it. */
export function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

let verifier: Promise<Verifier> | null = null;

/** One for all documents: it remembers keys that were judged. */
export function platformVerifier(): Promise<Verifier> {
  verifier ??= createVerifier();
  return verifier;
}
