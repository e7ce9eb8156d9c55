// "Removed. Undo", for the ten seconds in which the workspace can still bring the document back.
import { useEffect, useLayoutEffect, useRef } from "react";

export const UNDO_MS = 10_000;

interface Properties {
  readonly onUndo: () => void;
  readonly onEnd: () => void;
}

export function RemovedBar({ onUndo, onEnd }: Properties) {
  const undo = useRef<HTMLButtonElement>(null);
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    // The button that was pressed is gone with its document; without this the keyboard would stand nowhere.
    if (document.activeElement === null || document.activeElement === document.body) undo.current?.focus();
    const timer = setTimeout(() => end.current(), UNDO_MS);
    return () => clearTimeout(timer);
  }, []);
  useLayoutEffect(() => {
    const button = undo.current;
    return () => {
      if (button !== null && document.activeElement === button) focusDocuments();
    };
  }, []);
  return (
    <div className="island toast">
      <span aria-live="polite">Removed.</span>
      <button ref={undo} type="button" className="button button-accent" onClick={onUndo}>
        Undo
      </button>
    </div>
  );
}

/** When the bar goes while the keyboard stands in it, the keyboard goes back to where removing began. */
function focusDocuments(): void {
  document.querySelector<HTMLElement>(".documents button")?.focus();
}
