// A document as something to keep elsewhere. Fetched when it is first asked for: who never exports anything has no packer.

import { type Replica, save } from "../../crdt/index.ts";
import { bodyText } from "../text.ts";
import type { ExportForm } from "../view.ts";

/** Milliseconds between two looks at whether the last own change is signed, and how many looks. */
const SIGNED_POLL_MS = 25;
const SIGNED_POLLS_MAX = 200;

export async function exported(replica: Replica, form: ExportForm): Promise<Uint8Array<ArrayBuffer>> {
  switch (form) {
    case "text":
      return new TextEncoder().encode(bodyText(replica));
    case "json":
      return new TextEncoder().encode(`${JSON.stringify(replica.toJson(), null, 2)}\n`);
    case "chirograph":
      // What is not signed is not in a file, and the last letters were closed just now.
      for (let i = 0; i < SIGNED_POLLS_MAX && !isSigned(replica); i++)
        await new Promise(resolve => setTimeout(resolve, SIGNED_POLL_MS));
      return save(replica, { snapshot: "small" });
  }
}

function isSigned(replica: Replica): boolean {
  if (replica.hasDraft) return false;
  const { ownHead } = replica;
  return ownHead === null || replica.proofOf(ownHead.id) !== null;
}
