// The editor without the document: what any page of text here is set up with.
import { defaultKeymap } from "@codemirror/commands";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import { lines } from "./lines.ts";

/** Tab is left alone, so that it leads on to the next control. */
export function setup(): Extension {
  return [
    // Otherwise "\r\n" counts as one and every position behind it differs from the shared text's.
    EditorState.lineSeparator.of("\n"),
    EditorView.lineWrapping,
    highlightSpecialChars(),
    keymap.of(defaultKeymap),
    placeholder("Write here."),
    EditorView.scrollMargins.of(() => ({ top: 48, bottom: 96 })),
    EditorView.cspNonce.of(pageNonce()),
    lines,
  ];
}

export function contentAttributes(title: string): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": title === "" ? "Untitled" : title,
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
