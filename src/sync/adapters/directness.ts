// Whether this browser makes direct links, at whose other ends its network address is seen: one choice for all documents.

/** Where it is remembered; told of by the browser when another tab does. */
export const DIRECT_SLOT = "chirograph.direct";

/** Of this page alone, where nothing can be remembered: else another tab may choose otherwise. */
let chosen: boolean | null = null;

export function makesDirectLinks(): boolean {
  try {
    return chosen ?? localStorage.getItem(DIRECT_SLOT) !== "no";
  } catch {
    // Storage is forbidden: nothing was chosen.
    return true;
  }
}

export function rememberDirectLinks(isDirect: boolean): void {
  try {
    if (isDirect) localStorage.removeItem(DIRECT_SLOT);
    else localStorage.setItem(DIRECT_SLOT, "no");
    chosen = null;
  } catch {
    // As above: it holds as long as this page does.
    chosen = isDirect;
  }
}
