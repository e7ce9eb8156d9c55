// What a person can be told about a document, and what a person can do to it: the whole border between the
// session and the screen. Types only; the words people read are chosen in src/ui, the facts behind them here.

import type { Reason, Role } from "../crdt/index.ts";
import type { Authorship, TextAuthors, TextHistory } from "./view-history.ts";
import type { DocumentPairing } from "./view-pairing.ts";

export type {
  Authorship,
  HistoryEntry,
  HistoryOrder,
  NamedVersion,
  Proof,
  TextAuthors,
  TextDifference,
  TextHistory,
  Version,
} from "./view-history.ts";
export type { DocumentPairing, PairingAnswer, PairingOffer } from "./view-pairing.ts";
export type { Reason, Role };

/** One replacement: the text in [from, to) becomes `insert`. Positions are UTF-16 code units. */
export interface TextPatch {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The shared text as an editor wants it. */
export interface SharedText {
  readonly length: number;
  toString(): string;
  /**
   * A local edit. All patches hold in the text before the edit, ascending and not overlapping (as CodeMirror's
   * `iterChanges` reports them). `\r\n`, `\r` and lone surrogates must have been replaced before.
   */
  edit(patches: readonly TextPatch[]): void;
  /** What is edited from now on is undone apart from what was edited before. */
  breakUndo(): void;
  /** Takes back what I wrote last, in whatever tab and before whatever reload, and nothing that others wrote. */
  undo(): void;
  /** Brings back what was undone last, unless I have written since. */
  redo(): void;
  /**
   * Told of every change that did not come from `edit`: by another person or another tab, or (`isMine`) by `undo` or `redo`
   * here. The patches are steps: each holds in the text that the step before it left.
   */
  subscribe(listener: (steps: readonly TextPatch[], isMine: boolean) => void): () => void;
}

/** The first that applies, in the order of the union. `waiting` counts my changes nobody else is known to hold. */
export type Status =
  | { readonly kind: "not-saved"; readonly reason: string }
  | { readonly kind: "saving" }
  | { readonly kind: "waiting-for-holder" }
  /** What I wrote last is here only, until somebody lets me in. */
  | { readonly kind: "held" }
  /** Nothing was ever written here, so there is nothing to save and nothing to say. */
  | { readonly kind: "blank" }
  | { readonly kind: "saved" }
  | { readonly kind: "offline" | "connecting" | "alone"; readonly waiting: number }
  | { readonly kind: "sharing"; readonly waiting: number }
  | { readonly kind: "shared"; readonly people: number };

/**
 * How the search for somebody who holds the document stands: under way; the signalling server does not answer; nobody is
 * left who could be asked.
 */
export type Search = "connecting" | "unreachable" | "nobody";

export interface Person {
  /** The person's device key, lower-case hex: what a mark and a colour are made from. */
  readonly key: string;
  /** As claimed by the person; null until one was chosen (show the two words made from the key). */
  readonly name: string | null;
  readonly me: boolean;
  /** Here right now: linked, and how, for those who want to know; or, in a crowd, heard of through others. Else null. */
  readonly path: "direct" | "relay" | "others" | null;
  /** What this device remembers of comparing keys; absent for nothing, and for my own. */
  readonly verification?: Verification;
}

/** The key is one that was compared; it is a new device of somebody of whom another was; it goes by the name of somebody
 * whose key was another one. */
export type Verification = "verified" | "new-device" | "other-key";

/** Words that two people read to each other: those of mine and theirs. Both see the same two rows. */
export interface Comparison {
  readonly mine: readonly string[];
  readonly theirs: readonly string[];
}

export interface Caret {
  readonly key: string;
  readonly name: string | null;
  /** UTF-16 positions in the text as it is now, already clamped. */
  readonly anchor: number;
  readonly head: number;
  /** Milliseconds of the clock port at which this caret last moved. */
  readonly movedAt: number;
}

export interface DocumentView {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  /** A second sentence for ten seconds after a refusal, or null. */
  readonly notice: string | null;
  /** Me first, then those who are here, then members who are not; stable order. */
  readonly people: readonly Person[];
  /** False while a document opened by link has not arrived: show no surface that would lose what is typed. */
  readonly ready: boolean;
  /** Whether there is something of mine in the text to be taken back, or brought back. */
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Null once it has arrived. */
  readonly search: Search | null;
  /** Why nobody would take what I write here; null if they do. */
  readonly hindrance: Hindrance | null;
  readonly aside: AsideCount;
  /** It was opened by a device link, and the other device has not introduced this one yet. Then it is not ready. */
  readonly isAsking: boolean;
}

/** My role does not let me; I was removed; another device of mine took this one out of use; the link by which I came was
 * revoked before I was let in, or has not arrived. Or I was let in by what has no effect, and nobody said anything against me
 * (`fell`): then I write all the same, and what I write is kept here until somebody lets me edit. */
export type Hindrance = "role" | "removed" | "disowned" | "revoked" | "unknown-link" | "fell";

/** Changes that are here and do not count: how many in all, how many of mine, and who wrote the newest. */
export interface AsideCount {
  readonly count: number;
  readonly mine: number;
  readonly newestBy: Pick<Person, "key" | "name"> | null;
}

/** Who has or had a role in the document. */
export interface PersonEntry {
  /** The key of their first device. */
  readonly key: string;
  readonly name: string | null;
  readonly me: boolean;
  /** Null for one who was removed. */
  readonly role: Role | null;
  /** Edits of mine that they are not known to hold on any device; null where they never said. */
  readonly lacks: number | null;
  /** Keys, the most senior first. */
  readonly devices: readonly string[];
  /** Whether I may change their role, or remove them. */
  readonly isReachable: boolean;
  /** Keys of the links that may be revoked from here by which their devices came. */
  readonly links: readonly string[];
}

/** A link that lets people in. */
export interface LinkEntry {
  readonly key: string;
  readonly role: Role;
  readonly label: string;
  /** Devices that came by it and wrote. */
  readonly joined: number;
  /** Milliseconds since 1970 from which on nobody is let in by it; null if that is never. */
  readonly expires: number | null;
  /** How many devices it lets in, counted as in `joined`; null for any number. */
  readonly uses: number | null;
  /** Null where its secret is on other devices alone. */
  readonly address: string | null;
  readonly isReachable: boolean;
}

/** When a new link stops letting people in by itself. Who is asked to let somebody in keeps to it; it is no rule of the
 * document. Null: never. */
export interface LinkEnds {
  /** Seconds from now. */
  readonly afterSeconds: number | null;
  /** Devices that came by it and wrote. */
  readonly uses: number | null;
}

/** What of one person does not count for one reason. */
export interface AsideEntry {
  readonly author: string;
  readonly reason: Reason;
  readonly changes: number;
  /** What to name so that all of it is taken back in. */
  readonly heads: readonly string[];
  /** What of it is text, in the order in which it was written. */
  readonly text: string;
}

/** What of a person does not count once they are removed. */
export interface RemovalPreview {
  /** Here, and set aside already. */
  readonly changes: number;
  /** Characters (UTF-16 units) of text in these. */
  readonly units: number;
  /** Changes of theirs that somebody who is linked says to hold, and that are not here: they would be set aside. */
  readonly unseen: number;
}

export interface PeopleState {
  readonly mayRule: boolean;
  /** The roles that I may give. */
  readonly roles: readonly Role[];
  readonly persons: readonly PersonEntry[];
  /** Those that let people in at this moment. */
  readonly links: readonly LinkEntry[];
  readonly aside: readonly AsideEntry[];
  /** Who was let in, or raised, by what has no effect, and waits for somebody who does it again. */
  readonly asking: readonly Pick<PersonEntry, "key" | "name">[];
  /** Keys of the devices of which two changes with one number are here. */
  readonly twoFaced: readonly string[];
  /** Whether I own it, nobody else has come yet, and I have no recovery words: with my devices it would be nobody's. */
  readonly lacksWords: boolean;
}

/** What is said about people, and what of it may be said from here: it is said to everyone. */
export interface DocumentPeople {
  /** The same object until something in it changed. */
  readonly state: () => PeopleState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Makes links that can edit and that can only read where there are none to be shown, if I may; reaches the others. */
  prepareLinks(): Promise<void>;
  makeLink(role: Role, label: string, ends: LinkEnds): Promise<void>;
  revoke(link: string): Promise<void>;
  setRole(person: string, role: Role): Promise<void>;
  /** What a removal of a person made at this moment would leave uncounted. */
  removal(person: string): RemovalPreview;
  /** Removes a person, and revokes links in the same change. */
  remove(person: string, links: readonly string[]): Promise<void>;
  /** Takes back in what was set aside. */
  takeIn(entry: AsideEntry): Promise<void>;
  /** Gives a person a role to write, and takes in all that is here of theirs. */
  letIn(person: string): Promise<void>;
  /** Of me and of whose device it is. */
  compare(device: string): Promise<Comparison>;
  /** Remembers, on this device alone, that all devices of whose this is are those of the person whom I know. */
  verify(device: string): void;
  unverify(device: string): void;
  /** Two changes with one number and what shows that a device signed both, as a file. */
  proof(device: string): Uint8Array<ArrayBuffer>;
}

/** One of my devices in a document. */
export interface DeviceEntry {
  readonly key: string;
  readonly name: string | null;
  /** The one at hand. */
  readonly isThis: boolean;
  /** Linked right now. */
  readonly isHere: boolean;
  /** Whether it may be taken out of use from here. */
  readonly isReachable: boolean;
}

/** A device that asks to be one of mine. "elsewhere": it has a part in the document already, and keeps that. */
export interface AskingDevice {
  readonly key: string;
  /** Four, which it shows as well. */
  readonly words: readonly string[];
  readonly standing: "new" | "mine" | "elsewhere";
}

export interface DevicesState {
  /** The most senior first; none for somebody who has no part in the document yet, since nothing of theirs is in it. */
  readonly devices: readonly DeviceEntry[];
  /** The device link that is shown, and who came by it. Null: none is. */
  readonly adding: { readonly address: string; readonly asking: readonly AskingDevice[] } | null;
  readonly hasRecoveryWords: boolean;
  /** Only a first device makes them. */
  readonly mayMakeRecoveryWords: boolean;
}

/** Whose recovery words somebody typed. */
export interface Recovered {
  readonly name: string | null;
  /** Those that are in use. */
  readonly devices: readonly Omit<DeviceEntry, "isThis" | "isReachable">[];
}

/** My devices in a document. */
export interface DocumentDevices {
  /** The same object until something in it changed. */
  readonly state: () => DevicesState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Shows a device link and waits for who comes by it; both end with `stopAdding`. */
  startAdding(): Promise<void>;
  stopAdding(): void;
  /** Makes one that asks a device of mine. */
  add(key: string): Promise<void>;
  /** Takes one out of use, for good. */
  disown(key: string): Promise<void>;
  /** Twelve words that nobody keeps and that mean nothing until `confirmRecoveryWords`. */
  makeRecoveryWords(): Promise<readonly string[]>;
  confirmRecoveryWords(words: readonly string[]): Promise<void>;
  /** A sentence that says what is wrong with the words, or whose they are. */
  findRecovered(words: string): Promise<Recovered | { readonly error: string }>;
  /** Makes this device one of the person's, and takes those out of use that are lost. */
  recover(words: string, lost: readonly string[]): Promise<void>;
}

/** "chirograph" is the file with the whole signed history (wire §13). */
export type ExportForm = "text" | "json" | "chirograph";

export interface OpenDocument {
  readonly id: string;
  /** What somebody offered, with the link by which this was opened, in order to pair without a server; null else. */
  readonly offered: string | null;
  /** The key that writes here: mine, or the one that took its place in this document. */
  readonly device: string;
  readonly text: SharedText;
  /** The same object until something in it changed (fit for useSyncExternalStore). */
  view(): DocumentView;
  subscribe(listener: () => void): () => void;
  setTitle(title: string): void;
  setName(name: string): void;
  /** My own selection, or null when the editor has lost the focus. */
  setCaret(selection: { readonly anchor: number; readonly head: number } | null): void;
  carets(): readonly Caret[];
  subscribeCarets(listener: () => void): () => void;
  /** Who may do what, the links that let people in, and what is set aside. */
  people(): Promise<DocumentPeople>;
  pairing(): Promise<DocumentPairing>;
  /** Whether direct links are made, at whose other ends this device's network address is seen; else all goes through the server,
   * which sees the address in any case. A choice of this browser for all documents; a change of it meets everybody anew. */
  readonly isDirect: boolean;
  setDirect(isDirect: boolean): void;
  devices(): Promise<DocumentDevices>;
  /** The words by which the other device knows this one, while the view is asking. */
  askingWords(): Promise<readonly string[]>;
  /** Asks no more. */
  stopAsking(): void;
  /** Reads the history, in slices; told how far it is, from 0 to 1, where it takes long enough to be told. */
  history(progress: (done: number) => void): Promise<TextHistory>;
  authors(): Promise<TextAuthors>;
  /** The document as the bytes of a file. */
  exported(form: ExportForm): Promise<Uint8Array<ArrayBuffer>>;
  /** Turns the open draft into a change now (blur, hide). */
  flush(): void;
  close(): Promise<void>;
}

/** How far the opening of a file is: its bytes are read, all that it says is checked, what it brings is stored. */
export interface ImportProgress {
  readonly stage: "reading" | "checking" | "storing";
  /** From 0 to 1; null where nobody can say. */
  readonly done: number | null;
}

/** A file in which everything holds, of a document that this device cannot go on with: to be read, and kept nowhere here. */
export interface ForeignFile {
  /** Where some person of the document has recovery words. */
  readonly recovery: FileRecovery | null;
  /** This device is a member, but wrote on from there already. Else it is none. */
  readonly isOwn: boolean;
  readonly title: string;
  readonly text: string;
  /** All of the text, in stretches. */
  readonly authors: readonly Authorship[];
  /** Who had a part in it, who wrote most of the changes first, and by what name each went. */
  readonly people: readonly {
    readonly key: string;
    readonly name: string | null;
    readonly changes: number;
  }[];
}

/** The way back into a document of which this device has a file and nothing else. */
export interface FileRecovery {
  /** Whose words these are. */
  findRecovered(words: string): Promise<Recovered | { readonly error: string }>;
  /** Makes this device one of that person's and keeps the document. Rejects with a sentence where that cannot be. */
  recover(words: string, lost: readonly string[]): Promise<Imported>;
}

export type Imported =
  /** A text that is no document yet. */
  | { readonly kind: "text"; readonly title: string; readonly text: string }
  /**
   * A document that this device holds now. `isNew`: it did not before. `fresh`: changes that came; `left`: changes that were
   * left out, since what proves them stands in no chain here and they could not be passed on.
   */
  | {
      readonly kind: "held";
      readonly id: string;
      readonly isNew: boolean;
      readonly fresh: number;
      readonly left: number;
    }
  | { readonly kind: "foreign"; readonly file: ForeignFile }
  /** Nothing was stored. What follows the colon in "It was not opened: …". */
  | { readonly kind: "refused"; readonly reason: string };

export interface DocumentEntry {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970, of the last own or received edit. */
  readonly updatedAt: number;
  /** My changes in it that nobody else is known to hold; removing it would lose them. */
  readonly unshared: number;
}

/** What this browser holds. */
export interface Workspace {
  /** My device key, lower-case hex. */
  readonly device: string;
  /** One sentence for each thing the platform withholds (no crypto.subtle, no service worker, no storage). */
  readonly missing: readonly string[];
  /** Newest first; without removed ones. */
  documents(): readonly DocumentEntry[];
  subscribe(listener: () => void): () => void;
  /** A new empty document; stored and listed after its first edit. */
  create(): Promise<OpenDocument>;
  /** By the id in the address, or null if this device holds no such document. */
  open(id: string): Promise<OpenDocument | null>;
  /** Told when a document that is open goes on under a fresh key: it is to be opened again, and the one that is open closed. */
  onRenewed(listener: (id: string) => void): () => void;
  /** By a share link's fragment (`#…`), or a sentence that says what is wrong with it. */
  join(fragment: string): Promise<OpenDocument | { readonly error: string }>;
  /** Opens a file, whatever is in it. Null if `signal` ended it before anything was stored. */
  import(
    file: File,
    progress: (progress: ImportProgress) => void,
    signal: AbortSignal,
  ): Promise<Imported | null>;
  /** Milliseconds in which a removal can be undone. */
  readonly undoMs: number;
  /** Takes it off the list at once; deleted for good a little after `undoMs` unless restored. */
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
}
