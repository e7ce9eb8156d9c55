// Mounts CodeMirror for one open document. By hand in an effect: a component that owned the text as a value would
// fight with the shared text about who is right.
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { EditorView } from "codemirror";
import { type RefObject, useEffect, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { recede } from "../bar/recede.ts";
import { Binding } from "./binding.ts";
import { EditorFailed } from "./editor-failed.tsx";
import { presence } from "./presence.ts";
import { remote } from "./remote.ts";
import { contentAttributes, setup } from "./setup.ts";
import type { Direction } from "./undo.ts";

/** What the page around asks of the text; null while there is none. */
export interface EditorHandle {
  takeBack(direction: Direction): void;
  /** Until the answer is called; of one at a time. */
  extend(extension: Extension): () => void;
  /** From positions in the editor to positions in the shared text, and back. */
  readonly toShared: (position: number) => number;
  readonly toEditor: (position: number) => number;
  /** Opens the panel of find and replace, once it is there. */
  find(): void;
  focus(): void;
}

interface Properties {
  readonly document: OpenDocument;
  readonly title: string;
  /** It can be read, searched and copied, and nothing else. */
  readonly isReadOnly: boolean;
  readonly handle: RefObject<EditorHandle | null>;
}

export function Editor({ document, title, isReadOnly, handle }: Properties) {
  const parent = useRef<HTMLDivElement>(null);
  const mounted = useRef<Mounted | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const titleAtMount = useRef(title);
  titleAtMount.current = title;
  useEffect(() => {
    const made = mount(document, parent.current!, titleAtMount.current, () => setFailed(true));
    mounted.current = made;
    handle.current = made;
    return () => {
      mounted.current = null;
      handle.current = null;
      made.unmount();
    };
  }, [document, handle]);
  useEffect(() => mounted.current?.setTitle(title), [title]);
  useEffect(() => mounted.current?.setReadOnly(isReadOnly), [isReadOnly]);
  return (
    <div className="editor">
      {hasFailed && <EditorFailed />}
      <div className="editor-mount" ref={parent} />
    </div>
  );
}

/** No keyboard comes up on a phone. */
const READ_ATTRIBUTES = EditorView.contentAttributes.of({ "aria-readonly": "true", inputmode: "none" });

interface Mounted extends EditorHandle {
  setTitle(title: string): void;
  setReadOnly(isReadOnly: boolean): void;
  unmount(): void;
}

function mount(document: OpenDocument, parent: HTMLElement, title: string, onFailure: () => void): Mounted {
  const naming = new Compartment();
  const late = new Compartment();
  const writing = new Compartment();
  const more = new Compartment();
  let isFailed = false;
  const fail = (error: unknown) => {
    if (isFailed) return;
    isFailed = true;
    reportError(error);
    onFailure();
    // In a task of its own: a failure may be found in the middle of an update.
    setTimeout(() => {
      view.dispatch({
        effects: writing.reconfigure([EditorState.readOnly.of(true), EditorView.editable.of(false)]),
      });
      document.flush();
    }, 0);
  };
  const binding = new Binding(document.text, fail);
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: document.text.toString(),
      extensions: [
        setup(),
        binding.extension,
        presence(document, position => binding.toShared(position)),
        EditorView.exceptionSink.of(fail),
        EditorView.updateListener.of(({ transactions }) => {
          if (transactions.some(each => each.docChanged && each.annotation(remote) === undefined)) recede();
        }),
        naming.of(contentAttributes(title)),
        late.of(keymap.of([{ key: "Mod-f", run: () => find() }])),
        writing.of([]),
        more.of([]),
      ],
    }),
  });
  binding.attach(view);
  view.focus();
  const stopLeaving = flushWhenLeaving(document, view);
  const rest = loadRest(view, late, document, binding);
  const find = () => {
    void rest.then(loaded => loaded?.openFind(view));
    return true;
  };
  // Line heights were measured in the fallback face until the real one has come.
  void window.document.fonts.ready.then(() => view.requestMeasure());
  return {
    takeBack: direction => {
      if (!view.state.readOnly) binding.takeBack(direction);
    },
    extend: extension => {
      view.dispatch({ effects: more.reconfigure(extension) });
      return () => {
        // Not if it was taken down in the meantime, which ends everything.
        if (view.dom.isConnected) view.dispatch({ effects: more.reconfigure([]) });
      };
    },
    toShared: position => binding.toShared(position),
    toEditor: position => binding.toEditor(position),
    find,
    focus: () => view.focus(),
    setReadOnly: isReadOnly => {
      // A caret stays: the keyboard and screen readers go through the text with it.
      const extensions = isReadOnly ? [EditorState.readOnly.of(true), READ_ATTRIBUTES] : [];
      if (!isFailed) view.dispatch({ effects: writing.reconfigure(extensions) });
    },
    setTitle: title => view.dispatch({ effects: naming.reconfigure(contentAttributes(title)) }),
    unmount: () => {
      stopLeaving();
      document.setCaret(null);
      document.flush();
      binding.detach();
      view.destroy();
    },
  };
}

function flushWhenLeaving(document: OpenDocument, view: EditorView): () => void {
  const flush = () => document.flush();
  const flushIfHidden = () => {
    if (window.document.visibilityState === "hidden") document.flush();
  };
  view.contentDOM.addEventListener("blur", flush);
  window.document.addEventListener("visibilitychange", flushIfHidden);
  window.addEventListener("pagehide", flush);
  return () => {
    view.contentDOM.removeEventListener("blur", flush);
    window.document.removeEventListener("visibilitychange", flushIfHidden);
    window.removeEventListener("pagehide", flush);
  };
}

async function loadRest(view: EditorView, late: Compartment, document: OpenDocument, binding: Binding) {
  try {
    const loaded = await import("./after-caret.ts");
    if (view.dom.isConnected)
      view.dispatch({ effects: late.reconfigure(loaded.afterCaret(document, binding)) });
    return loaded;
  } catch (error) {
    // Offline in the very first second: the text is as good without larger headings, shortcuts and others' carets, and the
    // browser's own search finds what is drawn.
    console.warn("Markdown, shortcuts and carets did not load", error);
    if (view.dom.isConnected) view.dispatch({ effects: late.reconfigure([]) });
    return null;
  }
}
