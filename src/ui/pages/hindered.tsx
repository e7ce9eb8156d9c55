// Why one cannot type here, over the text, and what can be saved of what the others do not take.
import type { Hindrance, OpenDocument } from "../../sync/view.ts";
import { fileName, saveFile } from "../save-file.ts";

interface Properties {
  readonly document: OpenDocument;
  readonly hindrance: Hindrance | null;
  /** Own changes that are set aside. */
  readonly mine: number;
  readonly title: string;
}

// The default export is what `latePart` asks for.
export default function Hindered({ document, hindrance, mine, title }: Properties) {
  const isRefused = hindrance !== "fell" && (hindrance !== "role" || mine > 0);
  return (
    <section aria-label="What you may do here" className="hindered" data-bad={isRefused ? "" : undefined}>
      <p>{words(hindrance, mine)}</p>
      {mine > 0 && (
        <button
          type="button"
          className="button button-line"
          onClick={async () => {
            const { state } = await document.people();
            const me = state().persons.find(person => person.me)?.key ?? document.view().people[0]!.key;
            const own = state().aside.filter(({ author }) => author === me);
            const bytes = new TextEncoder().encode(own.map(({ text }) => `${text}\n`).join("\n"));
            saveFile(bytes, `${fileName(title)}, set aside.md`, "text/markdown");
          }}
        >
          Save your words
        </button>
      )}
    </section>
  );
}

function words(hindrance: Hindrance | null, mine: number): string {
  if (hindrance === "fell")
    return (
      "Whoever let you edit could not do so any more. Of what you wrote until then, what others went on from stays in the " +
      "text. What you write now is kept on this device and shown to nobody until somebody lets you: whoever manages this " +
      "document sees under People that you ask."
    );
  if (hindrance === "role" && mine === 0)
    return "You can read this document. To write in it, ask whoever sent you the link for one that can edit.";
  return `Your edits are not taken by the others: ${whyNot(hindrance)}`;
}

function whyNot(hindrance: Hindrance | null): string {
  switch (hindrance) {
    case "removed":
      return "you were removed from this document. What was here until then stays readable on this device.";
    case "disowned":
      return "another device of yours took this one out of use. What was here until then stays readable on it.";
    case "role":
      return "your role was changed, and lets you only read now.";
    case null:
      return "some of them were set aside. Whoever manages this document can take them back in.";
    default:
      return "the link by which you came was revoked. Whoever manages this document can let you in.";
  }
}
