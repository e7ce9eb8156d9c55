// What this browser holds: the device's key, the store, the list of documents, and the open ones. The whole
// platform comes together here; everything below takes it as arguments.

import { type DeviceId, type DocId, joinMessage, Replica, toHex } from "../../crdt/index.ts";
import type { DeviceLink } from "../link.ts";
import type {
  Bytes,
  DeviceKey,
  DocumentFields,
  DocumentRecord,
  Network,
  NetworkListener,
  Store,
  StoredImage,
  Verifier,
} from "../ports.ts";
import type { DocumentEntry, Imported, ImportProgress, OpenDocument, Workspace } from "../view.ts";
import type { TrustedUrl } from "./check-elsewhere.ts";
import { StoreFailure } from "./database.ts";
import { DIRECT_SLOT, rememberDirectLinks } from "./directness.ts";
import { blankRecord } from "./document-record.ts";
import type { Bench } from "./importing.ts";
import { openIndexedDbStore } from "./indexeddb.ts";
import { documentKey, openDeviceKey } from "./keys.ts";
import { askBeforeLoss, claims, documentsWithLastWords, findLastWords } from "./last-words.ts";
import { arrive, lateCiphers } from "./late-ciphers.ts";
import { seedsOf, withSeeds } from "./link-seeds.ts";
import { OpenedDocument, type OpenedOptions } from "./opened-document.ts";
import { allSpent, rememberSpent, spentIn } from "./spent-numbers.ts";
import { tellAll } from "./uncaught.ts";
import { openVerified } from "./verified.ts";
import { createVerifier } from "./verifier.ts";

const UNDO_MS = 10_000;
/** Longer than Undo is offered: pressed in its last moment it must still find everything. */
const REMOVED_MS = UNDO_MS + 1_000;
const NAME_SLOT = "chirograph.name";

/**
 * Opens what this profile holds. Never rejects: what the platform withholds is named in `missing`. `trusted`: vouches for the
 * address of a worker's script, where the page's policy asks for that. `open`: the store, where it is not the browser's.
 */
export async function openWorkspace(trusted: TrustedUrl, open = openStore): Promise<Workspace> {
  const [{ key, kept }, store, verifier] = await Promise.all([openDeviceKey(), open(), createVerifier()]);
  const missing: string[] = [];
  if (!globalThis.isSecureContext) {
    missing.push(
      "This page came over plain http: signing is slower here, and the page cannot be opened without a network.",
    );
  } else if (!("serviceWorker" in navigator))
    missing.push("This browser cannot keep the page itself for times without a network.");
  if (!store.durable || !kept)
    missing.push(
      "This browser keeps nothing for this page: what you write is gone when you close it, unless others hold it.",
    );
  const workspace = new BrowserWorkspace(key, store, verifier, trusted, missing);
  try {
    await workspace.start();
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    missing.push(
      "This browser could not read which documents it holds, so the list of them is empty. Reload the page to try again.",
    );
  }
  return workspace;
}

async function openStore(): Promise<Store> {
  try {
    return await openIndexedDbStore();
  } catch {
    // No IndexedDB (private mode, policy): the page works as long as it is open, and says so.
    return (await import("./memory-store.ts")).openMemoryStore();
  }
}

class BrowserWorkspace implements Workspace {
  readonly device: DeviceId;
  readonly missing: readonly string[];
  readonly undoMs = UNDO_MS;
  readonly #key: DeviceKey;
  readonly #store: Store;
  readonly #verifier: Verifier;
  readonly #trusted: TrustedUrl;
  readonly #listeners = new Set<() => void>();
  readonly #opened = new Set<OpenedDocument>();
  readonly #renewed = new Set<(id: string) => void>();
  readonly #verified = openVerified();
  #records = new Map<string, DocumentRecord>();
  #isRead = false;
  /** What is on its way to the store, or would not go in. */
  readonly #unwritten = new Map<string, DocumentFields>();
  #entries: readonly DocumentEntry[] = [];

  constructor(
    key: DeviceKey,
    store: Store,
    verifier: Verifier,
    trusted: TrustedUrl,
    missing: readonly string[],
  ) {
    this.#key = key;
    this.#store = store;
    this.#verifier = verifier;
    this.#trusted = trusted;
    this.missing = missing;
    this.device = toHex(key.publicKey) as DeviceId;
    globalThis.addEventListener?.("storage", ({ key }) => {
      if (this.#verified.reread()) for (const document of this.#opened) document.reverify();
      if (key === DIRECT_SLOT) this.#linkAnew();
    });
    askBeforeLoss(this.#opened);
    globalThis.addEventListener?.("pagehide", event => {
      if (!event.persisted) for (const document of this.#opened) document.goodbye();
    });
  }

  async start(): Promise<void> {
    this.#store.watch(doc => {
      if (doc === null) void this.#load();
    });
    await this.#load();
    // Begun and left before anything of it was stored.
    for (const id of documentsWithLastWords()) if (!this.#records.has(id)) await this.#remember(blank(id));
    const now = Date.now();
    for (const { id, removedAt } of this.#records.values()) {
      if (removedAt !== null) this.#deleteIn(removedAt + REMOVED_MS - now, id, removedAt);
    }
  }

  async #load(): Promise<void> {
    const stored = await this.#store.documents();
    const before = this.#records;
    this.#isRead = true;
    this.#records = new Map(stored.map(record => [record.id, record]));
    for (const [id, fields] of this.#unwritten)
      this.#records.set(id, { ...(this.#records.get(id) ?? before.get(id) ?? blank(id)), ...fields });
    this.#listed();
    for (const document of this.#opened) document.relisted(this.#records.get(document.id) ?? null);
    // Changes are stored before their document is listed, and its page may have gone away in between.
    const unlisted = stored.filter(({ updatedAt }) => updatedAt === 0);
    await Promise.all(unlisted.map(({ id }) => this.#remember({ id, updatedAt: Date.now() })));
  }

  /** Before anything is remembered of a document that may be stored: as a new one it would lose its links. */
  async #beRead(): Promise<void> {
    if (!this.#isRead) await this.#load();
  }

  #listed(): void {
    this.#entries = [...this.#records.values()]
      .filter(({ removedAt }) => removedAt === null)
      .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1))
      .map(({ id, title, updatedAt, unshared }) => ({ id, title, updatedAt, unshared }));
    tellAll(this.#listeners);
  }

  documents(): readonly DocumentEntry[] {
    return this.#entries;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ----------------------------------------------------------------------------------------------- opening

  async create(): Promise<OpenDocument> {
    const { replica, genesis } = Replica.create(
      this.device,
      lateCiphers.random(16),
      Math.floor(Date.now() / 1000),
    );
    const document = this.#opening(replica, blank(replica.doc), false);
    document.host.session.adopt(genesis.id);
    return document;
  }

  async open(id: string): Promise<OpenDocument | null> {
    // Another tab may just have begun it.
    if (!this.#records.has(id)) await this.#load();
    const record = this.#records.get(id);
    if (record === undefined || record.removedAt !== null) return null;
    return await this.#reopen(record);
  }

  async join(fragment: string): Promise<OpenDocument | { readonly error: string }> {
    const [{ decodeDeviceLink, decodeLink, splitOffer }] = await Promise.all([
      import("../link.ts"),
      this.#beRead(),
    ]);
    const asked = decodeDeviceLink(fragment);
    if (asked !== null) return "error" in asked ? asked : await this.#ask(asked);
    const pairing = splitOffer(fragment);
    const link = decodeLink(pairing?.link ?? fragment);
    if ("error" in link) return link;
    if (link.server !== null)
      return {
        error:
          "This link leads to another meeting place, which this version cannot reach. Ask for a link of this page.",
      };
    const { doc, roomSecret, inviteSeed } = link;
    const known = this.#records.get(doc);
    const before = known ?? blank(doc);
    // Whoever is no member yet has what the link opened last gives.
    const linkSeeds = withSeeds(seedsOf(before), inviteSeed);
    const links = { removedAt: null, roomSecret, inviteSeed, linkSeeds };
    // The secret leaves the address, so it must be kept before anything else.
    await this.#remember({ id: doc, ...links });
    const spent = spentIn(doc);
    const homecoming = spent > 0 ? (await import("./homecoming.ts")).awaiting(spent) : null;
    const opened = await this.#reopen({ ...before, ...links }, homecoming);
    if (opened === null) return { error: "This document could not be opened." };
    opened.offered = pairing?.offer ?? null;
    return opened;
  }

  /** Another device of the same person is to introduce this one. */
  async #ask({ doc, roomSecret, seed, introducer }: DeviceLink): Promise<OpenDocument | { error: string }> {
    if (introducer === this.device)
      return {
        error: "This link is for another device of yours: open it there, not on the one that made it.",
      };
    const before = this.#records.get(doc) ?? blank(doc);
    const asked = { removedAt: null, roomSecret, asking: { introducer, seed } };
    await this.#remember({ id: doc, ...asked });
    return (await this.#reopen({ ...before, ...asked })) ?? { error: "This document could not be opened." };
  }

  async #reopen(
    record: DocumentRecord,
    homecoming: OpenedOptions["homecoming"] = null,
  ): Promise<OpenedDocument | null> {
    const doc = record.id as DocId;
    const key = (await documentKey(doc)) ?? this.#key;
    const device = toHex(key.publicKey) as DeviceId;
    const lastWords = findLastWords(doc, await claims());
    const [ticket, image] = await Promise.all([
      record.inviteSeed === null ? null : this.#ticket(doc, device, record.inviteSeed),
      // What a page left is compared with all that the chain says.
      lastWords.words.length > 0 ? null : this.#imageOf(doc),
    ]);
    const loaded = image === null ? null : Replica.ofImage(device, doc, image.bytes, ticket);
    const imagedTo = loaded === null ? 0 : image!.position;
    const [stored, forks] = await Promise.all([this.#store.read(doc, imagedTo), this.#store.forks(doc)]);
    const replica = loaded ?? Replica.open(device, doc, ticket);
    const document = this.#opening(replica, record, true, { imagedTo, key, homecoming });
    document.restore({ ...stored, forks });
    await document.settled();
    // What another tab stored between the reading and now was not heard of.
    document.host.act(session => session.lookInStore());
    document.recover(lastWords);
    document.renewing.succeed(this.device);
    return document;
  }

  async #imageOf(doc: DocId): Promise<StoredImage | null> {
    try {
      return await this.#store.image(doc);
    } catch {
      // Whatever is the matter with it, the log is read instead; what is the matter with that is told.
      return null;
    }
  }

  async #ticket(doc: DocId, device: DeviceId, inviteSeed: Bytes) {
    await arrive();
    const invite = toHex(lateCiphers.seedPublicKey(inviteSeed)) as DeviceId;
    return { invite, signature: lateCiphers.seedSign(inviteSeed, joinMessage(doc, device)) };
  }

  onRenewed(listener: (id: string) => void): () => void {
    this.#renewed.add(listener);
    return () => this.#renewed.delete(listener);
  }

  /** Goes on with a document under a fresh key, where there is a way; else it stays as it is, and its page says what is set aside. */
  async #renew(document: OpenedDocument): Promise<void> {
    const fresh = await document.renewing.freshKey();
    if (fresh === null) return;
    const { id } = document;
    const { inviteSeed } = fresh;
    // What others hold is told by numbers of the old chain.
    await this.#remember({ id, delivered: {}, ...(inviteSeed === null ? {} : { inviteSeed }) });
    this.#openAnew(id);
  }

  #openAnew(id: string): void {
    for (const listener of [...this.#renewed]) listener(id);
  }

  /** What was typed until the screen had let go of it was written under the old key. */
  #closed(document: OpenedDocument): void {
    this.#opened.delete(document);
    const next = [...this.#opened].find(({ id, device }) => id === document.id && device === document.device);
    const words = document.host.session.lastWords;
    if (next === undefined) document.leaveWords();
    else if (words !== null)
      void next.host.settled().then(() => {
        // They are the other page's from then on, or nobody's yet.
        if (next.host.act(session => session.recover(words))) document.forgetWords();
        else document.leaveWords();
      });
    for (const other of this.#opened) {
      if (other.id !== document.id || other.device === document.device) continue;
      other.host.act(session => session.lookInStore());
      void other.host.settled().then(() => other.renewing.succeed(document.device));
    }
  }

  #opening(
    replica: Replica,
    record: DocumentRecord,
    isListed: boolean,
    { imagedTo = 0, key = this.#key, homecoming = null }: Partial<OpenedOptions> = {},
  ): OpenedDocument {
    const document = new OpenedDocument(
      {
        replica,
        record,
        store: this.#store,
        key,
        chain: key === this.#key ? null : replica.device,
        verifier: this.#verifier,
        ciphers: lateCiphers,
        arrive,
        setDirect: isDirect => this.#setDirect(isDirect),
        name: storedName(),
        // Of the profile's key alone.
        homecoming: key === this.#key ? homecoming : null,
        imagedTo,
        rename: storeName,
        remember: changed => void this.#remember(changed),
        connect: (roomSecret, listener) => this.#connect(roomSecret, listener),
        verified: this.#verified,
        pageUrl: location.href.replace(/#.*$/, ""),
        firstStored: () => void askToPersist(),
        closed: () => this.#closed(document),
        retired: retired => void this.#renew(retired),
        overtaken: () => this.#openAnew(document.id),
      },
      isListed,
    );
    this.#opened.add(document);
    return document;
  }

  #setDirect(isDirect: boolean): void {
    rememberDirectLinks(isDirect);
    this.#linkAnew();
  }

  /** Here or in another tab it was chosen otherwise whether links may be direct. */
  #linkAnew(): void {
    for (const { meeting } of this.#opened) void meeting.beginAnew();
  }

  /** WebRTC and all that goes with it is fetched when a document is first shared. */
  async #connect(roomSecret: Bytes, listener: NetworkListener): Promise<Network> {
    const [{ openPageNetwork }] = await Promise.all([import("./page-network.ts"), arrive()]);
    return await openPageNetwork(roomSecret, lateCiphers, listener);
  }

  /** What opens files is fetched when the first one comes. */
  async import(
    file: File,
    progress: (progress: ImportProgress) => void,
    signal: AbortSignal,
  ): Promise<Imported | null> {
    const [{ importFile }, { checkElsewhere }] = await Promise.all([
      import("./importing.ts"),
      import("./check-elsewhere.ts"),
      this.#beRead(),
    ]);
    const bench = {
      device: this.device,
      key: this.#key,
      store: this.#store,
      held: [...this.#records.keys()],
      spent: allSpent(),
      check: (...asked: Parameters<Bench["check"]>) => checkElsewhere(this.#trusted, ...asked),
      stored: (doc: string, title: string) => this.#imported(doc, title),
    };
    return await importFile(file, bench, progress, signal);
  }

  /** Changes of a document came from a file. A removed one is wanted again. */
  async #imported(id: string, title: string): Promise<void> {
    const isHere = this.#records.has(id);
    const changed = { id, updatedAt: Date.now(), removedAt: null };
    await this.#remember(isHere ? changed : { ...changed, title });
    for (const document of this.#opened)
      if (document.id === id) document.host.act(session => session.lookInStore());
    void askToPersist();
  }

  // ---------------------------------------------------------------------------------------------- the list

  async #remember(changed: DocumentFields): Promise<void> {
    const { id } = changed;
    const listed = this.#records.get(id);
    // It is new, or another tab has removed it while it is written on here: all of it is to be remembered.
    const record = { ...(listed ?? this.#openedRecord(id) ?? blank(id)), ...changed };
    this.#records.set(id, record);
    this.#listed();
    const fields = { ...this.#unwritten.get(id), ...(listed === undefined ? record : changed) };
    this.#unwritten.set(id, fields);
    try {
      await this.#store.putDocument(fields);
      if (this.#unwritten.get(id) === fields) this.#unwritten.delete(id);
    } catch {
      // The session says "Not saved" for the text itself; the list is written again with the next change.
    }
  }

  #openedRecord(id: string): DocumentRecord | null {
    const opened = [...this.#opened].find(document => document.id === id);
    return opened === undefined ? null : { ...opened.record, removedAt: null };
  }

  async remove(id: string): Promise<void> {
    const removedAt = Date.now();
    await this.#remember({ id, removedAt });
    this.#deleteIn(REMOVED_MS, id, removedAt);
  }

  async restore(id: string): Promise<void> {
    if (this.#records.has(id)) await this.#remember({ id, removedAt: null });
  }

  /** `removedAt` names the removal and is no more believed than that: the clock may have been years ahead, and be right now. */
  #deleteIn(ms: number, id: string, removedAt: number): void {
    setTimeout(
      () => {
        // Restored meanwhile; who removed it again sees to it.
        if (this.#records.get(id)?.removedAt !== removedAt) return;
        // The store was not told of it where it takes nothing any more.
        const isTold = this.#unwritten.get(id)?.removedAt !== removedAt;
        this.#records.delete(id);
        this.#unwritten.delete(id);
        const read = () => this.#load();
        void this.#delete(id, isTold ? removedAt : undefined).then(read, read);
      },
      Math.min(REMOVED_MS, Math.max(0, ms)),
    );
  }

  /** The numbers that were given in it stay given. */
  async #delete(id: string, removedAt: number | undefined): Promise<void> {
    await this.#store.append(id, 0, head => {
      if (head !== null) rememberSpent(id, head.seq);
      return { records: [], head };
    });
    await this.#store.deleteDocument(id, removedAt);
  }
}

function blank(id: string): DocumentRecord {
  return { ...blankRecord(id), updatedAt: Date.now() };
}

function storedName(): string | null {
  try {
    return localStorage.getItem(NAME_SLOT);
  } catch {
    // Storage is forbidden: the name is asked for again next time.
    return null;
  }
}

function storeName(name: string | null): void {
  try {
    if (name === null) localStorage.removeItem(NAME_SLOT);
    else localStorage.setItem(NAME_SLOT, name);
  } catch {
    // As above.
  }
}

/** Asked once there is something to lose; browsers that ask the person do it now, not before the first letter. */
async function askToPersist(): Promise<void> {
  try {
    await navigator.storage?.persist?.();
  } catch {
    // Refusing is the browser's right.
  }
}
