// "Who wrote this" over the text in which one writes: the tints, and below the text who wrote the letter at the caret or
// under the pointer. Said only when the signatures were judged, so that nothing flickers while one types. Loaded when it is
// first wanted.
import { type RefObject, useEffect, useState } from "react";
import type { Authorship, OpenDocument, Person, Proof, TextAuthors } from "../../sync/view.ts";
import type { EditorHandle } from "../editor/editor.tsx";
import { labelsOf } from "../people/names.ts";
import { type LiveSource, liveAuthors } from "./live.ts";
import { Answer } from "./who-wrote.tsx";

interface Properties {
  readonly document: OpenDocument;
  readonly people: readonly Person[];
  readonly editor: RefObject<EditorHandle | null>;
}

interface Told {
  readonly author: Authorship;
  readonly proof: Proof;
}

// The default export is what `latePart` asks for.
export default function LiveAuthorship({ document, people, editor }: Properties) {
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    let isWanted = true;
    let remove: (() => void) | undefined;
    void document.authors().then(authors => {
      const handle = editor.current;
      if (!isWanted || handle === null) return;
      remove = handle.extend(liveAuthors(sourceOf(authors, handle, one => isWanted && setTold(one))));
    });
    return () => {
      isWanted = false;
      remove?.();
    };
  }, [document, editor]);
  return (
    <Answer
      author={told?.author ?? null}
      proof={told?.proof ?? null}
      labels={labelsOf(people)}
      now={Date.now()}
    />
  );
}

/** What the shared text says, in positions of the editor's, which lags behind while an input method composes. */
function sourceOf(
  authors: TextAuthors,
  { toShared, toEditor }: EditorHandle,
  tell: (told: Told | null) => void,
): LiveSource {
  let asked = 0;
  return {
    stretches: (from, to) =>
      authors.stretches(toShared(from), toShared(to)).map(stretch => ({
        from: Math.max(from, toEditor(stretch.from)),
        to: Math.min(to, toEditor(stretch.to)),
        author: stretch.author,
      })),
    at: async letter => {
      const question = ++asked;
      const author =
        letter === null
          ? null
          : authors.at(toShared(letter.position), toShared(letter.from), toShared(letter.to));
      const proof = author === null ? null : await authors.prove(author.from, author.to);
      // Meanwhile another letter may have been asked about.
      if (question === asked) tell(author === null || proof === null ? null : { author, proof });
    },
  };
}
