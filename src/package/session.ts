/// <reference lib="esnext.disposable" preserve="true" />
// A document that is open and being shared: kept in a store, found by others through a signalling server, or linked by
// hand. The machine behind it is sync/session.ts; here its facts become a view, and its waiting becomes promises. It
// knows no schema: what a document contains is the program's affair.

import {
  type DeviceId,
  type DocId,
  type Fields,
  type MapShape,
  mayGive,
  type Replica,
  seedPublicKey,
  toHex,
} from "../crdt/index.ts";
import { ciphers } from "../sync/adapters/ciphers.ts";
import { Host } from "../sync/adapters/host.ts";
import { findLastWords, leaveLastWords } from "../sync/adapters/last-words.ts";
import type { SocketConstructor } from "../sync/adapters/signal.ts";
import { tellAll } from "../sync/adapters/uncaught.ts";
import { encodeLink } from "../sync/link.ts";
import { Peer } from "../sync/peer.ts";
import type { DocumentRecord, PeerLink, Store, Verifier } from "../sync/ports.ts";
import type { AnchorName, Presence } from "../sync/protocol.ts";
import { anchorAt, positionOf } from "../sync/text.ts";
import type { Caret, Person, Search, SharedText, Status } from "../sync/view.ts";
import { randomBytes } from "./document.ts";
import { failure } from "./error.ts";
import type { Identity } from "./identity.ts";
import { PlaceText } from "./place-text.ts";
import { SharedDoc } from "./shared-doc.ts";

/** Milliseconds between writes of what is remembered beside the changes: a convenience, not the text. */
const REMEMBER_MS = 300;

/** As WebRTC takes it. */
export interface IceServer {
  readonly urls: string | string[];
  readonly username?: string;
  readonly credential?: string;
}

/** As much of a WebSocket as both the platform's and that of the package `ws` are known to be. */
export type WebSocketConstructor = new (url: string) => { readonly bufferedAmount: number; close(): void };

/** The same object until something in it changed. */
export interface SessionView {
  readonly status: Status;
  /** A sentence for ten seconds after a refusal, or null. */
  readonly notice: string | null;
  /** Me first, then those who are here, then members who are not. */
  readonly people: readonly Person[];
  /** False while a document opened by link has not come. */
  readonly hasArrived: boolean;
  /** Null once it has. */
  readonly search: Search | null;
}

/** Where a selection stands in a text: UTF-16 code units. */
export interface Selection {
  readonly anchor: number;
  readonly head: number;
}

/** What a session begins with; `openSession` brings it together. */
export interface Beginning {
  readonly identity: Identity;
  readonly store: Store;
  readonly replica: Replica;
  readonly record: DocumentRecord;
  readonly verifier: Verifier;
  readonly schema: MapShape<Fields> | null;
  readonly name: string | null;
  /** Of the signalling server; null for none. */
  readonly server: string | null;
  readonly iceServers: readonly IceServer[];
  readonly direct: boolean;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** The document of a session: an edit becomes a change within 50 milliseconds. */
class SessionDoc<F extends Fields | null> extends SharedDoc<F> {
  readonly #act: (draft: () => void) => void;

  constructor(replica: Replica, schema: MapShape<Fields> | null, act: (draft: () => void) => void) {
    super(replica, schema);
    this.#act = act;
  }

  protected override drafting(draft: () => void): void {
    this.#act(draft);
  }
}

/** A document that is kept and shared until `close`; `openSession` makes it. `F`: the fields of its schema, or null. */
export class Session<F extends Fields | null = null> {
  readonly identity: Identity;
  /** Edit it, read it, observe it. */
  readonly doc: SharedDoc<F>;
  /** @internal */
  readonly host: Host;
  readonly #options: Beginning;
  readonly #listeners = new Set<() => void>();
  readonly #caretListeners = new Set<() => void>();
  readonly #stopLeaving: () => void;
  #record: DocumentRecord;
  #isStored: boolean;
  /** What is remembered is in the store, so that the document is found there again. */
  #isRemembered = false;
  #rememberTimer: ReturnType<typeof setTimeout> | undefined;
  #view: SessionView | null = null;
  #viewJson = "";
  #lastView: SessionView | null = null;
  #caret: { readonly text: PlaceText; readonly selection: Selection } | null = null;
  #linking: Promise<string> | null = null;
  #forgetLastWords: () => void = () => undefined;
  #isClosed = false;

  /** @internal */
  constructor(options: Beginning) {
    const { replica, record, schema, identity } = options;
    this.identity = identity;
    this.#options = options;
    this.#record = record;
    this.#isStored = false;
    this.host = new Host(
      {
        replica,
        store: options.store,
        key: identity,
        verifier: options.verifier,
        ciphers,
        inviteSeed: record.inviteSeed,
        delivered: record.delivered,
      },
      { changed: () => this.#changed(), presence: () => this.#tellCarets(), stored: () => this.#stored() },
    );
    this.doc = new SessionDoc<F>(replica, schema, draft => this.#drafting(draft));
    replica.subscribe((_, origin) => {
      this.#record = { ...this.#record, updatedAt: Date.now() };
      this.#changed();
      if (origin === "remote") this.#tellCarets();
    });
    this.host.session.setPresence(() => this.#presence());
    this.#stopLeaving = whenPageLeaves(() => this.#goodbye());
  }

  get id(): DocId {
    return this.doc.id;
  }

  #drafting(draft: () => void): void {
    if (this.#isClosed) throw failure("Closed");
    const { replica } = this.doc;
    this.host.edit(session => session.amend(draft));
    // With the first edit a person's chosen name becomes part of the document.
    const { name } = this.#options;
    const member = replica.members.find(({ device }) => device === this.identity.id);
    if (name !== null && member?.name !== name)
      this.host.edit(session => session.amend(() => replica.rename(name)));
    this.host.session.setPresence(() => this.#presence());
  }

  // --------------------------------------------------------------------------------------------- what is seen

  /** How things stand: who is here, what is saved and shared. */
  view(): SessionView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  #makeView(): SessionView {
    const { session, network } = this.host;
    const { hasArrived } = this.doc;
    const reached = network?.search ?? (this.#options.server === null ? "unreachable" : "connecting");
    const search = session.isAsking ? "connecting" : reached;
    const view: SessionView = {
      status: session.statusWhile(reached),
      notice: session.notice,
      people: this.#people(),
      hasArrived,
      search: hasArrived ? null : search,
    };
    const json = JSON.stringify(view);
    if (json !== this.#viewJson || this.#lastView === null) this.#lastView = view;
    this.#viewJson = json;
    return this.#lastView;
  }

  #people(): Person[] {
    const { session } = this.host;
    const people: Person[] = [{ key: this.identity.id, name: this.#options.name, me: true, path: null }];
    const add = (key: DeviceId, path: Person["path"]): void => {
      if (people.some(person => person.key === key)) return;
      people.push({ key, name: session.claimedName(key), me: false, path });
    };
    const present = session.openPeers().toSorted((a, b) => (a.device! < b.device! ? -1 : 1));
    for (const peer of present) add(peer.device!, peer.link.kind === "relay" ? "relay" : "direct");
    for (const { device } of session.distant?.presences() ?? []) add(device, "others");
    for (const member of this.doc.members) add(member.device, null);
    return people;
  }

  /** Calls `listener` when the view may be another: who is here, what is saved and shared. Answers what stops it. */
  subscribe(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #changed(): void {
    this.#view = null;
    tellAll(this.#listeners);
    if (this.#isStored) this.#rememberTimer ??= setTimeout(() => void this.rememberNow(), REMEMBER_MS);
  }

  /** When the document has come; at once if it is here. Rejects with "Closed" if the session closes first. */
  arrived(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.doc.hasArrived) resolve();
        else if (this.#isClosed) reject(failure("Closed"));
        else return;
        stop();
      };
      const stop = this.subscribe(look);
      look();
    });
  }

  // ---------------------------------------------------------------------------------------------- texts, carets

  /** Others' carets in a text that `doc.text` gave. Carets at the very start are shown in every text. */
  carets(text: SharedText): readonly Caret[] {
    const { path } = placeTextOf(text);
    const carets: Caret[] = [];
    for (const { device, presence, movedAt } of this.host.session.presences()) {
      if (presence.caret === null) continue;
      const [anchor, head] = [presence.caret.anchor, presence.caret.head].map(name =>
        positionOf(this.doc.replica, name, path),
      );
      if (anchor === null || anchor === undefined || head === null || head === undefined) continue;
      carets.push({ key: device, name: presence.name || null, anchor, head, movedAt });
    }
    return carets;
  }

  /** Calls `listener` when a caret may be elsewhere. Answers what stops it. */
  subscribeCarets(listener: () => void): () => void {
    const own = () => listener();
    this.#caretListeners.add(own);
    return () => this.#caretListeners.delete(own);
  }

  #tellCarets(): void {
    tellAll(this.#caretListeners);
  }

  /** One's own selection in a text that `doc.text` gave; null when the editor has lost the focus. */
  setCaret(text: SharedText, selection: Selection | null): void {
    if (this.#isClosed) return;
    this.#caret = selection === null ? null : { text: placeTextOf(text), selection };
    this.host.edit(session => session.setPresence(() => this.#presence()));
  }

  #presence(): Presence | null {
    const name = this.#options.name ?? "";
    if (this.#caret === null) return { name, caret: null };
    const { text, selection } = this.#caret;
    const at = (position: number): AnchorName | "draft" => anchorAt(this.doc.replica, position, text.path);
    const [anchor, head] = [at(selection.anchor), at(selection.head)];
    return anchor === "draft" || head === "draft" ? null : { name, caret: { anchor, head } };
  }

  // -------------------------------------------------------------------------------------------------- sharing

  /**
   * The fragment of the link that can edit, a secret; the same each time. It names the signalling server. Rejects with
   * "RightMissing" if this identity may not invite.
   */
  link(): Promise<string> {
    this.#linking ??= this.#makeLink().finally(() => {
      this.#linking = null;
    });
    return this.#linking;
  }

  async #makeLink(): Promise<string> {
    if (this.#isClosed) throw failure("Closed");
    if (!this.doc.hasArrived) throw failure("NotArrived");
    if (this.#record.roomSecret === null || this.#record.inviteSeed === null) {
      const role = this.doc.replica.roleOf(this.identity.id);
      if (role === null || !mayGive(role, "editor")) throw failure("RightMissing");
      const [roomSecret, inviteSeed] = [randomBytes(32), randomBytes(32)];
      this.host.act(session => {
        session.amend(replica => replica.invite(toHex(seedPublicKey(inviteSeed)) as DeviceId, "editor"));
        session.setInviteSeed(inviteSeed);
        session.flush();
      });
      await this.host.settled();
      this.#record = { ...this.#record, roomSecret, inviteSeed };
      await this.rememberNow();
      await this.connect();
    }
    const { roomSecret, inviteSeed } = this.#record;
    const secrets = { roomSecret: roomSecret!, inviteSeed: inviteSeed! };
    return encodeLink({ doc: this.id, ...secrets, server: this.#options.server });
  }

  /** A way to somebody that you made yourself; the session proves both ends' keys over it before it says anything. */
  attach(link: PeerLink): void {
    if (this.#isClosed) link.close();
    else this.host.act(session => session.link(link, Peer));
  }

  /** @internal Meets others where the link says; what goes with it is fetched only now. */
  async connect(): Promise<void> {
    const { server, iceServers, direct, WebSocket: Socket } = this.#options;
    const { roomSecret } = this.#record;
    if (server === null || Socket === undefined || roomSecret === null || this.#isClosed) return;
    const { openNetwork } = await import("../sync/adapters/network.ts");
    const network = openNetwork(
      {
        roomSecret,
        url: server,
        iceServers: iceServers.map(copyOf),
        isDirect: direct,
        ciphers,
        WebSocket: Socket as SocketConstructor,
      },
      {
        link: link => this.host.act(session => session.link(link, Peer)),
        changed: () => this.#changed(),
      },
    );
    this.host.attach(network);
  }

  // -------------------------------------------------------------------------------------------------- keeping

  /** @internal All that the store holds, before anything else is done here. */
  restore(stored: Awaited<ReturnType<Store["read"]>>): void {
    this.host.act(session => session.restored(stored.records, stored.position));
    // What another tab stored between the reading and now was not heard of.
    this.host.act(session => session.lookInStore());
    this.#isStored = stored.records.length > 0;
    if (!this.#options.store.durable) return;
    const { words, forget } = findLastWords(this.id);
    const areTaken = words.map(one => this.host.act(session => session.recover(one)));
    if (areTaken.every(isTaken => isTaken)) this.#forgetLastWords = forget;
  }

  #stored(): void {
    if (this.host.session.lastWords === null) this.#forgetLastWords();
    this.#isStored = true;
    this.#changed();
  }

  /** @internal Never rejects: the status says "not-saved" for the changes themselves. */
  async rememberNow(): Promise<void> {
    clearTimeout(this.#rememberTimer);
    this.#rememberTimer = undefined;
    const { session } = this.host;
    const { id, updatedAt, removedAt, roomSecret, inviteSeed } = this.#record;
    const fields = {
      id,
      updatedAt,
      removedAt,
      // Another session over the same store may have shared it.
      ...(roomSecret === null ? {} : { roomSecret, inviteSeed }),
      unshared: session.delivery.waiting,
      delivered: session.delivery.heldUpTo,
    };
    try {
      await this.#options.store.putDocument(fields);
      this.#isRemembered = true;
    } catch {
      // It is written again with the next change.
    }
  }

  /** When all that was edited is a change, stored and signed, and the document is listed by the store. */
  async flush(): Promise<void> {
    if (this.#isClosed) return;
    this.host.act(session => session.flush());
    await this.host.settled();
    if (this.#isStored && !this.#isRemembered) await this.rememberNow();
  }

  /** The page goes away and can wait for nothing: what no transaction has taken yet is left for the next one. */
  #goodbye(): void {
    if (this.#isClosed) return;
    this.host.act(session => session.flush());
    const words = this.host.session.lastWords;
    if (words !== null && this.#options.store.durable)
      leaveLastWords(this.id, toHex(ciphers.random(8)), words);
    this.host.session.close();
    this.host.network?.close();
  }

  /** Stores and signs what is open, says goodbye, and lets Node end. The store stays open: it is yours. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopLeaving();
    await this.host.close();
    clearTimeout(this.#rememberTimer);
    if (this.#isStored) await this.rememberNow();
    this.#changed();
    clearTimeout(this.#rememberTimer);
    this.#listeners.clear();
    this.#caretListeners.clear();
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function placeTextOf(text: SharedText): PlaceText {
  if (text instanceof PlaceText) return text;
  throw new TypeError("Expected a text that `doc.text` gave");
}

function copyOf({ urls, username, credential }: IceServer): RTCIceServer {
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
}

function whenPageLeaves(leave: () => void): () => void {
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  const listener = (event: Event) => {
    if (!(event as PageTransitionEvent).persisted) leave();
  };
  globalThis.addEventListener("pagehide", listener);
  return () => globalThis.removeEventListener("pagehide", listener);
}
