// Every sequence of a document, checked from one end to the other, at every level.

import type { Replica } from "../../src/crdt/index.ts";
import type { Node } from "../../src/crdt/types/node.ts";

/** Throws on a broken invariant; answers how many texts and lists there are. */
export function checkDocument(replica: Replica): number {
  const root = replica.node([]);
  return root === null ? 0 : check(root);
}

// Depth is bounded by the limit on paths.
function check(node: Node): number {
  let count = 0;
  if (node.kind === "map") {
    for (const { children } of node.keys.values())
      for (const child of children.values()) count += check(child);
  } else if (node.kind === "list") {
    node.items.check();
    count = 1;
    for (const child of node.children.values()) count += check(child);
  } else if (node.kind === "text") {
    node.text.check();
    count = 1;
  }
  return count;
}
