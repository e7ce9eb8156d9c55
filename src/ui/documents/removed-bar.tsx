// "Removed. Undo", for as long as the workspace can still bring back all that it speaks of.
import { useEffect, useLayoutEffect, useRef } from "react";

interface Properties {
  readonly count: number;
  readonly words: string;
  readonly onUndo: () => void;
}

// The default export is what `latePart` asks for.
export default function RemovedBar({ count, words, onUndo }: Properties) {
  const undo = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each removal
  useEffect(() => {
    // The button that was pressed is gone with its document; without this the keyboard would stand nowhere.
    if (document.activeElement === null || document.activeElement === document.body) undo.current?.focus();
  }, [count]);
  useLayoutEffect(() => {
    const button = undo.current;
    return () => {
      if (button !== null && document.activeElement === button) focusDocuments();
    };
  }, []);
  return (
    <div className="island toast">
      <span>{words}</span>
      {/* "Undo" alone is the name of the button that undoes in the text. */}
      <button
        ref={undo}
        type="button"
        className="button button-accent"
        aria-label="Undo removing"
        onClick={onUndo}
      >
        Undo
      </button>
    </div>
  );
}

/** When the bar goes while the keyboard stands in it, the keyboard goes back to where removing began. */
function focusDocuments(): void {
  document.querySelector<HTMLElement>(".documents button")?.focus();
}
