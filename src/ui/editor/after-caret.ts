// What a text can do without for the moment until its caret stands: the looks of Markdown, the carets of others, and the keys
// of CodeMirror, for which the browser's own do meanwhile. Loaded by itself, since together they are a tenth of the script.
import { defaultKeymap } from "@codemirror/commands";
import type { Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { type CaretSource, carets } from "./carets.ts";
import { lines } from "./lines.ts";
import { markdown } from "./markdown.ts";

/** Tab is left alone, so that it leads on to the next control. */
export function afterCaret(source: CaretSource): Extension {
  return [keymap.of(defaultKeymap), lines, markdown(), carets(source)];
}
