// Why nobody would take what is written on this device, from the facts of the core.

import type { Replica } from "../../crdt/index.ts";
import type { Hindrance } from "../view.ts";

/** Null if they do, and before anything has arrived. */
export function hindranceOf({
  hasGenesis,
  mayWrite,
  role,
  people,
  device,
  cameBy,
}: Replica): Hindrance | null {
  if (!hasGenesis || mayWrite) return null;
  if (role !== null) return "role";
  if (people.endsOf(device).length > 0) return "removed";
  return cameBy === null ? "role" : people.endsOf(cameBy).length > 0 ? "revoked" : "unknown-link";
}
