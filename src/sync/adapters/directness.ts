// Whether this browser makes direct links, at whose other ends its network address is seen: one choice for all documents.

const SLOT = "chirograph.direct";

/** Of this page, where nothing can be remembered. */
let chosen: boolean | null = null;

export function makesDirectLinks(): boolean {
  try {
    return chosen ?? localStorage.getItem(SLOT) !== "no";
  } catch {
    // Storage is forbidden: nothing was chosen.
    return true;
  }
}

export function rememberDirectLinks(isDirect: boolean): void {
  chosen = isDirect;
  try {
    if (isDirect) localStorage.removeItem(SLOT);
    else localStorage.setItem(SLOT, "no");
  } catch {
    // As above: it holds as long as this page does.
  }
}
