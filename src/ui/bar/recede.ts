// The bar steps back while somebody types, and returns at a movement of the pointer or when the focus enters it. It
// steps back by colour, not by opacity: dimmed words keep a contrast of 4.5.

const root = () => document.documentElement;

/** Called at each local edit. */
export function recede(): void {
  root().dataset.typing = "";
}

export function comeBack(): void {
  delete root().dataset.typing;
}

/** Starts to listen; returns how to stop. */
export function watchForReturn(): () => void {
  const onFocus = (event: FocusEvent) => {
    if (event.target instanceof Element && event.target.closest(".bar") !== null) comeBack();
  };
  document.addEventListener("pointermove", comeBack, { passive: true });
  document.addEventListener("pointerdown", comeBack, { passive: true });
  document.addEventListener("focusin", onFocus);
  return () => {
    document.removeEventListener("pointermove", comeBack);
    document.removeEventListener("pointerdown", comeBack);
    document.removeEventListener("focusin", onFocus);
  };
}
