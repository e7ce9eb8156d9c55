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
      <button {...common("Undo", canUndo, () => onTakeBack("undo"))}>
        <Icon name="undo" />
      </button>
      <button {...common("Redo", canRedo, () => onTakeBack("redo"))}>
        <Icon name="redo" />
      </button>
    </fieldset>
  );
}

function common(name: string, can: boolean, onClick: () => void) {
  const type: "button" = "button";
  return {
    type,
    className: "button button-icon",
    "aria-label": name,
    title: name,
    // Disabled it would lose the keyboard with the last step, of which there is no more then to take.
    "aria-disabled": !can,
    onClick,
    onPointerDown: keepFocus,
  };
}

function keepFocus(event: PointerEvent): void {
  event.preventDefault();
}
