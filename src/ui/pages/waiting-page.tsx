// A document opened by link that has not arrived. No surface that would lose what is typed; it opens by itself. Says only
// what is known: that nobody lets one in is true when the server has answered and whoever it named has been asked. Whether
// nobody is there, or whoever is there does not take the link, is not told apart: those who refuse do not say so.
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
    "Nobody who is online now lets you in by this link. Leave this page open: the document appears as soon as " +
    "somebody does.",
};

// The default export is what `latePart` asks for.
export default function WaitingPage({ search }: { readonly search: Search }) {
  return (
    <PlainPage heading={HEADINGS[search]} isLate>
      <p>{SENTENCES[search]}</p>
    </PlainPage>
  );
}
