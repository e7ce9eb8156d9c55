// To the clipboard, also on plain http, where the page has no navigator.clipboard.

/** True if the text is on the clipboard now; else it is selected in `field`, for the person to copy. */
export async function copyText(text: string, field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Missing or refused: the old way works from a click on every page.
    const before = document.activeElement;
    field.focus();
    field.select();
    const isCopied = document.execCommand("copy");
    if (isCopied && before instanceof HTMLElement) before.focus();
    return isCopied;
  }
}
