// The mark on every transaction that comes from the shared text and not from this keyboard.
import { Annotation } from "@codemirror/state";

/** Set on transactions that carry somebody else's edits, an undo, or put the view right. */
export const remote = Annotation.define<true>();
