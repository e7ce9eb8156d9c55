// Find and replace. The browser's own search sees only what is drawn, which of a long text are the lines near the window.
// What is replaced is an edit like any other: signed, sent, and taken back by undo. Only what matches is looked for anew when
// the text changes, whoever changed it.
import type { Extension } from "@codemirror/state";
import {
  type Command,
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  runScopeHandlers,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { FindPanel } from "./find-panel.ts";
import { countBefore, type Match, matchBefore, matchesOf, matchFrom, type Query } from "./matches.ts";

/** A longer selection is what one works on, not what one looks for. UTF-16 units. */
const SELECTION_LENGTH_MAX = 100;

/** Opens the panel, or goes back to it. */
export const openFind: Command = view => does(view, finder => finder.open());

const found = Decoration.mark({ class: "find-match" });
const foundAndSelected = Decoration.mark({ class: "find-match is-selected" });

class Finder {
  decorations: DecorationSet = Decoration.none;
  readonly #view: EditorView;
  #panel: FindPanel | null = null;
  #query: Query = { search: "", isCaseSensitive: false };
  #replacement = "";
  #matches: readonly Match[] = [];
  /** Where the caret stood: what is found while one still types is the first behind it. */
  #origin = 0;

  constructor(view: EditorView) {
    this.#view = view;
    document.addEventListener("keydown", this.#onKey);
  }

  destroy(): void {
    document.removeEventListener("keydown", this.#onKey);
    this.#panel?.dom.remove();
  }

  update(update: ViewUpdate): void {
    if (this.#panel === null) return;
    this.#origin = update.changes.mapPos(this.#origin);
    if (update.docChanged) this.#search();
    this.#show();
  }

  open(): boolean {
    const { state } = this.#view;
    const { main } = state.selection;
    const selected = state.sliceDoc(main.from, Math.min(main.to, main.from + SELECTION_LENGTH_MAX + 1));
    const isWanted = selected.length <= SELECTION_LENGTH_MAX && /^.+$/.test(selected);
    // Who comes back to the panel from its own fields goes on with what is in them.
    if (isWanted && !this.#hasFocus) this.#query = { ...this.#query, search: selected };
    this.#origin = main.from;
    if (this.#panel === null) {
      this.#panel = new FindPanel(this.#query, this.#replacement, {
        look: query => this.#look(query),
        replaceBy: text => {
          this.#replacement = text;
        },
        next: () => this.next(),
        previous: () => this.previous(),
        replace: () => this.#replace(),
        replaceAll: () => this.#replaceAll(),
        close: () => this.close(),
      });
      this.#view.dom.insertBefore(this.#panel.dom, this.#view.scrollDOM);
    }
    this.#panel.focus(this.#query.search);
    this.#search();
    this.#view.dispatch({});
    return true;
  }

  close(): boolean {
    if (this.#panel === null) return false;
    const hadFocus = this.#hasFocus;
    this.#panel.dom.remove();
    this.#panel = null;
    this.decorations = Decoration.none;
    this.#view.dispatch({});
    if (hadFocus) this.#view.focus();
    return true;
  }

  next(): boolean {
    return this.#goTo(matchFrom(this.#matches, this.#view.state.selection.main.to));
  }

  previous(): boolean {
    return this.#goTo(matchBefore(this.#matches, this.#view.state.selection.main.from));
  }

  get #hasFocus(): boolean {
    return this.#panel?.dom.contains(document.activeElement) ?? false;
  }

  get #selected(): Match | undefined {
    const { from, to } = this.#view.state.selection.main;
    const match = this.#matches[countBefore(this.#matches, from)];
    return match?.from === from && match.to === to ? match : undefined;
  }

  #look(query: Query): void {
    this.#query = query;
    this.#search();
    if (!this.#goTo(matchFrom(this.#matches, this.#origin))) this.#view.dispatch({});
  }

  #search(): void {
    this.#matches = matchesOf(this.#view.state.doc.toString(), this.#query);
  }

  /** With the panel closed these keys open it: nothing is looked for then. */
  #goTo(match: Match | undefined): boolean {
    if (this.#panel === null) return this.open();
    if (match === undefined) return false;
    this.#view.dispatch({
      selection: { anchor: match.from, head: match.to },
      // With some lines around it.
      effects: EditorView.scrollIntoView(match.from, { yMargin: this.#view.scrollDOM.clientHeight / 4 }),
      userEvent: "select.search",
    });
    return true;
  }

  /** The first time it is shown what will be replaced. */
  #replace(): void {
    if (this.#view.state.readOnly) return;
    const match = this.#selected;
    if (match !== undefined) {
      const insert = this.#view.state.toText(this.#replacement);
      this.#view.dispatch({
        changes: { ...match, insert },
        selection: { anchor: match.from + insert.length },
        userEvent: "input.replace",
      });
    }
    this.next();
  }

  #replaceAll(): void {
    const { state } = this.#view;
    const count = this.#matches.length;
    if (state.readOnly || count === 0) return;
    const insert = state.toText(this.#replacement);
    this.#view.dispatch({
      changes: this.#matches.map(match => ({ ...match, insert })),
      userEvent: "input.replace.all",
    });
    this.#panel?.say(`${count.toLocaleString("en")} replaced`);
  }

  #show(): void {
    const { state, viewport } = this.#view;
    const selected = this.#selected;
    const first = countBefore(this.#matches, viewport.from);
    const end = countBefore(this.#matches, viewport.to);
    this.decorations = Decoration.set(
      this.#matches
        .slice(first, end)
        .map(match => (match === selected ? foundAndSelected : found).range(match.from, match.to)),
    );
    const place = selected === undefined ? null : countBefore(this.#matches, selected.from) + 1;
    this.#panel?.show(place, this.#matches.length, state.readOnly);
  }

  /** Wherever the focus is, as long as the text is on the screen and nothing lies over it. */
  readonly #onKey = (event: KeyboardEvent) => {
    const isSeen = this.#view.dom.offsetParent !== null && document.querySelector("dialog[open]") === null;
    if (isSeen && !event.defaultPrevented && runScopeHandlers(this.#view, event, "find"))
      event.preventDefault();
  };
}

const finder = ViewPlugin.fromClass(Finder, { decorations: plugin => plugin.decorations });

function does(view: EditorView, act: (finder: Finder) => boolean): boolean {
  const here = view.plugin(finder);
  return here !== null && act(here);
}

const scope = "editor find";
const next: Command = view => does(view, here => here.next());
const previous: Command = view => does(view, here => here.previous());

export const finding: Extension = [
  finder,
  keymap.of([
    { key: "Mod-f", run: openFind, scope },
    { key: "F3", run: next, shift: previous, preventDefault: true, scope },
    { key: "Mod-g", run: next, shift: previous, preventDefault: true, scope },
    { key: "Escape", run: view => does(view, here => here.close()) },
  ]),
];
