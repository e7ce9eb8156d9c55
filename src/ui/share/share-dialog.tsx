// One link with its key behind the #, what it gives, and where its limits are. The dialog is the browser's own:
// Escape closes it and the focus goes back to where it was.
import { useEffect, useId, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { Icon } from "../icons.tsx";
import { copyText } from "./copy-text.ts";

interface Properties {
  readonly document: OpenDocument;
  readonly onClose: () => void;
}

export function ShareDialog({ document, onClose }: Properties) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current!;
    if (!element.open) element.showModal();
    element.querySelector("input")?.focus();
    return () => element.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the backdrop is for the pointer; the keyboard has Escape
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className="island share"
      onClose={onClose}
      onClick={event => {
        if (event.target === event.currentTarget) dialog.current!.close();
      }}
    >
      <div className="share-inside">
        <header className="share-head">
          <h2 id={heading}>Share</h2>
          <button
            type="button"
            className="button button-icon"
            aria-label="Close"
            title="Close"
            onClick={() => dialog.current!.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        <EditLink document={document} />
        <p>
          Whoever has this link can read and change everything here, and can pass it on. It cannot be taken
          back.
        </p>
        <p className="quiet">
          The part after # is the key. It is never sent to the server, which learns who connects and when, but
          nothing of the text. The people you write with see your network address.
        </p>
      </div>
    </dialog>
  );
}

function EditLink({ document }: { readonly document: OpenDocument }) {
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    let isWanted = true;
    document.shareLink().then(
      made => isWanted && setLink(made),
      error => isWanted && setProblem(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [document]);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 3000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  if (problem !== null) return <p className="bad">The link could not be made: {problem}</p>;
  return (
    <div className="share-link">
      <label htmlFor={id}>Link that can edit</label>
      <div className="row">
        <input
          id={id}
          ref={field}
          className="field link-field"
          readOnly
          dir="ltr"
          placeholder="Making a link…"
          value={link}
          onFocus={event => event.target.select()}
        />
        <button
          type="button"
          className="button button-primary copy"
          disabled={link === ""}
          onClick={async () => setCopied(await copyText(link, field.current!))}
        >
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      {/* A region of its own: while the dialog is open, nothing outside of it is read. */}
      <div className="hidden" aria-live="polite">
        {isCopied ? "Copied" : ""}
      </div>
    </div>
  );
}
