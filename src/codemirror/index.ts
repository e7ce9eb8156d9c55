// `chirograph/codemirror`: one CodeMirror view on one text of a document, with the carets of the others where there is a
// session. What ties them is what the app itself uses.

import { EditorState, type Extension } from "@codemirror/state";
import { type EditorView, ViewPlugin } from "@codemirror/view";
import type { PlainPath } from "../crdt/index.ts";
import type { Session } from "../package/session.ts";
import type { SharedDoc } from "../package/shared-doc.ts";
import type { SharedText } from "../sync/view.ts";
import { Binding } from "../ui/editor/binding.ts";
import { carets } from "../ui/editor/carets.ts";
import { presence } from "../ui/editor/presence.ts";
import { remote } from "../ui/editor/remote.ts";
import { labelsOf, labelText } from "../ui/people/names.ts";
import { caretTheme } from "./theme.ts";

/** A `Document`, or the `doc` of a session, whatever its schema. */
export type TiedDoc = Pick<SharedDoc, "text" | "hasArrived" | "replica">;

/** A `Session`, whatever its schema. */
export interface TiedSession extends Pick<Session, "view" | "carets" | "subscribeCarets" | "setCaret"> {
  readonly doc: TiedDoc;
}

/** The carets of others want a session; a document alone shares its text. */
export type ChirographOptions = (
  | { readonly session: TiedSession; readonly document?: undefined }
  | { readonly document: TiedDoc; readonly session?: undefined }
) & {
  /** Where the text is, such as ["body"] or ["notes", 0, "text"]. Under keys alone it need not be there yet. */
  readonly text: PlainPath;
  /**
   * Told when this view can no longer be trusted to show the text, and takes part no more; the text itself is safe. What it
   * is told is thrown for everybody to see if this is not said.
   */
  readonly onFailure?: (error: unknown) => void;
};

/**
 * The extension for one view. The view shows the shared text, whatever it was created with, and takes no input as long as
 * the document has not arrived or this identity may not write. Undo and redo (Mod-Z, Mod-Shift-Z, Mod-Y, and what phones ask
 * for) take back what this identity wrote and nobody else's edits, also after a reload; CodeMirror's own `history()` is not
 * needed, and where it is there its keys are taken over.
 */
export function chirograph(options: ChirographOptions): Extension {
  const { session } = options;
  const doc = session === undefined ? options.document : session.doc;
  const { replica } = doc;
  const text = doc.text(options.text);
  let attached: EditorView | null = null;
  const binding = new Binding(text, error => {
    binding.detach();
    if (options.onFailure !== undefined) options.onFailure(error);
    else
      setTimeout(() => {
        throw error;
      });
  });
  const life = ViewPlugin.define(view => {
    if (attached !== null) throw new Error("Expected one view: make an extension for each");
    attached = view;
    binding.attach(view);
    // A view cannot be changed while it is made; nobody can type before this runs.
    queueMicrotask(() => binding.settle());
    return {
      destroy() {
        attached = null;
        session?.setCaret(text, null);
        binding.detach();
      },
    };
  });
  return [
    life,
    binding.extension,
    EditorState.changeFilter.of(
      transaction => transaction.annotation(remote) !== undefined || (doc.hasArrived && replica.mayWrite),
    ),
    session === undefined ? [] : others(session, text, binding),
  ];
}

function others(session: TiedSession, text: SharedText, binding: Binding): Extension {
  const source: Parameters<typeof carets>[0] = {
    carets: () => session.carets(text),
    subscribe: listener => session.subscribeCarets(listener),
    toEditor: position => binding.toEditor(position),
    label: caret => {
      const { people } = session.view();
      const isListed = people.some(({ key }) => key === caret.key);
      return labelText(labelsOf(isListed ? people : [...people, caret]).get(caret.key)!);
    },
  };
  const own = {
    setCaret: (selection: Parameters<Session["setCaret"]>[1]) => session.setCaret(text, selection),
  };
  return [carets(source), presence(own, position => binding.toShared(position)), caretTheme];
}
