// An address that is there to be copied.
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { useAnnouncer } from "../status/announcer.tsx";
import { copyText } from "./copy-text.ts";

interface Properties {
  readonly label: string;
  readonly address: string;
  /** The id of what says more about it. */
  readonly about?: string | undefined;
  /** Where the keyboard begins. */
  readonly isFirst: boolean;
}

export function CopyField({ label, address, about, isFirst }: Properties) {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const say = useAnnouncer();
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 3000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  useFocusOnce(isFirst, field);
  return (
    <>
      <label className="share-name" htmlFor={id}>
        {label}
      </label>
      <div className="row">
        <input
          id={id}
          ref={field}
          className="field link-field"
          readOnly
          dir="ltr"
          aria-describedby={about}
          value={address}
          onFocus={event => event.target.select()}
        />
        <button
          type="button"
          className="button button-primary copy"
          aria-describedby={about}
          onClick={async () => {
            const isDone = await copyText(address, field.current!);
            setCopied(isDone);
            if (isDone) say(["Copied"]);
          }}
        >
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
    </>
  );
}

function useFocusOnce(isFirst: boolean, field: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    if (isFirst) field.current?.focus();
  }, [isFirst, field]);
}
