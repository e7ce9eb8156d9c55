// Ties one CodeMirror view to one shared text. Local transactions become edits of the shared text, its steps become
// transactions here, marked as remote. Undo is the shared text's, which knows what is one's own; the editor keeps no history.
// The shared text is always right: where the two differ, the view is put right, never the text.
import { ChangeSet, type Extension, Transaction } from "@codemirror/state";
import { EditorView, type ViewUpdate } from "@codemirror/view";
import type { SharedText, TextPatch } from "../../sync/view.ts";
import { cleanInput, cleanPatches, patchesOf } from "./clean-input.ts";
import { HeldSteps, narrowed } from "./held-steps.ts";
import { remote } from "./remote.ts";
import { keepSteady } from "./steady.ts";
import { caretAfter, type Direction, goesOn, undoKeys } from "./undo.ts";

/** At most one remote transaction per frame: a catch-up of thousands of steps costs a few layouts, not thousands. */
const DRAIN_PAUSE_MS = 16;
/** After a composition CodeMirror reads the last of it from the page (20 ms in Chromium on Android). */
const AFTER_COMPOSITION_MS = 30;
/**
 * The longest that others' edits of the composing line are held after the last key. Keyboards on phones stay in
 * composition as long as the caret rests in a word; without this limit that line would stand still for ever.
 */
const HOLD_MS_MAX = 10_000;

export class Binding {
  readonly extension: Extension;
  private view: EditorView | null = null;
  private readonly held = new HeldSteps();
  private unsubscribe: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private timerDueAt = Number.POSITIVE_INFINITY;
  /** Before this moment CodeMirror may still have to read what a composition left in the page. */
  private quietUntil = Number.NEGATIVE_INFINITY;
  private drainedAt = Number.NEGATIVE_INFINITY;
  /** While the view is measured and changed; what is received then waits for its turn. */
  private isDraining = false;
  private cameMeanwhile = false;
  private typedAt = Number.NEGATIVE_INFINITY;
  /** What kind of event the last local edit was, in CodeMirror's words. */
  private typedAs: string | undefined;

  private readonly text: SharedText;
  private readonly onFailure: (error: unknown) => void;

  /** `onFailure` is told when the view can no longer be trusted. */
  constructor(text: SharedText, onFailure: (error: unknown) => void) {
    this.text = text;
    this.onFailure = onFailure;
    this.extension = [
      cleanInput,
      EditorView.updateListener.of(update => this.updated(update)),
      EditorView.domEventObservers({ compositionend: () => this.compositionEnded() }),
      undoKeys((_, direction) => this.takeBack(direction)),
    ];
  }

  /** To be called in the task in which the view's text was read from the shared text. */
  attach(view: EditorView): void {
    this.view = view;
    this.unsubscribe = this.text.subscribe((steps, isMine) => this.received(steps, isMine));
  }

  /** Makes the view equal to the shared text if it is not; not in the middle of an update. */
  settle(): void {
    try {
      if (this.view !== null && this.view.state.doc.toString() !== this.text.toString()) this.rebuild();
    } catch (error) {
      this.onFailure(error);
    }
  }

  detach(): void {
    this.unsubscribe?.();
    this.cancelTimer();
    this.view = null;
  }

  toShared(position: number): number {
    return this.held.toShared(position);
  }

  toEditor(position: number): number {
    return this.held.toEditor(position);
  }

  private updated(update: ViewUpdate): void {
    if (this.view === null) return;
    try {
      let isTrue = true;
      for (const transaction of update.transactions) {
        if (!transaction.docChanged || transaction.annotation(remote) !== undefined) continue;
        isTrue = this.tell(transaction) && isTrue;
      }
      if (!isTrue || !this.agrees()) this.rebuild();
    } catch (error) {
      this.onFailure(error);
    }
  }

  /** Tells the shared text of a local change; false if it had to be told something else than what the view shows. */
  private tell(transaction: Transaction): boolean {
    const now = performance.now();
    const event = transaction.annotation(Transaction.userEvent);
    if (!goesOn(event, this.typedAs, now - this.typedAt)) this.text.breakUndo();
    this.typedAs = event;
    this.typedAt = now;
    const before = transaction.startState.doc;
    const patches = patchesOf(transaction.changes);
    // Whatever passes no transaction filter: what the filter ensures is ensured here once more.
    const clean = cleanPatches(patches, before);
    if (clean === patches && this.held.isEmpty) {
      this.text.edit(patches);
      return true;
    }
    const changes = clean === patches ? transaction.changes : ChangeSet.of([...clean], before.length, "\n");
    const told = patchesOf(this.held.local(changes));
    if (told.length > 0) this.text.edit(told);
    return clean === patches;
  }

  private received(steps: readonly TextPatch[], isMine: boolean): void {
    const view = this.view;
    if (view === null) return;
    try {
      if (isMine) this.showMine(view, steps);
      else {
        this.held.receive(steps, view.state.doc.length);
        if (steps.length > 1) this.held.narrow(view.state.doc);
      }
    } catch (error) {
      this.onFailure(error);
      return;
    }
    if (!isMine) this.drainAt(this.drainedAt + DRAIN_PAUSE_MS);
  }

  /** What I took back or brought back: the caret goes there, and the window with it. */
  private showMine(view: EditorView, steps: readonly TextPatch[]): void {
    const { held } = this;
    const editorLength = view.state.doc.length;
    const caret = held.toShared(view.state.selection.main.head);
    const mine = new HeldSteps();
    mine.receive(steps, held.sharedLength(editorLength));
    const changed = mine.take(null);
    // What others did comes along, also where a composition held it back: that ends with its letters.
    held.receive(steps, editorLength);
    const changes = held.take(null);
    if (changes === null || changed === null) return;
    view.dispatch({
      changes,
      selection: { anchor: caretAfter(changed, caret) },
      scrollIntoView: true,
      annotations: remote.of(true),
    });
    if (!this.agrees()) this.rebuild();
  }

  takeBack(direction: Direction): void {
    if (this.view === null || this.view.state.readOnly) return;
    if (direction === "undo") this.text.undo();
    else this.text.redo();
    this.typedAs = undefined;
  }

  private compositionEnded(): void {
    this.quietUntil = performance.now() + AFTER_COMPOSITION_MS;
    if (!this.held.isEmpty) this.drainAt(this.quietUntil);
  }

  /** Drains now or at the given time, whichever is later; an earlier appointment stands. */
  private drainAt(time: number): void {
    const due = Math.max(time, this.quietUntil);
    const delayMs = due - performance.now();
    if (delayMs <= 0) this.drain();
    else if (due < this.timerDueAt) {
      this.cancelTimer();
      this.timerDueAt = due;
      this.timer = setTimeout(() => this.drain(), delayMs);
    }
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.timerDueAt = Number.POSITIVE_INFINITY;
  }

  private drain(): void {
    this.cancelTimer();
    const view = this.view;
    if (view === null || this.held.isEmpty) return;
    if (this.isDraining) {
      this.cameMeanwhile = true;
      return;
    }
    this.isDraining = true;
    this.cameMeanwhile = false;
    try {
      this.drainedAt = performance.now();
      keepSteady(view, () => {
        // Taken only now: measuring has run listeners, and what they brought is among it.
        const changes = this.held.take(this.composingLine(view));
        if (changes !== null) this.dispatchRemote(view, changes);
        return changes;
      });
      if (!this.agrees()) this.rebuild();
    } catch (error) {
      this.onFailure(error);
      return;
    } finally {
      this.isDraining = false;
    }
    if (this.held.isEmpty) return;
    // What did not just come can only be held back by a composition, whose end drains earlier.
    const soon = this.drainedAt + DRAIN_PAUSE_MS;
    this.drainAt(this.cameMeanwhile ? soon : Math.max(soon, this.typedAt + HOLD_MS_MAX + 1));
  }

  private dispatchRemote(view: EditorView, changes: ChangeSet): void {
    view.dispatch({ changes, annotations: remote.of(true) });
  }

  private composingLine(view: EditorView): { from: number; to: number } | null {
    if (!view.compositionStarted || performance.now() - this.typedAt > HOLD_MS_MAX) return null;
    return view.state.doc.lineAt(view.state.selection.main.head);
  }

  private agrees(): boolean {
    const view = this.view;
    return view === null || this.text.length === this.held.sharedLength(view.state.doc.length);
  }

  /** Makes the view equal to the shared text, by one replacement as short as prefix and suffix allow. */
  private rebuild(): void {
    const view = this.view;
    if (view === null) return;
    this.held.clear();
    const is = view.state.doc.toString();
    const changes = ChangeSet.of(narrowed(0, is, this.text.toString()), is.length, "\n");
    if (!changes.empty) this.dispatchRemote(view, changes);
    if (view.state.doc.length !== this.text.length) throw new Error("the view differs from the shared text");
  }
}
