// Who wrote the letters at the caret or under the pointer, when, and whether their signature holds. Nobody is said to have
// written anything before that was asked: until then it says so.
import { useEffect, useState } from "react";
import type { Authorship, Proof } from "../../sync/view.ts";
import { momentOf, nameOf } from "../history/words.ts";
import { Mark } from "../people/mark.tsx";
import type { Label } from "../people/names.ts";
import "./authorship.css";

export interface Asked {
  readonly author: Authorship;
  readonly isPointer: boolean;
}

interface Properties {
  readonly asked: Asked | null;
  /** Whether the signatures of all that wrote [from, to) hold. The same function as long as the text is the same. */
  readonly prove: (from: number, to: number) => Promise<Proof>;
  readonly labels: ReadonlyMap<string, Label>;
  readonly now: number;
}

const PROOFS: Readonly<Record<Proof, string>> = {
  holds: "✓ signature holds",
  unsigned: "not signed yet",
  wrong: "✗ signature does not hold",
};

export function WhoWrote({ asked, prove, labels, now }: Properties) {
  const [proof, setProof] = useState<Proof | null>(null);
  const { from, to } = asked?.author ?? { from: 0, to: 0 };
  useEffect(() => {
    setProof(null);
    if (from === to) return;
    let isWanted = true;
    void prove(from, to).then(told => isWanted && setProof(told));
    return () => {
      isWanted = false;
    };
  }, [prove, from, to]);
  return <Answer author={asked?.author ?? null} proof={proof} labels={labels} now={now} />;
}

interface AnswerProperties extends Pick<Properties, "labels" | "now"> {
  /** Null: nothing is asked. */
  readonly author: Authorship | null;
  /** Null: it is not judged yet. */
  readonly proof: Proof | null;
}

export function Answer({ author, proof, labels, now }: AnswerProperties) {
  const moment = momentOf(author?.time ?? null, now);
  return (
    <p className="island author-answer" aria-live="polite" aria-atomic="true">
      {author === null ? (
        "Point at a letter, or move the caret to it, to see who wrote it."
      ) : (
        <>
          <Mark personKey={author.author} />
          <span>
            <bdi>{nameOf(author.author, labels)}</bdi>
            {moment !== "" && `, ${moment}`}
          </span>
          <span className="quiet" data-proof={proof ?? undefined}>
            {proof === null ? "checking the signature…" : PROOFS[proof]}
          </span>
        </>
      )}
    </p>
  );
}
