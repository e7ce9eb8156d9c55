// How far this device's own chain had come in documents that were removed from it. A file may bring such a document back as
// it was earlier; whoever wrote on from there would give a number away twice, which is what liars do.

const PREFIX = "chirograph.spent.";

/** `seq`: of the newest own change. */
export function rememberSpent(doc: string, seq: number): void {
  if (seq <= spentIn(doc)) return;
  try {
    localStorage.setItem(PREFIX + doc, String(seq));
  } catch {
    // Full or forbidden: then nothing is known of what was removed, as after clearing all data of the page.
  }
}

/** 0 if nothing is known. */
export function spentIn(doc: string): number {
  try {
    const seq = Number(localStorage.getItem(PREFIX + doc) ?? 0);
    return Number.isSafeInteger(seq) ? seq : 0;
  } catch {
    // Storage is forbidden.
    return 0;
  }
}

/** By document. */
export function allSpent(): Readonly<Record<string, number>> {
  try {
    const docs = Object.keys(localStorage)
      .filter(key => key.startsWith(PREFIX))
      .map(key => key.slice(PREFIX.length));
    return Object.fromEntries(docs.map(doc => [doc, spentIn(doc)]));
  } catch {
    // As above.
    return {};
  }
}
