// A workspace in memory for the screens alone: texts, people and statuses do what a test tells them to. It signs
// nothing, stores nothing and reaches nobody, and so shows nothing about the layers beneath.
import type {
  Caret,
  DocumentDevices,
  DocumentEntry,
  DocumentPairing,
  DocumentPeople,
  DocumentView,
  ExportForm,
  Imported,
  OpenDocument,
  Person,
  SharedText,
  TextAuthors,
  TextHistory,
  TextPatch,
  Workspace,
} from "../../src/sync/view.ts";

export class FakeText implements SharedText {
  private content: string;
  private readonly listeners = new Set<Parameters<SharedText["subscribe"]>[0]>();
  readonly edits: (readonly TextPatch[])[] = [];
  breaks = 0;
  readonly asked: string[] = [];
  onEdit: (patches: readonly TextPatch[]) => void = () => undefined;

  constructor(content = "") {
    this.content = content;
  }

  get length(): number {
    return this.content.length;
  }

  toString(): string {
    return this.content;
  }

  edit(patches: readonly TextPatch[]): void {
    this.edits.push(patches);
    for (const patch of [...patches].reverse()) this.replace(patch);
    if (!this.content.isWellFormed()) throw new RangeError("a lone surrogate");
    this.onEdit(patches);
  }

  breakUndo(): void {
    this.breaks++;
  }

  undo(): void {
    this.asked.push("undo");
  }

  redo(): void {
    this.asked.push("redo");
  }

  /** What somebody else does; each step holds in the text that the step before it left. */
  receive(...steps: readonly TextPatch[]): void {
    for (const step of steps) this.replace(step);
    for (const listener of this.listeners) listener(steps, false);
  }

  subscribe(listener: Parameters<SharedText["subscribe"]>[0]): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private replace({ from, to, insert }: TextPatch): void {
    if (from < 0 || from > to || to > this.content.length) throw new RangeError(`no range ${from} to ${to}`);
    this.content = this.content.slice(0, from) + insert + this.content.slice(to);
  }
}

class Listeners {
  private readonly set = new Set<() => void>();

  readonly add = (listener: () => void): (() => void) => {
    this.set.add(listener);
    return () => this.set.delete(listener);
  };

  tell(): void {
    for (const listener of this.set) listener();
  }
}

export class FakeDocument implements OpenDocument {
  readonly offered = null;

  readonly id: string;
  readonly device: string;
  readonly text: FakeText;
  isClosed = false;
  flushes = 0;
  caret: { readonly anchor: number; readonly head: number } | null = null;
  onFirstEdit: () => void = () => undefined;
  private current: DocumentView;
  private others: Caret[] = [];
  private readonly listeners = new Listeners();
  private readonly caretListeners = new Listeners();

  constructor(id: string, me: Person, content = "", title = "") {
    this.id = id;
    this.device = me.key;
    this.text = new FakeText(content);
    this.current = {
      id,
      title,
      status: { kind: "saved" },
      notice: null,
      people: [me],
      ready: true,
      canUndo: true,
      canRedo: false,
      search: null,
      hindrance: null,
      aside: { count: 0, mine: 0, newestBy: null },
      isAsking: false,
    };
    this.text.onEdit = patches => {
      this.onFirstEdit();
      this.others = this.others.map(caret => carried(caret, patches));
    };
  }

  view(): DocumentView {
    return this.current;
  }

  /** Puts parts of the view as a test wants them. */
  show(parts: Partial<DocumentView>): void {
    this.current = { ...this.current, ...parts };
    this.listeners.tell();
  }

  subscribe(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  history(): Promise<TextHistory> {
    return Promise.reject(new Error("A text in memory has no history."));
  }

  authors(): Promise<TextAuthors> {
    return Promise.reject(new Error("A text in memory has no authors."));
  }

  setTitle(title: string): void {
    this.onFirstEdit();
    this.show({ title });
  }

  setName(name: string): void {
    this.show({ people: this.current.people.map(person => (person.me ? { ...person, name } : person)) });
  }

  setCaret(selection: { readonly anchor: number; readonly head: number } | null): void {
    this.caret = selection;
  }

  carets(): readonly Caret[] {
    return this.others;
  }

  showCarets(carets: Caret[]): void {
    this.others = carets;
    this.caretListeners.tell();
  }

  subscribeCarets(listener: () => void): () => void {
    return this.caretListeners.add(listener);
  }

  people(): Promise<DocumentPeople> {
    return Promise.reject(new Error("A text in memory lets nobody in."));
  }

  isDirect = true;

  setDirect(isDirect: boolean): void {
    this.isDirect = isDirect;
  }

  pairing(): Promise<DocumentPairing> {
    return Promise.reject(new Error("A text in memory reaches nobody."));
  }

  devices(): Promise<DocumentDevices> {
    return Promise.reject(new Error("A text in memory has no devices."));
  }

  askingWords(): Promise<readonly string[]> {
    return Promise.reject(new Error("A text in memory asks nobody."));
  }

  stopAsking(): void {
    this.show({ isAsking: false });
  }

  async exported(form: ExportForm): Promise<Uint8Array<ArrayBuffer>> {
    return new TextEncoder().encode(`${form} of ${this.id}`);
  }

  flush(): void {
    this.flushes++;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function carried(caret: Caret, patches: readonly TextPatch[]): Caret {
  const carry = (position: number) => {
    let moved = position;
    for (const { from, to, insert } of patches) if (to <= position) moved += insert.length - (to - from);
    return Math.max(0, moved);
  };
  return { ...caret, anchor: carry(caret.anchor), head: carry(caret.head) };
}

export class FakeWorkspace implements Workspace {
  readonly device = "a1".repeat(32);
  missing: readonly string[] = [];
  readonly undoMs = 10_000;
  readonly held = new Map<string, { document: FakeDocument; entry: DocumentEntry }>();
  readonly created: FakeDocument[] = [];
  private readonly removed = new Map<string, { document: FakeDocument; entry: DocumentEntry }>();
  private readonly listeners = new Listeners();
  private list: readonly DocumentEntry[] = [];
  private count = 0;

  me(): Person {
    return { key: this.device, name: null, me: true, path: null };
  }

  documents(): readonly DocumentEntry[] {
    return this.list;
  }

  subscribe(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  private readonly renewed = new Set<(id: string) => void>();

  onRenewed(listener: (id: string) => void): () => void {
    this.renewed.add(listener);
    return () => this.renewed.delete(listener);
  }

  /** The document goes on under another key. */
  renew(id: string): FakeDocument {
    const document = new FakeDocument(id, { ...this.me(), key: "another key" });
    this.hold(document);
    for (const listener of this.renewed) listener(id);
    return document;
  }

  async create(): Promise<FakeDocument> {
    const id = (++this.count).toString(16).padStart(64, "0");
    const document = new FakeDocument(id, this.me());
    this.created.push(document);
    document.onFirstEdit = () => this.hold(document, { unshared: 1 });
    return document;
  }

  async open(id: string): Promise<FakeDocument | null> {
    return this.held.get(id)?.document ?? null;
  }

  async join(fragment: string): Promise<FakeDocument | { readonly error: string }> {
    if (fragment.endsWith(".broken")) return { error: "The link is cut off. Ask for it once more." };
    const id = fragment.slice(1).split(".")[0]!;
    const held = this.held.get(id)?.document;
    if (held !== undefined) return held;
    const document = new FakeDocument(id, this.me());
    document.show({ ready: false, search: "nobody", status: { kind: "waiting-for-holder" } });
    return document;
  }

  async import(file: File): Promise<Imported> {
    return { kind: "text", title: file.name, text: await file.text() };
  }

  async remove(id: string): Promise<void> {
    const held = this.held.get(id);
    if (held === undefined) return;
    this.removed.set(id, held);
    this.held.delete(id);
    this.relist();
  }

  async restore(id: string): Promise<void> {
    const removed = this.removed.get(id);
    if (removed === undefined) return;
    this.removed.delete(id);
    this.held.set(id, removed);
    this.relist();
  }

  hold(document: FakeDocument, entry: Partial<DocumentEntry> = {}): void {
    const { id } = document;
    const title = document.view().title;
    this.held.set(id, { document, entry: { id, title, updatedAt: Date.now(), unshared: 0, ...entry } });
    this.relist();
  }

  private relist(): void {
    const entries = [...this.held.values()].map(({ document, entry }) => ({
      ...entry,
      title: document.view().title,
    }));
    this.list = entries.sort((a, b) => b.updatedAt - a.updatedAt);
    this.listeners.tell();
  }
}
