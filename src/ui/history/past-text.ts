// The text of a version, to be read: CodeMirror without writing, so that a long text costs as little here as there. What
// was inserted is marked, what was deleted is shown where it was; who wrote what, as a tint. Knows positions and hues, and
// not where they come from. Colours are classes by hue, since the policy forbids styles in attributes.
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import type { Authorship, TextDifference } from "../../sync/view.ts";
import { Tints } from "../authorship/tints.ts";
import { finding } from "../editor/find.ts";
import { lines } from "../editor/lines.ts";
import { hueOf } from "../people/colour.ts";

/** What of a deleted stretch is shown: a page of it is no help to anybody. */
const DELETED_LENGTH_MAX = 600;

export interface PastTextListener {
  /** The letter at the caret, or under the pointer, while authors are shown. Null: neither. */
  at(place: { readonly author: Authorship; readonly isPointer: boolean } | null): void;
}

export class PastText {
  readonly #view: EditorView;
  readonly #authors: (from: number, to: number) => readonly Authorship[];
  readonly #listener: PastTextListener;
  #hasAuthors = false;

  /** `label`: what the text is called. `authors`: of the text that is shown now. */
  constructor(
    parent: HTMLElement,
    label: string,
    authors: (from: number, to: number) => readonly Authorship[],
    listener: PastTextListener,
  ) {
    this.#authors = authors;
    this.#listener = listener;
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        extensions: [
          EditorState.lineSeparator.of("\n"),
          EditorState.readOnly.of(true),
          EditorView.lineWrapping,
          EditorView.cspNonce.of(pageNonce()),
          EditorView.contentAttributes.of({
            "aria-label": label,
            "aria-readonly": "true",
            tabindex: "0",
            // No keyboard on a phone where there is nothing to type.
            inputmode: "none",
          }),
          finding,
          lines,
          differences,
          tint.extension,
          EditorView.updateListener.of(update => this.#updated(update)),
          EditorView.domEventHandlers({
            mousemove: event => this.#pointed(event),
            mouseleave: () => this.#listener.at(null),
          }),
        ],
      }),
    });
  }

  /** Shows what two versions make, laid over each other. Only what differs from what is shown already is drawn anew. */
  show(laid: readonly TextDifference[]): void {
    let text = "";
    const marks: ReturnType<Decoration["range"]>[] = [];
    for (const { kind, text: part, author } of laid) {
      const hue = author === null ? "" : `hue-${hueOf(author)}`;
      if (kind === "deleted")
        marks.push(Decoration.widget({ widget: new Deleted(part, hue), side: -1 }).range(text.length));
      else {
        if (kind === "inserted")
          marks.push(
            Decoration.mark({ tagName: "ins", class: `history-inserted ${hue}` }).range(
              text.length,
              text.length + part.length,
            ),
          );
        text += part;
      }
    }
    const before = this.#view.state.doc.toString();
    let from = 0;
    const most = Math.min(before.length, text.length);
    while (from < most && before.charCodeAt(from) === text.charCodeAt(from)) from++;
    let end = 0;
    while (
      end < most - from &&
      before.charCodeAt(before.length - 1 - end) === text.charCodeAt(text.length - 1 - end)
    )
      end++;
    this.#view.dispatch({
      changes: { from, to: before.length - end, insert: text.slice(from, text.length - end) },
      effects: [setDifferences.of(Decoration.set(marks, true)), setAuthors.of(this.#shownAuthors)],
    });
    this.#tellCaret();
  }

  /** Brings the first difference into view, unless one is there. */
  revealChange(): void {
    const { state, viewport } = this.#view;
    const set = state.field(differences);
    let isSeen = false;
    set.between(viewport.from, viewport.to, () => {
      isSeen = true;
      return false;
    });
    const first = set.iter();
    if (isSeen || first.value === null) return;
    this.#view.dispatch({ effects: EditorView.scrollIntoView(first.from, { y: "center" }) });
  }

  /** Whether everybody's letters are tinted. */
  showAuthors(isWanted: boolean): void {
    this.#hasAuthors = isWanted;
    this.#view.dispatch({ effects: setAuthors.of(this.#shownAuthors) });
    if (isWanted) {
      this.#view.focus();
      this.#tellCaret();
    } else this.#listener.at(null);
  }

  get #shownAuthors() {
    return this.#hasAuthors ? this.#authors : null;
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }

  #updated(update: ViewUpdate): void {
    if (update.selectionSet && this.#hasAuthors) this.#tellCaret();
  }

  #tellCaret(): void {
    if (!this.#hasAuthors) return;
    const { head } = this.#view.state.selection.main;
    const { length } = this.#view.state.doc;
    if (length === 0) this.#listener.at(null);
    else this.#tell(Math.min(head, length - 1), false);
  }

  #pointed(event: MouseEvent): void {
    if (!this.#hasAuthors) return;
    const position = this.#view.posAtCoords({ x: event.clientX, y: event.clientY });
    if (position !== null && position < this.#view.state.doc.length) this.#tell(position, true);
  }

  /** The whole stretch in view around a letter: that is what is asked about, and what is proven. */
  #tell(position: number, isPointer: boolean): void {
    const { from, to } = this.#view.viewport;
    const start = Math.min(from, position);
    const stretches = this.#authors(start, Math.max(to, position + 1));
    const author = stretches.find(each => each.from <= position && position < each.to);
    this.#listener.at(author === undefined ? null : { author, isPointer });
  }
}

const setDifferences = StateEffect.define<DecorationSet>();

const differences = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (shown, transaction) => {
    for (const effect of transaction.effects) if (effect.is(setDifferences)) return effect.value;
    return shown;
  },
  provide: field => EditorView.decorations.from(field),
});

class Deleted extends WidgetType {
  readonly #text: string;
  readonly #hue: string;

  constructor(text: string, hue: string) {
    super();
    this.#text = text;
    this.#hue = hue;
  }

  override eq(other: Deleted): boolean {
    return other.#text === this.#text && other.#hue === this.#hue;
  }

  override toDOM(): HTMLElement {
    const element = document.createElement("del");
    element.className = `history-deleted ${this.#hue}`;
    const isLong = this.#text.length > DELETED_LENGTH_MAX;
    element.textContent = isLong
      ? `${this.#text.slice(0, DELETED_LENGTH_MAX)}… (${this.#text.length} letters)`
      : this.#text;
    return element;
  }
}

type Authors = ((from: number, to: number) => readonly Authorship[]) | null;
const setAuthors = StateEffect.define<Authors>();

/** Tints what is near the window, and asks for no more than that. */
const tint = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet = Decoration.none;
    #authors: Authors = null;
    readonly #tints = new Tints();

    update(update: ViewUpdate): void {
      let isAsked = update.viewportChanged || update.docChanged;
      for (const transaction of update.transactions)
        for (const effect of transaction.effects)
          if (effect.is(setAuthors)) {
            this.#authors = effect.value;
            isAsked = true;
          }
      if (!isAsked) return;
      const { from, to } = update.view.viewport;
      const authors = this.#authors?.(from, to) ?? [];
      this.decorations = Decoration.set(
        authors.map(({ from: start, to: end, author }) =>
          Decoration.mark({ class: this.#tints.classOf(author) }).range(start, end),
        ),
      );
    }
  },
  { decorations: plugin => plugin.decorations },
);

function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}
