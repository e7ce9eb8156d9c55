// Tells the session where my caret is: at most every fifty milliseconds, and null once the editor loses the focus.
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { OpenDocument } from "../../sync/view.ts";

const PAUSE_MS = 50;

export function presence(document: OpenDocument, toShared: (position: number) => number): Extension {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tell = (view: EditorView) => {
    timer = null;
    if (!view.hasFocus || !view.dom.isConnected) return;
    const { anchor, head } = view.state.selection.main;
    document.setCaret({ anchor: toShared(anchor), head: toShared(head) });
  };
  return [
    EditorView.updateListener.of(({ view, selectionSet, docChanged, focusChanged }) => {
      if (!(selectionSet || docChanged || focusChanged)) return;
      timer ??= setTimeout(() => tell(view), PAUSE_MS);
    }),
    EditorView.domEventObservers({
      blur: () => {
        if (timer !== null) clearTimeout(timer);
        timer = null;
        document.setCaret(null);
      },
    }),
  ];
}
