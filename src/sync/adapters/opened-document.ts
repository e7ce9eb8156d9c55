// One open document as the screen sees it: a session's facts turned into the view of view.ts, and the screen's
// wishes into edits. Owns the host and the network of the document, and keeps its record in the workspace current.

import { type DeviceId, type DocId, type Replica, toHex } from "../../crdt/index.ts";
import { TITLE_PAUSE_MS } from "../limits.ts";
import type {
  Bytes,
  Ciphers,
  DocumentFields,
  DocumentRecord,
  Network,
  NetworkListener,
  Store,
} from "../ports.ts";
import type { Presence } from "../protocol.ts";
import { BODY_PATH, bodySteps, editBody, TITLE_KEY, titleOf } from "../text.ts";
import type {
  Caret,
  DocumentDevices,
  DocumentPairing,
  DocumentPeople,
  DocumentView,
  ExportForm,
  OpenDocument,
  SharedText,
  TextAuthors,
  TextHistory,
  TextPatch,
} from "../view.ts";
import { makesDirectLinks } from "./directness.ts";
import { DocumentImage } from "./document-image.ts";
import {
  AsideCounter,
  hindranceOf,
  isAsking,
  lackedBy,
  listed,
  mayType,
  nameOf,
  provingOf,
  unseenOf,
} from "./document-people.ts";
import type { awaiting, Homecoming } from "./homecoming.ts";
import { Host, type HostOptions } from "./host.ts";
import { KeptRecord } from "./kept-record.ts";
import { type findLastWords, leaveLastWords } from "./last-words.ts";
import { type KeptLinks, seedsOf } from "./link-seeds.ts";
import { Meeting } from "./meeting.ts";
import { once } from "./once.ts";
import { OpenedCarets } from "./opened-carets.ts";
import { sharedText, type TextListener } from "./opened-text.ts";
import { Renewing } from "./renewing.ts";
import { tellAll } from "./uncaught.ts";
import type { Verified } from "./verified.ts";

export interface OpenedOptions extends Omit<HostOptions, "delivered" | "inviteSeed" | "name"> {
  /** As stored, or as it will be once the first edit is. */
  readonly record: DocumentRecord;
  readonly name: string | null;
  /** Where the document was removed from here before. */
  readonly homecoming: ReturnType<typeof awaiting> | null;
  /** Up to where the log is to be read behind the image that the replica was loaded from; 0 if it was not. */
  readonly imagedTo: number;
  readonly remember: (fields: DocumentFields) => void;
  readonly rename: (name: string | null) => void;
  readonly connect: (roomSecret: Bytes, listener: NetworkListener) => Promise<Network>;
  readonly verified: Verified;
  /** The page's address without its fragment. */
  readonly pageUrl: string;
  readonly firstStored: () => void;
  readonly setDirect: (isDirect: boolean) => void;
  /** Fetches what of the ciphers is not here yet. */
  readonly arrive: () => Promise<void>;
  /** Its device turned out to be two-faced. */
  readonly retired: (document: OpenedDocument) => void;
  /** Told once: another tab went on while this one could not store. */
  readonly overtaken: () => void;
  readonly closed: () => void;
}

type Stored = Awaited<ReturnType<Store["read"]>> & { readonly forks: Awaited<ReturnType<Store["forks"]>> };

export class OpenedDocument implements OpenDocument {
  readonly id: DocId;
  readonly text: SharedText;
  readonly host: Host;
  offered: string | null = null;
  readonly device: DeviceId;
  readonly renewing: Renewing;
  readonly meeting: Meeting;
  readonly #image: DocumentImage;
  readonly #homecoming: Homecoming | undefined;
  readonly #carets: OpenedCarets;
  readonly #replica: Replica;
  readonly #ciphers: Ciphers;
  readonly #options: OpenedOptions;
  readonly #listeners = new Set<() => void>();
  readonly #textListeners = new Set<TextListener>();
  readonly #kept: KeptRecord;
  #name: string | null;
  #view: DocumentView | null = null;
  #lastView: DocumentView | null = null;
  #viewJson = "";
  /** Typed and not written yet. */
  #title: string | null = null;
  #titleTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #aside = new AsideCounter();
  /** What an earlier page left, and what this one keeps of what is held: it is stored, or left anew. */
  forgetWords: () => void = () => undefined;
  /** What the store held when the document was opened is no edit. */
  #isRestoring = false;
  #isRetracting = false;

  constructor(options: OpenedOptions, isListed: boolean) {
    const { replica, record, ciphers } = options;
    this.id = replica.doc;
    this.device = replica.device;
    this.#replica = replica;
    this.#carets = new OpenedCarets(replica);
    this.#ciphers = ciphers;
    this.#options = options;
    this.#name = options.name;
    this.host = new Host(
      { ...options, ...provingOf(record), delivered: record.delivered },
      { changed: () => this.#changed(), presence: () => this.#carets.tell(), stored: () => this.#stored() },
    );
    this.#kept = new KeptRecord(record, isListed, replica, this.host.session.delivery, options.remember);
    this.renewing = new Renewing({
      ...options,
      host: this.host,
      seeds: () => seedsOf(this.#kept.record),
      name: () => this.#name,
      retired: () => options.retired(this),
    });
    this.#homecoming = options.homecoming?.(replica, () => this.#changed());
    this.#image = new DocumentImage(options.store, replica, options.imagedTo, act => this.host.act(act));
    const { connect } = options;
    const { whole } = this.#image;
    this.meeting = new Meeting({ host: this.host, whole, connect, changed: () => this.#changed() });
    // Undo is possible from then on.
    if (options.imagedTo > 0) void this.#image.whole.then(() => this.#changed());
    this.text = sharedText(replica, this.#textListeners, {
      edit: patches =>
        this.#edit(() => this.host.edit(session => session.edit(root => editBody(root, patches)))),
      retract: retract => this.#retract(retract),
    });
    // The title is no text in which one types on; its field has an undo of its own. It goes along with a restored text.
    replica.undoWithin(BODY_PATH, [TITLE_KEY]);
    replica.subscribe((patches, origin) => {
      const isMine = origin === "local";
      if (!this.#isRestoring) this.#kept.edited(isMine);
      this.#changed();
      if (replica.isHeld) void this.#heldWords().then(words => words.drafted());
      if (isMine && !this.#isRetracting) return;
      const steps = bodySteps(patches);
      if (steps.length > 0) for (const listener of this.#textListeners) listener(steps, isMine);
      this.#carets.tell();
    });
    this.host.session.setPresence(() => this.#presence);
    if (record.roomSecret !== null) void this.meeting.begin(record.roomSecret);
  }

  /** The one thing done here that the editor does not know already. */
  #retract(retract: () => void): void {
    this.#isRetracting = true;
    try {
      this.host.edit(session => session.amend(retract));
    } finally {
      this.#isRetracting = false;
    }
    this.host.session.setPresence(() => this.#presence);
  }

  /** With the first edit a person's chosen name becomes part of the document. Who may not write is kept from it by the page. */
  #edit(edit: () => void): void {
    edit();
    const known = this.#replica.members.find(({ device }) => device === this.#replica.device);
    if (this.#name !== null && known?.name !== this.#name) this.#stateName(this.#name);
    this.host.session.setPresence(() => this.#presence);
  }

  #stateName(name: string): void {
    this.host.edit(session => session.amend(replica => replica.rename(name)));
  }

  // -------------------------------------------------------------------------------------------------- the view

  view(): DocumentView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  #makeView(): DocumentView {
    const { session } = this.host;
    const hindrance = hindranceOf(this.#replica);
    const asks = isAsking(this.#replica, this.#kept.record);
    const mayEdit = mayType(this.#replica);
    const isHere = this.#replica.hasGenesis && this.#homecoming?.isAwaited !== true;
    const view: DocumentView = {
      id: this.id,
      title: this.#title ?? titleOf(this.#replica),
      status: session.statusWhile(this.meeting.reached),
      notice: session.notice,
      people: listed(this.#replica, session, this.#name, this.#options.verified),
      // What is written before the link is here would be taken by nobody.
      ready: isHere && hindrance !== "unknown-link" && !asks,
      canUndo: mayEdit && this.#replica.canUndo,
      canRedo: mayEdit && this.#replica.canRedo,
      search: isHere ? null : this.meeting.search,
      hindrance,
      aside: this.#aside.of(this.#replica, session),
      isAsking: asks,
    };
    // The same object while it says the same: a screen that compares by identity need not draw again.
    const json = JSON.stringify(view);
    const isSame = json === this.#viewJson && this.#lastView !== null;
    this.#viewJson = json;
    this.#lastView = isSame ? this.#lastView : view;
    return this.#lastView!;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#view = null;
    this.renewing.look();
    tellAll(this.#listeners);
    this.#kept.writeSoon();
  }

  // ------------------------------------------------------------------------------------------------ the carets

  carets(): readonly Caret[] {
    return this.#carets.of(this.host.session);
  }

  subscribeCarets(listener: () => void): () => void {
    return this.#carets.subscribe(listener);
  }

  setCaret(selection: { readonly anchor: number; readonly head: number } | null): void {
    this.#carets.put(selection);
    this.#tellCaret();
  }

  #tellCaret(): void {
    this.host.edit(session => session.setPresence(() => this.#presence));
  }

  get #presence(): Presence | null {
    return this.#carets.presence(this.#name ?? "");
  }

  // ------------------------------------------------------------------------------------------------- the wishes

  /** Its code comes when it is asked for: nobody who writes waits for it. */
  async history(progress: (done: number) => void): Promise<TextHistory> {
    const { openHistory } = await import("./opened-history.ts");
    await this.#image.whole;
    this.flush();
    await this.host.settled();
    return openHistory(
      this.#replica,
      this.#options.verifier,
      {
        edit: edit => this.#edit(() => this.host.edit(session => session.edit(edit))),
        restore: (patches, title) => this.#restore(patches, title),
        flush: () => this.flush(),
      },
      progress,
    );
  }

  async authors(): Promise<TextAuthors> {
    const { OpenedAuthors } = await import("./opened-authors.ts");
    return new OpenedAuthors(this.#replica, this.#options.verifier);
  }

  /** An own edit that the editor has not made, and so has to be told of. */
  #restore(patches: readonly TextPatch[], title: string | null): void {
    // What stands in its field is part of what was before.
    this.#writeTitle();
    // A step of its own: who restores a version undoes that, and not what was typed before.
    this.text.breakUndo();
    this.#edit(() =>
      this.host.edit(session =>
        session.edit(root => {
          if (title !== null) root.set(TITLE_KEY, title);
          editBody(root, patches);
        }),
      ),
    );
    this.text.breakUndo();
    // From the last to the first each holds in the text that the one before it left.
    for (const listener of this.#textListeners) listener(patches.toReversed(), false);
    this.#carets.tell();
  }

  /** Shown at once and written in pauses, so that a title is a few changes and not one for each letter. */
  setTitle(title: string): void {
    this.#title = title;
    clearTimeout(this.#titleTimer);
    this.#titleTimer = setTimeout(() => this.#writeTitle(), TITLE_PAUSE_MS);
    this.#changed();
  }

  #writeTitle(): void {
    clearTimeout(this.#titleTimer);
    const title = this.#title;
    this.#title = null;
    if (title === null || title === titleOf(this.#replica) || !mayType(this.#replica)) return;
    // In changes of its own, so that undo in the text leaves it alone.
    this.#replica.breakUndo();
    this.#edit(() => this.host.edit(session => session.edit(root => root.set(TITLE_KEY, title))));
    this.#replica.breakUndo();
  }

  setName(name: string): void {
    this.#name = name === "" ? null : name;
    this.#options.rename(this.#name);
    this.#tellCaret();
    // Only who is a member already states it now; others with their first edit.
    if (this.#replica.roleOf(this.#replica.device) !== null && this.#kept.isListed) this.#stateName(name);
    this.#changed();
  }

  readonly people = once<DocumentPeople>(async () => {
    const [{ OpenedPeople }] = await Promise.all([import("./opened-people.ts"), this.#options.arrive()]);
    return new OpenedPeople(this.#replica, this.#ciphers, this.#options.pageUrl, this.#wishes());
  });

  readonly devices = once<DocumentDevices>(async () => {
    const [{ OpenedDevices }] = await Promise.all([
      import("./opened-devices.ts"),
      this.#options.arrive(),
      this.#image.whole,
    ]);
    return new OpenedDevices(this.#replica, this.#options, this.host.session, {
      ...this.#wishes(),
      take: async records => {
        await this.#options.store.append(this.id, 0, head => ({ records, head }));
        this.host.act(session => session.lookInStore());
        await this.host.settled();
      },
    });
  });

  #wishes() {
    return {
      nameOf: (device: DeviceId) => nameOf(this.#replica, this.host.session, device),
      lackedBy: (device: DeviceId) => lackedBy(this.host.session, device),
      unseenOf: (devices: ReadonlySet<DeviceId>) => unseenOf(this.#replica, this.host.session, devices),
      subscribe: (listener: () => void) => this.subscribe(listener),
      say: async (say: (people: Replica["people"]) => void) => {
        this.host.act(session => {
          session.amend(({ people }) => say(people));
          session.flush();
        });
        await this.host.settled();
      },
      record: () => this.#kept.record,
      keepLinks: (links: KeptLinks) => this.#keepLinks(links),
      verified: this.#options.verified,
      changed: () => this.#changed(),
    };
  }

  async askingWords(): Promise<readonly string[]> {
    const [{ askingWords }] = await Promise.all([import("./words.ts"), this.#options.arrive()]);
    const { introducer, seed } = this.#kept.record.asking!;
    const link = toHex(this.#ciphers.seedPublicKey(seed)) as DeviceId;
    return askingWords(this.id, introducer as DeviceId, link, this.#replica.device);
  }

  stopAsking(): void {
    this.#kept.put({ asking: undefined });
    this.#changed();
  }

  get isDirect(): boolean {
    return makesDirectLinks();
  }

  setDirect(isDirect: boolean): void {
    this.#options.setDirect(isDirect);
  }

  async pairing(): Promise<DocumentPairing> {
    const { OpenedPairing } = await import("./opened-pairing.ts");
    return new OpenedPairing(this.#ciphers.random, this.#options.pageUrl, await this.meeting.linking());
  }

  /** Secrets of links are kept, and the others are met behind the first of them. */
  async #keepLinks({ roomSecret, inviteSeed, linkSeeds }: KeptLinks): Promise<void> {
    const before = this.#kept.record;
    this.#kept.put({ roomSecret, inviteSeed, linkSeeds });
    this.#changed();
    await this.#meet(before);
  }

  get record(): DocumentRecord {
    return this.#kept.record;
  }

  /** Another tab has remembered something of it, or removed it. */
  relisted(record: DocumentRecord | null): void {
    const before = this.#kept.record;
    this.#kept.learn(record);
    void this.#meet(before);
  }

  async #meet(before: DocumentRecord): Promise<void> {
    const { roomSecret, inviteSeed } = this.#kept.record;
    if (before.roomSecret !== null || roomSecret === null) return;
    if (inviteSeed !== null) this.host.act(session => session.setInviteSeed(inviteSeed));
    await this.meeting.begin(roomSecret);
  }

  async exported(form: ExportForm): Promise<Uint8Array<ArrayBuffer>> {
    await this.#image.whole;
    this.flush();
    const { exported } = await import("./exporting.ts");
    return await exported(this.#replica, form);
  }

  /** Another tab may have verified somebody. */
  reverify(): void {
    this.#changed();
  }

  flush(): void {
    this.#writeTitle();
    this.host.act(session => session.flush());
  }

  /** All that the store holds, before anything else is done here. */
  restore({ records, position, forks }: Stored): void {
    this.#isRestoring = true;
    this.host.act(session => session.restored(records, position, forks));
    this.#isRestoring = false;
    this.#image.stored();
  }

  /** When nothing shows any more that was taken back behind the image it was loaded from: mostly at once. */
  async settled(): Promise<void> {
    if (!this.#replica.isSettled) await this.#image.whole;
  }

  /** Takes up what an earlier page left; it is forgotten once it is stored. */
  recover({ words, forget }: ReturnType<typeof findLastWords>): void {
    if (words.length === 0) return;
    const areTaken = words.map(one => this.host.act(session => session.recover(one)));
    if (areTaken.every(isTaken => isTaken)) this.forgetWords = forget;
  }

  /** The page goes away: what can still be stored is, and the others see the caret leave. */
  goodbye(): void {
    this.flush();
    this.leaveWords();
    this.host.session.close();
    this.host.network?.close();
  }

  /** What no transaction has taken, for whoever opens the document next. */
  leaveWords(): void {
    const words = this.host.session.lastWords;
    if (words === null) return;
    // They say again what an earlier page had left.
    if (leaveLastWords(this.id, toHex(this.#ciphers.random(8)), words)) this.forgetWords();
  }

  readonly #heldWords = once(() =>
    import("./held-words.ts").then(({ HeldWords }) => new HeldWords(this, toHex(this.#ciphers.random(8)))),
  );

  async close(): Promise<void> {
    this.#writeTitle();
    this.#image.close();
    this.#homecoming?.end();
    this.meeting.close();
    await this.host.close();
    this.#kept.end();
    this.#options.closed();
    this.#listeners.clear();
    this.#carets.clear();
    this.#textListeners.clear();
  }

  // ------------------------------------------------------------------------------------- what is remembered

  #stored(): void {
    this.#image.stored();
    if (this.host.session.lastWords === null) this.forgetWords();
    if (this.#kept.stored()) this.#options.firstStored();
    this.#changed();
  }
}
