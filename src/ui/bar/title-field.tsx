// The document's title. What is being typed stays as it was typed; what comes from others shows when the field is left.
import { useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";

const TITLE_LENGTH_MAX = 200;

interface Properties {
  readonly document: OpenDocument;
  readonly title: string;
  readonly isReadOnly: boolean;
  /** Enter leads on to the text. */
  readonly onDone: () => void;
}

export function TitleField({ document, title, isReadOnly, onDone }: Properties) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <input
      className="field title-field"
      aria-label="Title"
      placeholder="Untitled"
      dir="auto"
      autoComplete="off"
      readOnly={isReadOnly}
      maxLength={TITLE_LENGTH_MAX}
      value={draft ?? title}
      onChange={event => {
        // Pasted control characters have no place on one line, lone surrogates in no text.
        const value = event.target.value.replace(/\p{Cc}/gu, " ").toWellFormed();
        setDraft(value);
        document.setTitle(value);
      }}
      onBlur={() => {
        setDraft(null);
        document.flush();
      }}
      onKeyDown={event => {
        if (event.nativeEvent.isComposing || event.key !== "Enter") return;
        event.preventDefault();
        onDone();
      }}
    />
  );
}
