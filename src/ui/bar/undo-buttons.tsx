// Undo and redo for those without a keyboard. They leave the caret in the text, so that on a phone the keys stay.
import type { PointerEvent } from "react";
import type { Direction } from "../editor/undo.ts";
import { Icon } from "../icons.tsx";

interface Properties {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly onTakeBack: (direction: Direction) => void;
}

export function UndoButtons({ canUndo, canRedo, onTakeBack }: Properties) {
  return (
    <fieldset className="undo" aria-label="What I wrote">
      <button {...common("Undo", () => onTakeBack("undo"))} disabled={!canUndo}>
        <Icon name="undo" />
      </button>
      <button {...common("Redo", () => onTakeBack("redo"))} disabled={!canRedo}>
        <Icon name="redo" />
      </button>
    </fieldset>
  );
}

function common(name: string, onClick: () => void) {
  const type: "button" = "button";
  return {
    type,
    className: "button button-icon",
    "aria-label": name,
    title: name,
    onClick,
    onPointerDown: keepFocus,
  };
}

function keepFocus(event: PointerEvent): void {
  event.preventDefault();
}
