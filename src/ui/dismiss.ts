// How what floats open under a button is closed again: by pressing beside it, by Escape, by moving the keyboard on.
import { type RefObject, useEffect } from "react";

/** `frame` holds the button and what it opens. */
export function useDismiss(
  isOpen: boolean,
  close: () => void,
  frame: RefObject<HTMLElement | null>,
  button: RefObject<HTMLElement | null>,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `close` is new at every drawing and does the same
  useEffect(() => {
    if (!isOpen) return;
    const framed = frame.current!;
    const onPointer = (event: PointerEvent) => {
      if (!framed.contains(event.target as Node)) close();
    };
    const onLeave = (event: FocusEvent) => {
      // Null when the focused item was removed, or the window left.
      if (event.relatedTarget !== null && !framed.contains(event.relatedTarget as Node)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      // A dialog over it takes the key for itself.
      if (event.key !== "Escape" || document.querySelector("dialog[open]") !== null) return;
      close();
      button.current?.focus();
    };
    document.addEventListener("pointerdown", onPointer);
    framed.addEventListener("focusout", onLeave);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onPointer);
      framed.removeEventListener("focusout", onLeave);
      document.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
}
