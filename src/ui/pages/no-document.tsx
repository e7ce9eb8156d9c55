// Why no document is on the screen.
import { useEffect } from "react";
import type { Screen } from "../navigator.ts";
import { PlainPage } from "./plain-page.tsx";

type Without = Exclude<Screen, { readonly kind: "opening" | "document" | "file" }>;

interface Properties {
  readonly screen: Without;
  readonly onNew: () => void;
}

// The default export is what `latePart` asks for.
export default function NoDocument({ screen, onNew }: Properties) {
  const heading = HEADINGS[screen.kind];
  useEffect(() => {
    document.title = `${heading} · Chirograph`;
  }, [heading]);
  return (
    <PlainPage heading={heading}>
      <p>{sentenceOf(screen)}</p>
      <button type="button" className="button button-primary" onClick={onNew}>
        New document
      </button>
    </PlainPage>
  );
}

const HEADINGS: Readonly<Record<Without["kind"], string>> = {
  "not-held": "This device does not hold that document",
  "bad-link": "This link does not lead to a document",
  "file-gone": "That file is not open any more",
  failed: "That did not work",
};

function sentenceOf(screen: Without): string {
  switch (screen.kind) {
    case "not-held":
      return "It may have been removed, or it was opened in another browser. Whoever shared it can send its link again.";
    case "bad-link":
    case "failed":
      return screen.sentence;
    case "file-gone":
      return "It was opened to be read, and kept nowhere here. Open it again from where it lies.";
  }
}
