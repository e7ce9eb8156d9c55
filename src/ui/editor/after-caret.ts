// What a text can do without for the moment until its caret stands: the looks of Markdown, the carets of others, find and
// replace, and the keys of CodeMirror, for which the browser's own do meanwhile. Loaded by itself, since together they are a
// tenth of the script.
import type { Extension } from "@codemirror/state";
import type { OpenDocument } from "../../sync/view.ts";
import { labelsOf, labelText } from "../people/names.ts";
import type { Binding } from "./binding.ts";
import { type CaretSource, carets } from "./carets.ts";
import { finding } from "./find.ts";
import { keys } from "./keys.ts";
import { lines } from "./lines.ts";
import { markdown } from "./markdown.ts";

export { openFind } from "./find.ts";

export function afterCaret(document: OpenDocument, binding: Binding): Extension {
  return [finding, keys, lines, markdown(), carets(caretSource(document, binding))];
}

function caretSource(document: OpenDocument, binding: Binding): CaretSource {
  return {
    carets: () => document.carets(),
    subscribe: listener => document.subscribeCarets(listener),
    toEditor: position => binding.toEditor(position),
    label: caret => {
      const people = document.view().people;
      const isListed = people.some(person => person.key === caret.key);
      const label = labelsOf(isListed ? people : [...people, caret]).get(caret.key)!;
      return labelText(label);
    },
  };
}
