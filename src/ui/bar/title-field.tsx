// The document's title. Kept here while it is being typed and told to the session in pauses, so that a title is a
// few changes and not one for each letter.
import { useCallback, useEffect, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";

const PAUSE_MS = 300;
const TITLE_LENGTH_MAX = 200;

interface Properties {
  readonly document: OpenDocument;
  readonly title: string;
  /** Enter leads on to the text. */
  readonly onDone: () => void;
}

export function TitleField({ document, title, onDone }: Properties) {
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const commit = useCallback(() => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
    if (latest.current !== null && latest.current !== document.view().title)
      document.setTitle(latest.current);
    latest.current = null;
  }, [document]);
  useEffect(() => {
    const leave = () => {
      if (latest.current === null) return;
      commit();
      document.flush();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [document, commit]);
  return (
    <input
      className="field title-field"
      aria-label="Title"
      placeholder="Untitled"
      dir="auto"
      autoComplete="off"
      maxLength={TITLE_LENGTH_MAX}
      value={draft ?? title}
      onChange={event => {
        // Pasted control characters have no place on one line, lone surrogates in no text.
        const value = event.target.value.replace(/\p{Cc}/gu, " ").toWellFormed();
        setDraft(value);
        latest.current = value;
        if (timer.current !== null) clearTimeout(timer.current);
        timer.current = setTimeout(commit, PAUSE_MS);
      }}
      onBlur={() => {
        commit();
        setDraft(null);
      }}
      onKeyDown={event => {
        if (event.nativeEvent.isComposing || event.key !== "Enter") return;
        event.preventDefault();
        onDone();
      }}
    />
  );
}
