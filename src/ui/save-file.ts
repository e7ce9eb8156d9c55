// Saves bytes where the browser saves.

export function saveFile(bytes: Uint8Array<ArrayBuffer>, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has its own hold of it once the click is handled.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What no system takes in a name becomes a dash; the rest stays as it was written. */
export function fileName(title: string): string {
  const name = title.replace(/[\p{Cc}/\\:*?"<>|]+/gu, "-").replace(/^[.\s-]+|[.\s-]+$/g, "");
  return [...name].slice(0, 80).join("") || "Untitled";
}
