// The body of an open document as an editor wants it.

import type { Replica } from "../../crdt/index.ts";
import { bodyLength, bodyText } from "../text.ts";
import type { SharedText, TextPatch } from "../view.ts";

export type TextListener = Parameters<SharedText["subscribe"]>[0];

/** What is done about it goes through the session. */
interface Deeds {
  edit(patches: readonly TextPatch[]): void;
  /** Undo or redo, which the editor does not know of. */
  retract(retract: () => void): void;
}

export function sharedText(
  replica: Replica,
  listeners: Set<TextListener>,
  { edit, retract }: Deeds,
): SharedText {
  return {
    get length() {
      return bodyLength(replica);
    },
    toString: () => bodyText(replica),
    edit,
    breakUndo: () => replica.breakUndo(),
    undo: () => retract(() => replica.undo()),
    redo: () => retract(() => replica.redo()),
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
