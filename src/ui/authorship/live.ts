// Tints the text in which one writes by author, and tells about the letter at the caret or under the pointer. The tints move
// with every edit at once and are read anew a frame later, when the shared text knows of it too: a key waits for nothing.
import { type Extension, StateEffect } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  type PluginValue,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { Tints } from "./tints.ts";

/** Milliseconds without a move after which somebody is told of a letter. */
const REST_MS = 250;
/** Milliseconds until it is looked again whether an input method is done: a tint would break its word in two. */
const COMPOSING_MS = 100;

export interface LiveSource {
  /** Of the editor's text. */
  stretches(
    from: number,
    to: number,
  ): readonly { readonly from: number; readonly to: number; readonly author: string }[];
  /** A letter, and the line in which it stands. Null: there is none. */
  at(letter: { readonly position: number; readonly from: number; readonly to: number } | null): void;
}

export function liveAuthors(source: LiveSource): Extension {
  return ViewPlugin.define(view => new LiveTints(view, source), {
    decorations: tints => tints.decorations,
    eventObservers: {
      mousemove(event, view) {
        this.point(view.posAtCoords({ x: event.clientX, y: event.clientY }));
      },
      mouseleave() {
        this.point(null);
      },
    },
  });
}

/** The tints are read anew. */
const readAnew = StateEffect.define<null>();

class LiveTints implements PluginValue {
  decorations: DecorationSet;
  readonly #view: EditorView;
  readonly #source: LiveSource;
  readonly #tints = new Tints();
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;
  /** Under the pointer; null while the caret counts. */
  #pointed: number | null = null;

  constructor(view: EditorView, source: LiveSource) {
    this.#view = view;
    this.#source = source;
    this.decorations = this.#read();
    this.#tellSoon();
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) {
      this.decorations = this.decorations.map(update.changes);
      this.#pointed = null;
    }
    if (update.transactions.some(({ effects }) => effects.some(effect => effect.is(readAnew))))
      this.decorations = this.#read();
    else if (update.docChanged || update.viewportChanged) this.#readSoon();
    if (update.docChanged || update.selectionSet) this.#tellSoon();
  }

  #read(): DecorationSet {
    const { from, to } = this.#view.viewport;
    const marks = this.#source
      .stretches(from, to)
      .filter(stretch => stretch.from < stretch.to)
      .map(stretch =>
        Decoration.mark({ class: this.#tints.classOf(stretch.author) }).range(stretch.from, stretch.to),
      );
    return Decoration.set(marks);
  }

  #readSoon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      clearTimeout(this.#wait);
      if (this.#view.composing) this.#wait = setTimeout(() => this.#readSoon(), COMPOSING_MS);
      else this.#view.dispatch({ effects: readAnew.of(null) });
    });
  }

  point(position: number | null): void {
    if (position === this.#pointed) return;
    this.#pointed = position;
    this.#tellSoon();
  }

  #tellSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), REST_MS);
  }

  #tell(): void {
    const { doc, selection } = this.#view.state;
    if (doc.length === 0) {
      this.#source.at(null);
      return;
    }
    const line = doc.lineAt(Math.min(this.#pointed ?? selection.main.head, doc.length));
    // At the end of a line the letter before is what one has in mind.
    const position = Math.max(
      line.from,
      Math.min(this.#pointed ?? selection.main.head, line.to - 1, doc.length - 1),
    );
    this.#source.at({ position, from: line.from, to: Math.min(line.to + 1, doc.length) });
  }

  destroy(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    clearTimeout(this.#wait);
  }
}
