// A text to be copied, and the button that does.
import { useEffect, useId, useRef, useState } from "react";
import { copyText } from "./copy-text.ts";

/** Milliseconds for which the button says that it was done. */
const SAID_MS = 3_000;

interface Properties {
  readonly name: string;
  readonly value: string;
  /** Where the keyboard begins. */
  readonly isFirst?: boolean;
  readonly describedBy?: string;
}

export function CopyField({ name, value, isFirst = false, describedBy }: Properties) {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  useEffect(() => {
    if (isFirst) field.current?.focus();
  }, [isFirst]);
  return (
    <>
      <label className="share-name" htmlFor={id}>
        {name}
      </label>
      <div className="row">
        <input
          id={id}
          ref={field}
          className="field link-field"
          readOnly
          dir="ltr"
          aria-describedby={describedBy}
          value={value}
          onFocus={event => event.target.select()}
        />
        <button
          type="button"
          className="button button-primary copy"
          aria-label={isCopied ? undefined : `Copy: ${name}`}
          onClick={async () => setCopied(await copyText(value, field.current!))}
        >
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      {/* A region of its own: while the dialog is open, nothing outside of it is read. */}
      <div className="hidden" aria-live="polite">
        {isCopied ? "Copied" : ""}
      </div>
    </>
  );
}
