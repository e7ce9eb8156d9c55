// The keys of CodeMirror, as far as they do in prose what people expect. Tab is left alone, so that it leads on to the next
// control.
import {
  copyLineDown,
  copyLineUp,
  defaultKeymap,
  moveLineDown,
  moveLineUp,
  selectParentSyntax,
} from "@codemirror/commands";
import type { Extension } from "@codemirror/state";
import { type Command, type KeyBinding, keymap } from "@codemirror/view";

/** A line is a paragraph here, and what selects or doubles one unasked costs it: the next letter replaces what is selected. */
const isHarmful = isOneOf(selectParentSyntax, copyLineUp, copyLineDown);
/** On a Mac these keys lead to the ends of a paragraph, in every field. */
const isElseOnMac = isOneOf(moveLineUp, moveLineDown);

export const keys: Extension = keymap.of([
  // Nothing, instead of the browser's italics, which a text of letters alone cannot keep.
  { key: "Mod-i", run: () => true },
  ...defaultKeymap
    .filter(({ run }) => !isHarmful(run))
    .map(binding => (isElseOnMac(binding.run) ? notOnMac(binding) : binding)),
]);

function isOneOf(...commands: readonly Command[]): (command: Command | undefined) => boolean {
  return command => command !== undefined && commands.includes(command);
}

function notOnMac({ key, ...binding }: KeyBinding): KeyBinding {
  return key === undefined ? binding : { ...binding, win: key, linux: key };
}
