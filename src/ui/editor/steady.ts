// Keeps the line under the writer's eyes where it is while others' text comes in: the caret's line if it is on the
// screen and has the focus, else the first line that shows. CodeMirror anchors the first line by itself; the caret's
// line needs this, and room to scroll into where the document is shorter than the window.
import type { ChangeDesc } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

/**
 * Runs `apply`, which dispatches changes and answers them (or null if there are none), and scrolls by as much as the line
 * under the eyes has moved. Looking where that line is may run listeners, so what is dispatched must be made in `apply`.
 */
export function keepSteady(view: EditorView, apply: () => ChangeDesc | null): void {
  const position = positionUnderEyes(view);
  const before = topOf(view, position);
  const changes = apply();
  if (changes === null || before === null) return;
  const moved = changes.mapPos(position, -1);
  scrollBy(view, shiftOf(view, moved, before));
  // Heights of lines that were never drawn are guesses; once they are drawn the rest of the way is known.
  view.requestMeasure({
    key: keepSteady,
    read: () => shiftOf(view, moved, before),
    write: shift => scrollBy(view, shift),
  });
}

/** By how many pixels the line at `position` stands lower than it did. */
function shiftOf(view: EditorView, position: number, before: number): number {
  if (position > view.state.doc.length) return 0;
  return (topOf(view, position) ?? guessedTop(view, position)) - before;
}

function scrollBy(view: EditorView, shift: number): void {
  if (Math.abs(shift) < 1) return;
  const scroller = view.scrollDOM;
  const room = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  if (shift > room) {
    const given = Number.parseFloat(scroller.style.getPropertyValue("--room")) || 0;
    scroller.style.setProperty("--room", `${Math.ceil(given + shift - room)}px`);
  }
  scroller.scrollTop += shift;
}

function positionUnderEyes(view: EditorView): number {
  const head = view.state.selection.main.head;
  const window = view.scrollDOM.getBoundingClientRect();
  const caretTop = view.hasFocus ? topOf(view, head) : null;
  if (caretTop !== null && caretTop >= window.top && caretTop <= window.bottom) return head;
  return view.lineBlockAtHeight(Math.max(0, window.top - view.documentTop)).from;
}

function topOf(view: EditorView, position: number): number | null {
  return view.coordsAtPos(position, 1)?.top ?? null;
}

function guessedTop(view: EditorView, position: number): number {
  return view.documentTop + view.lineBlockAt(position).top;
}
