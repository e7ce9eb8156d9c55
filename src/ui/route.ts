// What the part of the address after # asks for. A document's id is no secret and may stand there; a share link
// carries the key and is told apart by its dots, which no id has.

export type Route =
  | { readonly kind: "new" }
  | { readonly kind: "document"; readonly id: string }
  | { readonly kind: "link"; readonly fragment: string }
  | { readonly kind: "file" }
  | { readonly kind: "unreadable" };

/** Where a file is read that is kept nowhere: the address cannot bring it back after a reload. */
export const FILE_HASH = "#file";

const ID = /^#[0-9a-z]{20,}$/i;

export function routeOf(hash: string): Route {
  if (hash === "" || hash === "#") return { kind: "new" };
  if (hash === FILE_HASH) return { kind: "file" };
  if (hash.includes(".")) return { kind: "link", fragment: hash };
  if (ID.test(hash)) return { kind: "document", id: hash.slice(1) };
  return { kind: "unreadable" };
}
