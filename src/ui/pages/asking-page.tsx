// A document opened by a device link: the other device has to say that this one belongs to the same person. Both show the
// same words, so that nobody who got hold of the link slips in.
import { useEffect, useState } from "react";
import type { OpenDocument, Search } from "../../sync/view.ts";
import { PlainPage } from "./plain-page.tsx";

interface Properties {
  readonly document: OpenDocument;
  readonly search: Search | null;
}

export default function AskingPage({ document, search }: Properties) {
  const [words, setWords] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    document
      .askingWords()
      .then(setWords, () => setProblem("The words could not be fetched. Reload the page."));
  }, [document]);
  return (
    <PlainPage heading="Adding this device">
      <p>Your other device asks whether this one shows these words:</p>
      <p className="device-words">{words.join(" ")}</p>
      {problem !== null && <p className="bad">{problem}</p>}
      <p>
        {search === "unreachable"
          ? "The server cannot be reached. This page keeps trying: leave it open."
          : "Say yes there, and the document appears here. If it does not ask, show a new link there."}
      </p>
      <button type="button" className="button button-line" onClick={() => document.stopAsking()}>
        Do not add it
      </button>
    </PlainPage>
  );
}
