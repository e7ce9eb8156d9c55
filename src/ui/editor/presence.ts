// Tells the session where my caret is, in the moment in which it moves, so that no word of it is older than the text; the
// session decides how often others hear it. Null once the editor loses the focus.
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { OpenDocument } from "../../sync/view.ts";

export function presence(
  document: Pick<OpenDocument, "setCaret">,
  toShared: (position: number) => number,
): Extension {
  return [
    EditorView.updateListener.of(({ view, selectionSet, docChanged, focusChanged }) => {
      if (!(selectionSet || docChanged || focusChanged) || !view.hasFocus) return;
      const { anchor, head } = view.state.selection.main;
      document.setCaret({ anchor: toShared(anchor), head: toShared(head) });
    }),
    EditorView.domEventObservers({ blur: () => document.setCaret(null) }),
  ];
}
