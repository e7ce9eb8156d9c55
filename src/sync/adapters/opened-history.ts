// The history of an open document for the screen: drives the core's history in slices between which the page lives,
// asks the signature rule, and turns the wishes of the panel into edits. Loaded when somebody looks back.

import { type ChangeId, History, type MapEdit, type Progress, type Replica } from "../../crdt/index.ts";
import type { Verifier } from "../ports.ts";
import { BODY_KEY, BODY_PATH, namedVersions, nameVersion, TITLE_KEY, titleOf } from "../text.ts";
import type {
  Authorship,
  HistoryEntry,
  HistoryOrder,
  Proof,
  TextDifference,
  TextHistory,
  TextPatch,
  Version,
} from "../view.ts";
import { Proving } from "./proving.ts";
import { tellAll } from "./uncaught.ts";

/** Milliseconds of work between two looks at the event loop: less than one frame of the screen. */
const SLICE_MS = 10;
/** Milliseconds of work after which people are told how far it is. */
const TOLD_AFTER_MS = 300;
/** Milliseconds for which what comes is gathered before the history is put in order again. */
const GATHER_MS = 1_000;

/** What may be done to the document. */
interface Wishes {
  edit(edit: (root: MapEdit) => void): void;
  /** As one edit; null leaves the title as it is. */
  restore(patches: readonly TextPatch[], title: string | null): void;
  flush(): void;
}

export async function openHistory(
  replica: Replica,
  verifier: Verifier,
  wishes: Wishes,
  progress: (done: number) => void,
): Promise<TextHistory> {
  const opened = new OpenedHistory(replica, verifier, wishes);
  await opened.read(progress);
  // The first look takes the longest, and is taken before anybody drags.
  opened.authors(opened.order().versionAt(opened.order().length), 0, 0);
  return opened;
}

class OpenedHistory implements TextHistory {
  readonly #replica: Replica;
  readonly #wishes: Wishes;
  readonly #history: History;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  readonly #proving: Proving;
  #order: HistoryOrder;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(replica: Replica, verifier: Verifier, wishes: Wishes) {
    this.#replica = replica;
    this.#wishes = wishes;
    this.#history = new History(replica.doc, replica.ground, [BODY_KEY]);
    this.#proving = new Proving(this.#history, verifier);
    this.#order = this.#orderOf([]);
    this.#unsubscribe = replica.subscribe(() => this.#readSoon());
  }

  /** Takes in what came, and puts it in order. */
  async read(progress: (done: number) => void): Promise<void> {
    const entries = await drive(this.#history.arrange(), progress, () => this.#isClosed);
    if (entries !== null) this.#order = this.#orderOf(entries);
  }

  #orderOf(entries: readonly HistoryEntry[]): HistoryOrder {
    const names = namedVersions(this.#replica).map(({ name, heads, change }) => ({
      name,
      version: heads,
      place: this.#history.placeOf(heads),
      by: (change === null ? null : this.#history.authorOf(change)) ?? this.#replica.device,
      time: change === null ? null : this.#history.timeOf(change),
    }));
    return {
      length: this.#history.length,
      entries,
      names,
      versionAt: place => this.#history.versionAt(place),
      placeOf: version => this.#history.placeOf(version as readonly ChangeId[]),
      partOf: (version, place) => this.#history.partOf(version as readonly ChangeId[], place),
    };
  }

  #readSoon(): void {
    this.#timer ??= setTimeout(async () => {
      await this.read(() => undefined);
      this.#timer = undefined;
      this.#tell();
      // What is in the draft is a change in a moment.
      if (
        !this.#isClosed &&
        (this.#replica.hasDraft || this.#history.length < this.#replica.ground.graph.size)
      )
        this.#readSoon();
    }, GATHER_MS);
  }

  #tell(): void {
    tellAll(this.#listeners);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly order = (): HistoryOrder => this.#order;

  compare(before: Version, after: Version): readonly TextDifference[] {
    return this.#history.diff(
      before as readonly ChangeId[],
      after as readonly ChangeId[],
      BODY_PATH,
      "author",
    );
  }

  authors(version: Version, from: number, to: number): readonly Authorship[] {
    return this.#history.blame(version as readonly ChangeId[], BODY_PATH, from, to, "author");
  }

  async prove(version: Version, from: number, to: number): Promise<Proof> {
    const blames = this.#history.blame(version as readonly ChangeId[], BODY_PATH, from, to);
    const changes = [...new Set(blames.map(({ change }) => change))];
    return await this.#proving.prove(changes);
  }

  title(version: Version): string {
    const title = this.#history.valueAt(version as readonly ChangeId[], TITLE_KEY);
    return typeof title === "string" ? title : "";
  }

  restore(version: Version): void {
    const then = this.title(version);
    const title = then === titleOf(this.#replica) ? null : then;
    const steps = this.#history.stepsTo(version as readonly ChangeId[], BODY_PATH);
    if (steps.length > 0 || title !== null) this.#wishes.restore(steps, title);
    this.#wishes.flush();
  }

  name(version: Version, name: string): void {
    this.#wishes.edit(root => nameVersion(root, version as readonly ChangeId[], name));
    this.#wishes.flush();
    this.#order = this.#orderOf(this.#order.entries);
    this.#tell();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
    this.#listeners.clear();
  }
}

/** Works in slices. Null if it was not wanted any more. */
async function drive<T>(
  work: Generator<Progress, T>,
  progress: (done: number) => void,
  isDropped: () => boolean,
): Promise<T | null> {
  const startMs = performance.now();
  let endMs = startMs + SLICE_MS;
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    const now = performance.now();
    if (now < endMs) continue;
    if (now - startMs > TOLD_AFTER_MS) progress(step.value.done / step.value.total);
    await new Promise(resolve => setTimeout(resolve));
    if (isDropped()) return null;
    endMs = performance.now() + SLICE_MS;
  }
}
