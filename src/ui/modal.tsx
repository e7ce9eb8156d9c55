// The browser's own dialog: Escape and a press beside it close it, and the focus goes back to where it was.
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Icon } from "./icons.tsx";

interface Properties {
  readonly title: ReactNode;
  readonly className: string;
  readonly onClose: () => void;
  readonly children: (close: () => void) => ReactNode;
}

export function Modal({ title, className, onClose, children }: Properties) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  /** Who selects words and lets go beside the dialog has not pressed beside it. */
  const wasPressedBeside = useRef(false);
  // Closed before it leaves the page: a dialog that is taken away gives the focus back to nobody.
  useLayoutEffect(() => {
    const element = dialog.current!;
    if (!element.open) element.showModal();
    return () => element.close();
  }, []);
  const close = () => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the backdrop is for the pointer; the keyboard has Escape
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className={`island ${className}`}
      onClose={onClose}
      onPointerDown={event => {
        wasPressedBeside.current = event.target === event.currentTarget;
      }}
      onClick={event => {
        if (wasPressedBeside.current && event.target === event.currentTarget) close();
      }}
    >
      <div className="share-inside">
        <header className="share-head">
          <h2 id={heading}>{title}</h2>
          <button
            type="button"
            className="button button-icon"
            aria-label="Close"
            title="Close"
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </header>
        {children(close)}
      </div>
      <div className="hidden said" aria-live="polite" aria-atomic="true" />
    </dialog>
  );
}
