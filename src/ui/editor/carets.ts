// Other people's carets and selections, drawn in layers beside the text and not as widgets in it: the text's own
// nodes stay untouched, so arrow keys, line heights and input methods cannot notice them. CodeMirror hides layers
// from assistive technology; the list of people says in words who is here.
import {
  EditorSelection,
  type Extension,
  StateEffect,
  StateField,
  type Transaction,
} from "@codemirror/state";
import {
  type EditorView,
  type LayerMarker,
  layer,
  RectangleMarker,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import type { Caret } from "../../sync/view.ts";
import { hueOf } from "../people/colour.ts";

/** A name shows this long after its caret moved. */
const NAME_MS = 2000;
/** A caret that has not moved for so long is drawn fainter. */
const IDLE_MS = 60_000;
/** As near as this to a caret, the pointer shows its name. Pixels. */
const HOVER_PX = 8;
const FLAG_WIDTH_MAX_PX = 180;
const FLAG_HEIGHT_PX = 24;

export interface CaretSource {
  carets(): readonly Caret[];
  subscribe(listener: () => void): () => void;
  label(caret: Caret): string;
  /** From a position in the shared text to one in the editor. */
  toEditor(position: number): number;
}

interface Shown {
  readonly key: string;
  readonly label: string;
  readonly anchor: number;
  readonly head: number;
  readonly age: "fresh" | "resting" | "idle";
}

/** Draw the carets anew from their source; dispatched when others' text has been applied. */
export const refreshCarets = StateEffect.define<readonly Shown[]>();

const shownCarets = StateField.define<readonly Shown[]>({
  create: () => [],
  update: (shown, transaction) => {
    for (const effect of transaction.effects) if (effect.is(refreshCarets)) return effect.value;
    return transaction.docChanged ? shown.map(caret => mapped(caret, transaction)) : shown;
  },
});

function mapped(caret: Shown, { changes }: Transaction): Shown {
  // A caret stays behind what I insert exactly there, as the shared text's anchors do.
  return { ...caret, anchor: changes.mapPos(caret.anchor, -1), head: changes.mapPos(caret.head, -1) };
}

export function carets(source: CaretSource): Extension {
  return [
    shownCarets,
    ViewPlugin.define(view => new CaretWatch(view, source), {
      eventObservers: {
        mousemove(event) {
          this.pointerAt(event.clientX, event.clientY);
        },
        mouseleave() {
          this.pointerAt(-1, -1);
        },
      },
    }),
    layer({ above: false, class: "people-selections", update: hasMoved, markers: selectionMarkers }),
    layer({ above: true, class: "people-carets", update: hasMoved, markers: caretMarkers }),
  ];
}

/** Follows the source, and knows when a name has shown long enough. */
class CaretWatch {
  private readonly seen = new Map<string, { movedAt: number; at: number }>();
  private readonly unsubscribe: () => void;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isDue = false;

  private readonly view: EditorView;
  private readonly source: CaretSource;

  constructor(view: EditorView, source: CaretSource) {
    this.view = view;
    this.source = source;
    this.unsubscribe = source.subscribe(() => this.refreshSoon());
    this.refreshSoon();
  }

  update(update: ViewUpdate): void {
    // The shared text's own anchors are better than positions mapped here; ask them once it has been told.
    // Also where none is drawn: an edit may bring one from below into sight.
    if ((update.docChanged && this.seen.size > 0) || update.viewportChanged) this.refreshSoon();
  }

  destroy(): void {
    this.unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.isDue = true;
  }

  pointerAt(x: number, y: number): void {
    for (const element of this.view.dom.querySelectorAll(".person-caret")) {
      const box = element.getBoundingClientRect();
      const isNear = Math.abs(x - box.left) <= HOVER_PX && y >= box.top - 2 && y <= box.bottom + 2;
      element.classList.toggle("is-near", isNear);
    }
  }

  private refreshSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      if (!this.isDue) return;
      this.isDue = false;
      this.refresh();
    });
  }

  private refresh(): void {
    const now = performance.now();
    const length = this.view.state.doc.length;
    let nextMs = Number.POSITIVE_INFINITY;
    const shown = this.source.carets().map((caret): Shown => {
      const seen = this.seen.get(caret.key);
      const at = seen?.movedAt === caret.movedAt ? seen.at : now;
      this.seen.set(caret.key, { movedAt: caret.movedAt, at });
      const restsMs = now - at;
      const age = restsMs < NAME_MS ? "fresh" : restsMs < IDLE_MS ? "resting" : "idle";
      if (age !== "idle") nextMs = Math.min(nextMs, (age === "fresh" ? NAME_MS : IDLE_MS) - restsMs);
      const place = (position: number) => Math.min(length, Math.max(0, this.source.toEditor(position)));
      return {
        key: caret.key,
        label: this.source.label(caret),
        anchor: place(caret.anchor),
        head: place(caret.head),
        age,
      };
    });
    for (const key of this.seen.keys()) if (!shown.some(caret => caret.key === key)) this.seen.delete(key);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer =
      nextMs === Number.POSITIVE_INFINITY ? null : setTimeout(() => this.refreshSoon(), nextMs + 10);
    const drawn = shown.filter(caret => this.isDrawn(caret));
    if (!areEqual(drawn, this.view.state.field(shownCarets)))
      this.view.dispatch({ effects: refreshCarets.of(drawn) });
  }

  /** Of those elsewhere in the text nothing is to be seen, and eight people who write there cost no picture. */
  private isDrawn({ anchor, head }: Shown): boolean {
    const { from, to } = this.view.viewport;
    return Math.max(anchor, head) >= from && Math.min(anchor, head) <= to;
  }
}

function areEqual(a: readonly Shown[], b: readonly Shown[]): boolean {
  return a.length === b.length && a.every((caret, i) => isSame(caret, b[i]!));
}

function isSame(a: Shown, b: Shown): boolean {
  return (
    a.key === b.key && a.label === b.label && a.anchor === b.anchor && a.head === b.head && a.age === b.age
  );
}

function hasMoved(update: ViewUpdate): boolean {
  return update.startState.field(shownCarets) !== update.state.field(shownCarets) || update.geometryChanged;
}

function selectionMarkers(view: EditorView): readonly LayerMarker[] {
  return view.state.field(shownCarets).flatMap(caret => {
    if (caret.anchor === caret.head) return [];
    const range = EditorSelection.range(caret.anchor, caret.head);
    return RectangleMarker.forRange(view, "person-selection", range).map(
      box => new SelectionMarker(box, caret.key),
    );
  });
}

function caretMarkers(view: EditorView): readonly LayerMarker[] {
  return view.state.field(shownCarets).flatMap(caret => {
    const [box] = RectangleMarker.forRange(view, "", EditorSelection.cursor(caret.head, -1));
    return box === undefined ? [] : [new CaretMarker(caret, box, flipped(view, box))];
  });
}

/** Where a name would leave the window it hangs below its caret, or to the left of it. */
function flipped(view: EditorView, box: RectangleMarker): string {
  const { scrollTop, clientWidth } = view.scrollDOM;
  const isBelow = box.top - scrollTop < FLAG_HEIGHT_PX;
  const isLeft = box.left + FLAG_WIDTH_MAX_PX > clientWidth;
  return (isBelow ? " is-below" : "") + (isLeft ? " is-left" : "");
}

class SelectionMarker implements LayerMarker {
  private readonly box: RectangleMarker;
  private readonly key: string;

  constructor(box: RectangleMarker, key: string) {
    this.box = box;
    this.key = key;
  }

  eq(other: SelectionMarker): boolean {
    return this.key === other.key && this.box.eq(other.box);
  }

  draw(): HTMLElement {
    const element = this.box.draw();
    element.style.setProperty("--hue", String(hueOf(this.key)));
    return element;
  }

  update(element: HTMLElement, before: SelectionMarker): boolean {
    return this.key === before.key && this.box.update(element, before.box);
  }
}

class CaretMarker implements LayerMarker {
  private readonly caret: Shown;
  private readonly box: RectangleMarker;
  private readonly flip: string;

  constructor(caret: Shown, box: RectangleMarker, flip: string) {
    this.caret = caret;
    this.box = box;
    this.flip = flip;
  }

  eq(other: CaretMarker): boolean {
    const { key, label, age } = this.caret;
    const isSameCaret = key === other.caret.key && label === other.caret.label && age === other.caret.age;
    return isSameCaret && this.flip === other.flip && this.box.eq(other.box);
  }

  draw(): HTMLElement {
    const element = document.createElement("div");
    const flag = element.appendChild(document.createElement("span"));
    flag.className = "person-flag";
    element.style.setProperty("--hue", String(hueOf(this.caret.key)));
    this.place(element);
    return element;
  }

  /** The same element is moved, so that a fading name goes on fading. */
  update(element: HTMLElement, before: CaretMarker): boolean {
    if (this.caret.key !== before.caret.key) return false;
    this.place(element);
    return true;
  }

  private place(element: HTMLElement): void {
    const isNear = element.classList.contains("is-near") ? " is-near" : "";
    element.className = `person-caret is-${this.caret.age}${this.flip}${isNear}`;
    element.firstElementChild!.textContent = this.caret.label;
    element.style.setProperty("left", `${this.box.left}px`);
    element.style.setProperty("top", `${this.box.top}px`);
    element.style.setProperty("height", `${this.box.height}px`);
  }
}
