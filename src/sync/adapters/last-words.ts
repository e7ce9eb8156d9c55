// Where a page that goes away leaves what no transaction has taken yet. A page being closed can wait for nothing, so
// IndexedDB, which answers later, cannot take it; localStorage can. The next page takes it up and stores it properly.

import type { ChangeId } from "../../crdt/index.ts";
import { fromBase64Url, toBase64Url } from "../base64url.ts";
import type { LastWords } from "../keeper.ts";

const PREFIX = "chirograph.unsaved.";

/** One for each page, since two tabs may go at once. */
export function entryOf(doc: string, page: string): string {
  return `${PREFIX}${doc}.${page}`;
}

/** Whether the entry is there then. */
export function leaveLastWords(doc: string, page: string, words: LastWords): boolean {
  const changes = words.changes.map(({ id, bytes }) => [id, toBase64Url(bytes)]);
  const draft = words.draft === null ? null : toBase64Url(words.draft);
  try {
    localStorage.setItem(entryOf(doc, page), JSON.stringify({ changes, draft, after: words.after }));
    return true;
  } catch {
    // Full or forbidden: the status did not say "saved" for what is lost here.
    return false;
  }
}

/** Asks before the page goes away where the last words of what is open would not fit: tried, and taken back, for the page may stay. */
export function askBeforeLoss(
  opened: Iterable<{
    readonly id: string;
    readonly host: { readonly session: { readonly lastWords: LastWords | null } };
  }>,
): void {
  globalThis.addEventListener?.("beforeunload", event => {
    for (const { id, host } of opened) {
      const words = host.session.lastWords;
      if (words === null) continue;
      if (leaveLastWords(id, "", words)) dropLastWords(id, "");
      else event.preventDefault();
    }
  });
}

export function dropLastWords(doc: string, page: string): void {
  localStorage.removeItem(entryOf(doc, page));
}

/** The entries of pages that are open. */
export async function claims(): Promise<ReadonlySet<string | undefined>> {
  const query = await navigator.locks?.query();
  return new Set(query?.held?.map(({ name }) => name));
}

/** Everything that was left for a document, but for the entries of pages that are `open`; `forget` when it is stored. */
export function findLastWords(
  doc: string,
  open: ReadonlySet<string | undefined> = new Set(),
): {
  readonly words: readonly LastWords[];
  readonly forget: () => void;
} {
  const keys = keysOf(entryOf(doc, "")).filter(key => !open.has(key));
  const words = keys.map(key => parse(localStorage.getItem(key))).filter(found => found !== null);
  const forget = (): void => {
    for (const key of keys) localStorage.removeItem(key);
  };
  return { words, forget };
}

/** The documents for which something was left. */
export function documentsWithLastWords(): string[] {
  return [...new Set(keysOf(PREFIX).map(key => key.slice(PREFIX.length).split(".")[0]!))];
}

function keysOf(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter(key => key.startsWith(prefix));
  } catch {
    // Storage is forbidden: nothing was left.
    return [];
  }
}

/** Null for what this version did not write. What the bytes mean is judged where they are taken up. */
function parse(text: string | null): LastWords | null {
  try {
    const { changes, draft, after } = JSON.parse(text ?? "null");
    const read = (changes as [string, string][]).map(([id, bytes]) => ({
      id: id as ChangeId,
      bytes: fromBase64Url(bytes)!,
    }));
    const isWhole = read.every(({ bytes }) => bytes !== null) && Number.isSafeInteger(after);
    const bytes = draft === null ? null : fromBase64Url(draft);
    return isWhole && (draft === null || bytes !== null) ? { changes: read, draft: bytes, after } : null;
  } catch {
    // Not JSON, or JSON of another shape.
    return null;
  }
}
