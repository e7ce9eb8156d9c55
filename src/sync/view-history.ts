// Of the border between the session and the screen (view.ts): how the text came to be, and who wrote it.

/** A version of the document, named by its heads. */
export type Version = readonly string[];

/** What one person wrote without a pause, or several who took turns quickly. */
export interface HistoryEntry {
  /** Keys, in the order in which they come into it. */
  readonly authors: readonly string[];
  /** Seconds since 1970 as the authors stated them, first and last; null if they never did. */
  readonly from: number | null;
  readonly to: number | null;
  /** Places [first, end) in the history: how many changes came before. */
  readonly first: number;
  readonly end: number;
}

export interface NamedVersion {
  readonly name: string;
  readonly version: Version;
  /** Right behind the last of its changes in the history, which may put others before it that it does not know. */
  readonly place: number;
  /** The key that signed the name, and when it says it did. */
  readonly by: string;
  readonly time: number | null;
}

/** A stretch of two versions of the text laid over each other. The author is who inserted or deleted it. */
export interface TextDifference {
  readonly kind: "same" | "inserted" | "deleted";
  readonly text: string;
  readonly author: string | null;
}

/** Who wrote [from, to) of a version of the text, as it says in the changes. */
export interface Authorship {
  readonly from: number;
  readonly to: number;
  readonly author: string;
  /** Seconds since 1970, as stated; null if the author never stated any. */
  readonly time: number | null;
}

/** What the signature rule says of changes: all hold, one is not signed yet (an own one, just made), one does not hold. */
export type Proof = "holds" | "unsigned" | "wrong";

/** Who wrote the text as it is at this moment, what was typed just now included. Positions are those of `SharedText`. */
export interface TextAuthors {
  /** Stretches of [from, to) by author. */
  stretches(from: number, to: number): readonly Omit<Authorship, "time">[];
  /** The stretch of [from, to) in which a letter stands, and when that letter was written; null where there is none. */
  at(position: number, from: number, to: number): Authorship | null;
  /** Of all changes that wrote [from, to). */
  prove(from: number, to: number): Promise<Proof>;
}

/** All that was written, in order. */
export interface HistoryOrder {
  /** Places are 0 … length; the last is the text as it is. */
  readonly length: number;
  readonly entries: readonly HistoryEntry[];
  readonly names: readonly NamedVersion[];
  versionAt(place: number): Version;
  /** Right behind the last of its changes; it may lack others before that, which came later. */
  placeOf(version: Version): number;
  /** What of it comes before a place. */
  partOf(version: Version, place: number): Version;
}

/** How the text came to be. What comes while it is looked at is taken in a little later, and told. */
export interface TextHistory {
  /** The same object until something in it changed. */
  readonly order: () => HistoryOrder;
  readonly subscribe: (listener: () => void) => () => void;
  /** How the text of one version becomes that of another, in document order. */
  compare(before: Version, after: Version): readonly TextDifference[];
  title(version: Version): string;
  /** Stretches by author. */
  authors(version: Version, from: number, to: number): readonly Authorship[];
  /** Of all changes that wrote [from, to). */
  prove(version: Version, from: number, to: number): Promise<Proof>;
  /** A new edit of mine, after which text and title are again what they were. */
  restore(version: Version): void;
  /** Names a version for everybody; an empty name takes its name away. */
  name(version: Version, name: string): void;
  close(): void;
}
