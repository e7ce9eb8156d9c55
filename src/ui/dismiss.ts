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
    // The focus that goes nowhere, because its item was removed or the window left, is no event here.
    const onElsewhere = (event: Event) => {
      if (!frame.current?.contains(event.target as Node)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close();
      button.current?.focus();
    };
    document.addEventListener("pointerdown", onElsewhere);
    document.addEventListener("focusin", onElsewhere);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onElsewhere);
      document.removeEventListener("focusin", onElsewhere);
      document.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
}
