/** What a document is called on the screen: space alone is no name. */
export function shownTitle(title: string): string {
  return title.trim() || "Untitled";
}
