// A document opened by link that has not arrived. No surface that would lose what is typed; it opens by itself. Says only
// what is known: that nobody is there is true when the server has answered and whoever it named has been asked.
import type { Search } from "../../sync/view.ts";
import { PlainPage } from "./plain-page.tsx";

const HEADINGS: Readonly<Record<Search, string>> = {
  connecting: "Connecting…",
  unreachable: "Not here yet",
  nobody: "Not here yet",
};

const SENTENCES: Readonly<Record<Search, string>> = {
  connecting: "The document appears as soon as somebody who has it answers.",
  unreachable:
    "The server cannot be reached. This page keeps trying: leave it open, and the document appears as soon as " +
    "somebody who has it is found.",
  nobody:
    "Nobody who has this document is online now. Leave this page open: the document appears as soon as one of " +
    "them comes.",
};

// The default export is what `lazy` of React asks for.
export default function WaitingPage({ search }: { readonly search: Search }) {
  return (
    <PlainPage heading={HEADINGS[search]} isLate>
      <p>{SENTENCES[search]}</p>
    </PlainPage>
  );
}
