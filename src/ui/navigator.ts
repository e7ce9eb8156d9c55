// Which document is on the screen: follows the address, and keeps the address free of secrets. A plain state machine
// outside React, so that a document is opened and closed exactly once whatever React renders twice. Requests may
// overtake each other; only the newest may put its document on the screen.
import type { ForeignFile, OpenDocument, Workspace } from "../sync/view.ts";
import { problemOf } from "./problem.ts";
import { FILE_HASH, routeOf } from "./route.ts";

export type Screen =
  | { readonly kind: "opening" }
  | { readonly kind: "document"; readonly document: OpenDocument }
  | { readonly kind: "file"; readonly file: ForeignFile }
  | { readonly kind: "not-held" }
  /** The address of a file that this page no longer has. */
  | { readonly kind: "file-gone" }
  | { readonly kind: "bad-link"; readonly sentence: string }
  | { readonly kind: "failed"; readonly sentence: string };

/** The address bar, as far as it is needed here. */
export interface AddressBar {
  hash(): string;
  /** Takes the place of the present entry (a secret must not stay in the history). */
  replace(hash: string): void;
  push(hash: string): void;
}

/** Ids of documents that were begun in this tab and may not have been stored, because nothing was typed. */
export interface BegunHere {
  has(id: string): boolean;
  add(id: string): void;
  delete(id: string): void;
}

const NOT_A_LINK = "This is not a link to a document. Perhaps a part of it was lost when it was copied.";

export class Navigator {
  private screen: Screen = { kind: "opening" };
  private request = 0;
  /** The last one that was opened to be read, as long as the page stands. */
  private file: ForeignFile | null = null;
  private readonly listeners = new Set<() => void>();

  private readonly workspace: Workspace;
  private readonly address: AddressBar;
  private readonly begun: BegunHere;

  constructor(workspace: Workspace, address: AddressBar, begun: BegunHere) {
    this.workspace = workspace;
    this.address = address;
    this.begun = begun;
    workspace.subscribe(() => {
      // What is listed is stored, and once it was removed its address leads to nothing.
      for (const { id } of workspace.documents()) begun.delete(id);
    });
    workspace.onRenewed(id => {
      if (this.openId() === id) void this.open(() => this.reopen(id));
    });
  }

  readonly current = (): Screen => this.screen;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Opens what the address names. Called at the start and at every hashchange. */
  async follow(): Promise<void> {
    const hash = this.address.hash();
    const route = routeOf(hash);
    if (route.kind === "document" && this.openId() === route.id) {
      this.request++;
      return;
    }
    await this.open(async () => {
      switch (route.kind) {
        case "new":
          return this.begin(id => this.address.replace(`#${id}`));
        case "document":
          return this.reopen(route.id);
        case "link":
          return this.join(route.fragment);
        case "file":
          return { screen: this.file === null ? { kind: "file-gone" } : { kind: "file", file: this.file } };
        case "unreadable":
          return { screen: { kind: "bad-link", sentence: NOT_A_LINK } };
      }
    });
  }

  /** A new document, with what `write` writes in it; "back" leads to the one before. */
  async startNew(write: (document: OpenDocument) => void = () => undefined): Promise<void> {
    await this.open(async () => {
      const found = await this.begin(id => this.address.push(`#${id}`));
      write(found.screen.document);
      return found;
    });
  }

  /** A document that this device holds. */
  async goTo(id: string): Promise<void> {
    // It may stand there already, where it could not be opened.
    if (this.address.hash() !== `#${id}`) this.address.push(`#${id}`);
    await this.follow();
  }

  /** A file of which nothing is kept here. */
  async showFile(file: ForeignFile): Promise<void> {
    this.file = file;
    this.address.push(FILE_HASH);
    await this.follow();
  }

  /** The document that is on the screen, or null. */
  openId(): string | null {
    return documentOn(this.screen)?.id ?? null;
  }

  private async begin(show: (id: string) => void) {
    const document = await this.workspace.create();
    this.begun.add(document.id);
    return { screen: { kind: "document", document } as const, show };
  }

  private async reopen(id: string): Promise<Found> {
    const document = await this.workspace.open(id);
    if (document !== null) return { screen: { kind: "document", document } };
    // An untouched new document is stored nowhere; after a reload its writer expects an empty page, not a refusal.
    if (this.begun.has(id)) return this.begin(newId => this.address.replace(`#${newId}`));
    return { screen: { kind: "not-held" } };
  }

  private async join(fragment: string): Promise<Found> {
    const joined = await this.workspace.join(fragment);
    if ("error" in joined) return { screen: { kind: "bad-link", sentence: joined.error } };
    return { screen: { kind: "document", document: joined }, show: id => this.address.replace(`#${id}`) };
  }

  private async open(find: () => Promise<Found>): Promise<void> {
    const request = ++this.request;
    let found: Found;
    try {
      found = await find();
    } catch (error) {
      found = {
        screen: { kind: "failed", sentence: `The document could not be opened: ${problemOf(error)}` },
      };
    }
    const before = documentOn(this.screen);
    const after = documentOn(found.screen);
    if (request !== this.request) {
      if (after !== null && after !== before) void after.close();
      return;
    }
    if (after !== null) found.show?.(after.id);
    this.screen = found.screen;
    for (const listener of this.listeners) listener();
    // Closed only when the screen has let go of it: the editor flushes its last keystrokes while it is taken down.
    if (before !== null && before !== after) setTimeout(() => void before.close(), 0);
  }
}

/** A screen, and how its document's id comes into the address where it does not stand there already. */
interface Found {
  readonly screen: Screen;
  readonly show?: (id: string) => void;
}

function documentOn(screen: Screen): OpenDocument | null {
  return screen.kind === "document" ? screen.document : null;
}
