// When an edit goes on with the one before, so that both are undone at once, and how undo is asked for. What is taken back
// is decided by the shared text, which knows what is one's own; an editor knows what the changes do not tell: pauses,
// and what was typed and what pasted. The rules are those of CodeMirror's own history, which this replaces.
import { type ChangeDesc, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

/** Milliseconds without a letter after which a new step begins. */
const PAUSE_MS = 500;

export type Direction = "undo" | "redo";

/** Whether an edit goes on with one of `pauseMs` before; `event` and `before` say how they were made, as CodeMirror does. */
export function goesOn(event: string | undefined, before: string | undefined, pauseMs: number): boolean {
  return pauseMs < PAUSE_MS && isTyping(event) && (isTyping(before) || before === "input");
}

/** Typed or deleted. "input" alone is a line break, which begins a step; what has no name comes from no keyboard. */
function isTyping(event: string | undefined): boolean {
  return event !== undefined && /^(input\.type|delete)($|\.)/.test(event);
}

/** Where the caret goes: behind the changed range that is nearest to it, in the text afterwards. */
export function caretAfter(changes: ChangeDesc, caret: number): number {
  const from = changes.mapPos(caret, 1);
  let nearest = from;
  let distance = Number.POSITIVE_INFINITY;
  changes.iterChangedRanges((_fromA, _toA, fromB, toB) => {
    const away = Math.max(fromB - from, from - toB, 0);
    if (away >= distance) return;
    distance = away;
    nearest = toB;
  });
  return nearest;
}

/** By keyboard, and by what phones and menus of the browser have for it. */
export function undoKeys(run: (view: EditorView, direction: Direction) => void): Extension {
  // Done even where nothing is left to be undone: the browser's own undo knows nothing of the text.
  const command = (direction: Direction) => (view: EditorView) => {
    run(view, direction);
    return true;
  };
  const beforeinput = (event: InputEvent, view: EditorView): boolean => {
    if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return false;
    event.preventDefault();
    // The browser asks for it here also where the keyboard stands elsewhere, and the text does not show.
    if (view.hasFocus) run(view, event.inputType === "historyUndo" ? "undo" : "redo");
    return true;
  };
  // With the capitals locked, Shift makes a small letter, which a keymap takes for a key without Shift.
  const keydown = (event: KeyboardEvent, view: EditorView): boolean => {
    if (event.key !== "z" || !event.shiftKey || event.altKey || event.ctrlKey === event.metaKey) return false;
    event.preventDefault();
    run(view, "redo");
    return true;
  };
  return [
    Prec.high(EditorView.domEventHandlers({ beforeinput, keydown })),
    // Before those of an editor's own history, where a page brings one along.
    Prec.high(
      keymap.of([
        { key: "Mod-z", run: command("undo"), shift: command("redo"), preventDefault: true },
        { key: "Mod-y", run: command("redo"), preventDefault: true },
      ]),
    ),
  ];
}
