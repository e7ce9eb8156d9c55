// The panel of find and replace, over the text: two fields, some buttons, how many there are. Knows nothing of the text; what
// is asked for in it is done by find.ts. Of plain elements, since React is not inside the editor.
import type { Query } from "./matches.ts";

export interface FindActions {
  /** Something else is looked for. */
  look(query: Query): void;
  replaceBy(text: string): void;
  next(): void;
  previous(): void;
  replace(): void;
  replaceAll(): void;
  close(): void;
}

const SIGNS = {
  up: "M3.5 10L8 5.5l4.5 4.5",
  down: "M3.5 6L8 10.5 12.5 6",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
};

export class FindPanel {
  readonly dom = document.createElement("div");
  readonly #search: HTMLInputElement;
  readonly #replaceRow: HTMLElement;
  readonly #count = document.createElement("span");
  #words = "";

  constructor(query: Query, replacement: string, actions: FindActions) {
    const search = field("Find", query.search);
    const replace = field("Replace", replacement);
    const matchCase = button("Match case", "Aa", () => {
      matchCase.ariaPressed = String(matchCase.ariaPressed !== "true");
      look();
    });
    matchCase.ariaPressed = String(query.isCaseSensitive);
    const look = () =>
      actions.look({ search: search.value, isCaseSensitive: matchCase.ariaPressed === "true" });
    search.oninput = look;
    replace.oninput = () => actions.replaceBy(replace.value);
    onEnter(search, event => (event.shiftKey ? actions.previous() : actions.next()));
    onEnter(replace, () => actions.replace());
    this.#search = search;
    this.#count.className = "find-count";
    this.#count.ariaLive = "polite";
    this.#replaceRow = row(
      replace,
      button("Replace", "Replace", () => actions.replace()),
      button("Replace all", "All", () => actions.replaceAll()),
    );
    this.dom.className = "find";
    this.dom.role = "search";
    this.dom.ariaLabel = "Find in the text";
    this.dom.append(
      row(
        search,
        this.#count,
        matchCase,
        button("Previous", sign("up"), () => actions.previous()),
        button("Next", sign("down"), () => actions.next()),
        button("Close", sign("close"), () => actions.close()),
      ),
      this.#replaceRow,
    );
    this.dom.addEventListener("keydown", event => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      actions.close();
    });
  }

  focus(search: string): void {
    this.#search.value = search;
    this.#search.select();
    this.#search.focus();
  }

  /** `place`: which of them is selected, from 1; null if none is. */
  show(place: number | null, count: number, isReadOnly: boolean): void {
    this.#replaceRow.hidden = isReadOnly;
    const words = this.#search.value === "" ? "" : countWords(place, count);
    if (words === this.#words) return;
    this.#words = words;
    this.say(words);
  }

  /** Until the number changes. */
  say(words: string): void {
    this.#count.textContent = words;
  }
}

function countWords(place: number | null, count: number): string {
  if (count === 0) return "Not found";
  const all = count.toLocaleString("en");
  return place === null ? `${all} found` : `${place.toLocaleString("en")} of ${all}`;
}

function row(...inside: readonly HTMLElement[]): HTMLElement {
  const element = document.createElement("div");
  element.className = "find-row";
  element.append(...inside);
  return element;
}

function field(name: string, value: string): HTMLInputElement {
  const element = document.createElement("input");
  element.className = "field find-field";
  element.ariaLabel = name;
  element.placeholder = name;
  element.value = value;
  element.autocomplete = "off";
  element.autocapitalize = "off";
  element.spellcheck = false;
  return element;
}

function button(name: string, inside: string | Element, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = typeof inside === "string" ? "button" : "button button-icon";
  element.ariaLabel = name;
  element.title = name;
  element.append(inside);
  element.onclick = onClick;
  return element;
}

/** Not the Enter that ends a composition. */
function onEnter(element: HTMLInputElement, act: (event: KeyboardEvent) => void): void {
  element.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    act(event);
  });
}

function sign(name: keyof typeof SIGNS): Element {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[name]);
  svg.append(path);
  return svg;
}
