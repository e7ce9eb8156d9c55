// A document opened by link that nobody present holds. No surface that would lose what is typed; it opens by itself.
import { PlainPage } from "./plain-page.tsx";

export function WaitingPage() {
  return (
    <PlainPage heading="Not here yet" isLate>
      <p>
        Nobody who has this document is online now. Leave this page open: the document appears as soon as one
        of them comes.
      </p>
    </PlainPage>
  );
}
