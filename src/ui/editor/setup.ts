// The editor without the document: what any page of text here is set up with. What it can do without until the caret stands
// is in after-caret.ts.
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, placeholder } from "@codemirror/view";

export function setup(): Extension {
  return [
    // Otherwise "\r\n" counts as one and every position behind it differs from the shared text's.
    EditorState.lineSeparator.of("\n"),
    EditorView.lineWrapping,
    highlightSpecialChars(),
    placeholder("Write here."),
    EditorView.scrollMargins.of(() => ({ top: 48, bottom: 96 })),
    EditorView.cspNonce.of(pageNonce()),
  ];
}

export function contentAttributes(title: string): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": title,
    // Focusable anyway; said so that checkers and older assistive technology know it too.
    tabindex: "0",
    spellcheck: "true",
    autocorrect: "on",
    autocapitalize: "sentences",
  });
}

/** The nonce that the server put into the page, so that CodeMirror's own styles pass the content policy. */
function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}
